r"""Answers of the model: read, checked, turned into lines with slots, accepted or not, and why not.

Nothing that the model says of a line is believed. How its text looks with neutral words in the
slots, its language and its event are checked against what was asked for; the finished line is read
independently (`rows.cue_problem`); and in mode full `seeds.cut` takes every value out, says how it
was written and what names it, and the policy decides the label over the values that were cut.

Calls are taken in their planned order, whatever order their answers came in, so that the same
answers give the same lines. Of every call, as many lines are judged as were asked for; each is
accepted or rejected with a reason, one that was not delivered included, so that asked =
accepted + rejected + pending. What came on top is only counted (`surplus`).

Reasons: those of `chat` where no answer came (timeout, refused, truncated, ...), and

    not_json wrong_shape    the answer, or the line in it, can't be read
    not_delivered           fewer lines than asked for
    cell_full not_asked     its cell has its lines, or is none of the call's side and the recipe's
    too_long prompt_echo    over 900 characters; eight words in a row of the prompt
    no_slot wrong_slot unknown_slot   the slots are not those of its cue
    value_in_text           a value, or a run of seven digits, stands where a slot should
    wrong_event wrong_language duplicate
    uncut                   mode full: the values can't be replaced, or can't be confirmed
    cue_unread judge claimed          held back for a person's eye, in review.jsonl

>>> text = '{"lines":[{"event":"xhr","language":"en","cue":"none","noun":"","text":"GET /"}]}'
>>> read(f"Sure!\\n```json\\n{text}\\n```")[0].text
'GET /'
"""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import cast
from urllib.parse import unquote_plus

import orjson
from pydantic import TypeAdapter, ValidationError

from piiforge import categories, chat, checks, compose, reader, seeds
from piiforge.compose import WrittenLine, frames
from piiforge.rng import child
from piiforge.types import Cue, Event, Language, Switches
from piiforge.write import prompts
from piiforge.write.prompts import LONGEST, SIDES, Call, Cell
from piiforge.write.rows import cue_problem, finished_row

NOT_JSON, WRONG_SHAPE = "not_json", "wrong_shape"
IN_BATCH = "pending"
WAITING = frozenset({"over_budget", IN_BATCH})  # a later run would ask, or have the answer
FOR_REVIEW = frozenset({"cue_unread", "judge", "claimed"})
LINES_A_CALL = 20  # of the judge
_ECHO_WORDS = 8
_LONG_NUMBER = re.compile(r"\d{7}")
_WORD = re.compile(r"[^\W\d_]+")
_HAN = re.compile(r"[\u3400-\u9fff]")
_ESCAPED_CHAR = re.compile(r"\\u([0-9a-fA-F]{4})")
_LOCALE = re.compile(r"(?i)\b(?:zh|cn|hk|tw)\b|/zh|zh[-_]")
_STRUCTURE = re.compile(r"[\w\])\"']\s?[=:]\s?\S|<\w+|/\w|\[\d|\w\t")
_ADDRESS = re.compile(r"(?i)/|%2f|page|url|href|view|screen|title|path|cookie|referr?er")
_DIGIT = re.compile(r"\d")
_MAILBOX = re.compile(r"[^\s\"'<>=&:,;/]+(?:@|%40)[^\s\"'<>=&,;/]+")
_FEW_HAN = 3
_PROSE_WORDS, _PROSE_HAN = 3, 4
_STOP_WORDS = {
    "en": "the and is my for you your with this that not have from please it on of can was are",
    "es": "el la los las de que mi por para con no una es está su se del al gracias quiero usted",
    "fr": "le la les des mon ma est pour avec pas une sur vous je votre merci du dans ne bonjour",
}
_STOPS = {language: frozenset(words.split()) for language, words in _STOP_WORDS.items()}
_ROLES = frames.PAIR_ROLES
_VALUE_SLOT = re.compile(r"\{\{value(?::\w+)?\}\}")

