r"""Text as it shows on a page, and the templates that it is put into.

>>> visible("6\u200b6")
Markup('6<span class="ghost" title="U+200B ZERO WIDTH SPACE">ZWSP</span>6')
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from piiforge import files

NOT_MEASURED = "not measured"
# Every character of the classes Cc, Cf, Co, Cs, Zl, Zp and Zs but the space; those that Unicode
# lets a reader ignore (fillers, variation selectors, tags); and dashes that pass for a hyphen.
_GHOST = re.compile(
    "[\x00-\x1f\x7f-\xa0\xad\u034f\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u115f\u1160"
    "\u1680\u17b4\u17b5\u180b-\u180f\u2000-\u200f\u2011\u2012\u2028-\u202f\u205f-\u206f\u2800"
    "\u3000\u3164\ud800-\uf8ff\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U000110bd\U000110cd"
    "\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
    "\U000f0000-\U0010ffff]"
)
# What a badge says: a short name where there is one, else the code point
_SHORT: Mapping[str, str] = {
    chr(int(code, 16)): name for code, name in files.shipped_tsv(__package__, "ghosts.tsv")
}
_BADGE = Markup('<span class="ghost" title="{}">{}</span>')
_MARK, _TITLED = Markup("<mark{}>{}</mark>"), Markup(' class="{}" title="{}"')


@dataclass(frozen=True, slots=True)
class Mark:
    """A stretch to be marked: half-open, in code points. `tone` is a class of the style sheet."""

    start: int
    end: int
    tone: str = ""
    title: str = ""


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a text as it is shown where no HTML may be: to be put in as text alone.

    `title` is not "" where the character doesn't show by itself: then `text` is its badge, and
    `breaks` says that the line ends behind it. `mark` is the one that the stretch stands in.
    """

    text: str
    title: str = ""
    mark: Mark | None = None
    breaks: bool = False


def pieces(text: str, marks: Sequence[Mark] = ()) -> list[Piece]:
    r"""Return `text` as `highlight` shows it, piece by piece.

    >>> [(piece.text, piece.title) for piece in pieces("6\u200b6")]
    [('6', ''), ('ZWSP', 'U+200B ZERO WIDTH SPACE'), ('6', '')]
    """
    return [
        Piece(*_named(each), mark, each == "\n") if is_ghost else Piece(each, mark=mark)
        for stretch, mark in _stretches(text, marks)
        for each, is_ghost in _ghosts(stretch)
    ]


def visible(text: str) -> Markup:
    """Escape `text`; a character that does not show becomes a badge with its name.

    A line feed keeps its line break behind the badge.
    """
    return Markup("").join(
        _badge(each) if is_ghost else escape(each) for each, is_ghost in _ghosts(text)
    )


def highlight(text: str, marks: Sequence[Mark]) -> Markup:
    """Write `text` as `visible` does, with `marks` in it; one that overlaps an earlier is left out.

    Marks may come in any order and may reach beyond the text.
    """
    pieces: list[Markup] = []
    for stretch, mark in _stretches(text, marks):
        if mark is None:
            pieces.append(visible(stretch))
            continue
        kind = _TITLED.format(mark.tone, mark.title) if mark.tone else ""
        pieces.append(_MARK.format(kind, visible(stretch)))
    return Markup("").join(pieces)


def _stretches(text: str, marks: Sequence[Mark]) -> Iterator[tuple[str, Mark | None]]:
    """Yield the stretches of `text`, each with the mark that it stands in."""
    done = 0
    for mark in sorted(marks, key=lambda mark: (mark.start, mark.end)):
        if mark.start < done or mark.start >= min(mark.end, len(text)):
            continue
        yield text[done : mark.start], None
        yield text[mark.start : mark.end], mark
        done = mark.end
    yield text[done:], None


def _ghosts(text: str) -> Iterator[tuple[str, bool]]:
    """Yield what shows, and each character that doesn't (True)."""
    done = 0
    for found in _GHOST.finditer(text):
        if found.start() > done:
            yield text[done : found.start()], False
        yield found[0], True
        done = found.end()
    if done < len(text):
        yield text[done:], False


def _named(char: str) -> tuple[str, str]:
    """Return what the badge of a character says, and its title."""
    code = f"U+{ord(char):04X}"
    return _SHORT.get(char, code), f"{code} {unicodedata.name(char, '')}".strip()


def _badge(char: str) -> Markup:
    said, title = _named(char)
    badge = _BADGE.format(title, said)
    return badge + "\n" if char == "\n" else badge


def render(template: str, **values: object) -> str:
    """Fill the named template of this room. Values are escaped unless they are Markup.

    Raises:
        jinja2.TemplateNotFound: no template has the name.
        jinja2.UndefinedError: the template asks for a value that was not given.
    """
    return _environment().get_template(template).render(values)


@cache
def style() -> Markup:
    """Return the style sheet, to stand in a `<style>` element."""
    return Markup(resources.files(__package__).joinpath("style.css").read_text(encoding="utf-8"))


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("piiforge.page", ""),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(style=style)
    environment.filters.update(
        visible=visible, highlight=highlight, whole=whole, percent=percent, breakable=breakable
    )
    return environment


def whole(number: int | None) -> str:
    """Write a count with thin groups.

    >>> whole(7200)
    '7,200'
    """
    return NOT_MEASURED if number is None else f"{number:,}"


def percent(share: float | None, digits: int = 1) -> str:
    """Write a share of 0 to 1 in percent.

    >>> percent(0.4375)
    '43.8 %'
    """
    return NOT_MEASURED if share is None else f"{share * 100:.{digits}f} %"


def breakable(name: str) -> Markup:
    """Let a long name break after its underscores.

    >>> breakable("bank_account")
    Markup('bank_<wbr>account')
    """
    return Markup("_<wbr>").join(name.split("_"))
