"""Checks of one row by itself: each gives the reason to drop it, or nothing.

shape       the answer is strict JSON that reads back, the explanation short, the line one text
span        every value stands where its spans say, a positive has one of its category
echo        the explanation does not repeat a value
length      prompt and answer fit the token limit
provenance  every value was drawn by our generators
"""

import re
from itertools import pairwise

from piiforge import prompt
from piiforge.checks.tokens import CHAT_FRAME, TokenCounter
from piiforge.types import Example

_DIGITS = re.compile(r"\d{4}")
_WORD_LENGTH = 5


def shape(example: Example) -> str:
    """Return what is off with the row's form, "" where nothing is."""
    try:
        if prompt.parse(prompt.answer(example.verdict)) != example.verdict:
            return "the answer does not read back"
    except ValueError as error:
        return f"the answer is {error}"
    if not example.content.strip():
        return "the content is empty"
    if len(example.verdict.explanation.split()) > prompt.MAX_EXPLANATION_WORDS:
        return f"the explanation is over {prompt.MAX_EXPLANATION_WORDS} words"
    try:
        example.content.encode()
    except UnicodeEncodeError:
        return "the content holds a lone surrogate"
    return ""


def span(example: Example) -> str:
    """Return what is off with the spans, "" where nothing is."""
    taken: list[tuple[int, int]] = []
    for mention in example.values:
        if not mention.spans:
            return "a value has no span"
        taken.extend((place.start, place.end) for place in mention.spans)
    taken.sort()
    if any(not 0 <= start < end <= len(example.content) for start, end in taken):
        return "a span lies outside the content"
    if any(first[1] > second[0] for first, second in pairwise(taken)):
        return "two spans overlap"
    if example.verdict.is_sensitive and not (
        example.values and example.values[0].category == example.category
    ):
        return "a positive without a value of its category"
    return ""


def echo(example: Example) -> str:
    """Return "repeats the value" where the explanation holds a part of one, "" otherwise."""
    said = example.verdict.explanation.lower()
    if _DIGITS.search(said):
        return "the explanation holds a number"
    for mention in example.values:
        for piece in re.split(r"[|@.]", mention.key):
            if len(piece) >= _WORD_LENGTH and piece in said:
                return "the explanation repeats the value"
    return ""


def length(example: Example, counter: TokenCounter, limit: int, description: str) -> str:
    """Return "over the limit" where a row, as it is trained on, has more than `limit` tokens."""
    count = tokens_of(example, counter, description)
    return f"{count} tokens, over {limit}" if count > limit else ""


def tokens_of(example: Example, counter: TokenCounter, description: str) -> int:
    """Return the tokens of prompt and answer together, chat template included."""
    asked = prompt.question(example.category, description, example.content)
    whole = f"{prompt.INSTRUCTION}\n{asked}{prompt.answer(example.verdict)}"
    return CHAT_FRAME + counter.count(whole)


def provenance(example: Example) -> str:
    """Return "a value from elsewhere" where one was not drawn here."""
    if any(mention.origin != "drawn" for mention in example.values):
        return "a value was not drawn by a generator"
    return ""
