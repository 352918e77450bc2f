"""Deliveries: placed in their lanes, settled, and read back.

Rule: every move of a status goes by the table of `hub.message.lifecycle`; a worker's word counts only with the fencing
number of its own claim; whatever stops being in the way opens its lane in the same transaction.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, bindparam, insert, select, update

from hub.ledger.account import NewAudit
from hub.ledger.attempt import DeliveryRow, Gate, Outcome, Settlement
from hub.ledger.bulk import Bulk
from hub.ledger.decision import NewDelivery
from hub.ledger.endpoints import follow_answers, open_gate, set_failures
from hub.ledger.lanes import LaneKey, open_lanes, take_places
from hub.ledger.locks import lock_endpoints_of
from hub.ledger.receipts import tell_senders
from hub.ledger.tables import deliveries, endpoints
from hub.ledger.unit import Unit
from hub.message.errors import Defect
from hub.message.lifecycle import SETTLED, DeliveryEvent, DeliveryStatus, OnDead, progress
from hub.message.slip import Lane

DELIVERY_COLUMNS = tuple(
    column for column in deliveries.c if column.name not in ("seq", "blocking", "parked", "rung_at")
)

_INSERT = Bulk(insert(deliveries))

_GATES = select(endpoints.c.code, endpoints.c.gate).where(endpoints.c.code.in_(bindparam("codes", expanding=True)))

_WITH_ENDPOINT = (
    select(
        deliveries,
        endpoints.c.gate,
        endpoints.c.in_flight,
        endpoints.c.on_dead,
        endpoints.c.probe,
        endpoints.c.failures,
    )
    .join(endpoints, endpoints.c.code == deliveries.c.endpoint)
    .where(deliveries.c.id.in_(bindparam("ids", expanding=True)))
    .order_by(deliveries.c.due_at, deliveries.c.seq)
    .with_for_update(key_share=True, of=deliveries)
)

_MOVED = ("status", "due_at", "settled_at", "answer", "reason", "blocking", "attempts")

MOVE_DELIVERY = (
    update(deliveries)
    .where(deliveries.c.id == bindparam("delivery"))
    .values({name: bindparam(f"to_{name}") for name in _MOVED} | {"lease_until": None, "parked": False})
)
_MOVE_ALL = Bulk(MOVE_DELIVERY)

_DELIVERIES = select(*DELIVERY_COLUMNS).where(deliveries.c.id.in_(bindparam("ids", expanding=True)))

_OF_MESSAGE = select(*DELIVERY_COLUMNS).where(deliveries.c.message_id == bindparam("id")).order_by(deliveries.c.seq)


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """A delivery to be put in its lane. `replays` is what it replays, `run` the replay run that makes it."""

    message_id: str
    case_id: str | None
    new: NewDelivery
    replays: str | None = None
    run: str | None = None

    @property
    def lane(self) -> LaneKey:
        """Its lane: of the case, or of the message alone where it has no case."""
        return LaneKey(self.case_id or self.message_id, self.new.endpoint)


DeliveryRecord = Row[*tuple[Any, ...]]
"""A row of `deliveries` with what its endpoint is like."""


def insert_deliveries(unit: Unit, wanted: Sequence[Placed]) -> list[str]:
    """Put deliveries at the ends of their lanes; those whose turn it is are due at once. Their ids."""
    if not wanted:
        return []
    codes = {each.new.endpoint for each in wanted}
    gates: dict[str, str] = dict(unit.connection.execute(_GATES, {"codes": list(codes)}).all())
    if codes - gates.keys():
        raise Defect(f"no such endpoint: {', '.join(sorted(codes - gates.keys()))}")
    places = take_places(unit, [each.lane for each in wanted])
    rows = []
    for each, place in zip(wanted, places, strict=True):
        passes = place.at_head and gates[each.new.endpoint] == Gate.UP
        row = _new_row(unit, each, place.lane_seq) | {
            "status": (DeliveryStatus.DUE if passes else DeliveryStatus.WAITING).value,
            "parked": place.at_head and not passes,
        }
        if passes:
            unit.ring(Lane.SEND, str(row["id"]))
        rows.append(row)
    _INSERT.run(unit.connection, rows)
    return [str(row["id"]) for row in rows]


def _new_row(unit: Unit, placed: Placed, lane_seq: int) -> dict[str, object]:
    new, id = placed.new, unit.new_id()
    unit.note(
        NewAudit(
            actor="hub",
            action="queued",
            subject_kind="delivery",
            subject_id=id,
            message_id=placed.message_id,
            delivery_id=id,
            case_id=placed.case_id,
            detail={
                "endpoint": new.endpoint,
                "party": new.party,
                "as": new.dialect,
                "part": new.part,
                "because": new.because,
                "place": lane_seq,
            },
        )
    )
    return {
        "id": id,
        "message_id": placed.message_id,
        "part": new.part,
        "party": new.party,
        "endpoint": new.endpoint,
        "dialect": new.dialect,
        "order_key": placed.lane.order_key,
        "lane_seq": lane_seq,
        "blocking": True,
        **dict.fromkeys(("attempts", "fence"), 0),
        **dict.fromkeys(("created_at", "due_at", "rung_at"), unit.now),
        "deadline": new.deadline,
        "marks": list(new.marks),
        "replays": placed.replays,
        "run": placed.run,
    }


# --- settling


def holds(row: DeliveryRecord | None, fence: int) -> bool:
    """Whether the claim with this fencing number is still in force."""
    return row is not None and row.status == DeliveryStatus.SENDING.value and row.fence == fence


def settle(unit: Unit, settlements: Sequence[Settlement]) -> tuple[bool, ...]:
    """Write how attempts ended. An old fence settles nothing, and nor does a second word on the same claim."""
    rows = {row.id: row for row in lock_deliveries(unit, [each.delivery_id for each in settlements])}
    settled: list[tuple[DeliveryRecord, Outcome]] = []
    answers = []
    for each in settlements:
        row = rows.get(each.delivery_id)
        good = holds(row, each.fence)
        answers.append(good)
        if row is not None and good:
            del rows[each.delivery_id]
            settled.append((row, each.outcome))
    move_deliveries(unit, [(row, outcome.event, outcome) for row, outcome in settled])
    _judge_endpoints(unit, settled)
    return tuple(answers)


def move_deliveries(
    unit: Unit, moves: Sequence[tuple[DeliveryRecord, DeliveryEvent, Outcome]], actor: str = "hub"
) -> None:
    """Move deliveries by events, note it, ring for what is due, open lanes that are stopped no more, tell senders."""
    if not moves:
        return
    values, moved, opened, passed = [], [], [], {}
    for row, event, outcome in moves:
        status = progress(DeliveryStatus[row.status], event)
        moved.append((row, status))
        stopped = status in (DeliveryStatus.DEAD, DeliveryStatus.INVALID)
        blocking = row.blocking and status not in SETTLED and not (stopped and row.on_dead == OnDead.PASS)
        due_at = (outcome.due_at or unit.now) if status is DeliveryStatus.DUE else row.due_at
        values.append(
            {
                "delivery": row.id,
                "to_status": status.value,
                "to_due_at": due_at,
                "to_settled_at": unit.now if status in SETTLED else None,
                "to_answer": outcome.answer,
                "to_reason": outcome.reason,
                "to_blocking": blocking,
                "to_attempts": row.attempts if outcome.tried else row.attempts - 1,
            }
        )
        if status is DeliveryStatus.DUE:
            unit.ring(Lane.SEND, row.id, due_at)
        if row.blocking and not blocking:
            lane = LaneKey(row.order_key, row.endpoint)
            opened.append(lane)
            if stopped:
                passed[lane] = row.id
        _note(unit, row, (event.value if status is DeliveryStatus.DUE else status.value.lower()), outcome, actor)
    _MOVE_ALL.run(unit.connection, values)
    open_lanes(unit, set(opened), passed)
    tell_senders(unit, moved)


def _note(unit: Unit, row: DeliveryRecord, action: str, outcome: Outcome, actor: str) -> None:
    detail: dict[str, object] = {"endpoint": row.endpoint}
    if outcome.tried:
        detail["attempt"] = row.attempts
    if outcome.answer is not None:
        detail["answer"] = outcome.answer
    if outcome.reason is not None:
        detail["reason"] = outcome.reason
    if outcome.due_at is not None:
        detail["due_at"] = outcome.due_at.isoformat()
    note_delivery(unit, row, action, detail, actor)


def note_delivery(unit: Unit, row: DeliveryRecord, action: str, detail: dict[str, object], actor: str = "hub") -> None:
    """A line in the audit about a delivery."""
    unit.note(
        NewAudit(
            actor=actor,
            action=action,
            subject_kind="delivery",
            subject_id=row.id,
            message_id=row.message_id,
            delivery_id=row.id,
            case_id=case_of(row),
            detail=detail,
        )
    )


def case_of(row: DeliveryRecord) -> str | None:
    """The case of a delivery, None where its message is ordered by itself."""
    return None if row.order_key == row.message_id else row.order_key


def _judge_endpoints(unit: Unit, settled: Sequence[tuple[DeliveryRecord, Outcome]]) -> None:
    """An answer of any kind shows that the peer is there; attempts that did not reach it are counted."""
    known = {row.endpoint: row for row, _ in settled}
    ended = Counter(row.endpoint for row, _ in settled)
    away = Counter(row.endpoint for row, outcome in settled if outcome.away)
    answered = {
        row.endpoint
        for row, outcome in settled
        if outcome.tried and not outcome.away and outcome.event is not DeliveryEvent.EXPIRE
    }
    failures = {code: known[code].failures + count for code, count in away.items() if code not in answered}
    up = {code for code, row in known.items() if row.gate == Gate.UP}
    for code in sorted(answered):
        if known[code].gate == Gate.BROKEN:
            open_gate(unit, code, "hub", "answered")
            up.add(code)
        elif known[code].failures:
            failures[code] = 0
    set_failures(unit, failures)
    follow_answers(unit, {code: (ended[code], known[code].in_flight) for code in up})


# --- reading


def lock_deliveries(unit: Unit, ids: Sequence[str]) -> Sequence[DeliveryRecord]:
    """These deliveries with what their endpoints are like, both held until the transaction ends.

    What was known of them before may have changed meanwhile: whoever acts on it looks again.
    """
    lock_endpoints_of(unit.connection, ids)
    return unit.connection.execute(_WITH_ENDPOINT, {"ids": list(ids)}).all() if ids else ()


def read_deliveries(connection: Connection, ids: Iterable[str]) -> dict[str, DeliveryRow]:
    """These deliveries."""
    return {row.id: delivery_row(row._mapping) for row in connection.execute(_DELIVERIES, {"ids": list(ids)})}


def read_deliveries_of(connection: Connection, message_id: str) -> tuple[DeliveryRow, ...]:
    """The deliveries of a message, in the order in which they were made."""
    return tuple(delivery_row(row._mapping) for row in connection.execute(_OF_MESSAGE, {"id": message_id}))


def delivery_row(row: Any, **changed: Any) -> DeliveryRow:
    """A row of the table as a value."""
    values = {column.name: row[column.name] for column in DELIVERY_COLUMNS}
    values["status"] = DeliveryStatus[values["status"]]
    values["marks"] = tuple(values["marks"])
    return DeliveryRow(**(values | changed))
