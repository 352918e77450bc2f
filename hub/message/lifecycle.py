"""What may become of a message and of a delivery.

Rule: `advance` and `progress` are the only ways to move a status; what the tables do not allow is a Defect. The
diagrams in the documentation are printed from these tables.
"""

from __future__ import annotations

from enum import Enum, StrEnum
from typing import Self

from hub.message.errors import Defect


class _Told(Enum):
    """An enumeration whose members each carry a sentence."""

    words: str

    def __new__(cls, value: str, words: str) -> Self:
        member = object.__new__(cls)
        member._value_ = value
        member.words = words
        return member

    def __str__(self) -> str:
        return str(self.value)


class MessageStatus(_Told):
    """Where a message stands."""

    ACCEPTED = "ACCEPTED", "kept, and waiting to be recorded"
    REFUSED = "REFUSED", "not accepted; the sender was told why, and the bytes are kept"
    RECORDED = "RECORDED", "part of its case, and routed to everybody entitled"
    DUPLICATE = "DUPLICATE", "says what an earlier message has already said"
    UNMATCHED = "UNMATCHED", "kept until something links it to a case"
    STRANDED = "STRANDED", "recorded, but nobody is entitled to receive it"
    BURIED = "BURIED", "our defect: an operator runs it again after a release"


class MessageEvent(_Told):
    """What may happen to a message."""

    RECORD = "record", "its case is known and somebody is to have it"
    REPEAT = "repeat", "an earlier message said the same"
    MISS = "miss", "no case is known for it"
    STRAND = "strand", "nobody is entitled to receive it"
    BURY = "bury", "a defect of ours stopped it twice"
    REFUSE = "refuse", "a check after acceptance found it wrong"
    RERUN = "rerun", "an operator or a new link starts it again"


class DeliveryStatus(_Told):
    """Where a delivery to one recipient stands."""

    WAITING = "WAITING", "an earlier delivery of the same case goes first, or the way out is held"
    DUE = "DUE", "to be sent as soon as a worker is free, or at its due time"
    SENDING = "SENDING", "an attempt is under way"
    ACKNOWLEDGED = "ACKNOWLEDGED", "the recipient has it"
    INVALID = "INVALID", "the recipient cannot understand it: somebody must mend it"
    DEAD = "DEAD", "it cannot be delivered: we must act"
    DISCARDED = "DISCARDED", "an operator gave it up, with a reason"
    EXPIRED = "EXPIRED", "its deadline passed before the recipient had it"


class OnDead(StrEnum):
    """What a delivery that stopped does to what waits behind it."""

    STOP = "stop"
    PASS = "pass"  # noqa: S105 - not a password: the next goes, marked


class DeliveryEvent(_Told):
    """What may happen to a delivery."""

    REACH = "reach", "its turn in the order of its case has come"
    CLAIM = "claim", "a worker takes it"
    ACKNOWLEDGE = "acknowledge", "the recipient confirms"
    RETRY = "retry", "no answer, or one that asks to try again"
    REJECT = "reject", "the recipient says that it is wrong"
    EXHAUST = "exhaust", "attempts are used up, or the answer is final"
    LAPSE = "lapse", "the worker that held it is gone"
    DISCARD = "discard", "an operator gives it up"
    EXPIRE = "expire", "the deadline passed"
    REVIVE = "revive", "an operator sends it again"


M, ME = MessageStatus, MessageEvent
MESSAGE_TABLE: dict[tuple[MessageStatus, MessageEvent], MessageStatus] = {
    (M.ACCEPTED, ME.RECORD): M.RECORDED,
    (M.ACCEPTED, ME.REPEAT): M.DUPLICATE,
    (M.ACCEPTED, ME.MISS): M.UNMATCHED,
    (M.ACCEPTED, ME.STRAND): M.STRANDED,
    (M.ACCEPTED, ME.BURY): M.BURIED,
    (M.ACCEPTED, ME.REFUSE): M.REFUSED,
    (M.UNMATCHED, ME.RERUN): M.ACCEPTED,
    (M.STRANDED, ME.RERUN): M.ACCEPTED,
    (M.BURIED, ME.RERUN): M.ACCEPTED,
}

D, DE = DeliveryStatus, DeliveryEvent
DELIVERY_TABLE: dict[tuple[DeliveryStatus, DeliveryEvent], DeliveryStatus] = {
    (D.WAITING, DE.REACH): D.DUE,
    (D.WAITING, DE.DISCARD): D.DISCARDED,
    (D.WAITING, DE.EXPIRE): D.EXPIRED,
    (D.DUE, DE.CLAIM): D.SENDING,
    (D.DUE, DE.DISCARD): D.DISCARDED,
    (D.DUE, DE.EXPIRE): D.EXPIRED,
    (D.SENDING, DE.ACKNOWLEDGE): D.ACKNOWLEDGED,
    (D.SENDING, DE.RETRY): D.DUE,
    (D.SENDING, DE.LAPSE): D.DUE,
    (D.SENDING, DE.REJECT): D.INVALID,
    (D.SENDING, DE.EXHAUST): D.DEAD,
    (D.SENDING, DE.EXPIRE): D.EXPIRED,
    (D.INVALID, DE.DISCARD): D.DISCARDED,
    (D.INVALID, DE.REVIVE): D.DUE,
    (D.DEAD, DE.DISCARD): D.DISCARDED,
    (D.DEAD, DE.REVIVE): D.DUE,
}

SETTLED = frozenset({D.ACKNOWLEDGED, D.DISCARDED, D.EXPIRED})
"""A delivery in one of these lets the next of its case and endpoint go."""


def advance(status: MessageStatus, event: MessageEvent) -> MessageStatus:
    """The status of a message after an event. Raises Defect where the table has no such move."""
    try:
        return MESSAGE_TABLE[status, event]
    except KeyError:
        raise Defect(f"a message that is {status} cannot {event}") from None


def progress(status: DeliveryStatus, event: DeliveryEvent) -> DeliveryStatus:
    """The status of a delivery after an event. Raises Defect where the table has no such move."""
    try:
        return DELIVERY_TABLE[status, event]
    except KeyError:
        raise Defect(f"a delivery that is {status} cannot {event}") from None
