r"""The cascade: a prefilter before the model, which may say only "certainly nothing of this here".

One content is read once, however many categories are asked. For each category a value must leave
something behind, whatever its disguise: a form that tells by itself (a card's check digit, an @,
the groups of a telephone number), or enough digits close together *and* a word that names the
category. Where neither stands, the model is not asked. What is not understood goes to the model: a
content that is very long or could not be decoded to the bottom, a category that is not known here.

>>> cascade = Cascade()
>>> line = '203.0.113.9 - - [15/Sep/2024:10:00:44 +0000] "GET /a?q=shoes HTTP/1.1" 200 8397 "-" "-"'
>>> any(cascade.may_hold(category, line) for category in CATEGORIES)
False
>>> cascade.may_hold("email", "write to jo at example dot com"), cascade.may_hold("mine", line)
(True, True)
"""

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise

from piiforge.predict import prefilter_cues, rules_numbers
from piiforge.predict import prefilter_forms as forms
from piiforge.predict.prefilter_atoms import Atom, Cluster, atoms, clusters, densest
from piiforge.predict.prefilter_mailbox import half, mailbox
from piiforge.predict.prefilter_text import Reading, read

NEAR = 250  # characters over which the digits of one number may be spread: halves in two fields
NEAR_PAIR = 500  # and those of a routing and an account number
_FEWEST = {"ssn": 9, "itin": 9, "passport": 8, "drivers_license": 7, "phone": 7, "member_id": 5}
_ACCOUNT_FEWEST, _ROUTING = 4, 9
_CARD_FEWEST = 13
_SPOKEN = 3  # words that make a cluster a spoken number
_HALVES_APART = 24  # clusters between the halves of a number: digits of the keys


@dataclass(frozen=True)
class Evidence:
    """What stands in one content, found when it is first asked for."""

    reading: Reading
    said: dict[str, bool] = field(default_factory=dict)

    @cached_property
    def atoms(self) -> list[Atom]:
        """The runs of digits and the number words."""
        return atoms(self.reading.text)

    @cached_property
    def clusters(self) -> list[Cluster]:
        """The atoms by cluster."""
        return clusters(self.reading.text, self.atoms)

    @cached_property
    def runs(self) -> list[str]:
        """The runs of digits."""
        return [atom.text for atom in self.atoms if not atom.is_word]

    @cached_property
    def digits_near(self) -> int:
        """The most digits within NEAR characters."""
        return densest(self.atoms, NEAR)

    @cached_property
    def digits_near_pair(self) -> int:
        """The most digits within NEAR_PAIR characters."""
        return densest(self.atoms, NEAR_PAIR)

    @cached_property
    def cues(self) -> str:
        """The text in which words that name a category are sought."""
        return prefilter_cues.plain(self.reading.text)

    @cached_property
    def has_sentence(self) -> bool:
        """Whether a whole sentence stands here: it may name anything."""
        return prefilter_cues.sentence(self.reading.text)

    @cached_property
    def spoken(self) -> int:
        """The most digits of a cluster with words for digits in it."""
        return max((each.digits for each in self.clusters if each.words >= _SPOKEN), default=0)

    def named(self, category: str) -> bool:
        """Say whether anything here may name `category`."""
        return self.has_sentence or prefilter_cues.named(category, self.cues)

    def may_hold(self, category: str) -> bool:
        """Say whether a value of `category` may stand here."""
        if category not in self.said:
            holds = _HOLDS.get(category)
            self.said[category] = self.reading.opaque or holds is None or holds(self)
        return self.said[category]


LONGEST = 65_536  # characters; a longer content is not looked into


