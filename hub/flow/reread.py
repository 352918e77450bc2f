"""Kept documents read again by another edition of their dialect: what would differ, and what may replace it.

Rule: looking changes nothing. A replacement is a new message that names the one before; it goes through intake as any
message, so that the register and the recipients get it. The way back is to read again by the edition before.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from hub.canonical.compare import Difference, compare
from hub.canonical.read import read
from hub.contract import Trust
from hub.document.xml import parse_own
from hub.flow.judge import Judge, Terms
from hub.flow.normalise import Canonical, canonical
from hub.flow.ruling import new_message
from hub.flow.second import Pair, chunk_of, pairs
from hub.ledger.account import Reread
from hub.ledger.admission import NewMessage
from hub.message.envelope import Message
from hub.message.errors import Fault


@dataclass(frozen=True, slots=True, kw_only=True)
class Replacement:
    """A message that differs: its id, and the one that may take its place."""

    message_id: str
    message: NewMessage


@dataclass(frozen=True, slots=True, kw_only=True)
class Again:
    """What came of reading one document, or one case of many, again. `faults` where the other edition refuses it."""

    submission_id: str
    message_ids: tuple[str, ...]
    differences: tuple[Difference, ...] = ()
    faults: tuple[Fault, ...] = ()
    replacements: tuple[Replacement, ...] = ()


def read_again(judge: Judge, one: Reread, trust: Trust, terms: Terms, at: datetime) -> Iterator[Again]:
    """Read a submission by the edition that `terms` names, and tell of each document or case.

    `at` is the time of the replacements. There is none where the edition refuses, or makes another number of messages
    of a document: that is for a person to look at.
    """
    judged = judge.judge(one.raw, trust, one.received_at, replace(terms, chunk=chunk_of(one)))
    for pair in pairs(one, judged.messages, judged.ordinals, judged.faults):
        ids = tuple(each.id for each in pair.standing)
        if not pair.found:
            yield Again(submission_id=one.submission_id, message_ids=ids, faults=pair.faults)
            continue
        before = [read(parse_own(each.canonical)) for each in pair.standing]
        found = compare(before, [fresh.message for fresh in pair.found])
        made: tuple[Replacement, ...] = ()
        if found and len(before) == len(pair.found):
            made = tuple(_replacements(judge, before, pair, at))
        yield Again(submission_id=one.submission_id, message_ids=ids, differences=found, replacements=made)


def _replacements(judge: Judge, before: Sequence[Message], pair: Pair[Canonical], at: datetime) -> list[Replacement]:
    made = []
    for standing, held, fresh in zip(pair.standing, before, pair.found, strict=True):
        found = fresh.message
        if compare([held], [found]):
            kept = canonical(_following(held, found, at), judge.found.bundle, fresh.attachments)
            message = replace(new_message(kept, standing.ordinal), version=found.envelope.source.version)
            made.append(Replacement(message_id=held.envelope.message_id, message=message))
    return made


def _following(held: Message, found: Message, at: datetime) -> Message:
    """The new reading as the next version of the message that it replaces."""
    envelope = replace(
        found.envelope,
        correlation_id=held.envelope.correlation_id,
        version=held.envelope.version + 1,
        previous_version_of=held.envelope.message_id,
        accepted_at=at,
    )
    return replace(found, envelope=envelope)
