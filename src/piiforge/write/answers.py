r"""The judge: a model's second opinion on accepted lines. It is no authority.

It sees finished lines, at temperature 0, and says whether each is sensitive. Where that is not our
label, the line goes to a person; where it says nothing, nothing happens.

>>> text = '{"lines":[{"event":"xhr","language":"en","cue":"none","noun":"","text":"GET /"}]}'
>>> read(f"Sure!\\n```json\\n{text}\\n```")[0].text
'GET /'
"""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from random import Random
from types import MappingProxyType
from typing import cast
from urllib.parse import unquote_plus
from zlib import crc32

from piiforge import categories, chat, compose, reader, seeds
from piiforge.chat import Outcome, Request
from piiforge.compose import tidied
from piiforge.reader import Finding
from piiforge.rng import child
from piiforge.types import EVENTS, LANGUAGES, Category, Cue, Switches, Value
from piiforge.write.prompts import SHORT_DIGITS, SIDES, Call, Cell, judging, notation_of, said
from piiforge.write.rows import draw_subject, draw_value, finish, finished_row, texts_of

# How an answer of the model is read: strict as to its fields, patient as to what is around.


NOT_JSON, WRONG_SHAPE = "not_json", "wrong_shape"
_FIELDS = ("event", "language", "cue", "noun", "text")
_CUES = frozenset({Cue.CONFIRM.value, Cue.VETO.value, Cue.NEUTRAL.value, Cue.NONE.value})


class UnreadableLines(ValueError):
    """An answer that holds no lines at all. The message is NOT_JSON or WRONG_SHAPE."""


@dataclass(frozen=True, slots=True)
class Delivered:
    """One line as the model gave it, its slots tidied. `label` is its own claim, mode full only."""

    event: str
    language: str
    cue: Cue
    noun: str
    text: str
    label: bool | None = None


def read(answer: str) -> list[Delivered | None]:
    """Return the lines of an answer in their order; None stands for one of a wrong shape.

    Raises:
        UnreadableLines: there is no JSON in it, or the JSON is not {"lines": [...]}.
    """
    found = _json_of(answer, "lines")
    return [_delivered(item) for item in found]


