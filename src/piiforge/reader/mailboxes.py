"""E-mail addresses: where they stand in a text, and which of them can be delivered to.

>>> text = "to name@example.com, icon@2x.png, a@b"
>>> [(found.key, found.reason) for found in mailboxes(Reading(text, "plain"))]
[('name@example.com', 'placeholder'), ('icon@2x.png', 'file'), ('a@b', 'domain')]
"""

import re
from collections.abc import Iterator, Mapping
from typing import cast

from piiforge import files
from piiforge.reader.cues import Finding, finding
from piiforge.reader.decode import Reading

_LOCAL_SIGNS = frozenset("._+-'")
_HAN_FROM = 0x2E80
_MOST_LOCAL, _MOST_DOMAIN = 64, 253
_TABLE = cast(
    "Mapping[str, list[str]]", files.shipped_yaml("piiforge.reader", "data/mailboxes.yaml")
)
_NAMES = {kind: frozenset(names) for kind, names in _TABLE.items()}
_MASKS = frozenset("*•●…#")
_BORDERS = frozenset(["", *" \t\n\"'=>:,+"])
_COMMA = re.compile(r",(?:com|net|org|edu|es|fr|mx|cn|io|us)(?![\w.@])")
_URL_BEFORE = re.compile(r"[a-z][a-z0-9+.\-]{1,12}://[^\s/@\"'<>]{0,80}\Z", re.IGNORECASE)


def mailboxes(reading: Reading) -> Iterator[Finding]:
    """Yield whatever looks like an address around each @.

    Where a + may be a space, also what stands behind it.
    """
    text = reading.text
    at = text.find("@")
    while at >= 0:
        start, end = _local_start(text, at), _domain_end(text, at)
        if end > at + 1 and (start < at or text[at - 1 : at] in _MASKS):
            cut = text.rfind("+", start, at) + 1
            spaced = 0 < cut < at and "=" in text[max(0, start - 60) : start]  # a form
            if spaced:
                yield _box(reading, cut, at, end)
            tag = text[cut:at].lower()
            if not spaced or (
                text.count("+", start, at) == 1
                and address_reason(tag, text[at + 1 : end].lower()) != "placeholder"
            ):
                yield _box(reading, start, at, end)
        at = text.find("@", at + 1)


def _box(reading: Reading, start: int, at: int, end: int) -> Finding:
    reason = _reason(reading.text, start, at, end)
    address = reading.text[start:end].lower()
    return finding("email", reading, (start, end), address, reason, telling=True)


def address_reason(local: str, domain: str) -> str:
    """Judge an address by its two halves, both in lower case."""
    labels = domain.split(".")
    last = labels[-1]
    if len(labels) < 2 or not all(labels) or any(label[0] == "-" for label in labels):
        return "domain"
    if last in _NAMES["files"]:
        return "file"
    if last in _NAMES["reserved"]:
        return "placeholder"
    if len(last) < 2 or not (last.isalpha() or last.startswith("xn--")):
        return "domain"
    if local[0] == "." or local[-1] == "." or ".." in local:
        return "local"
    return _placeholder(local, labels) or ("role" if local in _NAMES["roles"] else "valid")


def _placeholder(local: str, labels: list[str]) -> str:
    site = labels[-2] if len(labels[-2]) > 3 or len(labels) == 2 else labels[-3]
    if site in {"example", "ejemplo", "exemple", "例子", "示例"} or labels[0] == "example":
        return "placeholder"
    if site in _NAMES["nobodys_domains"] and labels[1:] == ["com"]:
        return "placeholder"
    if local in _NAMES["sample_names"] or (local == site and local in _NAMES["key_runs"]):
        return "placeholder"
    if site in _NAMES["sample_domains"] and (
        local.partition("+")[0] in _NAMES["sample_mailboxes"]
        or site.startswith(("your", "my", "tu", "su", "votre"))
    ):
        return "placeholder"
    return "placeholder" if len(set(local)) == 1 and len(local) > 2 else ""


def _reason(text: str, start: int, at: int, end: int) -> str:
    before = text[max(0, start - 1) : start]
    beside = (text[at - 1], before, text[end : end + 1])
    if not _MASKS.isdisjoint(beside) or "***" in text[at : end + 3]:
        return "masked"
    if before in {"/", ":"} and _URL_BEFORE.search(text, max(0, start - 100), start):
        return "url"
    local, domain = text[start:at].lower(), text[at + 1 : end].lower()
    if before == "." and text[start - 2 : start - 1] in _BORDERS:
        return "local"
    if _COMMA.match(text, end):
        return "domain"
    if local == "git" and text[end : end + 1] in {":", "/"}:
        return "repository"
    return address_reason(local, domain)


def _local_start(text: str, at: int) -> int:
    start = at
    while start > 0 and at - start < _MOST_LOCAL:
        character = text[start - 1]
        if not (character.isalnum() or character in _LOCAL_SIGNS):
            break
        if start < at and (ord(character) >= _HAN_FROM) != (ord(text[at - 1]) >= _HAN_FROM):
            break
        start -= 1
    while start < at and text[start] in "'.-+":
        start += 1
    return start


def _domain_end(text: str, at: int) -> int:
    end = at + 1
    limit = min(len(text), end + _MOST_DOMAIN)
    wide = end < limit and ord(text[end]) >= _HAN_FROM
    while end < limit:
        character = text[end]
        if not (character.isalnum() or character in ".-"):
            break
        if not wide and ord(character) >= _HAN_FROM:
            break
        end += 1
    while end > at + 1 and text[end - 1] in ".-":
        end -= 1
    return end
