"""Run in LLaMA-Factory's environment: how sure is a model of true against false, row by row?

A script, called with two paths: the request, one JSON object, and the reply, one object a line.
It imports nothing of piiforge. Each row takes one forward pass: the prompt by the model's own chat
template, then the answer as far as true and false agree. The margin is the log of their odds,
from the last hidden state and the two rows of the head, in fp32: bf16 logits tie.
"""

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import cast


def main() -> None:
    """Answer the request."""
    request = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    with Path(sys.argv[2]).open("a", encoding="utf-8") as reply:
        for record in answer(request):
            reply.write(json.dumps(record) + "\n")
            reply.flush()


def answer(request: Mapping[str, object]) -> Iterator[dict[str, object]]:
    """Yield progress and, last, the margins of all rows under the adapter, if one is named."""
    import torch
    from peft import PeftModel
    from transformers import AutoModelForCausalLM, AutoTokenizer

    cuda = bool(request["gpu"])
    torch.set_grad_enabled(False)
    folder = str(request["model"])
    tokenizer = AutoTokenizer.from_pretrained(folder, trust_remote_code=False)
    model = AutoModelForCausalLM.from_pretrained(
        folder,
        dtype=torch.bfloat16 if request["bf16"] else torch.float32,
        use_safetensors=True,
        trust_remote_code=False,
    ).to("cuda" if cuda else "cpu")
    prefix, yes, no = verdict_tokens(tokenizer, str(request["true"]), str(request["false"]))
    prompts = [[*ids, *prefix] for ids in prompts_of(tokenizer, request)]
    if request["adapter"]:
        PeftModel.from_pretrained(model, str(request["adapter"]))  # puts the adapter into `model`
    model.eval()
    margins: dict[int, float] = {}
    for piece in pieces(prompts, cast("int", request["batch"])):
        margins |= passed(model, [(at, prompts[at]) for at in piece], yes, no)
        yield {"done": len(margins), "total": len(prompts)}
    yield {"margins": [margins[at] for at in range(len(prompts))]}


def verdict_tokens(tokenizer: object, yes: str, no: str) -> tuple[list[int], int, int]:
    """Return the tokens that both answers begin with, and the first one in which each differs."""
    encode = tokenizer.encode  # type: ignore[attr-defined]  # a transformers tokenizer
    ours: list[int] = encode(yes, add_special_tokens=False)
    other: list[int] = encode(no, add_special_tokens=False)
    at = next(at for at, both in enumerate(zip(ours, other, strict=False)) if both[0] != both[1])
    return ours[:at], ours[at], other[at]


def prompts_of(tokenizer: object, request: Mapping[str, object]) -> Iterator[list[int]]:
    """Yield the prompt of each row asked for, as the chat template writes it."""
    write = tokenizer.apply_chat_template  # type: ignore[attr-defined]  # a transformers tokenizer
    lines = Path(str(request["file"])).read_text(encoding="utf-8").split("\n")
    head = [{"role": "system", "content": request["system"]}] if request["system"] else []
    for line in [line for line in lines if line.strip()][: cast("int", request["rows"])]:
        row = json.loads(line)
        asked = {"role": "user", "content": f"{row['instruction']}\n{row['input']}"}
        yield list(write([*head, asked], add_generation_prompt=True, return_dict=False))


def pieces(prompts: Sequence[Sequence[int]], size: int) -> Iterator[list[int]]:
    """Yield the rows' numbers, `size` of like length together."""
    order = sorted(range(len(prompts)), key=lambda at: len(prompts[at]))
    for start in range(0, len(order), size):
        yield order[start : start + size]


def passed(
    model: object, rows: Sequence[tuple[int, Sequence[int]]], yes: int, no: int
) -> dict[int, float]:
    """Pass rows through the model once; return the margin of each by its number."""
    import torch

    # Padding stands behind: no token looks ahead, so it changes nothing in front of it
    most = max(len(ids) for _, ids in rows)
    ids = torch.tensor([[*row, *[0] * (most - len(row))] for _, row in rows])
    mask = torch.tensor([[1] * len(row) + [0] * (most - len(row)) for _, row in rows])
    device = model.device  # type: ignore[attr-defined]  # a transformers model
    body = model.get_decoder()  # type: ignore[attr-defined]
    head = model.get_output_embeddings().weight  # type: ignore[attr-defined]
    hidden = body(input_ids=ids.to(device), attention_mask=mask.to(device)).last_hidden_state
    ends = torch.tensor([len(row) - 1 for _, row in rows], device=device)
    last = hidden[torch.arange(len(rows), device=device), ends].float()
    margins = (last @ (head[yes].float() - head[no].float())).tolist()
    return {at: float(margin) for (at, _), margin in zip(rows, margins, strict=True)}


if __name__ == "__main__":
    main()
