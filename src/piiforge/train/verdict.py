"""Verdict tuning: LoRA by the one token that decides. A script of the training environment.

    verdict.py REQUEST LOG

Most tokens of an answer are the same in every row, so a loss over all of them teaches the verdict
slowly. Here a row is passed once, up to where true and false part, and the loss is on the margin
there: logit of true less logit of false, in fp32, from two rows of the head.

- A micro-batch holds rows of one category: the tokens that its prompts share are passed once, their
  keys and values spread over the rows (gradients flow through).
- Twins, which differ in one thing, stand in one micro-batch; a second term asks that the positive's
  margin is above the negative's.
- Every eighth micro-batch also learns its answers, by a small weight, so that these stay whole.
- Rows of like length go together; `easy` rows, whose negatives hold no lookalike, fill the first
  micro-batches, for the raw text is at chance until an easy contrast was seen.

Checkpoints have the names and files of LLaMA-Factory's, so that judging, merging and resuming are
the same. Some are only there for a resume: each goes when the next one is whole. It imports nothing
of piiforge but `worker`, which lies beside it.
"""

import json
import math
import random
import shutil
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING or __package__:
    from piiforge.train import worker
else:  # as a script it runs isolated and sees no package, only its neighbour
    sys.path.append(str(Path(__file__).parent))
    import worker

# The libraries of that environment are not there where types are checked
Library = Any

WARM_UP = 0.05  # share of the steps in which the rate rises
ANSWERS_EVERY = 8  # micro-batches
SAVED_EVERY = 10  # steps: what a resume may lose
JUDGED = 400  # rows of validation that say whether to stop
BETAS = (0.9, 0.98)
SHAPED = 16  # tokens: lengths are multiples of it, for each new shape costs a kernel of its own
POOL = 16  # micro-batches' worth of rows that are sorted by length together


@dataclass(frozen=True, slots=True)
class Example:
    """A row in tokens: `prompt` ends where true and false part; `answer` is what follows."""

    prompt: list[int]
    answer: list[int]
    label: bool
    category: str
    twin: str
    easy: bool


@dataclass(frozen=True, slots=True)
class Stand:
    """How far a run has come: steps done, the best AUC, and how often it was missed since."""

    step: int = 0
    best: float = 0.0
    spared: int = 0

    def judged(self, auc: float | None) -> "Stand":
        """Return the stand after one more look at validation; None, where nothing could be seen.

        >>> Stand(8, 0.9, 1).judged(0.85)
        Stand(step=8, best=0.9, spared=2)
        """
        if auc is None:
            return self
        best, spared = (auc, 0) if auc > self.best else (self.best, self.spared + 1)
        return Stand(self.step, best, spared)

    def is_over(self, patience: int) -> bool:
        """Say whether validation has stopped rising; a patience of 0 never ends."""
        return 0 < patience <= self.spared


@dataclass(frozen=True, slots=True)
class Judge:
    """What a margin is read with: a model, and the tokens of true and false."""

    model: Library
    yes: int
    no: int


def main() -> None:
    """Train as the request says, a record a step into the log."""
    request = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    with Path(sys.argv[2]).open("a", encoding="utf-8") as log:
        for record in tune(request):
            log.write(json.dumps(record) + "\n")
            log.flush()


def tune(request: Mapping[str, Any]) -> Iterator[dict[str, object]]:
    """Train to the end or until validation stops rising; yield a record a step."""
    import torch
    from transformers import AutoTokenizer

    torch.manual_seed(request["seed"])
    tokenizer = AutoTokenizer.from_pretrained(request["model"], trust_remote_code=False)
    tokens = worker.verdict_tokens(tokenizer, request["true"], request["false"])
    examples = read(request, "train", tokenizer, tokens)
    held = read(request, "val", tokenizer, tokens)[:JUDGED]
    steps = schedule(examples, request)
    kept = kept_of(len(steps), request["checkpoints"])
    output = Path(request["output"])
    model, optimizer, stand = begin(request, output, len(steps))
    tidy(output, stand.step, kept)  # it may have been stopped before it came to that
    judge = Judge(model, *tokens[1:])
    for at in range(stand.step + 1, len(steps) + 1):
        if stand.is_over(request["patience"]):
            return
        loss = step(judge, steps[at - 1], request, at)
        optimizer.take()
        record: dict[str, object] = {"current_steps": at, "total_steps": len(steps), "loss": loss}
        if request["gpu"]:
            record["vram_reserved"] = round(torch.cuda.max_memory_reserved() / 1e9, 2)
        stand = Stand(at, stand.best, stand.spared)
        if at in kept:
            auc = auc_of(judge, held)
            stand = stand.judged(auc)
            record |= {"auc": auc, "stopped": stand.is_over(request["patience"])}
        if at in kept or at % SAVED_EVERY == 0:
            save(model, optimizer, output, stand)
            tidy(output, at, kept)
        yield record