def read_verdicts(answer: str) -> dict[int, bool]:
    """Return a judge's verdicts by line number, from 1; what it left out or spoiled is missing.

    Raises:
        UnreadableLines: there is no JSON in it, or the JSON is not {"verdicts": [...]}.
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
        raise UnreadableLines(NOT_JSON)
    inner = found.get(key) if isinstance(found, dict) else found
    if not isinstance(inner, list):
        raise UnreadableLines(WRONG_SHAPE)
    return cast("list[object]", inner)


def _delivered(item: object) -> Delivered | None:
    if not isinstance(item, dict):
        return None
    record = cast("Mapping[str, object]", item)
    texts = {name: record.get(name, "" if name == "noun" else None) for name in _FIELDS}
    label = record.get("label")
    if not all(isinstance(text, str) for text in texts.values()):
        return None
    event, language, cue, noun, text = (str(texts[name]) for name in _FIELDS)
    known = event in EVENTS and language in LANGUAGES and cue in _CUES
    if not known or not text.strip() or not (label is None or isinstance(label, bool)):
        return None
    if any("\ud800" <= sign <= "\udfff" for sign in text):
        return None
    return Delivered(event, language, Cue(cue), noun, tidied(text), label)


# Checks of lines that a language model wrote: each gives a reason against one, or "".
#
# Nothing the model says of a line is believed. `value` looks at its text with neutral words in
# the slots, `language` and `event` compare it with what was asked for, `cue` reads the finished
# line independently: the value that our generator put there must be found, with the claimed cue,
# and no other that nothing explains. `Echo` knows the prompt, `Alike` the earlier lines.


NEAR = 0.9  # Jaccard similarity of 5-grams from which two lines are one
LONGEST = 900  # characters
NOT_FOUND = "the value is not found"
CATEGORIES = (
    *("ssn", "itin", "credit_card", "bank_account", "phone", "email", "passport"),
    *("drivers_license", "member_id"),
)
_GRAM, _ECHO_WORDS = 5, 8
_LONG_NUMBER = re.compile(r"\d{7}")
_SPACE = re.compile(r"\s+")
_WORD = re.compile(r"[^\W\d_]+")
_HAN = re.compile(r"[\u3400-\u9fff]")
_ESCAPED_CHAR = re.compile(r"\\u([0-9a-fA-F]{4})")
_LOCALE = re.compile(r"(?i)\b(?:zh|cn|hk|tw)\b|/zh|zh[-_]")
_STRUCTURE = re.compile(r"[\w\])\"']\s?[=:]\s?\S|<\w+|/\w|\[\d|\w\t")
_ADDRESS = re.compile(r"(?i)/|%2f|page|url|href|view|screen|title|path|cookie|referr?er")
_FEW_HAN = 3
_PROSE_WORDS, _PROSE_HAN = 3, 4
_STOP_WORDS = {
    "en": "the and is my for you your with this that not have from please it on of can was are",
    "es": "el la los las de que mi por para con no una es está su se del al gracias quiero usted",
    "fr": "le la les des mon ma est pour avec pas une sur vous je votre merci du dans ne bonjour",
}
_STOPS = {language: frozenset(words.split()) for language, words in _STOP_WORDS.items()}


def value(text: str) -> str:
    """Say where a value stands in a text whose slots are neutral words; any category counts."""
    settled = reader.decode(text)
    if any(_LONG_NUMBER.search(reading.text) for reading in settled):
        return "a run of seven digits or more"
    for category in CATEGORIES:
        if any(_stands(finding) for finding in reader.find(text, category)):
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


def cue(text: str, category: str, key: str, expected: Cue) -> str:
    """Say how an independent reading of a finished line differs from the cue that it claims.

    `key` is that of the value put into the line (`types.key_of`, pairs joined by "|"). NOT_FOUND
    where the reader sees no such value: it looks for some only where their category is named.
    """
    findings = reader.find(text, category)
    if reader.judge(finding for finding in findings if not _same(finding.key, key)):
        return "a value that nothing explains"
    own = next((finding for finding in findings if _same(finding.key, key)), None)
    if own is not None and own.cue is expected and not own.valid:
        return f"the value reads as invalid: {own.reason}"
    return _differs(own, expected)


def cue_of(text: str, category: str, key: str, expected: Cue) -> str:
    """Say how the cue of one value of a finished line is not the expected; others are let be."""
    findings = reader.find(text, category)
    return _differs(next((f for f in findings if _same(f.key, key)), None), expected)


def quiet(text: str, category: str) -> str:
    """Say that a finished line that holds no real value reads as if it did."""
    return "a value that nothing explains" if reader.judge(reader.find(text, category)) else ""


class Echo:
    """Finds the words of the prompt in an answer."""

    def __init__(self, prompt: str) -> None:
        self._runs = frozenset(_runs(prompt))

    def problem(self, text: str) -> str:
        """Say that eight words in a row stand in the prompt too."""
        return "" if self._runs.isdisjoint(_runs(text)) else "it repeats the prompt"


class Alike:
    """Earlier lines of one category: the same text again, or nearly the same, is a duplicate.

    Exact, not estimated: two sets of 5-grams of Jaccard similarity t share one of the first
    (1 - t) n + 1 grams in any fixed order, so only lines that meet there are compared.

    Source:
        Bayardo, Ma & Srikant 2007, Scaling up all pairs similarity search, 3.
    """

    def __init__(self) -> None:
        self._texts: set[str] = set()
        self._grams: list[frozenset[str]] = []
        self._at: dict[str, list[int]] = {}

    def problem(self, text: str) -> str:
        """Say that an earlier line is the same, or remember this one."""
        plain = _SPACE.sub(" ", text.lower()).strip()
        if plain in self._texts:
            return "the same text"
        grams = frozenset(plain[at : at + _GRAM] for at in range(max(1, len(plain) - _GRAM + 1)))
        prefix = sorted(grams, key=_order)[: len(grams) - int(NEAR * len(grams) + 0.999) + 1]
        met = {at for gram in prefix for at in self._at.get(gram, ())}
        if any(_jaccard(grams, self._grams[at]) >= NEAR for at in met):
            return "nearly the same text"
        for gram in prefix:
            self._at.setdefault(gram, []).append(len(self._grams))
        self._texts.add(plain)
        self._grams.append(grams)
        return ""


def _stands(finding: Finding) -> bool:
    """Say whether a finding may be somebody's value: a screen size is none, whatever its form."""
    named = finding.cue in {Cue.CONFIRM, Cue.NEUTRAL, Cue.OTHER}
    return finding.valid and (named or finding.telling)