_UNANSWERED: Mapping[str, str] = {
    "truncated": "the answer reached its limit of tokens; ask for fewer lines a call",
    "refused": "the model declined to answer",
    "timeout": "no answer came in time; a resumed run asks again",
    "connection": "the connection broke before an answer; a resumed run asks again",
    "server_error": "the server failed; a resumed run asks again",
    "rate_limited": "the server asked for patience; a resumed run asks again",
    "empty": "the answer was empty; a resumed run asks again",
    "bad_body": "what came is no chat completion; a resumed run asks again",
    "rejected": "the server does not take the request; is the model's name right?",
}
Outcomes = Callable[[Sequence[chat.Request]], Mapping[str, chat.Outcome]]


class Fault(Exception):
    """Why a line, or a whole answer, may not be used: the reason, and what was seen.

    `detail` says what exactly is wrong, without any of the text's own words.
    """

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(reason)
        self.reason, self.detail = reason, detail


@dataclass(frozen=True, slots=True)
class Delivered:
    """One line as the model gave it, its slots tidied. `label` is its own claim, mode full only."""

    event: Event
    language: Language
    cue: Cue
    text: str
    noun: str = ""
    label: bool | None = None


_DELIVERED = TypeAdapter(Delivered)


def read(answer: str) -> list[Delivered | None]:
    """Return the lines of an answer in their order; None stands for one of a wrong shape.

    Strict as to a line's fields, patient as to what is around.

    Raises:
        Fault: there is no JSON in it, or the JSON is not {"lines": [...]}.
    """
    return [_delivered(item) for item in _json_of(answer, "lines")]


def _delivered(item: object) -> Delivered | None:
    return found if isinstance(found := _shaped(item), Delivered) else None


def _shaped(item: object) -> Delivered | str:
    """Return a line of an answer, or what is wrong with its shape."""
    if not isinstance(item, dict):
        return "it is no object"
    known = {name: item[name] for name in Delivered.__dataclass_fields__ if name in item}
    try:
        found = _DELIVERED.validate_json(orjson.dumps(known), strict=True)
    except orjson.JSONEncodeError:
        return "half a surrogate pair stands in it"
    except ValidationError as error:
        names = dict.fromkeys(str(one["loc"][0]) for one in error.errors() if one["loc"])
        missing = [name for name in names if name not in known]
        wrong = [name for name in names if name in known]
        parts = [f"without {', '.join(missing)}"] if missing else []
        parts += [f"not an allowed value: {', '.join(wrong)}"] if wrong else []
        return "; ".join(parts) or "its fields can't be read"
    if found.cue not in {cue for cues in SIDES.values() for cue in cues}:
        return f"a cue that nobody asks for: {found.cue}"
    if not found.text.strip():
        return "its text is empty"
    return replace(found, text=frames.tidied(found.text))


def read_verdicts(answer: str) -> dict[int, bool]:
    """Return a judge's verdicts by line number, from 1; what it left out or spoiled is missing.

    Raises:
        Fault: there is no JSON in it, or the JSON is not {"verdicts": [...]}.
    """
    verdicts: dict[int, bool] = {}
    for item in _json_of(answer, "verdicts"):
        if isinstance(item, dict):
            line, said = item.get("line"), item.get("is_sensitive")
            if isinstance(line, int) and not isinstance(line, bool) and isinstance(said, bool):
                verdicts[line] = said
    return verdicts


def _json_of(answer: str, key: str) -> list[object]:
    start, end = answer.find("{"), answer.rfind("}")
    opened = answer.find("[")
    if 0 <= opened < start:  # a bare list of lines
        start, end = opened, answer.rfind("]")
    try:
        found = json.loads(answer[start : end + 1]) if start >= 0 else None
    except (ValueError, RecursionError):
        found = None
    if found is None:
        cut = start >= 0 and not answer.rstrip().rstrip("`").rstrip().endswith(("}", "]"))
        how = "it breaks off" if cut else "what it holds is broken" if start >= 0 else "it has none"
        raise Fault(NOT_JSON, f"an answer of {len(answer)} characters: {how}")
    inner = found.get(key) if isinstance(found, dict) else found
    if not isinstance(inner, list):
        raise Fault(WRONG_SHAPE, f'the answer has no list "{key}"')
    return cast("list[object]", inner)


