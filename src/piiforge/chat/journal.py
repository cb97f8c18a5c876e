"""The journal: one SQLite file that remembers every call, so that none is paid for twice.

A call is written down before it is sent, and its answer as soon as it arrives, each in a commit of
its own (write-ahead log): what is finished survives `kill -9`. What was only sent is asked again.
It holds the model's answers and the hashes of what was asked; no question, key or header.
One process has it at a time. One that came to nothing, as at an address where nobody answers, is
taken away when it is closed.

>>> estimated({"messages": [{"role": "user", "content": "a" * 35}]})
10
>>> estimated({"messages": [{"role": "user", "content": "电话"}]})
2
"""

import asyncio
import math
import os
import random
import re
import sqlite3
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

import orjson

from piiforge.chat.endpoint import OPENAI_URL
from piiforge.chat.records import Probe, Reply, Settings, Spent
from piiforge.errors import AskedWrongly, MissingExtra

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
TRIES, WAIT_S = 6, (0.01, 0.1)  # to open one that another process has
TOTALS = """
SELECT count(*), count(*) - count(DISTINCT key), sum(input_tokens), sum(output_tokens),
    coalesce(sum(usd), 0),
    coalesce(sum(CASE WHEN state = 'lost' THEN held_usd END), 0),
    coalesce(sum(CASE WHEN state = 'sent' THEN held_usd END), 0),
    coalesce(sum(CASE WHEN state = 'paid' AND usd IS NULL THEN input_tokens END), 0),
    coalesce(sum(CASE WHEN state = 'paid' AND usd IS NULL THEN output_tokens END), 0)
FROM sends
"""
KEPT = """
SELECT EXISTS (SELECT 1 FROM answers) OR EXISTS (SELECT 1 FROM probes)
    OR EXISTS (SELECT 1 FROM batches) OR EXISTS (SELECT 1 FROM sends WHERE state != 'free')
"""
PLACES = 12  # decimals of a dollar; the cheapest token costs more than the eighth
BATCH_SHARE = 0.5  # of the price, for what comes through the Batch API
SAMPLE = 1000  # tokens a side: small enough for the first tier of a tiered price
HINT = "Give --input-usd-per-million and --output-usd-per-million, or leave out --budget-usd."
CHARACTERS_A_TOKEN = 3.5
EXPECTED_SHARE = 0.5
FRAME_BYTES = 16  # a message's role and its separators, in any chat template that we know
HAN = re.compile("[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]")