def _differs(own: Finding | None, expected: Cue) -> str:
    if own is None:
        return NOT_FOUND
    return "" if own.cue is expected else f"reads {own.cue}, not {expected}"


def _order(gram: str) -> tuple[int, str]:
    return crc32(gram.encode()), gram


def _jaccard(one: frozenset[str], two: frozenset[str]) -> float:
    return len(one & two) / len(one | two)


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


def _same(found: str, known: str) -> bool:
    """Compare keys: a country code left off is still the same value."""
    longer = len(found) >= 7 and len(known) >= 7 and (found in known or known in found)
    return found == known or longer


# From what a model delivered to a record with slots: as it wrote them, or cut out by our knife.
#
# Mode slots: the slots must be those of the claimed cue. Mode full: `seeds.cut` takes every value
# out and says how it was written and what names it. Where it reads another cue than the claimed
# one, the line is dropped; the label is decided by the policy over the values that were cut.


_SUBJECT = "value"


@dataclass(frozen=True, slots=True)
class Read:
    """A line as a record, or the reason why there is none. `label` is ours, mode full only."""

    line: compose.WrittenLine | None
    reason: str = ""
    detail: str = ""
    label: bool | None = None


def as_slots(found: Delivered, call: Call) -> Read:
    """Read a line with typed slots."""
    noun = found.noun if found.cue is Cue.VETO else ""
    reason = slot_problem(call.category, found.text, found.cue, noun)
    if reason:
        return Read(None, reason)
    subject = compose.subject_of(found.text, found.cue, noun)
    line = compose.WrittenLine(
        id=compose.id_of(call.category, found.text),
        mode=compose.SLOTS_MODE,
        category=call.category,
        cue=found.cue,
        noun=noun,
        language=found.language,
        event=found.event,
        text=found.text,
        notation=notation_of(found.text, subject[0].start) if subject else "raw",
        call=call.name,
    )
    return Read(line)


def as_cut(found: Delivered, call: Call, switches: Switches) -> Read:
    """Read a whole line with values in it; none of them is kept."""
    cut = seeds.cut(found.text, call.category)
    if isinstance(cut, seeds.Refused):
        if cut.reason != "no_value":
            return Read(None, "uncut", cut.reason)
        cut = None
    text = cut.text if cut else found.text
    cue = cut.cue if cut and any(s.name == _SUBJECT for s in compose.slots_of(text)) else Cue.NONE
    if cue is not found.cue:
        return Read(None, "uncut", f"reads {cue}, not {found.cue}")
    noun = found.noun if cue is Cue.VETO else ""
    if noun not in {"", *compose.nouns_asked(call.category)} or bool(noun) is not (cue is Cue.VETO):
        return Read(None, "uncut", "no noun of the category is given for a veto")
    if cue is Cue.VETO:
        text = compose.plain(text, lambda slot: _renamed(slot, noun))
    if slot_problem(call.category, text, cue, noun, most_digits=0):
        return Read(None, "uncut", "what was cut is not one value of the category")
    line = compose.WrittenLine(
        id=compose.id_of(call.category, text),
        mode=compose.FULL_MODE,
        category=call.category,
        cue=cue,
        noun=noun,
        language=found.language,
        event=found.event,
        text=text,
        shape=cut.shape if cut and cue is not Cue.NONE else "",
        notation=cut.notation if cut else "raw",
        claimed=found.label,
        call=call.name,
    )
    return Read(line, label=_label(line, cut, switches))


def slot_problem(
    category: str, text: str, cue: Cue, noun: str, *, most_digits: int = SHORT_DIGITS
) -> str:
    """Return what is wrong with the slots of a text under its cue, "" where nothing is.

    `most_digits` bounds a {{digits:N}}; 0 leaves it to the grammar.
    """
    slots = compose.slots_of(text)
    if compose.is_broken(text) or not all(slot.is_known for slot in slots):
        return "unknown_slot"
    subject = compose.subject_of(text, cue, noun)
    if not subject and cue is not Cue.NONE:
        return "no_slot"
    if not compose.subject_fits(category, subject, cue):
        return "wrong_slot"
    beside = [slot for slot in slots if slot not in subject]
    own = any(s.name == _SUBJECT or (s.name, s.detail) == ("other", category) for s in beside)
    long = any(s.name == "digits" and int(s.detail) > most_digits > 0 for s in beside)
    return "wrong_slot" if own or long else ""


