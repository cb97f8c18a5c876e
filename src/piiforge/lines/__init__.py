"""Lines: how a log line is written, and the banks of phrases, key names and settings it draws on.

A format drafts a line around sentinels (`Draft`); `fill` puts key names and values in their place
in the line's own encoding and says where they stand.
"""

from piiforge import plugins
from piiforge.lines import chat_message, form_submit, noise, page_view, trade, xhr
from piiforge.lines.banks import (
    Banks,
    Phrase,
    Scenario,
    as_typed,
    draw_halves,
    draw_key,
    draw_noise,
    draw_noise_fields,
    draw_setting,
    draw_style,
    load,
    styled,
    write_sentence,
)
from piiforge.lines.pen import ENCODERS, KEYS, SLOTS, Filled, encode, fill
from piiforge.types import Format

__all__ = [
    "ENCODERS",
    "FORMATS",
    "KEYS",
    "SLOTS",
    "Banks",
    "Filled",
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
    "styled",
    "write_sentence",
]


_SHIPPED: tuple[Format, ...] = (
    *form_submit.FORMATS,
    *page_view.FORMATS,
    *xhr.FORMATS,
    *chat_message.FORMATS,
    *trade.FORMATS,
)
_OWN = plugins.found().formats
plugins.refuse_taken("format", (each.name for each in _SHIPPED), (each.name for each in _OWN))
FORMATS: tuple[Format, ...] = (*_SHIPPED, *_OWN)
