"""Where a value stands: the key over it, the words before and after, the turn before.

Only a bounded window around a candidate is looked at, so the cost does not grow with the text.
Known structures: key=value, "key": "value", <key>value</key>, name="key" value="v",
{"name": "key", "value": "v"} in either order, `Key: value`, arrays, CSV with a header.

>>> text = '{"order": 1, "contact": "my ssn is 000-12-3456"}'
>>> place = place_of(text, text.index("000"), text.index('"}'))
>>> place.key, place.sentence
('contact', 'my ssn is ')
"""

import re
from dataclasses import dataclass

_BEFORE, _AFTER = 220, 120
_OPENERS = " \"'[({<«“+\t"
# Both are matched on reversed text: a search that ends at the end would try every start.
_KEY = re.compile(r"[^\s?&;,{}=\"'<>:|]{1,48}+(?:[ ][^\s?&;,{}=\"'<>:|]{1,24}+){0,3}")
_BARE_KEY = re.compile(r"[^\s?&;,{}=\"'<>:|]{1,64}+")
_NAMED = re.compile(
    r"(?i)(?<![a-z])(?:name|field|key|label|id|k|question|title|for|property|itemprop)[\"']?\s?[:=]\s?[\"']?"
    r"([^\"'&,;<>{}=]{1,60})"
)
_ANSWERED = re.compile(
    r"[\"', ]{1,4}[\"']field[\"']: ?\{[^{}]{0,90}[\"']ref[\"']: ?[\"']([^\"']{1,60})"
)
_VALUE_KEYS = frozenset(["value", "val", "v", "content", "answer", "fieldvalue", "field_value"])
_CUT = re.compile(r"[&\"<>{}\n|]|[.;!?](?:\s|$)|[。；！？]")
_STOP = re.compile(r"[.!?](?=\s)|[。！？\n]")


@dataclass(frozen=True, slots=True)
class Place:
    """The surroundings of a candidate. `prior` is what stands before the field or sentence."""

    key: str
    sentence: str
    after: str
    prior: str


def place_of(text: str, start: int, end: int) -> Place:
    """Return the surroundings of the candidate at `start` to `end`."""
    before = text[max(0, start - _BEFORE) : start]
    after = text[end : end + _AFTER]
    cut = _CUT.search(after)
    key, sentence, prior = _field(before)
    if key.lower().rpartition(".")[2] in _VALUE_KEYS:
        key = _sibling(prior, after) or key
    elif asked := _ANSWERED.match(after):
        key = asked[1]
    if not key and "\n" in text and "," in before:
        key = _column(text, start)
    return Place(key, sentence, after[: cut.start()] if cut else after, prior)


def _field(before: str) -> tuple[str, str, str]:
    """Return the key of the field that `before` ends in, its text so far, and what precedes."""
    stop = len(before)
    while stop > 0:
        at = max(before.rfind("=", 0, stop), before.rfind(":", 0, stop), before.rfind(">", 0, stop))
        if at < 0:
            break
        rest = before[at + 1 :].lstrip(_OPENERS)
        if _broken(rest):
            return "", *_last_sentence(before)
        head = before[:at].rstrip(" \"'\\=")
        if before[at] == ">" and not before.endswith("=", 0, at):
            return _element(before[:at], rest)
        found = (_BARE_KEY if before[at] == "=" else _KEY).match(head[::-1])
        key = found[0][::-1] if found else ""
        if (key and not key[-1].isdigit()) or (key and not key.isdigit() and rest == ""):
            sentence, _ = _split_sentence(rest)
            return key, sentence, head[: len(head) - len(key)]
        stop = at
    return "", *_last_sentence(before)


def _element(head: str, rest: str) -> tuple[str, str, str]:
    """Read <key attr="x">rest."""
    opened = head.rfind("<")
    tag = head[opened + 1 :].split(" ", 1)[0] if opened >= 0 else ""
    if tag.startswith("/") or not tag:
        return "", rest, head
    return tag, _split_sentence(rest)[0], head[:opened]


def _broken(rest: str) -> bool:
    """Whether the field that began before `rest` has ended in it."""
    return any(mark in rest for mark in '&<{}"|') and not rest.startswith(('","', '", "'))


def _last_sentence(before: str) -> tuple[str, str]:
    """Return the text since the last field border, and what precedes it."""
    at = max(before.rfind(mark) for mark in '&<{}"|')
    sentence, earlier = _split_sentence(before[at + 1 :])
    return sentence, before[: at + 1] + earlier


def _split_sentence(text: str) -> tuple[str, str]:
    last = 0
    for stop in _STOP.finditer(text):
        last = stop.end()
    if not text[last:].strip():
        return text, ""
    return text[last:], text[:last]


def _sibling(prior: str, after: str) -> str:
    """Return the name given beside a value: before it in the same object or tag, else after."""
    opened = max(prior.rfind("{"), prior.rfind("<"))
    names = _NAMED.findall(prior[opened + 1 :])
    if names:
        return str(names[-1])
    closed = min((at for at in (after.find("}"), after.find(">")) if at >= 0), default=len(after))
    match = _NAMED.search(after[:closed])
    return match[1] if match else ""


def _column(text: str, start: int) -> str:
    """Return the header over a value of a small comma-separated table, or nothing."""
    line_start = text.rfind("\n", 0, start) + 1
    header_end = text.find("\n")
    if not line_start or header_end > 500 or start - line_start > 500:
        return ""
    headers = text[:header_end].split(",")
    place = text.count(",", line_start, start)
    return headers[place].strip(" \"'\r") if 1 < len(headers) > place else ""
