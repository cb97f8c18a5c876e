"""The journal: one SQLite file that remembers every call, so that none is paid for twice.

A call is written down before it is sent, and its answer as soon as it arrives, each in a commit of
its own (write-ahead log): what is finished survives `kill -9`. What was only sent is asked again.
It holds the model's answers and the hashes of what was asked; no question, key or header.
One process has it at a time.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from piiforge.chat.records import Probe
from piiforge.chat.replies import Reply
from piiforge.errors import AskedWrongly

VERSION = 1
APPLICATION = 0x50494946  # "PIIF", so that no other program's database is taken for a journal
TABLES = """
CREATE TABLE answers (
    key TEXT PRIMARY KEY, reason TEXT NOT NULL, text TEXT NOT NULL, finish TEXT NOT NULL,
    input_tokens INTEGER NOT NULL, output_tokens INTEGER NOT NULL);
CREATE TABLE sends (
    id INTEGER PRIMARY KEY, key TEXT NOT NULL, state TEXT NOT NULL, batch TEXT NOT NULL,
    held_usd REAL, usd REAL,
    input_tokens INTEGER NOT NULL DEFAULT 0, output_tokens INTEGER NOT NULL DEFAULT 0);
CREATE INDEX sends_by_key ON sends (key);
CREATE TABLE probes (
    endpoint TEXT, model TEXT, schema_asked INTEGER, structured INTEGER, note TEXT,
    token_field TEXT, temperature INTEGER, PRIMARY KEY (endpoint, model, schema_asked));
CREATE TABLE batches (token TEXT PRIMARY KEY, id TEXT NOT NULL, status TEXT NOT NULL);
"""
BUSY = "database is locked"
TOTALS = """
SELECT count(*), count(*) - count(DISTINCT key), sum(input_tokens), sum(output_tokens),
    coalesce(sum(usd), 0),
    coalesce(sum(CASE WHEN state = 'lost' THEN held_usd END), 0),
    coalesce(sum(CASE WHEN state = 'sent' THEN held_usd END), 0),
    coalesce(sum(CASE WHEN state = 'paid' AND usd IS NULL THEN input_tokens END), 0),
    coalesce(sum(CASE WHEN state = 'paid' AND usd IS NULL THEN output_tokens END), 0)
