"""How many calls may be in flight: fewer after a 429, more after a run of successes.

The rule is additive increase, multiplicative decrease (Chiu & Jain, 1989): times 0.75 on a 429,
plus 1 after 25 successes. Calls that were already in flight when the limit was cut tell nothing new
about it, so a burst of 429s cuts it once. Retry-After closes the gate for all of them.
"""

import asyncio
import time

FIRST = 8
CUT = 0.75
SUCCESSES_A_STEP = 25


class Limit:
    """A gate for calls. `at` is the bound as it stands, at least 1 and at most `most`."""

    def __init__(self, most: int) -> None:
        self.at = float(min(FIRST, most))
        self._most = most
        self._running = 0
        self._successes = 0
        self._tickets = 0
        self._cut_at = 0
        self._opens_at = 0.0
        self._changed = asyncio.Event()

    async def enter(self) -> int:
        """Wait for a place; return the call's ticket, a number that rises from call to call."""
        while True:
            closed_s = self._opens_at - time.monotonic()
            if closed_s > 0:
                await asyncio.sleep(closed_s)
            elif self._running < int(self.at):
                break
            else:
                self._changed.clear()
                await self._changed.wait()
        self._running += 1
        self._tickets += 1
        return self._tickets

    def leave(self) -> None:
        """Give the place back."""
        self._running -= 1
        self._changed.set()

    def succeeded(self) -> None:
        """Count a call that the endpoint took."""
        self._successes += 1
        if self._successes >= SUCCESSES_A_STEP:
            self._successes = 0
            self.at = min(float(self._most), self.at + 1)
            self._changed.set()

    def throttled(self, ticket: int, wait_s: float | None) -> None:
        """Cut the limit for a 429, and let no call start for `wait_s` seconds."""
        self._successes = 0
        if ticket > self._cut_at:
            self.at = max(1.0, self.at * CUT)
            self._cut_at = self._tickets
        if wait_s is not None:
            self._opens_at = max(self._opens_at, time.monotonic() + wait_s)
