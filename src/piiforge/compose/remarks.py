"""Remarks: what a field holds whose name only sounds like a category's; and vault tokens.

A remark suits its key: a date under "verified at", a version under "policy version", a file under
"card image".
"""

from collections.abc import Callable
from random import Random

from piiforge.lines import noise, pick

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
    return noise.iso_time(rng) if rng.random() < 0.5 else noise.date(rng)


_SUITS: tuple[tuple[str, Callable[[Random], str]], ...] = (
    (
        " at|since|date|updated|started|desde|depuis|fecha|enviado el|le |时间|日期|verificado el",
        _moment,
    ),
    ("version|build|versión|版本", noise.version),
    ("image|photo|logo|scan|icon|cover|picture|foto|imagen|图|照片|封面|logotipo", _file),
    ("count|tier|level|step|page|nivel|niveau|étape|等级|级别|次数|digits|length", _level),
    ("sku|model|modelo|modèle|型号", noise.sku),
    (
        " id|ticket| no | ref |number|folio|batch|serial|serie|série|lot|编号|批次|order|job",
        noise.counter_id,
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
        return head + noise.hex32(rng) + noise.hex32(rng)
    return head + (noise.hex32(rng) if rng.random() < 0.6 else noise.uuid4(rng))
