"""Bringing the database at an address up to date, and saying beforehand what that would do.

Rule: on PostgreSQL nobody but `upgrade` changes a table; whoever opens a ledger there finds it in shape or is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from math import inf
from pathlib import Path

from sqlalchemy import Connection, Engine, create_engine
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError

from hub.ledger import migrations, postgres, sqlite
from hub.ledger.engine import backend_of
from hub.ledger.migrations import Shape


def shape_of(url: str) -> Shape:
    """How far the database is. One that does not exist yet has taken no step. Raises Unavailable, Misconfigured."""
    database = make_url(url).database
    if backend_of(url) == "sqlite" and not (database and Path(database).is_file()):
        empty = create_engine("sqlite://")
        with empty.connect() as connection:
            return migrations.shape(connection)
    with _connected(url) as connection:
        return migrations.shape(connection)


def script(url: str) -> str:
    """The SQL that `upgrade` would say."""
    return migrations.script(backend_of(url), shape_of(url).current)


def doubts(url: str) -> tuple[str, ...]:
    """What an administrator should know of the server; of a file nothing."""
    if backend_of(url) == "sqlite":
        return ()
    with _connected(url) as connection:
        return postgres.doubts(connection)


def upgrade(url: str, waits: Callable[[int], None], target: str = "head") -> None:
    """Take every step that is missing; on PostgreSQL while others serve. `waits` hears of each attempt put off."""
    if backend_of(url) == "sqlite":
        sqlite.open_engines(url)[0].dispose()
        return
    with _connected(url) as connection:
        postgres.expect_server(connection)
        connection.rollback()
        migrations.migrate_online(connection, waits, target)


@contextmanager
def _connected(url: str) -> Iterator[Connection]:
    engine = _engine(url)
    try:
        with engine.connect() as connection:
            yield connection
    except DBAPIError as error:
        raise (postgres.away(url, error) if backend_of(url) == "postgresql" else error) from error
    finally:
        engine.dispose()


def _engine(url: str) -> Engine:
    return postgres.open_engines(url, 1, inf)[0] if backend_of(url) == "postgresql" else create_engine(url)
