"""Numbers of which some digits are words and some are digits: "four15-five5five-0100".

People write so to get past filters, and speech recognisers write so by themselves. Either whole
groups are words or single digits are. Letters of a value are kept apart from the words.

>>> from piiforge.types import Part
>>> WORDS_MIXED_EN.undo((Part("four15-5five5-zero1zerozero"),))
'4155550100'
>>> WORDS_MIXED_ZH.undo((Part("4一5-五55-0一〇0"),))
'4155550100'
"""

import re
from collections.abc import Callable, Mapping, Sequence
from random import Random

from piiforge.disguises.listen import digit_sayings, hear_chinese, mixed_listener
from piiforge.disguises.number_words import EN, ES, FR, ZH_PHONE, ZH_PLAIN, Tongue
from piiforge.disguises.surface import (
    DIGIT,
    from_text,
    groups,
    if_text,
    is_spellable,
    on_text,
    pick,
)
from piiforge.types import Disguise

_GAPS = ("-", "-", " ", " ", ".", "", ", ", " - ")
_GLUES = ("", "", "", " ", "-")
_LETTERS = re.compile("[A-Za-z]+")

# What parts two neighbours, each a digit, a word or a letter; letters never touch words.
_BETWEEN: Mapping[str, Mapping[str, str]] = {
    glue: {
        **dict.fromkeys(("d", "w", "l", "dd", "dl", "ld"), ""),
        **dict.fromkeys(("ww", "wd", "dw"), glue),
        **dict.fromkeys(("lw", "wl"), glue or "-"),
        "ll": "-" if glue == "-" else "",
    }
    for glue in _GLUES
}

Words = Mapping[str, str]  # the word for each digit


def _writer(tables: Sequence[Words], own: re.Pattern[str]) -> Callable[[str, Random], str]:
    """Return a writer. Letters of the value that `own` matches whole are written one by one."""

    def write(text: str, rng: Random) -> str:
        found = groups(text)
        gap, glue = pick(rng, _GAPS), pick(rng, _GLUES)
        letters = _LETTERS.findall(text)
        if letters:
            gap = gap or "-"
            glue = "-" if any(own.fullmatch(run.lower()) for run in letters) else glue
        return _blend(found, _choose(found, rng), pick(rng, tables), (gap, glue))

    return write


def _choose(found: list[str], rng: Random) -> int:
    """Return a bit for each digit, the lowest for the first: set where it becomes a word.

    One bit at least is set and one is not, if there are two.
    """
    total = len(DIGIT.findall("".join(found)))
    every = (1 << total) - 1
    bits = rng.getrandbits(total) if rng.random() < 0.5 else _choose_groups(found, rng)
    if bits in (0, every):
        bits ^= 1 << int(rng.random() * total)
    return bits if total > 1 else 1


def _choose_groups(found: list[str], rng: Random) -> int:
    """Return the bits of a choice of whole groups."""
    bits = at = 0
    for group in found:
        count = len(DIGIT.findall(group))
        if rng.random() < 0.5:
            bits |= ((1 << count) - 1) << at
        at += count
    return bits


def _blend(found: list[str], chosen: int, words: Words, parting: tuple[str, str]) -> str:
    """Write the groups; `parting` is what stands between groups and between characters."""
    gap, glue = parting
    between = _BETWEEN[glue]
    written: list[str] = []
    before = ""
    for group in found:
        if written and gap:
            written.append(gap)
            before = ""
        for char in group:
            if char in words:
                kind = "w" if chosen & 1 else "d"
                chosen >>= 1
            elif char == "+":
                kind = "d"
            else:
                kind = "l"
            written.append(between[before + kind])
            written.append(words[char] if kind == "w" else char)
            before = kind
    return "".join(written)


def _tables(tongue: Tongue, *more: tuple[str, ...]) -> tuple[Words, ...]:
    """Return the words of the digits: in lower case, mostly, in upper case and capitalised."""
    tables = []
    for digits in (tongue.digits, *more):
        lower = dict(zip("0123456789", digits, strict=True))
        upper = {digit: word.upper() for digit, word in lower.items()}
        title = {digit: word.title() for digit, word in lower.items()}
        tables += [lower] * 4 + [upper, title]
    return tuple(tables)


def _own(tongue: Tongue) -> re.Pattern[str]:
    """Return a pattern of the runs of letters that would be heard as digits (SIX, TWOONE)."""
    return re.compile(f"(?:{'|'.join(digit_sayings(tongue))})+")


def write_chinese(text: str, rng: Random) -> str:
    """Write some digits of `text` as Chinese numerals."""
    found = groups(text)
    words = pick(rng, _ZH_TABLES)
    return _blend(found, _choose(found, rng), words, (pick(rng, _GAPS), ""))


_ZH_TABLES: tuple[Words, ...] = tuple(
    dict(zip("0123456789", ten, strict=True)) for ten in ZH_PLAIN + ZH_PHONE
)


def _mixed(
    name: str, language: str, write: Callable[[str, Random], str], read: Callable[[str], str]
) -> Disguise:
    return Disguise(
        name,
        "mixed",
        on_text(write),
        from_text(read),
        if_text(is_spellable),
        language=language,
        drops_form=True,
    )


def _of_tongue(tongue: Tongue, *more: tuple[str, ...]) -> Disguise:
    write = _writer(_tables(tongue, *more), _own(tongue))
    language = tongue.language
    return _mixed(f"words_mixed_{language}", language, write, mixed_listener(tongue))


WORDS_MIXED_EN = _of_tongue(EN, ("oh", *EN.digits[1:]))
WORDS_MIXED_ES = _of_tongue(ES)
WORDS_MIXED_FR = _of_tongue(FR, ("zero", *FR.digits[1:]))
WORDS_MIXED_ZH = _mixed("words_mixed_zh", "zh", write_chinese, hear_chinese)
ALL = (WORDS_MIXED_EN, WORDS_MIXED_ES, WORDS_MIXED_FR, WORDS_MIXED_ZH)
