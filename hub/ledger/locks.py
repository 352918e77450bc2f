"""The locks of a database that many write at once, and the order in which they are taken. SQLite, which has one writer,
needs none of them.

Rule: keys, then messages and submissions, then cases, endpoints, lanes, deliveries; of each kind in sorted order. So
nobody waits in a ring. Whoever may have waited for a lock reads what it guards in the next statement, never in the same
one: only a new statement sees what the one before us wrote.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from hashlib import blake2b
from typing import Any

from sqlalchemy import Column, Connection, Select, collate, select, text

from hub.ledger.lookup import among, in_pairs, pair_values
from hub.ledger.tables import cases, deliveries, endpoints, lanes

ACCEPT, INTAKE = "accept", "intake"
"""What a key may be locked for. Acceptance and intake do not wait for each other."""

_KEYS = text("SELECT pg_advisory_xact_lock(n) FROM unnest(CAST(:numbers AS bigint[])) AS n")


def _rows(wanted: Select[Any], *order: Column[str]) -> Select[Any]:
    """Rows held until the transaction ends, in one order whatever the language of the database is.

    They may still be referred to meanwhile (NO KEY): a delivery can be put at the end of a lane of a held endpoint.
    """
    return wanted.order_by(*(collate(column, "C") for column in order)).with_for_update(key_share=True)


_CASES = _rows(select(cases.c.id).where(among(cases.c.id, "ids")), cases.c.id)

_ENDPOINTS = _rows(select(endpoints.c.code).where(among(endpoints.c.code, "codes")), endpoints.c.code)

_ENDPOINTS_OF = _rows(
    select(endpoints.c.code).where(
        endpoints.c.code.in_(select(deliveries.c.endpoint).where(among(deliveries.c.id, "ids")))
    ),
    endpoints.c.code,
)

_LANES = _rows(
    select(lanes.c.order_key).where(in_pairs(lanes.c.order_key, lanes.c.endpoint)), lanes.c.order_key, lanes.c.endpoint
)


def many_write(connection: Connection) -> bool:
    """Whether others may write to this database at the same time."""
    return connection.dialect.name == "postgresql"


def lock_keys(connection: Connection, purpose: str, keys: Iterable[tuple[str, str]]) -> None:
    """Hold keys that lead to cases, whether or not a case has them yet."""
    wanted = sorted({_number(purpose, *key) for key in keys}) if many_write(connection) else []
    if wanted:
        connection.execute(_KEYS, {"numbers": wanted})


def lock_cases(connection: Connection, ids: Collection[str]) -> None:
    """Hold cases."""
    if ids and many_write(connection):
        connection.execute(_CASES, {"ids": list(ids)}).all()


def lock_endpoints(connection: Connection, codes: Collection[str]) -> None:
    """Hold endpoints: their gates, and which of their deliveries are under way."""
    if codes and many_write(connection):
        connection.execute(_ENDPOINTS, {"codes": list(codes)}).all()


def lock_endpoints_of(connection: Connection, delivery_ids: Sequence[str]) -> None:
    """Hold the endpoints of these deliveries."""
    if delivery_ids and many_write(connection):
        connection.execute(_ENDPOINTS_OF, {"ids": list(delivery_ids)}).all()


def lock_lanes(connection: Connection, wanted: Collection[tuple[str, str]]) -> None:
    """Hold lanes, by order key and endpoint."""
    if wanted and many_write(connection):
        connection.execute(_LANES, pair_values(wanted)).all()


def _number(purpose: str, kind: str, value: str) -> int:
    """What stands for a key: two that share a number by chance wait for each other, which does no harm."""
    name = f"{purpose}\0{kind}\0{value}".encode()
    return int.from_bytes(blake2b(name, digest_size=8).digest(), "big", signed=True)
