"""The tables of the disguises: complete, and nothing in them stands for two things."""

from pathlib import Path

import pytest
import yaml

from piiforge.disguises import phone, spelled

DATA = Path(spelled.__file__).parent / "data"
TONGUES = (spelled.EN, spelled.ES, spelled.FR, spelled.FR_BELGIAN)
every_tongue = pytest.mark.parametrize("tongue", TONGUES, ids=("en", "es", "fr", "fr_belgian"))


@every_tongue
def test_a_tongue_has_a_word_for_every_number_and_letter(tongue):
    assert (len(tongue.digits), len(tongue.pairs), len(tongue.names)) == (10, 90, 26)


@every_tongue
def test_no_word_of_a_tongue_is_two_numbers(tongue):
    said = [*tongue.digits, *tongue.pairs, *tongue.other]
    assert len(set(said)) == len(said)


@every_tongue
def test_a_letter_has_a_name_that_begins_with_it(tongue):
    for letter, name in zip("abcdefghijklmnopqrstuvwxyz", tongue.names, strict=True):
        assert name.translate(spelled._WITHOUT_ACCENTS)[0] == letter


def test_vanity_words_are_as_long_as_they_are_said_to_be_and_on_keys_of_their_own():
    listed = yaml.safe_load((DATA / "phone.yaml").read_text("utf-8"))["vanity_words"]
    words = [word for each in listed.values() for word in each]
    assert len({phone.read_vanity(word) for word in words}) == len(words)
    assert all(len(word) == int(count) for count, each in listed.items() for word in each)


def test_forms_at_home_have_a_place_for_every_digit():
    for place, forms in phone._TABLES["home_forms"].items():
        assert all(form.count("#") == int(place.split()[1]) for form in forms)


def test_no_word_for_a_sign_of_an_address_is_two_signs():
    for signs in yaml.safe_load((DATA / "signs.yaml").read_text("utf-8")).values():
        said = [word for words in signs.values() for word in set(words)]
        assert len(set(said)) == len(said)
