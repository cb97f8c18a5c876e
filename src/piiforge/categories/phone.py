"""Telephone number, of any country.

The ITU gives each country its code (E.164) and each country plans the rest: in North America area,
exchange and line (NXX-NXX-XXXX), where no part begins with 0 or 1, the exchange is no N11, and
555-0100 to 555-0199 are set aside for fiction. Half of what is drawn is North American, the rest
comes # ruff: noqa: SIM905  (lists of words are read and kept in order more easily as text)

from fourteen other countries, written as people there write it. There is no check digit, but
a + or the usual groups tell a number; bare digits need a cue.

Sources:
    https://www.itu.int/rec/T-REC-E.164
    https://www.nanpa.com/numbering/area-codes
    https://github.com/google/libphonenumber

>>> is_valid(draw(Random(7)))
True
>>> is_valid(_value("fictional_555", "+1 415-555-0132"))
False
>>> is_valid(_value("bad_exchange", "(212) 011-0000"))   # no exchange begins with 0
False

>>> "911" in EXCHANGES, "555" in EXCHANGES, len(EXCHANGES)
(False, False, 791)

>>> is_dialable("14155550132", international=True)   # set aside for fiction
False
>>> is_dialable("2120110000", international=False)   # no exchange begins with 0
False
"""

# ruff: noqa: SIM905  (lists of words are read and kept in order more easily as text)

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from random import Random

from piiforge.categories.digits import (
    draw_coordinate,
    draw_date,
    draw_ip,
    draw_npi,
    draw_price,
    draw_timestamp,
    fill,
    fill_tail,
    fillers,
    number_of,
    pick,
    random_digits,
)
from piiforge.types import Category, Lookalike, Part, Value

# Numbering plans: which telephone numbers can be dialled in which country, and how they look.
#
# The North American plan is told by its area codes; a number of any other country here is a
# prefix in use and as many digits as its length asks for. The prefixes were chosen so that every
# number that begins with one is dialable and none lies in a range set aside for fiction, not even
# when the same digits are read as a number of another country here.
#
# Sources:
#     https://www.nanpa.com/numbering/area-codes
#     https://www.itu.int/oth/T0202.aspx?parent=T0202
#     https://www.ofcom.org.uk/phones-and-broadband/phone-numbers/numbers-for-drama
#     https://www.arcep.fr/uploads/tx_gsavis/18-0881.pdf
#     https://www.acma.gov.au/phone-numbers-use-tv-shows-films-and-creative-works
#     https://www.teltarif.de/drama-rufnummern-fiktiv-bundesnetzagentur-filme/news/84487.html


AREAS = tuple(
    """
    201 202 203 205 206 207 208 209 210 212 213 214 215 216 217 218 219 220 223 224 225 227 228 229
    231 234 235 239 240 248 251 252 253 254 256 260 262 267 269 270 272 274 276 279 281 283 301 302
    303 304 305 307 308 309 310 312 313 314 315 316 317 318 319 320 321 323 324 325 326 327 329 330
    331 332 334 336 337 339 341 346 347 350 351 352 353 360 361 363 364 369 380 385 386 401 402 404
    405 406 407 408 409 410 412 413 414 415 417 419 423 424 425 430 432 434 435 440 442 443 445 447
    448 458 463 464 469 470 472 475 478 479 480 484 501 502 503 504 505 507 508 509 510 512 513 515
    516 517 518 520 530 531 534 539 540 541 551 557 559 561 562 563 564 567 570 571 572 573 574 575
    580 582 585 586 601 602 603 605 606 607 608 609 610 612 614 615 616 617 618 619 620 623 626 628
    629 630 631 636 640 641 645 646 650 651 656 657 659 660 661 662 667 669 678 680 681 682 686 689
    701 702 703 704 706 707 708 712 713 714 715 716 717 718 719 720 724 725 726 727 728 730 731 732
    734 737 738 740 743 747 748 754 757 760 762 763 765 769 770 771 772 773 774 775 779 781 785 786
    801 802 803 804 805 806 808 810 812 813 814 815 816 817 818 820 821 826 828 830 831 832 835 838
    839 840 843 845 847 848 850 854 856 857 858 859 860 862 863 864 865 870 872 878 901 903 904 906
    907 908 909 910 912 913 914 915 916 917 918 919 920 925 928 929 930 931 934 936 937 938 940 941
    943 945 947 948 949 951 952 954 956 959 970 971 972 973 975 978 979 980 984 985 986 989
    204 226 236 249 250 257 263 273 289 306 343 354 365 367 368 382 403 416 418 428 431 437 438 450
    468 474 506 514 519 548 579 581 584 587 604 613 639 647 672 683 705 709 742 753 778 780 782 807
    819 825 867 873 879 902 905 942
    """.split()
)
TOLL_FREE_AREAS = ("800", "833", "844", "855", "866", "877", "888")
# 555 is left out whole: of it, only 0100 to 0199 is fiction by rule, but nobody has the rest.
EXCHANGES = tuple(str(code) for code in range(200, 1000) if code % 100 != 11 and code != 555)

