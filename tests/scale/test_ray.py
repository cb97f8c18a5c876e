"""Ray on loopback: the same answers and bytes, whatever happens to a worker."""

import gc
import os
import warnings
from functools import partial
from pathlib import Path

import pytest
from small_set import how, make, needs_ray, sums
from test_engines import dies, fails, nothing_to_load

from piiforge.errors import AskedWrongly, BadRecipe
from piiforge.scale import engines

pytestmark = [
    needs_ray,
    pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::ResourceWarning"),
    pytest.mark.usefixtures("cluster"),
]


@pytest.fixture(scope="module")
def cluster():
    """One cluster for all: a run without one would start its own, which takes seconds."""
    with pytest.MonkeyPatch.context() as here:  # workers are to find the pieces of these tests
        here.setenv("PYTHONPATH", str(Path(__file__).parent), prepend=os.pathsep)
        ray = engines._ray(loopback=True)
        engines.get("ray", 2)._join(ray)
    yield ray
    with warnings.catch_warnings():  # Ray never waits for the processes that it ends
        warnings.simplefilter("ignore", ResourceWarning)
        ray.shutdown()
        gc.collect()


def test_it_listens_on_loopback_alone_under_a_token_and_sends_no_word_home(cluster):
    (node,) = cluster.nodes()
    assert node["NodeManagerAddress"] == "127.0.0.1"
    said = os.environ
    assert said["RAY_AUTH_MODE"] == "token"
    assert len(said["RAY_AUTH_TOKEN"]) >= 32
    assert said["RAY_USAGE_STATS_ENABLED"] == "0"


def test_every_piece_is_answered_once_in_its_place():
    found = dict(engines.get("ray", 2).run(nothing_to_load, range(12)))
    assert found == {place: place * place for place in range(12)}


def test_a_killed_worker_costs_its_piece_only(tmp_path):
    found = dict(engines.get("ray", 2).run(partial(dies, tmp_path, 2), range(6)))
    assert found == {place: place for place in range(6)}


def test_an_error_of_a_piece_is_the_error_of_the_run():
    with pytest.raises(BadRecipe, match="not there"):
        list(engines.get("ray", 2).run(fails, range(3)))


def test_a_node_with_another_version_is_named_with_both(monkeypatch):
    monkeypatch.setattr(engines, "__version__", "9.9.9")
    with pytest.raises(AskedWrongly, match=r"node 127\.0\.0\.1 has piiforge .*9\.9\.9"):
        list(engines.get("ray", 2).run(nothing_to_load, range(3)))


def test_a_set_made_on_ray_has_the_bytes_of_any_other(tmp_path):
    make(tmp_path / "here", how(1))
    make(tmp_path / "ray", how(2, "ray"), engine="ray")
    assert sums(tmp_path / "ray") == sums(tmp_path / "here")
