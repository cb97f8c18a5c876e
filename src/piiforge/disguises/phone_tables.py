"""Tables for telephone numbers: country codes, forms at home, extensions, the letters on the keys.

>>> CODES["33"], HOME_FORMS["33", 10][0]
('0', '%s%s %s%s %s%s %s%s %s%s')
>>> VANITY_WORDS["2255"]
'CALL'
"""

from collections.abc import Mapping


def _list(words: str) -> tuple[str, ...]:
    """Return the words of a line."""
    return tuple(words.split())


# Country codes with the trunk prefix that a national number begins with, "" where there is none.
CODES: Mapping[str, str] = {
    **dict.fromkeys(_list("1 34 39 45 47 48 51 52 55 56 57 65 351 420 852"), ""),
    **dict.fromkeys(_list("31 32 33 41 43 44 46 49 54 61 64 81 82 86 90 91"), "0"),
    **dict.fromkeys(_list("212 353 358 886"), "0"),
}

# By country code and count of digits, trunk prefix included: forms to fill digit by digit.
HOME_FORMS: Mapping[tuple[str, int], tuple[str, ...]] = {
    place: tuple(form.replace("#", "%s") for form in forms)
    for place, forms in {
        ("1", 10): ("(###) ###-####",) * 3 + ("###-###-####", "###.###.####", "### ### ####"),
        ("33", 10): ("## ## ## ## ##", "##.##.##.##.##", "##-##-##-##-##"),
        ("34", 9): ("### ### ###", "### ## ## ##"),
        ("39", 10): ("### ### ####", "### #######"),
        ("44", 11): ("##### ######", "##### ### ###"),
        ("49", 11): ("#### #######", "####/#######"),
        ("49", 12): ("##### #######", "#####/#######"),
        ("52", 10): ("## #### ####",),
        ("54", 11): ("### ####-####", "(###) ####-####"),
        ("55", 11): ("(##) #####-####", "## #####-####"),
        ("57", 10): ("### #######",),
        ("61", 10): ("#### ### ###",),
        ("81", 11): ("###-####-####",),
        ("86", 11): ("### #### ####", "###-####-####"),
        ("91", 10): ("##### #####", "#####-#####"),
        ("91", 11): ("###### #####",),
    }.items()
}

# What stands between a number and its extension, by country code; the English ones elsewhere.
EXTENSIONS = (" x", "x", " x", " ext. ", " ext ", ", ext. ", " ext.", " extension ", " #", " Ext: ")
EXTENSIONS_OF: Mapping[str, tuple[str, ...]] = {
    "33": (" poste ", ", poste ", " ext. "),
    "86": (" 分机 ", "分机", " 转 ", "转", " ext. "),
    **dict.fromkeys(("34", "52", "54", "57"), (" ext. ", " int. ", ", int. ", " Ext. ", " anexo ")),
}

KEYS: Mapping[str, str] = {
    "2": "ABC",
    "3": "DEF",
    "4": "GHI",
    "5": "JKL",
    "6": "MNO",
    "7": "PQRS",
    "8": "TUV",
    "9": "WXYZ",
}
VOWELS: Mapping[str, str] = {"2": "A", "3": "E", "4": "I", "6": "O", "8": "U"}
KEY_OF: Mapping[int, str] = {
    ord(cased): key for key, letters in KEYS.items() for cased in letters + letters.lower()
}

_WORDS = _list(
    "ACRE AUTO BABY BAIL BANK BARN BATH BEDS BIKE BOAT BOOK BUGS CABS CAFE CAKE CALL CAMP "
    "CARE CARS CASH CATS CELL CITY CLUB CODE COOK CORP DATA DEAL DEBT DESK DOGS DOOR EASY FAST "
    "FISH FIVE FLEX FOOD FUND GAME GIFT GOLD GOLF HAIR HEAL HEAT HELP HERO HOME HOPE HUGS JETS "
    "JOBS JUNK KIDS KITE LAND LAWN LAWS LEAK LEND LIFE LIMO LINE LOAN LOCK MAID MAIL MEAL MEDS "
    "MIND MOLD MOVE NAIL NEWS OPEN PACK PAIN PARK PAWS PETS PIPE PLAN PLAY PLUS POOL QUIT "
    "RENT RIDE ROOF ROOM SAFE SALE SAVE SELL SHIP SHOE SHOP SKIN SOLD SPAS STAY SWIM TAXI TEAM "
    "TECH TEXT TIRE TOWS TREE VETS VOTE WASH WELL WINE WOOD WORK YARD YOGA ZONE "
    "BAGGAGE BANKING BROKERS BUILDER CARPETS CLEANER COOKING COUNSEL DENTIST DOCTORS DRIVERS "
    "FITNESS FLOWERS FUNERAL GARDENS HEALTHY HEARING HEATING HOLIDAY IMPLANT LAWYERS LENDING "
    "MASSAGE MEDICAL PAINTER PHYSICS PLUMBER REALTOR RENTALS REPAIRS ROOFING SAVINGS "
    "SHELTER STORAGE SUPPORT TICKETS TRAVELS TUTORED VEHICLE WINDOWS"
)
VANITY_WORDS: Mapping[str, str] = {
    "".join([KEY_OF[ord(letter)] for letter in word]): word for word in _WORDS
}