# No number that begins with one of these is dialable in North America, nor, were the same ten
# digits written bare, in Mexico or Colombia.
BAD_AREAS = (
    *(f"1{code:02d}" for code in range(0, 100, 3)),
    *("000", "001", "211", "511"),
    *("290", "291", "292", "293", "295", "298", "299", "490", "491", "497", "590", "598"),
)
# Area codes for numbers that are wrong further on: bare, they are not Mexican or Indian either.
PLAIN_AREAS = tuple(
    """
    202 203 205 206 207 208 209 210 212 213 214 215 216 217 218 219 234 239 240 251 252 253 254 256
    260 262 267 269 270 401 402 404 405 406 407 408 409 410 430 470 480 484 501 502 503 504 505 507
    508 509 510 512 513 515 516 517 518 520 530 531 534 539 540 541 570 571 572 573 574 575 580 582
    585 586 204 250 257 263 289 403 416 506 514 519 548 579 581 584 587
    """.split()
)
BAD_EXCHANGES = (
    *(f"{code:03d}" for code in range(0, 200, 3)),
    *("211", "311", "411", "511", "611", "711", "811", "911") * 4,
)

NANP_FORMS = (
    *("(###) ###-####",) * 4,
    *("###-###-####",) * 4,
    *("##########",) * 3,
    *("+1 ###-###-####",) * 2,
    *("+1##########",) * 2,
    *("###.###.####", "### ### ####", "(###)###-####", "1-###-###-####", "+1 (###) ###-####"),
    *("+1 ### ### ####", "+1-###-###-####", "1 (###) ###-####", "+1.###.###.####", "1##########"),
)

FICTIONAL_LINE = "55501"  # exchange 555, line 0100 to 0199
FICTIONAL = (
    *("3319900", "3326191", "3335301", "3346571", "3353649", "3363998"),  # France
    *(f"441{city}4960" for city in (13, 14, 15, 16, 17, 18, 21, 31, 41, 51, 61)),  # Great Britain
    *("441914980", "442079460", "442896496", "442920180", "441632960", "447700900"),
    *("443069990", "448081570", "449098790"),
    *(f"61{area}{block}" for area in (2, 3, 7, 8) for block in (5550, 7010)),  # Australia
    *(f"6149157{number}" for number in "0006 0156 0157 0158 0159 0110 0313 0737 1266".split()),
    *(f"6149157{number}" for number in "1491 1804 2549 2665 2983 3770 3087 4118 4632".split()),
    *("493023125", "496990009", "494066969", "492214710", "498999998", "4917139200"),  # Germany
)


@dataclass(frozen=True, slots=True)
class Plan:
    """Numbers of one kind in one country.

    `code` is the country's, `length` counts the digits of the national number, which begins with
    one of `prefixes`. In `forms` each # stands for one of those digits; `weight` is the plan's
    share among all that are not North American.
    """

    region: str
    code: str
    length: int
    prefixes: tuple[str, ...]
    forms: tuple[str, ...]
    weight: int = 1
    toll_free: bool = False


