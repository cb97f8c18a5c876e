"""Speech: sentences around a value, chosen so that they say of it what the cue asks.

The frame names the value (or names nothing, or something else), has room for its parts, and belongs
to the pool of the row's split.
"""

from collections.abc import Sequence
from random import Random

from piiforge.compose.naming import pure
from piiforge.compose.pools import Pool
from piiforge.compose.setup import FIRST_BYSTANDER, STATES, WORD_SLOT, Setup
from piiforge.compose.spec import CUE_TWIN, TURNS, Spec
from piiforge.compose.subject import Drawer, Subject
from piiforge.lines import SLOTS, Phrase, as_typed, pick, write_sentence
from piiforge.types import Cue

_JOINTS = (" ", " / ", ", ", " - ", "; ")
_BESIDE_SLOTS = frozenset({"value", "name", "city", "time", "date"})
_END_MARKS = ".!?…。！？，,:;~)"
_BREAKS = (". ", ". ", ", ", " - ", "; ", " / ", " ... ")
_OPENER_SHARE, _CLOSER_SHARE, _BESIDE_SHARE = 0.2, 0.15, 0.5


class Speaker:
    """Chooses frames from one split's pool and writes them out."""

    def __init__(self, pool: Pool, drawer: Drawer) -> None:
        self._pool, self._drawer = pool, drawer
        self._fitting: dict[tuple[object, ...], tuple[Phrase, ...]] = {}

    def choose(self, spec: Spec, subject: Subject, noun: str, rng: Random) -> Phrase | None:
        """Choose the frame of a row; None where the pool has none that fits."""
        for role, owner in _roles(spec, subject, rng):
            fits = self._fits(owner, role, spec, subject, noun, rng)
            if fits:
                return pick(fits, rng)
        return None

    def sentence(
        self, spec: Spec, subject: Subject, phrase: Phrase, setup: Setup, rng: Random
    ) -> str:
        """Write the frame with the subject's slots and the word's slot in their places."""
        count = len(subject.texts)
        slots = phrase.slots
        fills = {"routing": SLOTS[0], "account": SLOTS[1], "what": SLOTS[WORD_SLOT], **setup.fills}
        fills["value"] = pick(_JOINTS, rng).join(SLOTS[:count])
        if "state" in slots and subject.value:
            fills["state"] = STATES[subject.value.state][rng.random() < 0.5]
        if "issuer" in slots:
            fills["issuer"] = self._issuer(spec.language, _kind(subject), rng)
        if "what" in slots:
            setup.has_word = True
            setup.needs.append(SLOTS[WORD_SLOT])
        if "value" in slots or "routing" in slots:
            setup.needs += SLOTS[:count]
        typed = as_typed(phrase, spec.language, rng)
        return write_sentence(typed, fills, self._pool.banks, _spoken(spec.language), rng)

    def whole(self, spec: Spec, subject: Subject, phrase: Phrase, setup: Setup, rng: Random) -> str:
        """Write the frame with greeting, bystander, injection and farewell around it."""
        pieces = [self.sentence(spec, subject, phrase, setup, rng)]
        if rng.random() < _OPENER_SHARE:
            pieces.insert(0, self.talk("openers", spec.language, rng))
        if spec.bystanders and rng.random() < _BESIDE_SHARE:
            pieces.insert(_end(pieces, rng), self.beside(spec, setup, rng))
        if spec.injection:
            pieces.insert(_end(pieces, rng), self.injection(spec, rng))
        if rng.random() < _CLOSER_SHARE:
            pieces.append(self.talk("closers", spec.language, rng))
        return _joined([piece for piece in pieces if piece], rng)

    def talk(self, role: str, language: str, rng: Random) -> str:
        """Write small talk: openers, closers, agent_lines, visitor_lines."""
        spoken = language if self._pool.phrases.get(("", role, language)) else pure(language, rng)
        phrase = pick(self._pool.phrases["", role, spoken], rng)
        return write_sentence(as_typed(phrase, spoken, rng), {}, self._pool.banks, spoken, rng)

    def beside(self, spec: Spec, setup: Setup, rng: Random) -> str:
        """Write a sentence that holds another category's value, "" where there is none to tell."""
        if FIRST_BYSTANDER in setup.texts:
            return ""
        value = self._drawer.bystander(spec.category, rng)
        if len(value.parts) > 1 or value.category == spec.kind:
            return ""
        frames = self._beside_frames(value.category, spec.language, rng)
        if not frames:
            return ""
        setup.texts[FIRST_BYSTANDER] = value.parts[0].text
        setup.bystanders.append(value)
        typed = as_typed(pick(frames, rng), spec.language, rng)
        fills = {"value": SLOTS[FIRST_BYSTANDER]}
        return write_sentence(typed, fills, self._pool.banks, _spoken(spec.language), rng)

    def reply(self, language: str, rng: Random) -> Phrase:
        """Choose an answer that names nothing, for a value that was just asked for."""
        replies = self._pool.phrases.get(("", "replies", language))
        return pick(replies or self._pool.phrases["", "replies", pure(language, rng)], rng)

    def injection(self, spec: Spec, rng: Random) -> str:
        """Return a text that pushes to one label or the other, whichever the row has."""
        push = rng.random() < 0.5
        return pick(self._pool.banks.injections[push, pure(spec.language, rng)], rng)

    def _fits(
        self, owner: str, role: str, spec: Spec, subject: Subject, noun: str, rng: Random
    ) -> tuple[Phrase, ...]:
        language = self._language(owner, role, spec.language, rng)
        noun = noun if role == "veto" else ""
        state = bool(subject.value and subject.value.state)
        must = spec.kind == "wrong_state_shape" and spec.cue is Cue.CONFIRM
        pair = len(subject.texts) == 2
        facet = self._facet(owner, role, subject)
        key = (owner, role, language, noun, state, must, pair, facet)
        found = self._fitting.get(key)
        if found is None:
            found = self._fitting[key] = tuple(
                phrase
                for phrase in self._pool.phrases.get((owner, role, language), ())
                if phrase.noun == noun
                and (state or "state" not in phrase.slots)
                and (not must or "state" in phrase.slots)
                and (pair or "routing" not in phrase.slots)
                and (facet is None or self._is_of(owner, phrase, facet))
            )
        return found

    def _facet(self, owner: str, role: str, subject: Subject) -> str | None:
        """Return the facet that a naming frame must be of, None where any will do."""
        bank = self._pool.banks.categories.get(owner)
        if not bank or not bank.facets or role not in {"confirm", "ask"}:
            return None
        return bank.facet_of_kind(_kind(subject))

    def _is_of(self, owner: str, phrase: Phrase, facet: str) -> bool:
        """Say whether the frame names `facet`, or leaves it to the issuer that is put in."""
        own = self._pool.banks.categories[owner].facet_of(" ".join(phrase.pieces[::2]))
        return own == facet or (not own and "issuer" in phrase.slots)

    def _issuer(self, language: str, kind: str, rng: Random) -> str:
        bank = self._pool.banks.categories["member_id"]
        return pick(bank.suit(bank.issuers[pure(language, rng)], kind), rng)

    def _beside_frames(self, category: str, language: str, rng: Random) -> tuple[Phrase, ...]:
        spoken = self._language(category, "confirm", language, rng)
        key = ("beside", category, spoken)
        found = self._fitting.get(key)
        if found is None:
            found = self._fitting[key] = tuple(
                phrase
                for phrase in self._pool.phrases.get((category, "confirm", spoken), ())
                if _BESIDE_SLOTS.issuperset(phrase.slots)
                and (category != "member_id" or self._is_of(category, phrase, ""))
            )
        return found

    def _language(self, owner: str, role: str, language: str, rng: Random) -> str:
        """Return the language of the frame: a mixed line has a mixed frame or one of the four."""
        mixed = language == "mixed"
        if mixed and (not self._pool.phrases.get((owner, role, language)) or rng.random() < 0.4):
            return pure(language, rng)
        return language