def value(text: str) -> str:
    """Say where a value stands in a text whose slots are neutral words; any category counts."""
    if any(_LONG_NUMBER.search(reading.text) for reading in reader.decode(text)):
        return "a run of seven digits or more"
    named = {Cue.CONFIRM, Cue.NEUTRAL, Cue.OTHER}  # a screen size is none, whatever its form
    for category in frames.CATEGORIES:
        findings = reader.find(text, category)
        if any(one.valid and (one.cue in named or one.telling) for one in findings):
            return f"a value of {category}"
    return ""


def length(text: str) -> str:
    """Say that a line is too long."""
    return f"{len(text)} characters, over {LONGEST}" if len(text) > LONGEST else ""


def language(text: str, asked: str) -> str:
    """Say that a text is plainly not in the language asked for: by its script and stop-words.

    Key names and code are English on many a site, so only words of another language count.
    """
    shown = _readable(text)
    han = len(_HAN.findall(shown))
    if asked == "zh":
        return "" if han >= 2 or _LOCALE.search(shown) else "no Chinese in it"
    if asked == "mixed":
        return ""
    if han > _FEW_HAN:
        return "Chinese in it"
    words = [word.lower() for word in _WORD.findall(shown)]
    counts = {name: sum(word in stops for word in words) for name, stops in _STOPS.items()}
    best = max(counts, key=counts.__getitem__)
    if counts[best] >= _PROSE_WORDS and counts[asked] * 2 < counts[best]:
        return f"reads as {best}"
    return ""


def event(text: str, asked: str) -> str:
    """Say that a text has not the form of the event asked for."""
    shown = _readable(text)
    if asked == "chat_message":
        return "" if _speaks(shown) else "nobody speaks in it"
    if not _STRUCTURE.search(shown):
        return "no field, path or tag in it"
    if asked == "page_view" and not _ADDRESS.search(shown):
        return "no page in it"
    return ""


def check_form(found: Delivered, prompt: str) -> None:
    """Check what needs no record and no value.

    Raises:
        Fault: what is wrong with the text.
    """
    shown = neutral(found.text)
    for reason, detail in (
        ("too_long", length(found.text)),
        ("prompt_echo", echo(found.text, prompt)),
        ("wrong_event", event(shown, found.event)),
        ("wrong_language", language(shown, found.language)),
    ):
        if detail:
            raise Fault(reason, detail)


def neutral(text: str) -> str:
    """Return a text with a neutral word in each slot."""
    return frames.plain(text, lambda _slot: "value")


def masked(text: str) -> str:
    """Return a text that may be kept though nobody knows what is in it.

    >>> masked("SSN 000-12-3456 of nobody@example.com")
    'SSN ###-##-#### of mailbox'
    """
    return _DIGIT.sub("#", _MAILBOX.sub("mailbox", text))


def echo(text: str, prompt: str) -> str:
    """Say that eight words in a row stand in the prompt too."""
    return "" if set(_runs(prompt)).isdisjoint(_runs(text)) else "it repeats the prompt"


def _runs(text: str) -> Iterable[tuple[str, ...]]:
    words = re.findall(r"[^\W_]+", text.lower())
    return (tuple(words[at : at + _ECHO_WORDS]) for at in range(len(words) - _ECHO_WORDS + 1))


def _readable(text: str) -> str:
    """Return a text without its URL and Unicode escapes: what a person would read in it."""
    shown = _ESCAPED_CHAR.sub(lambda found: chr(int(found[1], 16)), text)
    return unquote_plus(shown) if "%" in shown or "+" in shown else shown


