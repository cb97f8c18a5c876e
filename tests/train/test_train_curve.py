"""The log and the pace: steps are read as they are written, and what is left is measured."""

import json
import math

import pytest

from piiforge.train import judge
from piiforge.train.environment import Tail


def write(path, *records):
    with path.open("a", encoding="utf-8") as log:
        log.writelines(json.dumps(record) + "\n" for record in records)


def step(number, loss):
    return {"current_steps": number, "total_steps": 9, "loss": loss}


def test_a_step_done_twice_counts_as_it_was_last(tmp_path):
    write(tmp_path / judge.LOG, step(1, 0.9), step(2, 0.8), step(3, 0.7), step(3, 0.6), {"x": 1})
    assert [(one.step, one.loss) for one in judge.read(tmp_path)] == [(1, 0.9), (2, 0.8), (3, 0.6)]


def test_half_a_last_line_is_left_out(tmp_path):
    write(tmp_path / judge.LOG, step(1, 0.9))
    with (tmp_path / judge.LOG).open("a", encoding="utf-8") as log:
        log.write('{"current_steps": 2, "tot')
    assert len(judge.read(tmp_path)) == 1


@pytest.mark.parametrize("loss", [math.nan, math.inf, -math.inf])
def test_a_loss_that_is_not_a_number_is_seen(loss):
    assert judge.point_of(json.loads(json.dumps(step(1, loss)))).is_lost


def test_the_pace_leaves_the_first_step_out():
    pace = judge.Pace()
    for number, clock in [(18, 100.0), (19, 103.0), (20, 106.0), (21, 109.0)]:
        pace.see(number, clock)
    assert (pace.steps, pace.seconds) == (3, 3.0)


def test_one_step_is_no_pace():
    pace = judge.Pace()
    pace.see(1, 5.0)
    assert pace.seconds is None


def test_a_tail_gives_each_whole_line_once(tmp_path):
    path = tmp_path / "log"
    write(path, step(1, 1.0))
    tail = Tail(path)
    assert list(tail.new()) == []
    with path.open("a", encoding="utf-8") as log:
        log.write('{"a"')
        log.flush()
        assert list(tail.new()) == []
        log.write(": NaN}\n")
    (only,) = tail.new()
    assert math.isnan(only["a"])
    assert list(tail.new()) == []
