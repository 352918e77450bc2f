"""Bringing a database to the shape of `hub.ledger.tables`, step by step, with Alembic.

Rule: a step that was released is never edited; a new shape is a new step. On PostgreSQL a step runs while the release
before it serves: it adds what that release does not miss, and holds no lock that its transactions would wait for long.
Each step from 0009 on states `fits_from`: the oldest step whose release can work on the tables as it leaves them. The
database keeps that (table `steps`), so that an older release knows whether it may work on tables it does not know.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import Script, ScriptDirectory
from sqlalchemy import Connection, inspect, select
from sqlalchemy.exc import OperationalError
from tenacity import RetryCallState, Retrying, retry_if_exception, stop_after_attempt, wait_exponential

from hub.ledger.failures import state_of
from hub.ledger.tables import steps as taken
from hub.message.errors import Misconfigured, Unavailable

HERE = Path(__file__).resolve().parent

_ONE_AT_A_TIME = 4_723_001_815  # the number of the lock that whoever migrates holds
_LOCK_TIMEOUT = "55P03"
_ATTEMPTS = 30
_GENTLY = "SELECT set_config('lock_timeout', '1s', false), set_config('statement_timeout', '0', false)"
"""A step that waits for a lock makes everybody behind it wait too: it gives up soon, and tries again later, so that
those who wait behind each other do not come to the five seconds after which they give up."""
_OTHERS = (
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
    "AND application_name = 'cjhub' AND pid <> pg_backend_pid()"
)


@dataclass(frozen=True, slots=True)
class Shape:
    """The last step that a database has taken (None: none yet), the last there is, and those between, with words.

    `later` where a later release has taken it further, to tables that this one can work on. `stops` is the first of the
    missing steps after which the release that the tables are of cannot work; None where it can go on after all of them.
    """

    current: str | None
    target: str
    steps: tuple[tuple[str, str], ...]
    later: bool = False
    stops: str | None = None


def shape(connection: Connection) -> Shape:
    """How far a database is. Raises Misconfigured where a later release has made it what this one cannot work on."""
    scripts = ScriptDirectory.from_config(_config())
    target = scripts.get_current_head() or ""
    known = [step.revision for step in reversed(list(scripts.walk_revisions()))]
    current = MigrationContext.configure(connection).get_current_revision()
    if current is not None and current not in known:
        if not _fits(connection, current, known):
            raise _later(current, target)
        return Shape(current, target, (), later=True)
    missing = list(reversed(list(scripts.iterate_revisions(target, current or "base"))))
    stops = (step.revision for step in missing if current and _stops(step, known.index(current), known))
    return Shape(current, target, tuple((step.revision, step.doc) for step in missing), stops=next(stops, None))


def _fits(connection: Connection, current: str, known: list[str]) -> bool:
    """Whether every step that is not known here says that the release of one that is can work after it."""
    if not inspect(connection).has_table(taken.name):
        return False
    rows = {row.step: row.fits_from for row in connection.execute(select(taken))}
    return current in rows and all(fits_from in known for step, fits_from in rows.items() if step not in known)


def _stops(step: Script, at: int, known: list[str]) -> bool:
    """Whether the release at a place among the steps cannot work after this one."""
    return known.index(getattr(step.module, "fits_from", known[at])) > at


def migrate(connection: Connection) -> None:
    """Take every step that this database has not taken, within the caller's transaction.

    Raises Misconfigured where a later release has made it what this one cannot work on.
    """
    if shape(connection).steps:
        _upgrade(connection, one_by_one=False)


def migrate_online(connection: Connection, waits: Callable[[int], None], target: str = "head") -> None:
    """Take the steps of a database that serves meanwhile, each in a transaction of its own; `connection` is in none.

    A step that would have to wait for a lock is tried again; `waits` is told the number of the attempt. Raises
    Unavailable where another migrates this database, where a lock could not be had at all, and where processes of a
    release are connected that could not work afterwards.
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
        wait=wait_exponential(multiplier=0.5, max=5),
        before_sleep=told,
        reraise=True,
    )
    try:
        found = shape(connection)
        if found.steps:
            _expect_nobody(connection, found.stops)
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


def _expect_nobody(connection: Connection, stops: str | None) -> None:
    others = connection.exec_driver_sql(_OTHERS).scalar_one() if stops else 0
    if others:
        words = "the release that serves cannot work after it: stop all its processes, then run it again"
        raise Unavailable(f"step {stops} is not taken while {others} connections of the hub are open: {words}")


def _step_by_step(connection: Connection, target: str) -> None:
    if connection.in_transaction():
        connection.rollback()
    _upgrade(connection, one_by_one=True, target=target)


def _upgrade(connection: Connection, *, one_by_one: bool, target: str = "head") -> None:
    config = _config()
    config.attributes["connection"] = connection
    config.attributes["one_by_one"] = one_by_one
    command.upgrade(config, target)


def _config(output_buffer: io.StringIO | None = None) -> Config:
    config = Config(output_buffer=output_buffer) if output_buffer else Config()
    config.set_main_option("script_location", str(HERE).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


def _later(current: str, target: str) -> Misconfigured:
    made = f"database: a later release made its tables (step {current}), and this one ({target}) cannot work on them"
    return Misconfigured([f"{made}: start the release that made them, or restore the backup from before it"])
