"""Templates and the style sheet, and how numbers are written on a page."""

from functools import cache
from importlib.resources import files

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from piiforge.page.writing import highlight, visible

NOT_MEASURED = "not measured"


def render(template: str, **values: object) -> str:
    """Fill the named template of this room. Values are escaped unless they are Markup.

    Raises:
        jinja2.TemplateNotFound: no template has the name.
        jinja2.UndefinedError: the template asks for a value that was not given.
    """
    return _environment().get_template(template).render(values)


@cache
def style() -> Markup:
    """Return the style sheet, to stand in a `<style>` element."""
    return Markup(files("piiforge.page").joinpath("style.css").read_text(encoding="utf-8"))


def whole(number: int | None) -> str:
    """Write a count with thin groups.

    >>> whole(7200)
    '7,200'
    """
    return NOT_MEASURED if number is None else f"{number:,}"


def percent(share: float | None, digits: int = 1) -> str:
    """Write a share of 0 to 1 in percent.

    >>> percent(0.4375)
    '43.8 %'
    """
    return NOT_MEASURED if share is None else f"{share * 100:.{digits}f} %"


def breakable(name: str) -> Markup:
    """Let a long name break after its underscores.

    >>> breakable("bank_account")
    Markup('bank_<wbr>account')
    """
    return Markup("_<wbr>").join(name.split("_"))


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("piiforge.page", ""),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(style=style)
    environment.filters.update(
        visible=visible, highlight=highlight, whole=whole, percent=percent, breakable=breakable
    )
    return environment
