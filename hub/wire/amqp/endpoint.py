"""Deliveries into the queue of a party: what the broker has confirmed there is delivered.

One that is larger than the broker takes is answered as HTTP would.

Rule: the id of a delivery is the id of its message, at every attempt, so that the party knows one that comes twice.
"""

from __future__ import annotations

from collections.abc import Sequence

from hub.message.errors import Unavailable
from hub.wire import Consignment, Response, TakesNothing
from hub.wire.amqp.mail import Fate, Mail, Parcel
from hub.wire.amqp.queues import Queue

_ID, _CORRELATION = "Idempotency-Key", "X-Correlation-Id"
_LONGEST = 255  # bytes of a property


class AmqpTransport:
    """A way to one party's queue."""

    def __init__(self, mail: Mail, queue: Queue, seconds: float) -> None:
        self._mail, self._queue, self._seconds = mail, queue, seconds

    def send(self, consignment: Consignment) -> Response:
        """One attempt. Raises Unavailable where the broker did not confirm it."""
        [answer] = self.send_many([consignment])
        if isinstance(answer, Unavailable):
            raise answer
        return answer

    def send_many(self, consignments: Sequence[Consignment]) -> Sequence[Response | Unavailable]:
        """One attempt for each, in one window."""
        fates = self._mail.send(self._queue.name, [_parcel(one) for one in consignments], self._seconds)
        return [_answer(fate) for fate in fates]

    def close(self) -> None:
        """Nothing is held here: the connection is that of all parties."""


def _parcel(one: Consignment) -> Parcel:
    """What HTTP has in headers is in properties here. A correlation id that is too long for one stays a header."""
    headers = {name: text for name, text in one.headers.items() if name != _ID}
    fits = len(headers.get(_CORRELATION, "").encode()) <= _LONGEST
    return Parcel(
        body=one.body,
        type=one.type,
        message_id=one.headers[_ID],
        content_type=one.content_type,
        correlation_id=headers.pop(_CORRELATION, None) if fits else None,
        headers=headers,
    )


def _answer(fate: Fate) -> Response | Unavailable:
    match fate:
        case Fate.KEPT:
            return Response(status=0, words="confirmed in its queue")
        case Fate.FULL | Fate.AWAY:
            return TakesNothing(fate.value)
        case Fate.TOO_LARGE:
            return Response(status=413)
        case _:
            return Unavailable(fate.value)
