"""Scenes: what a line carries around its subject, in fields, in a sentence or in a conversation.

`set_scene` works on a `Row`, a row under way. Sentences are chosen so that they say of the value
what the cue asks: a phrase names it (or names nothing, or something else), has room for its parts,
and belongs to the pool of the row's split. What stands beside (other people's values, names,
digits) is drawn here; the row's own value is put in later.

Slots of a draft: 0 and 1 the subject's parts, 2 the word a sentence calls it by, 3 to 6 bystanders,
7 an agent's question, 8 a sentence that differs between two twins. Keys: 0 and 1 the subject's.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache, partial
from random import Random
from typing import NamedTuple

from piiforge import categories, lines, prompt
from piiforge.compose.frames import LINE, LOOKALIKE, OTHER, SENTENCE, VALUE, Frame
from piiforge.compose.pools import Pool, Shelf, Wanted, holds_talk, pure
from piiforge.compose.spec import CUE_TWIN, FIELDS, TURNS, Spec
from piiforge.lines import KEYS, SLOTS, Phrase, Scenario, noise
from piiforge.rng import pick
from piiforge.types import Category, Cue, Disguise, Draft, Format, Lookalike, Scene, Value

WORD_SLOT, FIRST_BYSTANDER, ASK_SLOT, SAID_SLOT = 2, 3, 7, 8
STATES = {"CA": ("California", "CA"), "NY": ("New York", "NY"), "TX": ("Texas", "TX")}
_JOINTS = (" ", " / ", ", ", " - ", "; ")
_JOINT = " "
_BESIDE_SLOTS = frozenset({"value", "name", "city", "time", "date"})
_END_MARKS = ".!?…。！？，,:;~)"
_BREAKS = (". ", ". ", ", ", " - ", "; ", " / ", " ... ")
_AGENT_SHARE, _VISITOR_SHARE = 0.45, 0.25  # of the conversations in which each spoke before
_OPENER_SHARE, _CLOSER_SHARE, _BESIDE_SHARE = 0.2, 0.15, 0.5
_INTERNAL_IDS = (
    "user id", "customer id", "member id", "account id", "visitor id", "contact id", "uid",
    "profile id", "crm id", "loyalty id",
)  # fmt: skip
_TOKEN_KEYS = (
    "session token", "auth token", "csrf token", "idempotency key", "payload hash", "device hash",
    "trace hash", "upload ref", "consent hash", "page token",
)  # fmt: skip
_TOKEN_HEADS = ("tok_", "vault_", "enc:", "sha256:", "pm_", "tkn-", "hash:", "aes.", "ref_", "")
_INTERNAL_ID_SHARE, _STATE_SHARE, _TOKEN_SHARE = 0.6, 0.5, 0.1
_EMPTY = ("", "", "null", "N/A", "-", "[redacted]", "on file", "provided", "none", "undefined")
_LONG_ROOM = 90.0  # tokens that one journey's fields do not fill
_MOST_FIELDS = 24  # beside a value, where a long line is asked for
_TURN = 12.0  # tokens under which no further turn is begun
_AFTER_SHARE = 0.4  # of conversations with a length, those in which talk follows the value
SENTINEL = "QV"
_SENTINEL = 2.3  # tokens of half a sentinel: what stands in its place was paid for
_NOWHERE, _NO_DRAFT = Scene("", ""), Draft("")
_NO_FORMAT = Format("", "", lambda _scene, _rng: _NO_DRAFT)


class Subject(NamedTuple):
    """The value of a row (None where it has none) and its texts as written, one a part."""

    value: Value | None = None
    texts: tuple[str, ...] = ()
    disguises: tuple[Disguise, ...] = ()

    @property
    def kind(self) -> str:
        """The kind of the value, "" where there is none."""
        return self.value.kind if self.value else ""


class Said(NamedTuple):
    """One of two sentences that stand in the same place: the family of its phrase, and its text."""

    family: str
    text: str


@dataclass(slots=True)
class Row:
    """A row under way: what was planned, drawn and set for it.

    `noun` is what the value is said to be: a noun under a veto, else the owner of the name. `texts`
    are what slots hold, but for the subject's own and the word's; `fills` what a frame's own slots
    hold, by their names. `needs` are the sentinels without which the draft would say something
    else. `has_word`: the sentence calls the value by a word, in WORD_SLOT; `family` is the
    scenario's or the phrase's. `said` has, by label, the sentences of a pair whose negative says
    what the value is instead. `draft` is set by the scene only where a frame gives the whole line.
    `room` is the tokens that are left for what stands around the value, None where no length is
    asked for; `tries` counts those that failed before.
    """

    pool: Pool
    spec: Spec
    rng: Random
    frame: Frame | None
    subject: Subject
    noun: str
    scene: Scene = _NOWHERE
    family: str = ""
    texts: list[str] = field(default_factory=lambda: [""] * len(SLOTS))
    needs: list[str] = field(default_factory=list)
    fills: dict[str, str] = field(default_factory=dict)
    bystanders: list[Value] = field(default_factory=list)
    said: dict[bool, Said] = field(default_factory=dict)
    style: str = "snake"
    has_word: bool = False
    format: Format = _NO_FORMAT
    draft: Draft = _NO_DRAFT
    room: float | None = None
    tries: int = 0

    def spend(self, text: str) -> bool:
        """Take what `text` costs from the room; False, and nothing taken, where it is too much."""
        if self.room is None:
            return True
        cost = _cost(text)
        if cost > self.room:
            return False
        self.room -= cost
        return True

    @property
    def is_whole(self) -> bool:
        """Whether a frame gives the whole line."""
        return self.frame is not None and self.frame.kind == LINE

    @property
    def in_fields(self) -> bool:
        """Whether the value stands in fields of a scenario."""
        return self.spec.carrier == FIELDS and not self.is_whole


@lru_cache(maxsize=2**14)  # small talk comes again and again
def _cost(text: str) -> float:
    return prompt.tokens(text) - _SENTINEL * text.count(SENTINEL)


def set_scene(row: Row) -> bool:
    """Set the scene of `row`; False where no phrase of its pool fits it."""
    frame = row.frame
    if frame and frame.kind == LINE:
        pieces = list(_framed(row, frame).pieces)
        for at in range(1, len(pieces), 2):
            pieces[at] = lines.encode(row.fills[pieces[at]], (frame.notation,))
        row.family = frame.family
        row.draft = Draft("".join(pieces), value_chain=(frame.notation,))
        return True
    if row.spec.carrier == FIELDS:
        _set_fields(row)
        return True
    if frame and frame.kind == SENTENCE:
        phrase = _framed(row, frame)
    else:
        shelf = _shelf(row, _roles(row))
        if not shelf.turns:
            return False
        phrase = shelf.next(_turn(row), row.room)
        _set_apart(row)
    row.family = phrase.family
    (_set_turns if row.spec.carrier == TURNS else _set_text)(row, phrase)
    return True


def _set_apart(row: Row) -> None:
    """Write two sentences for every other pair that differs in its cue, where there are such.

    One says what the number is instead, one that it is the category's; the others share an open
    sentence and differ in its word.
    """
    spec = row.spec
    if spec.twin != CUE_TWIN or spec.cue is not Cue.VETO or spec.turn % 2:
        return
    vetoes = (("veto", spec.category), ("veto", row.noun))
    shelves = {False: _shelf(row, vetoes), True: _shelf(row, (("confirm", spec.category),))}
    if not all(shelf.turns for shelf in shelves.values()):
        return
    needs = [*row.needs]
    for label, shelf in shelves.items():
        phrase = shelf.next(_turn(row), row.room)
        row.said[label] = Said(phrase.family, _sentence(row, phrase).rstrip("."))
    row.needs = [*needs, SLOTS[SAID_SLOT]]


def _turn(row: Row) -> int:
    """Return how many rows and tries before it drew on the same sentences."""
    return (row.spec.turn // 2 if row.spec.twin == CUE_TWIN else row.spec.turn) + row.tries


def _framed(row: Row, frame: Frame) -> Phrase:
    """Fill every slot of `frame` but those of the row's value, which get its sentinels."""
    pieces = list(frame.pieces)
    own = SLOTS[: len(row.subject.texts)]
    joint = pick(_JOINTS, row.rng) if frame.notation == "raw" else _JOINT
    for at in range(1, len(pieces), 2):
        slot, pieces[at] = pieces[at], f"slot{at}"
        if frame.is_subject(slot):
            second = slot == "value:account" or (frame.in_parts and slot in frame.pieces[1:at:2])
            part = own[-1:] if second else own[:1]
            fill = joint.join(part if frame.in_parts else own)
        elif slot.startswith(OTHER):
            value = categories.get(slot.partition(":")[2]).draw(row.rng)
            fill = _JOINT.join(_put_beside(row, value))
        else:
            fill = _noise(row, *slot.partition(":")[::2])
        row.fills[pieces[at]] = fill
    row.needs += own
    return Phrase(frame.family, tuple(pieces))


