"""The log and the pace: steps are read as they are written, and what is left is measured."""

import json
import math

import pytest

from piiforge.errors import GateFailed
from piiforge.train import environment as lf
from piiforge.train.environment import tail
from piiforge.types import silent


def write(path, *records):
    with path.open("a", encoding="utf-8") as log:
        log.writelines(json.dumps(record) + "\n" for record in records)


def step(number, loss):
    return {"current_steps": number, "total_steps": 9, "loss": loss}


def test_a_step_done_twice_counts_as_it_was_last(tmp_path):
    write(tmp_path / lf.LOG, step(1, 0.9), step(2, 0.8), step(3, 0.7), step(3, 0.6), {"x": 1})
    assert [(one.step, one.loss) for one in lf.read_log(tmp_path)] == [(1, 0.9), (2, 0.8), (3, 0.6)]


def test_half_a_last_line_is_left_out(tmp_path):
    write(tmp_path / lf.LOG, step(1, 0.9))
    with (tmp_path / lf.LOG).open("a", encoding="utf-8") as log:
        log.write('{"current_steps": 2, "tot')
    assert len(lf.read_log(tmp_path)) == 1


@pytest.mark.parametrize("loss", [math.nan, math.inf, -math.inf])
def test_a_loss_that_is_not_a_number_is_seen(loss):
    watch = lf.Watch(silent, [].append, "16 rows")
    with pytest.raises(GateFailed, match="not a number at step 1 of 9"):
        watch.see(json.loads(json.dumps(step(1, loss))))


def test_the_pace_leaves_the_first_step_out():
    clock = iter([100.0, 103.0, 106.0, 109.0])
    watch = lf.Watch(silent, [].append, "16 rows", clock.__next__)
    for number in (4, 5, 6, 7):
        watch.see(step(number, 0.5))
    assert (watch.measured, watch.pace_s) == (3, 3.0)


def test_one_step_is_no_pace():
    watch = lf.Watch(silent, [].append, "16 rows")
    watch.see(step(1, 0.5))
    assert watch.pace_s is None


def test_a_tail_gives_each_whole_line_once(tmp_path):
    path = tmp_path / "log"
    write(path, step(1, 1.0))
    new = tail(path)
    assert list(new()) == []
    with path.open("a", encoding="utf-8") as log:
        log.write('{"a"')
        log.flush()
        assert list(new()) == []
        log.write(": NaN}\n")
    (only,) = new()
    assert math.isnan(only["a"])
    assert list(new()) == []
