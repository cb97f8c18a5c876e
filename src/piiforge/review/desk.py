"""The desk of one reviewer: what the page shows and what it may do, without HTTP.

A content is untrusted text. It leaves here in pieces, each to be shown as text; what would not show
by itself comes as a badge, so that neither markup nor a change of direction does anything.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from functools import lru_cache
from threading import Lock
from typing import cast

from piiforge import categories, page
from piiforge.errors import AskedWrongly, UnknownName
from piiforge.review import exchange
from piiforge.review.items import FINDINGS, LINES, MISSED, SAMPLES, Item, Opened
from piiforge.review.journal import DECIDED, Decision, Journal
from piiforge.review.tally import agreements
from piiforge.types import Span, key_of

LONGEST = 20_000  # characters of a content that are shown
MOST_AT_ONCE = 60  # items of one answer
_BEFORE = 4_000  # characters shown before the first value of a longer content


@dataclass(frozen=True, slots=True)
class Words:
    """What the page calls things: the review, its two answers, and rows that were so answered."""

    title: str
    yes: str
    no: str
    right: str
    wrong: str


WORDS: Mapping[str, Words] = {
    SAMPLES: Words("A sample of labels", "Label is right", "Label is wrong", "right", "wrong"),
    FINDINGS: Words("Findings of a scan", "Right", "False alarm", "right", "false alarms"),
    MISSED: Words("Rows called clean", "It is clean", "It was missed", "clean", "missed"),
    LINES: Words("Lines to be labelled", "Sensitive", "Not sensitive", "yes", "no"),
}
_LABELLED = {"yes": "Label is right", "no": "Label is wrong"}  # lines that come with a label


class Desk:
    """One review and one reviewer. Its methods may be called from several threads."""

    def __init__(
        self, opened: Opened, reviewer: str, descriptions: Mapping[str, str] | None = None
    ) -> None:
        """Take a review that is open; `descriptions` are of categories that are not ours."""
        self.opened, self.reviewer = opened, reviewer
        self.journal = Journal(opened.journal)
        self._at = {item.id: at for at, item in enumerate(opened.items)}
        self._said = [self._word(item) for item in opened.items]
        self._counts = Counter(self._said)
        self._read = len(self.journal.entries)
        self._descriptions = dict(descriptions or {})
        self._lock = Lock()

    def overview(self, after: int = 0) -> dict[str, object]:
        """Return what the review is, how far it is, and the `first` open place from `after` on."""
        with self._lock:
            self.journal.catch_up()
            return {
                **asdict(WORDS[self.opened.kind]),
                "kind": self.opened.kind,
                "file": self.opened.path.name,
                "reviewer": self.reviewer,
                "left_out": self.opened.left_out,
                "lost": self.opened.lost(self.journal),
                "first": self._next_open(after),
                "progress": self._progress(),
            }

    def window(self, start: int, count: int) -> list[dict[str, object]]:
        """Return up to `count` items from `start` on, as they are shown."""
        start = max(0, start)
        some = self.opened.items[start : start + min(count, MOST_AT_ONCE)]
        with self._lock:
            self.journal.catch_up()
            return [self._state(item) | self._shown(item) for item in some]

    def decide(
        self, row_id: str, decision: Decision, reason: str | None, seen: int
    ) -> dict[str, object]:
        """Put a decision on the disk; return how the item and the review stand then.

        Raises:
            AskedWrongly: there is no such item, or it can't be shown.
            Overtaken: the item was decided meanwhile.
        """
        with self._lock:
            item = self._item(row_id)
            if item.refused:
                raise AskedWrongly("What can't be shown can't be decided.", item.refused)
            self.journal.say(row_id, decision, self.reviewer, reason=reason, seen=seen)
            at = self._at[row_id]
            return self._state(item) | {"next": self._next_open(at), "progress": self._progress()}

    def undo(self, seen: int) -> dict[str, object] | None:
        """Take back the reviewer's last decision; return its item, None where there is none.

        Raises:
            Overtaken: there is a later one than was seen.
        """
        with self._lock:
            undone = self.journal.undo(self.reviewer, seen=seen)
            if undone is None:
                return None
            known = undone.id in self._at
            state = self._state(self._item(undone.id)) if known else {}
            return state | {"progress": self._progress()}

    def state(self, row_id: str) -> dict[str, object]:
        """Return how an item stands now.

        Raises:
            AskedWrongly: there is no such item.
        """
        with self._lock:
            self.journal.catch_up()
            return self._state(self._item(row_id)) | {"progress": self._progress()}

    def policy(self, name: str) -> dict[str, object]:
        """Return what counts as a category, from its own record."""
        names = [name] if name else list(self.opened.categories)
        return {"policies": [self._policy(each) for each in names]}

    def _policy(self, name: str) -> dict[str, object]:
        try:
            found = categories.get(name)
        except UnknownName:
            told = self._descriptions.get(name, "No description of it stands beside the file.")
            return {
                "name": exchange.title_of(name),
                "description": told,
                "rules": [],
                "sources": [],
            }
        plain = [each.kind.replace("_", " ") for each in found.lookalikes if not each.nouns]
        nouns = dict.fromkeys(noun for each in found.lookalikes for noun in each.nouns)
        rules = [
            "A value counts however it is written: encoded, spelled out, split, disguised.",
            "Its check digit or sign survives every disguise, so no word around has to name it."
            if found.checked
            else "Plain digits without a telling form need a word around them that names it.",
        ]
        if plain:
            rules.append(f"Never one: {', '.join(dict.fromkeys(plain))}.")
        if nouns:
            spelled = ", ".join(noun.replace("_", " ") for noun in nouns)
            rules.append(f"Not one where it is clearly named as: {spelled}.")
        return {
            "name": exchange.title_of(name),
            "description": found.description,
            "rules": rules,
            "sources": list(found.sources),
        }

    def _item(self, row_id: str) -> Item:
        at = self._at.get(row_id)
        if at is None:
            hint = "Start the review again; what was decided is kept."
            raise AskedWrongly("The file has no such row.", hint)
        return self.opened.items[at]

    def _state(self, item: Item) -> dict[str, object]:
        """Return what was said of an item. What others said is told to who has decided alone."""
        said = self.journal.said(item.id)
        mine = said.get(self.reviewer)
        decision = mine.decision if mine else item.decision
        others = [
            {"reviewer": name, "decision": entry.decision, "reason": entry.reason}
            for name, entry in said.items()
            if name != self.reviewer and entry.decision and decision
        ]
        return {
            "at": self._at[item.id],
            "id": item.id,
            "decision": decision,
            "reason": mine.reason if mine else "",
            "seen": self.journal.version(item.id, self.reviewer),
            "others": others,
        }

    def _shown(self, item: Item) -> dict[str, object]:
        words = WORDS[self.opened.kind]
        answers = {"yes": words.yes, "no": words.no}
        if self.opened.kind == LINES and item.label is not None:
            answers = _LABELLED
        return {
            **answers,
            "name": exchange.title_of(item.category) or item.stratum,
            "category": item.category,
            "question": exchange.question(self.opened, item),
            "label": item.label,
            "why": item.why,
            "refused": item.refused,
            "facts": [[name, _pieces(text)] for name, text in item.facts],
            **({} if item.refused else _views(item, self.opened.categories)),
            "twin": self._twin(item.twin) if item.twin else None,
        }

    def _twin(self, twin: Item) -> dict[str, object]:
        claimed = {True: "sensitive", False: "not sensitive", None: "no label"}[twin.label]
        facts = [[name, _pieces(text)] for name, text in twin.facts]
        return {"label": claimed, "facts": facts, **_views(twin, self.opened.categories)}

    def _word(self, item: Item) -> str:
        """Return what this reviewer said of an item, "open" or "refused"."""
        mine = self.journal.said(item.id).get(self.reviewer)
        said = mine.decision if mine else item.decision
        return said or ("refused" if item.refused else "open")

    def _progress(self) -> dict[str, object]:
        """Return the counts of this reviewer; only what was said since is looked at again."""
        for entry in self.journal.entries[self._read :]:
            at = self._at.get(entry.id)
            if at is not None:
                self._counts[self._said[at]] -= 1
                self._said[at] = self._word(self.opened.items[at])
                self._counts[self._said[at]] += 1
        self._read = len(self.journal.entries)
        words = ("right", "wrong", "unsure", "open", "refused")
        return {
            **{word: self._counts[word] for word in words},
            "total": len(self.opened.items),
            "entries": self.journal.count(self.reviewer),
            "agreement": [one.said for one in agreements(self.journal, self._at)],
        }

    def _next_open(self, after: int) -> int:
        """Return the place of the first item from `after` on that this reviewer left open.

        Behind the last it goes on from the first; where nothing is open, it is the one behind.
        """
        self._progress()
        for start in (after, 0):
            with suppress(ValueError):
                return self._said.index("open", start)
        return min(after + 1, len(self._said) - 1)


@lru_cache(maxsize=4096)
def spans_of(item: Item, asked: tuple[str, ...]) -> tuple[Span, ...]:
    """Return where the value of an item stands: as its row says, else where the reader sees one."""
    if item.spans is not None:
        return item.spans
    return _read(item.content, (item.category,) if item.category else asked)


def _read(content: str, asked: Sequence[str]) -> tuple[Span, ...]:
    from piiforge import predict

    return tuple(span for name in asked for span in predict.places(name, content))


@lru_cache(maxsize=512)
def _views(item: Item, asked: tuple[str, ...]) -> dict[str, object]:
    """Return a content as it stands, and with all encodings undone; None where that is the same."""
    from piiforge import reader

    spans = spans_of(item, asked)
    readings = reader.decode(item.content[: 2 * LONGEST])
    settled = readings[-1]
    decoded = None
    if settled.how != "plain" and settled.text != item.content:
        found = _read(settled.text, (item.category,) if item.category else asked)
        if item.value_key:
            keys = item.value_key.split("|")
            found = tuple(one for one in found if key_of(settled.text[one.start : one.end]) in keys)
        decoded = {"how": settled.how.replace("+", ", "), **_cut(settled.text, found)}
    return {"raw": _cut(item.content, spans), "decoded": decoded}


def _cut(content: str, spans: Sequence[Span]) -> dict[str, object]:
    """Return a content in pieces, its values marked; of a long one what is around the first."""
    first = min((span.start for span in spans), default=0)
    start = max(0, first - _BEFORE) if len(content) > LONGEST else 0
    end = start + LONGEST
    marks = [
        page.Mark(max(0, span.start - start), span.end - start, "positive")
        for span in spans
        if span.end > start
    ]
    left = max(0, len(content) - end) + start
    return {"pieces": _pieces(content[start:end], marks), "left": left}


def _pieces(text: str, marks: Sequence[page.Mark] = ()) -> list[dict[str, object]]:
    """Return pieces as the page takes them: t text, g a badge's title, m marked, b breaks."""
    told: list[dict[str, object]] = []
    for piece in page.pieces(text, marks):
        one: dict[str, object] = {"t": piece.text.encode("utf-8", "replace").decode()}
        if piece.title:
            one["g"] = piece.title
        if piece.mark is not None:
            one["m"] = 1
        if piece.breaks:
            one["b"] = 1
        told.append(one)
    return told


def decision_of(word: object) -> Decision:
    """Return what a word of the page stands for.

    Raises:
        AskedWrongly: nothing.
    """
    try:
        return Decision(cast("str", word))
    except ValueError as error:
        known = ", ".join(filter(None, (*DECIDED, Decision.UNSURE)))
        raise AskedWrongly("No such decision.", f"Known: {known}.") from error
