"""Measure `verdict.py` on a tiny model in fp32: verdict_laws.py TUNING prints one JSON object.

Run in LLaMA-Factory's environment, which has no pytest. TUNING is a file for `verdict.py`.
"""

import importlib.util
import json
import sys
from dataclasses import asdict, replace
from pathlib import Path

SCRIPT = Path(__file__).parents[2] / "src" / "piiforge" / "train" / "verdict.py"
spec = importlib.util.spec_from_file_location("verdict", SCRIPT)
verdict = importlib.util.module_from_spec(spec)
sys.modules["verdict"] = verdict
spec.loader.exec_module(verdict)
worker = verdict.worker


def main() -> None:
    asked = verdict.Tuning(**json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")))
    found = {**against_the_plain_pass(asked), **pairs(), **resumed(asked)}
    sys.stdout.write(json.dumps(found) + "\n")


def against_the_plain_pass(asked):
    """Compare margins and gradients of a micro-batch with those of whole rows, one at a time."""
    import torch
    from transformers import AutoTokenizer

    torch.manual_seed(0)
    tokenizer = AutoTokenizer.from_pretrained(asked.model)
    micro = verdict.read(asked, "train", tokenizer, most=6)
    micro[0] = replace(micro[0], prompt=micro[0].prompt[:-1])  # of unlike lengths
    model, optimizer, _ = verdict.begin(asked, 1)
    with torch.no_grad():  # as if trained: LoRA begins with zeros
        for weight in optimizer.weights:
            weight.add_(torch.randn_like(weight) * 0.05)
    _, yes, no = worker.verdict_tokens(tokenizer, asked.true, asked.false)
    judge = verdict.Judge(model, yes, no)

    def gradients(margin, said):
        model.zero_grad()
        (margin.square().sum() + said).backward()
        return [weight.grad.clone() for weight in optimizer.weights]

    margin, said = verdict.passed(judge, micro, answers=True)
    ours = gradients(margin, said)
    head, body = model.get_output_embeddings().weight, model.get_base_model().get_decoder()
    margins, losses = [], []
    for one in micro:
        ids = torch.tensor([one.prompt + one.answer])
        hidden = body(input_ids=ids).last_hidden_state[0]
        margins.append(hidden[len(one.prompt) - 1] @ (head[yes] - head[no]))
        logits = (hidden @ head.T).log_softmax(-1)
        behind = range(len(one.prompt) + 1, ids.shape[1])
        losses += [-logits[at - 1, ids[0, at]] for at in behind]
    plain = torch.stack(margins)
    theirs = gradients(plain, torch.stack(losses).mean())
    with torch.no_grad():
        bare = worker.passed(model.get_base_model(), [one.prompt for one in micro], yes, no)
        short = verdict.passed(judge, micro)[0]
    return {
        "shared": verdict.common([one.prompt for one in micro]),
        "spread": float(plain.max() - plain.min()),
        "margins": float((margin - plain).abs().max()),
        "margins_of_worker": float((short - torch.tensor(bare)).abs().max()),
        "gradients": max(float((a - b).abs().max()) for a, b in zip(ours, theirs, strict=True)),
        "largest_gradient": max(float(each.abs().max()) for each in theirs),
    }


def pairs():
    """Return the pair's loss with the positive above, level and below; and without twins."""
    import torch

    two = [verdict.Example([1], [], label, "ssn", "t", easy=False) for label in (True, False)]
    found = [
        float(verdict.losses(torch.tensor(margin), two)[1])
        for margin in ([1.0, -1.0], [0.0, 0.0], [-1.0, 1.0])
    ]
    alone = [replace(one, twin="") for one in two]
    return {"pair": found, "no_pair": float(verdict.losses(torch.tensor([0.0, 1.0]), alone)[1])}


def resumed(asked):
    """Train through, and again with a stop after each checkpoint to resume from; compare."""
    from safetensors.torch import load_file

    places = [Path(asked.output).with_name(name) for name in ("through", "stopped")]
    through, stopped = (replace(asked, output=str(place)) for place in places)
    whole = list(verdict.tune(through))
    told = []
    while not told or told[-1]["current_steps"] < told[-1]["total_steps"]:
        for record in verdict.tune(stopped):
            told.append(record)
            if record["current_steps"] % 7 == 0 and record["current_steps"] not in (
                one["current_steps"] for one in told[:-1]
            ):
                break  # between two checkpoints: some steps are done again
    again = {record["current_steps"]: record for record in told}
    last = f"checkpoint-{whole[-1]['current_steps']}"
    one, other = (load_file(place / last / "adapter_model.safetensors") for place in places)
    states = [json.loads((place / last / verdict.STATE).read_text()) for place in places]
    place = Path(asked.output).with_name("early")
    early = replace(asked, output=str(place), lr=1e-12, patience=2, checkpoints=8)
    ended = list(verdict.tune(early))
    return {
        "steps": len(whole),
        "done": len(told),
        "same_records": [again[at["current_steps"]] for at in whole] == whole,
        "apart": max(float((one[name] - other[name]).abs().max()) for name in one),
        "states": states,
        "left": [sorted(verdict.saved_in(each)) for each in (through, stopped)],
        "early": [ended[-1]["current_steps"], ended[-1]["total_steps"]],
        "early_resumed": len(list(verdict.tune(early))),
        "early_state": asdict(verdict.begin(early, 1)[2]),
    }


if __name__ == "__main__":
    main()
