r"""Templates and the style sheet, and how numbers are written on a page.

>>> print(visible("6\u200b6"))
6<span class="ghost" title="U+200B ZERO WIDTH SPACE">ZWSP</span>6
>>> print(highlight("id=666", [Mark(3, 6)]))
id=<mark>666</mark>
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

# Untrusted text on a page: escaped, and what does not show made to show.


# Every character of the classes Cc, Cf, Co, Cs, Zl, Zp and Zs but the space; those that Unicode
# lets a reader ignore (fillers, variation selectors, tags); and dashes that pass for a hyphen.
_GHOST = re.compile(
    "[\x00-\x1f\x7f-\xa0\xad\u034f\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u115f\u1160"
    "\u1680\u17b4\u17b5\u180b-\u180f\u2000-\u200f\u2011\u2012\u2028-\u202f\u205f-\u206f\u2800"
    "\u3000\u3164\ud800-\uf8ff\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U000110bd\U000110cd"
    "\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
    "\U000f0000-\U0010ffff]"
)
_SHORT: Mapping[str, str] = MappingProxyType(
    {
        "\t": "TAB", "\n": "LF", "\r": "CR", "\u00a0": "NBSP", "\u00ad": "SHY", "\u061c": "ALM",
        "\u2007": "FIGSP", "\u2009": "THINSP", "\u200a": "HAIRSP", "\u200b": "ZWSP",
        "\u200c": "ZWNJ", "\u200d": "ZWJ", "\u200e": "LRM", "\u200f": "RLM", "\u2011": "NBHY",
        "\u2012": "FIGDASH", "\u2028": "LSEP", "\u2029": "PSEP", "\u202a": "LRE",
        "\u202b": "RLE", "\u202c": "PDF", "\u202d": "LRO", "\u202e": "RLO", "\u202f": "NNBSP",
        "\u2060": "WJ", "\u2066": "LRI", "\u2067": "RLI", "\u2068": "FSI", "\u2069": "PDI",
        "\u3000": "IDSP", "\ufeff": "BOM",
    }
)  # fmt: skip
_BADGE = Markup('<span class="ghost" title="{}">{}</span>')
_MARK, _TITLED = Markup("<mark{}>{}</mark>"), Markup(' class="{}" title="{}"')


@dataclass(frozen=True, slots=True)
class Mark:
    """A stretch to be marked: half-open, in code points. `tone` is a class of the style sheet."""

    start: int
    end: int
    tone: str = ""
    title: str = ""


def visible(text: str) -> Markup:
    """Escape `text`; a character that does not show becomes a badge with its name.

    A line feed keeps its line break behind the badge.
    """
    pieces: list[Markup] = []
    done = 0
    for found in _GHOST.finditer(text):
        pieces += (escape(text[done : found.start()]), _badge(found[0]))
        done = found.end()
    return Markup("").join([*pieces, escape(text[done:])])


def highlight(text: str, marks: Sequence[Mark]) -> Markup:
    """Write `text` as `visible` does, with `marks` in it; one that overlaps an earlier is left out.

    Marks may come in any order and may reach beyond the text.
    """
    pieces: list[Markup] = []
    done = 0
    for mark in sorted(marks, key=lambda mark: (mark.start, mark.end)):
        if mark.start < done or mark.start >= min(mark.end, len(text)):
            continue
        kind = _TITLED.format(mark.tone, mark.title) if mark.tone else ""
        inside = _MARK.format(kind, visible(text[mark.start : mark.end]))
        pieces += (visible(text[done : mark.start]), inside)
        done = mark.end
    return Markup("").join([*pieces, visible(text[done:])])


def _badge(char: str) -> Markup:
    code = f"U+{ord(char):04X}"
    badge = _BADGE.format(f"{code} {unicodedata.name(char, '')}".strip(), _SHORT.get(char, code))
    return badge + "\n" if char == "\n" else badge


NOT_MEASURED = "not measured"


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
    return Markup(files("piiforge.page").joinpath("style.css").read_text(encoding="utf-8"))


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
