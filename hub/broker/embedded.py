"""The embedded broker: workers claim slips from the outbox itself, in place.

Rule: within one process nobody polls. A worker sleeps until a commit adds a slip of its lane, or until the next one
falls due; where other processes add slips too, it looks again after a moment. A slip that is not finished within its
lease is due again by itself.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from math import inf
from threading import Condition
from time import monotonic

from hub.broker import Taken
from hub.ledger import Clock, Ledger
from hub.message.slip import Lane
from hub.wire import Standing

LEASE_SECONDS = 120.0
"""Longer than any step that takes slips; a slip given twice does no harm."""

LOOK_SECONDS = 0.25
"""How soon a slip of another process is seen. A look costs one short reading of an index."""


class EmbeddedBroker:
    """Slips straight from the ledger, within one process or, over a ledger that is shared, several."""

    def __init__(self, ledger: Ledger, clock: Clock, *, lease_seconds: float = LEASE_SECONDS) -> None:
        self._ledger = ledger
        self._clock = clock
        self._lease_seconds = lease_seconds
        self._longest_sleep = LOOK_SECONDS if ledger.shared else inf
        self._bell = Condition()
        self._rings: Counter[Lane] = Counter()
        self._stopped = False
        ledger.on_slips(self._ring)

    def start(self, lanes: Collection[Lane]) -> None:
        """Nothing is to be begun: whoever takes, claims."""

    def take(self, lane: Lane, limit: int, wait_seconds: float) -> Sequence[Taken]:
        """At most `limit` slips of a lane; waits for the first as long as said. None once stopped."""
        until = monotonic() + wait_seconds
        while not self._stopped:
            heard = self._rings[lane]
            due = self._ledger.next_slip_due(lane)
            pause = until - monotonic()
            if due is not None:
                ahead = (due - self._clock()).total_seconds()
                if ahead <= 0 and (taken := self._claim(lane, limit)):
                    return taken
                pause = min(pause, max(ahead, 0.0))
            if until <= monotonic():
                break
            self._sleep(lane, heard, min(pause, self._longest_sleep))
        return ()

    def done(self, taken: Sequence[Taken]) -> None:
        """Take these slips out of the outbox."""
        self._ledger.finish_slips([one.mark for one in taken])

    def stop(self) -> None:
        """Wake everybody, and give no more."""
        with self._bell:
            self._stopped = True
            self._bell.notify_all()

    def close(self) -> None:
        """There is no connection; what was taken and not done comes again after its lease."""

    def standing(self) -> Standing:
        """Slips pass wherever the ledger does."""
        return Standing.UP

    def _claim(self, lane: Lane, limit: int) -> Sequence[Taken]:
        claimed = self._ledger.claim_slips(lane, limit, self._lease_seconds)
        return [Taken(one.slip, one.number) for one in claimed]

    def _ring(self, lanes: frozenset[Lane]) -> None:
        with self._bell:
            self._rings.update(lanes)
            self._bell.notify_all()

    def _sleep(self, lane: Lane, heard: int, seconds: float) -> None:
        """Until the bell has rung for the lane more often than was heard, or the time is up."""
        with self._bell:
            self._bell.wait_for(lambda: self._stopped or self._rings[lane] != heard, max(seconds, 0.0))
