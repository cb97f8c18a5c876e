"""The tables of the reader, the text room and the cascade say each thing once."""

from collections import Counter
from itertools import pairwise

import pytest

from piiforge import files
from piiforge.reader.finders import FINDERS

PHRASES = files.shipped_yaml("piiforge.reader", "data/phrases.yaml")
MAILBOXES = files.shipped_yaml("piiforge.reader", "data/mailboxes.yaml")
PHONES = files.shipped_yaml("piiforge.reader", "data/phones.yaml")
NAMES = files.shipped_yaml("piiforge.predict", "data/names.yaml")
CARDS = files.shipped_tsv("piiforge.reader", "data/test_cards.tsv")
ISSUERS = files.shipped_tsv("piiforge.reader", "data/issuers.tsv")
NUMBERS = files.shipped_tsv("piiforge.text", "data/number_words.tsv")
LISTS = {
    **{script: [phrase for one in PHRASES["concepts"].values() for phrase in one.get(script, [])]
       for script in ("latin", "han")},
    **{f"attributes {script}": words for script, words in PHRASES["attributes"].items()},
    **{name: PHRASES[name] for name in ("issuers", "speaking", "links")},
    **MAILBOXES,
    **{f"drama {code}": heads for code, heads in PHONES["kept_for_drama"].items()},
    **{f"names {name}": net["words"] for name, net in NAMES["categories"].items()},
    **{f"shared {name}": words for name, words in NAMES["shared"].items()},
    "cards": [card for row in CARDS for card in row],
    "numbers": [f"{row[0]} {word}" for row in NUMBERS for word in row[-1].split()],
}  # fmt: skip


@pytest.mark.parametrize("name", LISTS)
def test_each_word_stands_once_and_is_a_text(name):
    assert all(isinstance(word, str) and word == word.strip() for word in LISTS[name])
    assert not [word for word, count in Counter(LISTS[name]).items() if count > 1]


def test_issuers_share_no_card():
    ranges = sorted((int(first), int(last)) for _, first, last, _ in ISSUERS)
    assert all(first <= last for first, last in ranges)
    assert all(before[1] < after[0] for before, after in pairwise(ranges))


def test_the_cascade_has_names_for_every_category():
    assert set(NAMES["categories"]) == set(FINDERS)
    assert {of for net in NAMES["categories"].values() for of in net.get("of", [])} == set(
        NAMES["shared"]
    )
