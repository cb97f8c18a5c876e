"""A detector of one's own, asked as `--with iban_digits`: any IBAN as it stands, and no other."""

import re
from collections.abc import Sequence

from stdnum import iban

from piiforge.plugins import OwnDetector

_WORDS = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}")


def judge(asked: Sequence[tuple[str, str]]) -> list[float]:
    """Say 1 where a valid IBAN without blanks stands in the content, else 0."""
    return [float(any(map(iban.is_valid, _WORDS.findall(content)))) for _, content in asked]


DIGITS = OwnDetector("iban_digits", judge, categories=("iban",))
