"""Pack: a trained model becomes the folder that the engine loads, with what that cost."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import numpy as np
from sklearn.metrics import f1_score

from piiforge import context, engine, evaluate, files, judge, predict, prompt
from piiforge.errors import AskedWrongly, MissingExtra
from piiforge.types import Case, Option, Prediction, Progress

if TYPE_CHECKING:
    from tokenizers import Tokenizer

_ROWS_A_STEP = 8


@dataclass(frozen=True, slots=True)
class Packing:
    """What to pack. `source` is a run that `piiforge train` wrote, or a merged model folder.

    `data` is a built folder, whose words for the categories, order and `split` are taken; the run's
    own without one. Up to `rows` rows of it are asked of the packed model and of its fp32 self, to
    measure what packing cost and to calibrate for `precision`; 0 measures nothing. A content over
    `most_tokens` with its prompt gets no verdict: training showed none so long.
    """

    source: Annotated[
        Path, Option("A run of `piiforge train`, or a merged model folder.", argument=True)
    ]
    data: Annotated[
        Path | None, Option("A built folder to measure and calibrate on.", default="the run's own")
    ] = None
    split: Annotated[str, Option("Its split.")] = "val"
    rows: Annotated[int, Option("Rows to measure on; 0 is none.", least=0)] = 400
    bits: Annotated[int, Option("8, or 32 for the reference.")] = 8
    precision: Annotated[float, Option("Precision that the threshold keeps.", least=0, most=1)] = (
        evaluate.calibrate.PRECISION
    )
    order: Annotated[
        str, Option("category_first or content_first.", default="as the data asks")
    ] = ""
    most_tokens: Annotated[int, Option("Longer rows get no verdict.", least=64)] = 2048
    gguf: Annotated[
        str,
        Option(
            "F16 or Q8_0: write model.gguf and a Modelfile for llama.cpp and Ollama instead.",
            default="none",
        ),
    ] = ""


def pack(asked: Packing, out: Path, *, force: bool, progress: Progress) -> engine.Pack:
    """Write the pack `out`, whole or not at all.

    Raises:
        FolderExists: `out` is there and `force` is not set.
        AskedWrongly: the model or the data can't be used; says why.
        MissingExtra: what packing needs is not installed.
    """
    files.refuse_folder(out, force=force)
    model, data = places(asked)
    told = told_of(asked, model, data)
    cases: list[Case] = []
    if asked.rows and data:
        found = judge.read_cases(data, asked.split if data.is_dir() else "")
        known = [case for case in found if case.label is not None]
        wanted = min(asked.rows, len(known))
        cases = [known[at * len(known) // wanted] for at in range(wanted)]  # spread over the split
    with files.folder(out, force=force) as draft:
        progress("writing the graph", 0, 1)
        engine.put(model, draft, told)
        engine.sign(draft, told)
        if cases:
            cost, said = _measured(model, engine.read(draft), cases, asked, progress)
            told = replace(told, cost=cost)
            if len({case.label for case in cases}) > 1:
                fitted = evaluate.calibrate.fit(cases, said, precision=asked.precision)
                files.write_json(draft / engine.CALIBRATION, fitted.record())
                if (join := _join(cases, said)) is not None:
                    files.write_json(draft / engine.JOIN, join.record())
            engine.sign(draft, told)
    return engine.read(out)


def packed_text(pack: engine.Pack) -> str:
    """Say what a pack is and what packing cost."""
    told = pack.told
    size = sum(path.stat().st_size for path in pack.folder.iterdir()) / 1e6
    lines = [f"{pack.folder}: {told.model}, {told.bits} bits, {size:,.0f} MB."]
    if told.cost:
        cost = told.cost
        lines.append(
            f"Against fp32 on {cost['rows']:.0f} rows: the same verdict in "
            f"{cost['agreement']:.1%}, F1 {cost['f1']:.3f} for {cost['f1_fp32']:.3f}, margins off "
            f"by {cost['margin_mean']:.3f} in the mean, {cost['margin_most']:.3f} at the most."
        )
    else:
        lines.append("What packing cost was not measured (no labelled rows: give --data).")
    lines.append(
        "Calibrated." if pack.calibration else "Not calibrated: sensitive from p = 0.5 on."
    )
    if (pack.folder / engine.JOIN).is_file():
        join = predict.read_join(pack.folder / engine.JOIN)
        lines.append(
            f"Joined with context on {join.rows} rows: log loss {join.losses['context']:.3f} of "
            f"context, {join.losses['model']:.3f} of the model, {join.losses['joined']:.3f} of both"
            "."
        )
    return "\n".join(lines)


def _join(cases: Sequence[Case], said: Sequence[Prediction]) -> predict.Join | None:
    """Fit how the packed model's margin and the word of the shipped context become one score.

    None where the rows that context knows are of one label alone.
    """
    found = context.shipped()
    known = [at for at, case in enumerate(cases) if case.category in found.categories]
    if len({cases[at].label for at in known}) < 2:
        return None
    words = [found.word(cases[at].category, cases[at].content).score for at in known]
    margins = [predict.logit(said[at].p_sensitive or 0.0) for at in known]
    return predict.fit_join(words, margins, [cases[at] for at in known])


def places(asked: Packing) -> tuple[Path, Path | None]:
    """Return the model folder and the data folder.

    Raises:
        AskedWrongly: a run that is not finished.
    """
    record = asked.source / "run.json"
    if not record.is_file():
        return asked.source, asked.data
    told = files.read_json(record)
    model = asked.source / "model"
    if told.get("state") != "done" or not model.is_dir():
        hint = "Go on with `piiforge train ... --resume`."
        raise AskedWrongly(f"{asked.source} is a run that is not finished.", hint)
    data = Path(str(told.get("data", "")))
    return model, asked.data or (data if (data / files.MANIFEST).is_file() else None)


def told_of(asked: Packing, model: Path, data: Path | None) -> engine.Told:
    """Return what a pack of `model` knows, but for what packing costs.

    Raises:
        AskedWrongly: the model can't be used; says why.
    """
    before, after = predict.frame(model, prompt.system_of(model))
    words, ends = _tokens(model)
    shape = engine.read_shape(model)
    return engine.Told(
        model=asked.source.resolve().name,
        family=shape.family,
        bits=asked.bits,
        before=before,
        after=after,
        order=asked.order or _order(data),
        descriptions=judge.descriptions_of(data or Path()),
        words=words,
        ends=ends,
        most_tokens=min(asked.most_tokens, shape.most_tokens),
        matrices=shape.matrices,
    )


def _order(data: Path | None) -> str:
    """Return how the data asks; content first where it does both, which shares the content."""
    manifest = data / files.MANIFEST if data else None
    told = files.read_json(manifest) if manifest and manifest.is_file() else {}
    recipe = told.get("recipe")
    order = recipe.get("order") if isinstance(recipe, Mapping) else None
    return "content_first" if order in {"both", "content_first"} else "category_first"


def _tokens(model: Path) -> tuple[tuple[int, int], tuple[int, ...]]:
    """Return the tokens of true and false behind the answer's beginning, and those of an end."""
    try:
        from tokenizers import Tokenizer
    except ImportError as error:
        raise MissingExtra("tokenizers", "fast") from error
    path = model / "tokenizer.json"
    if not path.is_file():
        raise AskedWrongly(f"{model} has no tokenizer.json.", "Save its tokenizer as a fast one.")
    tokenizer = Tokenizer.from_file(str(path))
    found = predict.words(lambda text: tokenizer.encode(text, add_special_tokens=False).ids)
    if not found.single:
        hint = "Ask it as local:PATH or through a server."
        raise AskedWrongly(f"{model}: true and false are not one token each.", hint)
    true, false = (tail[0] for tail in found.tails)
    return (true, false), _ends(model, tokenizer)