FROM sends
"""


@dataclass(frozen=True, slots=True)
class Totals:
    """Sums over every call ever sent. Unpriced tokens were paid while their price was unknown."""

    calls: int
    retries: int
    input_tokens: int
    output_tokens: int
    usd: float
    lost_usd: float
    held_usd: float
    unpriced_input: int
    unpriced_output: int


@dataclass(frozen=True, slots=True)
class Bill:
    """How a call ended for the purse: "paid" (counted), "free" or "lost" (may be charged)."""

    state: str
    input_tokens: int = 0
    output_tokens: int = 0
    usd: float | None = None


class Journal:
    """An open journal.

    Raises:
        AskedWrongly: another process has it, another version wrote it, or it is no journal.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._db = sqlite3.connect(path, timeout=0.0, isolation_level=None)
        except (OSError, sqlite3.Error) as error:
            raise AskedWrongly(f"{path} can't be opened.", "Check the path.") from error
        try:
            self._open()
        except BaseException:
            self._db.close()
            raise

    def close(self) -> None:
        """Let another process have it."""
        self._db.close()

    def answer(self, key: str) -> Reply | None:
        """Return the final reply to the payload of this key, if it was ever given."""
        sql = "SELECT reason, text, finish, input_tokens, output_tokens FROM answers WHERE key = ?"
        found = self._do(sql, key).fetchone()
        return Reply(*found) if found else None

    def was_sent(self, key: str) -> bool:
        """Say whether a call with this key was ever sent."""
        found = self._do("SELECT EXISTS (SELECT 1 FROM sends WHERE key = ?)", key).fetchone()
        return bool(found[0])

    def sent(self, key: str, held_usd: float | None, batch: str = "") -> int:
        """Write down that a call is about to be sent, and what it may cost; return its number."""
        sql = "INSERT INTO sends (key, state, batch, held_usd) VALUES (?, 'sent', ?, ?)"
        number = self._do(sql, key, batch, held_usd).lastrowid
        assert number is not None
        return number

    def settle(self, number: int, bill: Bill, key: str = "", reply: Reply | None = None) -> None:
        """Write down how a call ended, together with its answer where it gave a final one."""
        with self.whole():
            self._do(
                "UPDATE sends SET state = ?, usd = ?, input_tokens = ?, output_tokens = ?"
                " WHERE id = ?",
                bill.state, bill.usd, bill.input_tokens, bill.output_tokens, number,
            )  # fmt: skip
            if reply is not None and reply.final:
                self._do(
                    "INSERT OR REPLACE INTO answers VALUES (?, ?, ?, ?, ?, ?)",
                    key, reply.reason, reply.text, reply.finish,
                    bill.input_tokens, bill.output_tokens,
                )  # fmt: skip

    def totals(self) -> Totals:
        """Return the sums over every call of the journal's life."""
        return Totals(*(value or 0 for value in self._do(TOTALS).fetchone()))

    def probe(self, endpoint: str, model: str, *, schema_asked: bool) -> Probe | None:
        """Return what an earlier probe found."""
        sql = (
            "SELECT structured, note, token_field, temperature FROM probes"
            " WHERE endpoint = ? AND model = ? AND schema_asked = ?"
        )
        found = self._do(sql, endpoint, model, schema_asked).fetchone()
        return Probe(bool(found[0]), found[1], found[2], bool(found[3])) if found else None

    def keep_probe(self, endpoint: str, model: str, probe: Probe, *, schema_asked: bool) -> None:
        """Keep what a probe found."""
        self._do(
            "INSERT OR REPLACE INTO probes VALUES (?, ?, ?, ?, ?, ?, ?)",
            endpoint, model, schema_asked,
            probe.structured, probe.note, probe.token_field, probe.temperature,
        )  # fmt: skip

    def pending(self) -> dict[str, str]:
        """Return the keys that wait in a batch, with the batch's token."""
        sql = "SELECT key, batch FROM sends WHERE state = 'sent' AND batch != ''"
        return dict(self._do(sql).fetchall())

    def waiting(self, token: str) -> dict[str, int]:
        """Return the keys that wait in one batch, with the numbers of their calls."""
        sql = "SELECT key, id FROM sends WHERE state = 'sent' AND batch = ?"
        return dict(self._do(sql, token).fetchall())

    def batches(self) -> list[tuple[str, str, str]]:
        """Return every batch's token, id ("" where the endpoint never confirmed it) and status."""
        return self._do("SELECT token, id, status FROM batches ORDER BY rowid").fetchall()

    def keep_batch(self, token: str, batch_id: str, status: str) -> None:
        """Keep the state of a batch."""
        sql = (
            "INSERT INTO batches VALUES (?, ?, ?)"
            " ON CONFLICT (token) DO UPDATE SET id = excluded.id, status = excluded.status"
        )
        self._do(sql, token, batch_id, status)

    def forget_batch(self, token: str) -> None:
        """Set free all that waits in a batch that the endpoint never began."""
        with self.whole():
            self._do("UPDATE sends SET state = 'free' WHERE state = 'sent' AND batch = ?", token)
            self._do("DELETE FROM batches WHERE token = ?", token)

    @contextmanager
    def whole(self) -> Iterator[None]:
        """Commit all that is written inside, or nothing. One inside another is part of it."""
        if self._db.in_transaction:
            yield
            return
        self._do("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._db.rollback()
            raise
        self._do("COMMIT")

    def _open(self) -> None:
        # Exclusive before the log is chosen: the lock is then held until close or death, and the
        # operating system gives it back even after kill -9, so that no stale lock file is left.
        self._do("PRAGMA locking_mode = EXCLUSIVE")
        self._do("PRAGMA journal_mode = WAL")
        self._do("PRAGMA synchronous = NORMAL")
        with self.whole():
            self._check()
            self._do("UPDATE sends SET state = 'lost' WHERE state = 'sent' AND batch = ''")

    def _check(self) -> None:
        application = self._do("PRAGMA application_id").fetchone()[0]
        version = self._do("PRAGMA user_version").fetchone()[0]
        tables = self._do("SELECT count(*) FROM sqlite_master").fetchone()[0]
        if tables == 0:
            for statement in filter(str.strip, TABLES.split(";")):
                self._do(statement)
            self._do(f"PRAGMA application_id = {APPLICATION}")
            self._do(f"PRAGMA user_version = {VERSION}")
        elif application != APPLICATION:
            raise AskedWrongly(f"{self._path} is not a journal of calls.", "Give another path.")
        elif version != VERSION:
            problem = f"{self._path} is a journal of version {version}, this reads {VERSION}."
            hint = (
                "Use the piiforge that wrote it, or move it away; its answers are then paid anew."
            )
            raise AskedWrongly(problem, hint)

    def _do(self, sql: str, *values: str | float | None) -> sqlite3.Cursor:
        try:
            return self._db.execute(sql, values)
        except sqlite3.Error as error:
            raise AskedWrongly(*self._why(error)) from error

    def _why(self, error: sqlite3.Error) -> Sequence[str]:
        if BUSY in str(error):
            return f"{self._path} is in use by another process.", "Wait for it, or stop it."
        if error.sqlite_errorname in {"SQLITE_NOTADB", "SQLITE_CORRUPT"}:
            return f"{self._path} is not a journal of calls, or is damaged.", "Give another path."
        return f"{self._path} can't be written ({error}).", "Is the disk full or read-only?"
