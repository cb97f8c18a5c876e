"""Verdict tuning: LoRA by the one token that decides. A script of the training environment.

    verdict.py RUN/verdict.json LOG

Most tokens of an answer are the same in every row, so a loss over all of them teaches the verdict
slowly. Here a row is passed up to where true and false part, and the loss is on the margin there:
logit of true less logit of false, in fp32, from two rows of the head.

- A micro-batch holds rows of one category: the tokens that its prompts share are passed once, their
  keys and values spread over the rows (gradients flow through).
- Twins, which differ in one thing, stand in one micro-batch; a second term asks that the positive's
  margin is above the negative's.
- Every eighth micro-batch also learns its answers, by a small weight: they stay well formed.
- Rows of like length go together. Easy rows, written plainly and without a lookalike, come first:
  the raw text is at chance until an easy contrast was seen.

`tune` is the loop. `schedule` says which rows a step takes, `step` adds up its gradients, and
`passed` is the pass of a micro-batch. Checkpoints have the names and files of LLaMA-Factory's, so
that judging, merging and resuming are the same. Beside the libraries that do the work there is only
`worker`, which lies in the same folder.
"""

import json
import math
import random
import shutil
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from piiforge.train import worker
else:
    # The interpreter runs isolated and doesn't look beside the script; last, for it hides nothing
    sys.path.append(str(Path(__file__).parent))
    import worker

# The libraries of that environment are not there where types are checked
Library = Any

WARM_UP = 0.05  # share of the steps in which the rate rises
BETAS = (0.9, 0.98)
ANSWERS_EVERY = 8  # micro-batches
SAVED_EVERY = 10  # steps: what a resume may lose
JUDGED = 400  # rows of validation that say whether to stop
SHAPED = 16  # tokens: lengths are multiples of it, for each new shape costs a kernel of its own
POOL = 16  # micro-batches' worth of rows that are sorted by length together
STATE = "trainer_state.json"  # the last file of a checkpoint


@dataclass(frozen=True, slots=True)
class Tuning:
    """What is asked. `true` and `false` are two answers, of which only the beginnings matter.

    A step takes `batch` rows, `rows` of them at a time. Its loss is that of the verdict, and `pair`
    times that of twins, and `answers` times that of an answer's other tokens. `checkpoints` are
    spread evenly; after `patience` of them without a better AUC it stops. `about` says of every row
    of train and val: its category, the name that it shares with its twin ("" alone), is it easy.
    """

    objective: str
    model: str
    train: str
    val: str
    output: str
    system: str
    true: str
    false: str
    bf16: bool
    gpu: bool
    seed: int
    epochs: float
    lr: float
    rank: int
    alpha: int
    batch: int
    rows: int
    checkpoints: int
    pair: float
    answers: float
    patience: int
    easy_first: bool
    about: Mapping[str, Sequence[tuple[str, str, bool]]]


@dataclass(frozen=True, slots=True)
class Example:
    """A row in tokens: `prompt` ends where true and false part, and `answer` follows."""

    prompt: list[int]
    answer: list[int]
    label: bool
    category: str
    twin: str
    easy: bool


Micro = list[Example]  # rows that are passed together
Step = list[Micro]


@dataclass(frozen=True, slots=True)
class Judge:
    """What a margin is read with: a model, and the tokens of true and false."""

    model: Library
    yes: int
    no: int


@dataclass(frozen=True, slots=True)
class State:
    """How far it has come. `waited` counts the checkpoints since the one of `best_auc`."""

    global_step: int = 0
    best_auc: float = 0.0
    waited: int = 0

    def after(self, auc: float | None) -> "State":
        """Return the state one step on; `auc` is None where nothing was judged."""
        at = self.global_step + 1
        if auc is None:
            return State(at, self.best_auc, self.waited)
        better = auc > self.best_auc
        return State(at, max(auc, self.best_auc), 0 if better else self.waited + 1)


