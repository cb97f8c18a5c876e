"""The script that runs in LLaMA-Factory's environment: fetches a model, encodes and judges rows.

    worker.py prove|fetch|encode|judge REQUEST REPLY

The request is one JSON object, the reply one object a line. It imports nothing of piiforge.
"""

import copy
import json
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields
from importlib.metadata import version
from pathlib import Path
from typing import Any

# The libraries of that environment are not there where types are checked
Library = Any
Request = Mapping[str, Any]
Reply = dict[str, object]
Row = Mapping[str, str]
Encoded = tuple[list[int], list[int]]  # tokens, labels

WINDOW = 8  # tokens shown to either side of the first difference
IGNORED = -100  # the label of a token that is not trained on
SPREAD = ("ddp_", "deepspeed", "fsdp")  # keys that only a launched process may have
PIECE = 256  # rows encoded at a time
WANTED = ("*.json", "*.jinja", "*.safetensors", "tokenizer.model", "merges.txt", "vocab.txt")


def main() -> None:
    """Answer the request."""
    answer = {"prove": prove, "fetch": fetch, "encode": encode, "judge": judge}[sys.argv[1]]
    request = json.loads(Path(sys.argv[2]).read_text(encoding="utf-8"))
    with Path(sys.argv[3]).open("a", encoding="utf-8") as reply:
        for record in answer(request):
            reply.write(json.dumps(record) + "\n")
            reply.flush()


def prove(_request: Request) -> Iterator[Reply]:
    """Import what trains; yield the versions of what is installed."""
    import llamafactory.train.tuner  # noqa: F401  # it is imported to see if it can be
    import torch

    names = ("llamafactory", "torch", "transformers", "peft", "accelerate", "datasets", "trl")
    found: Reply = {name: version(name) for name in names}
    yield {**found, "python": sys.version.split()[0], "cuda": torch.version.cuda or ""}


def fetch(request: Request) -> Iterator[Reply]:
    """Fetch a model of the hub: yield its folder, or the name of what went wrong.

    Files of code and pickled weights are not fetched at all.
    """
    from huggingface_hub import snapshot_download

    try:
        yield {"folder": snapshot_download(request["model"], allow_patterns=list(WANTED))}
    except Exception as error:  # the hub's own errors, the network's and the file system's
        yield {"failed": type(error).__name__}


