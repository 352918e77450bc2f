"""Claims: a worker takes a delivery for one attempt, and its bytes are kept before the first of them is sent.

Rule: a claim is a lease with a fencing number; a closed gate and a full endpoint are respected here and nowhere else.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from hashlib import sha256

from sqlalchemy import Connection, bindparam, select, update
from sqlalchemy.dialects.postgresql import insert as insert_or

from hub.ledger.attempt import Claimed, DeliveryRow, Gate, KeptOutbound
from hub.ledger.bulk import Bulk
from hub.ledger.deliveries import DeliveryRecord, delivery_row, holds, lock_deliveries, note_delivery
from hub.ledger.endpoints import count_sending
from hub.ledger.hops import insert_out
from hub.ledger.lanes import park
from hub.ledger.lookup import among
from hub.ledger.reading import read_canonicals, read_messages
from hub.ledger.tables import deliveries, endpoints, outbounds
from hub.ledger.unit import Unit
from hub.message.lifecycle import DeliveryEvent, DeliveryStatus, progress

_DUE = (
    select(deliveries.c.id)
    .join(endpoints, endpoints.c.code == deliveries.c.endpoint)
    .where(
        deliveries.c.status == DeliveryStatus.DUE.value,
        deliveries.c.due_at <= bindparam("now"),
        endpoints.c.gate == Gate.UP.value,
    )
    .order_by(deliveries.c.due_at, deliveries.c.seq)
    .limit(bindparam("at_most"))
)

_CLAIM = Bulk(
    update(deliveries)
    .where(deliveries.c.id == bindparam("delivery"))
    .values(
        status=progress(DeliveryStatus.DUE, DeliveryEvent.CLAIM).value,
        fence=deliveries.c.fence + 1,
        attempts=deliveries.c.attempts + 1,
        lease_until=bindparam("until"),
        first_attempt_at=bindparam("first_at"),
        parked=False,
    )
)

_FENCES = (
    select(*(deliveries.c[name] for name in ("id", "fence", "status", "message_id", "order_key", "party")))
    .where(among(deliveries.c.id, "ids"))
    .order_by(deliveries.c.due_at, deliveries.c.seq)
    .with_for_update(key_share=True)
)

_KEEP_OUTBOUND = Bulk(insert_or(outbounds).on_conflict_do_nothing())

_OUTBOUNDS = select(outbounds).where(among(outbounds.c.delivery_id, "ids"))


def claim(unit: Unit, delivery_ids: Sequence[str], lease_seconds: float) -> list[DeliveryRow]:
    """Take what of these may be had. What its gate or a full endpoint keeps back is parked."""
    rows = lock_deliveries(unit, delivery_ids)
    if not rows:
        return []
    sending = count_sending(unit.connection, list({row.endpoint for row in rows}))
    free = {row.endpoint: row.in_flight - sending.get(row.endpoint, 0) for row in rows}
    taken, kept_back = [], []
    for row in rows:
        if not _is_due(unit, row):
            continue
        probe = row.gate == Gate.BROKEN and row.probe == row.id
        if probe or (row.gate == Gate.UP and free[row.endpoint] > 0):
            free[row.endpoint] -= 1
            taken.append(row)
        elif not row.parked:
            kept_back.append(row.id)
    park(unit, kept_back)
    return _taken(unit, taken, lease_seconds)


def _is_due(unit: Unit, row: DeliveryRecord) -> bool:
    in_time = row.deadline is None or row.deadline > unit.now
    return bool(row.status == DeliveryStatus.DUE.value and row.due_at <= unit.now and in_time)


def _taken(unit: Unit, rows: Sequence[DeliveryRecord], lease_seconds: float) -> list[DeliveryRow]:
    until = unit.now + timedelta(seconds=lease_seconds)
    changes = [{"delivery": row.id, "until": until, "first_at": row.first_attempt_at or unit.now} for row in rows]
    _CLAIM.run(unit.connection, changes)
    return [
        delivery_row(
            row._mapping,
            status=progress(DeliveryStatus.DUE, DeliveryEvent.CLAIM),
            fence=row.fence + 1,
            attempts=row.attempts + 1,
            lease_until=until,
            first_attempt_at=row.first_attempt_at or unit.now,
        )
        for row in rows
    ]


def claim_due(unit: Unit, limit: int, lease_seconds: float) -> list[DeliveryRow]:
    """Take what is due, the longest due first."""
    ids = list(unit.connection.execute(_DUE, {"now": unit.now, "at_most": limit}).scalars())
    return claim(unit, ids, lease_seconds)


def read_claimed(connection: Connection, rows: Sequence[DeliveryRow]) -> tuple[Claimed, ...]:
    """What a worker needs for these claims. Read after their commit: nobody else may touch them meanwhile."""
    if not rows:
        return ()
    message_ids = {row.message_id for row in rows}
    messages, canonicals = read_messages(connection, message_ids), read_canonicals(connection, message_ids)
    kept = read_outbounds(connection, [row.id for row in rows if row.fence > 1])
    return tuple(
        Claimed(
            delivery_id=row.id,
            fence=row.fence,
            lease_until=row.lease_until or row.created_at,
            attempt=row.attempts,
            first_attempt_at=row.first_attempt_at or row.created_at,
            message=messages[row.message_id],
            canonical=canonicals[row.message_id],
            part=row.part,
            party=row.party,
            endpoint=row.endpoint,
            dialect=row.dialect,
            deadline=row.deadline,
            marks=row.marks,
            replays=row.replays,
            outbound=kept.get(row.id),
        )
        for row in rows
    )


def keep_outbounds(unit: Unit, kept: Sequence[tuple[str, int, KeptOutbound]]) -> tuple[bool, ...]:
    """Keep bytes before any is sent; what was kept before stays."""
    ids = [delivery_id for delivery_id, _, _ in kept]
    rows = {row.id: row for row in unit.connection.execute(_FENCES, {"ids": ids})}
    answers = tuple(holds(rows.get(delivery_id), fence) for delivery_id, fence, _ in kept)
    good = [each for each, is_good in zip(kept, answers, strict=True) if is_good]
    if good:
        _KEEP_OUTBOUND.run(unit.connection, [_outbound_values(unit, id, outbound) for id, _, outbound in good])
        insert_out(unit, [(id, rows[id].party, made.hop) for id, _, made in good if made.hop is not None])
    for id, _, outbound in good:
        detail = {"sha256": sha256(outbound.body).hexdigest(), "size": len(outbound.body)}
        note_delivery(unit, rows[id], "encoded", detail)
    return answers


def _outbound_values(unit: Unit, delivery_id: str, outbound: KeptOutbound) -> dict[str, object]:
    return {
        "delivery_id": delivery_id,
        "body": outbound.body,
        "content_type": outbound.content_type,
        "headers": [list(pair) for pair in outbound.headers],
        "name": outbound.name,
        "method": outbound.method,
        "path": outbound.path,
        "reports": outbound.reports,
        "kept_at": unit.now,
    }


def read_outbounds(connection: Connection, ids: Sequence[str]) -> dict[str, KeptOutbound]:
    """The kept bytes of these deliveries."""
    if not ids:
        return {}
    return {
        row.delivery_id: KeptOutbound(
            body=row.body or b"",
            content_type=row.content_type,
            headers=tuple((name, value) for name, value in row.headers),
            name=row.name,
            method=row.method,
            path=row.path,
            reports=row.reports,
        )
        for row in connection.execute(_OUTBOUNDS, {"ids": list(ids)})
    }
