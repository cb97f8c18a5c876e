r"""Undoes what hides a text, layer by layer, as far as it goes.

Transport layers (percent, backslash, entities, characters, colours of a terminal, base64) are
peeled in place, so keys stay before their values; spoken numbers give one reading more for each
language that fits, and e-mail addresses in at/dot forms of four languages another.

>>> [(r.how, r.text) for r in decode("ssn=%30%30%30-12-3456")]
[('plain', 'ssn=%30%30%30-12-3456'), ('percent', 'ssn=000-12-3456')]
>>> skeleton("ssn=%30%30%30-12-3456")
'ssn=###-##-####'
>>> spoken_addresses("reach me: jane dot roe (at) example dot com")
'reach me: jane.roe@example.com'
>>> spoken_addresses("look at example.com")
'look at example.com'
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice

from piiforge.text import encodings as undo
from piiforge.text import spoken_numbers

_MAX_LAYERS = 5
# Those that begin with a sign as it is skip to where one stands
_BASE64 = re.compile(
    r"([A-Za-z0-9+/_\-](?<![A-Za-z0-9+/_\-.%][A-Za-z0-9+/_\-])[A-Za-z0-9+/_\-]{15,}+)={0,2}(?![\w.])"
)
_NAMED_BASE64 = re.compile(
    r"""(?i)((?:b64|base_?64|enc(?:oded)?)["']?\s?[:=]\s?["']?)([A-Za-z0-9+/_\-]{8,}+)={0,2}"""
)
_SHORT_BASE64 = re.compile(r"(?<=[=:\"'> ])([A-Za-z0-9+/_\-]{8,44}+={0,2})(?=[\"'&,;<>}\])\s|]|\Z)")
_VALUE = re.compile(r"[A-Za-z0-9+(]{1,4}(?:[ \-./()_]{0,2}[A-Za-z0-9]){5,22}")


@dataclass(frozen=True, slots=True)
class Reading:
    """A content as written (`how` is "plain") or with layers undone ("percent+words_es")."""

    text: str
    how: str

    def by(self, step: str, text: str) -> "Reading":
        """Return what one step more makes of it; repeated steps are named once.

        >>> Reading("a", "percent").by("base64", "b").by("percent", "c").how
        'percent+base64'
        """
        if self.how == "plain":
            return Reading(text, step)
        return Reading(text, self.how if step in self.how.split("+") else f"{self.how}+{step}")


def decode(content: str) -> list[Reading]:
    """Return the content as written, then with each layer undone, deepest and spoken last."""
    readings = peel(content)
    return [*readings, *numbers_read(readings[-1]), *addresses_read(readings[-1])]


@lru_cache(maxsize=64)  # one content is read for one category after another
def peel(content: str) -> tuple[Reading, ...]:
    """Return the content and its transport layers undone; the last is the most decoded."""
    readings = [Reading(content, "plain")]
    for _ in range(_MAX_LAYERS):
        peeled = _peel_one(readings[-1])
        if peeled is readings[-1]:
            break
        readings.append(peeled)
    return tuple(readings)


def _peel_one(reading: Reading) -> Reading:
    """Undo one layer of each transport encoding; base64 only where nothing else is left."""
    steps = (
        ("percent", "%" in reading.text, undo.unpercent),
        ("escape", "\\" in reading.text, undo.unslash),
        ("entity", "&" in reading.text and ";" in reading.text, undo.unentity),
        ("characters", not reading.text.isascii(), undo.plain_characters),
        ("colour", "[" in reading.text, undo.uncoloured),
    )
    done = reading
    for name, may_apply, undone in steps:
        if may_apply and (text := undone(done.text)) != done.text:
            done = done.by(name, text)
    if done is not reading:
        return done
    text = reading.text
    for pattern, said in BASE64:
        if pattern is not _NAMED_BASE64 or "64" in text or "enc" in text or "ENC" in text:
            text = pattern.sub(said, text)
    return reading.by("base64", text) if text != reading.text else reading


def _unbase64(token: str, written: str) -> str:
    """Return what a token holds, or it as `written` where that is no readable text.

    A value has a digit or an @; what random bytes give rarely has, and is rarely printable.
    """
    if token.isdigit() or token.islower() or token.isupper() or token.count("-") > 2:
        return written
    text = undo.unbase64(token)
    telling = any(character.isdigit() or character == "@" for character in text)
    return text if telling and text.isprintable() else written


def _short_unbase64(match: re.Match[str]) -> str:
    """Return what a short token holds where that is a value and nothing else."""
    return _short_inner(match[1]) or match[0]


@lru_cache(maxsize=16_384)  # logs repeat their tokens
def _short_inner(token: str) -> str:
    if token.isdigit() or token.islower() or token.isupper():
        return ""
    inner = undo.unbase64(token)
    return inner if _VALUE.fullmatch(inner) and sum(map(str.isdigit, inner)) > 5 else ""


BASE64: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], str]], ...] = (
    (_BASE64, lambda match: _unbase64(match[1], match[0])),
    (_NAMED_BASE64, lambda match: match[1] + _unbase64(match[2], match[2])),
    (_SHORT_BASE64, _short_unbase64),
)
"""Where tokens of base64 stand, and what is read in their place; one after the other."""


def skeleton(content: str) -> str:
    """Return the content decoded as far as it goes, each digit as '#'; letters stay."""
    settled = peel(content)[-1]
    *_, last = settled, *numbers_read(settled)
    return "".join("#" if character.isdigit() else character for character in last.text)


