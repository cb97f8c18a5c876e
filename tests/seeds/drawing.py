"""Values for these tests, drawn by simple code of their own from a seeded Random."""

from random import Random


def digits(rng: Random, count: int) -> str:
    return "".join(str(rng.randrange(10)) for _ in range(count))


def ssn(rng: Random) -> str:
    return f"{rng.randrange(1, 666):03}-{rng.randrange(1, 100):02}-{rng.randrange(1, 10_000):04}"


def card(rng: Random) -> str:
    head = "4" + digits(rng, 14)
    total = 0
    for place, digit in enumerate(reversed(head)):
        number = int(digit) * (2 if place % 2 == 0 else 1)
        total += number - 9 if number > 9 else number
    whole = head + str(-total % 10)
    return " ".join(whole[at : at + 4] for at in range(0, 16, 4))


def phone(rng: Random) -> str:
    area, exchange = rng.choice(["212", "312", "415"]), f"{rng.randrange(22, 40)}2"
    return f"({area}) {exchange}-{digits(rng, 4)}"


def strange_word(rng: Random) -> str:
    """A word that no vocabulary has: consonants only."""
    return "".join(rng.choice("bcdfghjklmnpqrstvwxz") for _ in range(7))


def mailbox(rng: Random) -> str:
    return f"{strange_word(rng)}@{strange_word(rng)}.com"


DRAWS = {"ssn": ssn, "credit_card": card, "phone": phone, "email": mailbox}


def runs_of_five(value: str) -> set[str]:
    """Every five characters in a row, as written and without separators, in lower case."""
    found = set()
    for text in (value.lower(), "".join(filter(str.isalnum, value.lower()))):
        found |= {text[at : at + 5] for at in range(len(text) - 4)}
    return found
