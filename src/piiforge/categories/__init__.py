"""The nine categories of personal data: how each is drawn, imitated and checked.

One category, one file, its record at the foot. The order is that of the policy and of every table.

>>> get("ssn").title
'SSN'
"""

from piiforge.categories import (
    bank_account,
    credit_card,
    drivers_license,
    email,
    itin,
    member_id,
    passport,
    phone,
    ssn,
)
from piiforge.errors import UnknownName
from piiforge.types import Category

__all__ = ["ALL", "descriptions", "get"]


ALL: tuple[Category, ...] = (
    ssn.CATEGORY,
    itin.CATEGORY,
    credit_card.CATEGORY,
    bank_account.CATEGORY,
    phone.CATEGORY,
    email.CATEGORY,
    passport.CATEGORY,
    drivers_license.CATEGORY,
    member_id.CATEGORY,
)


_BY_ID = {category.id: category for category in ALL}


def get(name: str) -> Category:
    """Return the category called `name`. Raises UnknownName with the nearest name."""
    try:
        return _BY_ID[name]
    except KeyError:
        raise UnknownName("category", name, _BY_ID) from None


def descriptions() -> dict[str, str]:
    """Return each category's description in the prompt, by id."""
    return {category.id: category.description for category in ALL}
