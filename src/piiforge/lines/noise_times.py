"""Noise of times: epochs, ISO 8601, log format, clock and day, all in 2023 to 2026. See `noise`."""

from datetime import date as Date
from datetime import timedelta
from random import Random

from piiforge.lines.tables import pick

_FIRST_DAY = Date(2023, 1, 1)
_FIRST_SECOND = 1_672_531_200  # 2023-01-01T00:00:00Z
_DAY_COUNT = 1461  # through 2026-12-31
_SECONDS = _DAY_COUNT * 86_400
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_DAYS = tuple(_FIRST_DAY + timedelta(days=n) for n in range(_DAY_COUNT))
_ISO_DAYS = tuple(day.isoformat() for day in _DAYS)
_CLF_DAYS = tuple(f"{day.day:02d}/{_MONTHS[day.month - 1]}/{day.year}" for day in _DAYS)
_MINUTES = tuple(f"{n // 60:02d}:{n % 60:02d}" for n in range(1440))
_SECOND = tuple(f"{n:02d}" for n in range(60))
_ZONES = ("Z", "Z", "Z", ".000Z", "+00:00", "-05:00", "-07:00", "+01:00", "+02:00", "+08:00", "")
_CLF_ZONES = ("+0000", "+0000", "-0500", "-0700", "+0100", "+0200", "+0800")


def epoch_s(rng: Random) -> str:
    """Return seconds since 1970: ten digits that begin with 16 or 17."""
    return str(_FIRST_SECOND + int(rng.random() * _SECONDS))


def epoch_ms(rng: Random) -> str:
    """Return milliseconds since 1970: thirteen digits that begin with 16 or 17."""
    return str(_FIRST_SECOND * 1000 + int(rng.random() * _SECONDS * 1000))


def iso_time(rng: Random) -> str:
    """Return an ISO 8601 time, with or without a zone."""
    bits = rng.getrandbits(48)
    return (
        f"{_ISO_DAYS[bits % _DAY_COUNT]}T{_MINUTES[(bits >> 12) % 1440]}:"
        f"{_SECOND[(bits >> 24) % 60]}{_ZONES[(bits >> 36) % 11]}"
    )


def clf_time(rng: Random) -> str:
    """Return a time as the common log format writes it, without its brackets."""
    bits = rng.getrandbits(48)
    return (
        f"{_CLF_DAYS[bits % _DAY_COUNT]}:{_MINUTES[(bits >> 12) % 1440]}:"
        f"{_SECOND[(bits >> 24) % 60]} {_CLF_ZONES[(bits >> 36) % 7]}"
    )


def clock(rng: Random) -> str:
    """Return a time of day, HH:MM."""
    return pick(_MINUTES, rng)


def date(rng: Random) -> str:
    """Return a day, YYYY-MM-DD."""
    return pick(_ISO_DAYS, rng)
