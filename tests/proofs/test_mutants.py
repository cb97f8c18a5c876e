"""Mutants: each is one change that compiles, and what is no law is left as it is."""

import ast

import pytest

from proofs import mutants

EVERY = [(name, path) for name, room in mutants.ROOMS.items()
         for pattern in room.files for path in sorted(mutants.SOURCE.glob(pattern))]  # fmt: skip


@pytest.mark.parametrize(
    ("source", "changed"),
    [
        ("a < 1", {"a <= 1", "a < 2"}),
        ("a is b and not c", {"a is b or not c", "a is not b and (not c)", "a is b and c"}),
        ("x = min(a) + 1", {"x = max(a) + 1", "x = min(a) - 1", "x = min(a) + 2"}),
        ("x = 'key'", {"x = 'XXkey'"}),
        ("[a for a in b if c(a)]", {"[a for a in b if not c(a)]"}),
        ("def f(a: int = 1) -> bool:\n    'Say it.'\n    return a",
         {'def f(a: int=2) -> bool:\n    """Say it."""\n    return a',
          'def f(a: int=1) -> bool:\n    """Say it."""\n    return None'}),
        ("x = 'two words', 'https://a.example'\nassert a == 1\nzip(a, strict=True)", set()),
    ],
)  # fmt: skip
def test_a_change_is_one_of_what_can_be_wrong(source, changed):
    found = set()
    for number in range(len(mutants.mutations(ast.parse(source)))):
        tree = ast.parse(source)
        mutants.mutations(tree)[number].apply()
        found.add(ast.unparse(tree))
    assert found == changed


@pytest.mark.parametrize("path", [path for _, path in EVERY], ids=lambda path: path.stem)
def test_a_mutant_compiles_and_is_another_module(path):
    plain = ast.parse(path.read_bytes())
    count = len(mutants.mutations(plain))
    for number in range(0, count, max(1, count // 5)):
        tree = ast.parse(path.read_bytes())
        mutants.mutations(tree)[number].apply()
        compile(tree, str(path), "exec")
        assert ast.unparse(tree) != ast.unparse(plain)


def test_every_room_is_drawn_from_and_none_twice():
    drawn = list(mutants.drawn(60, 3))
    assert len(set(drawn)) == 60
    assert {mutant.room for mutant in drawn} == set(mutants.ROOMS)
