"""Lanes: per case and endpoint, one delivery goes after the other.

Rule: a delivery is due only when nothing before it in its lane is in the way. In the way is whatever is not settled,
unless an operator or the endpoint's setting let others pass it. `lanes.open` is the place whose turn it is.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Row, and_, bindparam, func, select, true, update
from sqlalchemy.dialects.postgresql import insert

from hub.ledger.attempt import Gate
from hub.ledger.bulk import Bulk
from hub.ledger.locks import lock_lanes
from hub.ledger.lookup import in_pairs, pair_values
from hub.ledger.tables import deliveries, endpoints, lanes
from hub.ledger.unit import Unit
from hub.message.lifecycle import DeliveryEvent, DeliveryStatus, progress
from hub.message.slip import Lane as Work


class LaneKey(NamedTuple):
    """What goes one after the other: the case (or the message, where it has none) and the way out."""

    order_key: str
    endpoint: str


class Place(NamedTuple):
    """A place in a lane, and whether its turn has come already."""

    lane_seq: int
    at_head: bool


_NEW = insert(lanes)
_TAKE_PLACES = Bulk(  # a new lane begins with 1: what it has more than that is what is taken
    _NEW.on_conflict_do_update(
        index_elements=[lanes.c.order_key, lanes.c.endpoint], set_={"next": lanes.c.next + _NEW.excluded.next - 1}
    ),
    ("order_key", "endpoint"),
)

_LANES = select(lanes).where(in_pairs(lanes.c.order_key, lanes.c.endpoint))

_other = deliveries.alias("other")

_HEADS = (
    select(
        lanes.c.order_key,
        lanes.c.endpoint,
        lanes.c.next,
        lanes.c.open,
        endpoints.c.gate,
        deliveries.c.id,
        deliveries.c.lane_seq,
        deliveries.c.status,
        deliveries.c.marks,
    )
    .join(endpoints, endpoints.c.code == lanes.c.endpoint)
    .outerjoin(
        deliveries,
        and_(
            deliveries.c.order_key == lanes.c.order_key,
            deliveries.c.endpoint == lanes.c.endpoint,
            deliveries.c.lane_seq
            == select(func.min(_other.c.lane_seq))
            .where(
                _other.c.order_key == lanes.c.order_key,
                _other.c.endpoint == lanes.c.endpoint,
                _other.c.blocking == true(),
            )
            .correlate(lanes)
            .scalar_subquery(),
        ),
    )
    .where(in_pairs(lanes.c.order_key, lanes.c.endpoint))
    .order_by(lanes.c.order_key, lanes.c.endpoint)
)

_OPEN_AT = Bulk(
    update(lanes)
    .where(lanes.c.order_key == bindparam("of_key"), lanes.c.endpoint == bindparam("to_endpoint"))
    .values(open=bindparam("at"))
)

_REACH = Bulk(
    update(deliveries)
    .where(deliveries.c.id == bindparam("delivery"))
    .values(
        status=progress(DeliveryStatus.WAITING, DeliveryEvent.REACH).value,
        due_at=bindparam("now"),
        rung_at=bindparam("now"),
        parked=False,
    )
)

_PARK = Bulk(update(deliveries).where(deliveries.c.id == bindparam("delivery")).values(parked=True))

_MARK = Bulk(update(deliveries).where(deliveries.c.id == bindparam("delivery")).values(marks=bindparam("with_marks")))


def take_places(unit: Unit, wanted: Sequence[LaneKey]) -> list[Place]:
    """The next places in these lanes, in the order asked for. Lanes are taken in sorted order, so that none waits in a
    ring with another transaction."""
    counts = sorted(Counter(wanted).items())
    _TAKE_PLACES.run(unit.connection, [{**lane._asdict(), "next": count + 1, "open": 1} for lane, count in counts])
    rows = unit.connection.execute(_LANES, pair_values(lane for lane, _ in counts))
    held = {LaneKey(row.order_key, row.endpoint): row for row in rows}
    seqs = {lane: iter(range(held[lane].next - count, held[lane].next)) for lane, count in counts}
    return [Place(seq, seq == held[lane].open) for lane in wanted for seq in (next(seqs[lane]),)]


def open_lanes(unit: Unit, moved: Collection[LaneKey], passed: dict[LaneKey, str] | None = None) -> None:
    """Let the next of these lanes go, after what was in the way is settled or passed.

    `passed` are deliveries that are let past, by lane: whatever goes in their stead is marked with their id.
    """
    if not moved:
        return
    lock_lanes(unit.connection, moved)
    found = unit.connection.execute(_HEADS, pair_values(moved))
    rows = [row for row in found if LaneKey(row.order_key, row.endpoint) in moved]
    shifted = [
        {"of_key": row.order_key, "to_endpoint": row.endpoint, "at": _turn(row)}
        for row in rows
        if _turn(row) != row.open
    ]
    _OPEN_AT.run(unit.connection, shifted)
    waiting = [row for row in rows if row.status == DeliveryStatus.WAITING.value]
    _mark(unit, waiting, passed or {})
    reach(unit, [row.id for row in waiting if row.gate == Gate.UP])
    park(unit, [row.id for row in waiting if row.gate != Gate.UP])


def reach(unit: Unit, delivery_ids: Sequence[str]) -> None:
    """The turn of these waiting deliveries has come: they are due."""
    _REACH.run(unit.connection, [{"delivery": id, "now": unit.now} for id in delivery_ids])
    for id in delivery_ids:
        unit.ring(Work.SEND, id)


def park(unit: Unit, delivery_ids: Sequence[str]) -> None:
    """The turn of these has come, but their gate is closed or their endpoint full: they are rung for when it is not."""
    _PARK.run(unit.connection, [{"delivery": id} for id in delivery_ids])


def _turn(row: Row[*tuple[Any, ...]]) -> int:
    return int(row.next if row.lane_seq is None else row.lane_seq)


def _mark(unit: Unit, rows: Sequence[Row[*tuple[Any, ...]]], passed: dict[LaneKey, str]) -> None:
    marked = [
        {"delivery": row.id, "with_marks": [*row.marks, f"passed:{passed[LaneKey(row.order_key, row.endpoint)]}"]}
        for row in rows
        if LaneKey(row.order_key, row.endpoint) in passed
    ]
    _MARK.run(unit.connection, marked)
