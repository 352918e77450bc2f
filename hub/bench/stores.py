"""Where a ceiling keeps its documents: a bare table, in commits of `GROUP` documents, as durable as the ledger."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import psycopg

GROUP = 64
Kept = tuple[str, str, bytes]
"""An id, the hash of a document, its bytes."""

_TABLE = "create table if not exists bench_kept (id text primary key, sha256 text unique, body {blob})"


class Store(Protocol):
    """A bare table."""

    def keep(self, rows: Sequence[Kept]) -> None:
        """Insert and commit, so that a loss of power takes nothing."""

    def close(self) -> None:
        """Take the table away and let the connection go."""


class SqliteStore:
    """sqlite3 with the journal and the synchronous=FULL of the ledger."""

    def __init__(self, folder: Path) -> None:
        self._held = sqlite3.connect(folder / "ceiling.sqlite", isolation_level=None)
        self._held.executescript("pragma journal_mode=wal; pragma synchronous=full; drop table if exists bench_kept;")
        self._held.execute(_TABLE.format(blob="blob"))

    def keep(self, rows: Sequence[Kept]) -> None:
        """In one commit."""
        self._held.execute("begin immediate")
        self._held.executemany("insert into bench_kept values (?, ?, ?)", rows)
        self._held.execute("commit")

    def close(self) -> None:
        """The file goes with its folder."""
        self._held.close()


class PostgresStore:
    """psycopg, a pipeline of inserts and a commit."""

    def __init__(self, url: str) -> None:
        self._held = psycopg.connect(url)
        self._held.execute("drop table if exists bench_kept")
        self._held.execute(_TABLE.format(blob="bytea").encode())
        self._held.commit()

    def keep(self, rows: Sequence[Kept]) -> None:
        """In one commit."""
        with self._held.cursor() as cursor:
            cursor.executemany("insert into bench_kept values (%s, %s, %s)", rows)
        self._held.commit()

    def close(self) -> None:
        """Leave nothing behind."""
        self._held.execute("drop table bench_kept")
        self._held.commit()
        self._held.close()
