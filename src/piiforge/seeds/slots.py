"""A text with holes: while it is being cut, a slot is one sign that no text has.

The signs are of Unicode's private use area, so no rule for words or digits ever matches one, and
a slot is never cut again.
"""

import re

EXAMPLE_HOST = "example.com"
"""What stands for every host: nobody's, RFC 2606."""
HOLE = re.compile("[\ue000-\uf8ff]")
_FIRST, _MOST = 0xE000, 64
_NAMES = re.compile(r"\{\{name\}\}(?:,? \{\{name\}\})+")


class Board:
    """The slots of one text, in the order in which they were cut.

    >>> board = Board()
    >>> board.fill(f"call {board.put('{{name}}')} at {board.put('{{value}}')}")
    'call {{name}} at {{value}}'
    """

    def __init__(self) -> None:
        self._slots: list[str] = []

    def put(self, slot: str) -> str:
        """Take a slot ("{{name}}"); return the sign that stands for it."""
        self._slots.append(slot)
        return chr(_FIRST + len(self._slots) - 1)

    def digits(self, count: int) -> str:
        """Take a slot of so many digits, at most 20; return its sign."""
        return self.put(f"{{{{digits:{min(count, 20)}}}}}")

    def is_full(self) -> bool:
        """Whether there are more slots than a seed may have."""
        return len(self._slots) > _MOST

    def fill(self, text: str) -> str:
        """Return the text with slots for signs; neighbouring names become one."""
        filled = HOLE.sub(lambda match: self._slots[ord(match[0]) - _FIRST], text)
        return _NAMES.sub("{{name}}", filled)
