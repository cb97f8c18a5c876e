"""Cases and predictions for the tests of evaluate: no content, labels and answers by hand."""

from random import Random

from piiforge.types import Case, Prediction

SAID = {"1": True, "0": False, "?": None}


def case(name: str, label: bool, category: str = "ssn", **more: str) -> Case:
    group, twin = more.pop("group", ""), more.pop("twin", "")
    return Case(name, category, "", label=label, group=group, twin=twin, slices=more)


def by_hand(gold: str, said: str) -> tuple[list[Case], list[Prediction]]:
    """Return a case for each sign of `gold` (1, 0) and what `said` says of it (1, 0, ?)."""
    cases = [case(str(at), sign == "1") for at, sign in enumerate(gold)]
    return cases, [Prediction(str(at), SAID[sign]) for at, sign in enumerate(said)]


def drawn(rows: int, seed: int, *, width: int = 2) -> tuple[list[Case], list[Prediction]]:
    """Return random cases in groups of `width`, with p that is right more often than not."""
    rng = Random(seed)
    cases = [
        case(
            str(at), rng.random() < 0.5, rng.choice(("ssn", "phone")),
            group=str(at // width), language=rng.choice(("en", "es", "fr")),
        )
        for at in range(rows)
    ]  # fmt: skip
    said = []
    for one in cases:
        p = rng.betavariate(3, 2) if one.label else rng.betavariate(2, 3)
        said.append(Prediction(one.id, p >= 0.5, p))
    return cases, said
