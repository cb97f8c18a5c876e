"""Judging files: read strictly, fitted together, and nothing private in what is written."""

import json
import re
from dataclasses import asdict
from html.parser import HTMLParser

import pytest
import yaml

from piiforge import build, evaluate, files, judge, page
from piiforge.errors import AskedWrongly, BadRecord, FolderExists
from piiforge.judge import score
from piiforge.judge.cases import read_predictions
from piiforge.recipe import load, load_mined
from piiforge.types import Prediction

CANARY = "canary666"
VOID = {"meta", "link", "br", "wbr", "img", "input", "hr"}


def write_said(path, rows, change=lambda _at, _row: {}):
    """Write right answers for `rows` (examples or records); `change` gives keys that differ."""
    files.write(path, ({"id": row.id, "is_sensitive": row.verdict.is_sensitive} | change(at, row)
                       for at, row in enumerate(rows)))  # fmt: skip
    return path


def theirs(path, count=40):
    """Write somebody else's cases, a canary in every text of theirs, and return their ids."""
    files.write(path, (
        {"id": f"row-{at}", "category": ("ssn", "phone")[at % 2], "content": f"{CANARY} {at}",
         "label": at % 3 == 0, "note": CANARY, "variant": CANARY, "language": "en",
         "key_name": CANARY, "disguises": [CANARY]}
        for at in range(count)
    ))  # fmt: skip
    return [f"row-{at}" for at in range(count)]


@pytest.fixture
def judged(tiny, tmp_path):
    rows = [row for row in tiny.built.rows if row.split == "test"]
    said = write_said(
        tmp_path / "base.jsonl", rows,
        lambda at, row: {"p_sensitive": 0.5 + (at % 7 - 2) / 20 * (1 if row.verdict.is_sensitive
                                                                  else -1)}
        | ({"is_sensitive": not row.verdict.is_sensitive, "explanation": CANARY} if at % 5 == 0
           else {}),
    )  # fmt: skip
    better = write_said(tmp_path / "better.jsonl", rows, lambda at, _: {"latency_ms": at})
    return judge.score_files(judge.Judging(tiny.folder, (said, better)))


def test_a_built_folder_is_scored_on_its_test_split(judged, tiny):
    rows = [row for row in tiny.built.rows if row.split == "test"]
    done = judged.comparison
    assert done.cases == len(rows)
    assert [score.system for score in done.scores] == ["base", "better"]
    assert done.scores[0].overall.accuracy.value == pytest.approx(1 - len(rows[::5]) / len(rows))
    assert done.scores[1].overall.f1.value == 1.0
    assert {part.axis for part in done.scores[0].slices} >= {
        "category", "language", "disguise", "event", "hard", "source",
    }  # fmt: skip


def test_a_prediction_of_two_keys_is_enough_and_all_keys_read_back(tmp_path):
    path = tmp_path / "said.jsonl"
    files.write(path, [{"id": "a", "is_sensitive": True}])
    assert read_predictions(path) == [Prediction("a", True)]
    full = Prediction("b", None, 0.25, 0.75, "why", "raw text", 12.5)
    files.write(path, [asdict(full)])
    assert read_predictions(path) == [full]


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ({"id": "a", "label": 1}, "is_sensitive is missing, but there is 'label'"),
        ({"id": "a", "prediction": True}, "but there is 'prediction'"),
        ({"id": "a"}, "is_sensitive is missing."),
        ({"id": "a", "is_sensitive": 1}, "is_sensitive is 1, not true, false or null"),
        ({"id": "a", "is_sensitive": CANARY}, "is_sensitive is a str, not true"),
        ({"id": "a", "is_sensitve": True}, "Did you mean 'is_sensitive'"),
        ({"id": 7, "is_sensitive": True}, "id is not a text"),
        ({"is_sensitive": True}, "id is not a text"),
        ({"id": "a", "is_sensitive": True, "p_sensitive": 1.5}, "p_sensitive is over 1"),
        ({"id": "a", "is_sensitive": True, "p_sensitive": True}, "p_sensitive is not a number"),
        ({"id": "a", "is_sensitive": True, "p_sensitve": 0.5}, "Did you mean 'p_sensitive'"),
        ({"id": "a", "is_sensitive": True, "latency_ms": -1}, "latency_ms is under 0"),
        ({"id": "a", "is_sensitive": True, "raw": 7}, "raw is not a text"),
        ({"id": "b", "is_sensitive": True}, "the id 'b' is that of line 1"),
    ],
)
def test_what_is_no_prediction_is_named_and_not_guessed(tmp_path, line, says):
    path = tmp_path / "said.jsonl"
    files.write(path, [{"id": "b", "is_sensitive": True}, line])
    with pytest.raises(BadRecord, match=re.escape(says)) as raised:
        read_predictions(path)
    assert f"{path}:2:" in str(raised.value)
    assert CANARY not in str(raised.value)


