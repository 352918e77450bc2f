"""Business receipts: a sender is told, in its feed, of each delivery that did not go its way (design 3). Never silence.

    INVALID      REJECTED       the recipient cannot understand it
    DEAD         PENDING        it stopped, and an operator of the hub has to act
    EXPIRED      EXPIRED        its deadline passed, or it was given up, before any attempt
    DISCARDED    UNCONFIRMED    the same after an attempt that got no good answer: the recipient may have it

Rule: written in the transaction that moves the delivery. It names ids, the recipient and codes; never what a peer said.
What was delivered is not told by itself: a sender asks for its message.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import bindparam, select

from hub.ledger.decision import NewEvent
from hub.ledger.tables import messages
from hub.ledger.unit import Unit
from hub.message.lifecycle import DeliveryStatus
from hub.message.notice import ReceiptStatus

_SENDERS = select(messages.c.id, messages.c.party).where(messages.c.id.in_(bindparam("ids", expanding=True)))

_TOLD: Mapping[DeliveryStatus, tuple[ReceiptStatus, str]] = {
    DeliveryStatus.INVALID: (ReceiptStatus.REJECTED, "The recipient's system refused it as wrong."),
    DeliveryStatus.DEAD: (ReceiptStatus.PENDING, "It could not be delivered so far. The hub's operators are told."),
    DeliveryStatus.EXPIRED: (ReceiptStatus.EXPIRED, "It was not delivered before its deadline."),
    DeliveryStatus.DISCARDED: (ReceiptStatus.EXPIRED, "It was not delivered and was given up."),
}
_UNCONFIRMED = "It was sent, and nothing good came back: the recipient may have it. Ask there before it is sent again."


def tell_senders(unit: Unit, moved: Sequence[tuple[Any, DeliveryStatus]]) -> None:
    """Put a receipt in the feed for each delivery whose new status its sender has to know of. Rows of `deliveries`."""
    told = [(row, status) for row, status in moved if status in _TOLD]
    if not told:
        return
    ids = sorted({row.message_id for row, _ in told})
    senders: dict[str, str] = dict(unit.connection.execute(_SENDERS, {"ids": ids}).all())
    for row, status in told:
        case_id = None if row.order_key == row.message_id else row.order_key
        unit.tell(_receipt(row, status, senders[row.message_id]), row.message_id, case_id)


def _receipt(row: Any, status: DeliveryStatus, sender: str) -> NewEvent:
    code, words = _TOLD[status]
    if code is ReceiptStatus.EXPIRED and row.attempts:
        code, words = ReceiptStatus.UNCONFIRMED, _UNCONFIRMED
    body = {
        "type": "BusinessReceipt",
        "about": row.message_id,
        "status": code.value,
        "recipient": row.party,
        "delivery": row.id,
        "words": words,
    }
    return NewEvent(type="BusinessReceipt", audience=(sender,), body=json.dumps(body))
