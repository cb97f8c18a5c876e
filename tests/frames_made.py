"""Frames for tests, put together from the product's own banks: every category, cue and kind."""

from piiforge import categories, lines
from piiforge.compose.frames import Frame, WrittenLine, id_of, nouns_asked
from piiforge.types import SEEDS, WRITTEN, Cue

EVENTS = ("form_submit", "page_view", "xhr")
PAIR = "bank_account"


def key_lines(language="en", most=12):
    """Return written lines with a confirming or vetoing key, three notations, every category."""
    found = []
    banks = lines.load()
    for category in categories.ALL:
        if category.id == PAIR:
            continue
        keys = banks.categories[category.id].keys["confirm", language][:most]
        for at, key in enumerate(keys):
            found.append(_line(category.id, Cue.CONFIRM, "", lines.styled(key, "snake"), at))
        for at, noun in enumerate(nouns_asked(category.id)):
            key = banks.nouns[noun].keys[language][0].split(" / ")[0]
            found.append(_line(category.id, Cue.VETO, noun, lines.styled(key, "snake"), at))
    return list({line.id: line for line in found}.values())


def _line(category, cue, noun, key, at):
    slot = f"{{{{lookalike:{noun}}}}}" if noun else "{{value}}"
    step = "{{digits:4}}"
    event = EVENTS[at % 3]
    text, notation = {
        "form_submit": (f"step={at}&{key}={slot}&ref_page={category[:2]}{at}", "form"),
        "page_view": (f"/start/{category[:2]}{at}?{key}={slot}&v={step}", "form"),
        "xhr": (f'{{"act":"save-{at}-{category[:2]}","{key}":"{slot}","n":{step}}}', "json"),
    }[event]
    return WrittenLine(
        id_of(category, text), "slots", category, cue, noun, "en", event, text, "", notation,
        None, "call-0",
    )  # fmt: skip


def sentences(language="en"):
    """Return seeds made of the banks' confirming sentences, as if others had written them."""
    found = []
    for owner, bank in lines.load().categories.items():
        for phrase in bank.phrases["confirm", language]:
            if set(phrase.slots) <= {"value"}:
                pieces = list(phrase.pieces)
                family = f"seed-{phrase.family.rsplit('-', 1)[1]}"
                found.append(
                    Frame(family, SEEDS, "sentence", owner, Cue.CONFIRM, language, "",
                          tuple(pieces))
                )  # fmt: skip
    return found


def shape(category, text):
    """Return a seed that says only where the separators stand."""
    return Frame("seed-shape" + text, SEEDS, "shape", category, Cue.CONFIRM, "en", "", (), "", text)


def key(category, words, cue=Cue.CONFIRM):
    """Return a seed that names a field."""
    return Frame("seed-" + words, SEEDS, "key", category, cue, "en", "", (words,))


__all__ = ["SEEDS", "WRITTEN", "key", "key_lines", "sentences", "shape"]