def test_a_file_without_a_line_is_no_predictions(tmp_path):
    (tmp_path / "said.jsonl").touch()
    with pytest.raises(AskedWrongly, match="holds no prediction"):
        read_predictions(tmp_path / "said.jsonl")


def test_files_of_one_name_are_told_apart_by_their_folders(tiny, tmp_path):
    rows = [row for row in tiny.built.rows if row.split == "test"]
    said = []
    for name in ("first", "second"):
        (tmp_path / name).mkdir()
        said.append(write_said(tmp_path / name / "said.jsonl", rows))
    asked = judge.Judging(tiny.folder, tuple(said), draws=100)
    assert list(judge.score_files(asked).systems) == ["first/said", "second/said"]
    with pytest.raises(AskedWrongly, match="2 files of predictions and 1 names"):
        judge.score_files(judge.Judging(tiny.folder, tuple(said), names=("a",)))


class Closed(HTMLParser):
    """Fails where a tag is not closed; notes tags and where links lead."""

    def __init__(self):
        super().__init__()
        self.open, self.tags, self.ids, self.links = [], set(), set(), set()

    def handle_starttag(self, tag, attrs):
        found = dict(attrs)
        self.tags.add(tag)
        self.ids |= {found["id"]} if "id" in found else set()
        self.links |= {found["href"].removeprefix("#")} if "href" in found else set()
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        pass

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def test_the_page_is_whole_has_no_script_and_asks_the_network_for_nothing(judged, tmp_path):
    out = tmp_path / "s.html"
    judge.write_score_report(judged, out)
    text = out.read_text(encoding="utf-8")
    page = Closed()
    page.feed(text)
    assert page.open == []
    assert not page.tags & {"script", "link", "img", "iframe"}
    assert page.links <= page.ids
    assert "default-src 'none'" in text
    assert not re.search(r"https?:", re.sub(r"<pre.*?</pre>", "", text, flags=re.DOTALL))


def test_pictures_come_first_each_with_what_there_is_to_see(judged, tmp_path):
    judge.write_score_report(judged, tmp_path / "s.html")
    text = (tmp_path / "s.html").read_text(encoding="utf-8")
    sections = re.findall(r'<section id="(\w+)">', text)
    assert sections[:3] == ["curves", "where", "cost"]
    assert sections[3:] == ["overall", "differences", "slices", "mistakes"]
    assert "Hardest over all systems: " in text
    assert re.search(r"<strong>Most mistakes: \w+ in \w+, \d+ of \d+; elsewhere", text)


def test_the_sentence_of_a_map_counts_what_is_in_it():
    assert score._most({("en", "ssn"): page.Share(0, 9)}, "misses") == "No misses in 9 cases."
    shares = {("split", "ssn"): page.Share(2, 9), ("plain", "ssn"): page.Share(2, 4)}
    assert score._most(shares, "misses") == "Most misses: ssn, plain, 2 of 4; elsewhere 2 of 9."


def test_rounds_show_the_way_of_their_f1(judged, tmp_path):
    judge.write_score_report(judged, tmp_path / "s.html", rounds=True)
    text = (tmp_path / "s.html").read_text(encoding="utf-8")
    first, last = (one.overall.f1.value for one in judged.comparison.scores)
    assert f"F1 went from {first:.3f} (base) to {last:.3f} (better)." in text
    assert text.index('id="rounds"') < text.index('id="curves"')


