"""Quick looks and expressions made fast find just what the plain ones find."""

import re
import sys
from random import Random

import pytest

from piiforge import context, reader
from piiforge.context import features
from piiforge.files import shipped_tsv
from piiforge.text import Atom, atoms, chained, clusters, encodings, flatten, fold, groups
from piiforge.types import Cue

cues, finders, halves, numbers, spoken = (
    sys.modules[f"piiforge.{name}"]
    for name in ("reader.cues", "reader.finders", "reader.halves", "reader.numbers", "text.spoken")
)
PIECES = (
    *re.findall(
        r"\S+",
        "one o oh un una once ten content phone seis cuatro double and y dot 1 22 345 1234567 256 "
        "123456789 255 01 10.0.0.1 12345678-1234-abcd-1234-123456789abc deadbeef ssn part value "
        "text v first ach Chequ Banco t A c x a B f u0041 x41 u{41} % n aB => \\ \\\\ \u2446 "
        "\u2448 \u4e00 \u4e5d e\u0301",
    ),
    *("direct deposit", "\\" * 16, "- ", "", *" -./+()_:,;\"'=&?\t\n[]{}<>|"),
)
STEMS = ("ssn", "itin", "cardNo", "routing", "phone", "e-mail", "passport no", "dl", "x", "ssnssn")
OCTET = r"(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"
WHOLE = re.compile(
    rf"(?<![0-9.])(?<![0-9]-){OCTET}(?:\.{OCTET}){{3}}(?![0-9])(?!\.[0-9])"
    r"|(?<![0-9A-Fa-f-])[0-9A-Fa-f]{8}-(?:[0-9A-Fa-f]{4}-){3}[0-9A-Fa-f]{12}(?![0-9A-Za-z-])"
)
TIED = re.compile(
    r"(?<![a-z])(?:un|une|una|oh|o|once)(?=[0-9])|(?<=[0-9])(?:un|une|una|oh|o)(?![a-z])"
    r"|(?<=[0-9a-z]-)(?:un|une|una|oh|once)(?=-[0-9a-z]{2})"
)
ESCAPE = re.compile(
    r"(?:\\{1,16}|%)u([0-9A-Fa-f]{4})|\\{1,16}u\{0{0,16}([0-9A-Fa-f]{1,6})\}"
    r"|\\{1,16}x([0-9A-Fa-f]{2})"
)
BORDER = re.compile("(?<=" + halves._BORDER.pattern.partition("(?<=")[2])
MOST = {
    word: int(most)
    for _, kind, most, _, _, words in shipped_tsv("piiforge.text", "data/number_words.tsv")
    if kind == "atom"
    for word in words.split()
}
LATIN = [word for word in MOST if word.isascii()]
WORD = "|".join(sorted(LATIN, key=len, reverse=True))
SPELLED = re.compile(f"(?:{WORD}|o|dash|hyphen|guion|tiret|plus|mas|and|y|et|x|ext)+")
ATOM = re.compile(f"[0-9]+|[a-z]+|[{''.join(set(MOST) - set(LATIN))}]")


def texts(name, pieces=PIECES, count=2500, most=15):
    """Return texts put together from pieces, always the same for a name."""
    rng = Random(name)
    return ["".join(rng.choices(pieces, k=rng.randrange(most))) for _ in range(count)]


def plain_atoms(flat):
    found = []
    for one in ATOM.finditer(flat):
        at, said = one.span()[0], one[0]
        if said == "o":
            beside = flat[max(0, at - 1) : at] + flat[at + 1 : at + 2]
            found += [] if re.search("[0-9]", beside) else [(at, said)]
        elif not re.match("[a-z]", said):
            found.append((at, said))
        elif SPELLED.fullmatch(said):
            found += [(at + word.start(), word[0]) for word in re.finditer(WORD, said)]
    return [Atom(at, said, len(said) if said[0] in "0123456789" else MOST.get(said, 1))
            for at, said in found]  # fmt: skip


@pytest.mark.parametrize("language", ["en", "es", "fr"])
def test_whatever_is_read_as_a_number_is_made_of_number_words(language):
    words = [word for word, said in spoken._TABLES[language].items() if said.kind != "link"]
    rng = Random(language)
    joined = ["".join(rng.choices(words, k=rng.randrange(2, 6))) for _ in range(2000)]
    for word in (*words, *joined):
        if any(said.kind in {"number", "hundred", "times"} for said in spoken._of(word, language)):
            assert spoken.is_spelled(flatten(word)), word


