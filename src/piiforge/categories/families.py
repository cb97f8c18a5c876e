"""Numbers of other families: what else is as long as a number that a category looks for.

Tax, health and bank numbers of other countries, licences of trades, numbers of parcels, tickets and
library cards, ids that machines give. Each is drawn at random with the check digits that its issuer
defines (python-stdnum's, where it knows them), so that nothing about the number itself is wrong:
only its name tells what it is. In a shape "#" stands for a digit and "@" for a letter, as in
`digits`.

Sources:
    https://arthurdejong.org/python-stdnum/
    https://www.bic-code.org/identification-number/
    https://www.upu.int/en/Postal-Solutions/Programmes-Services/Standards (S10)
    https://discord.com/developers/docs/reference#snowflakes
    https://www.iata.org/en/programs/passenger/ (ticket numbers: airline, form and serial)

>>> digits.luhn_ok(draw_sin(Random(7)))   # the Canadian one: nine digits that pass Luhn
True
>>> 17 <= len(draw_snowflake(Random(7))) <= 19
True
"""

from collections.abc import Callable
from random import Random

from stdnum import cusip, isbn, iso6346, verhoeff
from stdnum.ar import cuit
from stdnum.au import abn, tfn
from stdnum.br import cnpj, cpf
from stdnum.cn import ric
from stdnum.es import ccc, dni
from stdnum.gb import nhs
from stdnum.iso7064 import mod_97_10
from stdnum.mx import rfc
from stdnum.nl import bsn
from stdnum.no import orgnr
from stdnum.nz import ird
from stdnum.pl import pesel
from stdnum.pt import nif

from piiforge.categories import digits
from piiforge.categories.digits import Draw, fill, group_digits, luhn_digit, random_digits
from piiforge.rng import pick

Check = Callable[[str], str]

_DIGITS = "0123456789"
_HEX = "0123456789abcdef"
_GROUPED_SHARE = 0.5
_CLABE_WEIGHTS = (3, 7, 1)
_COUNTIES = ("110101", "310104", "440305", "510107", "330106", "320102", "420106", "500103")
_CONTAINERS = ("MSKU", "MSCU", "CMAU", "HLXU", "TGHU", "COSU", "OOLU", "TCLU", "EGHU", "ONEU")
_AIRLINES = ("001", "006", "016", "057", "074", "086", "125", "139", "160", "176", "220", "784")
_DEA_HEADS = ("A", "B", "F", "M")
_S10_HEADS = ("RR", "EE", "CP", "LX", "UA", "RX", "EA", "LZ")
_S10_ENDS = ("US", "CN", "GB", "FR", "ES", "MX", "DE", "JP")
_S10_WEIGHTS = (8, 6, 4, 2, 3, 5, 9, 7)
_RECEIPTS = ("EAC", "WAC", "LIN", "SRC", "MSC", "IOE", "NBC", "YSC")
_DISCORD_MS = 1_420_070_400_000  # its first of January 2015
_SNOWFLAKE_DAYS = (400, 4100)  # after that day
_DAY_MS = 86_400_000
# By country: the letters of the bank, and how many digits follow
_IBANS = (  # country, bank, digits behind it
    *(("DE", "", 18), ("FR", "", 23), ("ES", "", 20), ("BE", "310", 9)),
    *(("NL", "INGB", 10), ("GB", "BARC", 14)),
)
_BICS = ("DEUTDEFF", "BNPAFRPP", "CAIXESBB", "INGBNL2A", "BARCGB22", "UNCRITMM", "KREDBEBB")
_IFSC_HEADS = ("SBIN0", "HDFC0", "ICIC0", "UTIB0", "PUNB0", "CNRB0")
_CANADIAN_BANKS = ("001", "002", "003", "004", "006", "010", "016", "030", "039")


def checked(check: Check, *shapes: str) -> Draw:
    """Return what draws a body of one of `shapes` and, behind it, what `check` makes of it.

    Bodies whose check is no digit (an X, or none at all) are drawn again: no issuer gives them.
    """

    def draw(rng: Random) -> str:
        while True:
            body = fill(pick(shapes, rng), rng)
            end = check(body)
            if end.isdigit():
                return body + end

    return draw


