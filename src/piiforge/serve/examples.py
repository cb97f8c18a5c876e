"""What the OpenAPI document and the list of routes show.

The numbers are never issued or fictional, so their verdicts are clean; the finding shown for
`/analyze` is that of a text with a real number in the same place.
"""

from pydantic.config import JsonDict as Example
from pydantic.config import JsonValue


def verdict(category: str, p: float) -> Example:
    """Return a verdict as it is answered."""
    return {
        "category": category,
        "is_sensitive": p >= 0.5,
        "p_sensitive": p,
        "confidence_score": max(p, 1 - p),
        "explanation": "",
        "decided_by": "model",
    }


QUESTION: Example = {
    "content": "ssn=666-12-3456&tel=+1-202-555-0123",
    "categories": ["ssn", "phone"],
}
VERDICT: Example = {
    "is_sensitive": False,
    "verdicts": [verdict("ssn", 0.04), verdict("phone", 0.01)],
}
QUESTIONS: Example = {"questions": [QUESTION]}
VERDICTS: Example = {"answers": [VERDICT]}
ANALYZE: Example = {"text": "my ssn is 666-12-3456", "language": "en", "entities": ["US_SSN"]}
RESULTS: list[JsonValue] = [
    {
        "entity_type": "US_SSN",
        "start": 10,
        "end": 21,
        "score": 0.97,
        "analysis_explanation": None,
        "recognition_metadata": {"recognizer_name": "PiiforgeRecognizer"},
    }
]


def answered(example: object) -> dict[int | str, dict[str, object]]:
    """Return the description of a good answer."""
    shown = {"application/json": {"example": example}}
    return {200: {"description": "The answer.", "content": shown}}
