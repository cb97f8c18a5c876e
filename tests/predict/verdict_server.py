"""An OpenAI-compatible server on loopback around a toy model whose probabilities are known.

In a test:    with VerdictServer("vllm") as server: ... server.url

The model answers every question with the contract's JSON, token by token. Where the answer's first
value comes, true and false have the log-probabilities that `margin_of` and `MASS` say; everywhere
else the likeliest token is the answer's next one, and what else is likely depends on the whole
prompt, so that two prompts which differ in one character are told apart.

A kind is how the servers of that name behave: what they offer, how they write probabilities, what
they do with a begun answer. Standard library alone.
"""

import asyncio
import contextlib
import hashlib
import json
import math
import re
import threading
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

SYSTEM = "You are Qwen, created by Alibaba Cloud. You are a helpful assistant."
WHY = "The toy's {reason}."
MASS = 0.998  # of true and false together
CHATML = "<|im_start|>assistant\n"
PREFIX = '{"is_sensitive":'
PIECES = re.compile(r'\{"|is|_sensitive|":|, "|confidence|_score|explanation| ?\w+| ?[^\w\s]|\s')
HEAD = re.compile(r"<\|im_start\|>(\w+)\n(.*?)<\|im_end\|>\n", re.DOTALL)
REASONS = {200: "OK", 400: "Bad Request", 401: "Unauthorized", 404: "Not Found",
           429: "Too Many Requests", 500: "Internal Server Error"}  # fmt: skip


@dataclass(frozen=True)
class Kind:
    """How a server behaves.

    `begun`: "flag" goes on with a begun answer where it is told to, "always" does so by itself,
    "new" opens a new turn behind it, "" refuses it. `lists` writes the probabilities of text
    completions as chat completions do. `ids` takes logprob_token_ids. `repeats`: a begun answer
    stands once more in what is answered.
    """

    completions: bool = True
    chat: bool = True
    begun: str = "flag"
    lists: bool = False
    ids: bool = False
    repeats: bool = False


KINDS = {
    "vllm": Kind(ids=True),
    "sglang": Kind(),
    "llama": Kind(begun="always", lists=True, repeats=True),
    "chat_only": Kind(completions=False),
    "llama_chat": Kind(completions=False, begun="always", repeats=True),
    "plain": Kind(completions=False, begun=""),
    "new_turn": Kind(completions=False, begun="new"),
    "text_only": Kind(chat=False),
}


def margin_of(question: str) -> float:
    """Return log(p(true) / p(false)) for the user's turn that asks: -8 to 8, by its hash alone."""
    return _number("margin", question) * 16 - 8


