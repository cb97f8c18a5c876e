"""The subject: the value that a row is about, drawn and written as its spec says.

>>> from piiforge.types import Part
>>> pour((Part("666-12-3456"),), "### ## ####")[0].text
'666 12 3456'
>>> pour((Part("666-12-3456"),), "####-####") is None
True
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from random import Random
from types import MappingProxyType
from typing import NamedTuple

from piiforge import categories, disguises, lines
from piiforge.compose.spec import Spec, is_bare
from piiforge.rng import pick
from piiforge.types import Category, Disguise, Lookalike, Part, Value

# Shapes: a value written with the separators that a seed shows.
#
# A shape has # for a digit, a for a letter, and every separator as it stood: "(###) ###-####".


_DIGIT, _LETTER = "#", "a"


def shape_of(text: str) -> str:
    """Return the shape of a text: # for a digit, a for a letter, the rest as it stands."""
    return "".join(_DIGIT if c.isdigit() else _LETTER if c.isalpha() else c for c in text)


def pour(parts: Sequence[Part], shape: str) -> tuple[Part, ...] | None:
    """Write a value of one part in `shape`; None where its characters don't fit or nothing changes.

    Digits must meet # and letters a, all of them, in order. A leading + is part of the value, and
    so are the marks of an e-mail address, which is never poured.
    """
    if len(parts) != 1 or not shape or "@" in parts[0].text:
        return None
    text = parts[0].text
    left = [one for one in text if one.isalnum()]
    written: list[str] = []
    for mark in shape:
        if mark not in {_DIGIT, _LETTER}:
            written.append(mark)
        elif not left or left[0].isdigit() is not (mark == _DIGIT):
            return None
        else:
            written.append(left.pop(0))
    poured = "".join(written)
    if left or poured == text or ("+" in text) is not ("+" in shape):
        return None
    return (replace(parts[0], text=poured),)


# Remarks: what a field holds whose name only sounds like a category's; and vault tokens.
#
# A remark suits its key: a date under "verified at", a version under "policy version", a file
# under "card image".


_STATUSES = (
    "verified", "pending", "yes", "no", "true", "false", "ok", "missing", "expired", "on_file",
    "declined", "required", "optional", "skipped", "unknown", "unverified",
)  # fmt: skip
_TYPES = ("standard", "basic", "premium", "default", "other", "type_a", "v2", "web", "legacy")
_FILES = ("front.jpg", "scan.pdf", "upload.png", "logo.svg", "icon.webp", "photo.heic", "back.png")
_TOKEN_HEADS = ("tok_", "vault_", "enc:", "sha256:", "pm_", "tkn-", "hash:", "aes.", "ref_", "")


def _status(rng: Random) -> str:
    return pick(_STATUSES, rng)


def _type(rng: Random) -> str:
    return pick(_TYPES, rng)


def _file(rng: Random) -> str:
    return pick(_FILES, rng)


def _level(rng: Random) -> str:
    return str(1 + int(rng.random() * 9))


def _moment(rng: Random) -> str:
    return lines.iso_time(rng) if rng.random() < 0.5 else lines.date(rng)


_SUITS: tuple[tuple[str, Callable[[Random], str]], ...] = (
    (
        " at|since|date|updated|started|desde|depuis|fecha|enviado el|le |时间|日期|verificado el",
        _moment,
    ),
    ("version|build|versión|版本", lines.version),
    ("image|photo|logo|scan|icon|cover|picture|foto|imagen|图|照片|封面|logotipo", _file),
    ("count|tier|level|step|page|nivel|niveau|étape|等级|级别|次数|digits|length", _level),
    ("sku|model|modelo|modèle|型号", lines.sku),
    (
        " id|ticket| no | ref |number|folio|batch|serial|serie|série|lot|编号|批次|order|job",
        lines.counter_id,
    ),
    (
        "type|brand|server|servidor|serveur|plan|tipo|marca|provider|country|office|network|category|类型|品牌",
        _type,
    ),
)


