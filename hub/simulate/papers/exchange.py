"""The papers that no agency has a published format for, in the exchange's own canonical XML (schemas/exchange/1)."""

from __future__ import annotations

from datetime import datetime

from hub.canonical.write import write
from hub.message.envelope import Body, Envelope, Message, Sender, Source


def canonical_paper(body: Body, sender: str, message_id: str, at: datetime) -> bytes:
    """A body in an envelope of the sender's own, who calls it `message_id`."""
    envelope = Envelope(
        message_id=message_id,
        correlation_id=message_id,
        sender=Sender(party=sender, system=f"{sender}-system"),
        source=Source(dialect="exchange", version="1", reference=message_id),
        occurred_at=at,
        accepted_at=at,
    )
    return write(Message(envelope=envelope, body=body))
