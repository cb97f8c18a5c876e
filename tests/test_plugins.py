"""Plug-ins: every law is asked, whatever is off is told by its name, nothing else is changed."""

import os

import pytest

from own_categories import BADGE, EXAMPLE, IBAN, badge, piiforge
from piiforge import categories, lines, plugins, predict
from piiforge.errors import AskedWrongly

VALID, ZERO = 'draw=lambda rng: _number("valid", rng.choice("12345"), rng)', '"0", rng)),)'
BROKEN = {
    "an id that is not lower-case": (('id="badge"', 'id="Badge"'),),
    "needs a title, and a description": (('title="badge number"', 'title=""'),),
    "a description of 1 to 12 words": (("an employee badge", "word " * 12),),
    "no English words": (('{"en": ["badge number"]}', '{"fr": ["numéro de badge"]}'),),
    "no regular expression": (('pattern=rf"', 'pattern=rf"('),),
    "a repeat without bound": (("{GAP}[0-9]){{7}}", "{GAP}[0-9])+"),),
    "takes an empty text": (('pattern=rf"', 'pattern=rf"|'),),
    "don't name it as their category": (('Value("badge", kind', 'Value("ssn", kind'),),
    "draws differently for the same seed": (('rng.choice("12345")', 'Random().choice("12345")'),),
    "the same values again and again": (('rng.choices("0123456789", k=7)', '"0000000"'),),
    "that its own is_valid refuses": ((' value.key[0] in "12345"', ' value.key[0] in "1234"'),),
    "its pattern doesn't find or its reason refuses": (('text[0] in "12345"', "text[0] in '1'"),),
    "over 200 characters": (("k=7))),", 'k=7)) + " " * 300),'),),
    "no impossible lookalike": ((ZERO, '"0", rng), ("order",)),)'),),
    "whom it imitates, or its kind": (('Lookalike("zero", ', 'Lookalike("nil", '),),
    "a lookalike zero that is_valid takes": ((' value.key[0] in "12345"', " True"),),
    "that its pattern finds and its reason takes": (('if text[0] in "12345"', "if text"),),
    "raised ZeroDivisionError while it was tried": ((VALID, "draw=lambda rng: 1 / 0"),),
}  # fmt: skip
UNREADABLE = {
    "nothing there": (None, "is not there"),
    "a syntax error": ("def", "raised SyntaxError"),
    "an error of its own": ("raise ValueError('000-12-3456')", "raised ValueError"),
    "an exit": ("import sys; sys.exit(0)", "raised SystemExit"),
    "nothing offered": ("A = 1", "offers nothing"),
}
FORMAT = """
from piiforge.types import Draft, Format

LINE = Format("own_line", "xhr", lambda scene, rng: Draft(str(scene.fields)))
"""
DETECTOR = """
from piiforge.plugins import OwnDetector

SAYS = OwnDetector("says", lambda asked: [0.5] * len(asked), ("email",))
"""


@pytest.fixture
def written(tmp_path):
    """Return a way to write a plug-in's file."""

    def write(text, name="own.py"):
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return write


@pytest.fixture
def found(monkeypatch):
    """Return what the named files offer, as a new process would see it."""

    def of(*paths):
        monkeypatch.setenv(plugins.VARIABLE, os.pathsep.join(map(str, paths)))
        plugins.found.cache_clear()
        return plugins.found()

    yield of
    monkeypatch.undo()
    plugins.found.cache_clear()


def broken_by(path):
    return plugins.problems(plugins.records_of(path)[0])


def test_a_good_category_breaks_no_law(written):
    assert broken_by(written(BADGE)) == []
    assert broken_by(IBAN) == []


@pytest.mark.parametrize("law", BROKEN)
def test_each_law_is_asked(written, law):
    assert any(law in told for told in broken_by(written(badge(*BROKEN[law]))))


@pytest.mark.parametrize("what", UNREADABLE)
def test_a_file_that_is_off_is_named_without_a_word_of_its_content(written, found, what):
    text, said = UNREADABLE[what]
    path = written(text) if text else "own.py"
    with pytest.raises(AskedWrongly, match=said) as raised:
        found(path)
    assert "own.py" in str(raised.value)
    assert "000-12" not in str(raised.value)


def test_a_category_that_breaks_a_law_stops_all(written, found):
    with pytest.raises(AskedWrongly, match="badge draws a value that its own is_valid refuses"):
        found(written(badge(*BROKEN["that its own is_valid refuses"])))


def test_two_plug_ins_of_one_name_are_refused(written, found):
    with pytest.raises(AskedWrongly, match="badge is there already"):
        found(written(BADGE), written(BADGE, "again.py"))


def test_a_file_that_is_named_twice_is_taken_once(written, found):
    path = written(BADGE)
    assert len(found(path, path).categories) == 1


def test_a_name_of_a_shipped_category_is_refused(written, found):
    found(written(BADGE.replace('"badge"', '"phone"')))
    with pytest.raises(AskedWrongly, match=r"own\.py: there is a category phone already"):
        categories.every()


def test_a_name_of_a_shipped_detector_is_refused(written, found):
    found(written(DETECTOR.replace('"says"', '"rules"')))
    with pytest.raises(AskedWrongly, match="there is a detector rules already"):
        predict.load("rules")