@lru_cache(maxsize=64)  # one content is read for one category after another
def numbers_read(settled: Reading) -> tuple[Reading, ...]:
    """Return one reading for each language in which a settled one spells numbers out."""
    return tuple(
        settled.by(f"words_{language}", text) for language, text in spoken_numbers(settled.text)
    )


def addresses_read(settled: Reading) -> Iterator[Reading]:
    """Yield a reading with its at/dot forms as addresses, where a settled one has any."""
    text = spoken_addresses(settled.text)
    if text != settled.text:
        yield settled.by("address", text)


_DOT = (
    r"(?:[\s+]{0,2}[\[({<]\s?(?:dot|punto|point|ponto|点|\.)\s?[\])}>][\s+]{0,2}"
    r"|[ +_\-](?:dot|punto|point|ponto|点)[ +_\-]|点)"
)
_MARK = (
    r"(?:[ +](?:underscore|gui[oó]n bajo|tiret bas|dash|hyphen|gui[oó]n|tiret|plus|m[aá]s)[ +]"
    r"|\s?[\[({](?:underscore|dash|plus|gui[oó]n|tiret|下划线)[\])}]\s?|下划线)"
)
_SIGNS = {
    **dict.fromkeys(("dot", "punto", "point", "ponto", "点", "."), "."),
    **dict.fromkeys(("underscore", "guion bajo", "guión bajo", "tiret bas", "下划线"), "_"),
    **dict.fromkeys(("plus", "mas", "más"), "+"),
}
_QUICK = (
    *(f"{left}{word}" for word in ("at", "dot", "point", "punto", "@") for left in " +_-([{<"),
    *("arroba", "arobase", "艾特", "小老鼠", "圈", "arrobase", "@ ", "点", "(.)", "[.]"),
)
_AT = re.compile(
    r"(?i)(?P<strong>[\s+]{0,2}[\[({<]\s?(?:at|arroba|arr?obase|艾特|@)\s?[\])}>][\s+]{0,2}"
    r"|[ +_\-](?:arroba|arr?obase|艾特)[ +_\-]|[\s+]?(?:艾特|小老鼠|圈a(?=[ +a-z0-9])|圈)[\s+]?)"
    r"|[ +_\-](?:at|@)[ +_\-]| ?@ ?"
)
_APART = (
    r"[ +]\.[ +]|\. (?=(?:com|net|org|edu|gov|co|es|fr|mx|cn|us|ca|uk|de|br|io|ar|cl|it)(?![a-z]))"
)
_LOCAL = re.compile(
    rf"(?i)(?:[a-z0-9_\-]{{1,40}}(?:{_DOT}|{_MARK}|[ +]\.[ +]|[.+]))*[a-z0-9_\-]{{1,40}}$"
)
_DOMAIN = re.compile(
    rf"(?i)[a-z0-9][a-z0-9\-]{{0,40}}(?:(?:{_DOT}|{_MARK}|{_APART}|\.)[a-z0-9\-]{{1,40}}){{1,4}}"
)
_SPELLED = re.compile(rf"(?i){_DOT}|{_MARK}")
_SPACED = re.compile(
    r"(?<![A-Za-z0-9])[A-Za-z0-9][ \-][A-Za-z0-9_.+\-]"
    r"(?:[ \-][A-Za-z0-9_.+@\-](?![A-Za-z0-9])){1,90}+"
)
_SPACED_DOT = re.compile(r"[ +]\.[ +]?|\.[ +]")
_LOST_DOT = re.compile(r"\.[ ]{1,3}\Z")
_ASKED = re.compile(r"(?i)e-?mail|correo|courriel|邮箱|邮件|write|escr[ií]b|[ée]cri")
_LEFT, _RIGHT, _MOST = 90, 120, 100


def spoken_addresses(text: str) -> str:
    """Return `text` with each at/dot form written as an address; at most a hundred are tried.

    A bare "at" counts with a spelled dot behind it, or where the words before ask for an address:
    "look at example.com" is no address.
    """
    folded = undo.fold(text)
    if not any(map(folded.__contains__, _QUICK)):
        return text
    text = _SPACED.sub(lambda run: run[0].replace(" " if " " in run[0] else "-", ""), text)
    pieces: list[str] = []
    done = 0
    for at in islice(_AT.finditer(text), _MOST):
        floor = max(done, at.start() - _LEFT)
        left = text[floor : at.start()]
        local = _LOCAL.search(left)
        domain = _DOMAIN.match(text, at.end(), at.end() + _RIGHT)
        if local and domain and _is_address(at, left, local, domain[0]):
            pieces += (text[done : floor + local.start()], _respelled(local[0]), "@")
            pieces.append(_respelled(domain[0]))
            done = domain.end()
    return "".join(pieces) + text[done:]


def _is_address(at: re.Match[str], left: str, local: re.Match[str], domain: str) -> bool:
    if _LOST_DOT.search(left, 0, local.start()):
        return False  # "jane .  . roe @": two dots, or one too many in front
    if at["strong"] is not None or at[0].strip(" +_") == "@" or _SPELLED.search(domain):
        return True
    before = left[: local.start()]
    return _ASKED.search(before) is not None or _SPELLED.search(local[0]) is not None


def _respelled(part: str) -> str:
    def sign(said: re.Match[str]) -> str:
        return _SIGNS.get(said[0].strip(" +_-[](){}<>").lower(), "-")

    return _SPACED_DOT.sub(".", _SPELLED.sub(sign, part)).replace(" ", "")
