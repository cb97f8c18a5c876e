"""Makes seeds: of a text that was cut, and of a column."""

import re
from collections.abc import Iterator

from piiforge.rng import digest
from piiforge.seeds.columns import Column
from piiforge.seeds.events import event_of
from piiforge.seeds.knife import is_log_line
from piiforge.seeds.records import SLOT, Cut, Seed
from piiforge.seeds.words import language_of
from piiforge.types import Cue

_KEYED = re.compile(
    r"\W{0,3}([^\W\d](?:[^\W\d]|[ ._\-]){0,47}?)(\s?[:=#]\s?#?|\s)"
    r"[\"'(]?\{\{value\}\}[\"').;,}]{0,3}"
)
_ALONE = re.compile(r"[^\w{}]{0,3}\{\{value\}\}[^\w{}]{0,3}")
_WORD = re.compile(r"[^\W\d_]+")
_HAN = re.compile(r"[\u3400-\u9fff]")
_SAID = frozenset(
    ["is", "es", "est", "was", "my", "mi", "mon", "ma", "me", "at", "to", "on", "or", "us", "call"]
) | {"text", "是", "我的", "我"}
"""Words of speech: with one of them, what stands before a value is no label."""
_KEY_WORDS, _FEWEST_WORDS, _FEWEST_HAN = 4, 3, 4


def family_of(kind: str, category: str, text: str) -> str:
    """Return the name of a family: seeds with one skeleton, letter case and digits aside, have one.

    Texts of two categories with one skeleton are one family; a key and a shape are of a category.
    """
    skeleton = "".join("#" if sign.isdigit() else sign for sign in text.casefold())
    names = (kind, category, text) if kind == "shape" else (kind, category, skeleton)
    if kind in {"sentence", "line"}:
        names = ("text", "", skeleton)
    return f"seed-{digest('seed', *names) >> 32:08x}"


def of_cut(cut: Cut, source: str) -> Iterator[Seed]:
    """Yield what a cut text comes to: a line, a sentence, a key, or only a shape."""
    keyed = _KEYED.fullmatch(cut.text)
    words = _WORD.findall(keyed[1]) if keyed else []
    if keyed and _is_key(words, keyed[2]) and cut.category != "bank_account":
        yield _seed("key", cut, " ".join(words).lower(), source)
    elif is_log_line(cut.text):
        yield _seed("line", cut, cut.text, source)
    elif not _ALONE.fullmatch(cut.text) and _is_speech(cut.text):
        yield _seed("sentence", cut, cut.text, source)
    elif cut.shape and "|" not in cut.shape:
        yield shape_seed(cut.category, cut.shape, source)


def key_of_column(column: Column, kind: tuple[str, Cue], source: str) -> Seed:
    """Return the seed of a column's name, with its commonest shape."""
    category, cue = kind
    text = column.words()
    return Seed(
        family=family_of("key", category, text),
        kind="key",
        category=category,
        cue=cue,
        language=language_of(text),
        event="",
        text=text,
        cue_words=column.cue_words(category, cue),
        shape=next(column.common_shapes(category, cue), ""),
        notation="raw",
        source=source,
    )


def shapes_of_column(column: Column, kind: tuple[str, Cue], source: str) -> Iterator[Seed]:
    """Yield a seed for each of the commonest shapes of a column's cells."""
    for shape in column.common_shapes(*kind):
        yield shape_seed(kind[0], shape, source)


def shape_seed(category: str, shape: str, source: str) -> Seed:
    """Return the seed of a way of writing."""
    return Seed(
        family=family_of("shape", category, shape),
        kind="shape",
        category=category,
        cue=Cue.NONE,
        language="en",
        event="",
        text="",
        cue_words=(),
        shape=shape,
        notation="raw",
        source=source,
    )


def _is_key(words: list[str], sign: str) -> bool:
    """Whether words before a value are a label: before a colon, or bare and without a verb."""
    if not words or len(words) > _KEY_WORDS:
        return False
    return bool(sign.strip()) or _SAID.isdisjoint(word.lower() for word in words)


def _is_speech(text: str) -> bool:
    bare = SLOT.sub(" ", text)
    return len(_WORD.findall(bare)) >= _FEWEST_WORDS or len(_HAN.findall(bare)) >= _FEWEST_HAN


def _seed(kind: str, cut: Cut, text: str, source: str) -> Seed:
    return Seed(
        family=family_of(kind, cut.category, text),
        kind=kind,
        category=cut.category,
        cue=cut.cue,
        language=cut.language,
        event=event_of(text) if kind == "line" else "",
        text=text,
        cue_words=cut.cue_words,
        shape=cut.shape,
        notation=cut.notation if kind == "line" else "raw",
        source=source,
    )
