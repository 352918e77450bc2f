"""The audit: who did what to which record, when. Rows are written here and never changed but to be sealed.

Rule: a detail holds codes and ids only. Numbers and hashes are the sealer's to give (`seal.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Row, and_, bindparam, insert, nulls_last, or_, select

from hub.ledger.account import AuditRow, NewAudit
from hub.ledger.bulk import Bulk
from hub.ledger.decision import NewEvent
from hub.ledger.tables import audit, messages

if TYPE_CHECKING:
    from hub.ledger.unit import Unit

_INSERT = Bulk(insert(audit))

_IN_ORDER = (nulls_last(audit.c.number), audit.c.row)

_TIMELINE = (
    select(audit)
    .where(
        or_(
            audit.c.message_id == bindparam("message_id"),
            and_(
                audit.c.message_id.is_(None),
                audit.c.submission_id
                == select(messages.c.submission_id).where(messages.c.id == bindparam("message_id")).scalar_subquery(),
            ),
        )
    )
    .order_by(*_IN_ORDER)
)

_BY_SUBJECT = {
    "submission": audit.c.submission_id,
    "message": audit.c.message_id,
    "delivery": audit.c.subject_id,
    "case": audit.c.case_id,
}


def insert_audit(connection: Connection, rows: Sequence[dict[str, object]]) -> None:
    """Write audit rows, unnumbered."""
    _INSERT.run(connection, rows)


def write_notes(unit: Unit, rows: Sequence[NewAudit]) -> None:
    """Write audit rows by themselves."""
    for row in rows:
        unit.note(row)


def write_entry(unit: Unit, event: NewEvent, note: NewAudit) -> None:
    """Put an entry that is about no message in the feed, with its line of the audit."""
    unit.tell(event, None, None)
    unit.note(note)


def read_timeline(connection: Connection, message_id: str) -> tuple[AuditRow, ...]:
    """The audit of a message, its deliveries and its submission, in order."""
    return tuple(map(audit_row, connection.execute(_TIMELINE, {"message_id": message_id})))


def read_audit_of(connection: Connection, kind: str, subject_id: str) -> tuple[AuditRow, ...]:
    """The audit of one subject, in order; of a submission, message or case with everything below it."""
    column = _BY_SUBJECT.get(kind)
    wanted = select(audit).where((audit.c.subject_id if column is None else column) == subject_id).order_by(*_IN_ORDER)
    if column is None or kind == "delivery":
        wanted = wanted.where(audit.c.subject_kind == kind)
    return tuple(map(audit_row, connection.execute(wanted)))


def audit_row(row: Row[*tuple[object, ...]]) -> AuditRow:
    """A row of the table as a value."""
    values = dict(row._mapping)
    del values["row"]
    return AuditRow(**values)
