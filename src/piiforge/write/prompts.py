"""The prompts: what is asked for, and readable files of `prompts/`, filled in for one call.

A cell of the coverage matrix is category x cue x language x event. Every round asks for what is
still missing, cell by cell, the thinnest first, and nothing else decides: the same answers so far
give the same calls.

`system.txt` says what lines are, `slots.txt` or `full.txt` how the values stand in them, `task.txt`
what one call is to write; a category has a guide for each side (`ssn.positive.txt`,
`ssn.confuser.txt`). `version` is named from the texts, so that no change goes unseen.

>>> notation_of('{"ssn": "{{value}}"}', 9), notation_of("a=1&ssn={{value}}", 8)
('json', 'form')
>>> notation_of("GET /x?ssn={{value}} HTTP/1.1", 11), notation_of("my ssn is {{value}}", 10)
('percent', 'raw')
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import groupby, islice, zip_longest
from string import Template
from typing import NamedTuple

from piiforge import categories, compose, lines, plugins, reader
from piiforge.chat import Message, Request
from piiforge.compose import WrittenLine, frames
from piiforge.errors import AskedWrongly
from piiforge.rng import digest
from piiforge.types import EVENTS, Cue

POSITIVE, CONFUSER = "positive", "confuser"
SIDES: Mapping[str, tuple[Cue, ...]] = {
    POSITIVE: (Cue.CONFIRM, Cue.NEUTRAL),
    CONFUSER: (Cue.VETO, Cue.NONE),
}
LONGEST = 900  # characters of a line
SHORT_DIGITS = 6  # of a {{digits:N}}: longer ones could be a value, so they need a noun
_MOST_NAMES = 4  # how many words for a noun a call is told
_ANY_NUMBER = "000-12-3456"  # nobody's, found by its form whatever names it
_ALWAYS_FOUND = "ssn"  # as a value of this category
_NOUNS_A_CELL = 3  # how many nouns a call is to use for one cell
_TOKENS_A_LINE, _TOKENS_AROUND = 170, 200  # what an answer may have; Han and URLs are dear
_TOKENS_A_VERDICT = 16
_LANGUAGES = {
    "en": "English",
    "es": "Spanish",
    "fr": "French",
    "zh": "Chinese",
    "mixed": "two languages mixed",
}
_RUN_BEFORE = re.compile(r"[^\s\"'<>]*$")
_RUN_AFTER = re.compile(r"^[^\s\"'<>]*")
_OPENS_JSON = re.compile(r"[:\[,{]\s*\"(?:[^\"\\\n]|\\.)*$")
_BARE_JSON = re.compile(r"\"\s*:\s*$")
_IN_URL = re.compile(r"(?:^|[=(])(?:https?://|wss?://|/)|[?]")
_FIELD = re.compile(r"(?:^|&)[^&=?]+=[^&]*$")


class Cell(NamedTuple):
    """One cell of the coverage matrix."""

    category: str
    cue: Cue
    language: str
    event: str

    @property
    def name(self) -> str:
        """How reports name it: "ssn/confirm/en/xhr"."""
        return "/".join(self)


@dataclass(frozen=True, slots=True)
class Order:
    """So many lines of one cell; `noun` under a veto, else ""."""

    cell: Cell
    noun: str
    count: int


@dataclass(frozen=True, slots=True)
class Call:
    """One call to the model: the lines of one side of one category that it is to write."""

    name: str
    category: str
    side: str
    orders: tuple[Order, ...]

    @property
    def lines(self) -> int:
        """How many lines it asks for."""
        return sum(order.count for order in self.orders)


def targets(
    names: Iterable[str],
    lines: int,
    cue_shares: Mapping[Cue, float],
    language_shares: Mapping[str, float],
    event_shares: Mapping[str, float],
) -> dict[Cell, int]:
    """Return how many of `lines` a category each cell is to have; empty cells are left out.

    In each of the named categories the sums by cue, by language and by event are met exactly.
    Shares are 0 to 1 and sum to 1.
    """
    found: dict[Cell, int] = {}
    cues: dict[str, int] = compose.apportion(lines, {str(c): s for c, s in cue_shares.items()})
    languages, events = (compose.apportion(lines, s) for s in (language_shares, event_shares))
    for category in names:
        spoken = compose.spread(cues, languages, lambda *_: True, name=f"{category} by language")
        table = compose.spread(spoken, events, lambda *_: True, name=f"{category} by event")
        for ((cue, language), event), count in table.items():
            found[Cell(category, Cue(cue), language, event)] = count
    return {cell: found[cell] for cell in sorted(found)}


def calls_of(
    number: int, wanted: Mapping[Cell, int], have: Mapping[Cell, int], most: int
) -> list[Call]:
    """Return the calls of round `number`: all that is missing, at most `most` lines a call.

    Categories and sides take turns, so that a budget that ends early leaves an even set.
    """
    missing = {cell: count - have.get(cell, 0) for cell, count in wanted.items()}
    lanes: list[list[Call]] = []
    for category in dict.fromkeys(cell.category for cell in wanted):
        for side, cues in SIDES.items():
            cells = [
                cell
                for cell, count in missing.items()
                if count > 0 and cell.category == category and cell.cue in cues
            ]
            cells.sort(key=lambda cell: (have.get(cell, 0) / wanted[cell], cell.language))
            orders = [order for cell in cells for order in _orders(cell, missing[cell], number)]
            units = [(one.cell, one.noun) for one in orders for _ in range(one.count)]
            lanes.append(_packed(units, f"round-{number}/{category}/{side}", most))
    turns = zip_longest(*lanes)
    return [call for turn in turns for call in turn if call is not None]


def _orders(cell: Cell, count: int, number: int) -> list[Order]:
    if cell.cue is not Cue.VETO:
        return [Order(cell, "", count)]
    nouns = nouns_offered(cell.category, cell.language)
    start = digest(cell.name, number) % len(nouns)
    turned = (*nouns[start:], *nouns[:start])[: min(count, _NOUNS_A_CELL)]
    return [Order(cell, noun, share) for noun, share in compose.evenly(count, turned).items()]


@cache
def nouns_offered(category: str, language: str) -> tuple[str, ...]:
    """Return the nouns that a line of `category` may be asked to call a number, in fixed order.

    Only those with a word that the check of written lines reads as such (`names_of`).
    """
    nouns = frames.nouns_asked(category)
    return tuple(noun for noun in nouns if names_of(noun, category, language)) or nouns


@cache
def names_of(noun: str, category: str, language: str) -> tuple[str, ...]:
    """Return some words for `noun` in a language that the independent reader takes for a veto.

    Of the bank's own, else of its English ones: a key is English on many a site. Halves of a pair
    are joined by " / ". Of a category whose values are what they are under any name (an address),
    nothing is read, and all words do.
    """
    bank = lines.load().nouns[noun]
    read = bool(categories.get(category).vetoable)
    for spoken in dict.fromkeys((language, "en")):
        words = (*bank.words.get(spoken, ()), *bank.keys.get(spoken, ()))
        fit = [word for word in dict.fromkeys(words) if not read or _is_veto(word)]
        if fit:
            return tuple(fit[:_MOST_NAMES])
    return ()


def _is_veto(name: str) -> bool:
    """Whether the reader takes each half of a name for one of something else, as key and said."""
    texts = [
        text
        for half in name.split(" / ")
        for text in (
            f"{half.replace(' ', '_')}={_ANY_NUMBER}",
            f"it is {half} {_ANY_NUMBER}, thanks",
        )
    ]
    found = (reader.find(text, _ALWAYS_FOUND) for text in texts)
    return all(findings and findings[0].cue is Cue.VETO for findings in found)


def _packed(units: Sequence[tuple[Cell, str]], name: str, most: int) -> list[Call]:
    """Cut lines, in their sequence, into calls of at most `most` lines of nearly one size."""
    _, category, side = name.split("/")
    left = iter(units)
    calls: list[Call] = []
    for at, size in compose.evenly(len(units), range(-(-len(units) // most))).items():
        runs = groupby(islice(left, size))
        orders = tuple(Order(*unit, sum(1 for _ in run)) for unit, run in runs)
        calls.append(Call(f"{name}/{at}", category, side, orders))
    return calls


def notation_of(text: str, at: int) -> str:
    """Return the notation of the slot that begins at `at`: raw, form, percent or json.

    So the line's own writer would have escaped a value there, by rule, from what stands around the
    slot. Inside a JSON string, or bare where JSON wants a value: "json". In the query or the path
    of a URL: "percent". In a=b&c=d that is no query: "form". All else, and sentences above all:
    "raw". A slot inside two notations (JSON in a query) takes the outer one, whose escaping also
    keeps the inner one whole.
    """
    before, after = text[:at], text[text.index("}}", at) + 2 :]
    line = before.rpartition("\n")[2]
    # What is joined to the slot without a blank, a quote or an angle
    head, tail = _RUN_BEFORE.search(before), _RUN_AFTER.match(after)
    run = head[0] if head else ""
    if _IN_URL.search(run):
        return "percent"
    if _FIELD.search(run) and "&" in run + (tail[0] if tail else ""):
        return "form"
    if _OPENS_JSON.search(line) and '"' in after:
        return "json"
    return "json" if _BARE_JSON.search(line) else "raw"


def version() -> str:
    """Return the mark of the prompts' texts: 8 hex digits."""
    folder = files(__package__) / "prompts"
    names = sorted(path.name.removesuffix(".txt") for path in folder.iterdir())
    return f"{digest(*map(_text, names)) >> 32:08x}"


