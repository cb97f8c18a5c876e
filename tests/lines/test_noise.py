"""Noise is varied, repeatable, of its shape, and never a value of a category without a cue."""

import re
from collections import Counter
from collections.abc import Callable
from datetime import datetime
from random import Random

import pytest
from stdnum import luhn

from piiforge import categories, reader
from piiforge.lines import noise
from piiforge.lines.noise import GENERATORS, NUMBERED

every_generator = pytest.mark.parametrize("name", GENERATORS)

SHAPES = {
    "uuid4": r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}",
    "hex16": r"[0-9a-f]{16}",
    "hex32": r"[0-9a-f]{32}",
    "epoch_s": r"1[67]\d{8}",
    "epoch_ms": r"1[67]\d{11}",
    "clf_time": r"\d{2}/[A-Z][a-z]{2}/202[3-6]:\d{2}:\d{2}:\d{2} [+-]\d{4}",
    "clock": r"[012]\d:[0-5]\d",
    "ipv4": r"(\d{1,3}\.){3}\d{1,3}",
    "epoch_us": r"1[67]\d{14}",
    "order_number": r"[1-9]\d{7,11}",
    "batch_number": r"\d{8,10}",
    "snowflake": r"[1-9]\d{16,18}",
    "syslog_time": r"[A-Z][a-z]{2} [ 123]\d [012]\d:[0-5]\d:[0-5]\d",
    "client_id": r"[1-9]\d{7,9}\.1[67]\d{8}",
    "fbp": r"fb\.1\.1[67]\d{11}\.[1-9]\d{8,9}",
    "counter_id": r"[1-9]\d{2,6}",
    "etag": r'(W/)?"[0-9a-f]{16}"',
    "price": r"\d{1,4}\.\d{2}",
    "coordinate_pair": r"-?\d{1,2}\.\d{4},-?\d{1,3}\.\d{4}",
}
# What a finder without any cue would take for a value: SSN or ITIN with dashes, a dialable number
# of North America, an international one, a mailbox.
TELLING = re.compile(
    r"(?<![\w-])\d{3}-\d{2}-\d{4}(?![\w-])"
    r"|(?<![\w.-])\(?[2-9]\d{2}\)?[-. ]?[2-9]\d{2}[-. ]?\d{4}(?![\w.-])"
    r"|\+\d{7,}"
    r"|[\w.]+@[\w.]+"
)
LONG_DIGITS = re.compile(r"(?<!\w)\d(?:[ .-]?\d){12,18}(?!\w)")


@every_generator
def test_same_seed_draws_the_same_text(name: str) -> None:
    assert GENERATORS[name](Random(3)) == GENERATORS[name](Random(3))


@every_generator
def test_every_generator_is_found_by_its_own_name(name: str) -> None:
    assert getattr(noise, name) is GENERATORS[name]


@every_generator
def test_noise_is_one_line_of_varied_text(name: str) -> None:
    texts = _drawn(GENERATORS[name])

    assert len(set(texts)) > 10
    assert all(text and text == text.strip() and text.isprintable() for text in texts)


@pytest.mark.parametrize(("name", "shape"), SHAPES.items())
def test_noise_keeps_its_shape(name: str, shape: str) -> None:
    assert all(re.fullmatch(shape, text) for text in _drawn(GENERATORS[name]))


@pytest.mark.parametrize("name", [name for name in GENERATORS if name not in NUMBERED])
def test_noise_is_never_telling_by_itself(name: str) -> None:
    assert not [text for text in _drawn(GENERATORS[name]) if TELLING.search(text)]


@every_generator
def test_no_run_of_digits_is_a_card_number(name: str) -> None:
    runs = [run for text in _drawn(GENERATORS[name]) for run in LONG_DIGITS.findall(text)]
    digits = [re.sub(r"\D", "", run) for run in runs]

    assert not [run for run in digits if run[0] in "3456" and luhn.is_valid(run)]


@pytest.mark.parametrize("name", sorted(NUMBERED - {"epoch_us"}))
def test_bare_numbers_begin_with_any_digit(name: str) -> None:
    leads = Counter(text[0] for text in _drawn(GENERATORS[name]))

    assert set("123456789") <= set(leads)
    assert max(leads.values()) < 600


@pytest.mark.parametrize("table", sorted(noise.TABLES))
def test_a_noise_field_reads_as_nobodys_under_its_own_key(table: str) -> None:
    rng = Random(5)
    for name, draw in noise.TABLES[table] * 12:
        text = str(draw(rng))
        for line in (f"{name}={text}&step=2", f'{{"{name}":"{text}"}}', f"{name}: {text}"):
            for category in categories.ALL:
                assert not reader.judge(reader.find(line, category.id)), line


def test_times_lie_between_2023_and_2026() -> None:
    rng = Random(8)
    for _ in range(500):
        assert 2023 <= datetime.fromisoformat(noise.iso_time(rng)).year <= 2026
        assert 2023 <= datetime.fromisoformat(noise.date(rng)).year <= 2026
        assert 1_672_531_200 <= int(noise.epoch_s(rng)) < 1_798_761_600


def test_user_agents_come_in_dozens_of_shapes() -> None:
    shapes = {re.sub(r"\d+", "0", agent) for agent in _drawn(noise.user_agent)}

    assert len(shapes) >= 40


def _drawn(draw: Callable[[Random], str], times: int = 2000) -> list[str]:
    rng = Random(11)
    return [draw(rng) for _ in range(times)]