def _put_beside(row: Row, value: Value) -> Sequence[str]:
    """Put another person's value beside the row's own; return its slots."""
    first = FIRST_BYSTANDER + sum(len(one.parts) for one in row.bystanders)
    for at, part in enumerate(value.parts, first):
        row.texts[at] = part.text
    row.bystanders.append(value)
    return SLOTS[first : first + len(value.parts)]


def _noise(row: Row, name: str, what: str) -> str:
    rng = row.rng
    if name == "digits":
        count = int(what)
        return str(int((1 + 9 * rng.random()) * 10 ** (count - 1)))[:count]
    if name == LOOKALIKE and what in _imitators():
        value = pick(_imitators()[what], rng).draw(rng)
        return _JOINT.join(part.text for part in value.parts)
    if name in {LOOKALIKE, VALUE}:  # a noun that no category imitates
        return noise.order_id(rng)
    return lines.draw_noise(name, row.pool.banks, row.spec.language, rng)


@cache
def _imitators() -> Mapping[str, Sequence[Lookalike]]:
    """Return the lookalikes that each noun may name."""
    found: dict[str, list[Lookalike]] = {}
    for lookalike in (look for category in categories.ALL for look in category.lookalikes):
        for noun in lookalike.nouns:
            found.setdefault(noun, []).append(lookalike)
    return found


