"""What Presidio calls our categories.

A category of anyone's own is its name in capitals. Where Presidio has two names for what is one
category here (a Medicare number is a member id), either may be asked for and the first is said.

Source: presidio-analyzer 2.2.366, the supported entities of its predefined recognizers.
"""

from collections.abc import Iterable, Mapping

ENTITIES: Mapping[str, tuple[str, ...]] = {
    "ssn": ("US_SSN",),
    "itin": ("US_ITIN",),
    "credit_card": ("CREDIT_CARD",),
    "bank_account": ("US_BANK_NUMBER", "ABA_ROUTING_NUMBER"),
    "phone": ("PHONE_NUMBER",),
    "email": ("EMAIL_ADDRESS",),
    "passport": ("US_PASSPORT",),
    "drivers_license": ("US_DRIVER_LICENSE",),
    "member_id": ("US_HEALTH_INSURANCE_MEMBER_ID", "US_MBI"),
}


def entity_of(category: str) -> str:
    """Return Presidio's name for `category`.

    >>> entity_of("ssn"), entity_of("badge_number")
    ('US_SSN', 'BADGE_NUMBER')
    """
    return ENTITIES.get(category, (category.upper(),))[0]


def entities_of(categories: Iterable[str]) -> list[str]:
    """Return Presidio's names for `categories`, in their order.

    >>> entities_of(["itin", "email"])
    ['US_ITIN', 'EMAIL_ADDRESS']
    """
    return [entity_of(category) for category in categories]


def category_of(entity: str, categories: Iterable[str]) -> str | None:
    """Return the one of `categories` that `entity` stands for, None where none does.

    >>> category_of("US_MBI", ["ssn", "member_id"])
    'member_id'
    >>> category_of("PERSON", ["ssn", "member_id"]) is None
    True
    """
    return next((each for each in categories if entity in _names(each)), None)


def _names(category: str) -> tuple[str, ...]:
    return ENTITIES.get(category, (category.upper(),))