class Cascade:
    """The prefilter. Several threads may ask it; the last content's evidence is kept."""

    def __init__(self) -> None:
        self._turn = threading.local()

    def may_hold(self, category: str, content: str) -> bool:
        """Return False only where `content` certainly holds no value of `category`."""
        return self._evidence(content).may_hold(category)

    def possible(self, content: str, categories: Iterable[str]) -> frozenset[str]:
        """Return those of `categories` of which `content` may hold a value."""
        found = self._evidence(content)
        return frozenset(category for category in categories if found.may_hold(category))

    def _evidence(self, content: str) -> Evidence:
        kept: tuple[str, Evidence] | None = getattr(self._turn, "kept", None)
        if kept is None or kept[0] != content:
            long = len(content) > LONGEST
            kept = content, Evidence(Reading("", opaque=True) if long else read(content))
            self._turn.kept = kept
        return kept[1]


def _named_number(category: str, found: Evidence) -> bool:
    """Say whether enough digits stand close together and something names `category`."""
    return found.digits_near >= _FEWEST[category] and found.named(category)


def _ssn(found: Evidence) -> bool:
    return forms.ssn(found.reading.text) or _named_number("ssn", found)


def _itin(found: Evidence) -> bool:
    return forms.itin(found.reading.text) or _named_number("itin", found)


def _credit_card(found: Evidence) -> bool:
    """Look for a check digit that fits, a mask, a spoken number, or halves under a card's name."""
    text = found.reading.text
    if found.digits_near < _CARD_FEWEST and not forms.masked_card(text):
        return False
    return (
        any(each.words and each.digits >= _CARD_FEWEST for each in found.clusters)
        or any(forms.card_among(_runs(each)) for each in found.clusters)
        or forms.masked_card(text)
        or (_halves_of_a_card(found) and found.named("credit_card"))
    )


def _runs(cluster: Cluster) -> list[str]:
    return [atom.text for atom in cluster.atoms if not atom.is_word]


def _halves_of_a_card(found: Evidence) -> bool:
    for at, first in enumerate(found.clusters):
        for second in found.clusters[at + 1 : at + 1 + _HALVES_APART]:
            if second.atoms[0].start - first.atoms[-1].end > NEAR:
                break
            if first.digits + second.digits >= _CARD_FEWEST and _is_card_in_two(first, second):
                return True
    return False


def _is_card_in_two(first: Cluster, second: Cluster) -> bool:
    if first.words or second.words:
        return True
    return forms.card_in_two(_runs(first), _runs(second))


def _bank_account(found: Evidence) -> bool:
    """Look for a routing number beside another: valid, or spoken or cut in two under a name."""
    text = found.reading.text
    if found.digits_near_pair < _ROUTING + _ACCOUNT_FEWEST:
        return False
    return (
        forms.ach_entry(text)
        or any(map(rules_numbers.aba, (run for run in found.runs if len(run) == _ROUTING)))
        or (_may_route(found) and found.named("bank_account"))
    )


def _may_route(found: Evidence) -> bool:
    """Say whether a cluster, or two that stand together, may be a routing number."""
    if any(forms.routing_among(_runs(each)) for each in found.clusters):
        return True
    return any(
        each.digits + after.digits >= _ROUTING and (each.words or after.words)
        for each, after in pairwise(found.clusters)
    ) or any(each.words and each.digits >= _ROUTING for each in found.clusters)


def _phone(found: Evidence) -> bool:
    text = found.reading.text
    fewest = _FEWEST["phone"]
    return (
        found.spoken >= fewest
        or (found.digits_near >= 3 and forms.phone_number(text))
        or _named_number("phone", found)
    )


def _email(found: Evidence) -> bool:
    text = found.reading.text
    return mailbox(text) or (half(text) and found.named("email"))


def _passport(found: Evidence) -> bool:
    return _named_number("passport", found)


def _drivers_license(found: Evidence) -> bool:
    return _named_number("drivers_license", found)


def _member_id(found: Evidence) -> bool:
    return forms.mbi(found.reading.text) or _named_number("member_id", found)


_HOLDS: Mapping[str, Callable[[Evidence], bool]] = {
    "ssn": _ssn,
    "itin": _itin,
    "credit_card": _credit_card,
    "bank_account": _bank_account,
    "phone": _phone,
    "email": _email,
    "passport": _passport,
    "drivers_license": _drivers_license,
    "member_id": _member_id,
}
CATEGORIES: Sequence[str] = tuple(_HOLDS)
