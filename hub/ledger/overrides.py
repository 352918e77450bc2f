"""What an operator may do to a delivery: give it up, send it again, let others pass it, replay it.

Rule: every act names who and why in the audit; none of them changes the bytes that were or will be sent.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, bindparam, func, select, true, update

from hub.ledger.attempt import Outcome
from hub.ledger.decision import NewDelivery
from hub.ledger.deliveries import (
    Placed,
    case_of,
    insert_deliveries,
    lock_deliveries,
    move_deliveries,
    note_delivery,
)
from hub.ledger.lanes import LaneKey, open_lanes
from hub.ledger.tables import deliveries
from hub.ledger.unit import Unit
from hub.message.lifecycle import DELIVERY_TABLE, DeliveryEvent, DeliveryStatus

_STOPPED = (DeliveryStatus.DEAD.value, DeliveryStatus.INVALID.value)

_PASS = update(deliveries).where(deliveries.c.id == bindparam("delivery")).values(blocking=False)

_this = deliveries.alias("this")

_COUNT_BEHIND = (
    select(func.count())
    .select_from(_this)
    .join(
        deliveries,
        (deliveries.c.order_key == _this.c.order_key)
        & (deliveries.c.endpoint == _this.c.endpoint)
        & (deliveries.c.lane_seq > _this.c.lane_seq),
    )
    .where(_this.c.id == bindparam("id"), _this.c.blocking == true(), deliveries.c.blocking == true())
)


def discard(unit: Unit, delivery_ids: Sequence[str], actor: str, reason: str) -> list[str]:
    """Give these deliveries up, as far as their statuses allow it; the ids of those that were."""
    return _move(unit, delivery_ids, DeliveryEvent.DISCARD, (actor, reason))


def revive(unit: Unit, delivery_ids: Sequence[str], actor: str, reason: str) -> list[str]:
    """Send these stopped deliveries again; the ids of those that were stopped."""
    return _move(unit, delivery_ids, DeliveryEvent.REVIVE, (actor, reason))


def _move(unit: Unit, delivery_ids: Sequence[str], event: DeliveryEvent, by: tuple[str, str]) -> list[str]:
    rows = [row for row in lock_deliveries(unit, delivery_ids) if (DeliveryStatus[row.status], event) in DELIVERY_TABLE]
    actor, reason = by
    moves = [(row, event, Outcome(event=event, reason=reason, answer=row.answer)) for row in rows]
    move_deliveries(unit, moves, actor)
    return [row.id for row in rows]


def let_pass(unit: Unit, delivery_id: str, actor: str, reason: str) -> bool:
    """Let what waits behind a stopped delivery go past it."""
    row = _find(unit, delivery_id)
    if row is None or row.status not in _STOPPED or not row.blocking:
        return False
    unit.connection.execute(_PASS, {"delivery": delivery_id})
    note_delivery(unit, row, "passed", {"reason": reason}, actor)
    lane = LaneKey(row.order_key, row.endpoint)
    open_lanes(unit, {lane}, {lane: delivery_id})
    return True


def replay(unit: Unit, delivery_id: str, actor: str, reason: str) -> str | None:
    """A new delivery of the same message and part, at the end of the lane, which names the one it replays."""
    row = _find(unit, delivery_id)
    if row is None:
        return None
    new = NewDelivery(
        party=row.party,
        endpoint=row.endpoint,
        dialect=row.dialect,
        part=row.part,
        marks=(f"replay:{delivery_id}",),
    )
    placed = Placed(message_id=row.message_id, case_id=case_of(row), new=new, replays=delivery_id)
    (made,) = insert_deliveries(unit, [placed])
    note_delivery(unit, row, "replayed", {"reason": reason, "as": made}, actor)
    return made


def count_behind(connection: Connection, delivery_id: str) -> int:
    """How many deliveries wait behind one that is in their way."""
    return int(connection.execute(_COUNT_BEHIND, {"id": delivery_id}).scalar_one())


def _find(unit: Unit, delivery_id: str) -> Any:
    rows = lock_deliveries(unit, [delivery_id])
    return rows[0] if rows else None
