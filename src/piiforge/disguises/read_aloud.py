"""How one group of a number is read aloud: by digit, with repeats, or by pair and hundred.

>>> from piiforge.disguises.number_words import EN
>>> digit_reader(EN)("415"), repeat_reader(EN, "oh")("4500")
(['four', 'one', 'five'], ['four', 'five', 'double oh'])
>>> pair_reader(EN, "oh", hundreds=True)("2305"), pair_reader(EN, hundreds=True)("400")
([('23', 'twenty-three'), ('0', 'oh'), ('5', 'five')], [('400', 'four hundred')])
"""

import re
from collections.abc import Callable
from dataclasses import replace

from piiforge.disguises.number_words import Tongue

Reading = tuple[str, str]  # digits and the words for them
ReadDigits = Callable[[str], list[str]]
ReadPairs = Callable[[str], list[Reading]]

_REPEATED = re.compile("|".join([f"{digit}{{2,3}}" for digit in range(10)]) + "|.")


def _singles(tongue: Tongue, zero: str = "", letters: str = "{letter}") -> dict[str, str]:
    """Return what is said for every digit, letter and the plus; `letters` is a format."""
    said = {str(digit): word for digit, word in enumerate(tongue.digits)}
    said |= {"0": zero or tongue.digits[0], "+": tongue.plus}
    for name, letter in zip(tongue.names, "ABCDEFGHIJKLMNOPQRSTUVWXYZ", strict=True):
        words = letters.format(letter=letter, clause=tongue.clause, name=name)
        said[letter] = said[letter.lower()] = words
    return said


def digit_reader(tongue: Tongue, letters: str = "{letter}") -> ReadDigits:
    """Return a reader that says one digit after the other."""
    said = _singles(tongue, letters=letters)

    def read(group: str) -> list[str]:
        return [said[char] for char in group]

    return read


def repeat_reader(tongue: Tongue, zero: str, letters: str = "{letter}") -> ReadDigits:
    """Return a reader that says "double five" and "triple oh" for runs of a digit."""
    said = _singles(tongue, zero, letters)
    times = {count: word for word, count in tongue.repeats.items()}
    said |= {
        str(digit) * count: f"{word} {said[str(digit)]}"
        for digit in range(10)
        for count, word in times.items()
    }

    def read(group: str) -> list[str]:
        return [said[run] for run in _REPEATED.findall(group)]

    return read


def pair_reader(tongue: Tongue, zero: str = "", *, hundreds: bool = False) -> ReadPairs:
    """Return a reader that says two digits at a time, an odd one first.

    With `hundreds` it says "four hundred", "twelve hundred" and "two thousand" where a whole
    group reads so. A group with letters is said one by one.
    """
    said = {char: (char, words) for char, words in _singles(tongue, zero).items()}
    pairs = {f"{at:02d}": [said[char] for char in f"{at:02d}"] for at in range(100)}
    pairs |= {digits: [(digits, words)] for digits, words in tongue.pairs.items()}

    def read(group: str) -> list[Reading]:
        if not group.isdigit():
            return [said[char] for char in group]
        if hundreds and group[-2:] == "00" and (head := _head_of_round(group)):
            word = "thousand" if len(group) - len(head) == 3 else "hundred"
            words = tongue.pairs.get(head) or said[head][1]
            return [(group, f"{words} {word}")]
        odd = len(group) % 2
        readings = [said[group[0]]] if odd else []
        for at in range(odd, len(group), 2):
            readings += pairs[group[at : at + 2]]
        return readings

    return read


def _head_of_round(group: str) -> str:
    """Return what stands before the hundreds or thousands of a group that reads so, else ""."""
    if group[0] == "0" or len(group) not in (3, 4):
        return ""
    if len(group) == 4 and group.endswith("000"):
        return group[0]
    return group[:-2] if group.endswith("00") and group[-3] != "0" else ""


def loose(tongue: Tongue) -> Tongue:
    """Return the tongue as careless people write it: no hyphens in numbers."""
    return replace(tongue, pairs={two: say.replace("-", " ") for two, say in tongue.pairs.items()})
