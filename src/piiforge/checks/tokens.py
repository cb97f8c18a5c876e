"""How many tokens a text has: by the model's tokenizer where one is at hand, else by estimate.

The estimate is for Qwen2.5, which writes every digit as a token of its own. Its coefficients were
fitted on lines of the base recipe (`benchmarks/tokens.py`), and it rounds up.
"""

import math
import re
from functools import lru_cache
from pathlib import Path
from typing import Protocol

from piiforge.errors import AskedWrongly, MissingExtra

_DIGIT = re.compile(r"[0-9]")
_HAN = re.compile(r"[\u2e80-\u9fff\uff00-\uffef]")
_OTHER_WIDE = re.compile(r"[^\x00-\u024f\u2e80-\u9fff\uff00-\uffef]")
_MARK = re.compile(r"[^\w\s]")
PER_DIGIT, PER_HAN, PER_WIDE, PER_MARK, PER_LETTER, OVERHEAD = 1.0, 0.75, 2.0, 0.55, 0.24, 3


class TokenCounter(Protocol):
    """Counts tokens. `name` says how, for the manifest."""

    name: str

    def count(self, text: str) -> int:
        """Return the number of tokens of `text`."""
        ...


class Estimate:
    """Counts by the kinds of characters. Never far under, see `benchmarks/tokens.py`."""

    name = "estimate for Qwen2.5"

    def count(self, text: str) -> int:
        """Return the estimated number of Qwen2.5 tokens of `text`."""
        digits = len(_DIGIT.findall(text))
        han = wide = 0
        if not text.isascii():
            han, wide = len(_HAN.findall(text)), len(_OTHER_WIDE.findall(text))
        marks = len(_MARK.findall(text)) - wide
        letters = len(text) - digits - han - wide - marks
        cost = PER_DIGIT * digits + PER_HAN * han + PER_WIDE * wide
        return math.ceil(cost + PER_MARK * marks + PER_LETTER * letters) + OVERHEAD


class Tokenizer:
    """Counts with a `tokenizer.json`."""

    def __init__(self, path: Path) -> None:
        try:
            from tokenizers import Tokenizer as Loaded
        except ImportError as error:
            raise MissingExtra("tokenizers", "tokenizer") from error
        if not path.is_file():
            raise AskedWrongly(f"tokenizer: {path} is not a file.", "Give a tokenizer.json.")
        self._tokenizer = Loaded.from_file(str(path))
        self.name = path.name

    def count(self, text: str) -> int:
        """Return the number of tokens of `text`, without special tokens."""
        return len(self._tokenizer.encode(text, add_special_tokens=False).ids)


@lru_cache(maxsize=4)
def counter(path: str) -> TokenCounter:
    """Return the tokenizer at `path`, or the estimate where `path` is empty."""
    return Tokenizer(Path(path)) if path else Estimate()
