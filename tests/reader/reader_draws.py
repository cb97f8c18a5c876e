"""Values for these tests, drawn by simple code of their own from a seeded Random."""

from collections.abc import Callable
from random import Random


def digits(rng: Random, count: int) -> str:
    return "".join(str(rng.randrange(10)) for _ in range(count))


def ssn(rng: Random) -> str:
    area = rng.choice([n for n in range(1, 900) if n != 666])
    return f"{area:03}{rng.randrange(1, 100):02}{rng.randrange(1, 10_000):04}"


def itin(rng: Random) -> str:
    return (
        f"9{rng.randrange(100):02}{rng.choice([50, 65, 70, 88, 90, 99])}{rng.randrange(10_000):04}"
    )


def luhn_digit(head: str) -> str:
    total = 0
    for place, digit in enumerate(reversed(head)):
        number = int(digit) * (2 if place % 2 == 0 else 1)
        total += number - 9 if number > 9 else number
    return str(-total % 10)


def card(rng: Random, prefix: str = "4", length: int = 16) -> str:
    head = prefix + digits(rng, length - len(prefix) - 1)
    return head + luhn_digit(head)


def routing(rng: Random) -> str:
    head = f"{rng.choice([1, 5, 11, 21, 32, 61, 72]):02}{digits(rng, 6)}"
    total = sum(int(digit) * weight for digit, weight in zip(head, (3, 7, 1) * 3, strict=False))
    return head + str(-total % 10)


def phone(rng: Random) -> str:
    """Ten digits in an area and exchange that are in service and not fictional."""
    area = rng.choice(["212", "312", "415", "617", "702", "813", "206"])
    return f"{area}{rng.randrange(22, 40)}{rng.randrange(2, 9)}{digits(rng, 4)}"


def mbi(rng: Random) -> str:
    def letter() -> str:
        return rng.choice("ACDEFGHJKMNPQRTUVWXY")

    def digit() -> str:
        return digits(rng, 1)

    first = str(rng.randrange(1, 10))
    return "".join(
        (first, letter(), letter(), digit(), letter(), digit(), digit(), letter(), letter())
    ) + digits(rng, 2)


def mailbox(rng: Random) -> str:
    name = "".join(rng.choice("bcdfgklmnprstv") for _ in range(7))
    return f"{name}@{name[::-1]}.com"


DRAWS: dict[str, Callable[[Random], str]] = {
    "ssn": ssn,
    "itin": itin,
    "credit_card": card,
    "phone": phone,
    "email": mailbox,
    "passport": lambda rng: digits(rng, 9),
    "drivers_license": lambda rng: "D" + digits(rng, 7),
    "member_id": lambda rng: "W" + digits(rng, 9),
}
