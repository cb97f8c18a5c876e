"""Noise: the values around the one that matters (ids, times, devices, prices, versions).

The generators stand in `noise_ids`, `noise_times`, `noise_devices` and `noise_amounts`.

Every function takes a Random and returns text; `GENERATORS` has them by name. None returns what
counts as personal data without a key that says so: runs of digits have a length, a lead digit or a
letter inside that no card, phone or dashed number has. Dates lie in 2023 to 2026. Each call is one
or two draws and a format string, for a line carries a dozen of them.

>>> GENERATORS["clock"](Random(1))
'03:13'
>>> len(hex32(Random(1)))
32
"""

from collections.abc import Callable, Mapping
from random import Random
from types import MappingProxyType

from piiforge.lines.noise_amounts import (
    bool_text,
    coordinate_pair,
    currency,
    duration_ms,
    page_depth,
    percent_text,
    price,
    product_name,
    quantity,
    status,
    version,
)
from piiforge.lines.noise_devices import (
    ipv4,
    ipv6,
    locale,
    screen,
    user_agent,
)
from piiforge.lines.noise_ids import (
    build_hash,
    client_id,
    consent_string,
    counter_id,
    coupon,
    etag,
    event_id,
    fbc,
    fbp,
    gclid,
    hex16,
    hex32,
    order_id,
    request_id,
    session_id,
    sku,
    tracking_code,
    ttclid,
    uuid4,
)
from piiforge.lines.noise_times import (
    clf_time,
    clock,
    date,
    epoch_ms,
    epoch_s,
    iso_time,
)

__all__ = [
    "GENERATORS",
    "bool_text",
    "build_hash",
    "clf_time",
    "client_id",
    "clock",
    "consent_string",
    "coordinate_pair",
    "counter_id",
    "coupon",
    "currency",
    "date",
    "duration_ms",
    "epoch_ms",
    "epoch_s",
    "etag",
    "event_id",
    "fbc",
    "fbp",
    "gclid",
    "hex16",
    "hex32",
    "ipv4",
    "ipv6",
    "iso_time",
    "locale",
    "order_id",
    "page_depth",
    "percent_text",
    "price",
    "product_name",
    "quantity",
    "request_id",
    "screen",
    "session_id",
    "sku",
    "status",
    "tracking_code",
    "ttclid",
    "user_agent",
    "uuid4",
    "version",
]

_FUNCTIONS: tuple[Callable[[Random], str], ...] = (
    uuid4,
    hex16,
    hex32,
    session_id,
    client_id,
    fbp,
    fbc,
    ttclid,
    gclid,
    event_id,
    request_id,
    counter_id,
    order_id,
    sku,
    build_hash,
    etag,
    tracking_code,
    coupon,
    consent_string,
    epoch_s,
    epoch_ms,
    iso_time,
    clf_time,
    clock,
    date,
    user_agent,
    ipv4,
    ipv6,
    screen,
    locale,
    price,
    currency,
    coordinate_pair,
    version,
    status,
    duration_ms,
    page_depth,
    quantity,
    bool_text,
    percent_text,
    product_name,
)

GENERATORS: Mapping[str, Callable[[Random], str]] = MappingProxyType(
    {function.__name__: function for function in _FUNCTIONS}
)