def _speaks(shown: str) -> bool:
    """Say whether there is a sentence in a text: some words with blanks between, or Chinese."""
    for piece in re.split(r"[\"&=<>{}|\n]", shown):
        words = [word for word in piece.split() if _WORD.search(word)]
        if len(words) >= _PROSE_WORDS or len(_HAN.findall(piece)) >= _PROSE_HAN:
            return True
    return False


def as_slots(found: Delivered, call: Call) -> WrittenLine:
    """Return a line with typed slots as a record.

    Raises:
        Fault: the slots are not those of the claimed cue.
    """
    noun = found.noun if found.cue is Cue.VETO else ""
    if reason := slot_problem(call.category, found.text, found.cue, noun):
        raise Fault(reason, _slots_told(call.category, found.text, found.cue, noun))
    subject = frames.subject_of(found.text, found.cue, noun)
    notation = prompts.notation_of(found.text, subject[0].start) if subject else "raw"
    return _line(found, call, frames.SLOTS_MODE, found.text, noun, notation)


def as_cut(found: Delivered, call: Call, switches: Switches) -> tuple[WrittenLine, bool]:
    """Return a whole line with values in it as a record that keeps none of them, and our label.

    Raises:
        Fault: the values can't be replaced, or another cue is read than the claimed one.
    """
    done = seeds.dissect(found.text, call.category, strict=False)
    if isinstance(done, seeds.Refused) and (found.cue is not Cue.NONE or done.reason != "no_value"):
        raise Fault("uncut", f"{done.reason}: {seeds.REASONS[done.reason]}")
    cut = done if isinstance(done, seeds.Cut) else None
    text = cut.text if cut else found.text
    cue = cut.cue if cut and _VALUE_SLOT.search(text) else Cue.NONE
    if cue is not found.cue:
        raise Fault("uncut", f"reads {cue}, not {found.cue}")
    noun = found.noun if cue is Cue.VETO else ""
    if noun not in {"", *frames.nouns_asked(call.category)} or bool(noun) is not (cue is Cue.VETO):
        raise Fault("uncut", "no noun of the category is given for a veto")
    if cue is Cue.VETO:
        text = _VALUE_SLOT.sub(f"{{{{lookalike:{noun}}}}}", text)
    if slot_problem(call.category, text, cue, noun, most_digits=0):
        raise Fault("uncut", "what was cut is not one value of the category")
    line = _line(found, call, frames.FULL_MODE, text, noun, cut.notation if cut else "raw")
    shape = cut.shape if cut and cue is not Cue.NONE else ""
    return replace(line, shape=shape, claimed=found.label), _label(line, cut, switches)


def _line(
    found: Delivered, call: Call, mode: str, text: str, noun: str, notation: str
) -> WrittenLine:
    return WrittenLine(
        id=frames.id_of(call.category, text),
        mode=mode,
        category=call.category,
        cue=found.cue,
        noun=noun,
        language=found.language,
        event=found.event,
        text=text,
        notation=notation,
        call=call.name,
    )


def slot_problem(
    category: str, text: str, cue: Cue, noun: str, *, most_digits: int = prompts.SHORT_DIGITS
) -> str:
    """Return what is wrong with the slots of a text under its cue, "" where nothing is.

    `most_digits` bounds a {{digits:N}}; 0 leaves it to the grammar.
    """
    slots = frames.slots_of(text)
    if frames.is_broken(text) or not all(slot.is_known for slot in slots):
        return "unknown_slot"
    subject = frames.subject_of(text, cue, noun)
    if not subject and cue is not Cue.NONE:
        return "no_slot"
    if not frames.subject_fits(category, subject, cue):
        return "wrong_slot"
    beside = [slot for slot in slots if slot not in subject]
    own = any(s.name == frames.VALUE or (s.name, s.detail) == ("other", category) for s in beside)
    long = any(s.name == "digits" and int(s.detail) > most_digits > 0 for s in beside)
    return "wrong_slot" if own or long else ""


