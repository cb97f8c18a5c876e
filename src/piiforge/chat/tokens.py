"""How many tokens a payload has, without a tokenizer: an estimate, and a bound for the budget.

>>> estimated({"messages": [{"role": "user", "content": "a" * 35}]})
10
>>> estimated({"messages": [{"role": "user", "content": "电话"}]})
2
"""

import math
import re
from collections.abc import Mapping
from typing import cast

import orjson

CHARACTERS_A_TOKEN = 3.5
EXPECTED_SHARE = 0.5
FRAME_BYTES = 16  # a message's role and its separators, in any chat template that we know
HAN = re.compile("[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]")


def estimated(payload: Mapping[str, object]) -> int:
    """Estimate the input tokens: one a Han character, one for 3.5 of all others, schema included.

    A rule of thumb for English log lines and prompts; it is used to tell a cost beforehand and
    where a server reports no usage.
    """
    return estimated_text("".join(_texts(payload)))


def estimated_text(text: str) -> int:
    """Estimate the tokens of one text by the same rule."""
    han = len(HAN.findall(text))
    return han + math.ceil((len(text) - han) / CHARACTERS_A_TOKEN)


def most_input(payload: Mapping[str, object]) -> int:
    """Return what the input tokens can't pass: its UTF-8 bytes, as no token is less than a byte."""
    texts = _texts(payload)
    return sum(len(text.encode()) for text in texts) + FRAME_BYTES * (len(texts) + 1)


def most_output(payload: Mapping[str, object]) -> int:
    """Return the bound that the payload itself sets on the answer."""
    bound = payload.get("max_tokens", payload.get("max_completion_tokens"))
    return cast("int", bound)


def _texts(payload: Mapping[str, object]) -> list[str]:
    messages = cast("list[dict[str, str]]", payload["messages"])
    texts = [message["content"] for message in messages]
    if "response_format" in payload:
        texts.append(orjson.dumps(payload["response_format"]).decode())
    return texts
