"""PostgreSQL: how its connections are made, and what is asked of a server before anything is kept in it.

Rule: no wait is without an end. A statement, a lock, an idle transaction, a silent network and a full pool each have
their limit, and what reaches it is Unavailable. No message shows a password.
"""

from __future__ import annotations

from collections.abc import Generator
from time import monotonic
from typing import Any

import psycopg
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import ExceptionContext, make_url
from sqlalchemy.exc import DBAPIError

from hub.ledger.failures import READ_ONLY, as_ours, state_of
from hub.message.errors import Misconfigured, Unavailable
from hub.settings import shown

OLDEST = 15
"""The oldest PostgreSQL that is taken (design 2)."""

CONNECTIONS = 8
"""How many connections may write at the same time, and how many read, where nothing else is said."""

_LIMITS = {
    "statement_timeout": "30s",
    "lock_timeout": "5s",
    "idle_in_transaction_session_timeout": "30s",
    "application_name": "cjhub",
}
_BY_INDEX = dict.fromkeys(("enable_seqscan", "enable_hashjoin", "enable_mergejoin"), "off")
"""For connections that write: everything that they look for has an index, and a plan that was made while a table was
small must not read all of it once it is large."""

_QUICK = (  # bodies are compressed at a tenth of the cost, where the server can
    "CASE WHEN 'lz4' = ANY ((SELECT enumvals FROM pg_settings WHERE name = 'default_toast_compression')::text[]) "
    "THEN set_config('default_toast_compression', 'lz4', false) END"
)
_DURABLE = "set_config('synchronous_commit', 'on', false)"  # where the server would answer before it has written


def _on_connect(settings: dict[str, str]) -> str:
    said = ", ".join(f"set_config('{name}', '{value}', false)" for name, value in settings.items())
    return f"SELECT {said}, CASE current_setting('synchronous_commit') WHEN 'off' THEN {_DURABLE} END, {_QUICK}"


_ON_CONNECT = {True: _on_connect(_LIMITS | _BY_INDEX), False: _on_connect(_LIMITS)}  # to write; to read

_NETWORK = {
    "connect_timeout": 3,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
}
_POOL_SECONDS = {True: 15.0, False: 5.0}  # to write: a settlement that gives up is an attempt made twice; to read
PATIENCE = 35.0
"""Seconds after which a server that says nothing is given up: more than it gives a statement itself."""
_AWAY_SECONDS = 0.25  # for so long after a failed connection no other is tried: callers are told at once


def open_engines(url: str, connections: int = CONNECTIONS, patience: float = PATIENCE) -> tuple[Engine, Engine]:
    """Engines to write and to read with. Nothing is connected yet."""
    return _engine(url, connections, patience, writes=True), _engine(url, connections, patience, writes=False)


def _engine(url: str, connections: int, patience: float, *, writes: bool) -> Engine:
    made = make_url(url).set(drivername="postgresql+psycopg")
    engine = create_engine(
        made,
        pool_size=connections,
        max_overflow=0,
        pool_timeout=_POOL_SECONDS[writes],
        pool_pre_ping=True,
        isolation_level="READ COMMITTED" if writes else "REPEATABLE READ",  # one read, one picture, as in SQLite
        connect_args={name: value for name, value in _NETWORK.items() if name not in made.query},
    )

    def on_connect(connection: Any, _record: object) -> None:
        connection.execute(_ON_CONNECT[writes])
        connection.commit()
        connection.read_only = not writes
        connection.patience = patience

    event.listen(engine, "connect", on_connect)
    event.listen(engine, "do_connect", _Knock())
    event.listen(engine, "handle_error", _forget_a_copy)
    return engine


class _Patient(psycopg.Connection[Any]):
    """A connection that is given up where the server lives and says nothing, as when its disk stands still."""

    patience: float = PATIENCE

    def wait(self, gen: Generator[Any, Any, Any], *arguments: Any, **named: Any) -> Any:
        """Let the server work on something, but not for ever."""
        return super().wait(self._bounded(gen), *arguments, **named)

    def _bounded(self, gen: Generator[Any, Any, Any]) -> Generator[Any, Any, Any]:
        until = monotonic() + self.patience
        try:
            wanted = next(gen)
            while True:
                ready = yield wanted  # every tenth of a second, whether or not anything came
                if not ready and monotonic() > until:
                    self.close()
                    raise psycopg.OperationalError("the server said nothing for too long")
                wanted = gen.send(ready)
        except StopIteration as done:
            return done.value


class _Knock:
    """Connects; after a failure it does not knock again for a moment, so that nobody waits long for a server."""

    def __init__(self) -> None:
        self._until = 0.0

    def __call__(self, dialect: Any, _record: object, arguments: Any, named: Any) -> Any:
        away = dialect.loaded_dbapi.OperationalError
        if monotonic() < self._until:
            raise away("the server was away a moment ago")
        try:
            return _Patient.connect(*arguments, **named)
        except away:
            self._until = monotonic() + _AWAY_SECONDS
            raise


def _forget_a_copy(context: ExceptionContext) -> None:
    """Connections to a server that has become a copy of another are given up, so that the next ones find the first."""
    if state_of(context.original_exception) == READ_ONLY:
        context.is_disconnect = True


def expect_server(connection: Connection) -> None:
    """Raises Misconfigured where the server is too old, or would keep text in another form than we say it."""
    version = int(connection.exec_driver_sql("SHOW server_version_num").scalar_one()) // 10_000
    faults = []
    if version < OLDEST:
        faults.append(f"database_url: PostgreSQL {version} is too old: {OLDEST} or later is needed")
    encoding = connection.exec_driver_sql("SHOW server_encoding").scalar_one()
    if encoding != "UTF8":
        faults.append(f"database_url: the database's encoding is {encoding}: make it anew with ENCODING 'UTF8'")
    if faults:
        raise Misconfigured(faults)


def doubts(connection: Connection) -> tuple[str, ...]:
    """What an administrator should know of a server that could lose what it said it keeps, or soon takes nobody."""
    found = []
    for name in ("fsync", "full_page_writes"):
        if connection.exec_driver_sql(f"SHOW {name}").scalar_one() == "off":
            found.append(f"{name} is off: a crash of the server can lose or spoil what was accepted")
    most = int(connection.exec_driver_sql("SHOW max_connections").scalar_one())
    held = connection.exec_driver_sql("SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'")
    taken = int(held.scalar_one())
    if taken > 0.8 * most:
        found.append(f"{taken} of {most} connections are taken: raise max_connections, or run fewer processes")
    return tuple(found)


def away(url: str, error: DBAPIError) -> Exception:
    """Why a server could not be reached, with the first line of what was said, which holds no password."""
    ours = as_ours(error)
    said = str(error.orig).strip().splitlines()[:1] or [type(error.orig).__name__]
    return Unavailable(f"{shown(url)}: {said[0]}") if isinstance(ours, Unavailable) else ours
