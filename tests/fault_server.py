"""An OpenAI-compatible server on loopback that fails on purpose, the same way for the same seed.

In a test:    with FaultServer(seed=1, faults=0.2) as server: ... server.url, server.calls[key]
By hand:      python tests/fault_server.py --port 8011 --seed 1 --faults 0.2 --log calls.jsonl

A call's fault depends on the seed, the payload and how often that payload came before, so no order
of arrival changes it. `script` gives the faults of the first calls by hand, in order of arrival.
Standard library alone; a few thousand calls a second.
"""

import argparse
import asyncio
import contextlib
import hashlib
import json
import threading
from collections import Counter, deque
from collections.abc import Callable, Iterable
from pathlib import Path
from random import Random

from fault_batches import BatchStore

FAULTS = (
    *("429", "429_wait", "500", "503", "hang", "reset", "empty"),
    *("cut_json", "wrong_schema", "refusal", "prose", "html"),
)
MODES = (
    "holds", "ignored", "rejected", "fails", "html", "401", "404_model", "404_path", "new_fields",
)  # fmt: skip
PAID = {"ok", "wrong_schema", "refusal", "prose", "no_content", "length", "filter", "cut_json"}
REASONS = {
    200: "OK", 400: "Bad Request", 401: "Unauthorized", 404: "Not Found",
    308: "Permanent Redirect", 429: "Too Many Requests",
    500: "Internal Server Error", 503: "Service Unavailable",
}  # fmt: skip
ERRORS = {  # kind: status, code, message
    "429": (429, "rate_limit_exceeded", "slow down"),
    "429_wait": (429, "rate_limit_exceeded", "slow down"),
    "500": (500, "internal", "it broke"),
    "503": (503, "overloaded", "too busy"),
    "quota": (429, "insufficient_quota", "pay first"),
    "400": (400, "invalid_request", "too long"),
    "401": (401, "invalid_api_key", "who are you"),
    "404_model": (404, "model_not_found", "The model does not exist"),
    "404_path": (404, "", "Not Found"),
}
HTML = b"<!doctype html><html><body>Welcome</body></html>"
PROSE = "The sea is wide and grey."