class VerdictServer:
    """The server. A context manager that runs it in a thread on a free port.

    `spell` writes a space in front of a token as another text. `words` are true and false as the
    model spells them, `mass` their probability. `top` is the most alternatives that are allowed,
    `hide` a token that is never shown, `system` the text that the template puts first by itself.
    `flat`: what else is likely is the same whatever the prompt.
    `script` has the faults of the first calls: 429, 500, 400, bare (no probabilities) or "". A
    question with a word of `faults` in it fails so, every time. `seen` has (path, body).
    """

    def __init__(
        self, kind: str = "vllm", *, template: str = "chatml", space: str = " ",
        words: tuple[str, str] = (" true", " false"), mass: float = MASS, top: int = 20,
        script: Iterable[str] = (), faults: dict[str, str] | None = None, counts: bool = True,
        hide: str = "", system: str = SYSTEM, flat: bool = False,
    ) -> None:  # fmt: skip
        self.kind, self.template, self.space = KINDS[kind], template, space
        self.words, self.mass, self.top = words, mass, top
        self.script, self.faults, self.counts = deque(script), dict(faults or {}), counts
        self.hide, self.system, self.flat = hide, system, flat
        self.seen: list[tuple[str, dict]] = []
        self.most_at_once = self.at_once = 0
        self.port = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    def __enter__(self):
        self._ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), daemon=True)
        self._thread.start()
        self._ready.wait()
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()

    async def _serve(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        self._open: set[asyncio.Task] = set()
        server = await asyncio.start_server(self._connection, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        await self._stop.wait()
        server.close()
        for task in self._open:
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)

    async def _connection(self, reader, writer) -> None:
        self._open.add(asyncio.current_task())
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
                length = re.search(r"(?i)content-length: (\d+)", head)
                body = await reader.readexactly(int(length[1]) if length else 0)
                self.at_once += 1
                self.most_at_once = max(self.most_at_once, self.at_once)
                await asyncio.sleep(0.001)
                self.at_once -= 1
                status, said = self._answer(
                    head.split(" ")[1].removeprefix("/v1"), json.loads(body)
                )
                _write(writer, status, said)
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        except asyncio.CancelledError:
            writer.transport.abort()
        finally:
            self._open.discard(asyncio.current_task())
            writer.close()
            with contextlib.suppress(ConnectionError, asyncio.CancelledError):
                await writer.wait_closed()

    def _answer(self, path: str, body: dict) -> tuple[int, dict]:
        self.seen.append((path, body))
        fault = self.script.popleft() if self.script else ""
        fault = fault or next(
            (f for word, f in self.faults.items() if word in json.dumps(body)), ""
        )
        if fault.isdigit():
            return int(fault), {"error": {"message": f"no: {json.dumps(body)}", "code": "x"}}
        offered = {"/completions": self.kind.completions, "/chat/completions": self.kind.chat}
        if not offered.get(path):
            return 404, {"error": {"message": "Not Found"}}
        asked = body.get("logprobs") if path == "/completions" else body.get("top_logprobs")
        if (asked or 0) > self.top:
            return 400, {"error": {"message": "too many logprobs"}}
        rendered = body["prompt"] if path == "/completions" else self._rendered(body)
        if rendered is None:
            return 400, {"error": {"message": "the last message is not the user's"}}
        return 200, self._completion(path, body, rendered, 0 if fault == "bare" else asked or 0)

    def _rendered(self, body: dict) -> str | None:
        """Return the text that the server's own template makes of a conversation."""
        turns = [(each["role"], each["content"]) for each in body["messages"]]
        begun = turns.pop()[1] if turns[-1][0] == "assistant" else None
        if begun is not None and not self.kind.begun:
            return None
        if turns[0][0] != "system":
            turns.insert(0, ("system", self.system))
        if self.template == "other":
            return (
                "".join(f"[{role}] {text}\n" for role, text in turns)
                + "[assistant] "
                + (begun or "")
            )
        text = "".join(f"<|im_start|>{role}\n{said}<|im_end|>\n" for role, said in turns)
        text += CHATML
        told = body.get("continue_final_message") and body.get("add_generation_prompt") is False
        goes_on = self.kind.begun == "always" or (self.kind.begun == "flag" and told)
        if begun is None or goes_on:
            return text + (begun or "")
        return f"{text}{begun}<|im_end|>\n{CHATML}"

    def _completion(self, path: str, body: dict, rendered: str, top: int) -> dict:
        pieces, places = [], []
        for _ in range(body["max_tokens"]):
            likely = self._next(rendered + "".join(pieces))
            if not likely:
                break
            pieces.append(max(likely, key=likely.get))
            places.append((pieces[-1], self._shown(likely, body, top)))
        text = "".join(pieces)
        legacy = path == "/completions" and not self.kind.lists
        choice: dict = {"index": 0, "finish_reason": "length"}
        choice["logprobs"] = (_lists if legacy else _objects)(places, self.space) if top else None
        if path == "/completions":
            choice["text"] = text
        else:
            last = body["messages"][-1]
            begun = last["content"] if last["role"] == "assistant" and self.kind.repeats else ""
            choice["message"] = {"role": "assistant", "content": begun + text}
        usage = {"prompt_tokens": len(PIECES.findall(rendered)), "completion_tokens": len(pieces)}
        return {"choices": [choice]} | ({"usage": usage} if self.counts else {})

    def _shown(self, likely: dict[str, float], body: dict, top: int) -> dict[str, float]:
        ids = body.get("logprob_token_ids") if self.kind.ids else None
        if ids is not None:
            return {text: likely[text] for text in likely if token_id(text) in ids}
        best = sorted(
            (text for text in likely if text != self.hide), key=lambda text: -likely[text]
        )
        return {text: likely[text] for text in best[:top]}

    def _next(self, text: str) -> dict[str, float]:
        """Return the log-probability of each token that may follow; nothing at the end.

        A prompt that is not the model's format, or has a turn behind a begun answer, gives numbers
        too: those of another question.
        """
        own = "[assistant] " if self.template == "other" else CHATML
        asked, _, begun = text.rpartition(own if own in text else CHATML)
        question = question_of(asked)
        turns = HEAD.findall(asked)
        strange = own not in text or (bool(turns) and turns[-1][1].startswith(PREFIX))
        answer = self._whole(question, begun)
        rest = answer.removeprefix(begun) if answer.startswith(begun) else ""
        if not rest:
            return {}
        rank = [_number("" if self.flat else text, each) for each in range(30)]
        others = {f"~{each}": math.log(0.002 / 30) - 3 * rank[each] for each in range(30)}
        if (strange and not begun) or "".join(begun.split()).endswith(PREFIX):
            margin = margin_of("strange" + question if strange else question)
            yes = 1 / (1 + math.exp(-margin))
            pair = (math.log(self.mass * yes), math.log(self.mass * (1 - yes)))
            if self.mass < 0.5:
                others["{"] = math.log(1 - self.mass - 0.002)
            return others | dict(zip(self.words, pair, strict=True))
        piece = PIECES.match(rest)
        return others | {piece[0] if piece else rest[0]: math.log(0.99)}

    def _whole(self, question: str, begun: str) -> str:
        """Return the answer that is being written, in the spelling of what was begun."""
        told = re.match(r'\{"is_sensitive":(\s*)(true|false)', begun)
        value = told[2] if told else str(margin_of(question) > 0).lower()
        space = told[1] if told else " " * self.words[0].startswith(" ")
        return f'{PREFIX}{space}{value}, "confidence_score": 0.9, "explanation": "{WHY}"}}'


def question_of(asked: str) -> str:
    """Return the last turn of the user in a rendered conversation."""
    turns = [said for role, said in HEAD.findall(asked) if role == "user"]
    return turns[-1] if turns else asked.rpartition("[user] ")[2].removesuffix("\n")


def token_id(text: str) -> int:
    """Return the toy tokenizer's id of a token."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big")


def _lists(places: list, space: str) -> dict:
    return {
        "tokens": [_spelt(text, space) for text, _ in places],
        "token_logprobs": [likely.get(text, -9999.0) for text, likely in places],
        "top_logprobs": [{_spelt(t, space): n for t, n in likely.items()} for _, likely in places],
        "text_offset": [0 for _ in places],
    }


def _objects(places: list, space: str) -> dict:
    return {
        "content": [
            {
                "token": _spelt(text, space),
                "logprob": likely.get(text, -9999.0),
                "top_logprobs": [
                    {"token": _spelt(each, space), "logprob": n} for each, n in likely.items()
                ],
            }
            for text, likely in places
        ]
    }


def _spelt(text: str, space: str) -> str:
    return space + text[1:] if text.startswith(" ") else text


def _number(*words: object) -> float:
    """Return a number from 0 to 1 that depends on the words alone."""
    digest = hashlib.sha256("\x1f".join(map(str, words)).encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64


def _write(writer, status: int, said: dict) -> None:
    body = json.dumps(said).encode()
    head = f"HTTP/1.1 {status} {REASONS[status]}\r\nContent-Type: application/json\r\n"
    writer.write(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
