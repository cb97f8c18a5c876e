"""The second pass: proves that no five characters in a row of any value are left in a seed.

Every value that was seen in the run is broken into its runs of five, as written and as key
(without separators), in lower case: those of refused and of double texts too, and the names, tokens
and numbers that became slots. A seed is refused if its text, cue words, shape or source holds one;
slots are no text. A run that lies wholly inside one word of our vocabulary is no trace: the
vocabulary was written before any file was read, so that "phone" or "support" in a seed says
nothing about an address that holds the same word. Neither is the host that stands for every
host, since it comes from us.

>>> trace = Traces()
>>> trace.add("Zqxjkv@example.com")
>>> trace.left_in("write to zqxjk now"), trace.left_in("an example number")
(True, False)
"""

import re
from collections.abc import Iterator

from piiforge.reader import decode
from piiforge.seeds.records import BRACED, Seed
from piiforge.seeds.slots import EXAMPLE_HOST
from piiforge.seeds.words import known

RUN = 5
_WORD = re.compile(r"[^\W\d_]+")
_NUMBER = re.compile(r"[0-9]+(?:[ \-./()+:_,·–]{1,3}[0-9]+)*")
_PIECE = re.compile(r"[^\W_]+")
_ADDRESS = re.compile(r"[\w.+\-']{0,64}@[\w.\-]{1,253}")
_DATE = re.compile(
    r"(?<![0-9])(?:[0-9]{4}[\-/][0-9]{2}[\-/][0-9]{2}|[0-9]{2}:[0-9]{2}:[0-9]{2})(?![0-9])"
)
_OURS = re.compile(rf"{re.escape(EXAMPLE_HOST)}|[^\W\d_]+")
_MOST_READ = 20_000


class Traces:
    """The runs of five of every value seen so far."""

    def __init__(self) -> None:
        self._runs: set[str] = set()

    def add(self, value: str) -> None:
        """Remember a value, as written and without its separators."""
        folded = value.casefold()
        self._runs.update(_runs(folded))
        self._runs.update(_runs("".join(filter(str.isalnum, folded))))

    def add_words(self, taken: str) -> None:
        """Remember what became a slot without being a value: each of its words that isn't ours."""
        for word in _PIECE.findall(taken):
            if not known(word):
                self.add(word)

    def left_in(self, text: str) -> bool:
        """Whether a run of some value is left in `text`, outside slots and words of ours."""
        return any(map(self._left, BRACED.split(text)[::2]))

    def left_in_seed(self, seed: Seed) -> bool:
        """Whether a run of some value is left in any part of a seed."""
        parts = (seed.text, " ".join(seed.cue_words), seed.shape, seed.source)
        return any(map(self.left_in, parts))

    def _left(self, text: str) -> bool:
        spans = [match.span() for match in _OURS.finditer(text) if _is_ours(match[0])]
        folded = text.casefold()
        if self._hits(folded, spans if len(folded) == len(text) else []):
            return True
        digits = _squeezed(folded)
        return any(run in self._runs for piece in digits for run in _runs(piece))

    def _hits(self, text: str, exempt: list[tuple[int, int]]) -> bool:
        at = 0
        for start in range(len(text) - RUN + 1):
            if text[start : start + RUN] not in self._runs:
                continue
            while at < len(exempt) and exempt[at][1] < start + RUN:
                at += 1
            if at == len(exempt) or start < exempt[at][0]:
                return True
        return False


def traces_in(text: str) -> Iterator[str]:
    """Yield whatever in a text may be somebody's, whether or not the knife found it.

    In every reading of it (what is spelled out counts as the digits it says): numbers, words that
    no vocabulary has, and what stands around an @. Days and hours are none: only their form is
    kept. Of a text over 20,000 characters, which gives no seed, only the beginning is looked at.
    Chinese words are none: a name is two or three characters, too short for a run, and the knife
    lets none through.
    """
    for reading in decode(text[:_MOST_READ]):
        bare = _DATE.sub(" ", reading.text)
        yield from (match[0] for match in _NUMBER.finditer(bare) if len(match[0]) >= RUN)
        yield from (word for word in _WORD.findall(bare) if _is_strange(word))
        yield from _ADDRESS.findall(bare)


def _is_ours(word: str) -> bool:
    return word == EXAMPLE_HOST or known(word)


def _is_strange(word: str) -> bool:
    return len(word) >= RUN and word[0] < "\u2e80" and not known(word)


def _runs(text: str) -> Iterator[str]:
    return (text[start : start + RUN] for start in range(len(text) - RUN + 1))


def _squeezed(text: str) -> list[str]:
    """Return the numbers of a text without what separates their digits."""
    return re.findall(r"[0-9]{5,}", re.sub(r"(?<=[0-9])[^\w]{1,3}(?=[0-9])", "", text))
