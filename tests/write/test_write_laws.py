"""Laws of a write, against a server on loopback that answers like a model, and fails like one."""

import json
import re
from collections import Counter
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace

import pytest

from fault_server import FaultServer
from piiforge import categories, chat, compose, files, reader, review
from piiforge.chat.journal import Journal
from piiforge.compose import frames
from piiforge.errors import AskedWrongly, UnknownName
from piiforge.recipe import Recipe, load
from piiforge.rng import child
from piiforge.types import Cue, Switches
from piiforge.write import answers, prompts
from piiforge.write.answers import FOR_REVIEW, masked
from piiforge.write.prompts import calls_of
from piiforge.write.rows import draw_subject, finish, texts_of
from piiforge.write.run import Manner, Shots, foresee, report_text, wanted_by, write
from write_model import Model

RECIPES = Path(__file__).parents[2] / "recipes"
THREE = 'categories=["ssn", "bank_account", "email"]'
PRICES = {"input_usd_per_million": 1.0, "output_usd_per_million": 2.0}
QUICK = {"model": "tiny", "backoff_s": 0.01, "timeout_s": 0.5}


def recipe(*overrides: str, lines: int = 20) -> Recipe:
    return load(RECIPES / "tiny.yaml", [THREE, f"writing.lines={lines}", *overrides])


def settings(server: FaultServer, **more: object) -> chat.Settings:
    return chat.Settings(**{**QUICK, "base_url": server.url, **more})


def run(out: Path, model: Model, asked: Recipe | None = None, **more):
    """Write with a server of its own; return the report and the server."""
    manner = more.pop("manner", Manner())
    served = {name: more.pop(name) for name in ("seed", "faults", "kinds") if name in more}
    flags = {name: more.pop(name) for name in ("resume", "force") if name in more}
    with FaultServer(answer=model.answer, **served) as server:
        report = write(asked or recipe(), out, settings(server, **more), manner, **flags)
    return SimpleNamespace(report=report, server=server)


def rows(out: Path, name: str) -> list[dict]:
    return list(files.read(out / name))


def balanced(report) -> bool:
    return report.asked == report.accepted + sum(report.rejected.values()) + report.pending


@pytest.fixture(scope="module")
def spoilt(tmp_path_factory) -> SimpleNamespace:
    """One write with a model that spoils a third of its lines. Nobody may write into the folder."""
    out = tmp_path_factory.mktemp("written") / "spoilt"
    asked = load(RECIPES / "tiny.yaml", ["writing.lines=24"])
    return SimpleNamespace(out=out, recipe=asked, **vars(run(out, Model(faults=0.35), asked)))


def test_every_line_asked_for_is_accounted_for(spoilt):
    report = spoilt.report
    assert balanced(report)
    assert len(rows(spoilt.out, "lines.jsonl")) == report.accepted
    told = Counter(row["reason"] for row in rows(spoilt.out, "rejected.jsonl"))
    assert told == report.rejected


def test_every_way_to_be_wrong_has_its_reason(spoilt):
    expected = {
        *("value_in_text", "no_slot", "wrong_slot", "unknown_slot", "too_long", "prompt_echo"),
        *("duplicate", "wrong_event", "wrong_language", "cue_unread", "wrong_shape"),
        "not_delivered",
    }
    assert expected <= set(spoilt.report.rejected)


def test_no_cell_gets_more_than_it_wants(spoilt):
    wanted = wanted_by(spoilt.recipe, Manner())
    have = Counter(
        (line.category, line.cue, line.language, line.event)
        for line in frames.load_written(spoilt.out / "lines.jsonl")
    )
    targets = {(c.category, c.cue, c.language, c.event): n for c, n in wanted.items()}
    assert all(count <= targets[cell] for cell, count in have.items())
    assert spoilt.report.wanted - spoilt.report.accepted == sum(spoilt.report.short.values())


def test_a_model_that_writes_one_cell_only_does_not_fill_the_set_with_it(tmp_path):
    def eager(payload: dict) -> str:
        *first, last = payload["messages"]
        orders = re.findall(r"^- (\d+): (.+)$", last["content"], re.M)
        if not orders:
            return Model().answer(payload)
        total = sum(int(count) for count, _ in orders)
        block = re.compile(r"(?:^- \d+: .+\n)+", re.M)
        text = block.sub(f"- {total}: {orders[0][1]}\n", last["content"])
        return Model().answer({"messages": [*first, {**last, "content": text}]})

    done = run(tmp_path / "out", SimpleNamespace(answer=eager))
    assert done.report.rejected["cell_full"] > 0
    assert done.report.wanted - done.report.accepted == sum(done.report.short.values())


