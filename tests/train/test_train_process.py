"""A training that is stopped, dies or diverges says at which step, and leaves no process behind.

`fake_cli.py` stands for LLaMA-Factory: a real child process that writes the same log.
"""

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time

import pytest

from piiforge import train
from piiforge.errors import AskedWrongly, GateFailed
from piiforge.train import environment, settings
from piiforge.train.run import train as train_until_the_end


@pytest.fixture
def where(tmp_path):
    made = train.Run(tmp_path / "run")
    made.checkpoints.mkdir(parents=True)
    made.training.write_text(settings.text({"output_dir": str(made.checkpoints)}))
    return made


@pytest.fixture
def watch():
    said, moved = [], []
    made = environment.Watch(lambda *one: moved.append(one), said.append, "16 rows")
    return made, said, moved


def fit(fake, where, watch, monkeypatch, say=lambda _: None, **asked):
    monkeypatch.setenv("FAKE", json.dumps(asked))
    with environment.locked(where.folder) as lock:
        command = [fake.command, "train", where.training]
        return train_until_the_end(command, fake, where, watch, say, lock=lock)


def test_each_step_is_told_with_its_loss_and_the_cost_once(fake, where, watch, monkeypatch):
    made, said, moved = watch
    ended = fit(fake, where, made, monkeypatch, steps=6, pause=0.02)
    assert [(done, total) for _, done, total in moved] == [(step, 6) for step in range(1, 7)]
    assert moved[1][0].startswith("loss 0.5000")
    assert len(said) == 1
    assert said[0].startswith("A step of 16 rows takes")
    assert (ended.status, ended.peak_gb > 0) == (0, True)


def test_a_loss_that_is_not_a_number_stops_it(fake, where, watch, monkeypatch):
    with pytest.raises(GateFailed, match="not a number at step 3 of 500"):
        fit(fake, where, watch[0], monkeypatch, steps=500, pause=0.05, nan=3)
    assert len((where.checkpoints / "trainer_log.jsonl").read_text().splitlines()) < 50


def test_a_trainer_that_dies_is_named_without_its_text(fake, where, watch, monkeypatch):
    with pytest.raises(GateFailed, match=r"status 1 \(ValueError\).*at step 5 of 9") as caught:
        fit(fake, where, watch[0], monkeypatch, steps=9, die=5)
    assert "secret" not in str(caught.value)
    assert f"--resume --out {where.folder}` goes on from step 4" in str(caught.value)


def test_a_trainer_that_is_killed_says_where_it_stood(fake, where, watch, monkeypatch):
    with pytest.raises(GateFailed, match=r"killed by signal 9 .* at step 1 of 9.*no checkpoint"):
        fit(fake, where, watch[0], monkeypatch, steps=9, kill=1)


def test_ctrl_c_stops_it_and_says_how_to_go_on(fake, where, watch, monkeypatch):
    made, said, moved = watch
    made.progress = lambda *one: (moved.append(one), one[1] == 3 and os.kill(os.getpid(), 2))
    with pytest.raises(KeyboardInterrupt):
        fit(fake, where, made, monkeypatch, said.append, steps=500, pause=0.05)
    stopped = re.fullmatch(
        r"Stopped at step (\d+) of 500\. `piiforge train --resume .*` goes on from step (\d+)\.",
        said[-1],
    )
    assert stopped
    assert int(stopped[1]) - 1 <= int(stopped[2]) <= int(stopped[1])


def test_sigterm_stops_it_too(fake, where, watch, monkeypatch):
    made, _, moved = watch
    made.progress = lambda *one: (moved.append(one), one[1] == 2 and os.kill(os.getpid(), 15))
    with pytest.raises(KeyboardInterrupt):
        fit(fake, where, made, monkeypatch, steps=500, pause=0.05)


def test_a_child_that_hears_nothing_is_killed_with_its_children():
    script = (
        "import signal, subprocess, sys, time\n"
        "for sign in (signal.SIGINT, signal.SIGTERM): signal.signal(sign, signal.SIG_IGN)\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])\n"
        "print(child.pid, flush=True)\n"
        "time.sleep(60)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, start_new_session=True
    ) as process:
        grandchild = int(process.stdout.readline())
        short = [(sign, 0.3) for sign, _ in environment.GRACE_S[:2]] + [(signal.SIGKILL, 5.0)]
        environment.stop(process, short)
        assert process.returncode == -signal.SIGKILL
    assert gone(grandchild)


def gone(pid: int) -> bool:
    """Say whether a process ended: not there, or waiting to be collected by init."""
    for _ in range(50):
        try:
            with open(f"/proc/{pid}/stat", encoding="utf-8") as stat:  # noqa: PTH123
                if stat.read().rpartition(")")[2].split()[0] == "Z":
                    return True
        except OSError:
            return True
        time.sleep(0.05)
    return False


def test_a_killed_piiforge_leaves_the_run_locked_while_the_trainer_lives(tmp_path):
    with environment.locked(tmp_path) as lock:
        orphan = subprocess.Popen(
            [sys.executable, "-c", "import time; time.sleep(60)"], pass_fds=(lock,)
        )
    try:
        with pytest.raises(AskedWrongly, match="still at work"), environment.locked(tmp_path):
            pass
    finally:
        orphan.kill()
        orphan.wait()
    with environment.locked(tmp_path):
        pass


def test_half_a_checkpoint_is_never_used(tmp_path):
    import fake_cli

    for step in (2, 4, 6):
        fake_cli.save(tmp_path / f"checkpoint-{step}", step)
    (tmp_path / "checkpoint-4" / "trainer_state.json").write_text('{"global')
    (tmp_path / "checkpoint-6" / "optimizer.pt").unlink()
    assert list(environment.whole(tmp_path)) == [2]
    assert environment.sweep(tmp_path) == 2
    assert [path.name for path in tmp_path.iterdir()] == ["checkpoint-2"]


def test_a_run_in_another_thread_leaves_signals_alone(fake, where, watch, monkeypatch):
    done = []
    thread = threading.Thread(
        target=lambda: done.append(fit(fake, where, watch[0], monkeypatch, steps=1))
    )
    thread.start()
    thread.join()
    assert done[0].status == 0
