"""A base backup of a server and the log of its writes, copied as it is written; and a server made anew of both.

Rule: what PostgreSQL's own programs do, as an administrator uses them: pg_receivewal, pg_basebackup, recovery.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg

from tests.hubs import wait_until
from tests.servers.postgres import Server

ARCHIVES = ("wal_level=replica", "max_wal_senders=8")
"""Settings of a server that can be backed up so."""

NAME = "receipts"


@dataclass(frozen=True)
class Backup:
    """Folders beside the server's data, which a loss of the data does not touch."""

    server: Server

    @property
    def log(self) -> Path:
        """The copy of the log of writes."""
        return self.server.folder / "log-copy"

    @property
    def whole(self) -> Path:
        """The base backup."""
        return self.server.folder / "base"

    def take(self) -> None:
        """Take a base backup while the server works. Its log is copied anyway."""
        self.server.run("pg_basebackup", "-d", self.server.url(), "-D", str(self.whole), "-X", "none", "-c", "fast")

    def restore(self) -> None:
        """Lose the data, and make it anew of the base backup and the copied log, to its end."""
        shutil.rmtree(self.server.folder / "data")
        self.whole.rename(self.server.folder / "data")
        for partial in self.log.glob("*.partial"):
            partial.rename(partial.with_suffix(""))
        with (self.server.folder / "data" / "postgresql.auto.conf").open("a") as settings:
            settings.write(f"restore_command = 'cp {self.log}/%f %p'\nsynchronous_standby_names = ''\n")
        (self.server.folder / "data" / "recovery.signal").touch()
        self.server.start()
        wait_until(self._is_open, 60)

    def _is_open(self) -> bool:
        with psycopg.connect(self.server.url()) as connection:
            return connection.execute("SELECT pg_is_in_recovery()").fetchone() == (False,)


@contextmanager
def copied(server: Server) -> Iterator[Backup]:
    """Copy the log of writes as it is written; the server confirms no commit that is not in the copy."""
    made = Backup(server)
    made.log.mkdir()
    made.log.chmod(0o777)
    address = f"{server.url()}?application_name={NAME}"
    process = server.spawn("pg_receivewal", "-d", address, "-D", str(made.log), "--synchronous", "--no-loop")
    try:
        server.say(f"ALTER SYSTEM SET synchronous_standby_names = '{NAME}'")
        server.say("SELECT pg_reload_conf()")
        wait_until(lambda: _standing(server) == "sync", 30)
        yield made
    finally:
        process.terminate()
        process.wait(10)


def _standing(server: Server) -> str:
    with psycopg.connect(server.url()) as connection:
        row = connection.execute(
            "SELECT sync_state FROM pg_stat_replication WHERE application_name = %s", [NAME]
        ).fetchone()
    return "" if row is None else str(row[0])