def test_number_words_are_found_wherever_they_stand():
    for flat in map(flatten, texts("atoms")):
        assert atoms(flat) == plain_atoms(flat)


@pytest.mark.parametrize("gap", [2, 6, 10])
@pytest.mark.parametrize("fewest", [5, 6, 9])
def test_groups_are_what_counting_every_atom_gives(gap, fewest):
    for flat in map(flatten, texts("groups", count=600)):
        found = []
        for atom in plain_atoms(flat):
            if found and atom.start - found[-1][-1].end <= gap:
                found[-1].append(atom)
            else:
                found.append([atom])
        mixed = (each for each in found if any(one.is_word for one in each))
        counts = (sum(one.digits for one in each) for each in mixed)
        assert groups(flat, gap, fewest) == [count for count in counts if count >= fewest]


def test_the_digits_of_a_cluster_stand_in_one_chain():
    for flat in map(flatten, texts("chains")):
        chains = list(chained(flat, 1))
        for each in clusters(flat, atoms(flat, spoken=False)):
            size = len(each.runs)
            assert any(
                each.runs == chain[at : at + size] for chain in chains for at in range(len(chain))
            )


def test_expressions_that_begin_with_a_sign_match_as_the_plain_ones():
    def spans(pattern, text):
        return [one.span() for one in pattern.finditer(text)]

    for text in texts("signs"):
        assert numbers._wholes(text) == tuple(span[::-1] for span in spans(WHOLE, text))
        assert spoken._TIED.findall(fold(text)) == TIED.findall(fold(text))
        assert spans(halves._BORDER, text) == spans(BORDER, text)
        assert spans(encodings._LOOSE_ESCAPE, text) == spans(ESCAPE, text)
        assert flatten(text) == flatten(re.sub("(?<=[a-z])(?=[A-Z])", " ", text))


def test_a_quick_look_for_a_bank_passes_nothing():
    for text in texts("bank", count=6000):
        assert finders._is_bankish(text) == bool(finders._BANKISH.search(text))
        assert finders._MAY_BE_MICR.search(text) or not finders._MICR.search(text)


def test_a_number_is_spelled_only_where_a_word_counts():
    for text in texts("spelled"):
        folded = fold(text)
        counts = any(map(spoken._may_count, re.findall("[a-z]+", folded)))
        tied = any(map(str.isdigit, folded)) and TIED.search(folded)
        if not (counts or tied or spoken._HAN_DIGIT.search(text)):
            assert not list(spoken.spoken_numbers(text))


def test_a_number_that_nothing_names_and_that_has_no_plus_has_ten_digits():
    for text in texts("phones", (*"0123456789 -.()", "212", "555", "0100", "+1"), 4000, 12):
        found = finders._phones(reader.Reading(text, "plain"))
        assert all("+" in text or len(one.key) >= 10 or "word" in one.reading for one in found)


def fields(rng):
    """Return a few fields whose keys name a thing and a part of it, or something like it."""
    stem = rng.choice(STEMS)
    return "".join(
        rng.choice((stem, stem, rng.choice(STEMS)))
        + rng.choice(("_", "", " ", "-", " part ", "- "))
        + rng.choice(("1", "2", "a", "b", "first", "last", "2 1", "1- 2"))
        + rng.choice(("=", ":", "- ", '":"', ",", "\t"))
        + rng.choice(("12", "345", "x-1", "9- "))
        + rng.choice(("&", ",", " ", '","', "; ", "\n", "- ", ""))
        for _ in range(rng.randrange(2, 5))
    )


def test_the_key_of_parts_names_their_category_in_two_places():
    rng, confirmed = Random("parts"), 0
    for text in [fields(rng) for _ in range(3000)]:
        for group in halves.parts(text):
            place = cues.Place(group[0].stem, "", "", "")
            for category in reader.CATEGORIES:
                if cues.cue_of(place, category, text) is Cue.CONFIRM:
                    confirmed += 1
                    assert reader.names(category, text, times=2), text
    assert confirmed > 200


def test_nothing_found_is_weighed_as_it_is_seen():
    shipped = context.shipped()
    for content in ("no phone here", "call me, nine five", "no phone here", "nothing"):
        seen = features.seen(content, "phone", [])
        score = float(shipped.weights[features.slots(seen)].sum())
        score += float(shipped.biases[shipped.place("phone")])
        assert shipped.word("phone", content).score == score
