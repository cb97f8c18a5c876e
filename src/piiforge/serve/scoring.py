"""What we tell Presidio of ourselves: a name and a score."""

from piiforge.predict import Detection

NAME = "PiiforgeRecognizer"


def score_of(found: Detection) -> float:
    """Return the probability of a positive, its confidence without one, 1 without either.

    >>> score_of(Detection("ssn", True, 0.93, 0.9)), score_of(Detection("ssn", True))
    (0.93, 1.0)
    """
    said = found.p_sensitive if found.p_sensitive is not None else found.confidence_score
    return 1.0 if said is None else said