def schedule(examples: Sequence[Example], request: Mapping[str, Any]) -> list[list[list[Example]]]:
    """Return the steps of the whole run; of a broken number of epochs the last is cut short."""
    steps: list[list[list[Example]]] = []
    for epoch in range(math.ceil(request["epochs"])):
        made = plan(examples, request, random.Random(f"{request['seed']} {epoch}"))
        share = min(1.0, request["epochs"] - epoch)
        steps += made[: max(1, math.ceil(len(made) * share))]
    return steps


def kept_of(steps: int, checkpoints: int) -> set[int]:
    """Return the steps whose checkpoints stay and are judged, evenly over the run.

    >>> sorted(kept_of(10, 4))
    [2, 5, 8, 10]
    """
    return {round(steps * at / checkpoints) for at in range(1, checkpoints + 1)} - {0}


def read(
    request: Mapping[str, Any], split: str, tokenizer: Library, tokens: tuple[list[int], int, int]
) -> list[Example]:
    """Return the rows of a split in tokens; `about` says of each its twin and whether it's easy.

    Raises:
        ValueError: the tokens of an answer don't begin as `tokens` say; names the row by number.
    """
    about = request["about"].get(split) or []
    prefix, yes, no = tokens
    found = []
    for at, row in enumerate(worker.rows_of(Path(request[split]))):
        asked = worker.chat(tokenizer, request["system"], worker.question(row))
        whole = worker.chat(tokenizer, request["system"], worker.question(row), row["output"])
        prompt = [*asked, *prefix]
        label = bool(json.loads(row["output"])["is_sensitive"])
        if whole[: len(prompt) + 1] != [*prompt, yes if label else no]:
            raise ValueError(f"row {at + 1} of {split} does not begin its answer as the others do")
        category = row["input"].partition("Category: ")[2].partition(" (")[0]
        twin, easy = about[at] if about else ("", True)
        found.append(Example(prompt, whole[len(prompt) :], label, category, twin, easy))
    return found


def plan(
    examples: Sequence[Example], request: Mapping[str, Any], dice: random.Random
) -> list[list[list[Example]]]:
    """Return the steps of one epoch, each of `batch` rows at most in micro-batches of `rows`.

    A unit is a row or a pair of twins. Units of one category are drawn at random, a pool of them
    sorted by length, and cut; the micro-batches are mixed, those of easy rows alone first.
    """
    rows, batch = request["rows"], request["batch"]
    units: dict[str, dict[str, list[Example]]] = defaultdict(lambda: defaultdict(list))
    for at, one in enumerate(examples):
        units[one.category][one.twin or f"\0{at}"].append(one)
    micros: list[list[Example]] = []
    for named in units.values():
        drawn = list(named.values())
        dice.shuffle(drawn)
        easy = [unit for unit in drawn if all(one.easy for one in unit)]
        hard = [unit for unit in drawn if not all(one.easy for one in unit)]
        for kind in (easy, hard) if request["easy_first"] else (drawn,):
            for start in range(0, len(kind), POOL * rows):
                pool = sorted(kind[start : start + POOL * rows], key=lambda it: len(it[0].prompt))
                micros += [[one for unit in it for one in unit] for it in packed(pool, rows)]
    dice.shuffle(micros)
    if request["easy_first"]:
        micros.sort(key=lambda micro: not all(one.easy for one in micro))
    return packed(micros, batch)


def packed(pieces: Sequence[list[Example]], most: int) -> list[list[list[Example]]]:
    """Put pieces together in order, none torn, `most` rows in all; a larger one stands alone."""
    groups: list[list[list[Example]]] = []
    filled = 0
    for piece in pieces:
        if not groups or filled + len(piece) > most:
            groups.append([])
            filled = 0
        groups[-1].append(piece)
        filled += len(piece)
    return groups