def draw_remark(key: str, rng: Random) -> str:
    """Draw what stands under a misleading key, given as lower-case words."""
    words = f" {key} "
    for marks, draw in _SUITS:
        if any(mark in words for mark in marks.split("|")):
            return draw(rng)
    return _status(rng)


def draw_token(rng: Random) -> str:
    """Draw a hash or vault token: what a system keeps in a value's stead."""
    head = pick(_TOKEN_HEADS, rng)
    if head == "sha256:":
        return head + lines.hex32(rng) + lines.hex32(rng)
    return head + (lines.hex32(rng) if rng.random() < 0.6 else lines.uuid4(rng))


AS_DRAWN = ("canonical",)
SEPARATED = ("sep_changed",)


class Subject(NamedTuple):
    """A value (None where the row has none) and its texts as written, one a part."""

    value: Value | None
    texts: tuple[str, ...]
    disguises: tuple[Disguise, ...]


NOTHING = Subject(None, (), ())


class Drawer:
    """Draws subjects. Holds categories and disguises by name, so that a row looks up nothing."""

    def __init__(self) -> None:
        self._categories: Mapping[str, Category] = {c.id: c for c in categories.ALL}
        self._lookalikes: Mapping[tuple[str, str], Lookalike] = MappingProxyType(
            {(c.id, look.kind): look for c in categories.ALL for look in c.lookalikes}
        )
        self._disguises: Mapping[str, Disguise] = {d.name: d for d in disguises.ALL}
        self._others: Mapping[str, tuple[Category, ...]] = {
            asked: tuple(c for c in categories.ALL if c.id != asked) for asked in self._categories
        }

    def lookalike(self, category: str, kind: str) -> Lookalike | None:
        """Return the named lookalike, None where `kind` is none."""
        return self._lookalikes.get((category, kind))

    def draw(self, spec: Spec, rng: Random, shape: str = "") -> Subject | None:
        """Draw what `spec` is about; None where the drawn value can't wear the disguises.

        Other separators than the usual are those of `shape`, where the value fits it.
        """
        if spec.variant in {"absent", "benign"}:
            return NOTHING
        if spec.variant == "misleading":  # a remark is drawn later, to suit its key
            return Subject(None, (draw_token(rng) if spec.kind == "hashed" else "?",), ())
        return self.write(self._value(spec, rng), spec.disguises, rng, shape)

    def positive(self, spec: Spec, rng: Random, shape: str = "") -> Subject | None:
        """Draw a real value of the asked category in the same disguises: a twin's other side."""
        return self.write(self._categories[spec.category].draw(rng), spec.disguises, rng, shape)

    def bystander(self, asked: str, rng: Random) -> Value:
        """Draw a real value of another category than `asked`."""
        return pick(self._others[asked], rng).draw(rng)

    def write(
        self, value: Value, names: tuple[str, ...], rng: Random, shape: str = ""
    ) -> Subject | None:
        """Write `value` in the named disguises; None where one of them doesn't fit."""
        worn = tuple([self._disguises[name] for name in names])
        parts = value.parts
        if names != AS_DRAWN:
            if not disguises.takes(parts, worn):
                return None
            poured = pour(parts, shape) if names == SEPARATED else None
            parts = poured or disguises.write(parts, worn, rng)
        return Subject(value, tuple([part.text for part in parts]), worn)

    def _value(self, spec: Spec, rng: Random) -> Value:
        if spec.variant == "other":
            return self._categories[spec.kind].draw(rng)
        lookalike = self._lookalikes.get((spec.category, spec.kind))
        if lookalike:
            return lookalike.draw(rng)
        value = self._categories[spec.category].draw(rng)
        while value.telling and is_bare(spec.category, spec.variant):
            value = self._categories[spec.category].draw(rng)
        return value
