"""A detector as one more recognizer of Presidio's engine, in the same process.

    pip install 'piiforge[presidio]'
    python examples/presidio_local.py

Presidio wants a language model for its engine; none is needed for ours, so this registry holds our
recognizer alone and the engine gets a blank pipeline.
"""

import sys

import spacy
from presidio_analyzer import AnalyzerEngine, RecognizerRegistry
from presidio_analyzer.nlp_engine import SpacyNlpEngine

from piiforge import serve
from piiforge.predict import load

TEXT = "Call +1 202 555 0123 or write to name@example.com; the order is 666-12-3456."
NOTHING = "Nothing: the numbers and the address are nobody's."


def engine() -> AnalyzerEngine:
    """Return Presidio's engine with our recognizer in it."""
    nlp = SpacyNlpEngine()
    nlp.nlp = {"en": spacy.blank("en")}
    registry = RecognizerRegistry(recognizers=[serve.recognizer(load("rules"))])
    return AnalyzerEngine(registry=registry, nlp_engine=nlp)


if __name__ == "__main__":
    found = engine().analyze(TEXT, language="en")
    sys.stdout.write(f"{found or NOTHING}\n")
