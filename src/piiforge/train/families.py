"""Model families: which LLaMA-Factory template writes a chat as the model's own chat template does.

A family is known by a text that stands in its chat template. `system` is the text which that
template puts first by itself, to the letter: LLaMA-Factory's own default for SmolLM2 differs from
it by a full stop. Whether the pair fits a model is not believed but proved, row by row (`parity`).

>>> of("<|start_header_id|>user<|end_header_id|>", "a model").template
'llama3'
"""

from dataclasses import dataclass

from piiforge.errors import AskedWrongly


@dataclass(frozen=True, slots=True)
class Family:
    """A LLaMA-Factory template, the sign it is known by, and the model's own system text."""

    template: str
    sign: str
    system: str


_QWEN = "You are Qwen, created by Alibaba Cloud. You are a helpful assistant."
_SMOLLM = "You are a helpful AI assistant named SmolLM, trained by Hugging Face"

ALL: tuple[Family, ...] = (
    Family("qwen", _QWEN, _QWEN),
    Family("smollm2", _SMOLLM, _SMOLLM),
    Family("llama3", "<|start_header_id|>", ""),
)


def of(chat_template: str, model: str) -> Family:
    """Return the family whose sign stands in the chat template of `model`.

    Raises:
        AskedWrongly: none does; a template has to be named.
    """
    for family in ALL:
        if family.sign in chat_template:
            return family
    known = ", ".join(family.template for family in ALL)
    raise AskedWrongly(
        f"{model} is of no model family that is known here ({known}).",
        "Name LLaMA-Factory's template with template=NAME, and the model's system text with "
        "system=TEXT if it has one; both are proved before training.",
    )


def named(template: str) -> Family:
    """Return the family of a template, or one without a system text."""
    for family in ALL:
        if family.template == template:
            return family
    return Family(template, "", "")
