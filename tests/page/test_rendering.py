"""Templates: strict about what they are given, escaped, and nothing from the network."""

import re
from importlib.resources import files

import pytest
from jinja2 import TemplateNotFound, UndefinedError

from piiforge import page
from piiforge.page.text import percent, whole

TEMPLATES = [file for file in files("piiforge.page").iterdir() if file.name.endswith(".html")]
every_template = pytest.mark.parametrize("template", TEMPLATES, ids=lambda file: file.name)


@every_template
def test_templates_load_nothing_and_run_nothing(template) -> None:
    text = template.read_text(encoding="utf-8")
    assert not re.search(r"<script|<link|<img|<iframe|https?://|\son\w+=", text)


@every_template
def test_templates_never_switch_escaping_off(template) -> None:
    assert not re.search(r"\|\s*safe|autoescape", template.read_text(encoding="utf-8"))


def test_the_style_sheet_loads_nothing() -> None:
    assert not re.search(r"url\(|@import|https?:", page.style())


def test_colours_have_a_dark_counterpart() -> None:
    light, dark = page.style().split("prefers-color-scheme: dark", 1)
    names = set(re.findall(r"(--\w[\w-]*): #", light))
    assert names == set(re.findall(r"(--\w[\w-]*): #", dark.split("*, *::before")[0]))


def test_text_has_contrast_enough_on_every_level() -> None:
    for scheme in page.style().split("prefers-color-scheme: dark", 1):
        colours = dict(
            re.findall(r"--([\w-]+): (#[0-9a-f]{3,6})\b", scheme.split("*, *::before")[0])
        )
        for tone in "pns":
            for level in range(1, 7):
                ink = colours["low" if level < 5 else "high"]
                assert contrast(ink, colours[f"{tone}{level}"]) >= 4.5, (tone, level)
        for ink, ground in (("ink", "paper"), ("soft", "paper"), ("soft", "card"), ("ink", "wash"),
                            ("accent", "paper"), ("bad", "paper"), ("good", "paper"),
                            ("positive", "positive-wash"), ("negative", "negative-wash"),
                            ("ghost-ink", "ghost")):  # fmt: skip
            assert contrast(colours[ink], colours[ground]) >= 4.5, (ink, ground)


def contrast(first: str, second: str) -> float:
    """Return the contrast ratio of two colours (WCAG 2.2, 1.4.3)."""
    high, low = sorted((luminance(first), luminance(second)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def luminance(colour: str) -> float:
    digits = colour[1:] if len(colour) == 7 else "".join(2 * digit for digit in colour[1:])
    parts = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_a_template_that_lacks_a_value_is_an_error() -> None:
    with pytest.raises(UndefinedError):
        page.render("bars.html", caption="x", items=[])


def test_an_unknown_template_is_an_error() -> None:
    with pytest.raises(TemplateNotFound):
        page.render("no_such.html")


def test_what_was_not_measured_is_said_so() -> None:
    assert whole(None) == percent(None) == "not measured"
