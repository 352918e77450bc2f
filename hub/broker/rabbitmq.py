"""RabbitMQ as the broker: slips come from its queues, and the relay puts them there.

Rule: the ledger is the truth and RabbitMQ may forget everything. A slip is acknowledged after its step's commit; one
whose step is not done within the lease goes back to its queue; one whose connection is lost comes again by itself.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import inf
from threading import Condition
from time import monotonic

import structlog

from hub.broker import Taken
from hub.broker.relay import Relay, queue_of
from hub.ledger import Clock, Ledger
from hub.message.slip import Lane, Slip
from hub.wire import Standing
from hub.wire.amqp import SILENCE_SECONDS, Address
from hub.wire.amqp.consume import Consumer, Handlers, Letter, Receipt
from hub.wire.amqp.publish import Publisher

log = structlog.get_logger()

LEASE_SECONDS = 120.0
"""Longer than any step that takes slips; a slip given twice does no harm."""

AHEAD = {Lane.INTAKE: 256, Lane.SEND: 512, Lane.SUBSCRIBE: 256}
"""Slips that RabbitMQ gives a process before any is done: two batches for each thread, and no more, so that other
processes get their share."""

_LANE_OF = {queue_of(lane): lane for lane in Lane}


@dataclass(frozen=True, slots=True)
class _Held:
    """A slip in a worker's hands."""

    receipt: Receipt
    until: datetime


class RabbitBroker:
    """Slips by way of RabbitMQ, for one process of many."""

    def __init__(
        self,
        ledger: Ledger,
        clock: Clock,
        address: Address,
        *,
        lease_seconds: float = LEASE_SECONDS,
        ahead: Mapping[Lane, int] = AHEAD,
        silence_seconds: float = SILENCE_SECONDS,
    ) -> None:
        self._clock, self._address = clock, address
        self._lease = timedelta(seconds=lease_seconds)
        self._ahead, self._silence_seconds = ahead, silence_seconds
        self._bell = Condition()
        self._ready: dict[Lane, deque[Letter]] = {lane: deque() for lane in Lane}
        self._held: dict[int, _Held] = {}
        self._last_mark = 0
        self._stopped = False
        self._publisher = Publisher(address, [queue_of(lane) for lane in Lane], self._tell_publisher, silence_seconds)
        self._relay = Relay(ledger, clock, self._publisher)
        self._consumer: Consumer | None = None

    def start(self, lanes: Collection[Lane]) -> None:
        """Begin to connect, to relay slips of all lanes, and to take slips of these. Does not wait for the broker.

        Consuming begins when publishing can: RabbitMQ fails one of two connections that declare a queue at once.
        """
        ahead = {queue_of(lane): self._ahead[lane] for lane in lanes}
        handlers = Handlers(arrived=self._arrived, lost=self._lost, told=self._tell)
        self._consumer = Consumer(self._address, ahead, handlers, self._silence_seconds)
        self._publisher.start()
        self._relay.start()

    def take(self, lane: Lane, limit: int, wait_seconds: float) -> Sequence[Taken]:
        """At most `limit` slips of a lane; waits for the first as long as said. None once stopped."""
        until = monotonic() + wait_seconds
        ready = self._ready[lane]
        while True:
            self._lapse()
            with self._bell:
                pause = until - monotonic()
                if self._stopped or ready or pause <= 0:
                    return [self._hand_out(ready.popleft()) for _ in range(min(limit, len(ready)))]
                self._bell.wait_for(lambda: self._stopped or ready, min(pause, self._to_next_lapse()))

    def done(self, taken: Sequence[Taken]) -> None:
        """Acknowledge. A slip whose lease has ended, or whose connection is gone, comes again whatever is said here."""
        with self._bell:
            held = [self._held.pop(one.mark, None) for one in taken]
        if self._consumer is not None:
            self._consumer.acknowledge([one.receipt for one in held if one is not None])

    def stop(self) -> None:
        """Wake everybody, give no more and relay no more. What nobody took goes back to its queue."""
        with self._bell:
            self._stopped = True
            left = [letter.receipt for ready in self._ready.values() for letter in ready]
            for ready in self._ready.values():
                ready.clear()
            self._bell.notify_all()
        self._relay.stop()
        if self._consumer is not None:
            self._consumer.pause()
            self._consumer.give_back(left)

    def close(self) -> None:
        """Close the connections. What was taken and not done comes again, here or elsewhere."""
        self.stop()
        self._publisher.stop()
        self._relay.join(10.0)
        if self._consumer is not None:
            self._consumer.stop()

    def standing(self) -> Standing:
        """Whether slips can pass now; away until both connections are up."""
        if self._consumer is None or self._consumer.standing is Standing.AWAY:
            return Standing.AWAY
        return self._publisher.standing

    # --- on the pumping threads

    def _arrived(self, letter: Letter) -> None:
        with self._bell:
            if not self._stopped:
                ready = self._ready[_LANE_OF[letter.queue]]
                ready.append(letter)
                if len(ready) == 1:  # else whoever waits for this lane is being woken already
                    self._bell.notify_all()

    def _lost(self) -> None:
        """What came on that connection comes again, so none of it is ours any more."""
        with self._bell:
            self._held.clear()
            for ready in self._ready.values():
                ready.clear()

    def _tell_publisher(self, standing: Standing, why: str) -> None:
        self._tell(standing, why)
        if standing is Standing.UP and self._consumer is not None:
            self._consumer.start()

    def _tell(self, standing: Standing, why: str) -> None:
        if not self._stopped:
            tell = log.info if standing is Standing.UP else log.warning
            tell("broker", standing=standing.value, why=why, address=str(self._address))

    # --- leases

    def _hand_out(self, letter: Letter) -> Taken:
        self._last_mark += 1
        self._held[self._last_mark] = _Held(letter.receipt, self._clock() + self._lease)
        return Taken(Slip(_LANE_OF[letter.queue], letter.body.decode(errors="replace")), self._last_mark)

    def _lapse(self) -> None:
        """Give back what was taken and not done within its lease."""
        now = self._clock()
        lapsed: list[Receipt] = []
        with self._bell:
            while (mark := next(iter(self._held), None)) is not None and self._held[mark].until <= now:
                lapsed.append(self._held.pop(mark).receipt)
        if lapsed and self._consumer is not None:
            self._consumer.give_back(lapsed)

    def _to_next_lapse(self) -> float:
        """Seconds until the first lease ends; marks are kept in the order in which they were given."""
        mark = next(iter(self._held), None)
        return inf if mark is None else max((self._held[mark].until - self._clock()).total_seconds(), 0.0)
