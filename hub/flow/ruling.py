"""What a judged document comes down to: everything the door keeps and answers with, and nothing that holds a tree.

Rule: a ruling is plain values, so that it may come from another process.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from hub.contract import Trust
from hub.contract.hops import Call, Hopping, Said, Telling
from hub.flow.cases import Progress
from hub.flow.judge import Judge, Judged, Terms
from hub.flow.normalise import Canonical
from hub.flow.record.keys import keys_of
from hub.flow.timing import Took
from hub.ledger.admission import BrokenRule, NewMessage
from hub.message.errors import WRONG_CODE, Defect, Fault
from hub.message.hops import Hop


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruling:
    """The verdict on one document, or on some cases of a file of many (then `progress` tells how far this went).

    `payload` is the sender's own text where it made one message and was enclosed. `hop` is what its sender calls it,
    `said` what it tells of something that was sent earlier, and `call` what was asked at a SOAP door.
    """

    dialect: str | None = None
    version: str | None = None
    reference: str | None = None
    later: bool = False
    refused: bool = False
    faults: tuple[Fault, ...] = ()
    broken: tuple[BrokenRule, ...] = ()
    messages: tuple[NewMessage, ...] = ()
    findings: tuple[int, ...] = ()
    correlation_id: str | None = None
    payload: str | None = None
    progress: Progress | None = None
    hop: Hop | None = None
    said: Said | None = None
    call: Call | None = None
    took: Took | None = field(default=None, compare=False)


Rule = Callable[[bytes, Trust, datetime, Terms], Ruling]
"""Judges a document, here or in another process. Raises Defect where our own code fails on it."""


def ruler(judge: Judge) -> Rule:
    """Rules in this process."""

    def rule(raw: bytes, trust: Trust, at: datetime, terms: Terms) -> Ruling:
        try:
            return ruling(judge.judge(raw, trust, at, terms))
        except WRONG_CODE as cause:
            raise Defect(f"{type(cause).__name__} while judging") from cause

    return rule


def ruling(judged: Judged) -> Ruling:
    """The plain values of what came of a document."""
    messages = [kept.message for kept in judged.messages]
    opened, reader = judged.opened, judged.reader
    return Ruling(
        dialect=reader.dialect if reader else None,
        version=reader.version if reader else None,
        reference=opened.reference if opened else None,
        later=judged.later,
        refused=judged.refused,
        faults=judged.faults,
        broken=judged.broken,
        messages=tuple(
            new_message(kept, ordinal) for ordinal, kept in zip(judged.ordinals, judged.messages, strict=True)
        ),
        findings=tuple(len(message.findings) for message in messages),
        correlation_id=messages[0].envelope.correlation_id if messages else None,
        payload=opened.payload if opened and len(messages) == 1 else None,
        progress=judged.progress,
        hop=reader.hop(opened) if opened and isinstance(reader, Hopping) else None,
        call=judged.call,
        said=reader.said(opened) if opened and isinstance(reader, Telling) else None,
        took=judged.took,
    )


def new_message(kept: Canonical, ordinal: int) -> NewMessage:
    """A canonical message as the ledger keeps it."""
    message = kept.message
    return NewMessage(
        id=message.envelope.message_id,
        ordinal=ordinal,
        type=type(message.body).__name__,
        canonical=kept.xml,
        content_hash=kept.content_hash,
        keys=keys_of(message.body),
        reference=message.envelope.source.reference,
        occurred_at=message.envelope.occurred_at,
        mode=message.envelope.mode.value,
        previous_version_of=message.envelope.previous_version_of,
        mapping=message.envelope.source.mapping,
        documents=kept.attachments,
    )