def test_cases_without_a_positive_still_make_a_page(tmp_path):
    files.write(tmp_path / "c.jsonl", [
        {"id": "1", "category": "ssn", "content": "a", "label": False}
    ])  # fmt: skip
    files.write(tmp_path / "s.jsonl", [{"id": "1", "is_sensitive": True, "p_sensitive": 0.9}])
    asked = judge.Judging(tmp_path / "c.jsonl", (tmp_path / "s.jsonl",), names=("me",))
    judge.write_score_report(judge.score_files(asked), tmp_path / "s.html")
    text = (tmp_path / "s.html").read_text(encoding="utf-8")
    assert "false alarms are all there is: me has 1 in 1 cases." in text


def test_the_page_is_the_same_every_time(judged, tmp_path):
    for name in ("a.html", "b.html"):
        judge.write_score_report(judged, tmp_path / name)
    assert (tmp_path / "a.html").read_bytes() == (tmp_path / "b.html").read_bytes()


@pytest.mark.parametrize(
    ("order", "word"), [(("base", "better"), "more"), (("better", "base"), "less")]
)
@pytest.mark.usefixtures("judged")  # it writes both systems' files
def test_a_sure_difference_says_which_way_it_goes(tiny, tmp_path, order, word):
    said = tuple(tmp_path / f"{name}.jsonl" for name in order)
    again = judge.score_files(judge.Judging(tiny.folder, said))
    judge.write_score_report(again, tmp_path / "s.html")
    told = set(re.findall(r'class="state \w+">(\w+)<', (tmp_path / "s.html").read_text("utf-8")))
    assert word in told <= {word, "neither"}


def test_a_built_folder_shows_its_lines_and_a_spoilt_one_does_not(judged, copy, tmp_path):
    assert judged.drawn
    judge.write_score_report(judged, tmp_path / "s.html")
    assert "Lines are shown." in (tmp_path / "s.html").read_text(encoding="utf-8")
    assert score.is_drawn(copy)
    with (copy / "rows.parquet").open("ab") as rows:
        rows.write(b" ")
    assert not score.is_drawn(copy)


def test_no_text_of_other_peoples_cases_stands_on_the_page_unless_asked_for(tmp_path):
    ids = theirs(tmp_path / "cases.jsonl")
    said = tmp_path / "said.jsonl"
    files.write(said, ({"id": name, "is_sensitive": True, "explanation": CANARY, "raw": CANARY}
                       for name in ids))  # fmt: skip
    judged = judge.score_files(judge.Judging(tmp_path / "cases.jsonl", (said,)))
    assert not judged.drawn
    shut, opened = tmp_path / "shut.html", tmp_path / "open.html"
    judge.write_score_report(judged, shut)
    judge.write_score_report(judged, opened, show_content=True)
    assert "row-1" in shut.read_text(encoding="utf-8")
    assert not re.search(rf"{CANARY} \d", shut.read_text(encoding="utf-8"))
    mistakes = shut.read_text(encoding="utf-8").partition('id="mistakes"')[2]
    mistakes = mistakes.partition("</section>")[0]
    assert CANARY not in mistakes
    assert re.search(rf"{CANARY} \d", opened.read_text(encoding="utf-8"))


def test_a_hostile_name_or_line_is_escaped(tmp_path):
    files.write(tmp_path / "c.jsonl", [
        {"id": "<b>1</b>", "category": "ssn", "content": "</code><script>1</script>", "label": True,
         "language": "<i>en</i>"}
    ])  # fmt: skip
    files.write(tmp_path / "s.jsonl", [{"id": "<b>1</b>", "is_sensitive": False}])
    asked = judge.Judging(tmp_path / "c.jsonl", (tmp_path / "s.jsonl",), names=("<u>me</u>",))
    judge.write_score_report(judge.score_files(asked), tmp_path / "s.html", show_content=True)
    page = Closed()
    page.feed((tmp_path / "s.html").read_text(encoding="utf-8"))
    assert not page.tags & {"script", "i", "u"}
    assert "&lt;b&gt;1&lt;/b&gt;" in (tmp_path / "s.html").read_text(encoding="utf-8")


