"""The ledger: what is spent, what calls in flight may still cost, and whether one more fits.

The budget is hard: a call starts only if all that was paid, may have been paid, and may yet be
paid for what is in flight, together with this call's own upper bound, is within it. So it can only
be passed by a server that counts more tokens than the request has bytes or max_tokens allows.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace

from piiforge.chat.journal import Bill, Journal
from piiforge.chat.prices import Price
from piiforge.chat.records import Spent
from piiforge.chat.replies import Reply
from piiforge.chat.tokens import estimated, estimated_text, most_input, most_output

PLACES = 12  # decimals of a dollar; the cheapest token costs more than the eighth

Payload = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Held:
    """A call that was written down, and the dollars held back for it (0 where unpriced)."""

    number: int
    key: str
    usd: float


class Ledger:
    """Holds, settles and sums up. Every change is in the journal before it is here."""

    def __init__(self, journal: Journal, price: Price | None, budget_usd: float | None) -> None:
        self.price = price
        self._journal = journal
        self._budget = budget_usd
        self._in_flight = 0
        self._settled = asyncio.Event()
        self.spent = self._remembered()

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
        spent = self.spent
        self.spent = replace(
            spent,
            held_usd=_sum(spent.held_usd, -held.usd),
            unsure_usd=_sum(spent.unsure_usd, held.usd if bill.state == "lost" else 0.0),
            input_tokens=spent.input_tokens + bill.input_tokens,
            output_tokens=spent.output_tokens + bill.output_tokens,
            usd=self._usd(spent.usd, bill),
        )
        self._settled.set()

    def settle_batched(self, number: int, key: str, reply: Reply) -> None:
        """Write down what a batch brought for one call (it counts the tokens itself).

        The sums are as before until `reread`.
        """
        self._journal.settle(number, self._bill(reply, batch=True), key, reply)

    def reread(self) -> None:
        """Take the sums from the journal again."""
        self.spent = replace(self._remembered(), cached=self.spent.cached)

    def served(self) -> None:
        """Count a request that needed no call of its own."""
        self.spent = replace(self.spent, cached=self.spent.cached + 1)

    def _bill(self, reply: Reply | None, *, batch: bool = False) -> Bill:
        if reply is None:
            return Bill("lost")
        if reply.input_tokens is None:
            return Bill("free" if reply.free else "lost")
        return self._priced(reply.input_tokens, reply.output_tokens or 0, batch=batch)

    def _priced(self, input_tokens: int, output_tokens: int, *, batch: bool) -> Bill:
        price = self.price
        usd = price.of(input_tokens, output_tokens, batch=batch) if price else None
        return Bill("paid", input_tokens, output_tokens, usd)

    def _usd(self, so_far: float | None, bill: Bill) -> float | None:
        if bill.state != "paid":
            return so_far
        return None if so_far is None or bill.usd is None else _sum(so_far, bill.usd)

    def _remembered(self) -> Spent:
        """Sum up the journal; what was paid while its price was unknown is priced as of now."""
        told = self._journal.totals()
        usd: float | None = told.usd
        if told.unpriced_input or told.unpriced_output:
            price = self.price
            more = price.of(told.unpriced_input, told.unpriced_output) if price else None
            usd = None if more is None else told.usd + more
        return Spent(
            told.calls, told.retries, 0, told.input_tokens, told.output_tokens,
            usd, told.lost_usd, told.held_usd,
        )  # fmt: skip


def counted(reply: Reply, payload: Payload) -> Reply:
    """Return a final reply with its tokens, estimated where the server counts none."""
    if not reply.final or reply.input_tokens is not None:
        return reply
    output_tokens = reply.output_tokens or estimated_text(reply.text)
    return replace(reply, input_tokens=estimated(payload), output_tokens=output_tokens)


def _sum(*usd: float) -> float:
    """Add dollars without the dust of binary fractions."""
    return round(sum(usd), PLACES)
