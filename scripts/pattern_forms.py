r"""The ways of writing that a regular expression matches: # a digit, a a letter, separators kept.

>>> forms(r"\b\d{3}[- ]\d{2}\b")
['### ##', '###-##']
"""

import re
from collections.abc import Iterable
from importlib import import_module
from typing import cast

MOST_FORMS, WIDEST = 2_000, 20


def forms(pattern: str) -> list[str]:
    """Return the ways of writing that a pattern matches: # a digit, a a letter, separators kept."""
    parser = import_module("re._parser")  # the standard library's own, the same in 3.11 to 3.13
    try:
        tree = parser.parse(pattern)
    except (re.error, OverflowError):
        return []
    return sorted(_forms_of(tree))


def _forms_of(nodes: object) -> set[str]:
    """Return the forms of a parsed sequence: # a digit, a a letter, separators as they are."""
    found = {""}
    for operation, argument in cast("Iterable[tuple[object, object]]", nodes):
        each = _forms_of_one(str(operation), argument)
        joined = {head + tail for head in found for tail in each if len(head + tail) <= 2 * WIDEST}
        found = set(sorted(joined)[:MOST_FORMS])
    return found


def _forms_of_one(operation: str, argument: object) -> set[str]:
    match operation, argument:
        case "LITERAL", int() as code:
            return {_sign(chr(code))}
        case "IN", list(choices):
            return {sign for choice in choices for sign in _choice(*choice)}
        case "BRANCH", (_, list(branches)):
            return set().union(*map(_forms_of, branches))
        case "SUBPATTERN", (_, _, _, inner):
            return _forms_of(inner)
        case (("MAX_REPEAT" | "MIN_REPEAT"), (int() as least, int() as most, inner)):
            counts = range(least, min(most, WIDEST) + 1)
            return {form * count for form in _forms_of(inner) for count in counts}
        case (("AT" | "ASSERT" | "ASSERT_NOT"), _):
            return {""}
    return set()


def _choice(operation: object, argument: object) -> set[str]:
    match str(operation), argument:
        case "LITERAL", int() as code:
            return {_sign(chr(code))}
        case "RANGE", (int() as low, int() as high):
            return {_sign(chr(low)), _sign(chr(high))}
        case "CATEGORY", name:
            return {"#"} if str(name) == "CATEGORY_DIGIT" else set()
    return set()


def _sign(character: str) -> str:
    if character.isdigit():
        return "#"
    return "a" if character.isalpha() else character
