"""What a failure of the database means to us.

Rule: nothing of what a database says of values is passed on: it quotes rows, and these may hold names. Codes and the
names of constraints are.
"""

from __future__ import annotations

from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError, PendingRollbackError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from hub.message.errors import Defect, HubError, Unavailable

READ_ONLY = "25006"
"""The state of a server that was the first and is now a copy: its connections are of no use to a writer."""

_LOST_RACES = ("40001", "40P01", "23505")  # serialisation failure, deadlock, a unique key that another has just taken


def as_ours(error: Exception) -> Exception:
    """What a failure of the database means to us; any other exception stays what it is."""
    if isinstance(error, PoolTimeout):
        return Unavailable("the ledger: every connection is taken")
    if isinstance(error, PendingRollbackError):
        return Unavailable("the ledger: the connection was lost")
    if isinstance(error, HubError) or not isinstance(error, DBAPIError):
        return error
    away = isinstance(error, OperationalError | InterfaceError) or error.connection_invalidated
    if away or state_of(error) == READ_ONLY:
        return Unavailable(f"the ledger: {type(error.orig).__name__}")
    return Defect(f"the ledger would not take it: {_said(error)}")


def state_of(error: BaseException) -> str | None:
    """The SQLSTATE of a failure, None where the database gives none."""
    state = getattr(getattr(error, "orig", error), "sqlstate", None)
    return state if isinstance(state, str) else None


def lost_a_race(error: BaseException) -> bool:
    """Whether it is worth doing the whole unit again at once: another transaction came first."""
    return isinstance(error, DBAPIError) and state_of(error) in _LOST_RACES


def _said(error: DBAPIError) -> str:
    """SQLite's own words, which name columns only; of PostgreSQL the kind of failure and what it broke."""
    diagnosis = getattr(error.orig, "diag", None)
    if diagnosis is None:
        return str(error.orig)
    broke = diagnosis.constraint_name or diagnosis.column_name or diagnosis.table_name or state_of(error) or ""
    return f"{type(error.orig).__name__} {broke}".strip()