def _renamed(slot: compose.Slot, noun: str) -> str:
    if slot.name == _SUBJECT:
        return f"{{{{lookalike:{noun}}}}}"
    return f"{{{{{slot.name}{':' + slot.detail if slot.detail else ''}}}}}"


def _label(line: compose.WrittenLine, cut: seeds.Cut | None, switches: Switches) -> bool:
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


# How a written line is read back before it is accepted: with values of ours in its slots.
#
# The line's cue is a claim of the model. Several values of its category are put into it, as drawn
# and without their separators, and the independent reader must find each of them with the claimed
# cue. Test values are such as the reader knows in the plainest of lines ("SSN: ..."), so that
# what is tested is the line. Some values it finds only where their category is named; then a veto
# and a silence are tested with a number that it always finds.


_DRAWS, _TRIES = 3, 40
_ALWAYS_FOUND = "ssn"  # with its dashes
_PLAINEST: Mapping[str, str] = MappingProxyType(
    {
        "bank_account": "routing number: {0}, account number: {1}",
        "member_id": "health insurance member id: {0}",
    }
)


def cue_problem(line: compose.WrittenLine, seed: int) -> str:
    """Say how the reading of the finished line differs from the cue that it claims, "" if not."""
    for number in range(_DRAWS):
        rng = child(seed, "read", line.id, number)
        problem = "" if _is_bare_of_values(line) else _read(line, rng)
        if not problem and line.cue in {Cue.VETO, Cue.NONE}:
            problem = _quiet(line, rng)
        if problem:
            return problem
    return ""


def readable(draw: Callable[[Random], Value], asked: Category, rng: Random) -> Value:
    """Draw a value that the reader knows where nothing else disturbs it, with separators and bare.

    Raises:
        RuntimeError: the reader knows none of many: it and the category have come apart.
    """
    frame = _PLAINEST.get(asked.id, f"{asked.title}: {{0}}")
    for _ in range(_TRIES):
        value = draw(rng)
        texts = [part.text for part in value.parts]
        plainest = (frame.format(*texts), frame.format(*map(_bare, texts)))
        if not any(cue(text, asked.id, value.key, Cue.CONFIRM) for text in plainest):
            return value
    raise RuntimeError(f"the reader finds no drawn value of {asked.id}")


def _is_bare_of_values(line: compose.WrittenLine) -> bool:
    """Say whether no real value may stand in the line: an address is one whatever it is called."""
    asked = categories.get(line.category)
    return line.cue is Cue.NONE or (line.cue is Cue.VETO and not asked.vetoable)


def _read(line: compose.WrittenLine, rng: Random) -> str:
    """Read the line with a real value in it, as drawn and bare."""
    value = readable(partial(draw_value, line), categories.get(line.category), rng)
    for bare in (False, True):
        content = finish(line, texts_of(line, value, bare=bare), rng)
        problem = cue(content, line.category, value.key, line.cue)
        if problem == NOT_FOUND and line.cue is not Cue.CONFIRM:
            problem = _read_by_another(line, rng)
        if problem:
            return problem
    return ""


def _read_by_another(line: compose.WrittenLine, rng: Random) -> str:
    """Read the cue of each subject slot with numbers that the reader finds under any cue."""
    asked = categories.get(_ALWAYS_FOUND)
    values = [
        readable(asked.draw, asked, rng) for _ in range(2 if compose.is_pair(line.category) else 1)
    ]
    content = finish(line, [_dashed(value) for value in values], rng)
    problems = (cue_of(content, asked.id, value.key, line.cue) for value in values)
    return next(filter(None, problems), "")


def _quiet(line: compose.WrittenLine, rng: Random) -> str:
    """Read the line with what it claims to hold: no value of the category may come out."""
    value = draw_subject(line, rng)
    content = finish(line, texts_of(line, value) if value else (), rng)
    return quiet(content, line.category)


def _bare(text: str) -> str:
    return text if "@" in text else "".join(filter(str.isalnum, text))


def _dashed(value: Value) -> str:
    digits = value.key
    return f"{digits[:3]}-{digits[3:5]}-{digits[5:]}"