def test_no_accepted_line_holds_a_value(spoilt):
    for line in frames.load_written(spoilt.out / "lines.jsonl"):
        text = frames.plain(line.text, lambda _slot: "x")
        assert not re.search(r"\d{7}", text)
        assert not any(reader.judge(reader.find(text, category.id)) for category in categories.ALL)


def test_an_independent_reading_of_a_filled_line_gives_our_label(spoilt):
    """With other values than those that the line was accepted with."""
    wrong = 0
    lines = frames.load_written(spoilt.out / "lines.jsonl")
    for line in lines:
        rng = child(99, line.id)
        value = draw_subject(line, rng)
        content = finish(line, texts_of(line, value) if value else (), rng)
        asked = categories.get(line.category)
        label = compose.is_sensitive(asked, value, (), line.cue, Switches())
        wrong += reader.judge(reader.find(content, line.category)) is not label
    assert wrong <= len(lines) // 100


def test_rejected_lines_keep_no_digit_and_no_mailbox(spoilt):
    for row in rows(spoilt.out, "rejected.jsonl"):
        assert not re.search(r"\d|@", str(row["text"]))


def test_a_mailbox_is_masked_however_it_is_written():
    assert masked("u=a.b%40example.com&x=1") == "u=mailbox&x=#"
    assert masked("mail a@example.com!") == "mail mailbox"


def test_the_review_holds_doubts_and_samples_and_reads_back(spoilt):
    samples = review.load(spoilt.out / "review.jsonl")
    doubts = [row for row in samples if row.why]
    assert len(samples) == review.MOST
    assert {row.why.partition(":")[0] for row in doubts} <= FOR_REVIEW
    assert len({row.category for row in samples}) == len(categories.ALL)
    assert {row.label for row in samples} == {True, False}
    accepted = {line.id for line in frames.load_written(spoilt.out / "lines.jsonl")}
    assert all((row.id in accepted) is not bool(row.why) for row in samples)


def test_a_sample_s_label_is_that_of_the_independent_reading(spoilt):
    samples = [row for row in review.load(spoilt.out / "review.jsonl") if not row.why]
    wrong = [
        row for row in samples if reader.judge(reader.find(row.content, row.category)) != row.label
    ]
    assert len(wrong) <= len(samples) // 50


def test_the_manifest_proves_the_files_and_names_no_address_nor_key(spoilt):
    manifest = files.read_json(spoilt.out / "manifest.json")
    for name, sha256 in manifest["files"].items():
        assert files.sha256(spoilt.out / name) == sha256
    assert manifest["finished"] is True
    assert manifest["settings"]["endpoint"] == "127.0.0.1"
    assert manifest["settings"]["temperatures"] == {"lines": 0.9, "verdicts": 0.0}
    assert review.recorded_bound(spoilt.out / "review.jsonl") == 0.02


def test_the_account_says_how_much_of_what(spoilt):
    text = report_text(spoilt.report)
    assert f"asked {spoilt.report.asked} = accepted {spoilt.report.accepted} + rejected" in text


