"""What goes over the wire: our own requests and answers, and Presidio's.

Presidio's shape is that of presidio-analyzer's REST service: its AnalyzerRequest and
RecognizerResult (2.2.366) and its published OpenAPI description.
"""

import re
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StrictBool

from piiforge.serve import examples

_LONE = re.compile("[\ud800-\udfff]")


def _readable(content: object) -> object:
    """Return a text with lone surrogates as U+FFFD, one for one, so that offsets stay."""
    return _LONE.sub("\ufffd", content) if isinstance(content, str) else content


Content = Annotated[str, BeforeValidator(_readable)]
Name = Annotated[str, BeforeValidator(_readable), Field(max_length=64)]


class Question(BaseModel):
    """One content and the categories to judge it for: all without any."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": examples.QUESTION})

    content: Content
    categories: list[Name] | None = Field(None, min_length=1, max_length=64)
    explain: StrictBool = Field(False, description="Write a reason for what is sensitive. Slower.")


class Questions(BaseModel):
    """Several questions at once; they share batches."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": examples.QUESTIONS})

    questions: list[Question]


class Said(BaseModel):
    """The verdict for one category. `is_sensitive` null: not read to its end, so not clean."""

    category: str
    is_sensitive: bool | None
    p_sensitive: float | None
    confidence_score: float | None
    explanation: str
    decided_by: str


class Verdict(BaseModel):
    """All verdicts on one content. `is_sensitive` is true where one is, else null where one is."""

    is_sensitive: bool | None
    verdicts: list[Said]


class Verdicts(BaseModel):
    """One answer a question, in their order."""

    answers: list[Verdict]


class Categories(BaseModel):
    """The system that answers and the categories it knows."""

    system: str
    categories: list[str]


class Analyze(BaseModel):
    """Presidio's request. What it says beyond this is read over, as Presidio does."""

    model_config = ConfigDict(json_schema_extra={"example": examples.ANALYZE})

    text: Content | list[Content]
    language: Name | None = Field("en", description="Any: the detector is asked in all alike.")
    entities: list[Name] | None = Field(
        None, max_length=256, description="All without any; those that are not ours are left out."
    )
    score_threshold: float | None = Field(None, ge=0, le=1, allow_inf_nan=False)
    return_decision_process: StrictBool | None = False
    correlation_id: str | None = None
    context: list[str] | None = Field(None, description="Not used: the text is its own context.")
    allow_list: list[Content] | None = Field(None, description="Values that are not reported.")
    allow_list_match: Literal["exact"] | None = "exact"
    ad_hoc_recognizers: list[object] | None = Field(
        None, max_length=0, description="None: patterns from outside are not run here."
    )


class Explained(BaseModel):
    """Presidio's account of a decision."""

    recognizer: str
    pattern_name: str | None = None
    pattern: str | None = None
    original_score: float
    score: float
    textual_explanation: str | None
    score_context_improvement: float = 0
    supportive_context_word: str = ""
    validation_result: bool | None = None
    regex_flags: int | None = None


class Result(BaseModel):
    """Presidio's finding. Offsets are half-open and count code points of the text."""

    entity_type: str
    start: int
    end: int
    score: float
    analysis_explanation: Explained | None
    recognition_metadata: dict[str, str]


class Refusal(BaseModel):
    """Why there is no answer. Says nothing of what was sent."""

    error: str
