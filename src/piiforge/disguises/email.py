"""E-mail addresses as people write them to be read by people: at and dot, brackets, spaces.

What is read back is the address in lower case. Words stand between the segments of an address, so
every second token is a sign; an address whose signs touch each other ("a.-b@") is not written so.

>>> _listener(_SIGNS["en"])("Jane underscore doe AT example DOT com")
'jane_doe@example.com'
>>> hear_parenthesised("jane [at] example [dot] com")
'jane@example.com'
>>> hear_chinese("jane艾特example点com")
'jane@example.com'
"""

import re
from collections.abc import Callable, Mapping
from random import Random
from typing import cast

from piiforge import files
from piiforge.disguises.separators import of_text
from piiforge.rng import pick
from piiforge.types import Disguise

Signs = Mapping[str, list[str]]  # the words for each sign of an address
Style = tuple[dict[int, str], dict[int, str], str]  # every sign, the dot alone, the at

_SIGNS = cast("dict[str, Signs]", files.shipped_yaml("piiforge.disguises", "data/signs.yaml"))

_ADDRESS = re.compile(r"[^\s@._+()\[\]{}-]+(?:(?:--?|[@._+])[^\s@._+()\[\]{}-]+)*")
_SECOND_WORD = re.compile(r"\b(?:bajo|bas)\b", re.IGNORECASE)
_AT_SEGMENT = re.compile(r"(?:^|[@._+-])(?:at|dot)(?=[@._+-]|$)", re.IGNORECASE)
_BRACKETED = re.compile(r"\s*[(\[{]\s*(at|dot)\s*[)\]}]\s*")
_UNDERSCORED = re.compile(r"[_-](at|dot)[_-]")
_SIGN_OF = {"at": "@", "dot": "."}
_BRACKETS = (("(", ")"), ("(", ")"), ("[", "]"), ("{", "}"))
_CASES: tuple[Callable[[str], str], ...] = (str.lower, str.lower, str.lower, str.upper)
_CHINESE = _SIGNS["zh"]
_SIGN_OF_CHINESE = {word: sign for sign, words in _CHINESE.items() for word in words}
_CHINESE_SIGN = re.compile(rf"\s*({'|'.join(_SIGN_OF_CHINESE)})\s*")
_AROUND = re.compile("([@.])")
_SPACE = re.compile(r"\s+")


def _speaker(signs: Signs) -> Callable[[str, Random], str]:
    """Return a writer that says the @ and the dots, and often the other signs."""
    styles = tuple(_style(signs, turn, case) for turn in (0, 1) for case in _CASES)

    def write(text: str, rng: Random) -> str:
        user, _, domain = text.partition("@")
        every, dots, at = pick(styles, rng)
        if rng.random() < 0.4:
            return _cased(user + at + domain.translate(dots), rng)
        if "--" in text:
            every = {code: words for code, words in every.items() if code != ord("-")}
        return _cased(text.translate(every), rng)

    return write


def _style(signs: Signs, turn: int, case: Callable[[str], str]) -> Style:
    said = {ord(sign): f" {case(words[turn % len(words)])} " for sign, words in signs.items()}
    return said, {ord("."): said[ord(".")]}, said[ord("@")]


def _listener(signs: Signs) -> Callable[[str], str]:
    """Return a reader of what `_speaker` wrote: every second token is a sign."""
    sign_of = {word.replace(" ", "\0"): sign for sign, words in signs.items() for word in words}
    double = {
        word: word.replace(" ", "\0") for words in signs.values() for word in words if " " in word
    }

    def hear(text: str) -> str:
        lowered = text.lower()
        for word, joined in double.items():
            lowered = lowered.replace(f" {word} ", f" {joined} ")
        tokens = lowered.split()
        return "".join(
            [sign_of.get(token, token) if at % 2 else token for at, token in enumerate(tokens)]
        )

    return hear


