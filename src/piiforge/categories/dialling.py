"""Whether digits can be dialled, in the countries whose numbers `phone` draws.

The plans are those of libphonenumber, asked through `phonenumbers`; what it lets through although
nobody can have it (exchanges such as 911, numbers set aside for fiction) is refused here.

Sources:
    https://github.com/google/libphonenumber
    https://www.nanpa.com/numbering/555-line-numbers

>>> is_dialable("14155550132", international=True)   # set aside for fiction
False
>>> is_dialable("2120110000", international=False)   # no exchange begins with 0
False
"""

from functools import cache

from piiforge.categories.phone_plans import (
    AREAS,
    EXCHANGES,
    FICTIONAL,
    FICTIONAL_LINE,
    PLANS,
    TOLL_FREE_AREAS,
    Plan,
)

_AREAS, _EXCHANGES = frozenset(AREAS + TOLL_FREE_AREAS), frozenset(EXCHANGES)

# Where a number without + may be dialled, by its first digit and its length.
_TRUNK_REGIONS = ("FR", "GB", "DE", "JP", "AU", "IT", "CN", "AR", "IN")
_ELEVEN_REGIONS = {"1": ("US", "CN", "BR")}
_TEN_REGIONS = {
    "1": (),
    "3": ("US", "MX", "CO", "IT"),
    **dict.fromkeys("245", ("US", "MX")),
    **dict.fromkeys("6789", ("US", "MX", "IN")),
}


def is_dialable(digits: str, *, international: bool) -> bool:
    """Say whether `digits`, with the country code in front or not, reach anybody.

    A national number is read as North American if it can be, else as one of the countries that
    its first digit and its length allow; in no reading may it be fictional.
    """
    if _is_planned(digits, international=international):
        return True
    readings = _readings(digits, international=international)
    if any(_is_fictional(number) for number, _ in readings):
        return False
    return any(valid for _, valid in readings)


def _is_planned(digits: str, *, international: bool) -> bool:
    """Say whether the tables of `phone_plans` are enough to know that the number is dialable.

    They are for what `phone` draws. The library says the same (a test holds them to it), but takes
    fifty times as long.
    """
    if FICTIONAL_LINE in digits:
        return False
    ten = digits[-10:]
    with_code = len(digits) == 11 and digits[0] == "1"
    american = with_code or (len(digits) == 10 and not international)
    if american and ten[:3] in _AREAS and ten[3:6] in _EXCHANGES:
        return True
    return digits.startswith(_planned_heads(international).get(len(digits), ()))


@cache
def _planned_heads(international: bool) -> dict[int, tuple[str, ...]]:
    """Return what planned numbers outside North America begin with, by their count of digits."""
    found: dict[int, list[str]] = {}
    for plan in PLANS:
        for lead in (plan.code,) if international else _leads_at_home(plan):
            length = len(lead) + plan.length
            for prefix in plan.prefixes:
                head = (lead + prefix).ljust(length, "0")
                regions = {region for _, region in _attempts(head, international=international)}
                if international or plan.region in regions:
                    found.setdefault(length, []).append(lead + prefix)
    return {length: tuple(heads) for length, heads in found.items()}


def _leads_at_home(plan: Plan) -> tuple[str, ...]:
    """Return what may precede a national number: nothing, or the trunk prefix if it is written."""
    trunk = any(form.lstrip("(").startswith("0") for form in plan.forms)
    return ("", "0") if trunk else ("",)


def _readings(digits: str, *, international: bool) -> list[tuple[str, bool]]:
    """Return what the number may be: each with its country code, and whether it is dialable."""
    import phonenumbers

    found = []
    for text, region in _attempts(digits, international=international):
        try:
            number = phonenumbers.parse(text, region)
        except phonenumbers.NumberParseException:
            continue
        full = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)[1:]
        # The library lets exchanges such as 911 and 411 through: N11 are service codes.
        service = full[0] == "1" and full[5:7] == "11"
        found.append((full, phonenumbers.is_valid_number(number) and not service))
    return found


def _attempts(digits: str, *, international: bool) -> list[tuple[str, str | None]]:
    if international:
        return [(f"+{digits}", None)]
    if digits.startswith("00"):
        return [(f"+{digits[2:]}", None)]
    if digits.startswith("011"):
        overseas: list[tuple[str, str | None]] = [(f"+{digits[3:]}", None)]
        return overseas + [(digits, region) for region in _TRUNK_REGIONS]
    if digits[0] == "0":
        return [(digits, region) for region in _TRUNK_REGIONS]
    if len(digits) == 9:
        return [(digits, "ES")] if digits[0] in "6789" else []
    if len(digits) == 10:
        return [(digits, region) for region in _TEN_REGIONS[digits[0]]]
    regions = _ELEVEN_REGIONS.get(digits[0], ("BR",)) if len(digits) == 11 else ()
    return [*((digits, region) for region in regions), (f"+{digits}", None)]


def _is_fictional(number: str) -> bool:
    north_american = len(number) == 11 and number[0] == "1"
    return number.startswith(FICTIONAL) or (north_american and number[4:9] == FICTIONAL_LINE)
