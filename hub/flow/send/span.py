"""What traces are told of an attempt to deliver."""

from __future__ import annotations

from hub.ledger.attempt import Claimed, Outcome
from hub.message.lifecycle import DeliveryEvent
from hub.watch.traces import Said, Span, Verb


def attempt_of(one: Claimed) -> str:
    """What tells one attempt from another."""
    return f"{one.delivery_id}/{one.fence}"


def of_attempt(one: Claimed, outcome: Outcome, times: tuple[int, int]) -> Span:
    """One attempt, between two moments in nanoseconds since 1970."""
    said: Said = {
        "delivery_id": one.delivery_id,
        "message_id": one.message.id,
        "party": one.party,
        "endpoint": one.endpoint,
        "dialect": one.dialect,
        "lane": "send",
        "attempt": one.attempt,
        "status": str(outcome.event),
    }
    return Span(
        verb=Verb.SEND,
        correlation_id=one.message.correlation_id,
        subject=attempt_of(one),
        began=times[0],
        ended=times[1],
        said=said,
        failed=outcome.event is not DeliveryEvent.ACKNOWLEDGE,
    )