def main() -> None:
    """Tune as the file says, a record a step into the log."""
    asked = Tuning(**json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")))
    with Path(sys.argv[2]).open("a", encoding="utf-8") as log:
        for record in tune(asked):
            log.write(json.dumps(record) + "\n")
            log.flush()


def tune(asked: Tuning) -> Iterator[dict[str, object]]:
    """Tune to the end, or until validation stops rising; yield a record a step.

    It goes on from the last checkpoint in the output, by the same steps as if it had never stopped.
    """
    import torch
    from transformers import AutoTokenizer

    torch.manual_seed(asked.seed)
    tokenizer = AutoTokenizer.from_pretrained(asked.model, trust_remote_code=False)
    steps = schedule(read(asked, "train", tokenizer), asked)
    held = read(asked, "val", tokenizer, most=JUDGED)
    places = range(1, asked.checkpoints + 1)
    kept = {math.ceil(len(steps) * place / asked.checkpoints) for place in places}
    model, optimizer, state = begin(asked, len(steps))
    _, yes, no = worker.verdict_tokens(tokenizer, asked.true, asked.false)
    judge = Judge(model, yes, no)
    tidy(asked, state, kept)
    while state.global_step < len(steps) and state.waited < asked.patience:
        at = state.global_step + 1
        loss = step(judge, steps[at - 1], asked, at)
        optimizer.take()
        record: dict[str, object] = {"current_steps": at, "total_steps": len(steps), "loss": loss}
        if asked.gpu:
            record["vram_reserved"] = round(torch.cuda.max_memory_reserved() / 1e9, 2)
        auc = auc_of(judge, held, asked.rows) if at in kept else None
        state = state.after(auc)
        yield record if auc is None else {**record, "auc": auc}
        if at in kept or at % SAVED_EVERY == 0:
            save(asked, model, optimizer, state)
            tidy(asked, state, kept)


def read(
    asked: Tuning, split: str, tokenizer: Library, *, most: int | None = None
) -> list[Example]:
    """Return the rows of a split in tokens, at most `most`.

    Raises:
        ValueError: an answer does not begin with the tokens by which it would be judged.
    """
    prefix, yes, no = worker.verdict_tokens(tokenizer, asked.true, asked.false)
    path = {"train": asked.train, "val": asked.val}[split]
    found = []
    told = zip(worker.rows_of(Path(path)), asked.about[split], strict=True)
    for row, (category, twin, easy) in list(told)[:most]:
        question = worker.question(row)
        prompt = [*worker.chat(tokenizer, asked.system, question), *prefix]
        whole = worker.chat(tokenizer, asked.system, question, row["output"])
        label = bool(json.loads(row["output"])["is_sensitive"])
        if whole[: len(prompt) + 1] != [*prompt, yes if label else no]:
            raise ValueError("the tokens of an answer are others behind its prompt than alone")
        found.append(Example(prompt, whole[len(prompt) :], label, category, twin, easy))
    return found


def schedule(examples: Sequence[Example], asked: Tuning) -> list[Step]:
    """Return the steps of all epochs; of a last epoch that is no whole one, its share."""
    made: list[Step] = []
    for epoch in range(math.ceil(asked.epochs)):
        dice = random.Random(f"{asked.seed} {epoch}")
        steps = plan(examples, asked, dice, easy_first=asked.easy_first and epoch == 0)
        made += steps[: math.ceil(len(steps) * min(1.0, asked.epochs - epoch))]
    return made


def plan(
    examples: Sequence[Example], asked: Tuning, dice: random.Random, *, easy_first: bool
) -> list[Step]:
    """Return the steps of one epoch, every row once.

    A unit is a row or a pair of twins. Those of one category are drawn at random, a pool of them
    sorted by length, and filled into micro-batches; these are mixed.
    """
    units: dict[tuple[str, str], Micro] = defaultdict(list)
    for at, one in enumerate(examples):
        units[one.category, one.twin or f"\0{at}"].append(one)
    kinds: dict[tuple[str, bool], list[Micro]] = defaultdict(list)
    for (category, _), unit in units.items():
        kinds[category, easy_first and is_easy(unit)].append(unit)
    micros: list[Micro] = []
    for drawn in kinds.values():
        dice.shuffle(drawn)
        for start in range(0, len(drawn), POOL * asked.rows):
            pool = sorted(drawn[start : start + POOL * asked.rows], key=longest)
            micros += filled(pool, asked.rows)
    dice.shuffle(micros)
    if easy_first:
        micros.sort(key=lambda micro: not is_easy(micro))  # stable: mixed within
    many = max(1, asked.batch // asked.rows)
    return [micros[first : first + many] for first in range(0, len(micros), many)]


def is_easy(rows: Iterable[Example]) -> bool:
    """Say whether all of the rows are easy."""
    return all(one.easy for one in rows)


def longest(rows: Iterable[Example]) -> int:
    """Return the most tokens of a prompt."""
    return max(len(one.prompt) for one in rows)


def filled(units: Iterable[Micro], rows: int) -> Iterator[Micro]:
    """Yield micro-batches of at most `rows` rows, in order; a unit is never parted."""
    micro: Micro = []
    for unit in units:
        if micro and len(micro) + len(unit) > rows:
            yield micro
            micro = []
        micro = [*micro, *unit]
    if micro:
        yield micro


class Optimizer:
    """AdamW over fp32 copies of LoRA's weights: in bf16 a small change would be rounded away.

    The rate rises over the first steps and falls to zero behind the last one.
    """

    def __init__(self, model: Library, rate: float, steps: int) -> None:
        import torch

        self.weights = [each for each in model.parameters() if each.requires_grad]
        self.exact = [each.detach().float().clone() for each in self.weights]
        self.adam = torch.optim.AdamW(self.exact, lr=rate, betas=BETAS, weight_decay=0.0)
        rise = math.ceil(steps * WARM_UP)
        self.rates = torch.optim.lr_scheduler.LambdaLR(
            self.adam, lambda done: min((done + 1) / rise, (steps - done) / (steps - rise + 1))
        )

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


def begin(asked: Tuning, steps: int) -> tuple[Library, Optimizer, State]:
    """Return model, optimiser and state: of the last whole checkpoint, or new."""
    import torch
    from peft import LoraConfig, PeftModel, get_peft_model
    from transformers import AutoModelForCausalLM

    model = AutoModelForCausalLM.from_pretrained(
        asked.model,
        dtype=torch.bfloat16 if asked.bf16 else torch.float32,
        use_safetensors=True,
        trust_remote_code=False,
    )
    saved = [folder for folder in saved_in(asked).values() if (folder / STATE).is_file()]
    same = {"autocast_adapter_dtype": False}  # the exact copies are the optimiser's
    if saved:
        model = PeftModel.from_pretrained(model, saved[-1], is_trainable=True, **same)
    else:
        size = {"r": asked.rank, "lora_alpha": asked.alpha, "lora_dropout": 0.0}
        lora = LoraConfig(**size, target_modules="all-linear", task_type="CAUSAL_LM")
        model = get_peft_model(model, lora, **same)
    model = model.to("cuda" if asked.gpu else "cpu")
    model.train()
    optimizer = Optimizer(model, asked.lr, steps)
    if not saved:
        return model, optimizer, State()
    optimizer.load(saved[-1])
    return model, optimizer, State(**json.loads((saved[-1] / STATE).read_text(encoding="utf-8")))


def step(judge: Judge, micros: Step, asked: Tuning, at: int) -> float:
    """Add up the gradients of step `at`; return its mean loss of the verdict in nats."""
    total, rows = 0.0, sum(map(len, micros))
    for number, micro in enumerate(micros):
        answers = asked.answers > 0 and (at * len(micros) + number) % ANSWERS_EVERY == 0
        margin, said = passed(judge, micro, answers=answers)
        verdict, pair = losses(margin, micro)
        loss = verdict + asked.pair * pair
        if answers:
            loss = loss + asked.answers * ANSWERS_EVERY * len(micro) * said
        (loss / rows).backward()
        total += float(verdict.detach())
    return total / rows


def losses(margin: Library, micro: Micro) -> tuple[Library, Library]:
    """Return two losses in nats, each a sum: of verdicts, and of twins with the wrong one above."""
    import torch
    from torch.nn.functional import binary_cross_entropy_with_logits, softplus

    gold = torch.tensor([float(one.label) for one in micro], device=margin.device)
    verdict = binary_cross_entropy_with_logits(margin, gold, reduction="sum")
    pairs = list(twins(micro))
    above = margin[[yes for yes, _ in pairs]] - margin[[no for _, no in pairs]]
    return verdict, softplus(-above).sum()


def twins(micro: Micro) -> Iterator[tuple[int, int]]:
    """Yield the places of each pair of twins: the positive one, the negative one."""
    seats = {(one.twin, one.label): at for at, one in enumerate(micro) if one.twin}
    for (twin, label), at in seats.items():
        if label and (twin, False) in seats:
            yield at, seats[twin, False]


def passed(judge: Judge, micro: Micro, *, answers: bool = False) -> tuple[Library, Library]:
    """Pass rows through the model; return their margins and, if asked, the loss of the answers.

    Padding stands behind: no token looks ahead, so it changes nothing in front of it.
    """
    import torch
    from torch.nn.functional import cross_entropy

    device, head = judge.model.device, judge.model.get_output_embeddings().weight
    body = judge.model.get_base_model().get_decoder()
    rows = [one.prompt + (one.answer if answers else []) for one in micro]
    shared = common([one.prompt[:-1] for one in micro]) // SHAPED * SHAPED
    kept = None
    if shared:
        ids = torch.tensor([rows[0][:shared]], device=device)
        kept = body(input_ids=ids, use_cache=True).past_key_values
        kept.batch_repeat_interleave(len(micro))
    tails = [row[shared:] for row in rows]
    most = math.ceil(max(map(len, tails)) / SHAPED) * SHAPED
    rest = torch.tensor([[*tail, *[0] * (most - len(tail))] for tail in tails], device=device)
    hidden = body(input_ids=rest, past_key_values=kept).last_hidden_state
    ends = torch.tensor([len(one.prompt) - 1 - shared for one in micro], device=device)
    last = hidden[torch.arange(len(micro), device=device), ends].float()
    margin = last @ (head[judge.yes].float() - head[judge.no].float())
    if not answers:
        return margin, None
    # The verdict's token has its own loss; each token behind it is said by the one in front
    places = [
        (number, at - 1, token)
        for number, (tail, end) in enumerate(zip(tails, ends.tolist(), strict=True))
        for at, token in enumerate(tail)
        if at > end + 1
    ]
    columns = zip(*places, strict=True)
    numbers, fronts, tokens = (torch.tensor(column, device=device) for column in columns)
    return margin, cross_entropy((hidden[numbers, fronts] @ head.T).float(), tokens)


def common(rows: Sequence[list[int]]) -> int:
    """Return how many tokens all rows begin with.

    >>> common([[1, 2, 3], [1, 2, 4]])
    2
    """
    first, last = min(rows), max(rows)  # in the order of dictionaries: all others lie between
    pairs = enumerate(zip(first, last, strict=False))
    return next((at for at, (one, other) in pairs if one != other), min(len(first), len(last)))


def auc_of(judge: Judge, held: Sequence[Example], rows: int) -> float | None:
    """Return the share of pairs in which the positive row has the higher margin, a tie a half.

    None where all rows are of one label.
    """
    import torch

    judge.model.eval()
    margins: dict[bool, list[float]] = {True: [], False: []}
    by_length = sorted(held, key=lambda one: (one.category, len(one.prompt)))
    with torch.no_grad():
        for start in range(0, len(by_length), rows):
            micro = by_length[start : start + rows]
            for one, margin in zip(micro, passed(judge, micro)[0].tolist(), strict=True):
                margins[one.label].append(margin)
    judge.model.train()
    pairs = [(yes, no) for yes in margins[True] for no in margins[False]]
    above = sum((yes > no) + (yes == no) / 2 for yes, no in pairs)
    return round(above / len(pairs), 4) if pairs else None


def save(asked: Tuning, model: Library, optimizer: Optimizer, state: State) -> None:
    """Write a checkpoint; its state comes last, for only then it is whole."""
    folder = Path(asked.output) / f"checkpoint-{state.global_step}"
    model.save_pretrained(folder, safe_serialization=True)
    optimizer.save(folder)
    (folder / STATE).write_text(json.dumps(asdict(state)), encoding="utf-8")


def tidy(asked: Tuning, state: State, kept: set[int]) -> None:
    """Remove the checkpoints before this one that were only there to resume from.

    The last one of a run is always kept, so none of them is left to be judged.
    """
    for at, folder in saved_in(asked).items():
        if at < state.global_step and at not in kept:
            shutil.rmtree(folder)


def saved_in(asked: Tuning) -> dict[int, Path]:
    """Return the folders of checkpoints by their step, in order."""
    folders = Path(asked.output).glob("checkpoint-*")
    return dict(sorted((int(path.name.partition("-")[2]), path) for path in folders))


if __name__ == "__main__":
    main()
