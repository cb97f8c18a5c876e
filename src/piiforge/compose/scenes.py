"""Scenes: what a line carries around its subject, in fields, in a sentence or in a conversation."""

from random import Random

from piiforge.compose.frames import LINE, SENTENCE, Frame
from piiforge.compose.framing import Framed, Framer
from piiforge.compose.naming import Namer
from piiforge.compose.pools import Pool
from piiforge.compose.remarks import draw_token
from piiforge.compose.setup import ASK_SLOT, FIRST_BYSTANDER, STATES, Setup
from piiforge.compose.spec import FIELDS, TURNS, Spec
from piiforge.compose.speech import Speaker, is_question
from piiforge.compose.subject import Drawer, Subject
from piiforge.lines import (
    KEYS,
    SLOTS,
    Phrase,
    Scenario,
    draw_noise_fields,
    draw_setting,
    draw_style,
    noise,
    pick,
    styled,
)
from piiforge.types import Cue, Scene

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
            found.append((styled(pick(_INTERNAL_IDS, rng), style), noise.counter_id(rng)))
        if rng.random() < _TOKEN_SHARE:
            found.append((styled(pick(_TOKEN_KEYS, rng), style), draw_token(rng)))
        return found

    def _add_subject(
        self,
        spec: Spec,
        subject: Subject,
        setup: Setup,
        fields: list[tuple[str, str]],
        rng: Random,
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
