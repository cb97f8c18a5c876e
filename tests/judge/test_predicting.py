"""Laws of files of predictions: whole or not at all, and nothing answered is asked again."""

import json

import pytest

from fault_server import FaultServer
from piiforge import chat, files, predict, prompt
from piiforge.errors import AskedWrongly, FolderExists, GateFailed
from piiforge.judge.cases import read_cases, read_predictions
from piiforge.judge.predict import PredictionFile, Question, predict_file
from piiforge.scale import engines
from piiforge.types import Prediction, Verdict

YES = prompt.answer(Verdict(True, 0.9, "SSN under its key."))
COUNT = 20


def quiet(_step, _done, _total):
    """No bar."""


def ask(question, out, *, resume=False, force=False):
    return predict_file(question, out, resume=resume, force=force, progress=quiet)


@pytest.fixture
def source(tmp_path):
    path = tmp_path / "cases.jsonl"
    files.write(
        path, ({"id": f"c{n}", "category": "ssn", "content": f"line {n}"} for n in range(COUNT))
    )
    return path


def rules(source, **more):
    return Question(source, "rules", more.pop("settings", predict.Settings()), **more)


def remote(source, server, **more):
    told = chat.Settings("", key_variable="PIIFORGE_TEST_KEY", backoff_s=0.001, tries=1)
    settings = predict.Settings(remote=told)
    return Question(source, f"chat:{server.url}#tiny", settings, latency=0, **more)


def test_every_row_is_answered_in_the_order_of_the_cases(source, tmp_path):
    done = ask(rules(source, latency=5), tmp_path / "out" / "said.jsonl")
    said = read_predictions(tmp_path / "out" / "said.jsonl")
    assert [each.id for each in said] == [case.id for case in read_cases(source)]
    assert (done.rows, done.unparsed, done.kept, done.timed) == (COUNT, 0, 0, 5)
    assert sum(each.latency_ms is not None for each in said) == 5
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "said.jsonl",
        "said.run.json",
    ]


def test_predictions_of_a_built_folder_match_its_test_split(tiny, tmp_path):
    out = tmp_path / "said.jsonl"
    ask(rules(tiny.folder, latency=0), out)
    expected = [case.id for case in read_cases(tiny.folder, "test")]
    assert [each.id for each in read_predictions(out)] == expected


def test_all_is_every_split_and_limit_the_first_rows(tiny, tmp_path):
    out = tmp_path / "said.jsonl"
    done = ask(rules(tiny.folder, split="all", limit=30, latency=0), out)
    assert done.rows == 30
    assert [each.id for each in read_predictions(out)] == [
        case.id for case in read_cases(tiny.folder)[:30]
    ]


def test_what_is_there_is_not_overwritten_without_leave(source, tmp_path):
    out = tmp_path / "said.jsonl"
    out.write_text("mine")
    with pytest.raises(FolderExists):
        ask(rules(source), out)
    assert out.read_text() == "mine"
    assert ask(rules(source), out, force=True).rows == COUNT