Payload = Mapping[str, object]


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
        self._path, self._is_closed = path, False
        for left in reversed(range(TRIES)):
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
                if not path.exists():
                    path.touch()
                place = path.stat()
                self._db = sqlite3.connect(path, timeout=0.0, isolation_level=None)
            except (OSError, sqlite3.Error) as error:
                if left and isinstance(error, FileNotFoundError):  # its folder was taken away
                    time.sleep(random.uniform(*WAIT_S))
                    continue
                raise AskedWrongly(f"{path} can't be opened.", "Check the path.") from error
            try:
                self._open()
                return
            except BaseException as error:
                self._db.close()
                moved = not (path.exists() and os.path.samestat(place, path.stat()))
                if not left or not (moved or BUSY in str(error.__cause__)):
                    raise
            # Two that open it at once can keep one another from it: neither goes on at once. One
            # may also have taken it away as empty meanwhile: SQLite writes to no file that is gone.
            time.sleep(random.uniform(*WAIT_S))

    def close(self) -> None:
        """Let another process have it; one that holds nothing paid for is taken away."""
        try:
            if not self._is_closed and not self._do(KEPT).fetchone()[0]:
                self._do("PRAGMA journal_mode = DELETE")  # the log goes first; the lock stays ours
                self._path.unlink(missing_ok=True)
        except (OSError, AskedWrongly):  # a disk that went read-only or broke: it stays
            pass
        finally:
            self._is_closed = True
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

    def spent(self, price: "Price | None") -> Spent:
        """Sum up every call ever sent.

        What was paid while its price was unknown is priced as of now.
        """
        *counts, usd, lost, held, odd_input, odd_output = (
            value or 0 for value in self._do(TOTALS).fetchone()
        )
        calls, retries, tokens_in, tokens_out = counts
        if odd_input or odd_output:
            usd = None if price is None else usd + price.of(odd_input, odd_output)
        return Spent(calls, retries, 0, tokens_in, tokens_out, usd, lost, held)

    def probe(self, place: tuple[str, str, bool]) -> Probe | None:
        """Return what an earlier probe found: of an endpoint and model, schema asked for or not."""
        sql = (
            "SELECT structured, note, token_field, temperature FROM probes"
            " WHERE endpoint = ? AND model = ? AND schema_asked = ?"
        )
        found = self._do(sql, *place).fetchone()
        return Probe(bool(found[0]), found[1], found[2], bool(found[3])) if found else None

    def keep_probe(self, place: tuple[str, str, bool], probe: Probe) -> None:
        """Keep what a probe found."""
        self._do(
            "INSERT OR REPLACE INTO probes VALUES (?, ?, ?, ?, ?, ?, ?)",
            *place, probe.structured, probe.note, probe.token_field, probe.temperature,
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


@dataclass(frozen=True, slots=True)
class Price:
    """Dollars per million tokens."""

    input_usd: float
    output_usd: float

    def of(self, input_tokens: int, output_tokens: int, *, batch: bool = False) -> float:
        """Return dollars.

        >>> Price(2.0, 8.0).of(500_000, 250_000), Price(2.0, 8.0).of(500_000, 0, batch=True)
        (3.0, 0.5)
        """
        usd = (input_tokens * self.input_usd + output_tokens * self.output_usd) / 1e6
        return usd * BATCH_SHARE if batch else usd


def price_of(settings: Settings) -> Price | None:
    """Return the price of the settings' model, None where nobody knows it and no budget asks.

    Given by hand, or looked up in the list that the genai-prices package ships; nothing is fetched.
    Discounts on input that the provider had in its own cache are left out, so what is told is the
    most it can be.

    Raises:
        AskedWrongly: a budget is set and the price is unknown, or only one of two prices is given.
        MissingExtra: the list of prices is needed and not installed.
    """
    each_in, each_out = settings.input_usd_per_million, settings.output_usd_per_million
    if each_in is not None and each_out is not None:
        return Price(each_in, each_out)
    if each_in is not None or each_out is not None:
        raise AskedWrongly("Only one of the two prices is given.", HINT)
    found = _listed(settings)
    if found is None and settings.budget_usd is not None:
        problem = f"The price of {settings.model!r} is unknown, so a budget can't be kept."
        raise AskedWrongly(problem, HINT)
    return found


def _listed(settings: Settings) -> Price | None:
    try:
        from genai_prices import Usage, calc_price
    except ImportError as error:
        raise MissingExtra("genai-prices", "write") from error
    usage = Usage(input_tokens=SAMPLE, output_tokens=SAMPLE)
    place = settings.base_url or OPENAI_URL
    try:
        found = calc_price(usage, settings.model, provider_api_url=place)
    except LookupError:
        return None
    scale = 1_000_000 / SAMPLE
    return Price(float(found.input_price) * scale, float(found.output_price) * scale)


@dataclass(frozen=True, slots=True)
class Held:
    """A call that was written down, and the dollars held back for it (0 where unpriced)."""

    number: int
    key: str
    usd: float


class Ledger:
    """Holds, settles and sums up. Every change is in the journal before it is here.

    The budget is hard: a call starts only if all that was paid, may have been paid, and may yet be
    paid for what is in flight, together with this call's own upper bound, is within it. So it can
    only be passed by a server that counts more tokens than the request has bytes or max_tokens
    allows.
    """

    def __init__(self, journal: Journal, price: Price | None, budget_usd: float | None) -> None:
        self.price = price
        self._journal = journal
        self._budget = budget_usd
        self._in_flight = 0
        self._settled = asyncio.Event()
        self.spent = journal.spent(price)

    def most_usd(self, payload: Payload, *, batch: bool = False) -> float | None:
        """Return what a call can cost at the most; None where the price is unknown."""
        if self.price is None:
            return None
        return self.price.of(most_input(payload), most_output(payload), batch=batch)

    def fits(self, usd: float) -> bool:
        """Say whether `usd` more stay within the budget, whatever is in flight comes to."""
        if self._budget is None:
            return True
        spent = self.spent
        return _sum(spent.usd or 0.0, spent.unsure_usd, spent.held_usd, usd) <= self._budget

    async def hold(self, key: str, payload: Payload) -> Held | None:
        """Write a call down and hold back its cost, None if it can't fit.

        Where only calls in flight stand in the way, it waits for what they really cost.
        """
        most = self.most_usd(payload)
        while not self.fits(most or 0.0):
            if self._in_flight == 0:
                return None
            self._settled.clear()
            await self._settled.wait()
        self._in_flight += 1
        return self.write_down(key, most)

    def write_down(self, key: str, usd: float | None, batch: str = "") -> Held:
        """Write a call down as sent, and hold back `usd`."""
        again = self._journal.was_sent(key)
        number = self._journal.sent(key, usd, batch)
        spent = self.spent
        self.spent = replace(
            spent, calls=spent.calls + 1, retries=spent.retries + again,
            held_usd=_sum(spent.held_usd, usd or 0.0),
        )  # fmt: skip
        return Held(number, key, usd or 0.0)

    def settle(self, held: Held, reply: Reply | None) -> None:
        """Write down how a call ended; None says that its answer was not waited for."""
        self._in_flight -= 1
        bill = self._bill(reply)
        self._journal.settle(held.number, bill, held.key, reply)
        spent, usd = self.spent, self.spent.usd
        if bill.state == "paid":
            usd = None if usd is None or bill.usd is None else _sum(usd, bill.usd)
        self.spent = replace(
            spent,
            held_usd=_sum(spent.held_usd, -held.usd),
            unsure_usd=_sum(spent.unsure_usd, held.usd if bill.state == "lost" else 0.0),
            input_tokens=spent.input_tokens + bill.input_tokens,
            output_tokens=spent.output_tokens + bill.output_tokens,
            usd=usd,
        )
        self._settled.set()

    def settle_batched(self, number: int, key: str, reply: Reply) -> None:
        """Write down what a batch brought for one call (it counts the tokens itself).

        The sums are as before until `reread`.
        """
        self._journal.settle(number, self._bill(reply, batch=True), key, reply)

    def reread(self) -> None:
        """Take the sums from the journal again."""
        self.spent = replace(self._journal.spent(self.price), cached=self.spent.cached)

    def served(self) -> None:
        """Count a request that needed no call of its own."""
        self.spent = replace(self.spent, cached=self.spent.cached + 1)

    def _bill(self, reply: Reply | None, *, batch: bool = False) -> Bill:
        if reply is None:
            return Bill("lost")
        tokens_in, tokens_out, price = reply.input_tokens, reply.output_tokens or 0, self.price
        if tokens_in is None:
            return Bill("free" if reply.free else "lost")
        usd = price.of(tokens_in, tokens_out, batch=batch) if price else None
        return Bill("paid", tokens_in, tokens_out, usd)


def counted(reply: Reply, payload: Payload) -> Reply:
    """Return a final reply with its tokens, estimated where the server counts none."""
    if not reply.final or reply.input_tokens is not None:
        return reply
    output_tokens = reply.output_tokens or estimated_text(reply.text)
    return replace(reply, input_tokens=estimated(payload), output_tokens=output_tokens)


def _sum(*usd: float) -> float:
    """Add dollars without the dust of binary fractions."""
    return round(sum(usd), PLACES)


def estimated(payload: Payload) -> int:
    """Estimate the input tokens: one a Han character, one for 3.5 of all others, schema included.

    A rule of thumb for English log lines and prompts; it is used to tell a cost beforehand and
    where a server reports no usage.
    """
    return estimated_text("".join(_texts(payload)))


def estimated_text(text: str) -> int:
    """Estimate the tokens of one text by the same rule."""
    han = len(HAN.findall(text))
    return han + math.ceil((len(text) - han) / CHARACTERS_A_TOKEN)


def most_input(payload: Payload) -> int:
    """Return what the input tokens can't pass: its UTF-8 bytes, as no token is less than a byte."""
    texts = _texts(payload)
    return sum(len(text.encode()) for text in texts) + FRAME_BYTES * (len(texts) + 1)


def most_output(payload: Payload) -> int:
    """Return the bound that the payload itself sets on the answer."""
    bound = payload.get("max_tokens", payload.get("max_completion_tokens"))
    return cast("int", bound)


def _texts(payload: Payload) -> list[str]:
    messages = cast("list[dict[str, str]]", payload["messages"])
    texts = [message["content"] for message in messages]
    if "response_format" in payload:
        texts.append(orjson.dumps(payload["response_format"]).decode())
    return texts