MEXICO_SHORT = tuple("55 56 33 81".split())
MEXICO_LONG = tuple(
    "222 442 477 614 618 656 664 667 686 722 744 771 777 833 844 871 921 951 961 993 998".split()
)
FRANCE_LAND = tuple(
    """
    142 143 145 146 148 155 156 158 170 172 173 175 181 182 23 24 32 38 42 47 490 492 493 494 495 54
    55 57
    """.split()
)

PLANS = (
    # ten digits that an American would read as his own are written with the country's code
    Plan("MX", "52", 10, MEXICO_SHORT, ("+52 ## #### ####", "## #### ####", "(##) #### ####",
         "+52##########", "##-####-####"), 12),
    Plan("MX", "52", 10, MEXICO_LONG, ("+52 ### ### ####", "+52##########", "+52 ###-###-####",
         "(+52) ### ### ####"), 8),
    Plan("ES", "34", 9, ("60", "61", "62", "63", "64", "65", "66", "67", "68", "69", "71", "72",
         "74"), ("+34 ### ### ###", "+34 ### ## ## ##", "### ### ###", "### ## ## ##",
         "#########", "+34#########", "0034 ### ### ###"), 13),
    Plan("ES", "34", 9, ("91", "93", "95"), ("+34 ## ### ## ##", "## ### ## ##", "### ## ## ##",
         "#########", "(+34) ### ### ###"), 4),
    Plan("FR", "33", 9, ("60", "61", "62", "64", "65", "66", "67", "68", "73", "750", "751", "757",
         "76", "771", "776", "778", "78"), ("+33 # ## ## ## ##", "0# ## ## ## ##",
         "0#.##.##.##.##", "0#########", "+33#########",
         "+33 (0)# ## ## ## ##", "0#-##-##-##-##"), 12),
    Plan("FR", "33", 9, FRANCE_LAND, ("+33 # ## ## ## ##", "0# ## ## ## ##", "0#.##.##.##.##",
         "0#########"), 5),
    Plan("CN", "86", 11, ("130", "131", "135", "136", "137", "138", "139", "150", "151", "152",
         "157", "158", "159", "166", "173", "176", "177", "180", "182", "185", "186", "187", "188",
         "189", "191", "198", "199"), ("### #### ####", "###########", "+86 ### #### ####",
         "+86###########", "###-####-####", "+86-###########"), 14),
    Plan("CN", "86", 10, ("106", "1082", "1085", "202", "203", "208", "215", "216"),
         ("0##-########", "+86 ## #### ####", "(0##) ########", "0## #### ####"), 3),
    Plan("GB", "44", 10, ("740", "741", "743", "746", "747", "748", "771", "772", "773", "774",
         "775", "776", "777", "780", "785", "786", "787", "788", "789", "790", "792", "794", "795",
         "796", "797", "798", "799"), ("+44 #### ######", "0#### ######", "0##########",
         "+44##########", "0#### ### ###"), 6),
    Plan("GB", "44", 10, ("203", "208", "2072", "2073", "2074"), ("+44 ## #### ####",
         "0## #### ####", "(0##) #### ####"), 2),
    Plan("DE", "49", 10, ("160", "162", "170", "172", "173", "174", "175", "176"),
         ("+49 ### #######", "0### #######", "0###/#######", "+49##########"), 3),
    Plan("DE", "49", 11, ("1511", "1520", "1521", "1573", "1590"), ("+49 #### #######",
         "0#### #######", "+49###########"), 2),
    Plan("DE", "49", 10, ("304", "308", "403", "405", "892", "893"), ("+49 ## ########",
         "0## ########", "(0##) ########", "0##/########"), 1),
    Plan("BR", "55", 11, ("119", "219", "319", "419", "519", "619", "719", "819", "859"),
         ("+55 ## #####-####", "(##) #####-####", "## #####-####", "+55###########"), 4),
    Plan("IN", "91", 10, ("91", "93", "94", "95", "96", "97", "98", "99", "70", "84"),
         ("+91 ##### #####", "+91-##########", "+91##########", "0##########",
         "##### #####"), 4),
    Plan("CO", "57", 10, ("300", "301", "304", "310", "311", "312", "313", "314", "315", "316",
         "317", "318", "320", "321", "350"), ("+57 ### #######", "### #######",
         "+57 ### ### ####"), 4),
    Plan("CO", "57", 10, ("6012", "6013", "6016"), ("+57 ### #######", "(###) #######"), 1),
    Plan("AR", "54", 11, ("9112", "9113", "9114", "9115", "9116"), ("+54 # ## ####-####",
         "+54 # ## #### ####", "+54###########"), 2),
    Plan("AR", "54", 10, ("1143", "1145", "1148", "1152", "1157"),
         ("(0##) ####-####", "+54 ## ####-####"), 1),
    Plan("IT", "39", 10, ("320", "328", "329", "333", "335", "338", "339", "340", "347", "348",
         "349", "366", "388", "389", "392"), ("+39 ### ### ####", "+39 ### #######",
         "+39##########"), 3),
    Plan("IT", "39", 10, ("024", "0272", "0286", "064", "068"), ("+39 ## ########", "## ########"),
         1),
    Plan("AU", "61", 9, ("41", "42", "43"), ("+61 ### ### ###", "0### ### ###",
         "+61#########"), 2),
    Plan("AU", "61", 9, ("293", "298", "396", "398"), ("+61 # #### ####", "(0#) #### ####"), 1),
    Plan("JP", "81", 10, ("702", "804", "805", "806", "809", "901", "903", "904", "907",
         "908"), ("+81 ##-####-####", "0##-####-####"), 3),
    Plan("JP", "81", 9, ("33", "36", "66"), ("+81 #-####-####", "0#-####-####"), 1),
    Plan("GB", "44", 10, ("800",), ("0### ### ####", "+44 ### ### ####"), 1, toll_free=True),
    Plan("FR", "33", 9, ("800", "801", "805"), ("0 ### ### ###", "0### ## ## ##"), 1,
         toll_free=True),
    Plan("ES", "34", 9, ("900",), ("### ### ###", "### ## ## ##", "+34 ### ### ###"), 2,
         toll_free=True),
    Plan("DE", "49", 10, ("800",), ("0### #######", "0### ### ####"), 1, toll_free=True),
)  # fmt: skip


