"""What stands still is set going again.

Rule: nothing here decides anything new; it finds what a lost slip, a lost worker or a passed deadline left behind, and
does what would have been done. Each kind is a unit of its own, and what it found is looked at again once it is held.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import Column, Select, Table, bindparam, delete, exists, select, true, update

from hub.ledger.account import Swept
from hub.ledger.admission import Verdict
from hub.ledger.attempt import Gate, Outcome
from hub.ledger.deliveries import DeliveryRecord, lock_deliveries, move_deliveries
from hub.ledger.endpoints import send_probes, sweep_parked
from hub.ledger.lookup import unindexed
from hub.ledger.tables import deliveries, endpoints, messages, slips, submissions
from hub.ledger.unit import Unit
from hub.message.lifecycle import DeliveryEvent, DeliveryStatus, MessageStatus
from hub.message.slip import Lane

_LAPSED = (
    select(deliveries.c.id)
    .where(
        deliveries.c.status == DeliveryStatus.SENDING.value,
        deliveries.c.lease_until <= bindparam("now"),
    )
    .limit(bindparam("at_most"))
)

_SENDING = select(deliveries.c.id).where(deliveries.c.status == DeliveryStatus.SENDING.value)
_ACCEPTED = select(messages.c.id).where(messages.c.status == MessageStatus.ACCEPTED.value).order_by(messages.c.seq)
_PENDING = select(submissions.c.id).where(submissions.c.verdict == Verdict.PENDING.value)
_DUE = (
    select(deliveries.c.id, deliveries.c.due_at)
    .join(endpoints, endpoints.c.code == deliveries.c.endpoint)
    .where(
        deliveries.c.status == DeliveryStatus.DUE.value,
        deliveries.c.parked != true(),
        endpoints.c.gate == Gate.UP.value,
    )
)

_STANDING = (DeliveryStatus.WAITING.value, DeliveryStatus.DUE.value)

_OVERDUE = (
    select(deliveries.c.id)
    .where(
        deliveries.c.deadline <= bindparam("now"),
        deliveries.c.settled_at.is_(None),
        unindexed(deliveries.c.status).in_(_STANDING),
    )
    .order_by(deliveries.c.deadline)
    .limit(bindparam("at_most"))
)


def _silent(table: Table, id: Column[Any]) -> Select[str]:
    """Rows that nobody has rung for of late, and for which no slip waits; one that is held is being seen to."""
    return (
        select(id)
        .where(table.c.rung_at <= bindparam("before"), ~exists().where(slips.c.subject == id))
        .limit(bindparam("at_most"))
        .with_for_update(key_share=True, skip_locked=True, of=table)
    )


_SILENT_MESSAGES = (
    _silent(messages, messages.c.id).where(messages.c.status == MessageStatus.ACCEPTED.value).order_by(messages.c.seq)
)
_SILENT_SUBMISSIONS = _silent(submissions, submissions.c.id).where(submissions.c.verdict == Verdict.PENDING.value)
_SILENT_DELIVERIES = (
    _silent(deliveries, deliveries.c.id)
    .join(endpoints, endpoints.c.code == deliveries.c.endpoint)
    .where(
        deliveries.c.status == DeliveryStatus.DUE.value,
        deliveries.c.due_at <= bindparam("before"),
        deliveries.c.parked != true(),
        endpoints.c.gate == Gate.UP.value,
    )
    .order_by(deliveries.c.due_at)
)

_RUNG = {
    table: update(table).where(table.c.id == bindparam("rung")).values(rung_at=bindparam("at"))
    for table in (messages, submissions, deliveries)
}


def sweep(write: Callable[[Callable[[Unit], int]], int], grace_seconds: float, limit: int) -> Swept:
    """One round: at most `limit` of each kind. `write` runs a unit and waits for its commit."""
    bounds = timedelta(seconds=grace_seconds), limit
    return Swept(
        lapsed=write(lambda unit: _lapse(unit, limit)),
        expired=write(lambda unit: _expire(unit, limit)),
        probed=write(send_probes),
        reached=write(lambda unit: sweep_parked(unit, limit)),
        messages=write(lambda unit: _ring(unit, messages, _SILENT_MESSAGES, bounds)),
        submissions=write(lambda unit: _ring(unit, submissions, _SILENT_SUBMISSIONS, bounds)),
        deliveries=write(lambda unit: _ring(unit, deliveries, _SILENT_DELIVERIES, bounds)),
    )


def recover(unit: Unit) -> Swept:
    """Give back all that was taken and write the outbox anew: for the one process over a database, at its start."""
    sending = list(unit.connection.execute(_SENDING).scalars())
    lapsed = _lapse_these(unit, lock_deliveries(unit, sending))
    unit.connection.execute(delete(slips))
    accepted = list(unit.connection.execute(_ACCEPTED).scalars())
    pending = list(unit.connection.execute(_PENDING).scalars())
    due = unit.connection.execute(_DUE).all()
    for id in (*accepted, *pending):
        unit.ring(Lane.INTAKE, id)
    for row in due:
        unit.ring(Lane.SEND, row.id, row.due_at)
    return Swept(lapsed=lapsed, messages=len(accepted), submissions=len(pending), deliveries=len(due))


def _lapse(unit: Unit, limit: int) -> int:
    sending = [row for row in _find(unit, _LAPSED, limit) if row.status == DeliveryStatus.SENDING.value]
    return _lapse_these(unit, [row for row in sending if row.lease_until <= unit.now])


def _lapse_these(unit: Unit, rows: Sequence[DeliveryRecord]) -> int:
    event = DeliveryEvent.LAPSE
    move_deliveries(unit, [(row, event, Outcome(event=event, reason="the worker is gone")) for row in rows])
    return len(rows)


def _expire(unit: Unit, limit: int) -> int:
    rows = [row for row in _find(unit, _OVERDUE, limit) if row.status in _STANDING]
    event = DeliveryEvent.EXPIRE
    move_deliveries(unit, [(row, event, Outcome(event=event, reason="the deadline passed")) for row in rows])
    return len(rows)


def _find(unit: Unit, wanted: Select[str], limit: int) -> Sequence[DeliveryRecord]:
    ids = list(unit.connection.execute(wanted, {"now": unit.now, "at_most": limit}).scalars())
    return lock_deliveries(unit, ids)


def _ring(unit: Unit, table: Table, wanted: Select[str], bounds: tuple[timedelta, int]) -> int:
    grace, limit = bounds
    ids = list(unit.connection.execute(wanted, {"before": unit.now - grace, "at_most": limit}).scalars())
    if ids:
        unit.connection.execute(_RUNG[table], [{"rung": id, "at": unit.now} for id in ids])
    for id in ids:
        unit.ring(Lane.SEND if table is deliveries else Lane.INTAKE, id)
    return len(ids)
