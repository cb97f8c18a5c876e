r"""What an e-mail address must leave in a line: an @, or words for one and for a dot.

An @ is no mailbox's only where its grammar says so: an image's density, a package's version, a
handle behind a slash.

>>> mailbox("logo@2x.png vue@3.4.1/dist https://social.example/@jo"), mailbox("jo@example.com")
(False, True)
>>> mailbox("jo [at] example [dot] com"), mailbox("look at this.html")
(True, False)
"""

import re
from bisect import bisect_left

_NO_MAILBOX = re.compile(
    r"@(?:[1-4](?:\.[0-9])?x\.(?:png|jpe?g|gif|webp|svg|avif)"
    r"|v?[0-9]{1,4}(?:\.[0-9]{1,5}){0,3}(?:-(?:alpha|beta|rc|next)[0-9.]{0,6})?"
    r"(?=[/?&\"' \x1f,+]|$)"
    r"|(?:latest|next)(?=[/?&\"' ]|$))"
    r"|(?<=/)@[a-z0-9_-]{1,40}(?=[/?&\"' ]|$)"
)
_SAID_AT = re.compile(
    r"艾特|圈 ?a|arr?oba|arobas|[(\[{<_-] {0,2}(?:at|a) {0,2}[)\]}>_-]|(?<![a-z])at(?![a-z])"
)
_SAID_DOT = re.compile(r"点|點|(?<![a-z])(?:dot|punto|point|ponto|punkt)(?![a-z])")
_NAME = r"[^\W_](?:[\w.-]{0,120}[^\W_])?\.([a-z\u00a1-\uffff]{2,24})"
_DOMAIN = re.compile(rf"[\s+\"'\\]{{0,4}}{_NAME}(?![a-z0-9])")
_FIELD = re.compile(
    rf"(?:^|[=:\"'>|,(+\s\\]|(?<!/)/)[ \"'\\]{{0,3}}{_NAME}(?=[&;\"'<|,)}}+/\s\x1f\\]|$)"
)
_FILES = frozenset(
    {"html", "htm", "php", "asp", "aspx", "jsp", "js", "css", "png", "jpg", "jpeg", "gif", "svg"}
    | {"webp", "json", "xml", "pdf"}
)
_BEYOND = 160  # characters behind the @ in which a dot is sought


def mailbox(text: str) -> bool:
    """Say whether a mailbox could stand in a folded text."""
    if "@" in text and "@" in _NO_MAILBOX.sub("", text):
        return True
    dots = [found.start() for found in _SAID_DOT.finditer(text)]
    return any(
        _is_dot_within(dots, found.end()) or _is_domain_at(text, found.end())
        for found in _SAID_AT.finditer(text)
    )


def half(text: str) -> bool:
    """Say whether a domain stands as a whole field, or with its dots spoken: half a mailbox."""
    return _FIELD.search(text) is not None or _SAID_DOT.search(text) is not None


def _is_dot_within(dots: list[int], start: int) -> bool:
    at = bisect_left(dots, start)
    return at < len(dots) and dots[at] - start < _BEYOND


def _is_domain_at(text: str, start: int) -> bool:
    found = _DOMAIN.match(text, start)
    return found is not None and found[1] not in _FILES