# Whether digits can be dialled, in the countries whose numbers `phone` draws.
#
# The plans are those of libphonenumber, asked through `phonenumbers`; what it lets through
# although nobody can have it (exchanges such as 911, numbers set aside for fiction) is refused
# here.
#
# Sources:
#     https://github.com/google/libphonenumber
#     https://www.nanpa.com/numbering/555-line-numbers


_AREAS, _EXCHANGES = frozenset(AREAS + TOLL_FREE_AREAS), frozenset(EXCHANGES)

# Where a number without + may be dialled, by its first digit and its length.
_TRUNK_REGIONS = ("FR", "GB", "DE", "JP", "AU", "IT", "CN", "AR", "IN")
_ELEVEN_REGIONS = {"1": ("US", "CN", "BR")}
_TEN_REGIONS = {
    "1": (),
    "3": ("US", "MX", "CO", "IT"),
    **dict.fromkeys("245", ("US", "MX")),
    **dict.fromkeys("6789", ("US", "MX", "IN")),
}


def is_dialable(digits: str, *, international: bool) -> bool:
    """Say whether `digits`, with the country code in front or not, reach anybody.

    A national number is read as North American if it can be, else as one of the countries that
    its first digit and its length allow; in no reading may it be fictional.
    """
    if _is_planned(digits, international=international):
        return True
    readings = _readings(digits, international=international)
    if any(_is_fictional(number) for number, _ in readings):
        return False
    return any(valid for _, valid in readings)


