"""Rows to be reviewed, made by hand: impossible values only."""

from dataclasses import replace
from random import Random

from piiforge import categories
from piiforge.review import Decision, Sample
from piiforge.types import Cue

CATEGORIES = (
    "ssn", "itin", "credit_card", "bank_account", "phone", "email", "passport", "drivers_license",
    "member_id",
)  # fmt: skip
LANGUAGES, EVENTS = ("en", "es", "zh"), ("form_submit", "chat_message")


def made(number: int, category: str, label: bool, why: str = "") -> Sample:
    return Sample(
        id=f"{number:06x}",
        category=category,
        content=f"{category}_{number}=666-12-3456",
        label=label,
        explanation=f"Area 666 in field {category}.",
        language=LANGUAGES[number % 3],
        event=EVENTS[number % 2],
        cue=Cue.CONFIRM,
        why=why,
    )


def many(each: int = 40) -> list[Sample]:
    """Return `each` rows of every category and label."""
    cells = [(category, label) for category in CATEGORIES for label in (True, False)]
    return [made(number, *cell) for number, cell in enumerate(cells * each)]


def said(*counted: tuple[str, bool, str, Decision, int]) -> list[Sample]:
    """Return so many rows of each category, label, why and decision."""
    rows: list[Sample] = []
    for category, label, why, decision, count in counted:
        for _ in range(count):
            rows.append(replace(made(len(rows), category, label, why), decision=decision))
    return rows


def drawn(category: str) -> str:
    """Return a value of a category, nobody's: a generator made it."""
    return categories.get(category).draw(Random(7)).parts[0].text
