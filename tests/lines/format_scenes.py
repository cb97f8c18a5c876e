"""Scenes to try formats with."""

from piiforge.lines import chat_message, form_submit, page_view, xhr
from piiforge.types import Format, Scene

FORMATS: tuple[Format, ...] = (
    *form_submit.FORMATS,
    *page_view.FORMATS,
    *xhr.FORMATS,
    *chat_message.FORMATS,
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


def scene_for(form: Format, *, numeric: bool = False) -> Scene:
    return Scene(form.event, "es", FIELDS, TURNS, SETTING, numeric)


def slots_of(form: Format) -> int:
    """Return how many slots the scene gives the format."""
    return 1 if form.carries == ("turns",) else 2
