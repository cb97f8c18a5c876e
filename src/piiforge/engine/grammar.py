"""A grammar that allows nothing but the contract's JSON, whatever a content tells the model."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from piiforge import prompt
from piiforge.errors import AskedWrongly, MissingExtra

if TYPE_CHECKING:
    import llguidance


_MOST_TOKENS = 48  # of an explanation: twelve words and room for keys
_REST = r"""
start: {verdict} ", \"confidence_score\": " SCORE ", \"explanation\": \"" words "\"}}"
SCORE: /0\.[0-9]{{1,2}}|1\.0/
words[max_tokens={most}]: /([^"\\\x00-\x1f\x7f]|\\["\\\/nt])+/
"""


class Answers:
    """Writes answers token by token; what stands before is `prompt.ANSWER_PREFIX`."""

    def __init__(
        self, tokenizer: Path, vocabulary: int, words: tuple[int, int], ends: Sequence[int]
    ) -> None:
        """Read the tokenizer; `vocabulary` is how many logits the model gives.

        `words` are the tokens of true and false, the same that a verdict compares; `ends` those
        that end an answer.

        Raises:
            MissingExtra: llguidance is not installed.
        """
        try:
            import llguidance
        except ImportError as error:
            raise MissingExtra("llguidance", "fast") from error
        self._library, self._words = llguidance, words
        self._tokenizer = llguidance.LLTokenizer(
            _bytewise(tokenizer), n_vocab=vocabulary, eos_token=list(ends)
        )

    def begin(self, verdict: bool | None) -> "Answer":
        """Begin an answer: its verdict is given, or the model's own with None."""
        true, false = (f"<[{word}]>" for word in self._words)
        says = f"({true} | {false})" if verdict is None else true if verdict else false
        text = _REST.format(verdict=says, most=_MOST_TOKENS)
        grammar = self._library.LLMatcher.grammar_from_lark(text)
        matcher = self._library.LLMatcher(self._tokenizer, grammar)
        if matcher.is_error():
            raise AskedWrongly("The tokenizer can't write the answer.", matcher.get_error())
        return Answer(matcher, self._tokenizer)


class Answer:
    """One answer on its way. `forced` are the tokens that the grammar leaves no choice about."""

    def __init__(
        self, matcher: "llguidance.LLMatcher", tokenizer: "llguidance.LLTokenizer"
    ) -> None:
        self._matcher, self._tokenizer = matcher, tokenizer
        self._allowed: NDArray[np.int32] | None = None
        self._said: list[int] = []

    @property
    def text(self) -> str:
        """What was said so far, the fixed beginning included."""
        return prompt.ANSWER_PREFIX + str(self._tokenizer.decode_str(self._said))

    def forced(self) -> tuple[int, ...]:
        """Take the tokens that must come now; none where the model may choose."""
        tokens = tuple(self._matcher.compute_ff_tokens())
        if tokens:
            self._matcher.consume_tokens(list(tokens))
            self._said += tokens
        return tokens

    def choose(self, logits: NDArray[np.float32]) -> tuple[int, ...]:
        """Take the likeliest allowed token and all that must follow; () at the end."""
        from llguidance import numpy as masks

        if self._matcher.is_stopped() or self._matcher.is_accepting():
            return ()
        if self._allowed is None:
            self._allowed = masks.allocate_token_bitmask(1, self._tokenizer.vocab_size)
        masks.fill_next_token_bitmask(self._matcher, self._allowed, 0)
        open_to_it = logits[None].copy()
        masks.apply_token_bitmask_inplace(open_to_it, self._allowed)
        token = int(open_to_it[0].argmax())
        self._matcher.consume_token(token)
        self._said.append(token)
        return (token, *self.forced())


def _bytewise(path: Path) -> str:
    """Return the tokenizer with its plain byte-level decoder, by which tokens become bytes.

    A tokenizer that was converted from another form may name a longer chain that does the same, and
    that the grammar's library does not see through.
    """
    told = json.loads(path.read_text(encoding="utf-8"))
    if "ByteLevel" in json.dumps(told.get("pre_tokenizer")):
        told["decoder"] = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": False}
        told["model"]["byte_fallback"] = False
    return json.dumps(told)
