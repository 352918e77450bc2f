"""The feed: what happened, for those who may know it, in one order without gaps.

Rule: an entry has no position until it is sealed (`seal.py`), and nobody reads it before.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, bindparam, func, insert, select

from hub.ledger.account import Event
from hub.ledger.bulk import Bulk
from hub.ledger.tables import feed, feed_audience

_INSERT = Bulk(insert(feed))

_COLUMNS = tuple(column for column in feed.c if column.name != "row")

_AFTER = (
    select(*_COLUMNS).where(feed.c.position > bindparam("after")).order_by(feed.c.position).limit(bindparam("at_most"))
)

_AFTER_FOR = (
    select(*_COLUMNS)
    .join(feed_audience, feed_audience.c.position == feed.c.position)
    .where(feed_audience.c.party == bindparam("party"), feed_audience.c.position > bindparam("after"))
    .order_by(feed_audience.c.position)
    .limit(bindparam("at_most"))
)

_HEAD = select(func.coalesce(func.max(feed.c.position), 0))


def insert_events(connection: Connection, rows: Sequence[dict[str, object]]) -> None:
    """Write feed entries, without positions."""
    _INSERT.run(connection, rows)


def read_feed(connection: Connection, position: int, party: str | None, limit: int) -> tuple[Event, ...]:
    """Sealed entries after a position, for one party or for all."""
    values: dict[str, object] = {"after": position, "at_most": limit}
    wanted = _AFTER
    if party is not None:
        values["party"], wanted = party, _AFTER_FOR
    return tuple(
        Event(**{**row._mapping, "audience": tuple(row.audience)}) for row in connection.execute(wanted, values)
    )


def read_feed_head(connection: Connection) -> int:
    """The last position given, 0 where there is none."""
    return int(connection.execute(_HEAD).scalar_one())
