"""The judge: a model's second opinion on accepted lines. It is no authority.

It sees finished lines, at temperature 0, and says whether each is sensitive. Where that is not our
label, the line goes to a person; where it says nothing, nothing happens.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from piiforge import chat, compose
from piiforge.compose import writer, written
from piiforge.pipeline.write_accept import Intake

LINES_A_CALL = 20
Outcomes = Callable[[Sequence[chat.Request]], Mapping[str, chat.Outcome]]


@dataclass(frozen=True, slots=True)
class _Asked:
    request: chat.Request
    lines: tuple[written.WrittenLine, ...]
    labels: tuple[bool, ...]


def judged(
    lines: Sequence[written.WrittenLine],
    intake: Intake,
    outcomes: Outcomes,
    switches: compose.Switches,
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
            verdicts = writer.read_verdicts(outcome.answer.text)
        except writer.UnreadableLines:
            continue
        pairs = enumerate(zip(one.lines, one.labels, strict=True), 1)
        against = [line for at, (line, label) in pairs if verdicts.get(at, label) is not label]
        intake.hold(against, "the judge's label is the other one")


def _asked(
    lines: Sequence[written.WrittenLine], switches: compose.Switches, seed: int, number: int
) -> list[_Asked]:
    found: list[_Asked] = []
    for category in dict.fromkeys(line.category for line in lines):
        mine = [line for line in lines if line.category == category]
        for at in range(0, len(mine), LINES_A_CALL):
            some = tuple(mine[at : at + LINES_A_CALL])
            rows = [writer.finished_row(line, switches, seed) for line in some]
            name = f"verdicts-{number}/{category}/{at // LINES_A_CALL}"
            request = writer.judging(name, category, [row.content for row in rows])
            found.append(_Asked(request, some, tuple(row.label for row in rows)))
    return found
