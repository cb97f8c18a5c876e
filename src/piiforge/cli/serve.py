"""`piiforge serve`: answer verdicts over HTTP, Presidio's requests among them."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from piiforge.cli.options import JsonOpt, PrefilterOpt
from piiforge.cli.telling import say, tell
from piiforge.errors import AskedWrongly

if TYPE_CHECKING:
    from piiforge import predict
    from piiforge import serve as room


WithOpt = Annotated[
    str,
    typer.Option(
        "--with",
        help="rules, presidio, presidio@0.5, chat:URL#MODEL, server:URL#MODEL, local:PATH or "
        "pack:PATH. "
        "Default: the --pack.",
        show_default=False,
    ),
]
PackOpt = Annotated[
    Path | None, typer.Option("--pack", help="A folder that `piiforge pack` wrote. Default: none.")
]
CategoryOpt = Annotated[
    list[str] | None,
    typer.Option("--category", help="One that may be asked for; repeatable. Default: all."),
]
CalibrationOpt = Annotated[
    Path | None, typer.Option(help="A stored calibration to apply. Default: the pack's own.")
]
HostOpt = Annotated[
    str,
    typer.Option(
        help="Where to listen; more than this machine needs a token. Default: 127.0.0.1.",
        show_default=False,
    ),
]
PortOpt = Annotated[
    int,
    typer.Option(
        min=0, max=65535, help="The port; 0 takes a free one. Default: 8000.", show_default=False
    ),
]
TokenOpt = Annotated[
    str,
    typer.Option(
        "--token-variable",
        help="Where the token stands; who asks has to send it. Default: PIIFORGE_TOKEN.",
        show_default=False,
    ),
]
BatchOpt = Annotated[
    int,
    typer.Option(min=1, help="Questions the model gets at once. Default: 32.", show_default=False),
]
WaitOpt = Annotated[
    float,
    typer.Option(
        "--batch-wait",
        min=0,
        help="Milliseconds that one waits for others. Default: 2.",
        show_default=False,
    ),
]
QueueOpt = Annotated[
    int,
    typer.Option(
        min=1, help="Questions that may wait; more get 429. Default: 2304.", show_default=False
    ),
]
RequestsOpt = Annotated[
    int,
    typer.Option(
        "--most-requests",
        min=1,
        help="Requests under way; more get 429. Default: 256.",
        show_default=False,
    ),
]
TimeoutOpt = Annotated[
    float,
    typer.Option(
        "--timeout", min=0.1, help="Seconds a request may take. Default: 10.", show_default=False
    ),
]
GraceOpt = Annotated[
    float,
    typer.Option(
        min=0, help="Seconds for what is in flight at the end. Default: 10.", show_default=False
    ),
]
BodyOpt = Annotated[
    int,
    typer.Option(
        "--most-body", min=1024, help="Bytes of a body. Default: 1048576.", show_default=False
    ),
]
ContentsOpt = Annotated[
    int,
    typer.Option(
        "--most-contents", min=1, help="Contents in one request. Default: 64.", show_default=False
    ),
]
CharactersOpt = Annotated[
    int,
    typer.Option(
        "--most-characters",
        min=1,
        help="Characters of one content. Default: 20000.",
        show_default=False,
    ),
]


def serve(
    predictor: WithOpt = "",
    pack: PackOpt = None,
    category: CategoryOpt = None,
    calibration: CalibrationOpt = None,
    prefilter: PrefilterOpt = True,
    host: HostOpt = "127.0.0.1",
    port: PortOpt = 8000,
    token_variable: TokenOpt = "PIIFORGE_TOKEN",
    batch: BatchOpt = 32,
    batch_wait: WaitOpt = 2.0,
    queue: QueueOpt = 2304,
    most_requests: RequestsOpt = 256,
    timeout: TimeoutOpt = 10.0,
    grace: GraceOpt = 10.0,
    most_body: BodyOpt = 1 << 20,
    most_contents: ContentsOpt = 64,
    most_characters: CharactersOpt = 20_000,
    as_json: JsonOpt = False,
) -> None:
    """Answer verdicts over HTTP, and Presidio's requests. A page to try it stands at /.

    Nothing that is sent is kept or logged. Ctrl-C or SIGTERM answers what was accepted, then ends.
    """
    from piiforge import serve as room

    name = _named(predictor, pack)
    settings = room.Settings(
        host=host,
        port=port,
        token=room.token_from(os.environ, token_variable),
        most_pairs=batch,
        most_wait_ms=batch_wait,
        most_waiting=queue,
        most_requests=most_requests,
        timeout_s=timeout,
        grace_s=grace,
        most_body_bytes=most_body,
        most_contents=most_contents,
        most_characters=most_characters,
    )

    def load() -> "predict.Detector":
        from piiforge import predict

        return predict.load(
            name, categories=category or (), calibration=calibration, prefilter=prefilter
        )

    def listening(place: "room.Place") -> None:
        asks = "asks for a token" if settings.token else "asks for no token"
        data = {"url": place.url, "system": name, "token": bool(settings.token)}
        tell(f"{place.url} answers with {name} and {asks}.", data, as_json=as_json)
        say(f"Open {place.url}/ to try a line, {place.url}/docs for the routes.")

    room.run(load, settings, listening=listening)
    say("Stopped: what was accepted has been answered.")


def _named(predictor: str, pack: Path | None) -> str:
    if bool(predictor) == (pack is not None):
        raise AskedWrongly("Say one of --with and --pack.", "--with rules needs no model.")
    return predictor or f"pack:{pack}"
