"""What traces are told of each verb: values in, spans out.

Rule: ids, codes and counts only; `Said` has no room for anything else.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from hub.flow.accept import Answer, Arrival
from hub.flow.ruling import Ruling
from hub.ledger.account import Event
from hub.ledger.admission import MessageRow
from hub.watch.traces import Said, Span, Verb

Times = tuple[int, int]
"""When something began and ended: nanoseconds since 1970."""


def of_door(arrival: Arrival, correlation_id: str, answer: Answer, times: Times) -> Span:
    """The door: from the whole document in hand to the commit."""
    said: Said = {
        "submission_id": answer.submission_id,
        "party": arrival.trust.party,
        "door": arrival.door,
        "dialect": answer.dialect,
        "status": answer.outcome,
    }
    return Span(
        verb=Verb.ACCEPT,
        correlation_id=correlation_id,
        subject=answer.submission_id,
        began=times[0],
        ended=times[1],
        said=said,
        caller=arrival.traceparent,
    )


def of_ruling(ruling: Ruling, correlation_id: str, submission_id: str) -> Iterator[Span]:
    """What the judge did: nothing where it left the document for later, no normalise where it refused it."""
    if ruling.took is None or ruling.later:
        return
    began, checked, ended = ruling.took
    said: Said = {"submission_id": submission_id, "dialect": ruling.dialect}
    subject = submission_id if ruling.progress is None else f"{submission_id}/{ruling.progress.next}"
    status: Said = {"status": "refused" if ruling.refused else "accepted"}
    yield Span(
        verb=Verb.CHECK,
        correlation_id=correlation_id,
        subject=subject,
        began=began,
        ended=checked,
        said={**said, **status},
    )
    if ruling.messages:
        yield Span(
            verb=Verb.NORMALISE,
            correlation_id=correlation_id,
            subject=subject,
            began=checked,
            ended=ended,
            said={**said, "messages": len(ruling.messages)},
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """A message that was decided: when that began, and when routing began and ended (0 where it was not routed)."""

    message: MessageRow
    began: int
    routing: int
    ended: int
    deliveries: int


def of_intake(decided: Decided, status: str, committed: int) -> Iterator[Span]:
    """Record, to the commit that the message shares with its neighbours; and route within it."""
    message = decided.message
    said: Said = {"message_id": message.id, "type": message.type, "dialect": message.dialect, "lane": "intake"}
    yield Span(
        verb=Verb.RECORD,
        correlation_id=message.correlation_id,
        subject=message.id,
        began=decided.began,
        ended=committed,
        said={**said, "status": status},
    )
    if decided.routing:
        yield Span(
            verb=Verb.ROUTE,
            correlation_id=message.correlation_id,
            subject=message.id,
            began=decided.routing,
            ended=decided.ended,
            said={**said, "deliveries": decided.deliveries},
        )


def of_sealing(events: Sequence[Event], correlations: Mapping[str, str], times: Times) -> Iterator[Span]:
    """What the feed got, each in the trace of its message."""
    for event in events:
        message_id = event.message_id
        if message_id is None or message_id not in correlations:
            continue
        said: Said = {"message_id": message_id, "event_id": event.id, "type": event.type, "position": event.position}
        yield Span(
            verb=Verb.SUBSCRIBE,
            correlation_id=correlations[message_id],
            subject=event.id,
            began=times[0],
            ended=times[1],
            said={**said, "lane": "subscribe"},
        )
