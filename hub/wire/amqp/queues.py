"""The queues that a party has at the broker: one in, one for replies, one out. Which party it is, its name says.

    cjhub.in.PARTY      an exchange that the party publishes to, and the queue behind it that only the hub reads
    cjhub.reply.PARTY   the hub's answer to each of its messages; the party reads it
    cjhub.out.PARTY     deliveries, by way of the exchange cjhub.out; the party reads it

Rule: only the hub declares; a party may configure nothing. A full queue refuses what comes, so that nothing that was
confirmed is dropped; and one that gives a message back does not lose it, however often it does.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

OUT = "cjhub.out"
"""The exchange of all deliveries: the key is the party's code."""

OTHERWISE = "inequivalent arg"
"""What RabbitMQ says where a queue is there with other bounds than it is declared with."""

_WAITING = 10_000  # messages that may wait for the hub, and replies that may wait for a party
_GIVEN_BACK = 1_000_000_000  # times that a message may come back: else RabbitMQ 4 drops it at the twentieth


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """A queue of a party, kept by a majority of the broker's nodes. `single` gives it to one consumer at a time."""

    name: str
    key: str
    limit: int
    exchange: str = ""
    single: bool = False

    def declare(self, channel: Any, *, as_it_is: bool = False) -> None:
        """Declare it and what leads to it. `as_it_is`: it was made with other bounds, and stays so."""
        if self.exchange:
            channel.exchange_declare(self.exchange, "direct", durable=True)
        if not as_it_is:
            channel.queue_declare(self.name, durable=True, arguments=self._arguments())
        if self.exchange:
            channel.queue_bind(self.name, self.exchange, self.key)

    def _arguments(self) -> dict[str, object]:
        return {
            "x-queue-type": "quorum",
            "x-max-length": self.limit,
            "x-overflow": "reject-publish",
            "x-delivery-limit": _GIVEN_BACK,
            **({"x-single-active-consumer": True} if self.single else {}),
        }


def door_of(party: str) -> Queue:
    """Where a party's documents come in. One process at a time takes from it, so that they are taken in their order."""
    name = f"cjhub.in.{party}"
    return Queue(name=name, key=party, limit=_WAITING, exchange=name, single=True)


def replies_to(party: str) -> Queue:
    """Where a party reads what became of its documents."""
    name = f"cjhub.reply.{party}"
    return Queue(name=name, key=name, limit=_WAITING)


def way_out_to(party: str, limit: int) -> Queue:
    """Where a party reads its deliveries."""
    return Queue(name=f"{OUT}.{party}", key=party, limit=limit, exchange=OUT)
