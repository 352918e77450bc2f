"""Leases by name: of several processes one does a thing, and another takes over where that one is gone.

Rule: a lease is taken in the transaction whose work it guards. Its row is held until the end of that transaction, so
that whoever comes next sees what was done.
"""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import bindparam
from sqlalchemy.dialects.postgresql import insert  # its ON CONFLICT is written the same for SQLite

from hub.ledger.tables import leases
from hub.ledger.unit import Unit

_LEASE = insert(leases)
_TAKE = _LEASE.on_conflict_do_update(
    index_elements=[leases.c.name],
    set_={"holder": _LEASE.excluded.holder, "until": _LEASE.excluded.until},
    where=(leases.c.holder == _LEASE.excluded.holder)
    | (leases.c.until <= bindparam("now"))
    | (leases.c.until > _LEASE.excluded.until),  # longer than any lease: its holder's clock was ahead of ours
).returning(leases.c.holder)


def take_lease(unit: Unit, name: str, holder: str, length: timedelta) -> bool:
    """Take a lease, or go on holding it. False where another holds it."""
    values = {"name": name, "holder": holder, "until": unit.now + length, "now": unit.now}
    return unit.connection.execute(_TAKE, values).first() is not None
