"""Bringing a database to the shape of `hub.ledger.tables`, step by step, with Alembic.

Rule: a step that was released is never edited; a new shape is a new step. On PostgreSQL a step runs while the release
before it serves: it adds what that release does not miss, and holds no lock that its transactions would wait for long.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError
from tenacity import RetryCallState, Retrying, retry_if_exception, stop_after_attempt, wait_exponential

from hub.ledger.failures import state_of
from hub.message.errors import Misconfigured, Unavailable

HERE = Path(__file__).resolve().parent

_ONE_AT_A_TIME = 4_723_001_815  # the number of the lock that whoever migrates holds
_LOCK_TIMEOUT = "55P03"
_ATTEMPTS = 30
_GENTLY = "SELECT set_config('lock_timeout', '2s', false), set_config('statement_timeout', '0', false)"
"""A step that waits for a lock makes everybody behind it wait too: it gives up soon, and tries again later."""


@dataclass(frozen=True, slots=True)
class Shape:
    """The last step that a database has taken (None: none yet), the last there is, and those between, with words."""

    current: str | None
    target: str
    steps: tuple[tuple[str, str], ...]


def shape(connection: Connection) -> Shape:
    """How far a database is. Raises Misconfigured where it has taken steps that this release does not know."""
    scripts = ScriptDirectory.from_config(_config())
    target = scripts.get_current_head() or ""
    current = MigrationContext.configure(connection).get_current_revision()
    try:
        scripts.get_revisions(current or ())
    except CommandError as error:
        raise _later(error) from error
    missing = scripts.iterate_revisions(target, current or "base")
    steps = tuple((step.revision, step.doc) for step in reversed(list(missing)))
    return Shape(current, target, steps)


def migrate(connection: Connection) -> None:
    """Take every step that this database has not taken, within the caller's transaction.

    Raises Misconfigured where the database has taken steps that this release does not know.
    """
    _upgrade(connection, one_by_one=False)


def migrate_online(connection: Connection, waits: Callable[[int], None], target: str = "head") -> None:
    """Take the steps of a database that serves meanwhile, each in a transaction of its own; `connection` is in none.

    A step that would have to wait for a lock is tried again; `waits` is told the number of the attempt. Raises
    Unavailable where another migrates this database, or where a lock could not be had at all.
    """
    if not connection.exec_driver_sql(f"SELECT pg_try_advisory_lock({_ONE_AT_A_TIME})").scalar_one():
        raise Unavailable("another migration of this database is under way: wait for its end")
    connection.exec_driver_sql(_GENTLY)
    connection.commit()

    def told(state: RetryCallState) -> None:
        waits(state.attempt_number)

    patiently = Retrying(
        retry=retry_if_exception(lambda error: state_of(error) == _LOCK_TIMEOUT),
        stop=stop_after_attempt(_ATTEMPTS),
        wait=wait_exponential(multiplier=0.1, max=5),
        before_sleep=told,
        reraise=True,
    )
    try:
        patiently(_step_by_step, connection, target)
    except OperationalError as error:
        if state_of(error) != _LOCK_TIMEOUT:
            raise
        words = f"a table stayed locked through {_ATTEMPTS} attempts: see who holds it, then run it again"
        raise Unavailable(words) from error
    finally:
        if not connection.invalidated:
            connection.rollback()
            connection.exec_driver_sql(f"SELECT pg_advisory_unlock({_ONE_AT_A_TIME})")
            connection.commit()


def script(dialect: str, current: str | None) -> str:
    """The SQL of the steps after `current`, as it would be said to a database of this kind."""
    said = io.StringIO()
    config = _config(output_buffer=said)
    config.attributes["dialect"] = dialect
    command.upgrade(config, f"{current}:head" if current else "head", sql=True)
    return said.getvalue()


def _step_by_step(connection: Connection, target: str) -> None:
    if connection.in_transaction():
        connection.rollback()
    _upgrade(connection, one_by_one=True, target=target)


def _upgrade(connection: Connection, *, one_by_one: bool, target: str = "head") -> None:
    config = _config()
    config.attributes["connection"] = connection
    config.attributes["one_by_one"] = one_by_one
    try:
        command.upgrade(config, target)
    except CommandError as error:
        raise _later(error) from error


def _config(output_buffer: io.StringIO | None = None) -> Config:
    config = Config(output_buffer=output_buffer) if output_buffer else Config()
    config.set_main_option("script_location", str(HERE).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


def _later(error: CommandError) -> Misconfigured:
    return Misconfigured([f"database: {error} (was it written by a later release?)"])
