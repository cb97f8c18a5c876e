"""Flag: what comes back is of the kind that went in, and says what the detector says."""

import numpy as np
import pyarrow as pa
import pytest

import piiforge
from piiforge import predict
from piiforge.errors import AskedWrongly, UnknownName
from piiforge.predict.ask import Predictor
from piiforge.types import Prediction

LINES = [one.content for one in predict.sample_lines()]
HOLDS = [True] * (len(LINES) - 1) + [False]


class Halting(Predictor):
    """Reads short texts only, and is unsure of what ends in a question mark."""

    def predict(self, cases):
        for case in cases:
            if len(case.content) < 10:
                unsure = case.content.endswith("?")
                yield Prediction(case.id, case.content.startswith("x"), unsure=unsure)
            else:
                yield Prediction(case.id, None)

    def explain(self, case, verdict):
        return f"{case.id}{verdict}"


@pytest.fixture
def halting():
    return predict.Detector("halting", Halting(), ("ssn", "phone"))


def test_a_list_gives_a_list():
    assert piiforge.flag(LINES) == HOLDS
    assert piiforge.flag(iter(LINES)) == HOLDS
    assert piiforge.flag([]) == []


def test_it_says_what_the_detector_says():
    with piiforge.load() as detector:
        said = detector.judge(LINES)
        found = piiforge.flag(LINES, by_category=True, system=detector)
    wanted = {
        name: [one[name].is_sensitive and not one[name].unsure for one in said]
        for name in detector.categories
    }
    assert found == wanted


def test_missing_values_hold_nothing():
    assert piiforge.flag([None, float("nan"), LINES[0]]) == [False, False, True]


def test_a_value_that_is_no_text_is_refused_by_its_place():
    with pytest.raises(AskedWrongly, match="value 1 of the column is a int") as raised:
        piiforge.flag(["a", 4111111111111112])
    assert "4111" not in str(raised.value)


def test_a_text_that_was_not_read_is_not_clean_and_an_unsure_one_no_finding(halting):
    texts = ["x", "y", "x?", "x" * 10, None]
    assert piiforge.flag(texts, system=halting) == [True, False, False, None, False]


def test_categories_are_asked_for_by_name():
    assert piiforge.flag(LINES[:1], ["phone"]) == [False]
    assert list(piiforge.flag(LINES[:1], ["ssn", "phone"], by_category=True)) == ["ssn", "phone"]
    with pytest.raises(UnknownName, match="ssn"):
        piiforge.flag(LINES[:1], ["snn"])


def test_an_array_gives_an_array(halting):
    found = piiforge.flag(np.array(LINES))
    assert found.dtype == bool
    assert found.tolist() == HOLDS
    assert piiforge.flag(np.array(["x" * 10]), system=halting).tolist() == [None]


def test_arrow_gives_arrow():
    assert piiforge.flag(pa.chunked_array([LINES, [None]])).to_pylist() == [*HOLDS, False]
    table = piiforge.flag(pa.array(LINES), ["ssn"], by_category=True)
    assert table.column_names == ["ssn"]


def test_pandas_gives_a_series_that_filters_its_frame(halting):
    pandas = pytest.importorskip("pandas", reason="pandas is not installed")
    frame = pandas.DataFrame({"message": LINES}, index=[f"r{at}" for at in range(len(LINES))])
    found = piiforge.flag(frame["message"])
    assert found.name == "message"
    assert found.dtype == bool
    assert frame[found].index.tolist() == [f"r{at}" for at in range(len(LINES) - 1)]
    table = piiforge.flag(frame["message"], ["ssn", "phone"], by_category=True)
    assert table.columns.tolist() == ["ssn", "phone"]
    assert table.index.equals(frame.index)
    unread = piiforge.flag(pandas.Series(["x", "x" * 10]), system=halting)
    assert unread.isna().tolist() == [False, True]


def test_polars_gives_a_series_that_filters_its_frame(halting):
    polars = pytest.importorskip("polars", reason="polars is not installed")
    frame = polars.DataFrame({"message": LINES})
    assert frame.filter(piiforge.flag(frame["message"])).height == len(LINES) - 1
    table = piiforge.flag(frame["message"], ["ssn", "phone"], by_category=True)
    assert table.columns == ["ssn", "phone"]
    unread = piiforge.flag(polars.Series("m", ["x", "x" * 10]), system=halting)
    assert unread.to_list() == [True, None]
