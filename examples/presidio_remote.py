"""Presidio asking a server: its RemoteRecognizer, written the way its documentation says.

piiforge serve --with rules
python examples/presidio_remote.py http://127.0.0.1:8000
"""

import sys

import requests
from presidio_analyzer import RecognizerResult, RemoteRecognizer


class Remote(RemoteRecognizer):
    """Asks /supportedentities once and /analyze for every text."""

    def __init__(self, url: str, token: str = "") -> None:
        self._url = url
        self._session = requests.Session()
        if token:
            self._session.headers["Authorization"] = f"Bearer {token}"
        super().__init__([], "piiforge", "en", "1.0")

    def load(self) -> None:
        """Learn what the server finds."""
        told = self._session.get(
            f"{self._url}/supportedentities", params={"language": "en"}, timeout=5
        )
        told.raise_for_status()
        self.supported_entities = told.json()

    def analyze(
        self, text: str, entities: list[str], nlp_artifacts: object = None
    ) -> list[RecognizerResult]:
        """Ask. An error is raised: a text that was not judged is not clean."""
        del nlp_artifacts
        asked = {"text": text, "language": self.supported_language, "entities": entities}
        told = self._session.post(f"{self._url}/analyze", json=asked, timeout=30)
        told.raise_for_status()
        return [RecognizerResult(**each) for each in told.json()]

    def get_supported_entities(self) -> list[str]:
        """Return what the server finds."""
        return self.supported_entities


if __name__ == "__main__":
    remote = Remote(sys.argv[1])
    found = remote.analyze("call 202-555-0123", ["PHONE_NUMBER"])
    sys.stdout.write(f"{remote.get_supported_entities()}\n{found or 'Nothing: a fiction.'}\n")