def _roles(row: Row) -> Sequence[tuple[str, str]]:
    """Return (role, owner) of the phrases that may be used."""
    spec, value, own = row.spec, row.subject.value, row.spec.category
    if spec.cue is Cue.NONE:
        return (("none", own),) if spec.variant == "absent" else (("benign", ""),)
    if spec.cue is Cue.NEUTRAL:
        return (("phrases", ""),)
    if spec.twin == CUE_TWIN:
        return (("open", own),)
    owner = spec.kind if spec.cue is Cue.OTHER else own
    vetoed = spec.cue is Cue.VETO
    if not vetoed and value and value.category == "bank_account" and len(value.parts) == 1:
        return ((f"{value.parts[0].role}_alone", owner),)
    if vetoed:
        return (("veto", owner), ("veto", row.noun), ("open", owner))
    named = ("confirm", owner)
    if spec.carrier != TURNS or not holds_talk(row.format):
        return (named, ("open", owner))
    return (named, ("open", owner), ("ask", owner))


def _shelf(row: Row, roles: Sequence[tuple[str, str]]) -> Shelf:
    """Return the phrases of (role, owner) that say of the row's value what they should."""
    spec, value, known = row.spec, row.subject.value, row.pool.banks.categories
    must = spec.kind == "wrong_state_shape" and spec.cue is Cue.CONFIRM
    pair = len(row.subject.texts) == 2
    wanted = []
    for role, owner in roles:
        facet = None
        if role in {"confirm", "ask"} and owner in known and known[owner].facets:
            facet = known[owner].facet_of_kind(row.subject.kind)
        place = owner, role, _language(row, owner, role)
        noun = row.noun if role == "veto" else ""
        wanted.append(Wanted(place, noun, bool(value and value.state), must, pair, facet))
    return row.pool.shelf(tuple(wanted), partial(_fits, row))


