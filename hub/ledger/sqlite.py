"""SQLite under the ledger: a write-ahead log and full synchronisation. What was committed survives a loss of power.

Rule: there is one connection that writes; those that read see the last commit and never wait.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DatabaseError

from hub.ledger.migrations import migrate
from hub.message.errors import Misconfigured

READERS = 16
"""How many connections may read at the same time."""

_BUSY_MILLISECONDS = 5000


def open_engines(url: str) -> tuple[Engine, Engine]:
    """Engines to write and to read a SQLite ledger, its tables up to date. Raises Misconfigured."""
    writing, reading = _sqlite(url, writes=True), _sqlite(url, writes=False)
    try:
        with writing.begin() as connection:
            migrate(connection)
    except DatabaseError as cause:
        words = f"{make_url(url).database}: not a ledger that can be opened ({cause.orig}): restore it, or give another"
        raise Misconfigured([words]) from cause
    return writing, reading


def _sqlite(url: str, *, writes: bool) -> Engine:
    database = make_url(url).database
    if database:
        Path(database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(
        url,
        pool_size=1 if writes else READERS,
        max_overflow=0,
        connect_args={"check_same_thread": False, "timeout": _BUSY_MILLISECONDS / 1000},
    )

    def on_connect(connection: Any, _record: object) -> None:
        connection.isolation_level = None  # transactions are begun by us, below, and not by the driver
        cursor = connection.cursor()
        cursor.execute("PRAGMA journal_mode = WAL")
        cursor.execute("PRAGMA synchronous = FULL")
        cursor.execute("PRAGMA foreign_keys = ON")
        cursor.execute(f"PRAGMA busy_timeout = {_BUSY_MILLISECONDS}")
        if not writes:
            cursor.execute("PRAGMA query_only = ON")
        cursor.close()

    def on_begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    event.listen(engine, "connect", on_connect)
    event.listen(engine, "begin", on_begin)
    return engine
