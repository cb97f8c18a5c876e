"""Scenes: what a line carries around its subject, in fields, in a sentence or in a conversation."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import NamedTuple

from piiforge import categories, lines
from piiforge.compose.frames import LINE, LOOKALIKE, OTHER, SENTENCE, VALUE, Frame
from piiforge.compose.pools import Namer, Pool, pure
from piiforge.compose.spec import CUE_TWIN, FIELDS, TURNS, Spec
from piiforge.compose.subject import Drawer, Subject, draw_token
from piiforge.lines import (
    KEYS,
    SLOTS,
    Phrase,
    Scenario,
    as_typed,
    draw_noise_fields,
    draw_setting,
    draw_style,
    styled,
    write_sentence,
)
from piiforge.rng import pick
from piiforge.types import Cue, Draft, Lookalike, Scene, Value

# A scene under way: what its slots will hold, and what the draft must not lose.
#
# Slots of a draft: 0 and 1 the subject's parts, 2 the word a sentence calls it by, 3 to 6
# bystanders, 7 an agent's question. Keys: 0 and 1 the subject's.


WORD_SLOT, FIRST_BYSTANDER, ASK_SLOT = 2, 3, 7
STATES: dict[str, tuple[str, str]] = {
    "CA": ("California", "CA"),
    "NY": ("New York", "NY"),
    "TX": ("Texas", "TX"),
}


@dataclass(slots=True)
class Setup:
    """A scene under way. `texts` are what slots hold, but for the subject's own and the word's.

    `fills` are what a frame's own slots hold, by their names. `needs` are the sentinels without
    which the draft would say something else; `draft` is the whole line where a frame gives it;
    `has_word`: the sentence calls the value by a word, in WORD_SLOT; `family` is the scenario's or
    the phrase's.
    """

    scene: Scene
    family: str
    texts: dict[int, str]
    needs: list[str] = field(default_factory=list)
    fills: Mapping[str, str] = field(default_factory=dict)
    bystanders: list[Value] = field(default_factory=list)
    style: str = "snake"
    draft: Draft | None = None
    has_word: bool = False

    @property
    def answers(self) -> bool:
        """Say whether the value answers a question of the turn before."""
        return ASK_SLOT in self.texts


# Framing: a frame's own slots filled, with room left for the row's value.
#
# What stands beside (other people's values, names, digits) is drawn here; the row's own value is
# put in later, like in any line.


_JOINTS = (" ", " / ", ", ", " - ", "; ")
_JOINT = " "


class Framed(NamedTuple):
    """A frame ready for one row: its text with named slots, what they hold, who stands beside."""

    phrase: Phrase
    fills: Mapping[str, str]
    others: tuple[Value, ...]


class Framer:
    """Fills frames from one split's pool."""

    def __init__(self, pool: Pool) -> None:
        self._banks = pool.banks
        self._categories = {category.id: category for category in categories.ALL}
        self._by_noun: dict[str, list[Lookalike]] = {}
        for category in categories.ALL:
            for lookalike in category.lookalikes:
                for noun in lookalike.nouns:
                    self._by_noun.setdefault(noun, []).append(lookalike)

    def frame(self, frame: Frame, spec: Spec, subject: Subject, rng: Random) -> Framed:
        """Fill every slot of `frame` but those of the row's value, which get its sentinels."""
        pieces = list(frame.pieces)
        fills: dict[str, str] = {}
        others: list[Value] = []
        own = SLOTS[: len(subject.texts)]
        joint = pick(_JOINTS, rng) if frame.notation == "raw" else _JOINT
        for at in range(1, len(pieces), 2):
            slot, pieces[at] = pieces[at], f"slot{at}"
            if frame.is_subject(slot):
                second = slot == "value:account" or (
                    frame.in_parts and slot in frame.pieces[1:at:2]
                )
                part = own[-1:] if second else own[:1]
                fills[pieces[at]] = joint.join(part if frame.in_parts else own)
            elif slot.startswith(OTHER):
                value = self._categories[slot.partition(":")[2]].draw(rng)
                fills[pieces[at]] = _JOINT.join(_slots_of(value, others))
                others.append(value)
            else:
                fills[pieces[at]] = self._noise(slot, spec.language, rng)
        return Framed(Phrase(frame.family, tuple(pieces)), fills, tuple(others))

    def draft(self, frame: Frame, framed: Framed) -> Draft:
        """Write out a whole line; what fills its slots is escaped as the line has it."""
        chain = (frame.notation,)
        pieces = list(framed.phrase.pieces)
        for at in range(1, len(pieces), 2):
            pieces[at] = lines.encode(framed.fills[pieces[at]], chain)
        return Draft("".join(pieces), value_chain=chain)

    def _noise(self, slot: str, language: str, rng: Random) -> str:
        name, _, what = slot.partition(":")
        if name == "digits":
            count = int(what)
            return str(int((1 + 9 * rng.random()) * 10 ** (count - 1)))[:count]
        if name == LOOKALIKE and what in self._by_noun:
            value = pick(self._by_noun[what], rng).draw(rng)
            return _JOINT.join(part.text for part in value.parts)
        if name in {LOOKALIKE, VALUE}:  # a noun that no category imitates
            return lines.noise.order_id(rng)
        return lines.draw_noise(name, self._banks, language, rng)


