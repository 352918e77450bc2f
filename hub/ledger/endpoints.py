"""Endpoints: the ways out, their gates, and what waits behind a closed one.

Rule: behind a closed gate nothing is claimed and nothing rings. A gate that opens lets one go first; each answer lets
up to two more go, until the endpoint has as many attempts at a time as it may.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, bindparam, func, or_, select, true, update
from sqlalchemy.dialects.postgresql import insert

from hub.ledger.account import NewAudit
from hub.ledger.attempt import EndpointConfig, EndpointRow, Gate
from hub.ledger.lanes import reach
from hub.ledger.locks import lock_endpoints
from hub.ledger.tables import deliveries, endpoints
from hub.ledger.unit import Unit
from hub.message.lifecycle import DeliveryStatus, OnDead
from hub.message.slip import Lane

PROBE_PATIENCE = timedelta(seconds=60)
"""How long a probe may be under way before another is let through."""

_UPSERT = insert(endpoints)
_UPSERT = _UPSERT.on_conflict_do_update(
    index_elements=[endpoints.c.code],
    set_={name: _UPSERT.excluded[name] for name in ("party", "in_flight", "on_dead")},
)

_ALL = select(endpoints).order_by(endpoints.c.code)
_ONE = select(endpoints).where(endpoints.c.code == bindparam("code"))

_SET_GATE = (
    update(endpoints)
    .where(endpoints.c.code == bindparam("endpoint"))
    .values(
        {
            "gate": bindparam("to_gate"),
            "reason": bindparam("to_reason"),
            "failures": bindparam("to_failures"),
            "probe_at": bindparam("to_probe_at"),
            "probe": bindparam("to_probe"),
            "changed_at": bindparam("at"),
        }
    )
)

_SET_FAILURES = (
    update(endpoints)
    .where(endpoints.c.code == bindparam("endpoint"))
    .values(failures=bindparam("to_failures"), probe=None)
)

_COUNT_SENDING = (
    select(deliveries.c.endpoint, func.count())
    .where(
        deliveries.c.endpoint.in_(bindparam("codes", expanding=True)),
        deliveries.c.status == DeliveryStatus.SENDING.value,
    )
    .group_by(deliveries.c.endpoint)
)

_PARKED = (
    select(deliveries.c.id, deliveries.c.status)
    .where(deliveries.c.endpoint == bindparam("code"), deliveries.c.parked == true())
    .order_by(deliveries.c.due_at, deliveries.c.seq)
    .limit(bindparam("at_most"))
)

_UNPARK = update(deliveries).where(deliveries.c.id == bindparam("delivery")).values(parked=False)

_DUE_NOW = (
    update(deliveries)
    .where(deliveries.c.id == bindparam("delivery"), deliveries.c.due_at > bindparam("now"))
    .values(due_at=bindparam("now"))
)

_WITH_PARKED = (
    select(endpoints.c.code, endpoints.c.in_flight)
    .where(
        endpoints.c.gate == Gate.UP.value,
        endpoints.c.code.in_(select(deliveries.c.endpoint).where(deliveries.c.parked == true()).distinct()),
    )
    .order_by(endpoints.c.code)
)

_TO_PROBE = (
    select(endpoints)
    .where(endpoints.c.gate == Gate.BROKEN.value, endpoints.c.probe_at <= bindparam("now"))
    .order_by(endpoints.c.code)
)

_PROBE_CANDIDATE = (
    select(deliveries.c.id, deliveries.c.status)
    .where(
        deliveries.c.endpoint == bindparam("code"),
        or_(deliveries.c.parked == true(), deliveries.c.status == DeliveryStatus.DUE.value),
    )
    .order_by(deliveries.c.due_at, deliveries.c.seq)
    .limit(1)
)


def upsert_endpoints(unit: Unit, configured: Sequence[EndpointConfig]) -> None:
    """Bring the endpoints of the configuration in; their gates stay as they are."""
    fresh = {"gate": Gate.UP.value, "failures": 0, "changed_at": unit.now}
    if configured:
        in_order = sorted(configured, key=lambda endpoint: endpoint.code)
        unit.connection.execute(
            _UPSERT, [asdict(endpoint) | {"on_dead": endpoint.on_dead.value} | fresh for endpoint in in_order]
        )


def read_endpoints(connection: Connection) -> tuple[EndpointRow, ...]:
    """Every endpoint, by code."""
    return tuple(map(_endpoint_row, connection.execute(_ALL)))


def read_endpoint(connection: Connection, code: str) -> EndpointRow | None:
    """One endpoint."""
    row = connection.execute(_ONE, {"code": code}).one_or_none()
    return None if row is None else _endpoint_row(row)


def _held(unit: Unit, code: str) -> EndpointRow | None:
    """One endpoint, which nobody else changes until the transaction ends."""
    lock_endpoints(unit.connection, [code])
    return read_endpoint(unit.connection, code)


def hold(unit: Unit, code: str, actor: str, reason: str) -> bool:
    """An operator closes a gate."""
    known = _held(unit, code)
    if known is None or known.gate is Gate.HELD:
        return False
    _set_gate(unit, known, Gate.HELD, reason)
    _note(unit, code, actor, "held", reason)
    return True


def release(unit: Unit, code: str, actor: str, reason: str) -> bool:
    """An operator opens a gate; the first of what waits goes at once."""
    known = _held(unit, code)
    if known is None or known.gate is Gate.UP:
        return False
    open_gate(unit, code, actor, reason)
    release_parked(unit, code, 1)
    return True


def break_gate(unit: Unit, code: str, probe_at: datetime, reason: str) -> bool:
    """The breaker closes a gate, or puts the next probe off."""
    known = _held(unit, code)
    if known is None or known.gate is Gate.HELD:
        return False
    _set_gate(unit, known, Gate.BROKEN, reason, probe_at)
    if known.gate is Gate.UP:
        _note(unit, code, "hub", "broken", reason)
    return True


def open_gate(unit: Unit, code: str, actor: str, reason: str) -> None:
    """A gate is up again."""
    unit.connection.execute(_SET_GATE, _gate_values(unit, code, Gate.UP))
    _note(unit, code, actor, "released", reason)


def set_failures(unit: Unit, counts: dict[str, int]) -> None:
    """Count attempts in a row that did not reach the endpoint; whatever was probing is a probe no more."""
    if counts:
        unit.connection.execute(
            _SET_FAILURES, [{"endpoint": code, "to_failures": count} for code, count in sorted(counts.items())]
        )


def count_sending(connection: Connection, codes: Sequence[str]) -> dict[str, int]:
    """How many attempts are under way to each of these endpoints."""
    return dict(connection.execute(_COUNT_SENDING, {"codes": list(codes)}).all())


def release_parked(unit: Unit, code: str, at_most: int) -> int:
    """Ring for the first of what waited for this endpoint. How many."""
    rows = unit.connection.execute(_PARKED, {"code": code, "at_most": at_most}).all()
    reach(unit, [id for id, status in rows if status == DeliveryStatus.WAITING.value])
    due = [id for id, status in rows if status == DeliveryStatus.DUE.value]
    if due:
        unit.connection.execute(_UNPARK, [{"delivery": id} for id in due])
    for id in due:
        unit.ring(Lane.SEND, id)
    return len(rows)


def follow_answers(unit: Unit, answers: dict[str, tuple[int, int]]) -> None:
    """Let more go to endpoints that are up, after attempts came to an end: by code (how many, how many at a time)."""
    for code, (ended, in_flight) in sorted(answers.items()):
        waiting = unit.connection.execute(_PARKED, {"code": code, "at_most": 1}).first()
        if waiting is not None:
            free = in_flight - count_sending(unit.connection, [code]).get(code, 0)
            release_parked(unit, code, max(0, min(2 * ended, free)))


def sweep_parked(unit: Unit, limit: int) -> int:
    """Let go what waits for endpoints that are up and have room, whoever forgot it. How many."""
    lock_endpoints(unit.connection, [code for code, _ in unit.connection.execute(_WITH_PARKED)])
    rows = unit.connection.execute(_WITH_PARKED).all()
    sending = count_sending(unit.connection, [code for code, _ in rows]) if rows else {}
    return sum(
        release_parked(unit, code, min(limit, in_flight - sending.get(code, 0)))
        for code, in_flight in rows
        if in_flight > sending.get(code, 0)
    )


def send_probes(unit: Unit) -> int:
    """Let one delivery through to each broken endpoint whose time has come. How many."""
    sent = 0
    lock_endpoints(unit.connection, [row.code for row in unit.connection.execute(_TO_PROBE, {"now": unit.now})])
    for row in unit.connection.execute(_TO_PROBE, {"now": unit.now}).all():
        candidate = unit.connection.execute(_PROBE_CANDIDATE, {"code": row.code}).one_or_none()
        if candidate is None:
            continue
        unit.connection.execute(_DUE_NOW, {"delivery": candidate.id, "now": unit.now})  # a probe does not wait its time
        values = _gate_values(unit, row.code, Gate.BROKEN) | {
            "to_reason": row.reason,
            "to_failures": row.failures,
            "to_probe_at": unit.now + PROBE_PATIENCE,
            "to_probe": candidate.id,
        }
        unit.connection.execute(_SET_GATE, values)
        if candidate.status == DeliveryStatus.WAITING.value:
            reach(unit, [candidate.id])
        else:
            unit.connection.execute(_UNPARK, {"delivery": candidate.id})
            unit.ring(Lane.SEND, candidate.id)
        sent += 1
    return sent


def _set_gate(unit: Unit, known: EndpointRow, gate: Gate, reason: str, probe_at: datetime | None = None) -> None:
    values = _gate_values(unit, known.code, gate)
    unit.connection.execute(
        _SET_GATE, values | {"to_reason": reason, "to_failures": known.failures, "to_probe_at": probe_at}
    )


def _gate_values(unit: Unit, code: str, gate: Gate) -> dict[str, object]:
    return {
        "endpoint": code,
        "to_gate": gate.value,
        "to_reason": None,
        "to_failures": 0,
        "to_probe_at": None,
        "to_probe": None,
        "at": unit.now,
    }


def _note(unit: Unit, code: str, actor: str, action: str, reason: str) -> None:
    unit.note(NewAudit(actor=actor, action=action, subject_kind="endpoint", subject_id=code, detail={"reason": reason}))


def _endpoint_row(row: Row[*tuple[Any, ...]]) -> EndpointRow:
    values = dict(row._mapping)
    del values["probe"]
    return EndpointRow(**{**values, "gate": Gate(row.gate), "on_dead": OnDead(row.on_dead)})
