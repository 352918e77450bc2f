"""Where a ceiling keeps documents and who answered: bare tables, in commits of `GROUP`, as durable as the ledger."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import LiteralString, Protocol

import psycopg

GROUP = 64
Kept = tuple[str, str, bytes]
"""An id, the hash of a document, its bytes."""
Sent = tuple[str, int]
"""An id, and to which recipient it went."""

_KEPT = "create table if not exists bench_kept (id text primary key, sha256 text unique, body {blob})"
_SENT = "create table if not exists bench_sent (id text, recipient integer, primary key (id, recipient))"


class Store(Protocol):
    """One connection to the bare tables, for one thread."""

    def keep(self, rows: Sequence[Kept]) -> None:
        """Insert and commit, so that a loss of power takes nothing."""

    def sent(self, rows: Sequence[Sent]) -> None:
        """Insert and commit who has answered, without which nobody knows what must be sent again."""

    def clear(self) -> None:
        """Take away what was kept."""

    def close(self) -> None:
        """Let the connection go."""


class SqliteStore:
    """sqlite3 with the journal and the synchronous=FULL of the ledger."""

    def __init__(self, folder: Path) -> None:
        self._held = sqlite3.connect(folder / "ceiling.sqlite", isolation_level=None, timeout=30)
        self._held.executescript("pragma journal_mode=wal; pragma synchronous=full;")
        self._held.execute(_KEPT.format(blob="blob"))
        self._held.execute(_SENT)

    def keep(self, rows: Sequence[Kept]) -> None:
        """In one commit."""
        self._insert("insert into bench_kept values (?, ?, ?)", rows)

    def sent(self, rows: Sequence[Sent]) -> None:
        """In one commit."""
        self._insert("insert into bench_sent values (?, ?)", rows)

    def _insert(self, statement: str, rows: Sequence[Kept] | Sequence[Sent]) -> None:
        self._held.execute("begin immediate")
        self._held.executemany(statement, rows)
        self._held.execute("commit")

    def clear(self) -> None:
        """Both tables."""
        self._held.executescript("delete from bench_kept; delete from bench_sent;")

    def close(self) -> None:
        """The file goes with its folder."""
        self._held.close()


class PostgresStore:
    """psycopg, a pipeline of inserts and a commit."""

    def __init__(self, url: str) -> None:
        self._held = psycopg.connect(url)
        self._held.execute(_KEPT.format(blob="bytea").encode())
        self._held.execute(_SENT)
        self._held.commit()

    def keep(self, rows: Sequence[Kept]) -> None:
        """In one commit."""
        self._insert("insert into bench_kept values (%s, %s, %s)", rows)

    def sent(self, rows: Sequence[Sent]) -> None:
        """In one commit."""
        self._insert("insert into bench_sent values (%s, %s)", rows)

    def _insert(self, statement: LiteralString, rows: Sequence[Kept] | Sequence[Sent]) -> None:
        with self._held.cursor() as cursor:
            cursor.executemany(statement, rows)
        self._held.commit()

    def clear(self) -> None:
        """Both tables, with the tables themselves: nothing is left behind in a database that was given."""
        self._held.execute("drop table bench_kept, bench_sent")
        self._held.commit()

    def close(self) -> None:
        """Let it go."""
        self._held.close()
