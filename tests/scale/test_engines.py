"""Engines: every piece once, whatever happens to a worker."""

import os
import signal
from functools import partial

import pytest

from piiforge.errors import BadRecipe, GateFailed, UnknownName
from piiforge.scale import engines


def nothing_to_load():
    return square


def square(number):
    return number * number


def dies(folder, times):
    """Return work that kills its own process at piece 3, so many times."""

    def work(number):
        if number == 3 and len(list(folder.iterdir())) < times:
            (folder / str(os.getpid())).touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return number

    return work


def fails():
    return refuse


def refuse(_number):
    raise BadRecipe("seeds.0", "not there")


@pytest.mark.parametrize("workers", [1, 2, 3])
def test_every_piece_is_answered_once_in_its_place(workers):
    found = dict(engines.get("processes", workers).run(nothing_to_load, range(20)))
    assert found == {place: place * place for place in range(20)}


@pytest.mark.parametrize("workers", [1, 2])
def test_no_pieces_are_no_work(workers):
    assert list(engines.get("processes", workers).run(nothing_to_load, [])) == []


def test_a_killed_worker_costs_its_piece_only(tmp_path):
    found = dict(engines.get("processes", 2).run(partial(dies, tmp_path, 2), range(6)))
    assert found == {place: place for place in range(6)}


def test_a_worker_killed_at_one_piece_again_and_again_is_told_in_a_sentence(tmp_path):
    with pytest.raises(GateFailed, match="killed 3 times at piece 4"):
        list(engines.get("processes", 2).run(partial(dies, tmp_path, 9), range(6)))


@pytest.mark.parametrize("workers", [1, 2])
def test_an_error_of_a_piece_is_the_error_of_the_run(workers):
    with pytest.raises(BadRecipe, match="not there"):
        list(engines.get("processes", workers).run(fails, range(6)))


def test_an_unknown_engine_is_named():
    with pytest.raises(UnknownName, match="'ray'"):
        engines.get("rya")