class FaultServer:
    """The server. A context manager that runs it in a thread on a free port.

    `calls` counts what arrived by payload key, `paid` what a provider would have charged for and
    `charged` the tokens of that; `log` has (key, kind) in order. `answer` makes the
    good answers, `store` has the files and batches. With `keep`, `seen` has what came.
    """

    def __init__(
        self, *, seed: int = 0, faults: float = 0.0, kinds: Iterable[str] = FAULTS,
        script: Iterable[str] = (), mode: str = "holds", latency_s: float = 0.0,
        wait: str = "0.02", answer: Callable[[dict], str] | None = None,
        polls: int = 1, usage: bool = True, log_path: Path | None = None, keep: bool = False,
    ) -> None:  # fmt: skip
        self.seed, self.faults, self.kinds = seed, faults, tuple(kinds)
        self.script, self.mode, self.latency_s = deque(script), mode, latency_s
        self.wait, self.answer, self.usage = wait, answer, usage
        self.keep, self.elsewhere = keep, ""
        self.calls: Counter[str] = Counter()
        self.paid: Counter[str] = Counter()
        self.charged: Counter[str] = Counter()
        self.log: list[tuple[str, str]] = []
        self.seen: list[tuple[dict[str, str], dict]] = []
        self.store = BatchStore(self._in_batch, polls)
        self.most_at_once = self.at_once = 0
        self._log_file = log_path.open("a", encoding="utf-8") if log_path else None
        self.port = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    def __enter__(self):
        self._ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self.serve()), daemon=True)
        self._thread.start()
        self._ready.wait()
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()
        if self._log_file:
            self._log_file.close()

    async def serve(self, port: int = 0) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        self._open: set[asyncio.Task] = set()
        server = await asyncio.start_server(self._connection, "127.0.0.1", port)
        self.port = server.sockets[0].getsockname()[1]
        if hasattr(self, "_ready"):
            self._ready.set()
        await self._stop.wait()
        server.close()
        for task in self._open:
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)

    async def _connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter):
        self._open.add(asyncio.current_task())
        try:
            while await self._exchange(reader, writer):
                pass
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        except asyncio.CancelledError:
            writer.transport.abort()
        finally:
            self._open.discard(asyncio.current_task())
            writer.close()
            with contextlib.suppress(ConnectionError, asyncio.CancelledError):
                await writer.wait_closed()

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Answer one request; False where the connection is to be closed."""
        first, *rest = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        headers = {
            name.lower(): value.strip() for name, _, value in (line.partition(":") for line in rest)
        }
        body = await reader.readexactly(int(headers.get("content-length", 0)))
        method, path, _ = first.split(" ")
        path = path.partition("?")[0].removeprefix("/v1")
        if (method, path) != ("POST", "/chat/completions"):
            _write(writer, *self.store.answer(method, path, headers, body))
            return True
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            return await self._chat(headers, json.loads(body), reader, writer)
        finally:
            self.at_once -= 1

    async def _chat(self, headers, payload, reader, writer) -> bool:
        key = key_of(payload)
        kind = self._kind(key, payload)
        self.calls[key] += 1
        self.paid[key] += kind in PAID
        self._note(key, kind)
        if self.keep:
            self.seen.append((headers, payload))
        if self.latency_s:
            await asyncio.sleep(self.latency_s)
        if kind == "hang":
            await reader.read(1)  # until the client gives up
            return False
        if kind == "reset":
            writer.transport.abort()
            return False
        status, content, more = self._said(kind, payload)
        _write(writer, status, content, "text/html" if kind == "html" else "application/json", more)
        await writer.drain()
        return True

    def _kind(self, key: str, payload: dict) -> str:
        """Return what happens to this call."""
        if self.mode in ("html", "401", "404_model", "404_path"):
            return self.mode
        if self.mode == "rejected" and "response_format" in payload:
            return "field:response_format is not supported"
        if self.mode == "fails" and "response_format" in payload:
            return "500"
        if self.mode == "new_fields" and "max_tokens" in payload:
            return "field:max_tokens is not supported, use max_completion_tokens"
        if self.mode == "new_fields" and "temperature" in payload:
            return "field:temperature is not supported"
        if self.script:
            return self.script.popleft()
        draw = Random(f"{self.seed}/{key}/{self.calls[key]}")
        return draw.choice(self.kinds) if draw.random() < self.faults else "ok"

    def _said(self, kind: str, payload: dict) -> tuple[int, bytes, str]:
        """Return status, body and further headers of a kind of answer."""
        if kind.startswith("field:"):
            return 400, _json({"error": {"message": kind[6:], "code": "unsupported"}}), ""
        if kind in ERRORS:
            status, code, message = ERRORS[kind]
            more = f"Retry-After: {self.wait}\r\n" if kind == "429_wait" else ""
            return status, _json({"error": {"message": message, "code": code}}), more
        if kind == "redirect":
            return 308, b"", f"Location: {self.elsewhere}\r\n"
        if kind in ("html", "empty"):
            return 200, HTML if kind == "html" else b"", ""
        body = _json(self._completion(kind, payload))
        return 200, body[: len(body) // 2] if kind == "cut_json" else body, ""

    def _completion(self, kind: str, payload: dict) -> dict:
        text = self._text(kind, payload)
        finish = {"length": "length", "filter": "content_filter"}.get(kind, "stop")
        message = {"role": "assistant", "content": text}
        if kind == "refusal":
            message |= {"content": None, "refusal": "I can't help with that."}
        told = {
            "id": "c", "object": "chat.completion", "created": 0, "model": payload["model"],
            "choices": [{"index": 0, "message": message, "finish_reason": finish}],
        }  # fmt: skip
        usage = usage_of(payload, text)
        self.charged.update(usage)
        if self.usage:
            told["usage"] = usage
        return told

    def _text(self, kind: str, payload: dict) -> str:
        if kind in ("wrong_schema", "no_content", "prose"):
            return {"wrong_schema": '{"unasked": 1}', "no_content": "", "prose": PROSE}[kind]
        asked = payload.get("response_format", {}).get("json_schema", {}).get("schema")
        if self.mode == "ignored" and asked:
            return PROSE
        if self.answer and not (asked and "seen" in asked.get("properties", {})):
            return self.answer(payload)
        return json.dumps(instance(asked)) if asked else f"answer {key_of(payload)[:12]}"

    def _note(self, key: str, kind: str) -> None:
        self.log.append((key, kind))
        if self._log_file:
            self._log_file.write(json.dumps({"key": key, "kind": kind}) + "\n")
            self._log_file.flush()

    def _in_batch(self, payload: dict) -> tuple[int, bytes]:
        """Answer one line of a batch: status and body. No connection, so no fault of one."""
        key = key_of(payload)
        kind = self._kind(key, payload)
        kind = kind if kind in PAID - {"cut_json"} or kind in ERRORS else "ok"
        self.calls[key] += 1
        self.paid[key] += kind in PAID
        return self._said(kind, payload)[:2]


def key_of(payload: dict) -> str:
    """Return the payload's identity, as the journal's: SHA-256 of its JSON with sorted keys."""
    text = json.dumps(payload, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def usage_of(payload: dict, text: str) -> dict[str, int]:
    """Return the tokens of a call: a quarter of the characters, at least one."""
    asked = sum(len(message["content"]) for message in payload["messages"]) // 4 + 1
    said = len(text) // 4 + 1
    return {"prompt_tokens": asked, "completion_tokens": said, "total_tokens": asked + said}


def instance(schema: dict) -> object:
    """Return the smallest value that a JSON schema allows."""
    if "const" in schema or "enum" in schema:
        return schema["const"] if "const" in schema else schema["enum"][0]
    if "anyOf" in schema:
        return instance(schema["anyOf"][0])
    kind = schema.get("type")
    if kind == "object":
        return {name: instance(each) for name, each in schema.get("properties", {}).items()}
    if kind == "array":
        return [instance(schema["items"]) for _ in range(schema.get("minItems", 1))]
    least = schema.get("minimum", 0)
    small = {"string": "a" * schema.get("minLength", 1), "integer": least, "number": least}
    return small.get(kind, {"boolean": False}.get(kind))


def _json(value: object) -> bytes:
    return json.dumps(value).encode()


def _write(writer, status: int, body: bytes, kind: str, more: str = "") -> None:
    head = (
        f"HTTP/1.1 {status} {REASONS[status]}\r\nContent-Type: {kind}\r\n"
        f"Content-Length: {len(body)}\r\n{more}\r\n"
    )
    writer.write(head.encode() + body)


def main() -> None:
    """Serve until stopped."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=8011)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--faults", type=float, default=0.0, help="share of calls, 0 to 1")
    parser.add_argument("--mode", choices=MODES, default="holds")
    parser.add_argument("--latency", type=float, default=0.0, help="seconds before an answer")
    parser.add_argument("--wait", default="1", help="what Retry-After says")
    parser.add_argument("--log", type=Path, help="a JSONL file of payload keys and what was done")
    asked = parser.parse_args()
    server = FaultServer(
        seed=asked.seed, faults=asked.faults, mode=asked.mode, latency_s=asked.latency,
        wait=asked.wait, log_path=asked.log,
    )  # fmt: skip
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(server.serve(asked.port))


if __name__ == "__main__":
    main()