def write_chinese(text: str, rng: Random) -> str:
    """Say the @ and the dots of an address in Chinese; "at" stays English at times."""
    user, _, domain = text.partition("@")
    space = " " if rng.random() < 0.3 else ""
    at, dot = f"{space}{pick(_CHINESE['@'], rng)}{space}", f"{space}点{space}"
    style = rng.random()
    if style < 0.25:
        # No spaces around the dot here: " at " alone must tell the sign from a segment.
        return f"{user} at {domain.replace('.', '点')}"
    if style < 0.5:
        return user + at + domain.replace(".", dot)
    said = {ord(sign): f"{space}{pick(words, rng)}{space}" for sign, words in _CHINESE.items()}
    return text.translate(said | {ord("@"): at, ord("."): dot})


def hear_chinese(text: str) -> str:
    """Read an address said in Chinese."""
    lowered = _CHINESE_SIGN.sub(lambda found: _SIGN_OF_CHINESE[found[1]], text.lower())
    return lowered if "@" in lowered else lowered.replace(" at ", "@")


def write_parenthesised(text: str, rng: Random) -> str:
    """Write (at) and (dot), in brackets, braces or between underscores or hyphens."""
    style = rng.random()
    at, dot = ("AT", "DOT") if style < 0.25 else ("at", "dot")
    if rng.random() < 0.25 and _AT_SEGMENT.search(text) is None:
        around = pick("__-", rng)
        at, dot = f"{around}{at}{around}", f"{around}{dot}{around}"
    else:
        left, right = pick(_BRACKETS, rng)
        space = " " if rng.random() < 0.65 else ""
        at, dot = f"{space}{left}{at}{right}{space}", f"{space}{left}{dot}{right}{space}"
    user, _, domain = text.partition("@")
    reach = rng.random()
    if reach < 0.3:
        return user + at + domain
    user = user.replace(".", dot) if reach < 0.55 else user
    return user + at + domain.replace(".", dot)


def hear_parenthesised(text: str) -> str:
    """Read what `write_parenthesised` wrote."""
    lowered = text.lower()
    signs = _BRACKETED if _BRACKETED.search(lowered) else _UNDERSCORED
    return signs.sub(lambda found: _SIGN_OF[found[1]], lowered)


def write_spaced(text: str, rng: Random) -> str:
    """Put spaces between all characters of an address, or around its @ and dots."""
    style = rng.random()
    if style < 0.35:
        return " ".join(text)
    if style < 0.7:
        return _AROUND.sub(r" \1 ", text)
    return text.replace("@", pick((" @ ", " @", "@ "), rng))


def hear_spaced(text: str) -> str:
    """Drop all spaces."""
    return _SPACE.sub("", text).lower()


def _cased(text: str, rng: Random) -> str:
    style = rng.random()
    if style < 0.8:
        return text
    return text.upper() if style < 0.86 else text[0].upper() + text[1:]


def _is_address(text: str) -> bool:
    return text.isascii() and text.count("@") == 1 and _ADDRESS.fullmatch(text) is not None


def _is_sayable(text: str) -> bool:
    return _is_address(text) and _SECOND_WORD.search(text) is None


def _is_one_word(text: str) -> bool:
    return text.count("@") == 1 and len(text) > 2 and _SPACE.search(text) is None


def _form(
    name: str,
    write: Callable[[str, Random], str],
    read: Callable[[str], str],
    fits: Callable[[str], bool],
    language: str = "",
) -> Disguise:
    group = "email_at_dot" if language in ("", "en") else "email_at_dot_other"
    return of_text(name, group, write, read, fits, language=language)


def _said(language: str, fits: Callable[[str], bool]) -> Disguise:
    signs = _SIGNS[language]
    return _form(f"at_dot_{language}", _speaker(signs), _listener(signs), fits, language)


ALL = (
    _said("en", _is_address),
    _form("at_dot_parenthesised", write_parenthesised, hear_parenthesised, _is_address),
    _form("spaced_out", write_spaced, hear_spaced, _is_one_word),
    _said("es", _is_sayable),
    _said("fr", _is_sayable),
    _form("at_dot_zh", write_chinese, hear_chinese, _is_address, "zh"),
)