def _fits(row: Row, wanted: Wanted, phrase: Phrase) -> bool:
    slots, facet = phrase.slots, wanted.facet
    return (
        phrase.noun == wanted.noun
        and (wanted.has_state or "state" not in slots)
        and (not wanted.needs_state or "state" in slots)
        and (wanted.is_pair or "routing" not in slots)
        and (facet is None or _is_of(row, wanted.place[0], phrase, facet))
    )


def _is_of(row: Row, owner: str, phrase: Phrase, facet: str) -> bool:
    """Say whether the phrase names `facet`, or leaves it to the issuer that is put in."""
    own = row.pool.banks.categories[owner].facet_of(" ".join(phrase.pieces[::2]))
    return own == facet or (not own and "issuer" in phrase.slots)


def _language(row: Row, owner: str, role: str) -> str:
    """Return the language of the phrase: a mixed line has a mixed one or one of the four."""
    language, known = row.spec.language, row.pool.phrases
    if language == "mixed" and (not known.get((owner, role, language)) or row.rng.random() < 0.4):
        return pure(language, row.rng)
    return language


def _set_fields(row: Row) -> None:
    spec, rng, subject, pool = row.spec, row.rng, row.subject, row.pool
    scenario = pick(pool.scenarios, rng)
    row.family, row.style = scenario.name, lines.draw_style(rng)
    setting = lines.draw_setting(scenario, spec.event, spec.language, rng)
    place = spec.language, row.style
    injected = _injection(row) if spec.injection else ""
    row.spend(injected)
    beside: list[list[tuple[str, str]]] = []
    for _ in range(spec.bystanders):
        value = _bystander(row)
        if value.category == spec.kind:
            continue
        roles = [part.role for part in value.parts]
        names = pool.key(Cue.OTHER, value.category, roles, value.kind, place, rng).written
        row.spend(" ".join((*names, *(part.text for part in value.parts))))
        beside.append(list(zip(names, _put_beside(row, value), strict=True)))
    fields = _around(row, scenario, least=0 if subject.texts or beside else 2)
    for one in beside:
        at = _somewhere(fields, rng)
        fields[at:at] = one
    at = _somewhere(fields, rng)
    if spec.kind == "empty_field":
        fields.insert(at, (KEYS[0], pick(_EMPTY, rng)))
        row.needs.append(KEYS[0])
    count = len(subject.texts)
    fields[at:at] = zip(KEYS[:count], SLOTS[:count], strict=True)
    row.needs += [*KEYS[:count], *SLOTS[:count]]
    # A state beside a licence would be a cue where none is wanted
    state = subject.value.state if subject.value and spec.cue in {Cue.CONFIRM, Cue.OTHER} else ""
    if state and (spec.kind == "wrong_state_shape" or rng.random() < _STATE_SHARE):
        key = pool.beside("drivers_license", "state", *place, rng)
        fields.insert(at + count, (key, STATES[state][rng.random() < 0.6]))
    if spec.injection:
        at = _somewhere(fields, rng)
        fields.insert(at, (pool.beside("", "free_text", *place, rng), injected))
    if count == 2:
        setting = {**setting, "account_width": str(len(subject.texts[1]))}
    numeric = bool(count) and all(map(is_number, subject.texts))
    row.scene = Scene(spec.event, spec.language, tuple(fields), (), setting, numeric)


def _around(row: Row, scenario: Scenario, least: int = 0) -> list[tuple[str, str]]:
    """Draw fields of noise: a handful, or as many as the row has room for, but `least`."""
    rng = row.rng
    most = 2 + int(rng.random() * 4) if row.room is None else _MOST_FIELDS
    drawn = [*lines.draw_noise_fields(scenario, rng, most)]
    if row.room is not None and row.room > _LONG_ROOM:  # more than one journey has fields
        drawn += lines.draw_noise_fields(pick(row.pool.scenarios, rng), rng, most)
    ids = []
    if rng.random() < _INTERNAL_ID_SHARE:
        ids.append((pick(_INTERNAL_IDS, rng), noise.counter_id(rng)))
    if rng.random() < _TOKEN_SHARE:
        ids.append((pick(_TOKEN_KEYS, rng), draw_token(rng)))
    if row.room is None:
        drawn += ids
    else:
        for one in ids:
            drawn.insert(_somewhere(drawn[:3], rng), one)
    found: dict[str, str] = {}
    for key, text in drawn:
        styled = lines.styled(key, row.style)
        if styled not in found and (row.spend(f"{styled}={text}&") or len(found) < least):
            found[styled] = text
    return list(found.items())