def test_a_stopped_run_leaves_no_file_and_resume_asks_only_the_rest(source, tmp_path):
    out = tmp_path / "said.jsonl"
    faults = ("ok", *("ok", "500") * (COUNT // 2))
    with FaultServer(answer=lambda _payload: YES, script=faults, keep=True) as server:
        with pytest.raises(GateFailed, match="have no answer"):
            ask(remote(source, server), out)
        assert not out.exists()
        with pytest.raises(AskedWrongly, match="unfinished run"):
            ask(remote(source, server), out)
        kept = len((tmp_path / "said.jsonl.part").read_text().splitlines()) - 1
        asked = len(server.seen)
        done = ask(remote(source, server), out, resume=True)
    assert 0 < kept < COUNT
    assert (done.rows, done.kept) == (COUNT, kept)
    assert len(server.seen) - asked == COUNT - kept
    assert not (tmp_path / "said.jsonl.part").exists()


def test_a_kill_in_the_middle_of_a_line_costs_that_line_only(source, tmp_path):
    out = tmp_path / "said.jsonl"
    ask(rules(source, latency=0), out)
    whole, about = out.read_bytes(), json.loads((tmp_path / "said.run.json").read_text())
    head = json.dumps({"asked": about["asked"]}).encode() + b"\n"
    (tmp_path / "said.jsonl.part").write_bytes(head + whole[: len(whole) // 2])
    out.unlink()
    done = ask(rules(source, latency=0), out, resume=True)
    assert out.read_bytes() == whole
    assert done.kept == whole[: len(whole) // 2].count(b"\n")


def test_resume_with_a_higher_limit_asks_only_the_new_rows(source, tmp_path):
    out = tmp_path / "said.jsonl"
    ask(rules(source, limit=5), out)
    assert ask(rules(source, limit=12), out, resume=True).kept == 5
    assert ask(rules(source), out, resume=True).kept == 12
    assert ask(rules(source), out, resume=True).kept == COUNT


@pytest.mark.parametrize(
    "change",
    [
        {"settings": predict.Settings(decode=True)},
        {"predictor": "presidio"},
        {"shots": True},
        {"content": True},
    ],
)
def test_answers_to_another_question_are_never_mixed_in(source, tmp_path, change):
    out = tmp_path / "said.jsonl"
    ask(rules(source), out)
    if "content" in change:
        text = source.read_text().replace("line 3", "line three")
        source.write_text(text)
    settings = change.get("settings", predict.Settings(order="content_first"
                                                       if "shots" in change
                                                       else "category_first"))  # fmt: skip
    question = Question(source, change.get("predictor", "rules"), settings)
    with pytest.raises(AskedWrongly, match="asked otherwise"):
        ask(question, out, resume=True)


def test_shots_come_from_the_train_split_and_never_hold_a_judged_content(tiny, tmp_path):
    with FaultServer(answer=lambda _payload: YES, keep=True) as server:
        question = remote(tiny.folder, server, limit=6, shots_from=tiny.folder)
        settings = predict.Settings(remote=question.settings.remote, shots=4)
        ask(Question(tiny.folder, question.predictor, settings, limit=6, latency=0,
                     shots_from=tiny.folder), tmp_path / "said.jsonl")  # fmt: skip
    cases = read_cases(tiny.folder, "test")[:6]
    turns = [body["messages"] for _, body in server.seen if len(body["messages"]) == 9]
    assert len(turns) == len(cases)
    for messages in turns:
        labels = [prompt.parse(each["content"]).is_sensitive for each in messages[1::2]]
        assert sum(labels) == 2
        judged = messages[-1]["content"]
        assert all(judged != each["content"] for each in messages[:-1:2])


def test_what_is_judged_is_never_its_own_example(tmp_path):
    path = tmp_path / "labelled.jsonl"
    files.write(path, [{"id": "a", "category": "ssn", "content": "line", "label": True}])
    question = Question(path, "rules", predict.Settings(), shots_from=path)
    with pytest.raises(AskedWrongly, match="no labelled example but what is judged"):
        ask(question, tmp_path / "said.jsonl")


def test_the_fingerprint_of_a_remote_run_holds_no_key(source, tmp_path, monkeypatch):
    monkeypatch.setenv("PIIFORGE_TEST_KEY", "not-a-real-key")
    with FaultServer(answer=lambda _payload: YES) as server:
        ask(remote(source, server), tmp_path / "said.jsonl")
    for path in tmp_path.iterdir():
        assert b"not-a-real-key" not in path.read_bytes()


def test_a_calibration_changes_p_and_verdict(source, tmp_path):
    from piiforge import evaluate

    stored = tmp_path / "calibration.json"
    calibration = evaluate.Calibration(
        form="platt", scale=1.0, bias=30.0, threshold=0.6, wanted_precision=0.95, reached=True,
        precision=1.0, recall=1.0, rows=10,
    )  # fmt: skip
    files.write_json(stored, calibration.record())
    plain, changed = tmp_path / "plain.jsonl", tmp_path / "changed.jsonl"
    assert ask(rules(source), plain).sensitive == 0
    done = ask(rules(source, calibration=stored), changed)
    cases = read_cases(source)
    expected = list(evaluate.calibrate.apply(calibration, cases, read_predictions(plain)))
    found = read_predictions(changed)
    assert [each.p_sensitive for each in found] == [each.p_sensitive for each in expected]
    assert done.sensitive == sum(each.is_sensitive is True for each in expected)


def test_a_part_of_another_version_is_told(tmp_path):
    (tmp_path / "said.jsonl.part").write_text('{"asked":"x"}\n{"id":"a","what":1}\n')
    with (
        pytest.raises(AskedWrongly, match="not written by this version"),
        PredictionFile(tmp_path / "said.jsonl", "x", resume=True, force=False),
    ):
        pass


def test_a_file_being_written_is_readable_after_every_row(tmp_path):
    with PredictionFile(tmp_path / "said.jsonl", "x", resume=False, force=False) as file:
        file.add(Prediction("a", True))
        assert len((tmp_path / "said.jsonl.part").read_text().splitlines()) == 2
    with PredictionFile(tmp_path / "said.jsonl", "x", resume=True, force=False) as again:
        assert again.kept == {"a": Prediction("a", True)}


def test_who_was_slower_neither_writes_over_the_other_nor_asks_again(tmp_path):
    out = tmp_path / "said.jsonl"
    anew, going_on = (PredictionFile(out, "x", resume=on, force=False) for on in (False, True))
    with PredictionFile(out, "x", resume=False, force=False) as quicker:
        quicker.add(Prediction("a", True))
        quicker.finish(["a"], {})
    with pytest.raises(FolderExists), anew:
        pass
    assert sorted(path.name for path in tmp_path.iterdir()) == ["said.jsonl", "said.run.json"]
    with going_on:
        assert going_on.kept == {"a": Prediction("a", True)}


@pytest.mark.parametrize("system", ["rules", "context"])
def test_workers_answer_as_one_process_does(tmp_path, source, monkeypatch, system):
    monkeypatch.setattr("piiforge.judge.predict._CHUNK", 3)
    question = Question(source, system, latency=0)
    expected = ask(question, tmp_path / "one.jsonl")
    for count in (1, 2):
        out = tmp_path / f"{count}.jsonl"
        done = predict_file(question, out, resume=False, force=False, progress=quiet,
                            spread=engines.get("processes", count).run)  # fmt: skip
        assert out.read_bytes() == (tmp_path / "one.jsonl").read_bytes()
        assert (done.rows, done.sensitive) == (expected.rows, expected.sensitive)


def test_a_remote_model_is_asked_by_one_process(tmp_path, source):
    question = Question(source, "chat:http://127.0.0.1:9/v1#m")
    with pytest.raises(AskedWrongly, match="not for a remote model"):
        predict_file(question, tmp_path / "o.jsonl", resume=False, force=False, progress=quiet,
                     spread=engines.get("processes", 2).run)  # fmt: skip