def _is_planned(digits: str, *, international: bool) -> bool:
    """Say whether the tables of `phone_plans` are enough to know that the number is dialable.

    They are for what `phone` draws. The library says the same (a test holds them to it), but takes
    fifty times as long.
    """
    if FICTIONAL_LINE in digits:
        return False
    ten = digits[-10:]
    with_code = len(digits) == 11 and digits[0] == "1"
    american = with_code or (len(digits) == 10 and not international)
    if american and ten[:3] in _AREAS and ten[3:6] in _EXCHANGES:
        return True
    return digits.startswith(_planned_heads(international).get(len(digits), ()))


@cache
def _planned_heads(international: bool) -> dict[int, tuple[str, ...]]:
    """Return what planned numbers outside North America begin with, by their count of digits."""
    found: dict[int, list[str]] = {}
    for plan in PLANS:
        for lead in (plan.code,) if international else _leads_at_home(plan):
            length = len(lead) + plan.length
            for prefix in plan.prefixes:
                head = (lead + prefix).ljust(length, "0")
                regions = {region for _, region in _attempts(head, international=international)}
                if international or plan.region in regions:
                    found.setdefault(length, []).append(lead + prefix)
    return {length: tuple(heads) for length, heads in found.items()}


def _leads_at_home(plan: Plan) -> tuple[str, ...]:
    """Return what may precede a national number: nothing, or the trunk prefix if it is written."""
    trunk = any(form.lstrip("(").startswith("0") for form in plan.forms)
    return ("", "0") if trunk else ("",)


def _readings(digits: str, *, international: bool) -> list[tuple[str, bool]]:
    """Return what the number may be: each with its country code, and whether it is dialable."""
    import phonenumbers

    found = []
    for text, region in _attempts(digits, international=international):
        try:
            number = phonenumbers.parse(text, region)
        except phonenumbers.NumberParseException:
            continue
        full = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)[1:]
        # The library lets exchanges such as 911 and 411 through: N11 are service codes.
        service = full[0] == "1" and full[5:7] == "11"
        found.append((full, phonenumbers.is_valid_number(number) and not service))
    return found


def _attempts(digits: str, *, international: bool) -> list[tuple[str, str | None]]:
    if international:
        return [(f"+{digits}", None)]
    if digits.startswith("00"):
        return [(f"+{digits[2:]}", None)]
    if digits.startswith("011"):
        overseas: list[tuple[str, str | None]] = [(f"+{digits[3:]}", None)]
        return overseas + [(digits, region) for region in _TRUNK_REGIONS]
    if digits[0] == "0":
        return [(digits, region) for region in _TRUNK_REGIONS]
    if len(digits) == 9:
        return [(digits, "ES")] if digits[0] in "6789" else []
    if len(digits) == 10:
        return [(digits, region) for region in _TEN_REGIONS[digits[0]]]
    regions = _ELEVEN_REGIONS.get(digits[0], ("BR",)) if len(digits) == 11 else ()
    return [*((digits, region) for region in regions), (f"+{digits}", None)]


def _is_fictional(number: str) -> bool:
    north_american = len(number) == 11 and number[0] == "1"
    return number.startswith(FICTIONAL) or (north_american and number[4:9] == FICTIONAL_LINE)


_NORTH_AMERICAN_SHARE = 0.5
_TOLL_FREE_SHARE = 0.06
_ABROAD = tuple(plan for plan in PLANS for _ in range(plan.weight))

_FILLER_TAILS = frozenset(fillers(7))

