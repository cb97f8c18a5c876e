"""Laws of the banks that every category shares: neutral, talk and injections."""

import re
from collections.abc import Iterator
from importlib.resources import files
from itertools import combinations
from typing import cast

import pytest
import yaml

from piiforge.types import PURE_LANGUAGES

Tree = dict[str, object]

BANKS = files("piiforge") / "lines" / "banks"
SHARED = ("neutral", "talk", "injections")
CATEGORIES = ("bank_account", "email", "phone")

NOISE = {"name", "city", "amount", "date", "order", "company", "time"}
SLOT = re.compile(r"\{(\w*)\}")
HAN = re.compile(r"[\u4e00-\u9fff]")


def text_of(name: str) -> str:
    return (BANKS / f"{name}.yaml").read_text(encoding="utf-8")


def read(name: str) -> Tree:
    return cast(Tree, yaml.safe_load(text_of(name)))


def lists(tree: object, path: str = "") -> Iterator[tuple[str, list[str]]]:
    """Yield every list of a bank with its path, such as "phrases.en"."""
    if isinstance(tree, dict):
        for name, branch in tree.items():
            yield from lists(branch, f"{path}.{name}".lstrip("."))
    else:
        yield path, cast(list[str], tree)


def at(bank: str, path: str) -> list[str]:
    return dict(lists(read(bank)))[path]


ALL_LISTS = [(bank, path) for bank in SHARED for path, _ in lists(read(bank))]
SPOKEN = ("openers", "closers", "fillers", "agent_lines", "visitor_lines", "benign")
NAMES = ("keys", "pairs", "free_text_keys", "first_names", "cities", "companies")
SENTENCES = [(bank, path) for bank, path in ALL_LISTS if not set(path.split(".")) & set(NAMES)]
every_list = pytest.mark.parametrize(("bank", "path"), ALL_LISTS)


def at_least(bank: str, part: str, english: int, other: int, mixed: int = 0) -> list[object]:
    """Say how long the lists of one part must be, by language; 0 for no such list."""
    wanted = {"en": english, "es": other, "fr": other, "zh": other, "mixed": mixed}
    under = "{1}.{0}" if bank == "talk" else "{0}.{1}"
    return [(bank, under.format(part, name), least) for name, least in wanted.items() if least]


LEAST = [
    *at_least("neutral", "keys", 30, 10),
    *at_least("neutral", "pairs", 12, 4),
    *at_least("neutral", "phrases", 40, 15, 5),
    *at_least("neutral", "replies", 30, 12, 12),
    *at_least("neutral", "free_text_keys", 15, 5),
    *at_least("talk", "openers", 30, 12, 12),
    *at_least("talk", "closers", 30, 12, 12),
    *at_least("talk", "fillers", 12, 12, 12),
    *at_least("talk", "agent_lines", 30, 12, 12),
    *at_least("talk", "visitor_lines", 30, 12, 12),
    *at_least("talk", "benign", 60, 20, 20),
    *at_least("talk", "first_names", 40, 40, 40),
    *at_least("talk", "cities", 30, 30, 30),
    *at_least("talk", "companies", 30, 30, 30),
]


@pytest.mark.parametrize(("bank", "path", "least"), LEAST)
def test_lists_are_long_enough(bank: str, path: str, least: int) -> None:
    assert len(at(bank, path)) >= least


@pytest.mark.parametrize("bank", SHARED)
def test_a_bank_says_at_its_head_how_to_extend_it(bank: str) -> None:
    head = text_of(bank).splitlines()[:3]
    assert all(line.startswith("# ") for line in head)
    assert "To extend:" in head[1]


@every_list
def test_every_entry_is_a_text_and_stands_once(bank: str, path: str) -> None:
    entries = at(bank, path)
    assert all(isinstance(entry, str) and entry.strip() == entry != "" for entry in entries)
    assert len({entry.lower() for entry in entries}) == len(entries)


@every_list
def test_nothing_looks_like_a_value(bank: str, path: str) -> None:
    for entry in at(bank, path):
        assert not re.search(r"\d{4}|\S@\S", entry), entry


@pytest.mark.parametrize(("bank", "path"), SENTENCES)
def test_no_two_sentences_differ_in_one_word_only(bank: str, path: str) -> None:
    sentences = [words for entry in at(bank, path) if len(words := entry.lower().split()) >= 5]
    for one, other in combinations(sentences, 2):
        assert len(set(one) ^ set(other)) > 2, (one, other)


@pytest.mark.parametrize("role", ["phrases", "replies"])
def test_neutral_sentences_hold_one_value(role: str) -> None:
    for language in (*PURE_LANGUAGES, "mixed"):
        for entry in at("neutral", f"{role}.{language}"):
            slots = SLOT.findall(entry)
            assert slots.count("value") == 1, entry
            assert set(slots) <= NOISE | {"value"}, entry


@pytest.mark.parametrize("language", [*PURE_LANGUAGES, "mixed"])
def test_talk_has_noise_slots_only(language: str) -> None:
    for part in SPOKEN:
        for entry in at("talk", f"{language}.{part}"):
            assert set(SLOT.findall(entry)) <= NOISE, entry


def naming_words() -> list[str]:
    """Return what names a category in a sentence or as a key, in any language."""
    names: set[str] = set()
    for bank in CATEGORIES:
        for path, entries in lists(read(bank)):
            if path.startswith(("words.confirm", "keys.confirm")):
                names.update(name.strip().lower() for entry in entries for name in entry.split("/"))
    return sorted(names)


def test_neutral_names_and_sentences_name_no_category() -> None:
    names = naming_words()
    latin = "|".join(re.escape(name) for name in names if not HAN.search(name))
    naming = re.compile(rf"\b(?:{latin})\b|" + "|".join(n for n in names if HAN.search(n)))
    for path, entries in lists(read("neutral")):
        for entry in entries:
            assert not naming.search(SLOT.sub("", entry.lower())), (path, entry)


def test_pairs_have_two_different_names() -> None:
    for language in PURE_LANGUAGES:
        for entry in at("neutral", f"pairs.{language}"):
            first, second = entry.split(" / ")
            assert first != second


def test_chinese_sentences_have_no_spaces_around_slots() -> None:
    spaced = re.compile(r"[\u3001-\uff1f] \{|\} [\u3001-\uff1f]")
    for bank in ("neutral", "talk"):
        for path, entries in lists(read(bank)):
            if "zh" in path.split("."):
                assert not [entry for entry in entries if spaced.search(entry)], path


@pytest.mark.parametrize(("language", "least"), [("en", 30), ("es", 8), ("fr", 8), ("zh", 8)])
def test_injections_push_both_ways_alike(language: str, least: int) -> None:
    yes, no = (at("injections", f"{language}.{push}") for push in ("to_true", "to_false"))
    assert len(yes) + len(no) >= least
    assert abs(len(yes) - len(no)) <= 1
    assert not set(yes) & set(no)


def test_injections_have_no_slots() -> None:
    for path, entries in lists(read("injections")):
        assert not [entry for entry in entries if SLOT.search(entry)], path
