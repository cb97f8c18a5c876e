"""Bank files that a payment form becomes: ACH entries and the MICR line of a cheque.

SLOTS[0] is the routing number, SLOTS[1] the account number. These formats name what they carry, so
the line needs no key for it.

Sources:
    Nacha Operating Rules, Appendix Three: entry detail record (type 6) of PPD and WEB entries,
    batch header (5), addenda (705); every record is 94 characters.
    ANSI X9.100-160: the MICR line; U+2446 to U+2449 of Unicode (Optical Character Recognition).
"""

from random import Random

from piiforge.lines import noise
from piiforge.lines.sentinels import SLOTS
from piiforge.lines.tables import pick, words
from piiforge.lines.writing import TRACE, among, json_draft, nested, some
from piiforge.types import Draft, Format, Scene

_ROUTING, _ACCOUNT = SLOTS[:2]
_FIELD_WIDTH = 17

_GIVEN = words("MARIA JAMES LUCIA WEI CLAIRE DANIEL SOFIA HAO JULIEN EMILY CARLOS MEI NADIA PETER")
_FAMILY = words(
    "GARCIA NGUYEN MOREAU CHEN WALKER ROJAS PATEL LEFEVRE BROWN ZHANG SILVA COOPER HADDAD ORTIZ KIM"
)
_PURPOSES = ("PAYROLL", "RENT", "TUITION", "INSUR PMT", "DUES", "LOAN PMT", "REFUND", "NOMINA",
             "ALQUILER", "LOYER", "UTILITIES", "DONATION")  # fmt: skip
# Checking and savings, credit and debit
_TRANSACTION_CODES = ("22", "27", "32", "37")
# Transit mark, on-us mark: Unicode, a MICR font's letters, what readers print in their place
_MICR_MARKS = (("⑆", "⑈"), ("⑆", "⑈"), ("A", "C"), ("T", "U"), (":", "<"), ("t", "o"))


def entry_detail(scene: Scene, rng: Random) -> Draft:
    """Write an ACH entry, alone, behind its batch header, before its addenda, or in a message."""
    code = pick(_TRANSACTION_CODES, rng)
    sequence = rng.getrandbits(20)
    trace = f"{_originator(rng)}{sequence:07d}"
    addenda = rng.random() < 0.25
    record = (
        f"6{code}{_ROUTING}{_account_field(scene)}{rng.getrandbits(22):010d}"
        f"{noise.hex16(rng)[:9].upper():<15}{_person(rng):<22}  {int(addenda)}{trace}"
    )
    if addenda:
        note = scene.setting["action"].encode("ascii", "ignore").decode()[:80].upper()
        record = f"{record}\n705{note:<80}0001{sequence:07d}"
    roll = rng.random()
    if roll < 0.3:
        return Draft(f"{_batch_header(rng, trace[:8])}\n{record}")
    if roll < 0.5:
        return Draft(f"{noise.iso_time(rng)} ach-out {scene.setting['path']}\n{record}")
    if roll < 0.6:
        return Draft(f"{scene.setting['title']}\n{record}")
    return Draft(record)


def _originator(rng: Random) -> str:
    """Return eight digits in the place of the sender's bank; no bank's number begins with 5."""
    return f"5{rng.getrandbits(23) % 10**7:07d}"


def _account_field(scene: Scene) -> str:
    """Return the account slot, padded to the field as far as its written width is known."""
    return _ACCOUNT + " " * (_FIELD_WIDTH - int(scene.setting.get("account_width", "17")))


def _person(rng: Random) -> str:
    return f"{pick(_GIVEN, rng)} {pick(_FAMILY, rng)}"


def _batch_header(rng: Random, originator: str) -> str:
    company = noise.hex16(rng)[:10].upper()
    day = noise.date(rng)[2:].replace("-", "")
    service = pick(("200", "220", "225"), rng)
    entry_class = pick(("PPD", "WEB"), rng)
    return (
        f"5{service}{'WEB PAYMENTS':<16}{'':<20}{company}{entry_class}{pick(_PURPOSES, rng):<10}"
        f"{day}{day}   1{originator}{1 + rng.getrandbits(9):07d}"
    )


def entry_json(scene: Scene, rng: Random) -> Draft:
    """Write an ACH entry as the JSON that a parser or a payment service makes of it."""
    rest: dict[str, object] = {
        pick(("transactionCode", "transaction_code", "txn_code"), rng): int(
            pick(_TRANSACTION_CODES, rng)
        ),
        pick(("amount", "amount_cents"), rng): rng.getrandbits(19),
        pick(("individualName", "individual_name", "receiver_name"), rng): _person(rng),
        pick(("secCode", "standard_entry_class_code", "sec_code"), rng): pick(("PPD", "WEB"), rng),
    }
    names = ("entryDetail", "ach", "bank_transfer", "payment_method", "entry")
    body = nested(among(dict(scene.fields), rest, rng), names, rng)
    memo = pick(("companyEntryDescription", "memo", "statement_descriptor"), rng)
    others = {memo: scene.setting["title"], **some(TRACE, rng, 3)}
    return json_draft(among(body, others, rng), scene, rng)


def micr_line(scene: Scene, rng: Random) -> Draft:
    """Write the line at the foot of a cheque, personal or business, as a reader returns it."""
    transit, on_us = pick(_MICR_MARKS, rng)
    bits = rng.getrandbits(16)
    gap = " " if bits & 1 else ""
    check = f"{101 + (bits >> 4) % 4800:04d}"
    routing = f"{transit}{_ROUTING}{transit}"
    if bits & 2:
        line = f"{on_us}{check:0>6}{on_us}{gap}{routing}{gap}{_ACCOUNT}{on_us}"
    else:
        line = f"{routing}{gap}{_ACCOUNT}{on_us}{gap}{check}"
    if bits & 12 == 0:
        body = {"event": "check_capture", "micr": line, "title": scene.setting["title"]}
        return json_draft({**body, **some(TRACE, rng, 3)}, scene, rng)
    head = ("", "", "MICR: ", f"{scene.setting['title']} | micr=", "mobile_deposit micr_raw=")
    return Draft(pick(head, rng) + line)


_ONLY = "bank_account"

FORMATS: tuple[Format, ...] = (
    Format("bank_ach_entry", "form_submit", entry_detail, only=_ONLY, names=True, plain=True),
    Format("bank_ach_json", "form_submit", entry_json, only=_ONLY),
    Format("bank_micr_line", "form_submit", micr_line, only=_ONLY, names=True, plain=True),
)