def _slots_told(category: str, text: str, cue: Cue, noun: str) -> str:
    """Say which slots stand in a text and which its cue asks for."""
    slots = frames.slots_of(text)
    there = [masked(f"{slot.name}:{slot.detail}".removesuffix(":")) for slot in slots]
    wrong = [name for name, slot in zip(there, slots, strict=True) if not slot.is_known]
    if wrong or frames.is_broken(text):
        return f"no slot of ours: {', '.join(wrong)}" if wrong else "braces that make no slot"
    if cue is Cue.NONE:
        asked = "no slot of a value"
    elif cue is Cue.VETO and not noun:
        return "a veto without a noun"
    elif cue is Cue.VETO and noun not in frames.nouns_asked(category):
        return f"no noun of {category}"
    else:
        names = [f"lookalike:{noun}"] * 2 if cue is Cue.VETO else [*map("value:{}".format, _ROLES)]
        if not frames.is_pair(category):
            names = [f"lookalike:{noun}" if cue is Cue.VETO else "value"]
        asked = ", ".join(names)
    return f"{cue} asks for {asked}, there are: {', '.join(there) or 'none'}"


def _label(line: WrittenLine, cut: seeds.Cut | None, switches: Switches) -> bool:
    """Return the policy's label of the line as it was delivered.

    Whether the value that was cut is a possible one is the reader's word; one of ours stands in
    for it before the policy. It tells by its form where it was written with separators.
    """
    taken = [one for one in cut.taken if one.slot.startswith("{{value")] if cut else []
    if cut is None or not taken:
        return False
    asked = categories.get(line.category)
    drawn = asked.draw(child(0, "stand-in", line.category))
    value = replace(drawn, telling=bool(set(cut.shape) - set("#a|")))
    possible = all(one.valid for one in taken)
    return possible and compose.is_sensitive(asked, value, (), line.cue, switches)


@dataclass(frozen=True, slots=True)
class Rejected:
    """One line that may not be used. `text` is masked: no digit and no mailbox of it is kept."""

    call: str
    reason: str
    detail: str = ""
    text: str = ""