@pytest.mark.parametrize(
    ("old", "new", "law"),
    [
        ('"own_line"', '"Own line"', "lower-case"),
        ('"xhr"', '"press"', "none of form_submit"),
        ("str(scene.fields))", 'str(scene.fields)), ("air",)', "carries nothing of"),
        ("str(scene.fields))", "str(scene.fields)), weight=0", "no weight above 0"),
    ],
)
def test_a_format_keeps_laws_too(written, found, old, new, law):
    with pytest.raises(AskedWrongly, match=law):
        found(written(FORMAT.replace(old, new)))


@pytest.mark.parametrize(
    ("old", "new", "law"),
    [('"says"', '"Says: yes"', "lower-case"), ('("email",)', "()", "knows no category")],
)
def test_a_detector_keeps_laws_too(written, found, old, new, law):
    with pytest.raises(AskedWrongly, match=law):
        found(written(DETECTOR.replace(old, new)))


def test_what_raises_while_it_works_is_told_by_kind(written, found):
    changed = badge(('"valid" if', '1 / 0 if text.endswith("00000") else "valid" if'))
    (own,) = found(written(changed)).categories
    assert own.reason("12345678") == "valid"
    with pytest.raises(
        AskedWrongly, match="category badge, judging, raised ZeroDivisionError"
    ) as e:
        own.reason("12300000")
    assert "12300000" not in str(e.value)


def test_a_file_may_hold_dataclasses_of_its_own(written, found):
    head = "from __future__ import annotations\nfrom dataclasses import dataclass\n"
    own = "@dataclass(slots=True)\nclass Kept:\n    a: int\n\n\nKEPT = Kept(1)\n"
    assert len(found(written(head + BADGE.lstrip() + own)).categories) == 1


def test_words_may_stand_in_a_file(written, found, tmp_path):
    (tmp_path / "badge.yaml").write_text("words: {en: [badge number], zh: [工牌号]}\n", "utf-8")
    path = "Path(__file__).with_name('badge.yaml')"
    text = "from pathlib import Path\n" + badge(('{"en": ["badge number"]}', path))
    (own,) = found(written(text)).categories
    assert plugins.cue_words(own) == ("badge number", "工牌号")


def test_an_own_detector_is_asked_by_its_name(written, found):
    found(written(DETECTOR))
    with predict.load("says") as detector:
        assert detector.categories == ("email",)
        assert detector.verdict("email", "nothing").p_sensitive == 0.5


@pytest.mark.parametrize(
    ("says", "told"),
    [("[2.0] * len(asked)", "no probability"), ("[]", "no probability"),
     ("[1 / 0]", "says raised ZeroDivisionError")],
)  # fmt: skip
def test_a_detector_that_answers_wrongly_is_told(written, found, says, told):
    found(written(DETECTOR.replace("[0.5] * len(asked)", says)))
    with predict.load("says") as detector, pytest.raises(AskedWrongly, match=told):
        detector.verdict("email", "nothing")


def test_what_the_fixed_baselines_do_not_know_is_not_asked_of_them(written, found):
    found(written(BADGE))
    with predict.load("rules") as detector:
        assert "badge" not in detector.categories
    with pytest.raises(AskedWrongly, match="rules doesn't know the category badge"):
        predict.load("rules", categories=["badge"])


def test_every_own_sentence_has_its_slots_and_no_other():
    """Frames for a category that brings none: a value where one is claimed, a word to be filled."""
    frames = lines.banks.files.shipped_yaml("piiforge.lines", "banks/own.yaml")
    for language, roles in frames["phrases"].items():
        for role, texts in roles.items():
            assert len(set(texts)) == len(texts), (language, role)
            for text in texts:
                assert ("{value}" in text) == (role in {"confirm", "open", "veto"}), text
                assert ("{what}" in text) == (role == "open"), text
                assert "{word}" in text or role in {"open", "veto"}, text


def test_a_category_that_is_begun_breaks_laws_until_it_is_filled(tmp_path):
    done = piiforge("categories", "new", "badge", room=tmp_path)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "test_badge_category.py").is_file()
    check = piiforge("categories", "check", "badge_category.py", room=tmp_path)
    assert check.returncode == 1
    assert "badge raised NotImplementedError" in check.stdout
    again = piiforge("categories", "new", "badge", room=tmp_path)
    assert again.returncode == 2
    assert "--force" in again.stderr


@pytest.mark.parametrize("name", ["ssn", "Badge", "a-b", ""])
def test_a_category_is_not_begun_under_a_name_that_is_taken_or_none(run, name):
    said = run("categories", "new", name)
    assert said.code == 2
    assert "can't name a category" in said.err


def test_the_example_has_at_most_40_lines_by_hand(run, tmp_path):
    """Lines of the begun file, and brackets that close, are not counted."""
    assert run("categories", "new", "iban", "--out", tmp_path / "begun.py").code == 0
    begun = {line.strip() for line in (tmp_path / "begun.py").read_text("utf-8").splitlines()}
    own = [line.strip() for line in IBAN.read_text(encoding="utf-8").splitlines()]
    assert len([line for line in own if line.strip("(),") and line not in begun]) <= 40


def test_the_test_beside_the_example_is_the_begun_one(run, tmp_path):
    assert run("categories", "new", "iban", "--out", tmp_path / "iban_category.py").code == 0
    name = "test_iban_category.py"
    assert (tmp_path / name).read_text("utf-8") == (EXAMPLE / name).read_text("utf-8")
