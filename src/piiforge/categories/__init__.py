"""The nine categories of personal data: how each is drawn, imitated and checked.

One category, one file, its record at the foot. The order is that of the policy and of every table.

>>> get("ssn").title
'SSN'
"""

from piiforge import plugins
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

__all__ = ["ALL", "descriptions", "every", "get"]


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


def every() -> tuple[Category, ...]:
    """Return ALL, then those that plug-ins bring. What is drawn beside a value is of ALL alone.

    Raises:
        AskedWrongly: a plug-in is off, or takes the name of one of ALL.
    """
    plugins.refuse_taken("category", _BY_ID, plugins.names())
    return (*ALL, *(own.category for own in plugins.found().categories))


def get(name: str) -> Category:
    """Return the category called `name`. Raises UnknownName with the nearest name."""
    if found := _BY_ID.get(name):
        return found
    for category in every():
        if category.id == name:
            return category
    raise UnknownName("category", name, [category.id for category in every()])


def descriptions() -> dict[str, str]:
    """Return each category's description in the prompt, by id."""
    return {category.id: category.description for category in every()}
