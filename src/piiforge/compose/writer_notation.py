"""In which notation a slot stands: how the line's own writer would have escaped a value there.

By rule, from what stands around the slot. Inside a JSON string, or bare where JSON wants a value:
"json". In the query or the path of a URL: "percent". In a=b&c=d that is no query: "form". All
else, and sentences above all: "raw". A slot inside two notations (JSON in a query) takes the outer
one, whose escaping also keeps the inner one whole.

>>> notation_of('{"ssn": "{{value}}"}', 9), notation_of("a=1&ssn={{value}}", 8)
('json', 'form')
>>> notation_of("GET /x?ssn={{value}} HTTP/1.1", 11), notation_of("my ssn is {{value}}", 10)
('percent', 'raw')
"""

import re

_RUN_BEFORE = re.compile(r"[^\s\"'<>]*$")
_RUN_AFTER = re.compile(r"^[^\s\"'<>]*")
_OPENS_JSON = re.compile(r"[:\[,{]\s*\"(?:[^\"\\\n]|\\.)*$")
_BARE_JSON = re.compile(r"\"\s*:\s*$")
_IN_URL = re.compile(r"(?:^|[=(])(?:https?://|wss?://|/)|[?]")
_FIELD = re.compile(r"(?:^|&)[^&=?]+=[^&]*$")


def notation_of(text: str, at: int) -> str:
    """Return the notation of the slot that begins at `at`: raw, form, percent or json."""
    before, after = text[:at], text[text.index("}}", at) + 2 :]
    line = before.rpartition("\n")[2]
    run = _run(before, after)
    if _IN_URL.search(run[0]):
        return "percent"
    if _FIELD.search(run[0]) and "&" in run[0] + run[1]:
        return "form"
    if _OPENS_JSON.search(line) and '"' in after:
        return "json"
    return "json" if _BARE_JSON.search(line) else "raw"


def _run(before: str, after: str) -> tuple[str, str]:
    """Return what is joined to the slot without a blank, a quote or an angle, on each side."""
    head, tail = _RUN_BEFORE.search(before), _RUN_AFTER.match(after)
    return head[0] if head else "", tail[0] if tail else ""
