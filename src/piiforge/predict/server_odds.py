"""true against false, out of the log-probabilities that a server shows.

The margin is that of `local:` (logit(true) - logit(false)), as both differ from the logits by the
same number. Only the two spellings of one pair are compared: with the space that training puts
before the word, or without it where a tokenizer makes the space a token of its own. `True` is no
JSON and counts for nothing.

>>> place = chat.Token(" true", {" true": -0.105, " false": -2.303, " True": -9.0})
>>> found = odds([place], prompt.ANSWER_PREFIX)
>>> round(found.margin, 3), round(found.mass, 2)
(2.198, 1.0)
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from piiforge import chat, prompt

HALF = 0.5
_SPACES = ("\u0120", "\u2581")  # how byte-level and SentencePiece vocabularies spell a space
_SURE = 1e-7  # what float32 probabilities can't tell from nothing


@dataclass(frozen=True, slots=True)
class Odds:
    """What is said of one answer.

    `margin` is log(p(true) / p(false)), above 0 for true. `mass` is p(true) + p(false), 0 to 1: low
    where the model would rather write something else, so that the margin says little. `spaced`: the
    words stand behind a space. `exact` is False where only one of the two is shown: the other then
    counts for as much as it can have at the most, so that the margin is never too sure.
    """

    margin: float
    mass: float
    spaced: bool
    exact: bool


def odds(tokens: Iterable[chat.Token], begun: str) -> Odds | None:
    """Return the odds of an answer that `begun` and `tokens` make, None where it has no such place.

    Of several places behind the answer's prefix (a space may be a token of its own) the one where
    true and false are likeliest counts.
    """
    found: list[Odds] = []
    text = begun
    for token in tokens:
        if _decides(text):
            found += _at(token.likely)
        text += _spelt(token.text)
    return max(found, key=lambda each: each.mass, default=None)


def _decides(text: str) -> bool:
    """Say whether is_sensitive's value comes next, whatever the white space."""
    return "".join(text.split()).endswith(prompt.ANSWER_PREFIX)


def _at(likely: Mapping[str, float]) -> list[Odds]:
    shown = {_spelt(text): number for text, number in likely.items()}
    pairs = [_pair(shown, " ", spaced=True), _pair(shown, "", spaced=False)]
    known = [pair for pair in pairs if pair is not None]
    # The spelling of training counts wherever it is the likelier half: as in `local:`.
    return next(([pair] for pair in known if pair.mass >= HALF), known)


def _pair(shown: Mapping[str, float], space: str, *, spaced: bool) -> Odds | None:
    true, false = (shown.get(space + word) for word in ("true", "false"))
    mass = sum(math.exp(each) for each in (true, false) if each is not None)
    if true is not None and false is not None:
        return Odds(true - false, min(mass, 1.0), spaced, exact=True)
    if (true is None and false is None) or len(shown) == 1:
        return None
    most = _most_unshown(shown)
    margin = true - most if true is not None else most - (false or 0.0)
    return Odds(margin, min(mass, 1.0), spaced, exact=False)


def _most_unshown(shown: Mapping[str, float]) -> float:
    """Return the log-probability that a token which is not shown has at the most."""
    left = 1 - sum(math.exp(each) for each in shown.values())
    return min(*shown.values(), math.log(max(left, _SURE)))


def _spelt(text: str) -> str:
    return " " + text[1:] if text.startswith(_SPACES) else text