# Broken numbers aren't written as 1 and ten digits: that may be a mobile number in China.
_BROKEN_FORMS = tuple(form for form in NANP_FORMS if not form.startswith("1"))
_CUT_FORMS = tuple(form for form in _BROKEN_FORMS if "#" * 10 not in form or "+" in form)
_CUT_PLANS = tuple(
    plan for plan in _ABROAD if plan.region in {"MX", "ES", "FR", "CN", "GB"} and not plan.toll_free
)
_FICTIONAL_FORMS = {
    "33": ("+33 # ## ## ## ##", "0# ## ## ## ##", "0#.##.##.##.##", "0#########"),
    "44": ("+44 #### ######", "0#### ######", "0#### ### ###", "+44##########"),
    "49": ("+49 ### #######", "0### #######", "0###/#######"),
    "61": ("+61 ### ### ###", "0### ### ###", "+61#########"),
}
SAMPLES = (
    *("000-000-0000", "123-456-7890", "(123) 456-7890", "999-999-9999", "(555) 555-5555"),
    *("555-555-5555", "111-111-1111", "0000000000", "1234567890", "9999999999", "+1 000 000 0000"),
    *("+1 (234) 567-8901", "222-222-2222", "+52 55 0000 0000", "55 1234 5678", "+34 600 000 000"),
    *("612 345 678", "600 000 000", "06 00 00 00 00", "06 12 34 56 78", "+33 6 12 34 56 78"),
    *("138 0013 8000", "13800138000", "138 0000 0000", "13812345678", "12345678901"),
)
_SAMPLES = frozenset({"13800138000", "8613800138000"})
_TEMPLATES = (
    *("XXX-XXX-XXXX", "(XXX) XXX-XXXX", "+1 XXX XXX XXXX", "(___) ___-____", "###-###-####"),
    *("NXX-NXX-XXXX", "+52 XX XXXX XXXX", "0X XX XX XX XX", "1XX XXXX XXXX", "xxx-xxx-xxxx"),
)


def draw(rng: Random) -> Value:
    """Draw a dialable number, written as people write it in its country."""
    if rng.random() < _NORTH_AMERICAN_SHARE:
        toll_free = rng.random() < _TOLL_FREE_SHARE
        areas = TOLL_FREE_AREAS if toll_free else AREAS
        return _write(_kind(toll_free), pick(rng, NANP_FORMS), _north_american(rng, areas))
    plan = pick(rng, _ABROAD)
    return _write(_kind(plan.toll_free), pick(rng, plan.forms), _national(rng, plan))


def is_valid(value: Value) -> bool:
    """Say whether the number can be dialled, judged without regard to its separators.

    A number with + is read as it says. One without is read as North American if it can be, else as
    a national number of the countries that `draw` knows; in any reading it must not be fictional.
    """
    text = "".join([part.text for part in value.parts])
    digits = number_of(value)
    if not (digits.isdecimal() and digits.isascii() and 9 <= len(digits) <= 15):
        return False
    if digits[-7:] in _FILLER_TAILS or digits in _SAMPLES:
        return False
    return is_dialable(digits, international="+" in text)


def _kind(toll_free: bool) -> str:
    return "toll_free" if toll_free else "valid"


def _value(kind: str, text: str) -> Value:
    return Value("phone", kind, (Part(text),), telling=not text.isdigit())


def _write(kind: str, form: str, digits: str) -> Value:
    return _value(kind, _blanks(form) % tuple(digits))


@cache
def _blanks(form: str) -> str:
    return form.replace("#", "%s")


def _north_american(rng: Random, areas: tuple[str, ...]) -> str:
    while True:
        number = pick(rng, areas) + pick(rng, EXCHANGES) + random_digits(rng, 4)
        if number[-7:] not in _FILLER_TAILS:
            return number


def _national(rng: Random, plan: Plan) -> str:
    prefix = pick(rng, plan.prefixes)
    while True:
        number = prefix + random_digits(rng, plan.length - len(prefix))
        if number[-7:] not in _FILLER_TAILS and FICTIONAL_LINE not in number:
            return number


def _draw_fictional_555(rng: Random) -> Value:
    line = f"{int(rng.random() * 100):02d}"
    digits = f"{pick(rng, AREAS)}{FICTIONAL_LINE}{line}"
    return _write("fictional_555", pick(rng, NANP_FORMS), digits)


def _draw_fictional_abroad(rng: Random) -> Value:
    prefix = pick(rng, FICTIONAL)
    form = pick(rng, _FICTIONAL_FORMS[prefix[:2]])
    length = form.removeprefix(f"+{prefix[:2]}").count("#")
    return _write("fictional_abroad", form, (prefix[2:] + random_digits(rng, 6))[:length])