def last_digit(is_valid: Callable[[str], bool]) -> Check:
    """Return what finds the digit that makes a body valid, "" where none does."""
    return lambda body: next((digit for digit in _DIGITS if is_valid(body + digit)), "")


def grouped(draw_number: Draw, *sizes: int, by: str = " ") -> Draw:
    """Return what draws a number and writes it, as often as not, in groups of these sizes."""

    def draw(rng: Random) -> str:
        number = draw_number(rng)
        return group_digits(number, sizes, by) if rng.random() < _GROUPED_SHARE else number

    return draw


def in_threes(draw_number: Draw) -> Draw:
    """Return what draws a number of nine digits and writes it in threes, or not."""
    return grouped(draw_number, 3, 3, 3)


def _cpf_digits(body: str) -> str:
    ends = (f"{number:02d}" for number in range(100))
    return next(end for end in ends if cpf.is_valid(body + end))


def clabe_digit(body: str) -> str:
    """Return the last digit of the CLABE (a Mexican account) that begins with `body`."""
    weighted = (int(digit) * _CLABE_WEIGHTS[at % 3] % 10 for at, digit in enumerate(body))
    return str(-sum(weighted) % 10)


def s10_digit(body: str) -> str:
    """Return the check digit of a postal item (UPU S10) behind eight digits."""
    left = 11 - sum(w * int(digit) for w, digit in zip(_S10_WEIGHTS, body, strict=True)) % 11
    return {10: "0", 11: "5"}.get(left, str(left))


tfn_digit, bsn_digit, orgnr_digit, ird_digit, nhs_digit = (
    last_digit(module.is_valid) for module in (tfn, bsn, orgnr, ird, nhs)
)
nif_digit, cusip_digit = nif.calc_check_digit, cusip.calc_check_digit
isbn_digit = last_digit(isbn.is_valid)  # of ten digits
cnpj_digits = cnpj.calc_check_digits

draw_sin = checked(luhn_digit, *(f"{head}#######" for head in "1234567"))
draw_siren = checked(luhn_digit, *(f"{head}#######" for head in "3458"))
draw_tfn = checked(tfn_digit, "########")
draw_bsn = checked(bsn_digit, *(f"{head}#######" for head in "123456"))
draw_nif = checked(nif_digit, "1#######", "2#######", "3#######")
draw_cusip = checked(cusip_digit, *(f"{head}#######" for head in "012345678"))
draw_orgnr = checked(orgnr_digit, "8#######", "9#######")
draw_ird = checked(ird_digit, "10######", "11######", "12######", "13######")
draw_nhs = checked(nhs_digit, "4########", "6########", "7########")
draw_cpf = checked(_cpf_digits, "#########")
draw_cnpj = checked(cnpj_digits, "########0001")
draw_cuit = checked(cuit.calc_check_digit, "20########", "23########", "27########", "30########")
draw_aadhaar = checked(verhoeff.calc_check_digit, *(f"{head}##########" for head in "23456789"))
draw_clabe = checked(clabe_digit, *(f"{bank}##############" for bank in ("002", "012", "072")))
draw_siret = checked(luhn_digit, *(f"{head}#######0001#" for head in "3458"))
draw_library = checked(luhn_digit, "2############", "3############")
draw_sscc = checked(digits.gtin_digit, "0################", "1################")
draw_ticket = digits.shaped(*(f"{airline}##########" for airline in _AIRLINES))
draw_imsi = digits.shaped("310410#########", "311480#########", "310260#########")


def draw_pesel(rng: Random) -> str:
    """Draw a Polish PESEL: a day of birth, a serial, a check digit."""
    day = f"{50 + int(rng.random() * 50)}{1 + int(rng.random() * 12):02d}"
    body = f"{day}{1 + int(rng.random() * 28):02d}{random_digits(4, rng)}"
    return body + pesel.calc_check_digit(body)


def draw_chinese_id(rng: Random) -> str:
    """Draw the number of a Chinese resident: county, day of birth, serial, check digit (no X)."""
    while True:
        day = f"{1950 + int(rng.random() * 55)}{1 + int(rng.random() * 12):02d}"
        body = f"{pick(_COUNTIES, rng)}{day}{1 + int(rng.random() * 28):02d}{random_digits(3, rng)}"
        end = ric.calc_check_digit(f"{body}0")
        if end.isdigit():
            return body + end


