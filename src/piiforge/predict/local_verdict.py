"""The verdict of one forward pass: " true" against " false" behind the answer's fixed beginning.

The margin is logit(true) - logit(false), computed in fp32 from the last hidden state and the head's
two rows: bf16 logits step by 0.125, so that they tie. Where a tokenizer has no single token for one
of the words, the log-probabilities of the whole words are compared instead (two rows a case).
"""

import math
from collections.abc import Sequence

from piiforge import prompt
from piiforge.errors import AskedWrongly
from piiforge.predict.local_model import LocalModel

WORDS = (" true", " false")
_TOLERANCE = 0.02  # of the larger logit: bf16 logits are rounded to 8 bits


class Verdicts:
    """Margins of one model. `single` says that each of the two words is one token."""

    def __init__(self, model: LocalModel, sample: Sequence[int]) -> None:
        """Find the two words' tokens. `sample` is any prompt, to check the head with.

        Raises:
            AskedWrongly: the model's logits are not its head times its last hidden state.
        """
        self._model = model
        prefix, *words = (model.ids(prompt.ANSWER_PREFIX + word) for word in ("", *WORDS))
        shared = _shared(words[0], words[1])
        self._prefix = words[0][:shared]
        self._tails = (words[0][shared:], words[1][shared:])
        self.single = prefix == self._prefix and all(len(tail) == 1 for tail in self._tails)
        self._refuse_other_heads(sample)

    def margins(self, prompts: Sequence[Sequence[int]]) -> list[float]:
        """Return one margin a prompt, above 0 for true."""
        if not self.single:
            return self._of_words(prompts)
        hidden = self._model.hidden([[*row, *self._prefix] for row in prompts])[:, -1].float()
        weight, bias = self._model.head()
        true, false = (tail[0] for tail in self._tails)
        found = hidden @ (weight[true].float() - weight[false].float())
        if bias is not None:
            found = found + (bias[true].float() - bias[false].float())
        return [float(each) for each in found.tolist()]

    def length(self) -> int:
        """Return how many tokens stand behind the prompt at the most."""
        return len(self._prefix) + max(map(len, self._tails))

    def _of_words(self, prompts: Sequence[Sequence[int]]) -> list[float]:
        true, false = (self._log_likelihoods(prompts, tail) for tail in self._tails)
        return [yes - no for yes, no in zip(true, false, strict=True)]

    def _log_likelihoods(self, prompts: Sequence[Sequence[int]], tail: list[int]) -> list[float]:
        """Return the log-probability of `tail` behind each prompt and the prefix."""
        rows = [[*row, *self._prefix, *tail] for row in prompts]
        hidden = self._model.hidden(rows)[:, -len(tail) - 1 : -1].float()
        weight, bias = self._model.head()
        logits = hidden @ weight.float().T
        if bias is not None:
            logits = logits + bias.float()
        spread = logits.log_softmax(-1)
        return [sum(float(row[at, token]) for at, token in enumerate(tail)) for row in spread.cpu()]

    def _refuse_other_heads(self, sample: Sequence[int]) -> None:
        """Some families scale or cap their logits behind the head: their margin is another one."""
        row = [*sample, *self._prefix]
        logits = self._model.logits(row)
        weight, bias = self._model.head()
        ours = self._model.hidden([row])[0, -1].float() @ weight.float().T
        if bias is not None:
            ours = ours + bias.float()
        tokens = [tail[0] for tail in self._tails]
        gap = max(abs(float(logits[token] - ours[token])) for token in tokens)
        if gap > _TOLERANCE * float(logits.abs().max()) + 0.01:
            hint = "Leave --verdict-only off for this model."
            raise AskedWrongly("This model changes its logits behind the head.", hint)


def probability(margin: float) -> float:
    """Return the share of true in the two: the logistic function of the margin."""
    if margin >= 0:
        return 1 / (1 + math.exp(-margin))
    grown = math.exp(margin)
    return grown / (1 + grown)


def _shared(first: Sequence[int], second: Sequence[int]) -> int:
    pairs = zip(first, second, strict=False)
    return next((at for at, (one, other) in enumerate(pairs) if one != other), 0)
