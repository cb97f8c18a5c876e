"""A process that may be killed: asks `count` questions and writes down each outcome it is told.

python asker.py URL JOURNAL COUNT TOLD
"""

import json
import sys
from pathlib import Path

from asking import questions, settings

from piiforge import chat


def main() -> None:
    url, journal, count, told = sys.argv[1:]
    with (
        Path(told).open("a", encoding="utf-8", buffering=1) as out,
        chat.connect(settings(url, most_at_once=8), Path(journal)) as client,
    ):

        def write(outcome: chat.Outcome) -> None:
            text = outcome.answer.text if outcome.answer else None
            out.write(json.dumps([outcome.request.name, outcome.reason, text]) + "\n")

        client.ask(questions(int(count)), write)


if __name__ == "__main__":
    main()