def test_the_same_answers_give_the_same_lines_whatever_their_order(tmp_path):
    one = run(tmp_path / "one", Model(faults=0.2), most_at_once=1)
    passing = {"seed": 3, "faults": 0.3, "kinds": ("429", "429_wait", "500", "503", "reset")}
    two = run(tmp_path / "two", Model(faults=0.2), most_at_once=8, tries=20, **passing)
    assert two.server.log != one.server.log
    for name in ("lines.jsonl", "rejected.jsonl", "review.jsonl"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_faults_of_the_server_lose_nothing(tmp_path):
    done = run(
        tmp_path / "out", Model(), recipe("writing.lines_per_call=3"), seed=1, faults=0.2, tries=2
    )
    assert balanced(done.report)
    assert done.report.spent["retries"] > 0


def test_answers_in_fences_are_read(tmp_path):
    assert run(tmp_path / "out", Model(fenced=True)).report.accepted > 40


def test_a_model_that_writes_nothing_of_use_ends_after_one_round(tmp_path):
    done = run(tmp_path / "out", SimpleNamespace(answer=lambda _payload: "The sea is wide."))
    report = done.report
    assert (report.accepted, report.rounds) == (0, 1)
    assert report.rejected == {"not_json": report.asked}
    assert rows(tmp_path / "out", "lines.jsonl") == []


def test_a_folder_is_not_written_over_unasked(tmp_path):
    run(tmp_path / "out", Model())
    with pytest.raises(AskedWrongly, match="already exists"):
        run(tmp_path / "out", Model())


def test_a_stranger_s_folder_is_never_touched(tmp_path):
    (tmp_path / "mine.txt").write_text("x")
    for flag in ("resume", "force"):
        with pytest.raises(AskedWrongly, match="something else"):
            run(tmp_path, Model(), **{flag: True})
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_resume_of_a_finished_folder_asks_nothing(tmp_path):
    first = run(tmp_path / "out", Model())
    again = run(tmp_path / "out", Model(), resume=True)
    assert again.server.log == []
    assert again.report == first.report


def test_resume_with_other_settings_is_refused(tmp_path):
    run(tmp_path / "out", Model())
    with pytest.raises(AskedWrongly, match="other settings"):
        run(tmp_path / "out", Model(), recipe(lines=30), resume=True)


def test_force_writes_anew_from_what_was_paid_for(tmp_path):
    run(tmp_path / "out", Model())
    before = (tmp_path / "out" / "lines.jsonl").read_bytes()
    (tmp_path / "out" / "lines.jsonl").unlink()
    again = run(tmp_path / "out", Model(), force=True)
    assert (tmp_path / "out" / "lines.jsonl").read_bytes() == before
    assert sum(again.server.paid.values()) <= 1  # the probe of a new address


def test_a_second_writer_is_refused_and_takes_nothing_away(tmp_path):
    run(tmp_path / "out", Model())
    before = {path.name: path.read_bytes() for path in (tmp_path / "out").glob("*.json*")}
    with (
        closing(Journal(tmp_path / "out" / "calls.sqlite")),
        pytest.raises(AskedWrongly, match="in use by another process"),
    ):
        run(tmp_path / "out", Model(), force=True)
    assert before == {path.name: path.read_bytes() for path in (tmp_path / "out").glob("*.json*")}


def test_a_person_s_decisions_stay(tmp_path):
    run(tmp_path / "out", Model())
    path = tmp_path / "out" / "review.jsonl"
    first = review.load(path)[0]
    review.decide(path, first.id, review.Decision.WRONG, "no")
    run(tmp_path / "out", Model(), force=True)
    kept = next(row for row in review.load(path) if row.id == first.id)
    assert (kept.decision, kept.note) == (review.Decision.WRONG, "no")


def test_a_budget_that_is_out_leaves_lines_pending_and_resume_fetches_them(tmp_path):
    asked = recipe("writing.lines_per_call=5")
    free = run(tmp_path / "free", Model(), asked, **PRICES)
    out = tmp_path / "out"
    with FaultServer(answer=Model().answer) as server:
        poor = settings(server, budget_usd=0.02, most_at_once=1, **PRICES)
        short = write(asked, out, poor, Manner())
        assert balanced(short)
        assert short.pending > 0
        assert short.spent["usd"] <= 0.02
        assert files.read_json(out / "manifest.json")["finished"] is False
        rich = settings(server, budget_usd=5.0, **PRICES)
        rest = write(asked, out, rich, Manner(), resume=True)
    assert rest.finished
    assert max(server.paid.values()) == 1
    same = (tmp_path / "out" / "lines.jsonl").read_bytes()
    assert same == (tmp_path / "free" / "lines.jsonl").read_bytes()
    assert free.report.accepted == rest.accepted


def test_a_judge_who_disagrees_sends_a_line_to_review_and_is_no_authority(tmp_path):
    done = run(tmp_path / "out", Model(verdict=True), manner=Manner(judge=True))
    assert balanced(done.report)
    assert done.report.rejected["judge"] > 0
    lines = frames.load_written(tmp_path / "out" / "lines.jsonl")
    labels = {line.cue for line in lines if line.category == "ssn"}
    assert labels <= {Cue.CONFIRM, Cue.NEUTRAL}  # where it said "sensitive", we did too
    assert any(row.why.startswith("judge") for row in review.load(tmp_path / "out/review.jsonl"))


def test_a_judge_who_agrees_or_is_silent_changes_nothing(tmp_path):
    silent = SimpleNamespace(answer=lambda p: said if (said := answered(p)) else "{}")

    def answered(payload: dict) -> str:
        judged = "verdicts" in payload["messages"][0]["content"]
        return "" if judged else Model().answer(payload)

    run(tmp_path / "silent", silent, manner=Manner(judge=True))
    run(tmp_path / "none", Model())
    same = (tmp_path / "silent" / "lines.jsonl").read_bytes()
    assert same == (tmp_path / "none" / "lines.jsonl").read_bytes()


def test_a_batch_ends_with_the_lines_of_a_live_run(tmp_path):
    run(tmp_path / "live", Model())
    out, manner = tmp_path / "out", Manner(batch=True)
    with FaultServer(answer=Model().answer) as server:
        first = write(recipe(), out, settings(server), manner)
        assert first.in_batch
        assert first.pending == first.asked
        assert not (out / "lines.jsonl").exists()
        for _ in range(20):
            report = write(recipe(), out, settings(server), manner, resume=True)
            assert balanced(report)
            if not report.in_batch:
                break
    assert (out / "lines.jsonl").read_bytes() == (tmp_path / "live/lines.jsonl").read_bytes()


def test_mode_full_keeps_no_value_of_the_model(tmp_path):
    done = run(tmp_path / "out", Model(full=True), manner=Manner(mode="full"))
    assert balanced(done.report)
    lines = frames.load_written(tmp_path / "out" / "lines.jsonl")
    assert len(lines) > 20
    assert {line.mode for line in lines} == {"full"}
    assert all(line.claimed is not None for line in lines)
    for line in lines:
        assert not answers.value(frames.plain(line.text, lambda _slot: "x"))
    assert any(line.shape for line in lines)


def test_mode_full_never_accepts_a_line_whose_own_label_is_not_ours(tmp_path):
    model = Model(full=True)

    def liar(payload: dict) -> str:
        said = json.loads(model.answer(payload))
        return json.dumps({"lines": [{**one, "label": not one["label"]} for one in said["lines"]]})

    done = run(tmp_path / "out", SimpleNamespace(answer=liar), manner=Manner(mode="full"))
    assert done.report.rejected["claimed"] > done.report.accepted
    for line in frames.load_written(tmp_path / "out" / "lines.jsonl"):
        assert line.cue is Cue.NEUTRAL or line.claimed is (line.cue is Cue.CONFIRM)
    assert any(row.why.startswith("claimed") for row in review.load(tmp_path / "out/review.jsonl"))


def test_shots_are_ours_keep_the_rules_and_come_again():
    asked = load(RECIPES / "tiny.yaml")
    calls = calls_of(0, wanted_by(asked, Manner()), {}, 25)[:18]
    shots = Shots(asked, 2)
    found = {call.name: shots.of(call) for call in calls}
    assert found == {call.name: Shots(asked, 2).of(call) for call in calls[:1]} | found
    assert sum(map(len, found.values())) >= len(calls)
    for call in calls:
        for shot in found[call.name]:
            text = shot.partition("] ")[2]
            assert not answers.value(frames.plain(text, lambda _slot: "x"))
            assert all(slot.is_known for slot in frames.slots_of(text))
        request = prompts.writing(call, "slots", temperature=1, seed=1, shots=found[call.name])
        assert all(shot in prompts.said(request) for shot in found[call.name])


def test_a_forecast_sends_nothing_and_needs_no_key(tmp_path, monkeypatch):
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    priced = chat.Settings(model="tiny", **PRICES)
    facts = foresee(recipe(), tmp_path / "out", priced, Manner())
    assert facts["lines"] == 60
    assert 0 < facts["expected_usd"] < facts["usd"]
    assert not (tmp_path / "out").exists()


def test_no_key_leaves_no_folder(tmp_path, monkeypatch):
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    with pytest.raises(AskedWrongly, match="OPENAI_API_KEY"):
        write(recipe(), tmp_path / "out", chat.Settings(model="tiny"), Manner())
    assert not (tmp_path / "out").exists()


def test_an_unknown_mode_is_named():
    with pytest.raises(UnknownName, match="slots"):
        wanted_by(recipe(), Manner(mode="slot"))


def test_the_limits_told_are_the_limits_kept():
    assert prompts.LONGEST == answers.LONGEST