def _kind(subject: Subject) -> str:
    return subject.value.kind if subject.value else ""


def is_question(phrase: Phrase) -> bool:
    """Say whether the frame asks for a value instead of holding one."""
    return "-ask-" in phrase.family


def _roles(spec: Spec, subject: Subject, rng: Random) -> Sequence[tuple[str, str]]:
    """Return (role, owner) of frames in the order to be tried."""
    own = spec.category
    if spec.cue is Cue.NONE:
        return (("none", own),) if spec.variant == "absent" else (("benign", ""),)
    if spec.cue is Cue.NEUTRAL:
        return (("phrases", ""),)
    if spec.twin == CUE_TWIN:
        return (("open", own),)
    if spec.cue is Cue.VETO:
        return (("veto", own), ("open", own)) if rng.random() < 0.75 else (("open", own),)
    owner = spec.kind if spec.cue is Cue.OTHER else own
    value = subject.value
    if value and value.category == "bank_account" and len(value.parts) == 1:
        return ((f"{value.parts[0].role}_alone", owner),)
    dice = rng.random()
    if spec.carrier == TURNS and dice < 0.3:
        return (("ask", owner), ("confirm", owner))
    return (("confirm", owner), ("open", owner)) if dice < 0.75 else (("open", owner),)


def _joined(pieces: Sequence[str], rng: Random) -> str:
    """Join sentences; one without an end mark gets something between it and the next."""
    text = pieces[0]
    for piece in pieces[1:]:
        text += (" " if text[-1] in _END_MARKS else pick(_BREAKS, rng)) + piece
    return text


def _end(pieces: Sequence[str], rng: Random) -> int:
    return len(pieces) if rng.random() < 0.5 else 0


def _spoken(language: str) -> str:
    return "en" if language == "mixed" else language
