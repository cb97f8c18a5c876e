r"""Rows of an access log whose parts were all read before: they are not read again.

Servers write the same requests, pages and browsers again and again. What is new in a row is who
asked, when, and how much came back: an address, a moment, a status and a size, each by its exact
grammar, all of which the text tests cut out of a text. What is left are three parts: the request,
where it came from, and who with. What each of them brings to a row is remembered when it comes for
the second time, so that most rows are answered by three look-ups.

No number and no name goes from one part into the next: between the first two stands what is cut,
between the others stand quotes and a letter. But one part may name what stands in another. So a row
holds nothing where no part may hold anything by itself, and where all digits of the row together
are too few for what is named in it. What is not known, or less simple, is left to the text tests.

>>> row = '10.0.0.{0} - - [02/Mar/2026:10:00:0{0} +0000] "GET /{1} HTTP/2.0" 200 9{0} "-" "curl/8"'
>>> known = KnownRows()
>>> [known.nothing_in(row.format(at, "a?page=2")) for at in range(3)]
[False, True, True]
>>> [known.nothing_in(row.format(at, "a?tel=2125550123")) for at in range(3)]
[False, False, False]
"""

import re
from dataclasses import dataclass, field
from typing import NamedTuple

from piiforge import plugins, reader
from piiforge.predict.prefilter import FEWEST, Evidence, mobile, read, routes, says_at
from piiforge.text import CUT, atoms, clusters, hidden, undone

_MOST = 50_000  # parts that are remembered, and as many that were seen once
_OCTET = "(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"
_MONTHS = "Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec"
# Apache's combined format: the parts, between what is cut out of a text whatever its digits are
_ROW = re.compile(
    rf"(?:{_OCTET}(?:\.{_OCTET}){{3}}|(?:[0-9A-Fa-f]{{1,4}}:){{1,6}}(?::[0-9A-Fa-f]{{1,4}}){{1,6}}"
    r"|(?:[0-9A-Fa-f]{1,4}:){7}[0-9A-Fa-f]{1,4}) - - "
    rf"\[(?:0[1-9]|[12][0-9]|3[01])/(?:{_MONTHS})/20[0-9]{{2}}"
    r":[0-2][0-9]:[0-5][0-9]:[0-6][0-9] [+-][0-9]{4}\] "
    r'"([^"\\]{1,400}) HTTP/[12](?:\.[01])?" [1-5][0-9]{2} (?:[0-9]{1,12}|-) '
    r'"([^"\\]{1,400})" "([A-Za-z-][^"\\]{0,400})"'
)
_FRAMES = ('"{} HTTP/1.1" 200 1 "', '"{}"', '"{}"')  # in which a part stands in its row


class RowPart(NamedTuple):
    """What a part brings to its row: digits that it can mean, and categories that it names."""

    digits: int
    named: frozenset[str]


@dataclass
class KnownRows:
    """What is known of parts, by their place and text; None of one that may hold something.

    Bounded: what is full is begun anew. One thread asks at a time.
    """

    _known: dict[tuple[int, str], RowPart | None] = field(default_factory=dict)
    _once: set[tuple[int, str]] = field(default_factory=set)

    def nothing_in(self, row: str) -> bool:
        """Say whether a row is known to hold no value of any category, for sure."""
        found = _ROW.fullmatch(row)
        if found is None:
            return False
        digits, named, is_known = 0, _NONE, True
        for place in enumerate(found.groups()):
            if place not in self._known and not self._comes_again(place):
                is_known = False
                continue
            part = self._known[place]
            if part is None:
                return False
            digits += part.digits
            named |= part.named
        return is_known and all(digits < FEWEST[category] for category in named)

    def _comes_again(self, place: tuple[int, str]) -> bool:
        """Say whether a part came before; what comes for the second time is remembered."""
        if place not in self._once:
            if len(self._once) >= _MOST:
                self._once.clear()
            self._once.add(place)
            return False
        self._once.discard(place)
        if len(self._known) >= _MOST:
            self._known.clear()
        self._known[place] = _part(*place)
        return True


_NONE: frozenset[str] = frozenset()


def _part(at: int, text: str) -> RowPart | None:
    """Return what a part brings to its row; None where it may hold something by itself."""
    framed = _FRAMES[at].format(text)
    reading = read(framed)
    found = Evidence(reading)
    flat = reading.text
    if (
        plugins.names()  # whose tests ask for digits alone
        or reading.opaque
        or hidden(undone(framed)[0])[0]
        or (at == 0 and not flat.endswith(f'{CUT} "'))
        or (at == 2 and _goes_on(flat))
        or any(each.words and len(each.atoms) > 1 for each in found.clusters)  # elsewhere a word
        or routes(flat)  # an account number elsewhere would be enough
        or says_at(flat)  # and a dot
        or mobile(flat)  # a Chinese word elsewhere
        or any(found.may_hold(category) for category in FEWEST)
    ):
        return None
    named = {category for category in FEWEST if found.named(category)}
    if reader.names("phone", flat):
        named.add("phone")
    digits = sum(atom.digits for atom in found.atoms)
    return RowPart(digits, frozenset(named))


def _goes_on(flat: str) -> bool:
    """Say whether a number could go on in a flat text whose end stands before it."""
    text = f"1{flat}"
    return len(clusters(text, atoms(text))[0].atoms) > 1
