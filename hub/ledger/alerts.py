"""Alerts: one row an incident, opened once, put in other words as it changes, closed once.

Rule: they follow the conditions that are said to hold, and nothing else: what holds and has no open alert opens one,
what no longer holds is closed. So it may be said as often as one likes, by any process: whoever changes a row hears of
it, and nobody else. Of several processes the one with the lease says it, or clocks that differ would be heard.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import datetime, timedelta
from typing import Any, Protocol, TypeVar

from sqlalchemy import Connection, Row, Select, bindparam, false, func, select, text, update
from sqlalchemy.dialects.postgresql import insert as insert_or  # its ON CONFLICT is written the same for SQLite

from hub.ledger import Alerts
from hub.ledger.account import NewAudit
from hub.ledger.endpoints import read_endpoints
from hub.ledger.incident import Alert, Condition, Facts, Heard, Stopped
from hub.ledger.leases import take_lease
from hub.ledger.locks import many_write
from hub.ledger.outbox import next_slip_due
from hub.ledger.tables import alerts, audit, deliveries, messages, party_keys, submissions
from hub.ledger.unit import Unit
from hub.message.lifecycle import DeliveryStatus, MessageStatus
from hub.message.slip import Lane

Made = TypeVar("Made")

TELL_WITHIN = timedelta(hours=24)
"""What could not be told for so long is told no more: it is no news."""

_STOPPED = (DeliveryStatus.DEAD.value, DeliveryStatus.INVALID.value)
_PENDING = text("verdict = 'pending'")  # word for word as in the partial index
_OPEN = text("closed_at IS NULL")
_OWED = text("(owes_opened OR owes_closed)")
_LOOKED_THROUGH = 1000

_COLUMNS = tuple(column for column in alerts.c if column.name not in ("owes_opened", "owes_closed"))

_STANDING = select(*_COLUMNS).where(_OPEN).order_by(alerts.c.opened_at, alerts.c.id)
_NEWEST = select(*_COLUMNS).order_by(alerts.c.opened_at.desc(), alerts.c.id.desc()).limit(bindparam("at_most"))
_OWING = (
    select(alerts)
    .where(_OWED, alerts.c.updated_at > bindparam("after"))
    .order_by(alerts.c.opened_at, alerts.c.id)
    .limit(bindparam("at_most"))
)

_INSERT = (
    insert_or(alerts)
    .on_conflict_do_nothing(index_elements=[alerts.c.kind, alerts.c.subject], index_where=_OPEN)
    .returning(*_COLUMNS)
)
_CHANGE = (
    update(alerts)
    .where(alerts.c.id == bindparam("alert"), alerts.c.closed_at.is_(None))
    .values(
        words=bindparam("to_words"),
        example=bindparam("to_example"),
        updated_at=bindparam("at"),
        times=alerts.c.times + 1,
    )
)
_CLOSE = (
    update(alerts)
    .where(alerts.c.id == bindparam("alert"), alerts.c.closed_at.is_(None))
    .values(closed_at=bindparam("at"), updated_at=bindparam("at"), owes_closed=bindparam("owes"))
    .returning(*_COLUMNS)
)
_TOLD = {
    state: update(alerts).where(alerts.c.id == bindparam("alert")).values({f"owes_{state}": false()})
    for state in ("opened", "closed")
}

_COUNT_STOPPED = (
    select(deliveries.c.endpoint, deliveries.c.status, func.count().label("stopped"))
    .where(deliveries.c.status.in_(_STOPPED))
    .group_by(deliveries.c.endpoint, deliveries.c.status)
    .order_by(deliveries.c.endpoint, deliveries.c.status)
)
_OLDEST_STOPPED = (
    select(deliveries.c.id)
    .where(deliveries.c.endpoint == bindparam("code"), deliveries.c.status == bindparam("in_status"))
    .order_by(deliveries.c.created_at)
    .limit(1)
)
_BURIED = messages.c.status == MessageStatus.BURIED.value
_COUNT_BURIED = select(func.count()).where(_BURIED)
_OLDEST_BURIED = select(messages.c.id).where(_BURIED).order_by(messages.c.seq).limit(1)

_rung = (  # among those that were rung for the longest ago, so that a long line costs no more than a short one
    select(submissions.c.id, submissions.c.received_at)
    .where(_PENDING)
    .order_by(submissions.c.rung_at)
    .limit(_LOOKED_THROUGH)
    .subquery()
)
_OLDEST_PENDING = select(_rung.c.id, _rung.c.received_at).order_by(_rung.c.received_at).limit(1)

_UNSEALED = select(audit.c.at).where(audit.c.number.is_(None)).order_by(audit.c.row).limit(1)
_LAST_HEARD = (
    select(submissions.c.received_at)
    .where(submissions.c.party == bindparam("of_party"))
    .order_by(submissions.c.received_at.desc())
    .limit(1)
)
_FIRST_KEY = select(func.min(party_keys.c.added_at)).where(party_keys.c.party == bindparam("of_party"))
_FIRST_LINE = select(audit.c.at).order_by(audit.c.row).limit(1)


class _Write(Protocol):
    def __call__(self, work: Callable[[Unit], Made]) -> Made: ...


class _Read(Protocol):
    def __call__(self, read: Callable[[Connection], Made]) -> Made: ...


class SqlAlerts(Alerts):
    """The alerts of a ledger in a SQL database. `holder` is who takes the leases."""

    def __init__(self, read: _Read, write: _Write, holder: str) -> None:
        self._read, self._write, self._holder = read, write, holder

    def facts(self, parties: Collection[str]) -> Facts:
        return self._read(lambda connection: read_facts(connection, parties))

    def reconcile(self, conditions: Sequence[Condition], lease: timedelta, *, owed: bool) -> tuple[Alert, ...]:
        def work(unit: Unit) -> tuple[Alert, ...]:
            alone = self._leads(unit, "alerts", lease)
            return reconcile(unit, conditions, owed=owed) if alone else ()

        return self._write(work)

    def standing(self) -> tuple[Alert, ...]:
        return self._read(lambda connection: tuple(map(_alert, connection.execute(_STANDING))))

    def newest(self, limit: int) -> tuple[Alert, ...]:
        return self._read(lambda connection: tuple(map(_alert, connection.execute(_NEWEST, {"at_most": limit}))))

    def owed(self, limit: int, lease: timedelta) -> tuple[tuple[str, Alert], ...]:
        return self._write(lambda unit: read_owed(unit, limit) if self._leads(unit, "telling", lease) else ())

    def told(self, alert_id: str, state: str) -> None:
        self._write(lambda unit: unit.connection.execute(_TOLD[state], {"alert": alert_id}))

    def _leads(self, unit: Unit, name: str, lease: timedelta) -> bool:
        return not many_write(unit.connection) or take_lease(unit, name, self._holder, lease)


def reconcile(unit: Unit, conditions: Sequence[Condition], *, owed: bool) -> tuple[Alert, ...]:
    """Open, change and close alerts so that they are these conditions. Those that this unit opened or closed."""
    wanted = {(one.kind, one.subject): one for one in conditions}
    standing = {(row.kind, row.subject): _alert(row) for row in unit.connection.execute(_STANDING)}
    opened = [_open(unit, one, owed) for at, one in wanted.items() if at not in standing]
    for at, alert in standing.items():
        if at in wanted and (wanted[at].words, wanted[at].example) != (alert.words, alert.example):
            _change(unit, alert, wanted[at])
    closed = [_close(unit, alert, owed) for at, alert in standing.items() if at not in wanted]
    return tuple(alert for alert in (*opened, *closed) if alert is not None)


def _open(unit: Unit, condition: Condition, owed: bool) -> Alert | None:
    values = {
        "id": unit.new_id(),
        "kind": condition.kind,
        "subject": condition.subject,
        "words": condition.words,
        "example": condition.example,
        "opened_at": unit.now,
        "updated_at": unit.now,
        "times": 1,
        "owes_opened": owed,
        "owes_closed": False,
    }
    return _noted(unit, "opened", unit.connection.execute(_INSERT, values).one_or_none())


def _change(unit: Unit, alert: Alert, condition: Condition) -> None:
    values = {"alert": alert.id, "to_words": condition.words, "to_example": condition.example, "at": unit.now}
    if unit.connection.execute(_CHANGE, values).rowcount:
        _note(unit, "updated", alert.id, condition)


def _close(unit: Unit, alert: Alert, owed: bool) -> Alert | None:
    values = {"alert": alert.id, "at": unit.now, "owes": owed}
    return _noted(unit, "closed", unit.connection.execute(_CLOSE, values).one_or_none())


def _noted(unit: Unit, action: str, row: Row[*tuple[Any, ...]] | None) -> Alert | None:
    """The alert that was changed, None where another had done so."""
    if row is None:
        return None
    _note(unit, action, row.id, row)
    return _alert(row)


def _note(unit: Unit, action: str, id: str, said: Any) -> None:
    detail = {"kind": said.kind, "subject": said.subject, "words": said.words}
    unit.note(NewAudit(actor="hub", action=action, subject_kind="alert", subject_id=id, detail=detail))


def read_owed(unit: Unit, limit: int) -> tuple[tuple[str, Alert], ...]:
    """What is still to be told elsewhere, the opening of an alert before its close."""
    rows = unit.connection.execute(_OWING, {"after": unit.now - TELL_WITHIN, "at_most": limit}).all()
    return tuple(
        (state, _alert(row))
        for row in rows
        for state, owes in (("opened", row.owes_opened), ("closed", row.owes_closed))
        if owes
    )


def _alert(row: Row[*tuple[Any, ...]]) -> Alert:
    return Alert(**{column.name: row._mapping[column.name] for column in _COLUMNS})


# --- the facts


def read_facts(connection: Connection, parties: Collection[str]) -> Facts:
    """How things stand; of these parties, when they were last heard from."""
    due = {lane: next_slip_due(connection, lane) for lane in Lane}
    pending = connection.execute(_OLDEST_PENDING).one_or_none()
    return Facts(
        endpoints=read_endpoints(connection),
        stopped=_read_stopped(connection),
        buried=_read_buried(connection),
        slips=tuple((lane, at) for lane, at in due.items() if at is not None),
        pending=None if pending is None else (pending.id, pending.received_at),
        unsealed=connection.execute(_UNSEALED).scalar(),
        heard=_read_heard(connection, parties),
        standing=frozenset((row.kind, row.subject) for row in connection.execute(_STANDING)),
    )


def _read_stopped(connection: Connection) -> tuple[Stopped, ...]:
    def oldest(code: str, status: str) -> str:
        return str(connection.execute(_OLDEST_STOPPED, {"code": code, "in_status": status}).scalar_one())

    return tuple(
        Stopped(endpoint=code, status=DeliveryStatus[status], count=count, oldest=oldest(code, status))
        for code, status, count in connection.execute(_COUNT_STOPPED).all()
    )


def _read_buried(connection: Connection) -> tuple[int, str] | None:
    oldest = _one(connection, _OLDEST_BURIED)
    return None if oldest is None else (int(_one(connection, _COUNT_BURIED)), oldest)


def _read_heard(connection: Connection, parties: Collection[str]) -> tuple[Heard, ...]:
    """Who was never heard from is waited for since its first key was made, or since the first line of the audit."""
    found = []
    for party in sorted(parties):
        last: datetime | None = _one(connection, _LAST_HEARD, of_party=party)
        since = last or _one(connection, _FIRST_KEY, of_party=party) or _one(connection, _FIRST_LINE)
        if since is not None:
            found.append(Heard(party=party, last=last, since=since))
    return tuple(found)


def _one(connection: Connection, wanted: Select[Any], **values: str) -> Any:
    return connection.execute(wanted, values).scalar()
