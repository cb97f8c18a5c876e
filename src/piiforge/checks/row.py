"""Checks of one row by itself: each gives the reason to drop it, or nothing.

shape       the answer is strict JSON that reads back, the explanation short, the line one text
span        every value stands where its spans say, a positive has one of its category
echo        the explanation does not repeat a value
provenance  every value was drawn by our generators
look        a reading that knows nothing of how the row was made agrees with its label

and how many tokens a row has, by the model's tokenizer where one is at hand, else by estimate.
"""

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from itertools import pairwise
from pathlib import Path

from piiforge import prompt, reader
from piiforge.errors import AskedWrongly, MissingExtra
from piiforge.reader import Finding
from piiforge.types import Cue, Example, Switches

CHAT_FRAME = 31  # tokens that the chat template puts around prompt and answer
HEADROOM = 1.12  # an estimate is that much too low for one row in a hundred
_DIGITS = re.compile(r"\d{4}")
_MARKS = re.compile(r"[|@.]")
_WORD_LENGTH = 5
_AGAINST = frozenset({Cue.VETO, Cue.MISLEADING, Cue.OTHER})


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
        for piece in _MARKS.split(mention.key):
            if len(piece) >= _WORD_LENGTH and piece in said:
                return "the explanation repeats the value"
    return ""


def provenance(example: Example) -> str:
    """Return "a value from elsewhere" where one was not drawn here."""
    if any(mention.origin != "drawn" for mention in example.values):
        return "a value was not drawn by a generator"
    return ""


@dataclass(frozen=True, slots=True)
class Look:
    """What the second look says. `problem` is "" where the row may stay."""

    problem: str = ""
    review: bool = False


def look(example: Example, switches: Switches) -> Look:
    """Compare the row's label and values with an independent reading of its content.

    `reader` undoes what disguises it can find, validates by rules of its own, reads the cue and
    gives its own verdict. Dropped is what it can prove wrong: a value it calls impossible in a
    positive, a value in a negative that the generator did not put there, or one that it reads as
    confirmed. Kept, and listed for review, is what it only fails to follow: a disguise it can't
    undo (the disguise's own inverse could), a veto or a naming that its lexicon misses. Dropping
    those would take out just the hardest rows.
    """
    findings = reader.find(example.content, example.category)
    own = [finding for finding in findings if _is_own(finding, example)]
    others = [finding for finding in findings if finding not in own]
    judge = partial(
        reader.judge, partial_mask=switches.partial_mask, role_mailbox=switches.role_mailbox
    )
    if example.verdict.is_sensitive:
        return _positive(own, others, judge(findings))
    if not judge(findings):
        return Look()
    if judge(others):
        return Look("the reader finds a value that nothing explains")
    if example.cue not in _AGAINST | {Cue.NEUTRAL} and any(finding.valid for finding in own):
        return Look("the reader calls the value valid")
    if any(finding.valid and finding.cue is Cue.CONFIRM for finding in own):
        return Look("the reader takes the value for one of the category")
    return Look(review=True)


def _positive(own: Sequence[Finding], others: Sequence[Finding], sensitive: bool) -> Look:
    for finding in others:
        named = finding.cue is Cue.CONFIRM or (finding.telling and finding.cue not in _AGAINST)
        if finding.valid and named:  # it would make the line sensitive by itself
            return Look("the reader finds a value that was not put there")
    if own and not any(finding.valid for finding in own):
        return Look(f"the reader calls the value invalid: {own[0].reason}")
    return Look(review=not (own and sensitive))


def _is_own(finding: Finding, example: Example) -> bool:
    """Say whether the reader found the value that the row is about, or the visible part of it."""
    if not example.values:
        return False
    masked = any(name.startswith("mask_") for name in example.disguises)
    if masked and finding.reason == "partial_mask":
        return True
    return is_same(finding.key, example.values[0].key)


def is_same(found: str, known: str) -> bool:
    """Say whether two keys are of one value: a country code may lack, an extension be read along.

    Keys are as `types.key_of` gives them.
    """
    part = len(found) >= 7 and len(known) >= 7 and (found in known or known in found)
    return found == known or part


@dataclass(frozen=True, slots=True)
class TokenCounter:
    """Counts the tokens of a text, without special ones. `name` says how, for the manifest."""

    name: str
    count: Callable[[str], int]


def tokens_of(example: Example, counter: TokenCounter, description: str) -> int:
    """Return the tokens of prompt and answer together, chat template included."""
    asked = prompt.question(example.category, description, example.content)
    whole = f"{prompt.INSTRUCTION}\n{asked}{prompt.answer(example.verdict)}"
    return CHAT_FRAME + counter.count(whole)


@lru_cache(maxsize=4)
def counter(path: str) -> TokenCounter:
    """Return the tokenizer at `path`, a tokenizer.json, or the estimate where `path` is empty."""
    if not path:
        return TokenCounter("estimate for Qwen2.5", _estimated)
    try:
        from tokenizers import Tokenizer
    except ImportError as error:
        raise MissingExtra("tokenizers", "tokenizer") from error
    if not Path(path).is_file():
        raise AskedWrongly(f"tokenizer: {path} is not a file.", "Give a tokenizer.json.")
    encode = partial(Tokenizer.from_file(path).encode, add_special_tokens=False)
    return TokenCounter(Path(path).name, lambda text: len(encode(text).ids))


def _estimated(text: str) -> int:
    """Estimate the Qwen2.5 tokens of a text, a little high, so that no row is cut in training."""
    return math.ceil(HEADROOM * prompt.tokens(text))