class Intake:
    """Takes what calls brought and keeps the account of it.

    `doubts` are lines held back for a person, each with who disagrees and how.
    """

    def __init__(
        self, wanted: Mapping[Cell, int], mode: str, seed: int, switches: Switches
    ) -> None:
        self.lines: list[WrittenLine] = []
        self.rejected: list[Rejected] = []
        self.doubts: list[tuple[WrittenLine, str]] = []
        self.have: Counter[Cell] = Counter()
        self.asked = self.pending = self.surplus = self.unjudged = 0
        self.in_batch = False
        self._wanted, self._mode, self._seed, self._switches = wanted, mode, seed, switches
        self._near = {name: checks.Near() for name in frames.CATEGORIES}
        self._ids: set[str] = set()

    @property
    def reasons(self) -> dict[str, int]:
        """How many lines were rejected for which reason, the commonest first."""
        counts = Counter(rejected.reason for rejected in self.rejected)
        return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))

    def take(self, call: Call, request: chat.Request, outcome: chat.Outcome) -> None:
        """Judge what came of one call."""
        self.asked += call.lines
        if outcome.answer is None:
            if self._waits(outcome):
                self.pending += call.lines
            else:
                detail = _UNANSWERED.get(outcome.reason, "no answer came")
                self._reject_all(call, call.lines, Fault(outcome.reason, detail))
            return
        try:
            found = _json_of(outcome.answer.text, "lines")
        except Fault as fault:
            self._reject_all(call, call.lines, fault)
            return
        for item in found[: call.lines]:
            self._take_one(call, _shaped(item), prompts.said(request))
        missing = Fault("not_delivered", f"{len(found)} of {call.lines} lines came")
        self._reject_all(call, call.lines - len(found), missing)
        self.surplus += max(0, len(found) - call.lines)

    def _waits(self, outcome: chat.Outcome) -> bool:
        """Say whether an outcome without an answer may still get one, and remember a batch."""
        self.in_batch = self.in_batch or outcome.reason == IN_BATCH
        return outcome.reason in WAITING

    def _take_one(self, call: Call, found: Delivered | str, prompt: str) -> None:
        line, text = None, "" if isinstance(found, str) else found.text
        try:
            if isinstance(found, str):
                raise Fault(WRONG_SHAPE, found)
            check_form(found, prompt)
            if self._mode == frames.FULL_MODE:
                line, label = as_cut(found, call, self._switches)
            else:
                line, label = as_slots(found, call), False
            self._check(call, line, label)
        except Fault as fault:
            self._reject(call.name, fault, text, line)
            return
        self.lines.append(line)
        self.have[cell_of(line)] += 1

    def _check(self, call: Call, line: WrittenLine, label: bool) -> None:
        """Check a line against what is wanted, and its claims. `label` is ours, mode full only.

        Raises:
            Fault: the reason against it.
        """
        cell = cell_of(line)
        if cell not in self._wanted or cell.cue not in SIDES[call.side]:
            raise Fault("not_asked", f"{cell.name} is none that the call asks for")
        if self.have[cell] >= self._wanted[cell]:
            raise Fault("cell_full", f"{cell.name} has its {self._wanted[cell]} lines")
        if detail := value(neutral(line.text)):
            raise Fault("value_in_text", detail)
        if line.id in self._ids:
            raise Fault("duplicate", "the same text")
        if self._near[line.category].repeats(line.text):
            raise Fault("duplicate", "nearly the same text")
        self._ids.add(line.id)
        if detail := cue_problem(line, self._seed):
            raise Fault("cue_unread", detail)
        if line.claimed not in {None, label}:
            raise Fault("claimed", "the model's own label is the other one")

    def _reject(
        self, call: str, fault: Fault, text: str = "", line: WrittenLine | None = None
    ) -> None:
        if line and fault.reason in FOR_REVIEW:
            self.doubts.append((line, f"{fault.reason}: {fault.detail}"))
            text = line.text
        self.rejected.append(Rejected(call, fault.reason, fault.detail, masked(text)))

    def _reject_all(self, call: Call, count: int, fault: Fault) -> None:
        for _ in range(count):
            self._reject(call.name, fault)

    def have_judged(self, lines: Sequence[WrittenLine], outcomes: Outcomes, number: int) -> None:
        """Have accepted lines of round `number` judged by a model: a second opinion, no authority.

        It sees finished lines, at temperature 0, and says whether each is sensitive. Where that is
        not our label, the line is held back for a person; where it says nothing, nothing happens.
        """
        asked: list[tuple[chat.Request, list[WrittenLine], list[bool]]] = []
        for category in dict.fromkeys(line.category for line in lines):
            mine = [line for line in lines if line.category == category]
            for at in range(0, len(mine), LINES_A_CALL):
                some = mine[at : at + LINES_A_CALL]
                rows = [finished_row(line, self._switches, self._seed) for line in some]
                name = f"verdicts-{number}/{category}/{at // LINES_A_CALL}"
                request = prompts.judging(name, category, [row.content for row in rows])
                asked.append((request, some, [row.label for row in rows]))
        found = outcomes([request for request, _, _ in asked])
        for request, some, labels in asked:
            outcome = found[request.name]
            if outcome.answer is None:
                self.unjudged += len(some) if self._waits(outcome) else 0
                continue
            try:
                verdicts = read_verdicts(outcome.answer.text)
            except Fault:
                continue
            for at, (line, label) in enumerate(zip(some, labels, strict=True), 1):
                if verdicts.get(at, label) is not label:  # taken back: a person decides
                    self.lines.remove(line)
                    self.have[cell_of(line)] -= 1
                    fault = Fault("judge", "the judge's label is the other one")
                    self._reject(line.call, fault, "", line)


def cell_of(line: WrittenLine) -> Cell:
    """Return the cell that a line counts for."""
    return Cell(line.category, line.cue, line.language, line.event)
