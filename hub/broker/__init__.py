"""The broker: it spreads the work that the ledger's slips announce.

Rule: a slip carries a lane and an id and no more; any slip may be lost or come twice without harm, because the ledger
knows what was done and the sweeper rings for what stands still.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Protocol

from hub.message.slip import Lane, Slip
from hub.wire import Standing


@dataclass(frozen=True, slots=True)
class Taken:
    """A slip in the hands of one worker, with the broker's own mark for it."""

    slip: Slip
    mark: int


class Broker(Protocol):
    """Where workers get their slips."""

    def start(self, lanes: Collection[Lane]) -> None:
        """Begin: slips of these lanes are wanted here."""

    def take(self, lane: Lane, limit: int, wait_seconds: float) -> Sequence[Taken]:
        """At most `limit` slips of a lane; waits for the first as long as said. None once stopped."""

    def done(self, taken: Sequence[Taken]) -> None:
        """These steps are done, or no longer wanted: do not give their slips again."""

    def stop(self) -> None:
        """Wake everybody who waits in `take`, and give no more. What was taken may still be done."""

    def close(self) -> None:
        """Let connections go. What was taken and not done comes again, here or elsewhere."""

    def standing(self) -> Standing:
        """Whether slips can pass now. Where they cannot, they wait in the ledger and nothing is lost."""
