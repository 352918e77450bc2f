"""What stands and waits now, for whoever watches the hub.

Rule: every statement goes by an index to the rows that wait, so that asking stays cheap however much has been done.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, Row, Select, bindparam, func, select, text, true

from hub.ledger.account import Backlog, Figures
from hub.ledger.admission import Verdict
from hub.ledger.attempt import Gate
from hub.ledger.lookup import unindexed
from hub.ledger.outbox import count_slips
from hub.ledger.tables import audit, deliveries, endpoints, feed, leases, messages, submissions
from hub.message.lifecycle import DeliveryStatus, MessageStatus
from hub.message.slip import Lane

_PING = select(leases.c.name).limit(1)

_OPEN_MESSAGES = (MessageStatus.ACCEPTED, MessageStatus.UNMATCHED, MessageStatus.STRANDED, MessageStatus.BURIED)
_OPEN_DELIVERIES = (
    DeliveryStatus.WAITING,
    DeliveryStatus.DUE,
    DeliveryStatus.SENDING,
    DeliveryStatus.INVALID,
    DeliveryStatus.DEAD,
)


def _waiting(since: Column[Any]) -> Select[*tuple[Any, ...]]:
    return select(func.count().label("waiting"), func.min(since).label("oldest_at"))


def _counted(
    status: Column[str], wanted: tuple[MessageStatus, ...] | tuple[DeliveryStatus, ...]
) -> Select[*tuple[Any, ...]]:
    return select(status, func.count()).where(status.in_([one.value for one in wanted])).group_by(status)


_ACCEPTED = _waiting(messages.c.accepted_at).where(messages.c.status == MessageStatus.ACCEPTED.value)
_PENDING = _waiting(submissions.c.received_at).where(
    text(f"verdict = '{Verdict.PENDING.value}'"),  # a literal, as in the partial index that it is to be found by
    submissions.c.rung_at.is_not(None),
)
_UNSEALED_FEED = _waiting(feed.c.at).where(feed.c.position.is_(None))
_UNSEALED_AUDIT = _waiting(audit.c.at).where(audit.c.number.is_(None))


def _due(*wanted: ColumnElement[bool]) -> Select[*tuple[Any, ...]]:
    return (
        _waiting(deliveries.c.due_at)
        .add_columns(deliveries.c.endpoint, deliveries.c.parked, endpoints.c.gate)
        .join_from(deliveries, endpoints, endpoints.c.code == deliveries.c.endpoint)
        .where(*wanted, deliveries.c.due_at <= bindparam("now"))
        .group_by(deliveries.c.endpoint, deliveries.c.parked, endpoints.c.gate)
    )


_DUE = _due(deliveries.c.status == DeliveryStatus.DUE.value)
_PARKED = _due(deliveries.c.parked == true(), unindexed(deliveries.c.status) == DeliveryStatus.WAITING.value)

_MESSAGES = _counted(messages.c.status, _OPEN_MESSAGES)
_DELIVERIES = _counted(deliveries.c.status, _OPEN_DELIVERIES)


def ping(connection: Connection) -> None:
    """Read something, however little."""
    connection.execute(_PING).first()


def read_figures(connection: Connection, now: datetime) -> Figures:
    """What stands and waits at this moment."""
    due = [row for wanted in (_DUE, _PARKED) for row in connection.execute(wanted, {"now": now}).all()]
    at_hand = [_backlog(row) for row in due if row.gate == Gate.UP.value and row.parked is not True]
    by_endpoint: dict[str, Backlog] = {}
    for row in due:
        by_endpoint[row.endpoint] = _together(by_endpoint.get(row.endpoint, Backlog()), _backlog(row))
    intake = _together(*(_backlog(connection.execute(one).one()) for one in (_ACCEPTED, _PENDING)))
    of_messages: dict[str, int] = dict(connection.execute(_MESSAGES).all())
    of_deliveries: dict[str, int] = dict(connection.execute(_DELIVERIES).all())
    return Figures(
        lanes={
            Lane.INTAKE: intake,
            Lane.SEND: _together(*at_hand),
            Lane.SUBSCRIBE: _backlog(connection.execute(_UNSEALED_FEED).one()),
        },
        due=by_endpoint,
        unsealed=_backlog(connection.execute(_UNSEALED_AUDIT).one()),
        slips=count_slips(connection),
        messages={status: of_messages.get(status.value, 0) for status in _OPEN_MESSAGES},
        deliveries={status: of_deliveries.get(status.value, 0) for status in _OPEN_DELIVERIES},
    )


def _backlog(row: Row[*tuple[Any, ...]]) -> Backlog:
    return Backlog(waiting=row.waiting, oldest_at=row.oldest_at)


def _together(*backlogs: Backlog) -> Backlog:
    return Backlog(
        waiting=sum(one.waiting for one in backlogs),
        oldest_at=min((one.oldest_at for one in backlogs if one.oldest_at is not None), default=None),
    )