def draw_abn(rng: Random) -> str:
    """Draw an Australian business number; its check digits stand in front."""
    body = fill("#########", rng)
    return abn.calc_check_digits(body) + body


def draw_dni(rng: Random) -> str:
    """Draw a Spanish DNI: eight digits and a check letter."""
    body = fill("########", rng)
    return body + dni.calc_check_digit(body)


def draw_rfc(rng: Random) -> str:
    """Draw a Mexican tax number of a person: letters, a day, a homoclave with its check digit."""
    day = f"{60 + int(rng.random() * 40)}{1 + int(rng.random() * 12):02d}"
    body = f"{fill('@@@@', rng)}{day}{1 + int(rng.random() * 28):02d}{fill('@#', rng)}"
    return body + rfc.calc_check_digit(body)


def draw_iban(rng: Random) -> str:
    """Draw an IBAN of one of six countries, its check digits those of the country and ISO 7064."""
    country, bank, count = pick(_IBANS, rng)
    sizes = [size for size in (min(10, count), count - 10) if size > 0]
    body = bank + "".join([random_digits(size, rng) for size in sizes])
    if country == "FR":
        key = 97 - (89 * int(body[:5]) + 15 * int(body[5:10]) + 3 * int(body[10:21])) % 97
        body = f"{body[:21]}{key:02d}"
    elif country == "ES":
        body = body[:8] + ccc.calc_check_digits(body) + body[10:]
    elif country == "BE":
        body = f"{body[:10]}{int(body[:10]) % 97 or 97:02d}"
    return f"{country}{mod_97_10.calc_check_digits(body + country)}{body}"


def draw_bic(rng: Random) -> str:
    """Draw the code of a bank that has an IBAN's countries for its own."""
    return pick(_BICS, rng) + ("XXX" if rng.random() < _GROUPED_SHARE else "")


def draw_ifsc(rng: Random) -> str:
    """Draw the code of a branch of an Indian bank."""
    return pick(_IFSC_HEADS, rng) + fill("######", rng)


def draw_canadian_transit(rng: Random) -> str:
    """Draw a Canadian routing number: 0, bank, branch; never one that passes for a US one."""
    while True:
        number = f"0{pick(_CANADIAN_BANKS, rng)}{fill('#####', rng)}"
        if not digits.aba_ok(number):
            return number


def draw_container(rng: Random) -> str:
    """Draw the number of a freight container (ISO 6346)."""
    body = pick(_CONTAINERS, rng) + fill("######", rng)
    return body + iso6346.calc_check_digit(body)


def draw_parcel(rng: Random) -> str:
    """Draw the number of an international postal item (UPU S10)."""
    body = fill("########", rng)
    return f"{pick(_S10_HEADS, rng)}{body}{s10_digit(body)}{pick(_S10_ENDS, rng)}"


def draw_dea(rng: Random) -> str:
    """Draw the number of a prescriber: two letters, six digits, a check digit."""
    body = fill("######", rng)
    odd, even = sum(map(int, body[::2])), sum(map(int, body[1::2]))
    return f"{pick(_DEA_HEADS, rng)}{fill('@', rng)}{body}{(odd + 2 * even) % 10}"


def draw_receipt(rng: Random) -> str:
    """Draw the number of a receipt of US immigration: its office, a year, a day, a serial."""
    return f"{pick(_RECEIPTS, rng)}{20 + int(rng.random() * 7)}{fill('########', rng)}"


def draw_snowflake(rng: Random) -> str:
    """Draw the id of a message: milliseconds since 2015, then 22 bits of worker and count."""
    first, last = _SNOWFLAKE_DAYS
    moment = int((first + (last - first) * rng.random()) * _DAY_MS)
    return str(moment << 22 | rng.getrandbits(22))


def draw_guid_slice(rng: Random) -> str:
    """Draw a part of a GUID as logs cut it: eight or twelve hexadecimal digits, one a digit."""
    size = 8 if rng.random() < _GROUPED_SHARE else 12
    return f"{int(rng.random() * 10)}{''.join(pick(_HEX, rng) for _ in range(size - 1))}"
