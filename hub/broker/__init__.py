"""The broker: it spreads the work that the ledger's slips announce.

Rule: a slip carries a lane and an id and no more; any slip may be lost or come twice without harm, because the ledger
knows what was done and the sweeper rings for what stands still.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from hub.message.slip import Lane, Slip


@dataclass(frozen=True, slots=True)
class Taken:
    """A slip in the hands of one worker, with the broker's own mark for it."""

    slip: Slip
    mark: int


class Broker(Protocol):
    """Where workers get their slips."""

    def take(self, lane: Lane, limit: int, wait_seconds: float) -> Sequence[Taken]:
        """At most `limit` slips of a lane; waits for the first as long as said. None once stopped."""

    def done(self, taken: Sequence[Taken]) -> None:
        """These steps are done, or no longer wanted: do not give their slips again."""

    def stop(self) -> None:
        """Wake everybody who waits in `take`, and give no more."""
