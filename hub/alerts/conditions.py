"""What is wrong, by the facts of one moment. Pure; a function for each kind of condition.

Rule: words hold codes, counts and moments, and nothing that a sender, a recipient or an operator wrote. What is
measured against a limit stays wrong until it is well within it, or an alert would be opened and closed again and again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import groupby

from hub.alerts.silence import Expected
from hub.ledger.attempt import Gate
from hub.ledger.incident import Condition, Facts


class Kind(StrEnum):
    """What an alert may be about, and in brackets what its subject is."""

    BROKEN = "broken"  # an endpoint cannot be reached (its code)
    HELD = "held"  # an operator has held an endpoint for long (its code)
    STOPPED = "stopped"  # deliveries that only an operator ends (the code of their endpoint)
    BURIED = "buried"  # messages that a defect of ours stopped (messages)
    QUEUE = "queue"  # work that is due and not done (the lane)
    PENDING = "pending"  # documents that are kept and not judged (documents)
    SILENT = "silent"  # nothing comes from where something should (the party's code)
    SEALER = "sealer"  # the audit is not sealed (audit)
    DISK = "disk"  # the disk fills up (data folder)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """From when on it is an alert: how long an endpoint is held, slips are due, documents are pending, lines of the
    audit wait for the sealer; and how many bytes are to be free.
    """

    held: timedelta
    queue: timedelta
    pending: timedelta
    sealer: timedelta
    free: int


_STEPS = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 240, 1440, 10080))
_MIB = 1024 * 1024


def conditions(
    facts: Facts, now: datetime, limits: Limits, expected: Mapping[str, Expected], free: int | None
) -> tuple[Condition, ...]:
    """Everything that is wrong. `free` is how many bytes are left on the disk, None where nobody looks."""
    return (
        *_endpoints(facts, now, limits),
        *_stopped(facts),
        *_buried(facts),
        *_behind(facts, now, limits),
        *_silent(facts, now, expected),
        *_disk(facts, limits, free),
    )


def _endpoints(facts: Facts, now: datetime, limits: Limits) -> Iterator[Condition]:
    for row in facts.endpoints:
        if row.gate is Gate.BROKEN:
            words = f"the recipient cannot be reached ({row.reason}): it is tried now and again, and the rest waits"
            yield Condition(kind=Kind.BROKEN, subject=row.code, words=words)
        elif row.gate is Gate.HELD and now - row.changed_at > limits.held:
            words = f"held by an operator since {_moment(row.changed_at)}: what is meant for it waits"
            yield Condition(kind=Kind.HELD, subject=row.code, words=words)


def _stopped(facts: Facts) -> Iterator[Condition]:
    for code, group in groupby(facts.stopped, key=lambda one: one.endpoint):
        stopped = list(group)
        counts = ", ".join(f"{one.count} {one.status}" for one in stopped)
        words = f"deliveries that an operator must end: {counts}"
        yield Condition(kind=Kind.STOPPED, subject=code, words=words, example=stopped[0].oldest)


def _buried(facts: Facts) -> Iterator[Condition]:
    if facts.buried is not None:
        count, oldest = facts.buried
        words = f"messages that a defect of ours stopped: {count} BURIED"
        yield Condition(kind=Kind.BURIED, subject="messages", words=words, example=oldest)


def _behind(facts: Facts, now: datetime, limits: Limits) -> Iterator[Condition]:
    """Whatever waits too long for one of our own workers."""

    def late(kind: Kind, subject: str, since: datetime, limit: timedelta) -> timedelta | None:
        """What the wait is longer than; None where it is not too long."""
        least = limit / 2 if (kind, subject) in facts.standing else limit
        waited = now - since
        return max([least, *(step for step in _STEPS if step <= waited)]) if waited > least else None

    for lane, at in facts.slips:
        if longer := late(Kind.QUEUE, lane, at, limits.queue):
            words = f"work has been due for more than {_span(longer)}: the lane is behind, or nobody works it"
            yield Condition(kind=Kind.QUEUE, subject=lane, words=words)
    if facts.pending is not None:
        submission_id, at = facts.pending
        if longer := late(Kind.PENDING, "documents", at, limits.pending):
            words = f"a document that was kept has not been judged for more than {_span(longer)}"
            yield Condition(kind=Kind.PENDING, subject="documents", words=words, example=submission_id)
    if facts.unsealed is not None and (longer := late(Kind.SEALER, "audit", facts.unsealed, limits.sealer)):
        words = f"the audit and the feed have not been sealed for more than {_span(longer)}"
        yield Condition(kind=Kind.SEALER, subject="audit", words=words)


def _silent(facts: Facts, now: datetime, expected: Mapping[str, Expected]) -> Iterator[Condition]:
    for heard in facts.heard:
        of = expected[heard.party]
        if of.silent(heard.since, now):
            last = f"since {_moment(heard.last)}" if heard.last else f"at all, waited for since {_moment(heard.since)}"
            words = f"nothing was submitted {last}: expected once in {of.words}"
            yield Condition(kind=Kind.SILENT, subject=heard.party, words=words)


def _disk(facts: Facts, limits: Limits, free: int | None) -> Iterator[Condition]:
    wanted = limits.free * 5 // 4 if (Kind.DISK, "data folder") in facts.standing else limits.free
    if free is not None and free < wanted:
        words = f"less than {limits.free // _MIB} MiB was free: without space nothing can be accepted"
        yield Condition(kind=Kind.DISK, subject="data folder", words=words)


def _moment(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"


def _span(length: timedelta) -> str:
    """A length of time in the largest unit that has no fraction."""
    seconds = length.total_seconds()
    for unit, size in (("day", 86400), ("hour", 3600), ("minute", 60)):
        if seconds >= size and seconds % size == 0:
            count = int(seconds // size)
            return f"{count} {unit}" if count == 1 else f"{count} {unit}s"
    return f"{seconds:g} seconds"