def test_nothing_that_is_there_is_overwritten_without_leave(judged, tmp_path):
    (tmp_path / "s.html").write_text("mine", encoding="utf-8")
    with pytest.raises(FolderExists):
        judge.write_score_report(judged, tmp_path / "s.html")


def test_calibration_is_learned_on_validation_added_and_read_back(tiny, tmp_path):
    def p(at, row):
        sure = 0.3 + at % 10 / 15
        return {"p_sensitive": sure if row.verdict.is_sensitive else 1 - sure}

    files = {
        split: write_said(tmp_path / f"{split}.jsonl",
                          [row for row in tiny.built.rows if row.split == split], p)
        for split in ("val", "test")
    }  # fmt: skip
    asked = judge.Judging(
        tiny.folder, (files["test"],), calibrate=(tiny.folder, files["val"]), draws=100
    )
    judged = judge.score_files(asked)
    assert list(judged.systems) == ["test", "test, calibrated"]
    out = tmp_path / "calibration.json"
    judge.write_calibration(judged.calibration, out, force=False)
    assert evaluate.calibrate.read(out) == judged.calibration
    assert json.loads(json.dumps(judged.record()))["calibration"]["form"]


def test_calibration_on_what_is_scored_is_refused(tiny, tmp_path):
    rows = [row for row in tiny.built.rows if row.split == "val"]
    said = write_said(tmp_path / "val.jsonl", rows, lambda _at, _row: {"p_sensitive": 0.5})
    asked = judge.Judging(
        tiny.folder, (said,), split="val", calibrate=(tiny.folder, said), draws=100
    )
    with pytest.raises(AskedWrongly, match="holds cases that are scored"):
        judge.score_files(asked)
    two = judge.Judging(tiny.folder, (said, said), ("a", "b"), calibrate=(tiny.folder, said))
    with pytest.raises(AskedWrongly, match="one system"):
        judge.score_files(two)


def test_a_mined_file_holds_no_text_id_or_key_of_a_case_and_build_reads_it(tiny, tmp_path):
    rows = [row for row in tiny.built.rows if row.split == "val"]
    weak = rows[0].category
    said = write_said(
        tmp_path / "said.jsonl", rows,
        lambda _, row: {"is_sensitive": row.verdict.is_sensitive is not (row.category == weak)},
    )  # fmt: skip
    mined = judge.mine_files(tiny.folder, said, rows=50)
    out = tmp_path / "mined.yaml"
    judge.write_mined(mined, out, split="val")
    text = out.read_text(encoding="utf-8")
    assert mined.cells[0].category == weak
    assert sum(cell.rows for cell in load_mined(out).cells) == 50
    for row in rows:
        private = {row.id, row.content, row.family, row.skeleton, row.twin_id, *row.key_names}
        private |= {mention.key for mention in row.values}
        assert not [one for one in private if len(one) > 5 and one in text]


def test_no_canary_of_other_peoples_cases_comes_into_a_mined_file(tmp_path):
    ids = theirs(tmp_path / "cases.jsonl", 200)
    said = tmp_path / "said.jsonl"
    files.write(said, ({"id": name, "is_sensitive": at % 2 == 0} for at, name in enumerate(ids)))
    mined = judge.mine_files(tmp_path / "cases.jsonl", said)
    judge.write_mined(mined, tmp_path / "mined.yaml", split="")
    text = (tmp_path / "mined.yaml").read_text(encoding="utf-8")
    assert mined.cells
    assert CANARY not in text
    assert "row-" not in text
    keys = {key for cell in yaml.safe_load(text)["cells"] for key in cell}
    assert keys <= {"category", "label", "variant", "disguise", "cue", "language", "event", "rows",
                    "misses", "of", "share", "low"}  # fmt: skip


def test_the_names_that_a_mined_file_may_hold_are_those_that_a_plan_has(recipes):
    specs = build.plan_of(load(recipes / "base.yaml"))
    known = score.known()
    assert {spec.variant for spec in specs} <= set(known["variant"])
    assert {spec.event for spec in specs} <= set(known["event"])
    assert {spec.language for spec in specs} <= set(known["language"])
    assert {name for spec in specs for name in spec.disguises} <= set(known["disguise"])