def draw_token(rng: Random) -> str:
    """Draw a hash or vault token: what a system keeps in a value's stead."""
    head = pick(_TOKEN_HEADS, rng)
    if head == "sha256:":
        return head + noise.hex32(rng) + noise.hex32(rng)
    return head + (noise.hex32(rng) if rng.random() < 0.6 else noise.uuid4(rng))


def _bystander(row: Row) -> Value:
    """Draw a real value of another category than the row's."""
    return pick(_others(row.spec.category), row.rng).draw(row.rng)


@cache
def _others(name: str) -> Sequence[Category]:
    return [category for category in categories.ALL if category.id != name]


def _somewhere(items: Sequence[object], rng: Random) -> int:
    return int(rng.random() * (len(items) + 1))


def is_number(text: str) -> bool:
    """Say whether JSON could write `text` without quotes."""
    return text.isascii() and text.isdigit() and not text.startswith("0")


def _set_text(row: Row, phrase: Phrase) -> None:
    spec, rng = row.spec, row.rng
    scenario = pick(row.pool.scenarios, rng)
    row.style = lines.draw_style(rng)
    text = _whole(row, phrase)
    fields = _around(row, scenario)
    key = row.pool.beside("", "free_text", spec.language, row.style, rng)
    fields.insert(_somewhere(fields, rng), (key, text))
    setting = lines.draw_setting(scenario, spec.event, spec.language, rng)
    row.scene = Scene(spec.event, spec.language, fields=tuple(fields), setting=setting)


def _set_turns(row: Row, phrase: Phrase) -> None:
    spec, rng = row.spec, row.rng
    turns: list[tuple[str, str]] = []
    own: list[tuple[str, str]] = []
    if "-ask-" in phrase.family:  # it asks for the value instead of holding it
        row.texts[ASK_SLOT] = _sentence(row, phrase)
        row.needs.append(SLOTS[ASK_SLOT])
        row.spend(row.texts[ASK_SLOT])
        own.append(("agent", SLOTS[ASK_SLOT]))
        replies = row.pool.phrases.get(("", "replies", spec.language))
        phrase = pick(replies or row.pool.phrases["", "replies", pure(spec.language, rng)], rng)
    own.append(("visitor", _whole(row, phrase)))
    if row.room is None:
        dice = rng.random()
        if dice < _AGENT_SHARE:
            turns.append(("agent", _talk(row, "agent_lines")))
        if dice < _VISITOR_SHARE:
            turns.insert(0, ("visitor", _talk(row, "visitor_lines")))
    else:
        _talk_around(row, turns)
    if spec.bystanders and rng.random() < 0.5 and (beside := _beside(row)):
        turns.append(("visitor", beside))
    at = len(turns)
    if row.room is not None and at > 1 and rng.random() < _AFTER_SHARE:
        at = _somewhere(turns, rng)
    turns[at:at] = own
    scenario = pick(row.pool.scenarios, rng)
    setting = lines.draw_setting(scenario, spec.event, spec.language, rng)
    row.scene = Scene(spec.event, spec.language, turns=tuple(turns), setting=setting)


def _talk_around(row: Row, turns: list[tuple[str, str]]) -> None:
    """Fill the room with small talk, in turn from both sides; nobody says a thing twice."""
    speakers = ("agent", "visitor") if row.rng.random() < 0.6 else ("visitor", "agent")
    said = set[str]()
    for _ in range(_MOST_FIELDS):
        speaker = speakers[len(turns) % 2]
        text = _talk(row, f"{speaker}_lines")
        if row.room is None or row.room < _TURN or not row.spend(f"{text} {speaker}: "):
            return
        if text.casefold() not in said:
            turns.append((speaker, text))
            said.add(text.casefold())


