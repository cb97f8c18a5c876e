"""Run in LLaMA-Factory's environment: what would it train on, and is that what a server asks?

A script, called with two paths: the request, one JSON object, and the reply, one object a line.
It imports nothing of piiforge. Every row is encoded by LLaMA-Factory's own converter and processor,
uncut; a sample of rows also by the chat template that lies in the model folder.
"""

import copy
import json
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Protocol, cast

WINDOW = 8  # tokens shown to either side of the first difference
IGNORED = -100  # the label of a token that is not trained on
SPREAD = ("ddp_", "deepspeed", "fsdp")  # keys that only a launched process may have
PIECE = 256  # rows encoded at a time

Row = Mapping[str, str]
Chat = Sequence[Mapping[str, str]]


class Tokenizer(Protocol):
    """What is used of a transformers tokenizer."""

    added_tokens_decoder: Mapping[int, object]

    def __len__(self) -> int:
        """How many tokens it knows."""

    def __call__(self, text: str, *, add_special_tokens: bool) -> Mapping[str, list[int]]:
        """Encode a text."""

    def apply_chat_template(
        self, chat: Chat, *, tokenize: bool, add_generation_prompt: bool, return_dict: bool
    ) -> str | list[int]:
        """Write a chat, as text or as tokens."""

    def decode(self, ids: Sequence[int]) -> str:
        """Read tokens back."""


@dataclass(frozen=True)
class Views:
    """One row in the ways it is compared: LLaMA-Factory's, the chat template's, a server's.

    `bare` is the prompt of a client that sends no system text.
    """

    prompt: list[int]
    prompt_chat: list[int]
    prompt_served: list[int]
    bare: list[int]
    whole: list[int]
    whole_chat: list[int]
    whole_served: list[int]

    def pairs(self) -> Iterator[tuple[str, str, str, list[int], list[int]]]:
        """Yield what is compared, the names of both sides, and their tokens."""
        ours, theirs, served = "LLaMA-Factory's template", "the chat template", "a server"
        yield "prompt", ours, theirs, self.prompt, self.prompt_chat
        yield "prompt", theirs, served, self.prompt_chat, self.prompt_served
        yield "prompt", theirs, f"{theirs} without system text", self.prompt_chat, self.bare
        yield "prompt and answer", ours, theirs, self.whole, self.whole_chat
        yield "prompt and answer", theirs, served, self.whole_chat, self.whole_served


def main() -> None:
    """Answer the request."""
    request = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    # LLaMA-Factory refuses to parse its settings where it sees two GPUs and was not launched
    seen = os.environ.get("CUDA_VISIBLE_DEVICES", "0")
    os.environ["CUDA_VISIBLE_DEVICES"] = seen.partition(",")[0]
    with Path(sys.argv[2]).open("a", encoding="utf-8") as reply:
        for record in answer(request):
            reply.write(json.dumps(record) + "\n")
            reply.flush()


def answer(request: Mapping[str, object]) -> Iterator[dict[str, object]]:
    """Yield what is refused, or progress and, last, what was found."""
    asked = cast("dict[str, object]", request["settings"])
    unknown = sorted(set(asked) - set(known_keys()))
    if unknown:
        yield {"unknown": unknown[0], "known": known_keys()}
        return
    # What spreads the work over processes has no part in tokens, and this is a single process
    settings = {key: value for key, value in asked.items() if not key.startswith(SPREAD)}
    import torch
    from llamafactory.data import get_template_and_fix_tokenizer
    from llamafactory.hparams import get_train_args
    from llamafactory.model import load_tokenizer
    from transformers import AutoTokenizer

    if not settings.get("use_cpu") and not torch.cuda.is_available():
        yield {"no_cuda": True}
        return
    try:
        model, data = get_train_args(dict(settings))[:2]
        loaded = load_tokenizer(model)
        template = get_template_and_fix_tokenizer(loaded["tokenizer"], data)
    except (ValueError, TypeError) as error:  # settings at odds, a template that it doesn't know
        yield {"refused": str(error).splitlines()[0]}
        return
    pure = AutoTokenizer.from_pretrained(model.model_name_or_path, trust_remote_code=False)
    files = {name: rows_of(Path(str(name))) for name in cast("list[str]", request["files"])}
    encoded: dict[str, list[tuple[list[int], list[int]]]] = {}
    total = sum(map(len, files.values()))
    for name, rows in files.items():
        encoded[name] = []
        for piece in encode(template, loaded, data, rows):
            encoded[name] += piece
            yield {"done": sum(map(len, encoded.values())), "total": total}
    sample, system = cast("int", request["sample"]), str(settings["default_system"])
    yield {
        "device": "" if settings.get("use_cpu") else torch.cuda.get_device_name(0),
        "grew": len(loaded["tokenizer"]) - len(pure),
        "lost": {name: len(rows) - len(encoded[name]) for name, rows in files.items()},
        **measured(encoded, cast("int", settings["cutoff_len"]), pure, system),
        **compared(files, encoded, pure, system, sample),
    }


def known_keys() -> list[str]:
    """Return every key that a training file may have."""
    from llamafactory.hparams import parser

    return sorted({field.name for kind in parser._TRAIN_ARGS for field in fields(kind)})


def rows_of(path: Path) -> list[Row]:
    """Read a JSONL file."""
    lines = path.read_text(encoding="utf-8").split("\n")
    return [json.loads(line) for line in lines if line.strip()]


