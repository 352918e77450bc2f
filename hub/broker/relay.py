"""The relay: it carries due slips from the outbox to RabbitMQ, in windows.

Rule: a slip leaves the outbox only once the broker has confirmed it. Nothing is claimed while the broker is away; what
it did not confirm is published again, which does no harm. A slip lost after its confirm is the sweeper's to find.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from threading import Event, Thread

import structlog

from hub.ledger import Clock, Ledger
from hub.ledger.account import ClaimedSlip
from hub.message.errors import HubError, Unavailable
from hub.message.slip import Lane, Slip
from hub.watch.metrics import RELAY
from hub.wire.amqp.publish import Post, Publisher

log = structlog.get_logger()

WINDOW = 512
"""Slips of one lane that are published before their confirms are waited for."""

LEASE_SECONDS = 30.0
"""How long a relay has for its window; the slips of one that died are due again after it."""

LOOK_SECONDS = 1.0
"""How often to look for slips that another process wrote: an operator's command, or one that died before its relay."""


LINGER_SECONDS = 0.005
"""After a window that was not full, so that what comes together goes together: fewer claims, fewer confirms."""


def queue_of(lane: Lane) -> str:
    """The queue of a lane."""
    return f"cjhub.{lane.value}"


def post_of(slip: Slip) -> Post:
    """A slip as it is published: the id alone; the queue is the lane."""
    return Post(queue_of(slip.lane), slip.id.encode())


class Relay:
    """A thread that publishes what is due."""

    def __init__(self, ledger: Ledger, clock: Clock, publisher: Publisher) -> None:
        self._ledger, self._clock, self._publisher = ledger, clock, publisher
        self._bell = Event()
        self._stop = Event()
        self._unconfirmed: Sequence[ClaimedSlip] = ()
        self._dues: Mapping[Lane, datetime] = {}  # when the first slip of a lane is due, at the last look
        self._thread = Thread(target=self._run, name="relay", daemon=True)
        ledger.on_slips(self._ring)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """Claim nothing more. A window under way ends with the publisher's connection."""
        self._stop.set()
        self._bell.set()

    def join(self, timeout: float) -> None:
        """Wait for the end, so that what was confirmed leaves the outbox."""
        if self._thread.ident is not None:
            self._thread.join(timeout)

    def _ring(self, lanes: frozenset[Lane]) -> None:
        self._bell.set()

    def _run(self) -> None:
        while not self._stop.is_set():
            if not self._publisher.await_up(LOOK_SECONDS):
                continue
            try:
                if not (carried := self._carry()):
                    self._sleep()
                elif carried < WINDOW:
                    self._stop.wait(LINGER_SECONDS)
            except Unavailable as cause:
                log.warning("unavailable", step="relay", what=str(cause))
                self._stop.wait(LOOK_SECONDS)
            except HubError as cause:
                log.error("defect", step="relay", kind=type(cause).__name__)
                self._stop.wait(LOOK_SECONDS)

    def _carry(self) -> int:
        """Publish one window, what was left unconfirmed first: how many slips left the outbox."""
        window = self._unconfirmed or self._claim()
        self._unconfirmed = window
        confirmed = self._publisher.publish([post_of(one.slip) for one in window])
        self._unconfirmed = [one for position, one in enumerate(window) if position not in confirmed]
        self._ledger.finish_slips([window[position].number for position in sorted(confirmed)])
        RELAY.labels("confirmed").inc(len(confirmed))
        RELAY.labels("unconfirmed").inc(len(self._unconfirmed))
        return len(confirmed)

    def _claim(self) -> list[ClaimedSlip]:
        self._bell.clear()
        self._dues, now = self._ledger.next_slips_due(), self._clock()
        claimed: list[ClaimedSlip] = []
        for lane in [lane for lane, due in self._dues.items() if due <= now]:
            claimed += self._ledger.claim_slips(lane, WINDOW, LEASE_SECONDS)
        return claimed

    def _sleep(self) -> None:
        """Until the bell rings, which it has done already if a slip was written since the last look; until the next
        slip falls due; or until it is time to look. What was due and could not be had is another's, or goes again."""
        now = self._clock()
        ahead = [(due - now).total_seconds() for due in self._dues.values() if due > now]
        self._bell.wait(min([*ahead, LOOK_SECONDS]))
