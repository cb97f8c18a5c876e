"""The report of a scan: one page that says what leaked where, and shows no value of anything.

It needs no network and no script, and the same findings give the same bytes.
"""

from collections.abc import Sequence

from markupsafe import Markup

from piiforge import __version__, page
from piiforge.pipeline.scan_records import OTHER_KEYS, WHOLE, Scan
from piiforge.pipeline.scan_summary import KeyCount, Scanned

MOST_FILES = 200
MOST_KEYS = 200
_MAPPED = 24
PLACES = {"parameter": "query or form", "field": "field", WHOLE: "whole part", "": ""}


def render(done: Scanned, asked: Scan) -> str:
    """Return the page of a scan."""
    counts = done.by_key()
    files = done.by_file()
    return page.render(
        "scan_report.html",
        version=__version__,
        done=done,
        asked=asked,
        total=done.tally.total,
        bars=_bars(done),
        keys=_key_map(done, counts),
        counts=counts[:MOST_KEYS],
        more_keys=max(0, len(counts) - MOST_KEYS),
        places=PLACES,
        files=files[:MOST_FILES],
        file_map=_file_map(done),
        more_files=max(0, len(files) - MOST_FILES),
        reasons=done.by_reason(),
        unread=_unread(done),
        other_keys=OTHER_KEYS,
    )


def _bars(done: Scanned) -> Markup:
    total = done.tally.total.findings
    bars = [
        page.Bar(name, float(count), f"{count:,}", tone="positive" if count else "neutral")
        for name, count in sorted(done.by_category().items(), key=lambda each: -each[1])
    ]
    return page.bars(bars, caption=f"{total:,} findings by category", corner="category")


def _key_map(done: Scanned, counts: Sequence[KeyCount]) -> Markup | None:
    """Return findings by key and category, of the keys with most; None without any key."""
    if not counts:
        return None
    cells: dict[tuple[str, str], int] = {}
    for one in counts:
        place = (one.key, one.category)
        cells[place] = cells.get(place, 0) + one.findings
    rows = list(dict.fromkeys(one.key for one in counts))[:_MAPPED]
    shown = [name for name in done.categories if any((row, name) in cells for row in rows)]
    matrix = page.Matrix(rows, shown, {place: cells[place] for place in cells if place[0] in rows})
    caption = "Findings by key and category"
    caption += f", the {_MAPPED} keys with most" if len(rows) == _MAPPED else ""
    return page.heat_map(matrix, caption=caption, corner="key", tone="positive")


def _file_map(done: Scanned) -> Markup | None:
    """Return findings by file and category, of the files with most; None for one file alone."""
    files = [name for name, each in done.by_file() if each.findings][:_MAPPED]
    if len(done.tally.files) < 2 or not files:
        return None
    cells = {place: count for place, count in done.tally.categories.items() if place[0] in files}
    shown = [name for name in done.categories if any((file, name) in cells for file in files)]
    matrix = page.Matrix(files, shown, cells)
    caption = "Findings by file and category"
    caption += f", the {_MAPPED} files with most" if len(files) == _MAPPED else ""
    return page.heat_map(matrix, caption=caption, corner="file", tone="positive")


def _unread(done: Scanned) -> list[tuple[str, str, int]]:
    """Return what was not scanned by file and reason: the most first, at most MOST_FILES."""
    found = [(file, reason, count) for (file, reason), count in done.tally.reasons.items()]
    return sorted(found, key=lambda each: (-each[2], each[0], each[1]))[:MOST_FILES]