def _whole(row: Row, phrase: Phrase) -> str:
    """Write the phrase with greeting, bystander, injection and farewell around it."""
    spec, rng = row.spec, row.rng
    if row.said:
        pieces = [SLOTS[SAID_SLOT]]
        row.spend(max((said.text for said in row.said.values()), key=len))
    else:
        pieces = [_sentence(row, phrase)]
        row.spend(pieces[0])
    if rng.random() < _OPENER_SHARE and row.spend(opener := _talk(row, "openers")):
        pieces.insert(0, opener)
    beside = spec.bystanders and rng.random() < _BESIDE_SHARE
    for wanted, write in ((beside, _beside), (spec.injection, _injection)):
        if wanted:
            at = len(pieces) if rng.random() < 0.5 else 0
            pieces.insert(at, written := write(row))
            row.spend(written)
    if rng.random() < _CLOSER_SHARE and row.spend(closer := _talk(row, "closers")):
        pieces.append(closer)
    text, *others = filter(None, pieces)
    for piece in others:  # one without an end mark gets something between it and the next
        text += (" " if text[-1] in _END_MARKS else pick(_BREAKS, rng)) + piece
    return text


def _sentence(row: Row, phrase: Phrase) -> str:
    """Write the phrase with the subject's slots and the word's slot in their places."""
    rng, subject, slots = row.rng, row.subject, phrase.slots
    own = SLOTS[: len(subject.texts)]
    fills = {"routing": SLOTS[0], "account": SLOTS[1], "what": SLOTS[WORD_SLOT], **row.fills}
    fills["value"] = pick(_JOINTS, rng).join(own)
    if "state" in slots and subject.value:
        fills["state"] = STATES[subject.value.state][rng.random() < 0.5]
    if "issuer" in slots:
        bank = row.pool.banks.categories["member_id"]
        issuers = bank.issuers[pure(row.spec.language, rng)]
        fills["issuer"] = pick(bank.suit(issuers, subject.kind), rng)
    if "what" in slots:
        row.has_word = True
        row.needs.append(SLOTS[WORD_SLOT])
    if "value" in slots or "routing" in slots:
        row.needs += own
    return _written(row, phrase, fills)


def _written(row: Row, phrase: Phrase, fills: Mapping[str, str]) -> str:
    typed = lines.as_typed(phrase, row.spec.language, row.rng)
    spoken = "en" if row.spec.language == "mixed" else row.spec.language
    return lines.write_sentence(typed, fills, row.pool.banks, spoken, row.rng)


def _talk(row: Row, role: str) -> str:
    """Write small talk: openers, closers, agent_lines, visitor_lines."""
    language, known = row.spec.language, row.pool.phrases
    spoken = language if known.get(("", role, language)) else pure(language, row.rng)
    typed = lines.as_typed(pick(known["", role, spoken], row.rng), spoken, row.rng)
    return lines.write_sentence(typed, {}, row.pool.banks, spoken, row.rng)


def _beside(row: Row) -> str:
    """Write a sentence that holds another category's value, "" where there is none to tell."""
    if row.bystanders:
        return ""
    value = _bystander(row)
    if len(value.parts) > 1 or value.category == row.spec.kind:
        return ""
    place = value.category, "confirm", _language(row, value.category, "confirm")

    def fits(phrase: Phrase) -> bool:
        named = place[0] != "member_id" or _is_of(row, place[0], phrase, "")
        return named and _BESIDE_SLOTS.issuperset(phrase.slots)

    phrases = row.pool.fitting(place, "beside", fits)
    if not phrases:
        return ""
    (slot,) = _put_beside(row, value)
    return _written(row, pick(phrases, row.rng), {"value": slot})


def _injection(row: Row) -> str:
    """Return a text that pushes to one label or the other, whichever the row has."""
    push = row.rng.random() < 0.5
    return pick(row.pool.banks.injections[push, pure(row.spec.language, row.rng)], row.rng)
