"""Slips wait here, in the same transaction as the status that they announce.

Rule: nothing outside this file inserts, moves or removes a slip. A claim moves the due time of a slip to the end of the
lease, so that a slip whose worker is gone is due again by itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from operator import itemgetter
from typing import TYPE_CHECKING

from sqlalchemy import Connection, bindparam, delete, func, insert, select, update

from hub.ledger.account import ClaimedSlip
from hub.ledger.bulk import Bulk
from hub.ledger.lookup import among
from hub.ledger.tables import slips
from hub.message.slip import Lane, Slip

if TYPE_CHECKING:
    from hub.ledger.unit import Unit

_INSERT = Bulk(insert(slips))

_free = (  # apart, so that it is worked out once and not again for every row
    select(slips.c.number)
    .where(slips.c.lane == bindparam("in_lane"), slips.c.due_at <= bindparam("now"))
    .order_by(slips.c.due_at, slips.c.number)
    .limit(bindparam("at_most"))
    .with_for_update(skip_locked=True)
    .cte("free")
)

_CLAIM = (
    update(slips)
    .where(slips.c.number.in_(select(_free.c.number)))
    .values(due_at=bindparam("until"))
    .returning(slips.c.number, slips.c.subject)
)

_FINISH = delete(slips).where(among(slips.c.number, "numbers"))

_NEXT_DUE = select(func.min(slips.c.due_at)).where(slips.c.lane == bindparam("in_lane"))
_NEXT_OF_EACH = select(  # a look at the index for each, however many wait
    *(select(func.min(slips.c.due_at)).where(slips.c.lane == lane.value).scalar_subquery() for lane in Lane)
)

_COUNT = select(slips.c.lane, func.count()).group_by(slips.c.lane)


def insert_slips(connection: Connection, rows: Sequence[dict[str, object]]) -> None:
    """Write slips: lane, subject, due_at."""
    _INSERT.run(connection, rows)


def claim_slips(unit: Unit, lane: Lane, limit: int, lease_seconds: float) -> tuple[ClaimedSlip, ...]:
    """Take at most `limit` due slips of a lane for the length of a lease, in the order of their tickets."""
    values = {
        "in_lane": lane.value,
        "now": unit.now,
        "at_most": limit,
        "until": unit.now + timedelta(seconds=lease_seconds),
    }
    rows = sorted(unit.connection.execute(_CLAIM, values), key=itemgetter(0))
    return tuple(ClaimedSlip(number=number, slip=Slip(lane, subject)) for number, subject in rows)


def finish_slips(unit: Unit, numbers: Sequence[int]) -> None:
    """Take slips out."""
    unit.connection.execute(_FINISH, {"numbers": list(numbers)})


def next_slip_due(connection: Connection, lane: Lane) -> datetime | None:
    """When the first slip of a lane is due."""
    return connection.execute(_NEXT_DUE, {"in_lane": lane.value}).scalar()


def next_slips_due(connection: Connection) -> dict[Lane, datetime]:
    """When the first slip of each lane is due, of those that have any."""
    found = connection.execute(_NEXT_OF_EACH).one()
    return {lane: due for lane, due in zip(Lane, found, strict=True) if due is not None}


def count_slips(connection: Connection) -> dict[str, int]:
    """How many slips each lane has."""
    return dict(connection.execute(_COUNT).all())
