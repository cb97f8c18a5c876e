"""How a server is run, and what goes over the wire: our own requests and answers, and Presidio's.

Presidio's shape is that of presidio-analyzer's REST service: its AnalyzerRequest and
RecognizerResult (2.2.366) and its published OpenAPI description.

What the OpenAPI document shows of both is in data/examples.yaml.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Annotated, Literal, cast

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StrictBool
from pydantic.config import JsonDict

from piiforge.files import shipped_yaml
from piiforge.page import visitors
from piiforge.types import Option

EXAMPLES = cast("JsonDict", shipped_yaml("piiforge.serve", "data/examples.yaml"))
_LONE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Settings:
    """How to serve.

    `port` 0 takes a free one. `token` "" asks nobody for one. `most_pairs` questions, each one
    content and one category, go to the model together (more where it takes no 10 ms for them), and
    the first of them waits at most `most_wait_ms` for others. At most `most_waiting` questions
    wait, and at most `most_requests` requests are under way: before a fast model the narrow place
    is HTTP itself. More are refused. A request that has no answer after `timeout_s` gets none.
    `grace_s` is how long requests in flight may still take once the server is told to stop. The
    rest bounds one request: its body in bytes, its contents, and the characters of each.
    """

    host: Annotated[str, Option("Where to listen; more than this machine needs a token.")] = (
        "127.0.0.1"
    )
    port: Annotated[int, Option("The port; 0 takes a free one.", least=0, most=65535)] = 8000
    token: str = field(default="", repr=False)
    most_pairs: Annotated[int, Option("Questions the model gets at once.", least=1)] = 32
    most_wait_ms: Annotated[float, Option("Milliseconds that one waits for others.", least=0)] = 2.0
    most_waiting: Annotated[int, Option("Questions that may wait; more get 429.", least=1)] = 2304
    most_requests: Annotated[int, Option("Requests under way; more get 429.", least=1)] = 256
    timeout_s: Annotated[float, Option("Seconds a request may take.", least=0.1)] = 10.0
    grace_s: Annotated[float, Option("Seconds for what is in flight at the end.", least=0)] = 10.0
    most_body_bytes: Annotated[int, Option("Bytes of a body.", least=1024)] = 1 << 20
    most_contents: Annotated[int, Option("Contents in one request.", least=1)] = 64
    most_characters: Annotated[int, Option("Characters of one content.", least=1)] = 20_000

    def __post_init__(self) -> None:
        """Refuse an address that others reach without a token, and one that fits no header.

        Raises:
            AskedWrongly: see `visitors.refuse_open`.
        """
        plain = self.token.isascii() and self.token.isprintable()
        visitors.refuse_open(self.host, self.token, fits=plain, else_it_is="not plain ASCII")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a server listens. `stop` has it drain and end, from any thread."""

    host: str
    port: int
    stop: Callable[[], None]

    @property
    def url(self) -> str:
        """Return the address to open.

        >>> Place("::1", 8000, print).url
        'http://[::1]:8000'
        """
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}"


def _readable(content: object) -> object:
    """Return a text with lone surrogates as U+FFFD, one for one, so that offsets stay."""
    return _LONE.sub("\ufffd", content) if isinstance(content, str) else content


Content = Annotated[str, BeforeValidator(_readable)]
Name = Annotated[str, BeforeValidator(_readable), Field(max_length=64)]


class Question(BaseModel):
    """One content and the categories to judge it for: all without any."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": EXAMPLES["question"]})

    content: Content
    categories: list[Name] | None = Field(None, min_length=1, max_length=64)
    explain: StrictBool = Field(
        False, description="Say why and where of what is not clean. Slower with a model."
    )


class Questions(BaseModel):
    """Several questions at once; they share batches."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": EXAMPLES["questions"]})

    questions: list[Question]


class Stretch(BaseModel):
    """A part of a text: half-open, in code points."""

    start: int
    end: int


class Seen(BaseModel):
    """Where a value stands, and what speaks for it.

    `spans` are of the content as it was sent. `how` names the encodings that were undone; then
    `decoded` is the content without them, and `decoded_spans` are of that. `words` are those around
    that weighed most, for and against. No span: the value can't be placed.
    """

    spans: list[Stretch]
    words: list[str]
    how: list[str]
    decoded: str | None
    decoded_spans: list[Stretch]


class Said(BaseModel):
    """The verdict for one category. `is_sensitive` null: not read to its end, so not clean.

    `seen` is there for what is sensitive or unsure, where `explain` asked for it.
    """

    category: str
    is_sensitive: bool | None
    p_sensitive: float | None
    confidence_score: float | None
    explanation: str
    decided_by: str
    unsure: bool
    seen: Seen | None = None


class Verdict(BaseModel):
    """All verdicts on one content. `is_sensitive` is true where one is, else null where one is."""

    is_sensitive: bool | None
    verdicts: list[Said]


class Verdicts(BaseModel):
    """One answer a question, in their order."""

    answers: list[Verdict]


class ToScrub(BaseModel):
    """Contents to be given back without the values in them."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": EXAMPLES["scrub"]})

    contents: list[Content]
    mode: Literal["label", "mask", "drop-key"] = Field(
        "label",
        description="What stands in the place of a value: <category>, stars, or nothing: "
        "its key goes, too.",
    )


class Put(BaseModel):
    """What stands in the place of a part of the content as it was sent."""

    start: int
    end: int
    text: str


class Scrubbed(BaseModel):
    """A content without the values in it; `edits` made in what was sent give it.

    `counts` are of values taken out, by category. `removed`: no value could be told apart, so all
    gave way. `unread`: it was not read to its end. Then, too, all gave way.
    """

    content: str
    edits: list[Put]
    counts: dict[str, int]
    removed: bool
    unread: bool


class AllScrubbed(BaseModel):
    """One answer a content, in their order."""

    answers: list[Scrubbed]


class Categories(BaseModel):
    """The system that answers and the categories it knows."""

    system: str
    categories: list[str]


class Analyze(BaseModel):
    """Presidio's request. What it says beyond this is read over, as Presidio does."""

    model_config = ConfigDict(json_schema_extra={"example": EXAMPLES["analyze"]})

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


class Refused(Exception):
    """A request that gets no answer: the status, why, and when to come again."""

    def __init__(self, status: int, error: str, retry_after_s: int | None = None) -> None:
        super().__init__(error)
        self.status = status
        self.error = error
        self.retry_after_s = retry_after_s