class Optimizer:
    """AdamW over fp32 copies of LoRA's weights: in bf16 a small change would be rounded away.

    The rate rises over the first steps and falls to zero at the last one.
    """

    def __init__(self, model: Library, rate: float, steps: int) -> None:
        import torch
        from transformers import get_linear_schedule_with_warmup

        self.weights = [each for each in model.parameters() if each.requires_grad]
        self.exact = [each.detach().float().clone() for each in self.weights]
        self.adam = torch.optim.AdamW(self.exact, lr=rate, betas=BETAS, weight_decay=0.0)
        warm = math.ceil(steps * WARM_UP)
        self.rates = get_linear_schedule_with_warmup(self.adam, warm, steps)

    def take(self) -> None:
        """Take one step along the gradients, of a norm of one at most."""
        import torch

        for exact, weight in zip(self.exact, self.weights, strict=True):
            exact.grad = None if weight.grad is None else weight.grad.float()
            weight.grad = None
        torch.nn.utils.clip_grad_norm_(self.exact, 1.0)
        self.adam.step()
        self.rates.step()
        with torch.no_grad():
            for exact, weight in zip(self.exact, self.weights, strict=True):
                weight.copy_(exact)

    def save(self, folder: Path) -> None:
        """Write all that a resume needs."""
        import torch

        torch.save({"adam": self.adam.state_dict(), "exact": self.exact}, folder / "optimizer.pt")
        torch.save(self.rates.state_dict(), folder / "scheduler.pt")

    def load(self, folder: Path) -> None:
        """Go on from what `save` wrote."""
        import torch

        told = torch.load(folder / "optimizer.pt", weights_only=True)
        for exact, saved in zip(self.exact, told["exact"], strict=True):
            exact.copy_(saved)
        self.adam.load_state_dict(told["adam"])
        self.rates.load_state_dict(torch.load(folder / "scheduler.pt", weights_only=True))


def begin(request: Mapping[str, Any], output: Path, steps: int) -> tuple[Library, Optimizer, Stand]:
    """Return model, optimiser and how far they are, from the last whole checkpoint if there is one.

    Nothing is drawn while it trains, so this is all that a resume needs to go on the same.
    """
    import torch
    from peft import LoraConfig, PeftModel, get_peft_model
    from transformers import AutoModelForCausalLM

    model = AutoModelForCausalLM.from_pretrained(
        request["model"],
        dtype=torch.bfloat16 if request["bf16"] else torch.float32,
        use_safetensors=True,
        trust_remote_code=False,
    )
    stand = max(stands(output), key=lambda one: one.step, default=Stand())
    saved = output / f"checkpoint-{stand.step}"
    same = {"autocast_adapter_dtype": False}
    if stand.step:
        model = PeftModel.from_pretrained(model, saved, is_trainable=True, **same)
    else:
        asked = {"r": request["rank"], "lora_alpha": request["alpha"], "lora_dropout": 0.0}
        lora = LoraConfig(**asked, target_modules="all-linear", task_type="CAUSAL_LM")
        model = get_peft_model(model, lora, **same)
    model = model.to("cuda" if request["gpu"] else "cpu")
    model.train()
    optimizer = Optimizer(model, request["lr"], steps)
    if stand.step:
        optimizer.load(saved)
    return model, optimizer, stand


def stands(output: Path) -> Iterator[Stand]:
    """Yield what the whole checkpoints say; one that was being written says nothing."""
    for path in output.glob("checkpoint-*/trainer_state.json"):
        try:
            told = json.loads(path.read_text(encoding="utf-8"))
        except ValueError:
            continue
        yield Stand(told["global_step"], told["best"], told["spared"])


def step(
    judge: Judge, micros: Sequence[Sequence[Example]], request: Mapping[str, Any], at: int
) -> float:
    """Add up the gradients of one step; return its mean loss of the verdict in nats."""
    import torch
    from torch.nn.functional import binary_cross_entropy_with_logits, softplus

    total, rows = 0.0, sum(map(len, micros))
    for number, micro in enumerate(micros):
        answers = (at * len(micros) + number) % ANSWERS_EVERY == 0 and request["answers"] > 0
        margin, said = passed(judge, micro, answers=answers)
        gold = torch.tensor([float(one.label) for one in micro], device=margin.device)
        loss = binary_cross_entropy_with_logits(margin, gold, reduction="sum")
        total += float(loss.detach())
        pairs = list(twins(micro))
        if pairs and request["pair"]:
            above = torch.stack([margin[yes] - margin[no] for yes, no in pairs])
            loss = loss + request["pair"] * softplus(-above).sum()
        if answers:
            loss = loss + request["answers"] * ANSWERS_EVERY * len(micro) * said
        (loss / rows).backward()
    return total / rows


