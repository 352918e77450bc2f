"""How long to go on trying, and when to stop trying an endpoint altogether. Pure; the waits are due times.

Rule: what a peer calls wrong is INVALID (somebody must mend it); what cannot be delivered is DEAD (we must act).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from hub.contract import Again, Final
from hub.ledger.attempt import Claimed, Outcome
from hub.message.lifecycle import DeliveryEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """The schedule of waits in seconds (the last repeats), the number of attempts, and the breaker's figures.

    `jitter` gives a factor near 1 for each wait, so that many deliveries do not come back at the same moment. A peer
    that cannot be reached uses nothing up: there the delivery's deadline decides, and no wait is longer than
    `unreached_seconds`, so that what waited goes on soon after the peer is back.
    """

    waits: tuple[float, ...]
    attempts: int
    jitter: Callable[[], float]
    breaks_after: int = 5
    probe_seconds: float = 15.0
    unreached_seconds: float = 300.0

    def judge(self, one: Claimed, judgement: Again | Final, status: str, now: datetime) -> Outcome:
        """What an answer other than yes leads to."""
        if isinstance(judgement, Final):
            event = DeliveryEvent.REJECT if judgement.invalid else DeliveryEvent.EXHAUST
            return Outcome(event=event, answer=status, reason=judgement.words)
        return self.after(one, f"{status}: {judgement.words}", now, away=False, wait=judgement.after)

    def after(self, one: Claimed, reason: str, now: datetime, *, away: bool, wait: float | None) -> Outcome:
        """When to try again after an attempt that failed, or that it was the last."""
        if one.attempt >= self.attempts and not (away and one.deadline is not None):
            spent = f"{reason}; {one.attempt} attempts used"
            return Outcome(event=DeliveryEvent.EXHAUST, reason=spent, away=away)
        seconds = self._wait(one.attempt) if wait is None else wait
        due = now + timedelta(seconds=min(seconds, self.unreached_seconds) if away else seconds)
        return Outcome(event=DeliveryEvent.RETRY, due_at=due, reason=reason, away=away)

    def untaken(self, reason: str, now: datetime) -> Outcome:
        """A peer that takes nothing for now: no attempt is used up, and its gate closes so that one goes first."""
        return Outcome(event=DeliveryEvent.RETRY, due_at=self.probe_at(now), reason=reason, away=True, tried=False)

    def probe_at(self, now: datetime) -> datetime:
        """When a broken endpoint is tried again."""
        return now + timedelta(seconds=self.probe_seconds)

    def _wait(self, attempt: int) -> float:
        return self.waits[min(attempt, len(self.waits)) - 1] * self.jitter()