def _slots_of(value: Value, before: Sequence[Value]) -> Sequence[str]:
    first = FIRST_BYSTANDER + sum(len(one.parts) for one in before)
    return SLOTS[first : first + len(value.parts)]


# Speech: sentences around a value, chosen so that they say of it what the cue asks.
#
# The frame names the value (or names nothing, or something else), has room for its parts, and
# belongs to the pool of the row's split.


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


_INTERNAL_IDS = (
    "user id", "customer id", "member id", "account id", "visitor id", "contact id", "uid",
    "profile id", "crm id", "loyalty id",
)  # fmt: skip
_TOKEN_KEYS = (
    "session token", "auth token", "csrf token", "idempotency key", "payload hash", "device hash",
    "trace hash", "upload ref", "consent hash", "page token",
)  # fmt: skip
_INTERNAL_ID_SHARE, _STATE_SHARE, _TOKEN_SHARE = 0.6, 0.5, 0.1
_EMPTY = ("", "", "null", "N/A", "-", "[redacted]", "on file", "provided", "none", "undefined")
_NOWHERE = Scene("", "")


class Stage:
    """Sets scenes from one split's pool."""

    def __init__(self, pool: Pool, namer: Namer, drawer: Drawer) -> None:
        self._pool, self._namer, self._drawer = pool, namer, drawer
        self._speaker = Speaker(pool, drawer)
        self._framer = Framer(pool)

    def set(self, spec: Spec, subject: Subject, noun: str, rng: Random) -> Setup | None:
        """Set the scene of `spec`; None where no phrase of the pool fits it."""
        frame = self._pool.frames.get(spec.frame)
        framed = None
        if frame and frame.kind in {LINE, SENTENCE}:
            framed = self._framer.frame(frame, spec, subject, rng)
            if frame.kind == LINE:
                return self._line(frame, framed, subject)
        if spec.carrier == FIELDS:
            return self._fields(spec, subject, rng)
        phrase = framed.phrase if framed else self._speaker.choose(spec, subject, noun, rng)
        if phrase is None:
            return None
        setup = Setup(_NOWHERE, phrase.family, dict(enumerate(subject.texts)))
        if framed:
            _put_in(framed, setup, subject)
        if spec.carrier == TURNS:
            return self._turns(spec, subject, phrase, setup, rng)
        return self._text(spec, subject, phrase, setup, rng)

    def _line(self, frame: Frame, framed: Framed, subject: Subject) -> Setup:
        """Take the whole line from a frame: no scene is needed."""
        setup = Setup(_NOWHERE, frame.family, dict(enumerate(subject.texts)))
        _put_in(framed, setup, subject)
        setup.draft = self._framer.draft(frame, framed)
        return setup

    def _fields(self, spec: Spec, subject: Subject, rng: Random) -> Setup:
        scenario = pick(self._pool.scenarios, rng)
        style = draw_style(rng)
        setting = draw_setting(scenario, spec.event, spec.language, rng)
        fields = self._around(scenario, style, rng)
        texts = dict(enumerate(subject.texts))
        setup = Setup(_NOWHERE, scenario.name, texts, style=style)
        self._add_bystanders(spec, setup, fields, rng)
        self._add_subject(spec, subject, setup, fields, rng)
        if spec.injection:
            at = int(rng.random() * (len(fields) + 1))
            text = self._speaker.injection(spec, rng)
            fields.insert(at, (self._namer.free_text(spec.language, style, rng), text))
        if len(subject.texts) == 2:
            setting = {**setting, "account_width": str(len(subject.texts[1]))}
        setup.scene = Scene(
            event=spec.event,
            language=spec.language,
            fields=tuple(fields),
            setting=setting,
            numeric=bool(subject.texts) and all(map(is_number, subject.texts)),
        )
        return setup

    def _around(self, scenario: Scenario, style: str, rng: Random) -> list[tuple[str, str]]:
        dice = rng.random()
        found = [
            (styled(key, style), text)
            for key, text in draw_noise_fields(scenario, rng, 2 + int(dice * 4))
        ]
        if rng.random() < _INTERNAL_ID_SHARE:
            found.append((styled(pick(_INTERNAL_IDS, rng), style), lines.counter_id(rng)))
        if rng.random() < _TOKEN_SHARE:
            found.append((styled(pick(_TOKEN_KEYS, rng), style), draw_token(rng)))
        return found

    def _add_subject(
        self, spec: Spec, subject: Subject, setup: Setup, fields: list[tuple[str, str]], rng: Random
    ) -> None:
        at = int(rng.random() * (len(fields) + 1))
        if spec.kind == "empty_field":
            fields.insert(at, (KEYS[0], pick(_EMPTY, rng)))
            setup.needs.append(KEYS[0])
        count = len(subject.texts)
        fields[at:at] = [(KEYS[part], SLOTS[part]) for part in range(count)]
        setup.needs += [*KEYS[:count], *SLOTS[:count]]
        value = subject.value
        if value and value.state and self._names_state(spec, rng):
            key = self._namer.state(spec.language, setup.style, rng)
            fields.insert(at + count, (key, STATES[value.state][rng.random() < 0.6]))

    def _names_state(self, spec: Spec, rng: Random) -> bool:
        """Say whether a state stands beside a licence: it would be a cue where none is wanted."""
        if spec.cue not in {Cue.CONFIRM, Cue.OTHER}:
            return False
        return spec.kind == "wrong_state_shape" or rng.random() < _STATE_SHARE

    def _add_bystanders(
        self, spec: Spec, setup: Setup, fields: list[tuple[str, str]], rng: Random
    ) -> None:
        slot = FIRST_BYSTANDER
        for _ in range(spec.bystanders):
            value = self._drawer.bystander(spec.category, rng)
            if value.category == spec.kind:
                continue
            roles = [part.role for part in value.parts]
            names = self._namer.key(
                Cue.OTHER, value.category, roles, spec.language, setup.style, rng, value.kind
            ).written
            at = int(rng.random() * (len(fields) + 1))
            slots = SLOTS[slot : slot + len(roles)]
            fields[at:at] = zip(names, slots, strict=True)
            setup.texts.update((slot + n, part.text) for n, part in enumerate(value.parts))
            setup.bystanders.append(value)
            slot += len(roles)

    def _text(
        self, spec: Spec, subject: Subject, phrase: Phrase, setup: Setup, rng: Random
    ) -> Setup:
        scenario = pick(self._pool.scenarios, rng)
        setup.style = style = draw_style(rng)
        fields = self._around(scenario, style, rng)
        text = self._speaker.whole(spec, subject, phrase, setup, rng)
        key = self._namer.free_text(spec.language, style, rng)
        fields.insert(int(rng.random() * (len(fields) + 1)), (key, text))
        setup.scene = Scene(
            event=spec.event,
            language=spec.language,
            fields=tuple(fields),
            setting=draw_setting(scenario, spec.event, spec.language, rng),
        )
        return setup

    def _turns(
        self, spec: Spec, subject: Subject, phrase: Phrase, setup: Setup, rng: Random
    ) -> Setup:
        turns = self._small_talk(spec, setup, rng)
        if is_question(phrase):
            setup.texts[ASK_SLOT] = self._speaker.sentence(spec, subject, phrase, setup, rng)
            setup.needs.append(SLOTS[ASK_SLOT])
            turns.append(("agent", SLOTS[ASK_SLOT]))
            phrase = self._speaker.reply(spec.language, rng)
        turns.append(("visitor", self._speaker.whole(spec, subject, phrase, setup, rng)))
        scenario = pick(self._pool.scenarios, rng)
        setup.scene = Scene(
            event=spec.event,
            language=spec.language,
            turns=tuple(turns),
            setting=draw_setting(scenario, spec.event, spec.language, rng),
        )
        return setup

    def _small_talk(self, spec: Spec, setup: Setup, rng: Random) -> list[tuple[str, str]]:
        turns: list[tuple[str, str]] = []
        dice = rng.random()
        if dice < 0.45:
            turns.append(("agent", self._speaker.talk("agent_lines", spec.language, rng)))
        if dice < 0.25:
            turns.insert(0, ("visitor", self._speaker.talk("visitor_lines", spec.language, rng)))
        if spec.bystanders and rng.random() < 0.5:
            beside = self._speaker.beside(spec, setup, rng)
            turns += [("visitor", beside)] if beside else []
        return turns


def _put_in(framed: Framed, setup: Setup, subject: Subject) -> None:
    """Note what a frame's slots hold, and that the row's value must be in the line."""
    setup.fills = framed.fills
    setup.needs += SLOTS[: len(subject.texts)]
    slot = FIRST_BYSTANDER
    for value in framed.others:
        setup.texts.update((slot + n, part.text) for n, part in enumerate(value.parts))
        setup.bystanders.append(value)
        slot += len(value.parts)


def is_number(text: str) -> bool:
    """Say whether JSON could write `text` without quotes."""
    return text.isascii() and text.isdigit() and not text.startswith("0")
