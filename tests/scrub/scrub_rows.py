"""Rows for tests of scrubbing: each category in each disguise that suits it, in each carrier."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

from piiforge import categories, disguises
from piiforge.types import key_of

_KEYS = {
    "ssn": ("ssn",), "itin": ("itin",), "credit_card": ("card_number",), "phone": ("phone",),
    "bank_account": ("routing_number", "account_number"), "email": ("email",),
    "passport": ("passport_number",), "drivers_license": ("drivers_license_ca",),
    "member_id": ("medicare_member_id",),
}  # fmt: skip
CARRIERS = ("query", "json", "text", "cell")


@dataclass(frozen=True, slots=True)
class Row:
    """A content that holds a drawn value. `key` is the value without its signs, parts by "|"."""

    category: str
    disguise: str
    carrier: str
    content: str
    key: str


def rows() -> Iterator[Row]:
    """Yield a row for each category, disguise and carrier."""
    for category in categories.ALL:
        for disguise in (None, *disguises.ALL):
            rng = Random(f"{category.id}{disguise.name if disguise else ''}")
            value = category.draw(rng)
            chosen = (disguise,) if disguise else ()
            if disguise and (disguise.masks or not disguises.takes(value.parts, chosen)):
                continue
            parts = disguises.write(value.parts, chosen, rng)
            names = _KEYS[category.id]
            keys = [f"{name}{at}" if len(parts) > len(names) else name
                    for at, name in enumerate(names * len(parts), 1)][: len(parts)]  # fmt: skip
            pairs = list(zip(keys, (part.text for part in parts), strict=True))
            for carrier in CARRIERS:
                yield Row(
                    category.id,
                    disguise.name if disguise else "plain",
                    carrier,
                    _carried(carrier, pairs),
                    "|".join(key_of(part.text) for part in value.parts),
                )


def _carried(carrier: str, pairs: list[tuple[str, str]]) -> str:
    match carrier:
        case "query":
            said = "&".join(f"{key}={text.replace(' ', '+')}" for key, text in pairs)
            return f"GET /apply?step=2&{said}&plan=gold HTTP/1.1"
        case "json":
            return json.dumps({"event": "form", **dict(pairs), "plan": "gold"}, ensure_ascii=False)
        case "text":
            return "; ".join(f"{key.replace('_', ' ')}: {text}" for key, text in pairs) + "; thanks"
    return json.dumps({"id": "7", **dict(pairs)}, separators=(",", ":"))
