"""Scenes to try formats with."""

from piiforge.lines import chat_message, form_submit, page_view, trade, xhr
from piiforge.types import Format, Scene

FORMATS: tuple[Format, ...] = (
    *form_submit.FORMATS,
    *page_view.FORMATS,
    *xhr.FORMATS,
    *chat_message.FORMATS,
    *trade.FORMATS,
)

SETTING = {
    "host": "www.brightpath-insurance.com",
    "path": "/es/cotización/paso-2",
    "title": "Solicitud de cotización",
    "action": "Enviar solicitud",
    "operation": "submitQuote",
    "locale": "es-MX",
}
FIELDS = (
    ("plan", "Plata & más"),
    ("QKX0QK", "QVX0QV"),
    ("QKX1QK", "it is QVX1QV."),
    ("comments", "50 % \"sí\" | a/b; c='d' <e>"),
)
TURNS = (
    ("agent", "Hola, ¿en qué puedo ayudarle?"),
    ("visitor", "QVX0QV"),
    ("agent", "¿Y el otro?"),
    ("visitor", "QVX0QV"),
)


SENTENCE = (("plan", "Plata & más"), ("comments", "QVX0QV"))
STATE = ("state", "TX")  # without one a licence's record is not written
# The text alone: nothing but what it is given
BARE = ("form_text_alone", "chat_bare")


def scene_for(form: Format, *, numeric: bool = False, language: str = "es") -> Scene:
    fields = SENTENCE if form.carries == ("text",) else FIELDS
    fields = (*fields, STATE) if form.only == "drivers_license" else fields
    return Scene(form.event, language, fields, TURNS, SETTING, numeric)


def slots_of(form: Format) -> int:
    """Return how many slots the format writes: a sentence, a turn and most records have one."""
    single = form.names and form.only != "bank_account"
    return 1 if single or form.carries in {("turns",), ("text",)} else 2
