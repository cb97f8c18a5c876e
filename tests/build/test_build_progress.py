"""Work that takes a while says how far it has come: every stage, none of them backwards."""

from itertools import groupby, pairwise

from piiforge import build, recipe

STAGES = ["plan", "compose", "measure", "probe", "write", "report"]


def test_each_stage_of_a_build_tells_its_progress_in_order(tmp_path):
    told = []
    asked = recipe.load("loop")
    build.build(asked, tmp_path / "out", workers=1, progress=lambda *step: told.append(step))
    assert [step for step, _ in groupby(told, key=lambda one: one[0])] == STAGES
    for first, second in pairwise(told):
        assert first[0] != second[0] or first[1] <= second[1] <= second[2]
