"""Lines to try a detector on: values are drawn from a seed, found, and nobody's by intent.

A documented sample (078-05-1120) would be called clean, as it should be; a real number may not
stand in a page. So the lines are put together when they are asked for.
"""

from dataclasses import dataclass
from urllib.parse import quote

from piiforge import categories
from piiforge.rng import child


@dataclass(frozen=True, slots=True)
class Line:
    """A line to try, and in a few words what it shows."""

    name: str
    content: str


def lines() -> tuple[Line, ...]:
    """Return five lines, the same every time: the first four hold a value, the last holds none."""
    return (
        Line("an SSN in a form", f"event=form_submit&page=/apply&ssn={_drawn('ssn')}&plan=gold"),
        Line("a card, encoded", f"GET /pay?card_number={quote(_drawn('credit_card'))}&step=2"),
        Line("an e-mail in JSON", f'{{"event":"signup","email":"{_drawn("email")}","ok":true}}'),
        Line("a phone in a chat", f"you can call me at {_drawn('phone')} after five"),
        Line("only looks like one", "event=form_submit&ssn=666-12-3456&order_id=4111-20260121"),
    )


def _drawn(category: str) -> str:
    return categories.get(category).draw(child(0, "samples", category)).parts[0].text
