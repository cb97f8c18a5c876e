"""Errors: each ends with the exit code of its kind, survives a process and says what to do."""

import pickle
from pathlib import Path

import pytest

from piiforge import errors
from piiforge.errors import near
from piiforge.review.journal import Overtaken

EXAMPLES = (
    (errors.AskedWrongly("The path is off.", "Check it."), 2),
    (errors.UnknownName("category", "snn", ["ssn", "itin"]), 2),
    (errors.BadRecipe("rows.tset", "unknown key.", near("tset", ["test"])), 2),
    (errors.BadRecord(Path("rows.jsonl"), 17, "not JSON.", "Drop it."), 2),
    (errors.FolderExists("out/base"), 2),
    (errors.MissingExtra("tokenizers", "tokenizer"), 2),
    (Overtaken("The row was decided in another tab.", "Look again."), 2),
    (errors.GateFailed("A bound is broken.", "Loosen it."), 1),
    (errors.QuotaUnmet("train/ssn", "2 rows are asked, 0 fit", "Ask for fewer."), 1),
    (errors.VerifyFailed(["train.jsonl was changed"]), 1),
)
every_error = pytest.mark.parametrize(
    ("error", "code"), EXAMPLES, ids=lambda found: type(found).__name__
)


def leaves(kind: type) -> set[type]:
    below = kind.__subclasses__()
    return {kind}.union(*map(leaves, below)) if below else {kind}


def test_every_error_has_an_example_here():
    assert leaves(errors.PiiforgeError) - {errors.PiiforgeError} == {type(e) for e, _ in EXAMPLES}


@every_error
def test_the_exit_code_tells_a_gate_from_a_wrong_question(error, code):
    assert error.exit_code == code


@every_error
def test_an_error_passes_from_one_process_to_another(error, code):
    passed = pickle.loads(pickle.dumps(error))
    assert (type(passed), str(passed), passed.exit_code) == (type(error), str(error), code)


@every_error
def test_an_error_is_one_line_that_ends_as_a_sentence(error, code):
    assert "\n" not in str(error)
    assert code
    assert str(error)[-1] in ".?'"


@pytest.mark.parametrize(
    ("name", "known", "said"),
    [
        ("snn", ["ssn", "itin"], "Did you mean 'ssn'?"),
        ("credit-card", ["credit_card", "phone"], "Did you mean 'credit_card'?"),
        ("zzz", ["itin", "ssn"], "Known: itin, ssn."),
        ("zzz", ["ssn", "itin"], "Known: itin, ssn."),
    ],
)
def test_the_near_name_is_offered_or_all_of_them(name, known, said):
    assert near(name, known) == said


def test_a_bad_record_names_the_file_and_the_line():
    error = errors.BadRecord(Path("out/rows.jsonl"), 17, "not JSON.")
    assert str(error) == "out/rows.jsonl:17: not JSON."
