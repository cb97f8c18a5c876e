"""`presidio`: Microsoft's presidio-analyzer with its own recognisers, without a language model.

Presidio raises a score by context words that it compares with lemmas. With a blank spaCy pipeline
whose lemma is the lower-cased token those words work, and no model is downloaded. What is left out:
names and places, which none of our categories needs. A pair of bank numbers counts where a routing
number and an account number stand in two places. `p_sensitive` is Presidio's score.

Presidio's patterns run under a time limit (REGEX_TIMEOUT_SECONDS, 60 by default) and count as
clean where they pass it.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from piiforge.errors import MissingExtra, UnknownName
from piiforge.predict.ask import Predictor
from piiforge.types import Case, Prediction

if TYPE_CHECKING:
    from presidio_analyzer import AnalyzerEngine, RecognizerResult

ENTITIES: Mapping[str, tuple[str, ...]] = {
    "ssn": ("US_SSN",),
    "itin": ("US_ITIN",),
    "credit_card": ("CREDIT_CARD",),
    "bank_account": ("ABA_ROUTING_NUMBER", "US_BANK_NUMBER"),
    "phone": ("PHONE_NUMBER",),
    "email": ("EMAIL_ADDRESS",),
    "passport": ("US_PASSPORT",),
    "drivers_license": ("US_DRIVER_LICENSE",),
    "member_id": ("US_MBI", "US_HEALTH_INSURANCE_MEMBER_ID"),
}
_RECOGNIZERS = (
    *("UsSsnRecognizer", "UsItinRecognizer", "CreditCardRecognizer", "AbaRoutingRecognizer"),
    *("UsBankRecognizer", "PhoneRecognizer", "EmailRecognizer", "UsPassportRecognizer"),
    *("UsLicenseRecognizer", "UsMbiRecognizer", "UsHealthInsuranceMemberIdRecognizer"),
)


class Presidio(Predictor):
    """The predictor. A row is sensitive where the best score reaches `threshold`."""

    def __init__(self, threshold: float) -> None:
        """Load Presidio. Raises MissingExtra where it is not installed."""
        self._threshold = threshold
        self._analyzer = _analyzer()

    def predict(self, cases: Sequence[Case]) -> Iterator[Prediction]:
        """See Predictor."""
        return map(self._judge, cases)

    def _judge(self, case: Case) -> Prediction:
        if case.category not in ENTITIES:
            raise UnknownName("category", case.category, ENTITIES, "presidio")
        wanted = ENTITIES[case.category]
        found = self._analyzer.analyze(case.content, "en", list(wanted))
        if case.category == "bank_account":
            score = _pair(found)
        else:
            score = min(max((each.score for each in found), default=0.0), 1.0)
        is_sensitive = score > 0 and score >= self._threshold
        return Prediction(case.id, is_sensitive, score, score if is_sensitive else 1 - score)


def _pair(found: "Sequence[RecognizerResult]") -> float:
    """Return the score of the best pair in two places: that of its weaker half."""
    routing = [each for each in found if each.entity_type == "ABA_ROUTING_NUMBER"]
    accounts = [each for each in found if each.entity_type == "US_BANK_NUMBER"]
    pairs = (
        min(first.score, second.score, 1.0)
        for first in routing
        for second in accounts
        if first.end <= second.start or second.end <= first.start
    )
    return max(pairs, default=0.0)


def _analyzer() -> "AnalyzerEngine":
    try:
        import presidio_analyzer
        import tldextract
        from presidio_analyzer import predefined_recognizers
    except ImportError as error:
        raise MissingExtra("presidio-analyzer", "presidio") from error
    registry = presidio_analyzer.RecognizerRegistry(
        recognizers=[
            getattr(predefined_recognizers, name)()
            for name in _RECOGNIZERS
            if hasattr(predefined_recognizers, name)  # an older Presidio has fewer
        ],
        supported_languages=["en"],
    )
    # E-mail domains are checked against the list that tldextract brings, not a fetched one.
    tldextract.extract = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)
    return presidio_analyzer.AnalyzerEngine(
        registry=registry, nlp_engine=_blank_engine(), supported_languages=["en"]
    )


def _blank_engine() -> object:
    """Return a loaded spaCy engine of Presidio's on a blank English pipeline."""
    import spacy
    from presidio_analyzer.nlp_engine import SpacyNlpEngine
    from spacy.language import Language
    from spacy.tokens import Doc

    def lower(doc: Doc) -> Doc:
        for token in doc:
            token.lemma_ = token.lower_
        return doc

    Language.component("piiforge_lowered_lemma", func=lower)
    blank = spacy.blank("en")
    blank.add_pipe("piiforge_lowered_lemma")
    engine = SpacyNlpEngine()
    engine.nlp = {"en": blank}  # as after load(), which would fetch a model
    return engine
