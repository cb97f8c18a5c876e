"""E-mail addresses in at/dot forms of four languages, put back together in place.

A bare "at" counts with a spelled dot behind it, or where the words before ask for an address:
"look at example.com" is no address.

>>> spoken_addresses("reach me: jane dot roe (at) example dot com")
'reach me: jane.roe@example.com'
>>> spoken_addresses("look at example.com")
'look at example.com'
"""

import re
from itertools import islice

from piiforge.reader.folding import fold

_DOT = (
    r"(?:\s{0,2}[\[({<]\s?(?:dot|punto|point|ponto|点|\.)\s?[\])}>]\s{0,2}"
    r"|[ +_](?:dot|punto|point|ponto|点)[ +_]|点)"
)
_MARK = (
    r"(?:[ +](?:underscore|gui[oó]n bajo|tiret bas|dash|hyphen|gui[oó]n|tiret|plus|m[aá]s)[ +]"
    r"|\s?[\[({](?:underscore|dash|plus|gui[oó]n|tiret|下划线)[\])}]\s?|下划线)"
)
_QUICK = (
    *(f"{left}{word}" for word in ("at", "dot", "point", "punto", "@") for left in " +_([{<"),
    *("arroba", "arobase", "艾特", "小老鼠", "@ ", "点", "(.)", "[.]"),
)
_AT = re.compile(
    r"(?i)(?P<strong>\s{0,2}[\[({<]\s?(?:at|arroba|arobase|艾特|@)\s?[\])}>]\s{0,2}"
    r"|[ +_](?:arroba|arobase|艾特)[ +_]|\s?(?:艾特|小老鼠)\s?)|[ +_](?:at|@)[ +_]| ?@ ?"
)
_LOCAL = re.compile(rf"(?i)(?:[a-z0-9_\-]{{1,40}}(?:{_DOT}|{_MARK}|[.+]))*[a-z0-9_\-]{{1,40}}$")
_DOMAIN = re.compile(
    rf"(?i)[a-z0-9][a-z0-9\-]{{0,40}}(?:(?:{_DOT}|{_MARK}| ?\. |\.)[a-z0-9\-]{{1,40}}){{1,4}}"
)
_SPELLED = re.compile(rf"(?i){_DOT}|{_MARK}")
_SPACED = re.compile(
    r"(?<![A-Za-z0-9])[A-Za-z0-9][ \-][A-Za-z0-9_.+\-]"
    r"(?:[ \-][A-Za-z0-9_.+@\-](?![A-Za-z0-9])){1,90}+"
)
_LOST_DOT = re.compile(r"\.[ ]{1,3}\Z")
_ASKED = re.compile(r"(?i)e-?mail|correo|courriel|邮箱|邮件|write|escr[ií]b|[ée]cri")
_LEFT, _RIGHT, _MOST = 90, 120, 100


def spoken_addresses(text: str) -> str:
    """Return `text` with each at/dot form written as an address; at most a hundred are tried."""
    folded = fold(text)
    if not any(map(folded.__contains__, _QUICK)):
        return text
    text = _SPACED.sub(_joined_letters, text)
    pieces: list[str] = []
    done = 0
    for at in islice(_AT.finditer(text), _MOST):
        found = _around(text, at, done)
        if found is not None:
            start, end, address = found
            pieces += (text[done:start], address)
            done = end
    return "".join(pieces) + text[done:]


def _around(text: str, at: re.Match[str], done: int) -> tuple[int, int, str] | None:
    """Return where the address around `at` stands and how it is written plainly."""
    if at.start() < done:
        return None
    floor = max(done, at.start() - _LEFT)
    left = text[floor : at.start()]
    local = _LOCAL.search(left)
    domain = _DOMAIN.match(text, at.end(), at.end() + _RIGHT)
    if local is None or domain is None:
        return None
    if _LOST_DOT.search(left, 0, local.start()):
        return None  # "jane .  . roe @": two dots, or one too many in front
    plain = at["strong"] is None
    if plain and at[0].strip(" +_") != "@" and not _SPELLED.search(domain[0]):
        before = left[: local.start()]
        if not _ASKED.search(before) and not _SPELLED.search(local[0]):
            return None
    address = f"{_respell(local[0])}@{_respell(domain[0])}"
    return floor + local.start(), domain.end(), address


def _joined_letters(match: re.Match[str]) -> str:
    return match[0].replace(" " if " " in match[0] else "-", "")


def _respell(part: str) -> str:
    return _SPELLED.sub(_mark_of, part).replace(" ", "")


def _mark_of(match: re.Match[str]) -> str:
    word = match[0].strip(" +_[](){}<>").lower()
    if word in {"dot", "punto", "point", "ponto", "点", "."}:
        return "."
    if word in {"underscore", "guion bajo", "guión bajo", "tiret bas", "下划线"}:
        return "_"
    return "+" if word in {"plus", "mas", "más"} else "-"
