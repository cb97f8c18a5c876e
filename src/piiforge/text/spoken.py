"""Numbers spelled out in words: read back as digits, or only counted.

`spoken_numbers` writes a run of number words as its digits, in place, so that the words around
stay as cues. A run needs four digits; "four one five" reads 415, "four fifteen" 415,
"soixante-douze" 72, "double two" 22, "四一五" 415, "4one5" 415. `atoms` only says where something
stands that may mean digits, and how many at most; `clusters`, `chained`, `groups` and `densest`
which of them stand together.

>>> list(spoken_numbers("tel: two oh two five five five oh one oh oh"))
[('en', 'tel: 2025550100')]
>>> [(atom.text, atom.digits) for atom in atoms("12 - thirty-four, dos")]
[('12', 2), ('thirty', 2), ('four', 1), ('dos', 1)]
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from operator import attrgetter
from typing import NamedTuple

from piiforge import files
from piiforge.text.encodings import fold


@dataclass(frozen=True, slots=True)
class _Word:
    """What one word does in a spoken number; data/number_words.tsv tells the kinds.

    Numbers from `least` to `room` may be added right after it. `text` is its sign or letter.
    """

    kind: str
    value: int = 0
    room: int = 0
    least: int = 1
    text: str = ""


def _words() -> dict[str, dict[str, _Word]]:
    """Return the words of each language with what they do."""
    tables: dict[str, dict[str, _Word]] = {}
    for language, kind, value, room, least, names in files.shipped_tsv(
        "piiforge.text", "data/number_words.tsv"
    ):
        number = int(value) if value.isdigit() else 0
        text = " " if value == "space" else value
        word = _Word(kind, number, int(room), int(least), text)
        tables.setdefault(language, {}).update(dict.fromkeys(names.split(), word))
    return tables


_TABLES = _words()
_LANGUAGES = ("en", "es", "fr")
_AMBIGUOUS = {"o", "oh", "un", "una", "une", "once"}
NUMBER_WORDS = frozenset(
    name
    for language in _LANGUAGES
    for name, word in _TABLES[language].items()
    if word.kind == "number" and name not in _AMBIGUOUS
)
"""Words that mean a number and hardly anything else."""

_NAME = re.compile(r"[a-z]++")
_TOKEN = re.compile(r"[a-z]++|[0-9]++")
_GAP = re.compile(r"[ \t\xa0,.+_\-/;()·]{0,4}")
_AS_IN = re.compile(r"\b([A-Za-z]),? (?:as in|for|like|de|comme|como en|como) [A-Za-zÀ-ÿ]{2,12}\b")
_HAN = {sign: word.text for sign, word in _TABLES["zh"].items()}
_HAN_DIGITS = "".join(sign for sign, said in _HAN.items() if said.isdigit())
_HAN_MARKS = "".join(sign for sign, said in _HAN.items() if not said.isdigit())
_HAN_DIGIT = re.compile(f"[{_HAN_DIGITS}]")
_HAN_RUN = re.compile(
    rf"[{_HAN_DIGITS}0-9](?:[ 、,+.\-]{{0,3}}+[{_HAN_MARKS}]?+[ 、]?+[{_HAN_DIGITS}0-9])*+"
)
_HAN_CLEAN = str.maketrans({**_HAN, "、": "", ",": "", " ": ""})
_OHS = frozenset({"o", "oh"})
_JOINED_ONE = {
    language: re.compile(
        "|".join(
            sorted(
                (
                    name
                    for name, word in _TABLES[language].items()
                    if word.kind in {"number", "hundred", "times"} and name != "o"
                ),
                key=len,
                reverse=True,
            )
        )
    )
    for language in _LANGUAGES
}
_JOINED = {
    language: re.compile(f"(?:{one.pattern}|{'y(?=[a-z])' if language == 'es' else one.pattern})+")
    for language, one in _JOINED_ONE.items()
}
_OPENINGS = frozenset(
    name[:2]
    for language in _LANGUAGES
    for name, word in _TABLES[language].items()
    if word.kind in {"number", "hundred", "times"} and len(name) > 1
)
"""The two letters that a joined number may begin with: few other words need a look."""
_TIED = re.compile(
    r"u(?<![a-z]u)n[ea]?(?=[0-9])|o(?<![a-z]o)(?:h|nce)?(?=[0-9])"
    r"|u(?<=[0-9]u)n[ea]?(?![a-z])|o(?<=[0-9]o)h?(?![a-z])"
    r"|u(?<=[0-9a-z]-u)n[ea]?(?=-[0-9a-z]{2})|o(?<=[0-9a-z]-o)(?:h|nce)(?=-[0-9a-z]{2})"
)
"""Ambiguous words that stand at a digit or between the dashes of a number."""
_SHORTEST_JOINED, _LONGEST_JOINED = 4, 120
_MOST_LETTERS = 3
_COUNTING_ON = frozenset(" \t\n+-_")
_FEWEST = 4
_FEWEST_WORDS = 2
_MIXED = re.compile(r"[0-9][ \-./]{0,3}[a-z]{2,40}|[a-z]{2,40}[ \-./]{0,3}[0-9]")
_MARGIN = 60
_LONG = 14
"""A joined number of so many letters has four digits by itself."""
_NOTHING, _EIGHTY = _Word("link"), _Word("number", 80, 19)


def spoken_numbers(text: str) -> Iterator[tuple[str, str]]:
    """Yield (language, `text` with its numbers in digits) for each language that it spells in."""
    if not text.isascii() and _HAN_DIGIT.search(text):
        read = _HAN_RUN.sub(_read_han, text)
        if read != text:
            text = read
            yield "zh", text
    folded = fold(text)
    some = set(folded.encode("ascii", "replace").translate(_LETTERS).decode().split())
    if any(len(name) <= _LONGEST_JOINED and _may_count(name) for name in some):
        words = _NAME.findall(folded)
        names = [name for name in words if len(name) <= _LONGEST_JOINED and _may_count(name)]
    else:
        names = []
    if any(map(str.isdigit, folded)):
        names += _TIED.findall(folded)
    if not names:
        return
    if len(names) < _FEWEST_WORDS and len(names[0]) < _LONG and not _MIXED.search(folded):
        return
    text = _AS_IN.sub(r"\1", text)
    for language in _LANGUAGES:
        if 2 * sum(bool(_of(name, language)) for name in names) > len(names):
            read = _read(text, names, language)
            if read != text:
                yield language, read


def _read_han(match: re.Match[str]) -> str:
    """Return a run of Chinese digits in ASCII; one that is short and stands alone stays."""
    run = match[0]
    read = run if run.isascii() else run.translate(_HAN_CLEAN)
    if sum(map(str.isdigit, read)) >= _FEWEST or _tied(match):
        return read
    return run


def _tied(match: re.Match[str]) -> bool:
    """Whether a Latin letter or a dash stands right beside a run: a piece of something mixed."""
    text, (start, end) = match.string, match.span()
    beside = text[max(0, start - 1) : start] + text[end : end + 1]
    return any(sign == "-" or (sign.isascii() and sign.isalpha()) for sign in beside)


def _read(text: str, names: list[str], language: str) -> str:
    """Return `text` with each run of number words written in digits."""
    pieces: list[str] = []
    done = 0
    for run in _runs(text, names, language):
        if digits := run.text():
            pieces += (text[done : run.start], digits)
            done = run.end
    return "".join(pieces) + text[done:]


@dataclass(slots=True)
class _Run:
    """The number being read: what is written already, and the last number still open.

    `after` is the word behind which more may be added. `vigesimal`: four before twenty is eighty.
    """

    vigesimal: bool
    start: int = -1
    end: int = -1
    words: int = 0
    out: list[str] = field(default_factory=list)
    open: int = -1
    after: _Word = _NOTHING
    times: int = 1

    def close(self) -> None:
        """Write the open number down."""
        if self.open >= 0:
            self.out.append(str(self.open) * self.times)
            self.times = 1
        self.open, self.after = -1, _NOTHING

    def add(self, word: _Word) -> None:
        """Take one word in."""
        if word.kind == "number":
            self.words += 1
            if self.after.least <= word.value <= self.after.room and self.times == 1:
                self.open += word.value
            elif self.vigesimal and self.open == 4 and word.value == 20:
                self.open, word = 80, _EIGHTY
            else:
                self.close()
                self.open = word.value
            self.after = word
        elif word.kind == "hundred":
            if 0 < self.open < 10:
                self.open *= 100
            else:
                self.close()
                self.open = 100
            self.after = word
        elif word.kind == "times":
            self.close()
            self.times = word.value
        elif word.kind != "link":
            self.close()
            self.out.append(word.text)

    def text(self) -> str:
        """Return the digits, or nothing where the run is too short to be a number."""
        self.close()
        joined = "".join(self.out).rstrip("-. +/")
        enough = self.words and sum(map(str.isdigit, joined)) >= _FEWEST
        return joined if enough else ""


def _runs(text: str, names: list[str], language: str) -> Iterator[_Run]:
    """Yield the runs of number words, digits and marks that stand together."""
    folded, vigesimal = fold(text), language == "fr"
    run = _Run(vigesimal)
    lead: re.Match[str] | None = None
    for match in _TOKEN.finditer(folded, *_span(folded, names)):
        said = _said(text, match, language)
        gap = text[run.end : match.start()]
        if run.start >= 0 and (not said or not _GAP.fullmatch(gap)):
            yield run
            run = _Run(vigesimal)
        if run.start < 0:
            if said and _may_open(said[0], match[0]):
                run.start = match.start()
                if lead is not None and _GAP.fullmatch(text[lead.end() : run.start]):
                    run.start = lead.start()  # an "oh" right before, which alone begins nothing
                    run.out.append("0")
            lead = match if match[0] in _OHS else None
            if run.start < 0:
                continue
        elif said[0].kind == "digits" and "-" in gap:
            run.close()
            run.out.append(gap.strip())
        elif not _COUNTING_ON.issuperset(gap):
            run.close()  # "ninety, three" is 90 3
        for word in said:
            run.add(word)
        run.end = match.end()
    if run.start >= 0:
        yield run


def _span(folded: str, names: list[str]) -> tuple[int, int]:
    """Return where number words stand, with a margin; no word is cut in two."""
    low = max(0, min(map(folded.find, names)) - _MARGIN)
    high = max(folded.rfind(name) + len(name) for name in names) + _MARGIN
    after = folded.find(" ", high)
    return folded.rfind(" ", 0, low) + 1, after if after >= 0 else len(folded)


def _said(text: str, match: re.Match[str], language: str) -> tuple[_Word, ...]:
    """Return what a token says: a word, joined words, digits, or a single capital as a letter."""
    token = match[0]
    if token[0].isdigit():
        return (_Word("digits", text=token),)
    if len(token) == 1 and text[match.start()].isupper() and token != "o":
        return (_Word("letter", text=token.upper()),)
    said = _of(token, language)
    if said or len(token) > _MOST_LETTERS:
        return said
    return (_Word("letter", text=token.upper()),) if _tied_capitals(text, match) else ()


def _tied_capitals(text: str, match: re.Match[str]) -> bool:
    """Whether a short token is in capitals and has a digit or a dash right beside it."""
    start, end = match.span()
    if not text[start:end].isupper():
        return False
    beside = text[max(0, start - 1) : start] + text[end : end + 1]
    return "-" in beside or any(map(str.isdigit, beside))


def _of(token: str, language: str) -> tuple[_Word, ...]:
    """Return what a token says in a language: a word, or the numbers that it joins."""
    word = _TABLES[language].get(token)
    if word is not None:
        return (word,)
    if _SHORTEST_JOINED < len(token) <= _LONGEST_JOINED and token[:2] in _OPENINGS:
        return _joined(token, language)
    return ()


@lru_cache(maxsize=4096)
def _joined(token: str, language: str) -> tuple[_Word, ...]:
    """Return the numbers of a token that is made of nothing else: "onenine", "cincouno"."""
    if not _JOINED[language].fullmatch(token):
        return ()
    names = _JOINED_ONE[language].findall(token)
    return tuple(_TABLES[language][name] for name in names) if len(names) > 1 else ()


@lru_cache(maxsize=16_384)
def _may_count(name: str) -> bool:
    """Whether a word means a number, or joins some, and hardly means anything else."""
    if name in NUMBER_WORDS:
        return True
    if len(name) <= _SHORTEST_JOINED or name[:2] not in _OPENINGS:
        return False
    return any(_joined(name, language) for language in _LANGUAGES)


def _may_open(word: _Word, token: str) -> bool:
    """Whether a run may begin here: "o", "oh", links and separators only stand inside."""
    if word.text == "+" or word.kind in {"times", "digits", "letter"}:
        return True
    return word.kind == "number" and token not in _OHS


class Atom(NamedTuple):
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


_START = attrgetter("start")
_DIGITS = re.compile("[0-9]+")
_MOST = {name: word.value for name, word in _TABLES["any"].items()}
_ATOM = re.compile("|".join(sorted(_MOST, key=len, reverse=True)))
_LONGEST_KEPT = 48  # letters of a word of which is remembered what stands in it
_FEW = 8  # words that are sought one by one
_LETTERS = bytes(sign if 96 < sign < 123 else 32 for sign in range(256))
_HAN_ATOM = re.compile(f"[{''.join(_TABLES['han'])}]")


def atoms(text: str, *, spoken: bool = True) -> list[Atom]:
    """Return whatever may stand for a digit in a flattened text, in its order.

    A run of digits is one atom of its length. A number word of English, Spanish, French or Chinese
    is one too, also where it is joined with others or with digits ("sevenone", "seis4cuatro"), not
    where it is a piece of another word ("phone"): nobody reads that. It counts for at least as many
    digits as it can mean ("seventy" and "seventeen" two, "thousand" three), so a count is never too
    low. `spoken` False says that no number word stands in it.

    >>> [atom.text for atom in atoms("seis4cuatro sevenone phone")]
    ['seis', '4', 'cuatro', 'seven', 'one']
    """
    found = [Atom(run.start(), run[0], len(run[0])) for run in _DIGITS.finditer(text)]
    if spoken:
        found += _spoken_in(text)
        found.sort(key=_START)
    return found


def groups(text: str, gap: int, fewest: int) -> list[int]:
    """Return how many digits each group of atoms means that are not all digits, if `fewest`.

    In a group no more than `gap` characters are between neighbours.

    >>> groups("ten_id 12345", 5, 6), groups("ten_id 12345", 3, 6), groups("content 12345", 5, 6)
    ([7], [], [])
    """
    said = [(start, start + len(word), most, True) for start, word, most in _spoken_in(text)]
    if sum([most for _, _, most, _ in said]) < fewest and not any(
        _DIGITS.search(text, max(0, start - gap - 1), start)
        or _DIGITS.search(text, end, end + gap + 1)
        for start, end, _, _ in said
    ):
        return []
    runs = (run.span() for run in _DIGITS.finditer(text))
    found: list[int] = []
    total, spoken, before = 0, False, 0
    for start, end, digits, is_word in sorted([*said, *((a, b, b - a, False) for a, b in runs)]):
        if start - before > gap:
            found += [total] * spoken
            total, spoken = 0, False
        total, spoken, before = total + digits, spoken or is_word, end
    return [digits for digits in (*found, total * spoken) if digits >= fewest]


def _spoken_in(text: str) -> list[Atom]:
    """Return the number words of a flattened text, in any order."""
    letters = text.encode("ascii", "replace").translate(_LETTERS).decode().split()
    words = [word for word in set(letters) if len(word) > _LONGEST_KEPT or _inner(word)]
    if len(words) > _FEW:
        places = ((name[0], name.start()) for name in _NAME.finditer(text))
    else:
        places = ((word, at) for word in words for at in _places(text, word))
    found = [
        Atom(at + start, said, most)
        for word, at in places
        for start, said, most in (_inner(word) if len(word) <= _LONGEST_KEPT else _inner_of(word))
        if word != "o" or not _beside_digit(text, at)
    ]
    if not text.isascii():
        found += [Atom(sign.start(), sign[0], 1) for sign in _HAN_ATOM.finditer(text)]
    return found


def _places(text: str, word: str) -> Iterator[int]:
    """Yield where a word stands that is no piece of a longer one."""
    at = text.find(word)
    while at >= 0:
        end = at + len(word)
        if not ("a" <= text[at - 1 : at] <= "z" or "a" <= text[end : end + 1] <= "z"):
            yield at
        at = text.find(word, end)


def _inner_of(word: str) -> tuple[Atom, ...]:
    """Return the number words that a word is made of; none of one that says anything else."""
    if word == "o":
        return (Atom(0, word, 1),)
    if not is_spelled(word):
        return ()
    return tuple(Atom(one.start(), one[0], _MOST[one[0]]) for one in _ATOM.finditer(word))


_inner = lru_cache(maxsize=16_384)(_inner_of)  # logs repeat their words


def _beside_digit(text: str, at: int) -> bool:
    """Whether a digit stands right before or behind a letter."""
    return any("0" <= each <= "9" for each in (text[at - 1 : at], text[at + 1 : at + 2]))


CUT = "\x1f"
"""Stands for what was cut out of a text: no number reaches across."""
_CLUSTER_GAP = 10  # characters between two atoms of a cluster
_SIGN_WORDS = "dash|hyphen|guion|tiret|plus|mas|and|y|et|杠|横|加|至|x|转|ext|-"
_BETWEEN = re.compile(rf"[\W_]*(?:(?:{_SIGN_WORDS})[\W_]*)?")
_COUNTS = {  # words that mean a number in a language, or say how often
    name
    for language in _LANGUAGES
    for name, word in _TABLES[language].items()
    if word.kind in {"number", "hundred", "times"}
}
_SPELLED = re.compile(
    f"(?:{'|'.join(sorted({*_COUNTS, *_MOST}, key=len, reverse=True))}|o|{_SIGN_WORDS})+"
)
# Digits with no more between neighbours than joins a cluster
_CHAIN = re.compile(
    f"[0-9]++(?:[^0-9a-z{CUT}]{{0,10}}(?:(?:{_SIGN_WORDS})[^0-9a-z{CUT}]{{0,9}})?[0-9]++)*+"
)


def is_spelled(word: str) -> bool:
    """Say whether a word of any length that is read is made of number words and words for signs.

    >>> is_spelled("twentyone"), is_spelled("phone")
    (True, False)
    """
    return len(word) <= _LONGEST_JOINED and _SPELLED.fullmatch(word) is not None


class Cluster(NamedTuple):
    """Atoms with nothing between neighbours but a few signs or a word for a sign ("dash", "y").

    `digits` is the most that they can mean, `words` how many are words.
    """

    atoms: Sequence[Atom]
    digits: int
    words: int

    @property
    def runs(self) -> list[str]:
        """The digits of those that are no words."""
        return [atom.text for atom in self.atoms if not atom.is_word]


def clusters(text: str, found: Iterable[Atom]) -> list[Cluster]:
    """Return the atoms of `text` by cluster."""
    joined: list[list[Atom]] = []
    end = -1
    for atom in found:
        start, said, _ = atom
        if end >= 0 and start - end <= _CLUSTER_GAP and _joins(text[end:start]):
            joined[-1].append(atom)
        else:
            joined.append([atom])
        end = start + len(said)
    return [
        Cluster(group, sum([most for _, _, most in group]), sum([each.is_word for each in group]))
        for group in joined
    ]


@lru_cache(maxsize=4096)
def _joins(between: str) -> bool:
    return CUT not in between and _BETWEEN.fullmatch(between) is not None


def chained(text: str, fewest: int) -> Iterator[list[str]]:
    """Yield the runs of digits of each chain of `fewest` digits or more: a quick look.

    A cluster without number words stands in one chain; a chain may hold more than one.

    >>> list(chained("id 12-34 b 5, 678 dash 90", 4))
    [['12', '34'], ['5', '678', '90']]
    """
    for chain in _CHAIN.finditer(text):
        start, end = chain.span()
        if end - start >= fewest:
            runs = _DIGITS.findall(text, start, end)
            if sum(map(len, runs)) >= fewest:
                yield runs


def densest(found: Sequence[Atom], width: int) -> int:
    """Return the most digits that the atoms of any stretch of `width` characters can mean."""
    best = total = first = 0
    left = found[0].start if found else 0
    for start, _, digits in found:
        total += digits
        while start - left > width:
            total -= found[first].digits
            first += 1
            left = found[first].start
        if total > best:
            best = total
    return best
