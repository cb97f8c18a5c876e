"""Log-probabilities out of a raw answer, in the two formats that servers write them in.

Chat completions have a list of places under `content`, each with its `top_logprobs` as a list; text
completions have parallel lists, the alternatives as objects from text to number. llama.cpp writes
the first format for both. What does not fit either is no place at all.

>>> body = b'{"choices": [{"text": " yes", "logprobs": {"tokens": [" yes"],'
>>> body += b' "token_logprobs": [-0.1], "top_logprobs": [{" yes": -0.1, " no": -2.5}]}}]}'
>>> continuation(body).tokens
(Token(text=' yes', likely={' yes': -0.1, ' no': -2.5}),)
"""

from collections.abc import Iterable, Mapping
from itertools import zip_longest

from piiforge.chat.continuation import Token
from piiforge.chat.replies import Reply, first_of, is_html, object_of, usage_of


def continuation(body: bytes | str, status: int = 200) -> Reply:
    """Read a body that should be a completion of either kind; no text at all is an answer too."""
    found = object_of(body)
    tokens_in, tokens_out = usage_of(found)
    choice = first_of(found.get("choices"))
    message = choice.get("message")
    if not isinstance(message, Mapping):
        message = {"content": choice["text"]} if "text" in choice else None
    if message is None:
        return Reply("bad_body", "", "", tokens_in, tokens_out, status, html=is_html(body))
    finish = choice.get("finish_reason")
    refused = bool(message.get("refusal")) or finish == "content_filter"
    text = message.get("content")
    return Reply(
        "refused" if refused else "",
        text if isinstance(text, str) else "",
        finish if isinstance(finish, str) else "",
        tokens_in,
        tokens_out,
        status,
        tokens=tuple(_places(choice.get("logprobs"))),
    )


def _places(told: object) -> Iterable[Token]:
    if not isinstance(told, Mapping):
        return []
    content = told.get("content")
    if isinstance(content, list):
        return [_token(each) for each in content if isinstance(each, Mapping)]
    columns = [told.get(name) for name in ("tokens", "token_logprobs", "top_logprobs")]
    rows = zip_longest(*(each if isinstance(each, list) else [] for each in columns))
    return [
        Token(text, _pairs(others.items() if isinstance(others, Mapping) else (), (text, own)))
        for text, own, others in rows
        if isinstance(text, str)
    ]


def _token(place: Mapping[str, object]) -> Token:
    text = str(place.get("token", ""))
    others = place.get("top_logprobs")
    shown = (
        [each for each in others if isinstance(each, Mapping)] if isinstance(others, list) else []
    )
    pairs = [(each.get("token"), each.get("logprob")) for each in shown]
    return Token(text, _pairs(pairs, (text, place.get("logprob"))))


def _pairs(others: Iterable[tuple[object, object]], own: tuple[object, object]) -> dict[str, float]:
    """Return the numbers by text; of two tokens with one text the likelier."""
    likely: dict[str, float] = {}
    for text, number in (*others, own):
        if isinstance(text, str) and isinstance(number, int | float) and number is not True:
            likely[text] = max(float(number), likely.get(text, float("-inf")))
    return likely
