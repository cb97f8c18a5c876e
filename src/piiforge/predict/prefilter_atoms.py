r"""Atoms: whatever may stand for a digit, and the clusters that atoms form.

A run of digits is one atom of its length. A number word of English, Spanish, French or Chinese is
one too, wherever it stands, inside other words as well ("seis4cuatro"); it counts for at least as
many digits as it can mean ("seventy" and "seventeen" two, "thousand" three), so a count is never
too low. A cluster is a stretch of atoms with nothing between neighbours but a few signs or a word
for a sign ("dash", "y").

>>> [(atom.text, atom.digits) for atom in atoms("12 - thirty-four, dos")]
[('12', 2), ('thirty', 2), ('four', 1), ('dos', 1)]
>>> [cluster.digits for cluster in clusters("id 12-34 b 5", atoms("id 12-34 b 5"))]
[4, 1]
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from operator import attrgetter

_GAP = 10  # characters between two atoms of a cluster
_ONE = (
    "zero|one|two|three|four|five|six|seven|eight|nine|double|oh|o(?<![a-z0-9]o)(?![a-z0-9])",
    "cero|uno|dos|tres|cuatro|cinco|seis|siete|ocho|nueve|doble|veinti|una|une|un",
    "deux|trois|quatre|cinq|sept|huit|neuf",
)
_TWO = (
    "thirteen|thirty|fourteen|forty|fourty|fifteen|fifty|sixteen|sixty|seventeen|seventy|eighteen|eighty",
    "nineteen|ninety|twenty|ten|eleven|twelve|hundred|triple",
    "diez|once|doce|trece|catorce|quince|dieci|veinte|treinta|cuarenta|cincuenta|sesenta|setenta",
    "ochenta|noventa|cientos|ciento|cien",
    "dix|onze|douze|treize|quatorze|quinze|seize|vingts|vingt|trente|quarante|cinquante|soixante",
    "septante|huitante|octante|nonante|cents|cent",
)
_THREE = ("thousand|mille|mil",)
_RUN = re.compile("[0-9]+")
# Every alternative begins with a letter as it is: the expression then skips to where one stands.
_WORD = re.compile("|".join((*_THREE, *_TWO, *_ONE)))
_HAN = re.compile("[零〇一二两兩三四五六七八九十百幺壹贰貳弍参參叁叄肆伍陆陸柒捌玖]")
_DIGITS = dict.fromkeys("|".join(_THREE).split("|"), 3) | dict.fromkeys(
    "|".join(_TWO).split("|"), 2
)
_SIGN_WORDS = "dash|hyphen|guion|tiret|plus|mas|and|y|et|杠|横|加|至|x|转|ext|-"
_BETWEEN = re.compile(rf"[\W_]*(?:(?:{_SIGN_WORDS})[\W_]*)?")
_CUT = "\x1f"
_START = attrgetter("start")


@dataclass(frozen=True, slots=True)
class Atom:
    """A run of digits or a number word at `start`; `digits` is the most that it can mean."""

    start: int
    text: str
    digits: int

    @property
    def end(self) -> int:
        """Where it ends."""
        return self.start + len(self.text)

    @property
    def is_word(self) -> bool:
        """Say whether it is a word and no run of digits."""
        return not self.text.isdecimal()


@dataclass(frozen=True, slots=True)
class Cluster:
    """Atoms that stand close together: the most digits they can mean, how many are words."""

    atoms: tuple[Atom, ...]
    digits: int
    words: int


def atoms(text: str) -> list[Atom]:
    """Return the atoms of a folded text in their order."""
    found = [Atom(run.start(), run[0], len(run[0])) for run in _RUN.finditer(text)]
    found += [Atom(word.start(), word[0], _DIGITS.get(word[0], 1)) for word in _WORD.finditer(text)]
    if not text.isascii():
        found += [Atom(sign.start(), sign[0], 1) for sign in _HAN.finditer(text)]
    return sorted(found, key=_START)


def clusters(text: str, found: Sequence[Atom]) -> list[Cluster]:
    """Return the atoms of `text` by cluster."""
    return [
        Cluster(
            tuple(group),
            sum(atom.digits for atom in group),
            sum(atom.is_word for atom in group),
        )
        for group in _grouped(text, found)
    ]


def densest(found: Sequence[Atom], width: int) -> int:
    """Return the most digits that the atoms of any stretch of `width` characters can mean."""
    best = total = first = 0
    for atom in found:
        total += atom.digits
        while atom.start - found[first].start > width:
            total -= found[first].digits
            first += 1
        best = max(best, total)
    return best


def _grouped(text: str, found: Sequence[Atom]) -> Iterator[list[Atom]]:
    group: list[Atom] = []
    for atom in found:
        if group and not _joined(text, group[-1].end, atom.start):
            yield group
            group = []
        group.append(atom)
    if group:
        yield group


def _joined(text: str, start: int, end: int) -> bool:
    if end - start > _GAP:
        return False
    between = text[start:end]
    return _CUT not in between and _BETWEEN.fullmatch(between) is not None
