"""Lines: how a log line is written, and the banks of phrases, key names and settings it draws on.

A format drafts a line around sentinels (`Draft`); `fill` puts key names and values in their place
in the line's own encoding and says where they stand.
"""

from piiforge.lines import (
    chat_events,
    chat_message,
    form_bank,
    form_submit,
    form_vendors,
    noise,
    page_vendors,
    page_view,
    xhr,
    xhr_logs,
)
from piiforge.lines.bank import Banks, CategoryBank, NounBank, Phrase, load
from piiforge.lines.encoders import ENCODERS, encode
from piiforge.lines.keys import draw_halves, draw_key, draw_style, styled
from piiforge.lines.sentences import as_typed, draw_noise
from piiforge.lines.sentences import write as write_sentence
from piiforge.lines.sentinels import KEYS, SLOTS, Filled, fill
from piiforge.lines.settings import Scenario, draw_noise_fields, draw_setting
from piiforge.lines.tables import pick
from piiforge.types import Format

FORMATS: tuple[Format, ...] = (
    *form_submit.FORMATS,
    *form_vendors.FORMATS,
    *form_bank.FORMATS,
    *page_view.FORMATS,
    *page_vendors.FORMATS,
    *xhr.FORMATS,
    *xhr_logs.FORMATS,
    *chat_message.FORMATS,
    *chat_events.FORMATS,
)

__all__ = [
    "ENCODERS",
    "FORMATS",
    "KEYS",
    "SLOTS",
    "Banks",
    "CategoryBank",
    "Filled",
    "NounBank",
    "Phrase",
    "Scenario",
    "as_typed",
    "draw_halves",
    "draw_key",
    "draw_noise",
    "draw_noise_fields",
    "draw_setting",
    "draw_style",
    "encode",
    "fill",
    "load",
    "noise",
    "pick",
    "styled",
    "write_sentence",
]
