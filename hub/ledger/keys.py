"""Hub keys of parties: the hash is kept, the key never.

Rule: a revoked key stays in the list, so that what it did before can be explained.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import Connection, Row, bindparam, insert, select, update

from hub.ledger.account import NewAudit, PartyKey
from hub.ledger.tables import party_keys
from hub.ledger.unit import Unit

_COLUMNS = tuple(column for column in party_keys.c if column.name != "key_hash")

_INSERT = insert(party_keys)

_FIND = select(*_COLUMNS).where(party_keys.c.key_hash == bindparam("hash"), party_keys.c.revoked_at.is_(None))

_REVOKE = (
    update(party_keys)
    .where(party_keys.c.id == bindparam("key"), party_keys.c.revoked_at.is_(None))
    .values(revoked_at=bindparam("at"))
    .returning(party_keys.c.party)
)


def add_key(unit: Unit, party: str, key_hash: str, label: str, scopes: Collection[str]) -> str:
    """Keep the hash of a new key. Its id."""
    id = unit.new_id()
    values = {
        "id": id,
        "party": party,
        "key_hash": key_hash,
        "label": label,
        "scopes": sorted(scopes),
        "added_at": unit.now,
    }
    unit.connection.execute(_INSERT, values)
    _note(unit, id, "hub", "added", party)
    return id


def find_key(connection: Connection, key_hash: str) -> PartyKey | None:
    """The key in force with this hash."""
    row = connection.execute(_FIND, {"hash": key_hash}).one_or_none()
    return None if row is None else _party_key(row)


def read_party_keys(connection: Connection, party: str | None) -> tuple[PartyKey, ...]:
    """Keys, revoked ones too, the oldest first."""
    wanted = select(*_COLUMNS).order_by(party_keys.c.party, party_keys.c.added_at, party_keys.c.id)
    if party is not None:
        wanted = wanted.where(party_keys.c.party == party)
    return tuple(map(_party_key, connection.execute(wanted)))


def revoke_key(unit: Unit, key_id: str, actor: str) -> bool:
    """End a key."""
    party = unit.connection.execute(_REVOKE, {"key": key_id, "at": unit.now}).scalar_one_or_none()
    if party is None:
        return False
    _note(unit, key_id, actor, "revoked", party)
    return True


def _note(unit: Unit, key_id: str, actor: str, action: str, party: str) -> None:
    unit.note(NewAudit(actor=actor, action=action, subject_kind="key", subject_id=key_id, detail={"party": party}))


def _party_key(row: Row[*tuple[Any, ...]]) -> PartyKey:
    return PartyKey(**{**row._mapping, "scopes": tuple(row.scopes)})
