"""Templates with placeholders, and texts whose file says what stands where.

Evaluators of detectors write `My SSN is {{us_ssn}}`, `[PHONE_NUMBER]`, `<EMAIL_ADDRESS>` or
`{person}`. A written table maps the usual names of entities to our slots; a template with a
placeholder that the table doesn't know is refused. The cue is read with a filler in each
place: impossible values and documented placeholders, which live in memory only.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from piiforge.seeds.inputs import Span
from piiforge.seeds.knife import FILLERS, LONGEST, PAIR_SLOTS, is_log_line, keeps_cue, notation_of
from piiforge.seeds.records import CATEGORIES, Cut, Refused, Taken, shape_of
from piiforge.seeds.scrub import scrub
from piiforge.seeds.words import HOLE, Board, cue_in, cue_words, language_of
from piiforge.types import Cue, key_of

_MARK = re.compile(
    r"\{\{ ?([A-Za-z][A-Za-z0-9_ ]{0,40}?) ?\}\}|\{([A-Za-z][A-Za-z0-9_]{0,40})\}"
    r"|\[([A-Z][A-Z0-9_ ]{2,40})\]|<([A-Z][A-Z0-9_ ]{2,40})>"
)
_ALIASES: dict[str, str] = {
    "ssn": "us_ssn ssn social_security social_security_number socialsecuritynumber ssn_number",
    "itin": "us_itin itin individual_taxpayer_identification_number",
    "credit_card": "credit_card credit_card_number creditcard creditcardnumber card_number cc"
    " cc_number pan payment_card debit_card_number cardnumber",
    "phone": "phone_number phone phonenumber telephone telephone_number telephonenum mobile"
    " mobile_number cell_phone phone_num fax fax_number us_phone_number",
    "email": "email_address email emailaddress e_mail mail free_email safe_email",
    "passport": "us_passport passport passport_number us_passport_number passportnum",
    "drivers_license": "us_driver_license driver_license drivers_license driver_license_number"
    " drivers_license_number driving_license driverlicense driverlicensenum license_number",
    "member_id": "us_mbi mbi medicare_beneficiary_identifier medicare_number member_id"
    " us_health_insurance_member_id health_insurance_id health_plan_beneficiary_number"
    " health_plan_id insurance_member_id medicaid_id",
    "routing": "aba_routing_number aba_routing routing_number routing us_routing_number",
    "account": "us_bank_number us_bank_account account_number bank_account bank_account_number"
    " us_bank_account_number accountnum bban",
    "{{name}}": "person name first_name last_name full_name given_name surname lastname firstname"
    " person_name name_male name_female first_name_male first_name_female first_name_nonbinary"
    " last_name_male last_name_female givenname prefix_name user_name per patient doctor",
    "{{city}}": "city location gpe loc town place",
    "{{company}}": "company organization organisation org company_name employer",
    "{{digits:5}}": "zip zipcode zip_code postcode postal_code us_zip_code building_number",
    "{{digits:2}}": "age day",
    "{{digits:4}}": "year pin",
    "{{digits:3}}": "cvv cvc credit_card_cvv credit_card_security_code",
}
_ENTITIES = {alias: name for name, aliases in _ALIASES.items() for alias in aliases.split()}


@dataclass(frozen=True, slots=True)
class _Mark:
    """A placeholder or a labelled span: `name` is a category, routing, account or a slot."""

    name: str
    start: int
    end: int
    written: str


def is_template(text: str) -> bool:
    """Whether a text has placeholders: double-braced ones, or single ones that the table knows."""
    return any(match[1] or _entity(_name(match)) for match in _MARK.finditer(text))


def from_template(text: str) -> Cut | Refused:
    """Cut a template: its placeholders become slots; REASONS say why not."""
    marks: list[_Mark] = []
    for match in _MARK.finditer(text):
        name = _entity(_name(match))
        if not name:
            return Refused("unknown_slot")
        marks.append(_Mark(name, *match.span(), ""))
    return _cut(text, marks)


def from_spans(text: str, spans: Sequence[Span]) -> Cut | Refused:
    """Cut a text whose file says what stands where; what it doesn't say is scrubbed as ever."""
    marks: list[_Mark] = []
    last = 0
    for span in sorted(spans, key=lambda one: (one.start, one.end)):
        name = _entity(span.entity)
        if not name or span.start < last:
            return Refused("unknown_slot")
        marks.append(_Mark(name, span.start, span.end, text[span.start : span.end]))
        last = span.end
    return _cut(text, marks)


def _name(match: re.Match[str]) -> str:
    return str(next(group for group in match.groups() if group))