def _ends(model: Path, tokenizer: "Tokenizer") -> tuple[int, ...]:
    made, named = (model / f"{name}_config.json" for name in ("generation", "tokenizer"))
    told = files.read_json(made).get("eos_token_id") if made.is_file() else None
    token = files.read_json(named).get("eos_token") if named.is_file() else None
    token = token.get("content") if isinstance(token, dict) else token
    last = tokenizer.token_to_id(token) if isinstance(token, str) else None
    found = [*(told if isinstance(told, list) else [told]), last]
    ends = tuple(dict.fromkeys(each for each in found if isinstance(each, int)))
    if not ends:
        raise AskedWrongly(f"{model} names no end token.", "Name eos_token in its tokenizer.")
    return ends


def _measured(
    model: Path, pack: engine.Pack, cases: Sequence[Case], asked: Packing, progress: Progress
) -> tuple[Mapping[str, float], list[Prediction]]:
    packed = _asked(predict.Packed(pack), cases, "asking the packed model", progress)
    exact = packed
    if asked.bits != 32:
        graph = engine.build(
            engine.read_shape(model), engine.Weights(model), pack.told.words, bits=32
        )
        whole = predict.Packed(pack, engine.Runtime(graph))
        exact = _asked(whole, cases, "asking it in fp32", progress)
    apart = np.abs(_margins(packed) - _margins(exact))
    verdicts = [[each.is_sensitive for each in found] for found in (packed, exact)]
    cost = {
        "rows": float(len(cases)),
        "agreement": float(np.mean([one == other for one, other in zip(*verdicts, strict=True)])),
        "f1": _f1(cases, packed),
        "f1_fp32": _f1(cases, exact),
        "margin_mean": float(apart.mean()),
        "margin_most": float(apart.max()),
    }
    return cost, packed


def _asked(
    packed: predict.Packed, cases: Sequence[Case], what: str, progress: Progress
) -> list[Prediction]:
    found: list[Prediction] = []
    for start in range(0, len(cases), _ROWS_A_STEP):
        progress(what, start, len(cases))
        found += packed.predict(cases[start : start + _ROWS_A_STEP])
    progress(what, len(cases), len(cases))
    return found


def _margins(predictions: Sequence[Prediction]) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    p = np.array([each.p_sensitive for each in predictions], dtype=np.float64)
    p = p.clip(1e-12, 1 - 1e-12)
    return np.log(p / (1 - p))


def _f1(cases: Sequence[Case], predictions: Sequence[Prediction]) -> float:
    said = [each.is_sensitive is True for each in predictions]
    return float(f1_score([case.label for case in cases], said, zero_division=0.0))


def pack_record(pack: engine.Pack) -> dict[str, object]:
    """Return a pack as one JSON object."""
    told = asdict(pack.told)
    del told["before"], told["after"]
    return {"pack": str(pack.folder), "calibrated": pack.calibration is not None,
            **json.loads(json.dumps(told))}  # fmt: skip
