"""Which words may stay in a seed: an allow-list, since no list of names is ever complete.

A person's name is none of the nine categories, and yet a name is a person's. So a word is kept only
where it stands in a vocabulary of ours, which was written before any file was read. A capitalised
word that doesn't is taken for a name and becomes a slot; a small one refuses the seed. A word that
is both ("will", "grace") is taken for a name where a capital stands in mid-sentence, and refuses
the seed where it follows the words that introduce somebody ("my name is will").

Chinese has no capitals and no spaces: a run of characters stays only if it falls into words that
are listed here, longest first; a name's characters are in none of them.

>>> known("Phone"), known("zyxomma"), known("téléphone"), known("paymentMethod")
(True, False, True, True)
>>> all_han("我的手机号是"), all_han("我叫王明")
(True, False)
"""

import re
import unicodedata
from functools import lru_cache
from importlib.resources import files

_COMMENT = "#"


def _read(name: str) -> frozenset[str]:
    """Read one vocabulary; lines that begin with # are comments."""
    text = (files(__package__) / "vocabulary" / f"{name}.txt").read_text(encoding="utf-8")
    lines = (line for line in text.splitlines() if not line.startswith(_COMMENT))
    return frozenset(word for line in lines for word in line.split())


ENGLISH, SPANISH, FRENCH = map(_read, ("english", "spanish", "french"))
ALSO_NAMES, INITIALISMS, _HAN_WORDS = map(_read, ("also_names", "initialisms", "han"))
_LONGEST_HAN = max(map(len, _HAN_WORDS))
_LANGUAGES = (("en", ENGLISH), ("es", SPANISH), ("fr", FRENCH))
_CAMEL = re.compile(r"(?<=[a-zß-ÿ])(?=[A-ZÀ-Þ])|(?<=[A-Z])(?=[A-Z][a-z])")
_WORDS = re.compile(r"[^\W\d_]+")
_HAN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]+")


@lru_cache(maxsize=65_536)
def known(word: str) -> bool:
    """Whether a word, or each word of a camelCase one, stands in a vocabulary; accents may lack."""
    if _listed(word):
        return True
    pieces = _CAMEL.sub(" ", word).split()
    return len(pieces) > 1 and all(len(piece) > 1 and _listed(piece.lower()) for piece in pieces)


def also_a_name(word: str) -> bool:
    """Whether a word that we know is somebody's name as well."""
    return _plain(word) in ALSO_NAMES


def all_han(run: str) -> bool:
    """Whether a run of Chinese characters falls into listed words, longest first."""
    at = 0
    while at < len(run):
        for length in range(min(_LONGEST_HAN, len(run) - at), 0, -1):
            if run[at : at + length] in _HAN_WORDS:
                at += length
                break
        else:
            return False
    return True


def language_of(text: str) -> str:
    """Return en, es, fr or zh: the language that most of the words are of; en where none is.

    >>> language_of("mi número de pasaporte es"), language_of("护照号"), language_of("order_id")
    ('es', 'zh', 'en')
    """
    if _HAN.search(text):
        return "zh"
    words = [word.lower() for word in _WORDS.findall(text)]
    counts = {name: sum(word in listed for word in words) for name, listed in _LANGUAGES}
    return max(counts, key=lambda name: counts[name])


def _listed(word: str) -> bool:
    """Whether a word is listed, or is the plural of one; a capital makes no plural (Mr. Woods)."""
    plain = _plain(word)
    if plain in _KNOWN:
        return True
    stem = plain.removesuffix("s")
    return word.islower() and len(stem) > 2 and stem != plain and stem in _KNOWN


def _plain(word: str) -> str:
    """Return a word in lower case without accents or a possessive ending."""
    lowered = word.lower().replace("’", "'")
    for ending in ("'s", "'ll", "'ve", "'re", "'d", "'m", "n't"):
        lowered = lowered.removesuffix(ending)
    lowered = re.sub(r"^(?:[djlmnst]|qu)'", "", lowered)
    if lowered.isascii():
        return lowered
    parts = unicodedata.normalize("NFD", lowered)
    return "".join(sign for sign in parts if not unicodedata.combining(sign))


_KNOWN = frozenset(
    {_plain(word) for _, listed in _LANGUAGES for word in listed} | INITIALISMS | set("aeioyàu")
)