def _entity(name: str) -> str:
    """Return what an entity's name stands for in the table, "" where it isn't there.

    >>> _entity("US_SSN"), _entity("Phone Number"), _entity("first_name_2"), _entity("nothing")
    ('ssn', 'phone', '{{name}}', '')
    """
    folded = re.sub(r"[\s\-]+", "_", name.strip()).lower()
    return _ENTITIES.get(folded) or _ENTITIES.get(re.sub(r"_?[0-9]+$", "", folded), "")


def _cut(text: str, marks: list[_Mark]) -> Cut | Refused:
    if len(text) > LONGEST:
        return Refused("too_long")
    if HOLE.search(text):
        return Refused("signs")
    filled, places = _filled(text, marks)
    subject, category, cue = _subject(filled, marks, places)
    if not category:
        return Refused("no_value")
    board = Board()
    slots = list(_slots(marks, subject, category))
    working = _replaced(text, marks, [board.put(slot) for slot in slots])
    is_line = is_log_line(filled)
    done = scrub(working, board, is_line=is_line, strict=True)
    if isinstance(done, Refused):
        return done
    at = places[subject]
    before, after = filled[: at[0]], filled[at[1] :]
    words = cue_words(before, after, filled[slice(*at)], category, cue)
    final = board.fill(done.text)
    names = tuple(done.names) + tuple(mark.written for mark in marks if mark.written)
    cut = Cut(
        category=category,
        text=final,
        cue=cue,
        cue_words=() if category == "bank_account" else words,
        shape=_shape(marks, subject, category),
        language=language_of(re.sub(r"\{\{[^{}]*\}\}", " ", final)),
        notation=notation_of(filled, at[0], "plain"),
        taken=tuple(_taken(marks, slots, cue)),
        names=names,
    )
    return cut if keeps_cue(cut) else Refused("cue_lost")


def _filled(text: str, marks: Sequence[_Mark]) -> tuple[str, list[tuple[int, int]]]:
    """Return the text with a filler in each place, and where the fillers stand."""
    out, places, at, size = [], [], 0, 0
    for mark in marks:
        filler = FILLERS.get(mark.name, "Springfield" if mark.name == "{{city}}" else "Someone")
        if mark.name.startswith("{{digits:"):
            filler = "0" * int(mark.name[9:-2])
        before = text[at : mark.start]
        out += [before, filler]
        size += len(before)
        places.append((size, size + len(filler)))
        size += len(filler)
        at = mark.end
    return "".join([*out, text[at:]]), places


def _subject(
    filled: str, marks: Sequence[_Mark], places: Sequence[tuple[int, int]]
) -> tuple[int, str, Cue]:
    """Return the mark that the text is about, its category and its cue: a confirmed one first."""
    best: tuple[int, str, Cue] = (0, "", Cue.NONE)
    names = [mark.name for mark in marks]
    for at, name in enumerate(names):
        category = name
        if name == "routing" and "account" in names:
            category = "bank_account"
        if category not in CATEGORIES:
            continue
        cue = cue_in(filled, *places[at], category)
        if cue is not Cue.NONE and (not best[1] or (best[2] is not Cue.CONFIRM is cue)):
            best = (at, category, cue)
    return best


def _slots(marks: Sequence[_Mark], subject: int, category: str) -> Iterator[str]:
    paired = category == "bank_account"
    account = next((at for at, mark in enumerate(marks) if mark.name == "account"), -1)
    for at, mark in enumerate(marks):
        if at == subject:
            yield PAIR_SLOTS[0] if paired else "{{value}}"
        elif paired and at == account:
            yield PAIR_SLOTS[1]
        elif mark.name in CATEGORIES:
            yield f"{{{{other:{mark.name}}}}}"
        else:
            yield {"routing": "{{digits:9}}", "account": "{{digits:10}}"}.get(mark.name, mark.name)


def _replaced(text: str, marks: Sequence[_Mark], signs: Sequence[str]) -> str:
    out, at = [], 0
    for mark, sign in zip(marks, signs, strict=True):
        out += [text[at : mark.start], sign]
        at = mark.end
    return "".join([*out, text[at:]])


def _shape(marks: Sequence[_Mark], subject: int, category: str) -> str:
    if category == "bank_account":
        return ""
    return shape_of(marks[subject].written, category)


def _taken(marks: Sequence[_Mark], slots: Sequence[str], cue: Cue) -> Iterator[Taken]:
    for mark, slot in zip(marks, slots, strict=True):
        if mark.name in CATEGORIES:
            shape = shape_of(mark.written, mark.name)
            own = cue if slot == "{{value}}" else Cue.NEUTRAL
            key = key_of(mark.written)
            yield Taken(slot, mark.name, shape, own, False, mark.start, mark.end, key)