def _draw_bad_area(rng: Random) -> Value:
    digits = pick(rng, BAD_AREAS) + _north_american(rng, AREAS)[3:]
    return _write("bad_area", pick(rng, _BROKEN_FORMS), digits)


def _draw_bad_exchange(rng: Random) -> Value:
    digits = pick(rng, PLAIN_AREAS) + pick(rng, BAD_EXCHANGES) + random_digits(rng, 4)
    return _write("bad_exchange", pick(rng, _BROKEN_FORMS), digits)


def _draw_too_short(rng: Random) -> Value:
    if rng.random() < 0.6:
        text = _write("", pick(rng, _CUT_FORMS), _north_american(rng, PLAIN_AREAS)).parts[0].text
    else:
        plan = pick(rng, _CUT_PLANS)
        text = f"+{plan.code} {_national(rng, plan)}"
    return _value("too_short", text[: -1 - int(rng.random() * 2)].rstrip(" -."))


def _draw_last_digits(rng: Random) -> Value:
    return _value("last_digits", fill_tail(rng))


def _draw_filler(rng: Random) -> Value:
    return _value("filler", pick(rng, SAMPLES))


def _draw_template(rng: Random) -> Value:
    return _value("template", pick(rng, _TEMPLATES))


def _draw_order(rng: Random) -> Value:
    return _value("order", _north_american(rng, AREAS))


def _draw_tracking(rng: Random) -> Value:
    if rng.random() < 0.5:
        return _value("tracking", _north_american(rng, AREAS))
    return _value("tracking", fill(rng, pick(rng, ("##########", "###########", "############"))))


def _draw_ticket(rng: Random) -> Value:
    if rng.random() < 0.5:
        return _value("ticket", _north_american(rng, AREAS))
    return _value("ticket", fill(rng, pick(rng, ("#######", "########", "#########"))))


def _draw_short_code(rng: Random) -> Value:
    return _value("short_code", fill(rng, pick(rng, ("#####", "######"))))


def _foreign(kind: str, draw_text: Callable[[Random], str], *, plain: bool = True) -> Lookalike:
    """Make the lookalike that is another thing altogether, told by the noun of its name."""

    def draw_foreign(rng: Random) -> Value:
        return Value("phone", kind, (Part(draw_text(rng)),))

    return Lookalike(kind, draw_foreign, nouns=(kind,), plain=plain)


CATEGORY = Category(
    id="phone",
    description="telephone number, any country",
    title="phone number",
    draw=draw,
    lookalikes=(
        Lookalike("fictional_555", _draw_fictional_555, group="placeholder"),
        Lookalike("fictional_abroad", _draw_fictional_abroad, group="placeholder"),
        Lookalike("bad_area", _draw_bad_area),
        Lookalike("bad_exchange", _draw_bad_exchange),
        Lookalike("too_short", _draw_too_short),
        Lookalike("last_digits", _draw_last_digits, group="incomplete"),
        Lookalike("filler", _draw_filler, group="placeholder"),
        Lookalike("template", _draw_template, plain=True, group="placeholder"),
        Lookalike("order", _draw_order, nouns=("order", "invoice", "reference", "customer")),
        Lookalike("tracking", _draw_tracking, nouns=("tracking",)),
        Lookalike("ticket", _draw_ticket, nouns=("ticket", "case")),
        Lookalike("short_code", _draw_short_code, nouns=("short_code",)),
        _foreign("npi", draw_npi, plain=False),
        _foreign("timestamp", draw_timestamp),
        _foreign("date", draw_date),
        _foreign("ip", draw_ip),
        _foreign("price", draw_price),
        _foreign("coordinate", draw_coordinate),
    ),
    is_valid=is_valid,
    sources=(
        "https://www.itu.int/rec/T-REC-E.164",
        "https://www.nanpa.com/numbering/area-codes",
        "https://github.com/google/libphonenumber",
    ),
    vetoable=(
        *("order", "invoice", "tracking", "ticket", "case", "reference", "session", "batch"),
        *("serial", "customer", "npi"),
    ),
)