def writing(
    call: Call, mode: str, *, temperature: float, seed: int, shots: Sequence[str] = ()
) -> Request:
    """Return the request of one call; its name stands in the text, so that no two are the same."""
    asked = categories.get(call.category)
    value = "{{value:routing}} {{value:account}}" if frames.is_pair(asked.id) else "{{value}}"
    system = _filled(
        ("system", "full" if mode == frames.FULL_MODE else "slots"),
        title=asked.title,
        subject=f"{value}  the {asked.title} that the line is about",
        pair=" (both, once each)" if frames.is_pair(asked.id) else "",
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
        called=_names_told(call),
        shots="".join(f"\nExample (do not copy): {shot}" for shot in shots),
        label=', "label": true' if mode == frames.FULL_MODE else "",
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
    nouns = frames.nouns_asked(call.category) if any(cell.cue is Cue.VETO for cell in cells) else ()
    fields: dict[str, object] = {
        "event": _one_of(event for event in EVENTS if event in {cell.event for cell in cells}),
        "language": _one_of(name for name in _LANGUAGES if name in {c.language for c in cells}),
        "cue": _one_of(dict.fromkeys(cell.cue.value for cell in cells)),
        "noun": _one_of(["", *nouns]),
        "text": {"type": "string"},
    }
    if mode == frames.FULL_MODE:
        fields["label"] = {"type": "boolean"}
    return _object({"lines": {"type": "array", "items": _object(fields)}})


def said(request: Request) -> str:
    """Return all that a request says, for who looks for an echo of it."""
    return "\n".join(message.content for message in request.messages)


def guide_of(category: str, side: str) -> str:
    """Return what a model is told of one side of one category.

    Raises:
        AskedWrongly: a category of a plug-in, which has none.
    """
    if category in plugins.names():
        hint = "Leave it out: write with an override such as categories=[ssn]."
        raise AskedWrongly(f"There is no guide for writing lines of {category}.", hint)
    return _text(f"{category}.{side}").strip()


def shot_of(line: WrittenLine) -> str:
    """Return a line as an example of the answer."""
    noun = f", noun {line.noun}" if line.noun else ""
    return f"[{line.event}, {line.language}, {line.cue}{noun}] {line.text}"


def _order(order: Order) -> str:
    cell = order.cell
    cue = f"veto, noun {order.noun}" if order.noun else cell.cue.value
    return f"- {order.count}: {cell.event}, {cell.language} ({_LANGUAGES[cell.language]}), {cue}"


def _names_told(call: Call) -> str:
    """Return what the nouns of a call are called, a line for each noun and language; or ""."""
    told = dict.fromkeys((o.noun, o.cell.language) for o in call.orders if o.noun)
    if not told:
        return ""
    named = (
        f"{noun}, {language}: {', '.join(names_of(noun, call.category, language))}"
        for noun, language in told
    )
    return "\nName a noun by one of these, or nearly so:\n" + "\n".join(named) + "\n"


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