def twins(micro: Sequence[Example]) -> Iterator[tuple[int, int]]:
    """Yield the places of each pair of twins: the positive one, the negative one."""
    seats = {(one.twin, one.label): at for at, one in enumerate(micro) if one.twin}
    for (twin, label), at in seats.items():
        if label and (twin, False) in seats:
            yield at, seats[twin, False]


def passed(
    judge: Judge, micro: Sequence[Example], *, answers: bool = False
) -> tuple[Library, Library]:
    """Pass rows through the model; return their margins, and the loss of the answers behind.

    Padding stands behind: no token looks ahead, so it changes nothing in front of it.
    """
    import torch
    from torch.nn.functional import cross_entropy

    device, head = judge.model.device, judge.model.get_output_embeddings().weight
    body = judge.model.get_base_model().get_decoder()
    tails = [one.prompt + (one.answer if answers else []) for one in micro]
    shared = common([one.prompt[:-1] for one in micro]) // SHAPED * SHAPED
    kept = None
    if shared:
        ids = torch.tensor([tails[0][:shared]], device=device)
        kept = body(input_ids=ids, use_cache=True).past_key_values
        kept.batch_repeat_interleave(len(micro))
    most = shared + math.ceil((max(map(len, tails)) - shared) / SHAPED) * SHAPED
    rest = torch.tensor([[*tail[shared:], *[0] * (most - len(tail))] for tail in tails])
    hidden = body(input_ids=rest.to(device), past_key_values=kept).last_hidden_state
    ends = torch.tensor([len(one.prompt) - 1 - shared for one in micro], device=device)
    last = hidden[torch.arange(len(micro), device=device), ends].float()
    margin = last @ (head[judge.yes].float() - head[judge.no].float())
    if not answers:
        return margin, None
    # What stands before an answer's second token and later says the next one
    places = [
        (row, at - shared - 1, token)
        for row, one in enumerate(micro)
        for at, token in enumerate(tails[row])
        if at > len(one.prompt)
    ]
    rows, at, tokens = (torch.tensor(each, device=device) for each in zip(*places, strict=True))
    return margin, cross_entropy((hidden[rows, at] @ head.T).float(), tokens)


def common(rows: Sequence[list[int]]) -> int:
    """Return how many tokens all rows begin with.

    >>> common([[1, 2, 3], [1, 2, 4]])
    2
    """
    least, most = min(rows), max(rows)
    pairs = enumerate(zip(least, most, strict=False))
    return next((at for at, (one, other) in pairs if one != other), min(len(least), len(most)))


def auc_of(judge: Judge, held: Sequence[Example]) -> float | None:
    """Return the share of pairs in which the positive row has the higher margin, a tie a half.

    None where all rows are of one label.
    """
    import torch

    if len({one.label for one in held}) < 2:
        return None

    judge.model.eval()
    margins: list[tuple[float, bool]] = []
    by_length = sorted(held, key=lambda one: (one.category, len(one.prompt)))
    with torch.no_grad():
        for start in range(0, len(by_length), 8):
            micro = by_length[start : start + 8]
            margins += zip(
                passed(judge, micro)[0].tolist(), (one.label for one in micro), strict=True
            )
    judge.model.train()
    true, false = ([value for value, label in margins if label is side] for side in (True, False))
    above = sum((yes > no) + (yes == no) / 2 for yes in true for no in false)
    return round(above / (len(true) * len(false)), 4)


def save(model: Library, optimizer: Optimizer, output: Path, stand: Stand) -> None:
    """Write a checkpoint, its state last: without that it is not whole."""
    folder = output / f"checkpoint-{stand.step}"
    model.save_pretrained(folder, safe_serialization=True)
    optimizer.save(folder)
    state = {"global_step": stand.step, "best": stand.best, "spared": stand.spared}
    (folder / "trainer_state.json").write_text(json.dumps(state), encoding="utf-8")


def tidy(output: Path, at: int, kept: set[int]) -> None:
    """Remove the checkpoints before step `at` that were there for a resume alone."""
    for folder in output.glob("checkpoint-*"):
        number = int(folder.name.partition("-")[2])
        if number < at and number not in kept:
            shutil.rmtree(folder)


if __name__ == "__main__":
    main()