def encode(
    template: object, loaded: Mapping[str, object], data: object, rows: Sequence[Row]
) -> Iterator[list[tuple[list[int], list[int]]]]:
    """Yield (tokens, labels) of the rows, a piece at a time, as LLaMA-Factory makes them, uncut."""
    from llamafactory.data.converter import get_dataset_converter
    from llamafactory.data.parser import get_dataset_list
    from llamafactory.data.processor import SupervisedDatasetProcessor

    uncut = copy.copy(data)
    uncut.cutoff_len = 1 << 30  # type: ignore[attr-defined]  # a dataclass of LLaMA-Factory
    (attributes,) = get_dataset_list(["piiforge_train"], data.dataset_dir)  # type: ignore[attr-defined]
    convert = get_dataset_converter(attributes.formatting, attributes, uncut)
    processor = SupervisedDatasetProcessor(
        template, loaded["tokenizer"], loaded["processor"], uncut
    )
    for start in range(0, len(rows), PIECE):
        examples = [convert(row) for row in rows[start : start + PIECE]]
        made = processor.preprocess_dataset(
            {key: [example[key] for example in examples] for key in examples[0]}
        )
        yield list(zip(made["input_ids"], made["labels"], strict=True))


def measured(
    encoded: Mapping[str, Sequence[tuple[list[int], list[int]]]],
    cutoff: int,
    pure: Tokenizer,
    system: str,
) -> dict[str, object]:
    """Find rows that would be cut, and rows whose text holds a control token, as lines from 1."""
    control = frozenset(pure.added_tokens_decoder)
    frame = sum(token in control for token in _chat(pure, system, "", ""))
    over: dict[str, list[int]] = {}
    forged: dict[str, list[int]] = {}
    for name, pairs in encoded.items():
        over[name] = [at for at, (ids, _) in enumerate(pairs, 1) if len(ids) > cutoff]
        counts = [sum(token in control for token in ids) for ids, _ in pairs]
        forged[name] = [at for at, count in enumerate(counts, 1) if count > frame]
    lengths = sorted(len(ids) for pairs in encoded.values() for ids, _ in pairs)
    return {
        "over": over,
        "forged": forged,
        "tokens": {"median": lengths[len(lengths) // 2], "most": lengths[-1]} if lengths else {},
    }


def compared(
    files: Mapping[str, Sequence[Row]],
    encoded: Mapping[str, Sequence[tuple[list[int], list[int]]]],
    pure: Tokenizer,
    system: str,
    sample: int,
) -> dict[str, object]:
    """Compare up to `sample` rows, spread evenly; tell of the first that differs."""
    places = [(name, at) for name in files for at in range(len(encoded[name]))]
    step = max(1, -(-len(places) // sample))
    first: dict[str, object] | None = None
    bad = 0
    for name, at in places[::step]:
        found = difference(views(files[name][at], *encoded[name][at], pure, system), pure)
        if found:
            bad += 1
            first = first or {"file": name, "line": at + 1, **found}
    return {"compared": len(places[::step]), "differ": bad, "difference": first}


def views(row: Row, ids: list[int], labels: list[int], pure: Tokenizer, system: str) -> Views:
    """Write one row in every way that is compared."""
    asked = f"{row['instruction']}\n{row['input']}"
    start = next((at for at, label in enumerate(labels) if label != IGNORED), len(ids))
    return Views(
        prompt=ids[:start],
        prompt_chat=_chat(pure, system, asked),
        prompt_served=_served(pure, system, asked),
        bare=_chat(pure, "", asked),
        whole=ids,
        whole_chat=_chat(pure, system, asked, row["output"]),
        whole_served=_served(pure, system, asked, row["output"]),
    )


def difference(found: Views, pure: Tokenizer) -> dict[str, object] | None:
    """Return the first difference of a row, with the texts around it, or None."""
    for what, left, right, ours, theirs in found.pairs():
        if ours == theirs:
            continue
        at = next(
            (at for at, both in enumerate(zip(ours, theirs, strict=False)) if both[0] != both[1]),
            min(len(ours), len(theirs)),
        )
        part = slice(max(0, at - WINDOW), at + WINDOW)
        texts = {"left_text": pure.decode(ours[part]), "right_text": pure.decode(theirs[part])}
        return {"what": what, "left": left, "right": right, "token": at, **texts}
    return None


def _messages(*texts: str) -> list[dict[str, str]]:
    roles = ("system", "user", "assistant")
    pairs = zip(roles, texts, strict=False)
    return [{"role": role, "content": text} for role, text in pairs if text or role != "system"]


def _chat(pure: Tokenizer, *texts: str) -> list[int]:
    """Encode system, user and perhaps assistant by the chat template."""
    chat = _messages(*texts)
    made = pure.apply_chat_template(
        chat, tokenize=True, add_generation_prompt=len(texts) == 2, return_dict=False
    )
    return list(cast("list[int]", made))


def _served(pure: Tokenizer, *texts: str) -> list[int]:
    """Encode as servers do: the chat template's text, then its tokens, no token added."""
    text = pure.apply_chat_template(
        _messages(*texts), tokenize=False, add_generation_prompt=len(texts) == 2, return_dict=False
    )
    return list(pure(str(text), add_special_tokens=False)["input_ids"])


if __name__ == "__main__":
    main()