# Acceptance: which of the lines that a model wrote may be used, and why the others may not.
#
# Calls are taken in their planned order, whatever order their answers came in, so that the same
# answers give the same lines. Of every call, as many lines are judged as were asked for; each is
# accepted or rejected with a reason, one that was not delivered included, so that asked =
# accepted + rejected + pending. What came on top is only counted (`surplus`).
#
# Reasons: those of `chat` where no answer came (timeout, refused, truncated, ...), and
#
#     not_json wrong_shape    the answer, or the line in it, can't be read
#     not_delivered           fewer lines than asked for
#     cell_full not_asked     its cell has its lines, or is none of the call's side and the recipe's
#     too_long prompt_echo    over 900 characters; eight words in a row of the prompt
#     no_slot wrong_slot unknown_slot   the slots are not those of its cue
#     value_in_text           a value, or a run of seven digits, stands where a slot should
#     wrong_event wrong_language duplicate
#     uncut                   mode full: the values can't be replaced, or can't be confirmed
#     cue_unread judge claimed          held back for a person's eye, in review.jsonl


IN_BATCH = "pending"
WAITING = frozenset({"over_budget", IN_BATCH})  # a later run would ask, or have the answer
FOR_REVIEW = frozenset({"cue_unread", "judge", "claimed"})
_DIGIT = re.compile(r"\d")
_MAILBOX = re.compile(r"[^\s\"'<>=&:,;/]+(?:@|%40)[^\s\"'<>=&,;/]+")


@dataclass(frozen=True, slots=True)
class Rejected:
    """One line that may not be used. `text` is masked: no digit and no mailbox of it is kept."""

    call: str
    reason: str
    detail: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class Doubt:
    """A line held back for a person: `why` says who disagrees and how."""

    line: compose.WrittenLine
    why: str


class Intake:
    """Takes what calls brought and keeps the account of it."""

    def __init__(
        self, wanted: Mapping[Cell, int], mode: str, seed: int, switches: Switches
    ) -> None:
        self.lines: list[compose.WrittenLine] = []
        self.rejected: list[Rejected] = []
        self.doubts: list[Doubt] = []
        self.have: Counter[Cell] = Counter()
        self.asked = self.pending = self.surplus = self.unjudged = 0
        self.in_batch = False
        self._wanted, self._mode, self._seed, self._switches = wanted, mode, seed, switches
        self._alike: dict[str, Alike] = {}
        self._ids: set[str] = set()

    def take(self, call: Call, request: Request, outcome: Outcome) -> None:
        """Judge what came of one call."""
        self.asked += call.lines
        if outcome.answer is None:
            if self.waits(outcome):
                self.pending += call.lines
            else:
                self._reject_all(call, call.lines, outcome.reason)
            return
        try:
            found = read(outcome.answer.text)
        except UnreadableLines as error:
            self._reject_all(call, call.lines, str(error))
            return
        echo = Echo(said(request))
        for delivered in found[: call.lines]:
            self._take_one(call, delivered, echo)
        self._reject_all(call, call.lines - len(found), "not_delivered")
        self.surplus += max(0, len(found) - call.lines)

    def waits(self, outcome: Outcome) -> bool:
        """Say whether an outcome without an answer may still get one, and remember a batch."""
        self.in_batch = self.in_batch or outcome.reason == IN_BATCH
        return outcome.reason in WAITING

    def hold(self, lines: Sequence[compose.WrittenLine], why: str) -> None:
        """Take accepted lines back: a judge disagrees. A person decides."""
        held = {line.id for line in lines}
        self.lines = [line for line in self.lines if line.id not in held]
        for line in lines:
            self.have[cell_of(line)] -= 1
            self._doubt(line, "judge", why)

    @property
    def reasons(self) -> dict[str, int]:
        """How many lines were rejected for which reason, the commonest first."""
        counts = Counter(rejected.reason for rejected in self.rejected)
        return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))

    def _take_one(self, call: Call, found: Delivered | None, echo: Echo) -> None:
        if found is None:
            self._reject(call, WRONG_SHAPE)
            return
        reason, detail = _unfit(found, echo)
        if reason:
            self._reject(call, reason, detail, found.text)
            return
        full = self._mode == compose.FULL_MODE
        read = as_cut(found, call, self._switches) if full else as_slots(found, call)
        line = read.line
        if line is None:
            self._reject(call, read.reason, read.detail, found.text)
            return
        reason, detail = self._problem(call, line, read.label)
        if reason in FOR_REVIEW:
            self._doubt(line, reason, detail)
        elif reason:
            self._reject(call, reason, detail, found.text)
        else:
            self.lines.append(line)
            self.have[cell_of(line)] += 1

    def _problem(
        self, call: Call, line: compose.WrittenLine, label: bool | None
    ) -> tuple[str, str]:
        """Return the reason against a line and what was seen. `label` is ours, mode full only."""
        cell = cell_of(line)
        if cell not in self._wanted or cell.cue not in SIDES[call.side]:
            return "not_asked", ""
        if self.have[cell] >= self._wanted[cell]:
            return "cell_full", ""
        detail = value(compose.plain(line.text, _neutral))
        if detail:
            return "value_in_text", detail
        alike = self._alike.setdefault(line.category, Alike())
        detail = "the same text" if line.id in self._ids else alike.problem(line.text)
        if detail:
            return "duplicate", detail
        self._ids.add(line.id)
        detail = cue_problem(line, self._seed)
        if detail:
            return "cue_unread", detail
        if line.claimed is not None and line.claimed is not label:
            return "claimed", "the model's own label is the other one"
        return "", ""

    def _doubt(self, line: compose.WrittenLine, reason: str, detail: str) -> None:
        self.doubts.append(Doubt(line, f"{reason}: {detail}"))
        self.rejected.append(Rejected(line.call, reason, detail, masked(line.text)))

    def _reject(self, call: Call, reason: str, detail: str = "", text: str = "") -> None:
        self.rejected.append(Rejected(call.name, reason, detail, masked(text)))

    def _reject_all(self, call: Call, count: int, reason: str) -> None:
        for _ in range(count):
            self._reject(call, reason)


