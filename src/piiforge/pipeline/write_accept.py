"""Acceptance: which of the lines that a model wrote may be used, and why the others may not.

Calls are taken in their planned order, whatever order their answers came in, so that the same
answers give the same lines. Of every call, as many lines are judged as were asked for; each is
accepted or rejected with a reason, one that was not delivered included, so that
asked = accepted + rejected + pending. What came on top is only counted (`surplus`).

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
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from piiforge import compose
from piiforge.chat import Outcome, Request
from piiforge.checks import written as checks
from piiforge.compose import writer, written
from piiforge.pipeline.write_lines import as_cut, as_slots
from piiforge.pipeline.write_reading import cue_problem

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

    line: written.WrittenLine
    why: str


class Intake:
    """Takes what calls brought and keeps the account of it."""

    def __init__(
        self,
        wanted: Mapping[writer.Cell, int],
        mode: str,
        seed: int,
        switches: compose.Switches,
    ) -> None:
        self.lines: list[written.WrittenLine] = []
        self.rejected: list[Rejected] = []
        self.doubts: list[Doubt] = []
        self.have: Counter[writer.Cell] = Counter()
        self.asked = self.pending = self.surplus = self.unjudged = 0
        self.in_batch = False
        self._wanted, self._mode, self._seed, self._switches = wanted, mode, seed, switches
        self._alike: dict[str, checks.Alike] = {}
        self._ids: set[str] = set()

    def take(self, call: writer.Call, request: Request, outcome: Outcome) -> None:
        """Judge what came of one call."""
        self.asked += call.lines
        if outcome.answer is None:
            if self.waits(outcome):
                self.pending += call.lines
            else:
                self._reject_all(call, call.lines, outcome.reason)
            return
        try:
            found = writer.read(outcome.answer.text)
        except writer.UnreadableLines as error:
            self._reject_all(call, call.lines, str(error))
            return
        echo = checks.Echo(writer.said(request))
        for delivered in found[: call.lines]:
            self._take_one(call, delivered, echo)
        self._reject_all(call, call.lines - len(found), "not_delivered")
        self.surplus += max(0, len(found) - call.lines)

    def waits(self, outcome: Outcome) -> bool:
        """Say whether an outcome without an answer may still get one, and remember a batch."""
        self.in_batch = self.in_batch or outcome.reason == IN_BATCH
        return outcome.reason in WAITING

    def hold(self, lines: Sequence[written.WrittenLine], why: str) -> None:
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

    def _take_one(
        self, call: writer.Call, found: writer.Delivered | None, echo: checks.Echo
    ) -> None:
        if found is None:
            self._reject(call, writer.WRONG_SHAPE)
            return
        reason, detail = _unfit(found, echo)
        if reason:
            self._reject(call, reason, detail, found.text)
            return
        full = self._mode == written.FULL_MODE
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
        self, call: writer.Call, line: written.WrittenLine, label: bool | None
    ) -> tuple[str, str]:
        """Return the reason against a line and what was seen. `label` is ours, mode full only."""
        cell = cell_of(line)
        if cell not in self._wanted or cell.cue not in writer.SIDES[call.side]:
            return "not_asked", ""
        if self.have[cell] >= self._wanted[cell]:
            return "cell_full", ""
        detail = checks.value(written.plain(line.text, _neutral))
        if detail:
            return "value_in_text", detail
        alike = self._alike.setdefault(line.category, checks.Alike())
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

    def _doubt(self, line: written.WrittenLine, reason: str, detail: str) -> None:
        self.doubts.append(Doubt(line, f"{reason}: {detail}"))
        self.rejected.append(Rejected(line.call, reason, detail, masked(line.text)))

    def _reject(self, call: writer.Call, reason: str, detail: str = "", text: str = "") -> None:
        self.rejected.append(Rejected(call.name, reason, detail, masked(text)))

    def _reject_all(self, call: writer.Call, count: int, reason: str) -> None:
        for _ in range(count):
            self._reject(call, reason)


def cell_of(line: written.WrittenLine) -> writer.Cell:
    """Return the cell that a line counts for."""
    return writer.Cell(line.category, line.cue, line.language, line.event)


def masked(text: str) -> str:
    """Return a text that may be kept though nobody knows what is in it.

    >>> masked("SSN 000-12-3456 of nobody@example.com")
    'SSN ###-##-#### of mailbox'
    """
    return _DIGIT.sub("#", _MAILBOX.sub("mailbox", text))


def _neutral(_slot: written.Slot) -> str:
    return "value"


def _unfit(found: writer.Delivered, echo: checks.Echo) -> tuple[str, str]:
    """Return the reason against a line's form: what needs no record and no value."""
    shown = written.plain(found.text, _neutral)
    for reason, detail in (
        ("too_long", checks.length(found.text)),
        ("prompt_echo", echo.problem(found.text)),
        ("wrong_event", checks.event(shown, found.event)),
        ("wrong_language", checks.language(shown, found.language)),
    ):
        if detail:
            return reason, detail
    return "", ""
