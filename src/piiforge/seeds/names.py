"""The words of a text: which stay, which become `{{name}}`, `{{city}}` or `{{company}}`."""

import re
from dataclasses import dataclass
from typing import Protocol

from piiforge.seeds.slots import Board
from piiforge.seeds.words import INITIALISMS, all_han, also_a_name, known

_TOKEN = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*", re.UNICODE)
_HAN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]+")
_LATIN = re.compile(r"[A-Za-zÀ-ɏ'’]+")
_STOPS = frozenset(".!?:;\n\"“”'«»(")
_INTO = frozenset(["in", "from", "near", "at", "en", "desde", "à", "vers", "au", "depuis", "de"])
_FIRM = frozenset(["inc", "llc", "ltd", "corp", "co", "gmbh", "sarl", "sas", "sa"])
_LINK = re.compile(r"(?: |-|\. ?|['’]| (?:de|de la|del|van|von|y|of|da|di|al|bin|le|la) )")
_INTRODUCES = re.compile(
    r"(?i)(?:\bname(?:['’]s|s)?,? (?:is |was )?|\bname: ?|\bi am |\bi['’ ]?m |\bthis is |\bcall me "
    r"|\bsigned,? "
    r"|\bme llamo |\bsoy |\bmi nombre es |\bhabla |\bje m['’]appelle |\bje suis |\bmon nom est "
    r"|\b(?:mr|mrs|ms|miss|dr|sr|sra|mme|monsieur|madame)\.? |[叫姓])$"
)
_LOOK_BACK = 24
_MOST_NAMES = 4


class Text(Protocol):
    """A text under the knife, and the words that were taken out of it."""

    text: str
    names: list[str]


@dataclass(slots=True)
class _Name:
    start: int
    end: int
    slot: str


def take_words(out: Text, board: Board, *, is_line: bool, strict: bool) -> str:
    """Make slots of the names in `out`; return a reason to refuse the text, or ""."""
    names: list[_Name] = []
    for match in _TOKEN.finditer(out.text):
        word = match[0]
        if _HAN.search(word):
            if not all(map(all_han, _HAN.findall(word))) or not _rest_known(word):
                return "name_left"
            continue
        if not _LATIN.fullmatch(word):
            return "script"
        verdict = _verdict(out.text, match, is_line=is_line)
        if verdict == "name":
            names.append(_Name(*match.span(), _slot_for(out.text, match)))
        elif verdict and (strict or verdict == "name_left"):
            return verdict
    merged = _merged(out.text, names)
    if len(merged) > _MOST_NAMES:
        return "name_left"
    for name in reversed(merged):
        out.names.append(out.text[name.start : name.end])
        out.text = out.text[: name.start] + board.put(name.slot) + out.text[name.end :]
    return ""


def _rest_known(word: str) -> bool:
    return all(map(known, _HAN.sub(" ", word).split()))


def _verdict(text: str, match: re.Match[str], *, is_line: bool) -> str:
    """Return "" for a word that may stay, "name", or the reason to refuse."""
    word = match[0]
    capital = word[0].isupper()
    introduced = bool(_INTRODUCES.search(text[max(0, match.start() - _LOOK_BACK) : match.start()]))
    if len(word) == 1:
        return _letter(text, match, introduced=introduced)
    if known(word):
        if not also_a_name(word) or (is_line and not introduced):
            return ""
        if introduced:
            return "name" if capital else "name_left"
        return "name" if capital and not _begins(text, match.start()) and not word.isupper() else ""
    if word.isupper() and word.lower() in INITIALISMS:
        return ""
    if capital and not is_line and (word[1:].islower() or word.isupper() or "'" in word):
        return "name"
    return "unknown_word"


def _letter(text: str, match: re.Match[str], *, introduced: bool) -> str:
    """Judge a single letter: an initial ("J. Doe") goes with its name, others are harmless."""
    initial = match[0].isupper() and text[match.end() : match.end() + 1] == "."
    return "name" if introduced and initial else ""


def _begins(text: str, start: int) -> bool:
    """Whether a sentence, a field or a quotation begins here."""
    before = text[:start].rstrip(" ")
    return not before or before[-1] in _STOPS


def _slot_for(text: str, match: re.Match[str]) -> str:
    before = text[max(0, match.start() - 12) : match.start()].rstrip().rpartition(" ")[2].lower()
    behind = text[match.end() : match.end() + 8].strip(" ,.").partition(" ")[0].strip(".,").lower()
    if behind in _FIRM:
        return "{{company}}"
    return "{{city}}" if before in _INTO else "{{name}}"


def _merged(text: str, names: list[_Name]) -> list[_Name]:
    """Join the parts of one name, initials and particles between and before them too."""
    merged: list[_Name] = []
    for name in names:
        start = name.start
        initial = re.search(r"(?:\b[A-Z]\.? )+$", text[max(0, start - 12) : start])
        if initial and initial[0].strip() not in {"I", "A"}:
            name.start = start - len(initial[0])
        last = merged[-1] if merged else None
        if last and (name.start <= last.end or _LINK.fullmatch(text[last.end : name.start])):
            last.end = name.end
        else:
            merged.append(name)
    return merged