def encode(request: Request) -> Iterator[Reply]:
    """What would LLaMA-Factory train on, and is that what a server asks?

    Every row is encoded by LLaMA-Factory's own converter and processor, uncut; a sample of rows
    also by the chat template that lies in the model folder. Yields what is refused, or progress
    and, last, what was found.
    """
    # LLaMA-Factory refuses to parse its settings where it sees two GPUs and was not launched
    seen = os.environ.get("CUDA_VISIBLE_DEVICES", "0")
    os.environ["CUDA_VISIBLE_DEVICES"] = seen.partition(",")[0]
    import torch
    from llamafactory.data import get_template_and_fix_tokenizer
    from llamafactory.hparams import get_train_args, parser
    from llamafactory.model import load_tokenizer
    from transformers import AutoTokenizer

    known = sorted({field.name for kind in parser._TRAIN_ARGS for field in fields(kind)})
    unknown = sorted(set(request["settings"]) - set(known))
    if unknown:
        yield {"unknown": unknown[0], "known": known}
        return
    # What spreads the work over processes has no part in tokens, and this is a single process
    made = {key: of for key, of in request["settings"].items() if not key.startswith(SPREAD)}
    if not made.get("use_cpu") and not torch.cuda.is_available():
        yield {"no_cuda": True}
        return
    try:
        model, data = get_train_args(dict(made))[:2]
        loaded = load_tokenizer(model)
        template = get_template_and_fix_tokenizer(loaded["tokenizer"], data)
    except (ValueError, TypeError) as error:  # settings at odds, a template that it doesn't know
        yield {"refused": str(error).splitlines()[0]}
        return
    pure = AutoTokenizer.from_pretrained(model.model_name_or_path, trust_remote_code=False)
    rows = {name: rows_of(Path(name)) for name in request["files"]}
    encoded: dict[str, list[Encoded]] = {name: [] for name in rows}
    for name in rows:
        for piece in uncut(template, loaded, data, rows[name]):
            encoded[name] += piece
            done, total = (sum(map(len, every.values())) for every in (encoded, rows))
            yield {"done": done, "total": total}
    places = [(name, at) for name in rows for at in range(len(encoded[name]))]
    sample = places[:: max(1, -(-len(places) // request["sample"]))]
    differing = [
        {"file": name, "line": at + 1, **found}
        for name, at in sample
        if (found := difference(rows[name][at], *encoded[name][at], pure, made["default_system"]))
    ]
    lengths = sorted(len(ids) for name, at in places for ids in encoded[name][at][:1])
    yield {
        "device": "" if made.get("use_cpu") else torch.cuda.get_device_name(0),
        "grew": len(loaded["tokenizer"]) - len(pure),
        "lost": sum(map(len, rows.values())) - len(places),
        "over": {
            name: [at for at, (ids, _) in enumerate(found, 1) if len(ids) > made["cutoff_len"]]
            for name, found in encoded.items()
        },
        "forged": {
            name: forged(found, pure, made["default_system"]) for name, found in encoded.items()
        },
        "differ": len(differing),
        "difference": differing[0] if differing else None,
        "parity": {
            "compared": len(sample),
            "median_tokens": lengths[len(lengths) // 2] if lengths else 0,
            "most_tokens": max(lengths, default=0),
        },
    }


def rows_of(path: Path) -> list[Row]:
    """Read a JSONL file."""
    lines = path.read_text(encoding="utf-8").split("\n")
    return [json.loads(line) for line in lines if line.strip()]


def uncut(
    template: Library, loaded: Library, data: Library, rows: Sequence[Row]
) -> Iterator[list[Encoded]]:
    """Yield the rows, a piece at a time, as LLaMA-Factory makes them but for the cut."""
    from llamafactory.data.converter import get_dataset_converter
    from llamafactory.data.parser import get_dataset_list
    from llamafactory.data.processor import SupervisedDatasetProcessor

    whole = copy.copy(data)
    whole.cutoff_len = 1 << 30
    (attributes,) = get_dataset_list(["piiforge_train"], data.dataset_dir)
    convert = get_dataset_converter(attributes.formatting, attributes, whole)
    tokenizer, processor = loaded["tokenizer"], loaded["processor"]
    prepare = SupervisedDatasetProcessor(template, tokenizer, processor, whole).preprocess_dataset
    for start in range(0, len(rows), PIECE):
        examples = [convert(row) for row in rows[start : start + PIECE]]
        made = prepare({key: [example[key] for example in examples] for key in examples[0]})
        yield list(zip(made["input_ids"], made["labels"], strict=True))


def forged(encoded: Sequence[Encoded], pure: Library, system: str) -> list[int]:
    """Return the rows, from 1, that hold a control token in a text: more than an empty chat has."""
    control = frozenset(pure.added_tokens_decoder)
    counts = [sum(token in control for token in ids) for ids, _ in encoded]
    frame = sum(token in control for token in chat(pure, system, "", ""))
    return [at for at, count in enumerate(counts, 1) if count > frame]


def difference(
    row: Row, ids: list[int], labels: list[int], pure: Library, system: str
) -> Reply | None:
    """Return the first difference of a row, with the texts around it, or None."""
    for what, left, right, ours, theirs in views(row, ids, labels, pure, system):
        if ours == theirs:
            continue
        pairs = enumerate(zip(ours, theirs, strict=False))
        shorter = min(len(ours), len(theirs))
        at = next((at for at, (one, other) in pairs if one != other), shorter)
        part = slice(max(0, at - WINDOW), at + WINDOW)
        texts = {"left_text": pure.decode(ours[part]), "right_text": pure.decode(theirs[part])}
        return {"what": what, "left": left, "right": right, "token": at, **texts}
    return None


def views(
    row: Row, ids: list[int], labels: list[int], pure: Library, system: str
) -> Iterator[tuple[str, str, str, list[int], list[int]]]:
    """Yield what is compared, the names of both sides, and their tokens.

    Among them is the prompt of a client that sends no system text.
    """
    ours, theirs, server = "LLaMA-Factory's template", "the chat template", "a server"
    asked = question(row)
    start = next((at for at, label in enumerate(labels) if label != IGNORED), len(ids))
    prompt, bare = chat(pure, system, asked), chat(pure, "", asked)
    yield "prompt", ours, theirs, ids[:start], prompt
    yield "prompt", theirs, server, prompt, served(pure, system, asked)
    yield "prompt", theirs, f"{theirs} without system text", prompt, bare
    whole = chat(pure, system, asked, row["output"])
    yield "prompt and answer", ours, theirs, ids, whole
    yield "prompt and answer", theirs, server, whole, served(pure, system, asked, row["output"])


def question(row: Row) -> str:
    """Return what the user says, as LLaMA-Factory joins it."""
    return f"{row['instruction']}\n{row['input']}"


def chat(tokenizer: Library, *texts: str) -> list[int]:
    """Encode system, user and perhaps assistant by the chat template."""
    return list(tokenizer.apply_chat_template(messages(*texts), **form(*texts)))


def served(tokenizer: Library, *texts: str) -> list[int]:
    """Encode as servers do: the chat template's text, then its tokens, no token added."""
    text = tokenizer.apply_chat_template(messages(*texts), tokenize=False, **form(*texts))
    return list(tokenizer(text, add_special_tokens=False)["input_ids"])


def messages(*texts: str) -> list[dict[str, str]]:
    """Return system, user and perhaps assistant as a chat; without a system text, none."""
    pairs = zip(("system", "user", "assistant"), texts, strict=False)
    return [{"role": role, "content": text} for role, text in pairs if text or role != "system"]


def form(*texts: str) -> dict[str, bool]:
    """Return how a chat is written: without an answer, up to where it begins."""
    return {"add_generation_prompt": len(texts) == 2, "return_dict": False}


def judge(request: Request) -> Iterator[Reply]:
    """How sure is a model of true against false, row by row, under the adapter if one is named?

    Each row takes one forward pass: the prompt by the model's own chat template, then the answer as
    far as true and false agree. The margin is the log of their odds, from the last hidden state and
    the two rows of the head, in fp32: bf16 logits tie. Yields progress and, last, all margins.
    """
    import torch
    from peft import PeftModel
    from transformers import AutoModelForCausalLM, AutoTokenizer

    torch.set_grad_enabled(False)
    folder = request["model"]
    tokenizer = AutoTokenizer.from_pretrained(folder, trust_remote_code=False)
    model = AutoModelForCausalLM.from_pretrained(
        folder,
        dtype=torch.bfloat16 if request["bf16"] else torch.float32,
        use_safetensors=True,
        trust_remote_code=False,
    ).to("cuda" if request["gpu"] else "cpu")
    prefix, yes, no = verdict_tokens(tokenizer, request["true"], request["false"])
    rows = rows_of(Path(request["file"]))[: request["rows"]]
    prompts = [[*chat(tokenizer, request["system"], question(row)), *prefix] for row in rows]
    if request["adapter"]:
        PeftModel.from_pretrained(model, request["adapter"])  # puts the adapter into `model`
    model.eval()
    margins: dict[int, float] = {}
    by_length = sorted(range(len(prompts)), key=lambda at: len(prompts[at]))
    for start in range(0, len(prompts), request["batch"]):
        piece = by_length[start : start + request["batch"]]
        found = passed(model, [prompts[at] for at in piece], yes, no)
        margins |= dict(zip(piece, found, strict=True))
        yield {"done": len(margins), "total": len(prompts)}
    yield {"margins": [margins[at] for at in range(len(prompts))]}


def verdict_tokens(tokenizer: Library, yes: str, no: str) -> tuple[list[int], int, int]:
    """Return the tokens that both answers begin with, and the first one in which each differs."""
    ours, other = (tokenizer.encode(text, add_special_tokens=False) for text in (yes, no))
    at = next(at for at, both in enumerate(zip(ours, other, strict=False)) if both[0] != both[1])
    return ours[:at], ours[at], other[at]


def passed(model: Library, rows: Sequence[Sequence[int]], yes: int, no: int) -> list[float]:
    """Pass rows through the model once; return the margin of each."""
    import torch

    # Padding stands behind: no token looks ahead, so it changes nothing in front of it
    most = max(map(len, rows))
    ids = torch.tensor([[*row, *[0] * (most - len(row))] for row in rows])
    mask = torch.tensor([[1] * len(row) + [0] * (most - len(row)) for row in rows])
    device, head = model.device, model.get_output_embeddings().weight
    body = model.get_decoder()
    hidden = body(input_ids=ids.to(device), attention_mask=mask.to(device)).last_hidden_state
    ends = torch.tensor([len(row) - 1 for row in rows], device=device)
    last = hidden[torch.arange(len(rows), device=device), ends].float()
    return list((last @ (head[yes].float() - head[no].float())).tolist())


if __name__ == "__main__":
    main()
