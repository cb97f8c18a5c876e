"""Redaction settings made of the keys that leaked: for Google Analytics 4, for OpenTelemetry.

Only the names of keys stand in them, and only those that are surely names. What leaked without a
key, or under one that can't be shown, is not covered; the summary counts it as `keyless`.

Sources:
    https://developers.google.com/analytics/devguides/config/admin/v1/rest/v1alpha/DataRedactionSettings
    https://support.google.com/analytics/answer/13544947
    https://github.com/open-telemetry/opentelemetry-collector-contrib/tree/main/processor/redactionprocessor
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import orjson
import yaml

from piiforge import logs
from piiforge.errors import AskedWrongly, UnknownName
from piiforge.pipeline.scan_summary import KeyCount, Scanned

_SPECIAL = frozenset("\\.+*?()|[]{}^$")  # what RE2 reads as a sign
_PLAIN = frozenset("-_.~")  # what no encoder of addresses touches, beside letters and digits
_NOTE = """\
# Keys under which `piiforge scan` found personal data.
# An attribute is masked by its own name or the last part of a dotted one; in an address, a query
# or a body that stands in an attribute, the key is masked together with its value.
"""


@dataclass(frozen=True, slots=True)
class Emitted:
    """The text of a file of settings, and how many keys it covers."""

    text: str
    keys: int


def ga4(counts: Sequence[KeyCount]) -> Emitted:
    """Return DataRedactionSettings of GA4's Admin API: the keys of query strings and forms.

    Keys are matched there without regard to case and can't hold a comma. E-mail redaction, which
    looks at values, is switched on where e-mail addresses were found at all.
    """
    parameters = (one.key.lower() for one in _named(counts) if one.place == logs.PARAMETER)
    keys = sorted({key for key in parameters if "," not in key})
    settings = {
        "emailRedactionEnabled": any(one.category == "email" for one in counts),
        "queryParameterRedactionEnabled": bool(keys),
        "queryParameterKeys": keys,
    }
    text = orjson.dumps(settings, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
    return Emitted(text.decode(), len(keys))


def otel(counts: Sequence[KeyCount]) -> Emitted:
    """Return a redaction processor of the OpenTelemetry Collector, as YAML.

    `blocked_key_patterns` mask attributes by name, also inside a log's body; `blocked_values` mask
    `key=value` where it stands in the text of an attribute (url.full, url.query).
    """
    leaves = sorted({_leaf(one) for one in _named(counts)} - {""})
    parameters = sorted({one.key for one in _named(counts) if one.place == logs.PARAMETER})
    settings = {
        "processors": {
            "redaction/piiforge": {
                "allow_all_keys": True,
                "redact_all_types": True,
                "blocked_key_patterns": [rf"(?i)(?:^|\.){_quoted(leaf)}$" for leaf in leaves],
                "blocked_values": [_in_address(key) for key in parameters],
                "summary": "silent",
            }
        }
    }
    text = yaml.safe_dump(settings, sort_keys=False, allow_unicode=True, width=1000)
    return Emitted(_NOTE + text, len(leaves))


KINDS: Mapping[str, Callable[[Sequence[KeyCount]], Emitted]] = MappingProxyType(
    {"ga4": ga4, "otel": otel}
)


def emits(words: Iterable[str]) -> dict[str, Path]:
    """Return the files to write by kind, from KIND=FILE each.

    Raises:
        AskedWrongly: a word that is not KIND=FILE, or a kind twice.
        UnknownName: no such kind.
    """
    found: dict[str, Path] = {}
    for word in words:
        kind, sign, place = word.partition("=")
        if kind not in KINDS:
            raise UnknownName("kind of settings", kind, KINDS, "--emit")
        if not sign or not place or kind in found:
            raise AskedWrongly(f"--emit {kind} needs one file.", f"Write --emit {kind}=FILE.")
        found[kind] = Path(place)
    return found


def write_settings(done: Scanned) -> None:
    """Write every file of settings that was asked for."""
    counts = done.by_key()
    for kind, path in done.emitted.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(KINDS[kind](counts).text, encoding="utf-8")


def _named(counts: Sequence[KeyCount]) -> list[KeyCount]:
    return [one for one in counts if one.is_name]


def _leaf(one: KeyCount) -> str:
    """Return the name that the attribute itself has: the last of a path in JSON."""
    if one.place == logs.PARAMETER:
        return one.key
    return one.key.rpartition(".")[2]


def _quoted(name: str) -> str:
    return "".join(f"\\{char}" if char in _SPECIAL else char for char in name)


def _in_address(key: str) -> str:
    r"""Return a pattern for `key=value` in an address, whether or not the key is encoded there.

    >>> _in_address("user[tel]")
    '(?i)\\buser(?:\\[|%5B)tel(?:\\]|%5D)=[^&;#\\s"\'<>]*'
    """
    edge = r"\b" if key[0].isascii() and (key[0].isalnum() or key[0] == "_") else ""
    return rf"(?i){edge}{''.join(map(_either, key))}=[^&;#\s\"'<>]*".replace('\\"', '"')


def _either(char: str) -> str:
    if char.isascii() and (char.isalnum() or char in _PLAIN):
        return _quoted(char)
    coded = "".join(f"%{byte:02X}" for byte in char.encode())
    plus = r"|\+" if char == " " else ""
    return f"(?:{_quoted(char)}|{coded}{plus})"
