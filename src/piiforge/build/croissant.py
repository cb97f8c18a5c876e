"""The set in the words of Croissant, with which tools find, check and load data sets.

Source, for every name here: https://docs.mlcommons.org/croissant/docs/croissant-spec.html and
https://docs.mlcommons.org/croissant/docs/croissant-rai-spec.html. There is no date of publication:
the same recipe and seed give the same bytes; who publishes the folder may add one.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path

from piiforge import files, train
from piiforge.build import folder, report
from piiforge.types import SPLITS

FILE = "croissant.json"
_SPEC, _RAI = "http://mlcommons.org/croissant/", "http://mlcommons.org/croissant/RAI/"
_TYPES = {"jsonl": "application/jsonlines", "parquet": "application/x-parquet"}
_HUB_SPLITS = {"val": "validation"}
# From names here to what they stand for; the two specifications print this table
_CONTEXT: Mapping[str, object] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "cr": _SPEC,
    "rai": _RAI,
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "equivalentProperty": "cr:equivalentProperty",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileProperty": "cr:fileProperty",
    "fileObject": "cr:fileObject",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "parentField": "cr:parentField",
    "path": "cr:path",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "samplingRate": "cr:samplingRate",
    "sc": "https://schema.org/",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}
_KINDS = {
    "label": "sc:Boolean", "hard": "sc:Boolean", "injection": "sc:Boolean",
    "confidence": "sc:Float",
}  # fmt: skip
_LISTS = frozenset({"disguises", "key_names"})
_ALPACA = {
    "instruction": "the question, the same in every row",
    "input": "category, its description and the line; chat control tokens escaped",
    "output": "the answer as strict JSON: is_sensitive, confidence_score, explanation",
}
_MESSAGES = {"role": "user, then assistant", "content": "the question, then the answer"}


def told(place: Path, facts: report.Facts) -> dict[str, object]:
    """Describe the built folder `place`, whose data files are there."""
    name = facts.name or "piiforge"
    return {
        "@context": _CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": [f"{_SPEC}1.0", f"{_RAI}1.0"],
        "name": name,
        "description": (
            "Synthetic web-analytics log lines, each with a category of personal data and whether "
            "the line holds such a value, to tune small language models. Canary: "
            f"{folder.CANARY}."
        ),
        "citeAs": f"@misc{{{name}, title={{{name}, made by piiforge {facts.piiforge}}}}}",
        "license": "https://www.apache.org/licenses/LICENSE-2.0",
        "version": facts.piiforge,
        "keywords": ["pii", "privacy", "synthetic data", "web analytics", "logs"],
        "isLiveDataset": False,
        **_responsible(facts),
        "distribution": [_file(place / each) for each in _names()],
        "recordSet": [
            {
                "@type": "cr:RecordSet",
                "@id": "splits",
                "name": "splits",
                "description": "The splits; families, values and twins stand in one of them only.",
                "dataType": "cr:Split",
                "key": {"@id": "splits/name"},
                "field": [_field("splits", "name", "the split's name", {})],
                "data": [{"splits/name": _HUB_SPLITS.get(split, split)} for split in SPLITS],
            },
            *(_asked(split, facts.wanted.format) for split in SPLITS),
            _everything(place / "rows.parquet"),
        ],
    }


def _names() -> Iterator[str]:
    yield from (f"{split}.jsonl" for split in SPLITS)
    yield "rows.parquet"


def _file(path: Path) -> dict[str, object]:
    return {
        "@type": "cr:FileObject",
        "@id": path.name,
        "name": path.name,
        "contentUrl": path.name,
        "contentSize": f"{path.stat().st_size} B",
        "encodingFormat": _TYPES[path.suffix[1:]],
        "sha256": files.sha256(path),
    }


def _asked(split: str, form: str) -> dict[str, object]:
    """Describe the question and answer of each row of a split."""
    file = f"{split}.jsonl"
    if form == train.ALPACA:
        made = [_field(split, name, what, _column(file, name)) for name, what in _ALPACA.items()]
    else:
        made = [
            {**_field(split, name, what, _column(file, form, name)), "repeated": True}
            for name, what in _MESSAGES.items()
        ]
    return {
        "@type": "cr:RecordSet",
        "@id": split,
        "name": split,
        "description": f"Question and answer of each row of {file}.",
        "field": made,
    }


def _everything(path: Path) -> dict[str, object]:
    """Describe what is known of each row; where values stand is left to the table itself."""
    import pyarrow.parquet as pq

    names = [name for name in pq.read_schema(path).names if name != "values"]
    return {
        "@type": "cr:RecordSet",
        "@id": "rows",
        "name": "rows",
        "description": "All that is known of each row, of every split; the card says what each is.",
        "field": [
            {
                **_field("rows", name, name.replace("_", " "), _column(path.name, name)),
                "dataType": _KINDS.get(name, "sc:Text"),
                **({"repeated": True} if name in _LISTS else {}),
            }
            for name in names
        ],
    }


def _field(owner: str, name: str, what: str, source: Mapping[str, object]) -> dict[str, object]:
    return {
        "@type": "cr:Field",
        "@id": f"{owner}/{name}",
        "name": name,
        "description": what,
        "dataType": "sc:Text",
        **({"source": source} if source else {}),
    }


def _column(file: str, name: str, within: str = "") -> dict[str, object]:
    """Say where a field comes from: a column of a file, or a name in each item of that column."""
    place: dict[str, object] = {"fileObject": {"@id": file}, "extract": {"column": name}}
    return {**place, "transform": {"jsonPath": within}} if within else place


def _responsible(facts: report.Facts) -> dict[str, object]:
    """Return the fields of the vocabulary for responsible use."""
    drawn = facts.certificate.axes.get("value")
    values = f"{drawn.keys:,} distinct drawn values. " if drawn and drawn.keys else ""
    return {
        "rai:dataCollection": (
            "Nothing was collected. Generators drew values, lookalikes and lines from "
            f"seed {facts.seed} of a recipe, which stands whole in {files.MANIFEST}."
        ),
        "rai:dataCollectionType": ["Others"],
        "rai:dataManipulationProtocol": (
            "Values are written in disguises (encodings, separators, digits in words), each with "
            "an inverse that is tested."
        ),
        "rai:dataPreprocessingProtocol": [
            "Rows that a check refused are kept apart in dropped.jsonl with the reason, and drawn "
            "again."
        ],
        "rai:dataAnnotationProtocol": (
            "Labels hold by construction: one function decides them from what was drawn, under a "
            "written policy. A reader that shares no code with the generators reads every line "
            "again; what it contradicts is dropped."
        ),
        "rai:annotationsPerItem": "1, by construction; no person labels",
        "rai:machineAnnotationTools": [f"piiforge {facts.piiforge}"],
        "rai:personalSensitiveInformation": [f"{values}{folder.PERSONAL_DATA}"],
        "rai:dataUseCases": [
            "Tuning and testing small language models that find personal data in log lines.",
            "Not for measuring how much personal data real traffic holds.",
        ],
        "rai:dataLimitations": [
            "Lines come from a finite number of families; a model may learn what they share.",
            "Far more rows are positive than in traffic: set thresholds on your own data.",
            "Spanish, French and Chinese lines were not reviewed by native speakers.",
        ],
        "rai:dataBiases": [
            "Identity numbers, licences, bank accounts and health plan numbers are those of the "
            "United States; cards, telephone numbers and e-mail addresses come from elsewhere too."
        ],
        "rai:dataSocialImpact": (
            "Meant to help to find and remove personal data that leaked into logs. The same model "
            "can be used to look for such data in order to keep it."
        ),
        "rai:dataReleaseMaintenancePlan": (
            "The same recipe, seed and version give the same bytes; a change of the generators is "
            "a new version of piiforge."
        ),
    }
