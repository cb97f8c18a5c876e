"""The prompts: readable files of `prompts/`, filled in for one call.

`system.txt` says what lines are, `slots.txt` or `full.txt` how the values stand in them, `task.txt`
what one call is to write; a category has a guide for each side (`ssn.positive.txt`,
`ssn.confuser.txt`). VERSION is named from the texts, so that no change goes unseen.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from importlib.resources import files
from string import Template

from piiforge import categories
from piiforge.chat import Message, Request
from piiforge.compose.writer_plan import Call, Order
from piiforge.compose.written import EVENTS, FULL_MODE, WrittenLine, is_pair, nouns_of
from piiforge.rng import digest
from piiforge.types import Cue

LONGEST = 900  # characters of a line
SHORT_DIGITS = 6  # of a {{digits:N}}: longer ones could be a value, so they need a noun
_TOKENS_A_LINE, _TOKENS_AROUND = 170, 200  # what an answer may have; Han and URLs are dear
_TOKENS_A_VERDICT = 16
_LANGUAGES = {
    "en": "English",
    "es": "Spanish",
    "fr": "French",
    "zh": "Chinese",
    "mixed": "two languages mixed",
}


def version() -> str:
    """Return the mark of the prompts' texts: 8 hex digits."""
    return f"{digest(*(_text(name) for name in _names())) >> 32:08x}"


def writing(
    call: Call, mode: str, *, temperature: float, seed: int, shots: Sequence[str] = ()
) -> Request:
    """Return the request of one call; its name stands in the text, so that no two are the same."""
    asked = categories.get(call.category)
    value = "{{value:routing}} {{value:account}}" if is_pair(asked.id) else "{{value}}"
    system = _filled(
        ("system", "full" if mode == FULL_MODE else "slots"),
        title=asked.title,
        subject=f"{value}  the {asked.title} that the line is about",
        pair=" (both, once each)" if is_pair(asked.id) else "",
        others=", ".join(other.id for other in categories.ALL if other.id != asked.id),
        digits=SHORT_DIGITS,
    )
    task = _filled(
        ("task",),
        title=asked.title,
        description=asked.description,
        guide=guide_of(asked.id, call.side),
        count=call.lines,
        orders="\n".join(map(_order, call.orders)),
        shots="".join(f"\nExample (do not copy): {shot}" for shot in shots),
        label=', "label": true' if mode == FULL_MODE else "",
        longest=LONGEST,
        call=call.name,
    )
    return Request(
        name=call.name,
        messages=(Message("system", system), Message("user", task)),
        schema=schema(call, mode),
        temperature=temperature,
        max_tokens=_TOKENS_AROUND + _TOKENS_A_LINE * call.lines,
        seed=digest(seed, call.name) % 2**31,
    )


def judging(name: str, category: str, contents: Sequence[str]) -> Request:
    """Return the request for a verdict on finished lines of one category, at temperature 0."""
    asked = categories.get(category)
    numbered = "\n".join(f"{at}. {content}" for at, content in enumerate(contents, 1))
    text = _filled(("judge",), category=asked.id, description=asked.description, lines=numbered)
    verdict = _object({"line": {"type": "integer"}, "is_sensitive": {"type": "boolean"}})
    return Request(
        name=name,
        messages=(Message("user", text),),
        schema=_object({"verdicts": {"type": "array", "items": verdict}}),
        temperature=0.0,
        max_tokens=_TOKENS_AROUND + _TOKENS_A_VERDICT * len(contents),
        seed=0,
    )


def schema(call: Call, mode: str) -> Mapping[str, object]:
    """Return the JSON schema of the answer: strict, its enums no wider than what is asked."""
    cells = [order.cell for order in call.orders]
    nouns = nouns_of(call.category) if any(cell.cue is Cue.VETO for cell in cells) else ()
    fields: dict[str, object] = {
        "event": _one_of(event for event in EVENTS if event in {cell.event for cell in cells}),
        "language": _one_of(name for name in _LANGUAGES if name in {c.language for c in cells}),
        "cue": _one_of(dict.fromkeys(cell.cue.value for cell in cells)),
        "noun": _one_of(["", *nouns]),
        "text": {"type": "string"},
    }
    if mode == FULL_MODE:
        fields["label"] = {"type": "boolean"}
    return _object({"lines": {"type": "array", "items": _object(fields)}})


def said(request: Request) -> str:
    """Return all that a request says, for who looks for an echo of it."""
    return "\n".join(message.content for message in request.messages)


def guide_of(category: str, side: str) -> str:
    """Return what a model is told of one side of one category."""
    return _text(f"{category}.{side}").strip()


def shot_of(line: WrittenLine) -> str:
    """Return a line as an example of the answer."""
    noun = f", noun {line.noun}" if line.noun else ""
    return f"[{line.event}, {line.language}, {line.cue}{noun}] {line.text}"


def _order(order: Order) -> str:
    cell = order.cell
    cue = f"veto, noun {order.noun}" if order.noun else cell.cue.value
    return f"- {order.count}: {cell.event}, {cell.language} ({_LANGUAGES[cell.language]}), {cue}"


def _object(fields: Mapping[str, object]) -> Mapping[str, object]:
    return {
        "type": "object",
        "properties": dict(fields),
        "required": list(fields),
        "additionalProperties": False,
    }


def _one_of(names: Iterable[str]) -> Mapping[str, object]:
    return {"type": "string", "enum": list(names)}


def _filled(names: Sequence[str], **words: object) -> str:
    text = "\n".join(_text(name) for name in names)
    return Template(text).substitute({key: str(word) for key, word in words.items()}).strip()


@cache
def _text(name: str) -> str:
    return (files(__package__) / "prompts" / f"{name}.txt").read_text(encoding="utf-8")


@cache
def _names() -> tuple[str, ...]:
    folder = files(__package__) / "prompts"
    return tuple(sorted(path.name.removesuffix(".txt") for path in folder.iterdir()))
