"""Short ways to ask the fault server."""

from pathlib import Path

from piiforge import chat

SCHEMA = {
    "type": "object",
    "properties": {"lines": {"type": "array", "items": {"type": "string"}}},
    "required": ["lines"],
    "additionalProperties": False,
}
PRICED = {"input_usd_per_million": 1.0, "output_usd_per_million": 2.0}


def settings(url, **more):
    quick = {"timeout_s": 20.0, "backoff_s": 0.001, "key_variable": "PIIFORGE_TEST_KEY"}
    return chat.Settings("tiny", url, **{**quick, **more})


def question(number, **more):
    return chat.Request(f"r{number}", (chat.Message("user", f"question {number}"),), **more)


def questions(count, **more):
    return [question(number, **more) for number in range(count)]


def connect(server, folder: Path, **more):
    return chat.connect(settings(server.url, **more), folder / "calls.sqlite")


def ask(client, requests):
    outcomes = []
    client.ask(requests, outcomes.append)
    return outcomes


def ask_once(server, folder, requests, **more):
    """Ask on a client of its own; return the outcomes and what was spent."""
    with connect(server, folder, **more) as client:
        return ask(client, requests), client.spent


def reasons(outcomes):
    return [outcome.reason for outcome in outcomes]


def after_probe(*script):
    """Return a server's script that begins behind the probe."""
    return ("ok", *script)
