"""Rows made by hand for the checks. What counts as real is drawn from a seed, never written out."""

from dataclasses import replace
from random import Random

from piiforge import categories
from piiforge.types import Cue, Example, Mention, Span, Verdict, key_of

DESCRIPTIONS = {category.id: category.description for category in categories.ALL}


def drawn(category: str, seed: int = 0) -> str:
    """Return a real value as it is written, one whose form tells what it is where any does."""
    draw = categories.get(category).draw
    draws = (draw(Random(seed * 1000 + at)) for at in range(60))
    telling = next((value for value in draws if value.telling), None)
    return (telling or draw(Random(seed * 1000))).parts[0].text


def row(number: int = 0, *, text: str = "", key: str = "ssn", sensitive: bool = True) -> Example:
    """Return a sound row about an SSN under `key`; `text` is the value, drawn where not given."""
    value = text or drawn("ssn", number)
    content = f"page=signup&{key}={value}&step={number}"
    at = content.index(value)
    return Example(
        id=f"{number:016x}",
        split="train",
        category="ssn",
        content=content,
        verdict=Verdict(sensitive, 0.95, "Named by its key in the form."),
        language="en",
        event="form_submit",
        format="urlencoded",
        family=f"family-{number}",
        skeleton=f"skeleton-{number}",
        variant="plain" if sensitive else "vetoed",
        disguises=("canonical",),
        cue=Cue.CONFIRM if sensitive else Cue.VETO,
        key_names=(key,),
        values=(Mention("ssn", "valid", key_of(value), (Span(at, at + len(value)),)),),
    )


def talk(number: int, content: str) -> Example:
    """Return a negative without any value: free text."""
    sound = row(number, sensitive=False)
    return replace(
        sound, content=content, values=(), cue=Cue.NONE, variant="benign", event="chat_message"
    )


def said(example: Example, explanation: str) -> Example:
    """Return `example` with another explanation."""
    return replace(example, verdict=replace(example.verdict, explanation=explanation))


def having(example: Example, **changes: object) -> Example:
    """Return `example` with its first value changed."""
    first = replace(example.values[0], **changes)  # type: ignore[arg-type]
    return replace(example, values=(first, *example.values[1:]))
