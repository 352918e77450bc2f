"""Dead letters, and other deliveries by status: counted by endpoint and reason, and listed by cursor.

Rule: each endpoint and status is read on its own, by the index that has both, the oldest first; nothing is read by
offset, and what is counted is only what is wanted.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, bindparam, func, select, tuple_

from hub.ledger.account import Heap, LetterPage, Letters
from hub.ledger.attempt import DeliveryRow
from hub.ledger.deliveries import DELIVERY_COLUMNS, delivery_row
from hub.ledger.lookup import unindexed
from hub.ledger.tables import deliveries, endpoints
from hub.message.errors import Misconfigured
from hub.message.lifecycle import DeliveryStatus

_CODES = select(endpoints.c.code).order_by(endpoints.c.code)

_COUNTED = select(
    deliveries.c.endpoint,
    deliveries.c.status,
    deliveries.c.reason,
    func.count().label("count"),
    func.min(deliveries.c.created_at).label("oldest_at"),
    func.max(deliveries.c.created_at).label("newest_at"),
).group_by(deliveries.c.endpoint, deliveries.c.status, deliveries.c.reason)


def count_letters(connection: Connection, wanted: Letters) -> tuple[Heap, ...]:
    """How many there are by endpoint, status and reason; of an endpoint the most first."""
    codes = _codes(connection, wanted)
    statuses = [status.value for status in wanted.statuses]
    counted = _narrowed(_COUNTED.where(deliveries.c.endpoint.in_(codes), deliveries.c.status.in_(statuses)), wanted)
    heaps = [Heap(**{**row._mapping, "status": DeliveryStatus[row.status]}) for row in connection.execute(counted)]
    return tuple(sorted(heaps, key=lambda heap: (heap.endpoint, -heap.count, heap.status.value, heap.reason or "")))


def read_letters(connection: Connection, wanted: Letters, after: str | None, limit: int) -> LetterPage:
    """A page of them, by endpoint and status and the oldest first, from a cursor on. Raises Misconfigured for a cursor
    that is none."""
    found: list[Row[*tuple[Any, ...]]] = []
    start = None if after is None else _place(after)
    for code in _codes(connection, wanted):
        for status in sorted(wanted.statuses, key=lambda one: one.value):
            if start is not None and (code, status.value) < start[0]:
                continue
            beyond = start[1] if start is not None and (code, status.value) == start[0] else None
            query = _narrowed(_of(code, status, beyond, limit + 1 - len(found)), wanted)
            found += connection.execute(query).all()
            if len(found) > limit:
                return LetterPage(_rows(found[:limit]), _cursor(found[limit - 1]))
    return LetterPage(_rows(found), None)


def _of(code: str, status: DeliveryStatus, beyond: tuple[datetime, int] | None, limit: int) -> Select[Any]:
    query = (
        select(*DELIVERY_COLUMNS, deliveries.c.seq)
        .where(deliveries.c.endpoint == code, deliveries.c.status == status.value)
        .order_by(deliveries.c.created_at, deliveries.c.seq)
        .limit(limit)
    )
    if beyond is None:
        return query
    at, seq = beyond
    place = tuple_(
        bindparam("after_at", at, type_=deliveries.c.created_at.type),
        bindparam("after_seq", seq, type_=deliveries.c.seq.type),
    )
    return query.where(tuple_(deliveries.c.created_at, deliveries.c.seq) > place)


def _narrowed(query: Select[Any], wanted: Letters) -> Select[Any]:
    if wanted.party is not None:
        query = query.where(unindexed(deliveries.c.party) == wanted.party)
    if wanted.since is not None:
        query = query.where(deliveries.c.created_at >= wanted.since)
    if wanted.reason_like is not None:
        query = query.where(func.lower(deliveries.c.reason).contains(wanted.reason_like.lower(), autoescape=True))
    return query


def _codes(connection: Connection, wanted: Letters) -> list[str]:
    return [wanted.endpoint] if wanted.endpoint is not None else list(connection.execute(_CODES).scalars())


def _rows(found: Sequence[Row[*tuple[Any, ...]]]) -> tuple[DeliveryRow, ...]:
    return tuple(delivery_row(row._mapping) for row in found)


def _cursor(row: Row[*tuple[Any, ...]]) -> str:
    return f"{row.endpoint}/{row.status}/{row.created_at.isoformat()}/{row.seq}"


def _place(cursor: str) -> tuple[tuple[str, str], tuple[datetime, int]]:
    try:
        code, status, at, seq = cursor.rsplit("/", 3)
        return (code, DeliveryStatus[status].value), (datetime.fromisoformat(at).astimezone(UTC), int(seq))
    except (ValueError, KeyError):
        raise Misconfigured([f"'{cursor}' is not where a page ended: give what the page before said"]) from None
