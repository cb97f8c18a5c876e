from hypothesis import given
from hypothesis import strategies as st

from piiforge.engine import runtime

ROWS = st.lists(
    st.lists(st.integers(0, 3), min_size=1, max_size=7).map(tuple), min_size=1, max_size=8
)


def seen_by(planted: runtime.Tree, at: int) -> list[int]:
    """What a token sees, as tokens in the order of their positions."""
    past = [token for root in planted.roots for token in root]
    tokens = [*past, *planted.ids.tolist()]
    return [token for token, sees in zip(tokens, planted.sees[at], strict=True) if sees]


@given(ROWS, ROWS)
def test_each_row_sees_itself_and_nothing_else(rows, kept):
    planted = runtime.plant(rows, kept)
    for row, at in zip(rows, planted.last.tolist(), strict=True):
        assert tuple(seen_by(planted, at)) == row
        assert planted.positions[at] == len(row) - 1


@given(ROWS, ROWS)
def test_what_rows_share_is_computed_once(rows, kept):
    planted = runtime.plant(rows, kept)
    fresh = {
        (runtime.base(row, kept), row[: end + 1])
        for row in rows
        for end in range(len(runtime.base(row, kept)), len(row))
    }
    assert len(planted.ids) == len(fresh)


@given(ROWS, ROWS, st.integers(1, 20))
def test_passes_hold_every_row_once_and_no_more_than_asked(rows, kept, most):
    passes = runtime.parted(rows, kept, most)
    assert sorted(at for each in passes for at in each) == list(range(len(rows)))
    for places in passes:
        planted = runtime.plant([rows[at] for at in places], kept)
        assert len(planted.ids) <= most or len(places) == 1


def test_a_kept_prefix_is_never_the_whole_row():
    assert runtime.base((1, 2), [(1, 2)]) == ()
    assert runtime.base((1, 2, 3), [(1,), (1, 2), (2,)]) == (1, 2)