def cell_of(line: compose.WrittenLine) -> Cell:
    """Return the cell that a line counts for."""
    return Cell(line.category, line.cue, line.language, line.event)


def masked(text: str) -> str:
    """Return a text that may be kept though nobody knows what is in it.

    >>> masked("SSN 000-12-3456 of nobody@example.com")
    'SSN ###-##-#### of mailbox'
    """
    return _DIGIT.sub("#", _MAILBOX.sub("mailbox", text))


def _neutral(_slot: compose.Slot) -> str:
    return "value"


def _unfit(found: Delivered, echo: Echo) -> tuple[str, str]:
    """Return the reason against a line's form: what needs no record and no value."""
    shown = compose.plain(found.text, _neutral)
    for reason, detail in (
        ("too_long", length(found.text)),
        ("prompt_echo", echo.problem(found.text)),
        ("wrong_event", event(shown, found.event)),
        ("wrong_language", language(shown, found.language)),
    ):
        if detail:
            return reason, detail
    return "", ""


LINES_A_CALL = 20
Outcomes = Callable[[Sequence[chat.Request]], Mapping[str, chat.Outcome]]


@dataclass(frozen=True, slots=True)
class _Asked:
    request: chat.Request
    lines: tuple[compose.WrittenLine, ...]
    labels: tuple[bool, ...]


def judged(
    lines: Sequence[compose.WrittenLine],
    intake: Intake,
    outcomes: Outcomes,
    switches: Switches,
    seed: int,
    number: int,
) -> None:
    """Have round `number`'s accepted lines judged; hold back those on which the judge disagrees."""
    asked = _asked(lines, switches, seed, number)
    found = outcomes([one.request for one in asked])
    for one in asked:
        outcome = found[one.request.name]
        if outcome.answer is None:
            intake.unjudged += len(one.lines) if intake.waits(outcome) else 0
            continue
        try:
            verdicts = read_verdicts(outcome.answer.text)
        except UnreadableLines:
            continue
        pairs = enumerate(zip(one.lines, one.labels, strict=True), 1)
        against = [line for at, (line, label) in pairs if verdicts.get(at, label) is not label]
        intake.hold(against, "the judge's label is the other one")


def _asked(
    lines: Sequence[compose.WrittenLine], switches: Switches, seed: int, number: int
) -> list[_Asked]:
    found: list[_Asked] = []
    for category in dict.fromkeys(line.category for line in lines):
        mine = [line for line in lines if line.category == category]
        for at in range(0, len(mine), LINES_A_CALL):
            some = tuple(mine[at : at + LINES_A_CALL])
            rows = [finished_row(line, switches, seed) for line in some]
            name = f"verdicts-{number}/{category}/{at // LINES_A_CALL}"
            request = judging(name, category, [row.content for row in rows])
            found.append(_Asked(request, some, tuple(row.label for row in rows)))
    return found
