"""Which event a log line is of, by what it says.

>>> event_of('POST /signup {"email": "{{value}}"}'), event_of("GET /account?phone={{value}}")
('form_submit', 'page_view')
"""

import re

_RULES = (
    ("chat_message", r"chat|message|conversation|utterance|transcript|visitor|\bturn\b|\bbot\b"),
    (
        "form_submit",
        r"form|submit|signup|sign_up|register|checkout|field|multipart|urlencoded|^[\w.%\-]+=\S+&",
    ),
    ("page_view", r"page_?view|pageview|\bpage\b|\bGET /|referr?er|\bdl=|utm_|title"),
    ("xhr", r"xhr|xmlhttprequest|fetch|graphql|/api|\bPOST\b|\bPUT\b|\bPATCH\b"),
)
_PATTERNS = tuple((event, re.compile(pattern, re.IGNORECASE)) for event, pattern in _RULES)


def event_of(line: str) -> str:
    """Return the event of the first rule that a line meets: a talk, a form, a page; else xhr."""
    for event, pattern in _PATTERNS:
        if pattern.search(line):
            return event
    return "xhr"
