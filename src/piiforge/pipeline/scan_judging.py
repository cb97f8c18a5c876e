"""A batch of rows in, its findings out: rows are judged, then the pairs of positive ones."""

import hashlib
from collections.abc import Mapping, Sequence

from piiforge import logs
from piiforge.pipeline.scan_records import NO_VERDICT, WHOLE, Found, Scan
from piiforge.predict import Detection, Detector

_REFERENCE_BYTES = 16


class Judge:
    """Judges batches with one detector. The same batch always gives the same findings."""

    def __init__(self, detector: Detector, asked: Scan) -> None:
        """Take a detector that is open."""
        self._detector, self._asked = detector, asked

    def findings(self, file: str, items: Sequence[logs.Item]) -> tuple[list[Found], int]:
        """Return what is to be written of `items`, in their order, and how many were repeated.

        Equal contents are asked once: what differs between two rows is then only where they stand.
        """
        rows = [item for item in items if isinstance(item, logs.Row)]
        contents = list(dict.fromkeys(row.content for row in rows))
        said = dict(zip(contents, self._detector.judge(contents), strict=True)) if contents else {}
        leaks = self._leaks(said) if self._asked.keys else {}
        found: list[Found] = []
        for item in items:
            if isinstance(item, logs.Unread):
                reason = item.reason.value
                found.append(Found(file, item.row, item.part, reason=reason))
            else:
                found += self._of_row(file, item, said[item.content], leaks)
        return found, len(rows) - len(contents)

    def _of_row(
        self,
        file: str,
        row: logs.Row,
        said: Mapping[str, Detection],
        leaks: Mapping[tuple[str, str], tuple[logs.Pair, ...]],
    ) -> list[Found]:
        silent = [name for name, one in said.items() if one.is_sensitive is None]
        if len(silent) == len(said):
            return [Found(file, row.row, row.part, reason=NO_VERDICT)]
        found: list[Found] = []
        for name, one in said.items():
            if one.is_sensitive is None:
                found.append(Found(file, row.row, row.part, name, reason=NO_VERDICT))
            elif one.is_sensitive:
                keys = leaks.get((name, row.content), ()) or self._whole(row)
                found.append(self._finding(file, row, one, keys))
        return found

    def _finding(
        self, file: str, row: logs.Row, said: Detection, keys: tuple[logs.Pair, ...]
    ) -> Found:
        return Found(
            file,
            row.row,
            row.part,
            said.category,
            said.p_sensitive,
            said.decided_by,
            keys,
            self._reference(row.content),
            content=_encodable(row.content) if self._asked.show_values else None,
        )

    def _whole(self, row: logs.Row) -> tuple[logs.Pair, ...]:
        """Return what stands for the key where no pair leaked alone: the part or the column."""
        name = row.part or self._asked.manner.column
        return (logs.Pair(name, WHOLE, ""),) if name else ()

    def _reference(self, content: str) -> str | None:
        key = self._asked.reference_key
        if not key:
            return None
        text = content.encode("utf-8", "surrogatepass")
        return hashlib.blake2b(text, digest_size=_REFERENCE_BYTES, key=key).hexdigest()

    def _leaks(
        self, said: Mapping[str, Mapping[str, Detection]]
    ) -> dict[tuple[str, str], tuple[logs.Pair, ...]]:
        """Return the pairs that are positive alone, by (category, content)."""
        parts = {
            content: logs.pairs(content)
            for content, verdicts in said.items()
            if any(one.is_sensitive for one in verdicts.values())
        }
        asked = list(
            dict.fromkeys(
                (name, pair.text)
                for content, pairs in parts.items()
                for name, one in said[content].items()
                for pair in pairs
                if one.is_sensitive
            )
        )
        answers = self._detector.verdicts(asked) if asked else []
        positive = {each for each, one in zip(asked, answers, strict=True) if one.is_sensitive}
        return {
            (name, content): _innermost(pairs, [(name, pair.text) in positive for pair in pairs])
            for content, pairs in parts.items()
            for name in said[content]
        }


def _encodable(text: str) -> str:
    """Return `text` with its lone surrogates, which no file of ours can hold, as "?"."""
    return text.encode("utf-8", "replace").decode()


def _innermost(pairs: Sequence[logs.Pair], leaked: Sequence[bool]) -> tuple[logs.Pair, ...]:
    """Return the pairs that leaked, without those in whose value another one did."""
    outer = {pair.within for pair, leaks in zip(pairs, leaked, strict=True) if leaks}
    while grown := {pairs[at].within for at in outer if at >= 0} - outer:
        outer |= grown
    return tuple(
        pair
        for at, (pair, leaks) in enumerate(zip(pairs, leaked, strict=True))
        if leaks and at not in outer
    )
