"""A row as a terminal shows it. The content is untrusted: nothing in it moves a cursor."""

import re
from html import unescape

from piiforge import page
from piiforge.review.samples import Sample

_TAG = re.compile("<(/?)[^>]+>")


def card(row: Sample, at: int, total: int) -> str:
    """Return the row as lines of text: what it is, who disagrees, the content. `at` is from 1."""
    said = "sensitive" if row.label else "not sensitive"
    known = ", ".join(filter(None, (row.event, row.language, f"cue {row.cue}")))
    notes = (("because", row.explanation), ("disputed", row.why), ("note", row.note))
    lines = [f"[{at}/{total}] {row.category}: {said} ({known})"]
    lines += [f"{name:<9} {text}" for name, text in notes if text]
    return "\n".join([*map(visible, lines), "", visible(row.content), ""])


def visible(text: str) -> str:
    r"""Write `text` so that every character of it shows, without HTML.

    >>> visible("a\x1b[2Jb\u200b<c>")
    'a⟨U+001B⟩[2Jb⟨ZWSP⟩<c>'
    """
    # What `page.visible` returns is escaped, so that every tag in it is a badge's own.
    shown = _TAG.sub(lambda tag: "⟩" if tag[1] else "⟨", str(page.visible(text)))
    return unescape(shown)
