"""A unit of writing: what one caller wants written, whole or not at all.

Rule: slips, audit rows and feed entries are collected here and written at the end of the unit, in one statement each;
so they stand or fall with the state that they speak of.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from sqlalchemy import Connection

from hub.ledger import NewId
from hub.ledger.account import NewAudit
from hub.ledger.audit import insert_audit
from hub.ledger.decision import NewEvent
from hub.ledger.feed import insert_events
from hub.ledger.outbox import insert_slips
from hub.message.slip import Lane

Made = TypeVar("Made")


class Unit:
    """The connection, the time and the ids of one unit, and what is to be written at its end."""

    __slots__ = ("_audit", "_events", "_slips", "connection", "lanes", "new_id", "now")

    def __init__(self, connection: Connection, now: datetime, new_id: NewId) -> None:
        self.connection = connection
        self.now = now
        self.new_id = new_id
        self.lanes: set[Lane] = set()
        self._slips: list[dict[str, object]] = []
        self._audit: list[dict[str, object]] = []
        self._events: list[dict[str, object]] = []

    def ring(self, lane: Lane, subject: str, due_at: datetime | None = None) -> None:
        """Put a slip in the outbox, due now or later."""
        self.lanes.add(lane)
        self._slips.append({"lane": lane.value, "subject": subject, "due_at": due_at or self.now})

    def note(self, row: NewAudit) -> None:
        """Write a line in the audit."""
        self._audit.append(
            {
                "at": self.now,
                "actor": row.actor,
                "action": row.action,
                "subject_kind": row.subject_kind,
                "subject_id": row.subject_id,
                "submission_id": row.submission_id,
                "message_id": row.message_id,
                "delivery_id": row.delivery_id,
                "case_id": row.case_id,
                "detail": dict(row.detail),
            }
        )

    def tell(self, event: NewEvent, message_id: str | None, case_id: str | None) -> None:
        """Put an entry in the feed; one that is about no message has none."""
        self._events.append(
            {
                "id": self.new_id(),
                "type": event.type,
                "message_id": message_id,
                "case_id": case_id,
                "at": self.now,
                "occurred_at": event.occurred_at,
                "audience": sorted(set(event.audience)),
                "body": event.body,
            }
        )

    def child(self) -> Unit:
        """A unit inside this one, that can be given up without it. (A lane may then be rung for nothing.)"""
        child = Unit(self.connection, self.now, self.new_id)
        child.lanes = self.lanes
        return child

    def flush(self) -> None:
        """Write what was collected."""
        if self._slips:
            insert_slips(self.connection, self._slips)
        if self._audit:
            insert_audit(self.connection, self._audit)
        if self._events:
            insert_events(self.connection, self._events)
        self._slips, self._audit, self._events = [], [], []


@dataclass(frozen=True, slots=True)
class Failed:
    """How a piece of work failed."""

    error: Exception


def attempt(work: Callable[[], Made]) -> Made | Failed:
    """What the work made, or how it failed: for callers that answer for several and must tell each its own.

    The only broad `except` of the ledger: nothing is passed over, every failure is handed to whoever asked.
    """
    try:
        return work()
    except Exception as error:  # noqa: BLE001
        return Failed(error)


@contextmanager
def savepoint(connection: Connection) -> Iterator[None]:
    """What is written inside is undone alone if it fails. Savepoints of the same name may stand inside one another."""
    connection.exec_driver_sql("SAVEPOINT unit")
    try:
        yield
    except BaseException:
        if not connection.invalidated:  # a lost connection has nothing left to undo
            connection.exec_driver_sql("ROLLBACK TO SAVEPOINT unit")
            connection.exec_driver_sql("RELEASE SAVEPOINT unit")
        raise
    connection.exec_driver_sql("RELEASE SAVEPOINT unit")
