"""Questions to a script that runs in LLaMA-Factory's environment: one JSON object in, lines out.

The scripts are the modules `worker_*` of this room. They run isolated (`python -I`), import nothing
of piiforge, and need nothing but a request and a place for the reply.
"""

import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from piiforge import jsonl
from piiforge.errors import GateFailed
from piiforge.train.environment import Environment
from piiforge.train.running import Child, Record, run

Progress = Callable[[str, int, int], None]


def ask(
    environment: Environment,
    worker: str,
    request: Mapping[str, object],
    *,
    log: Path,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
    offline: bool = True,
) -> list[Record]:
    """Return what the script `worker_<worker>.py` replies, its progress left out.

    Raises:
        GateFailed: it ended with an error; `log` has what it printed.
    """
    replies: list[Record] = []

    def told(record: Record) -> None:
        done, total = record.get("done"), record.get("total")
        if isinstance(done, int) and isinstance(total, int):
            progress(done, total)
        else:
            replies.append(record)

    with tempfile.TemporaryDirectory(prefix="piiforge-") as work:
        asked, reply = Path(work) / "request.json", Path(work) / "reply.jsonl"
        jsonl.write_json(asked, request)
        script = Path(__file__).with_name(f"worker_{worker}.py")
        command = [str(environment.python), "-I", str(script), str(asked), str(reply)]
        variables = environment.variables(Path(work) / "cache", offline=offline)
        ended = run(Child(command, variables, log, reply), told)
    if ended.status or not replies:
        raise GateFailed(
            f"worker_{worker} ended with status {ended.status}.", f"See the end of {log}."
        )
    return replies
