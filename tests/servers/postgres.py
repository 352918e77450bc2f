"""A PostgreSQL of the tests' own: a fresh cluster in a temporary folder, on a free port of this machine, for one run.

Rule: no other server is used or touched, whatever is installed; ours is stopped by its process id. Where there is no
PostgreSQL it is installed if that is allowed (root, Debian); else it is an error under CI and a loud skip elsewhere.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import IO

import psycopg
import pytest

from hub.ledger.upgrade import upgrade

OLDEST = 15
_TEMPLATE = "shape"
_PLACES = "/usr/lib/postgresql/*/bin"
_NO_CLUSTER = Path("/etc/postgresql-common/createcluster.d/none-by-default.conf")
_TUNED = (
    "shared_buffers=64MB",
    "max_connections=200",
    "jit=off",
    "autovacuum_naptime=5s",
    "wal_level=minimal",
    "dynamic_shared_memory_type=mmap",
    "max_wal_senders=0",
)
_FAST = ("fsync=off", "full_page_writes=off")


def binaries() -> Path | None:
    """The folder with `postgres` and `initdb`, the newest that is new enough; None where there is none."""
    on_path = shutil.which("postgres")
    found = [Path(on_path).resolve().parent] if on_path else []
    found += sorted(Path("/").glob(_PLACES.lstrip("/")), key=lambda folder: folder.parent.name, reverse=True)
    return next((folder for folder in found if (folder / "initdb").is_file() and _version(folder) >= OLDEST), None)


def _version(folder: Path) -> int:
    said = subprocess.run([folder / "postgres", "--version"], capture_output=True, text=True, check=True).stdout
    return int(said.split()[2].partition(".")[0])


def version() -> str:
    """What would be started, such as 15.8; empty where there is none."""
    found = binaries()
    if found is None:
        return ""
    return subprocess.run([found / "postgres", "--version"], capture_output=True, text=True, check=True).stdout.split()[
        2
    ]


def _installable() -> bool:
    return os.geteuid() == 0 and shutil.which("apt-get") is not None


def _install() -> None:
    """Debian's package, told beforehand to make no cluster."""
    sys.stderr.write("installing Debian's package postgresql for the tests ...\n")
    _NO_CLUSTER.parent.mkdir(parents=True, exist_ok=True)
    _NO_CLUSTER.write_text("create_main_cluster = false\n")
    env = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    for words in (["update"], ["install", "--yes", "--no-install-recommends", "postgresql"]):
        subprocess.run(["apt-get", "--quiet", *words], check=True, env=env, stdout=subprocess.DEVNULL)


def needed() -> Path:
    """The folder with the binaries. Skips or fails the test where they cannot be had."""
    found = binaries()
    if found is None and _installable():
        try:
            _install()
        except subprocess.CalledProcessError as cause:
            _missing(f"PostgreSQL could not be installed: {cause}", wrong=True)
        found = binaries()
    if found is None:
        _missing(f"no PostgreSQL {OLDEST} or later on PATH or in {_PLACES}", wrong=_installable())
    assert found is not None
    return found


def _missing(words: str, *, wrong: bool) -> None:
    if wrong and os.environ.get("CI"):
        pytest.fail(words)
    pytest.skip(f"{words}: NOTHING OF THE LEDGER ON POSTGRESQL IS TESTED HERE")


class Server:
    """One server with its own data. It may be stopped, killed and started again on the same port."""

    def __init__(self, folder: Path, *, durable: bool = False, more: tuple[str, ...] = ()) -> None:
        self.folder = folder
        self.port = _free_port()
        self._bin = needed()
        self._settings = (*_TUNED, *(() if durable else _FAST), *more)
        self._user = _user()
        self._process: subprocess.Popen[bytes] | None = None
        self._log: IO[bytes] = (folder / "log").open("ab")
        self._names = count(1)
        if self._user is not None:
            os.chown(folder, *_ids(self._user))
        self.run("initdb", "-D", str(folder / "data"), "-U", "hub", "--auth=trust", "--encoding=UTF8", "--no-sync",
                  "--locale=C", "--locale-provider=icu", "--icu-locale=en-GB")  # fmt: skip

    def url(self, database: str = "postgres") -> str:
        """The address of a database."""
        return f"postgresql://hub@127.0.0.1:{self.port}/{database}"

    def start(self) -> None:
        """Start, and wait until it answers. After a kill the last of the old server may have to end first."""
        end = time.monotonic() + 30
        while True:
            self._process = self._spawn()
            if self._answers(self._process, end):
                return
            if time.monotonic() > end:
                raise TimeoutError(f"PostgreSQL did not start: {(self.folder / 'log').read_text()[-2000:]}")

    def stop(self) -> None:
        """End in order: transactions under way are broken off."""
        self._end(signal.SIGINT)

    def kill(self) -> None:
        """End as by a loss of power."""
        self._end(signal.SIGKILL)

    def break_off(self) -> int:
        """End every client's connection, in whatever it is doing; how many there were."""
        with psycopg.connect(self.url(), autocommit=True) as connection:
            wanted = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE backend_type = 'client backend'"
            return len(connection.execute(f"{wanted} AND pid <> pg_backend_pid()").fetchall())

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """Alive, but doing nothing: as where its disk stands still."""
        assert self._process is not None
        task = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children")
        family = [self._process.pid, *map(int, task.read_text().split())]
        for pid in family:
            os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            for pid in family:
                os.kill(pid, signal.SIGCONT)

    def close(self) -> None:
        """End for good."""
        if self._process is not None:
            self.stop()
        self._log.close()

    def say(self, statement: str) -> None:
        """Run a statement outside any transaction."""
        with psycopg.connect(self.url(), autocommit=True) as connection:
            connection.execute(statement.encode())

    @contextmanager
    def database(self, template: str = _TEMPLATE) -> Iterator[str]:
        """The address of a database of a test's own, with the ledger's tables in it."""
        name = f"test_{next(self._names)}"
        self.say(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
        try:
            yield self.url(name)
        finally:
            if self._process is not None:
                self.say(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    def shape_template(self) -> None:
        """Make what `database` copies."""
        self.say(f"CREATE DATABASE {_TEMPLATE}")
        upgrade(self.url(_TEMPLATE), lambda attempt: None)

    def spawn(self, name: str, *words: str) -> subprocess.Popen[bytes]:
        """Start one of the server's programs, as whom the server runs; what it says goes into the server's log."""
        return subprocess.Popen(
            [self._bin / name, *words],
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=self._log,
            cwd=self.folder,
            **_as(self._user),
        )

    def _spawn(self) -> subprocess.Popen[bytes]:
        options = [
            word
            for setting in (f"port={self.port}", "listen_addresses=127.0.0.1", *self._settings)
            for word in ("-c", setting)
        ]
        return self.spawn("postgres", "-D", str(self.folder / "data"), "-k", str(self.folder), *options)

    def _answers(self, process: subprocess.Popen[bytes], end: float) -> bool:
        while process.poll() is None and time.monotonic() < end:
            try:
                psycopg.connect(self.url(), connect_timeout=3).close()
            except psycopg.OperationalError:
                time.sleep(0.02)
            else:
                return True
        return False

    def _end(self, number: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(number)
        self._process.wait(30)
        self._process = None

    def run(self, name: str, *words: str) -> None:
        """Run one of the server's programs, as whom the server runs. Raises RuntimeError with what it said."""
        done = subprocess.run(
            [self._bin / name, *words],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            cwd=self.folder,
            **_as(self._user),
        )
        if done.returncode:
            raise RuntimeError(f"{name}: {done.stderr.decode(errors='replace')}")


@contextmanager
def server(*, durable: bool = False, more: tuple[str, ...] = ()) -> Iterator[Server]:
    """A server that runs, and is gone with its data afterwards. `durable` ones survive a loss of power; `more` are
    settings of it."""
    folder = Path(tempfile.mkdtemp(prefix="cjhub-postgres-", dir=None if durable else _memory()))
    made: Server | None = None
    try:
        made = Server(folder, durable=durable, more=more)
        made.start()
        made.shape_template()
        yield made
    finally:
        if made is not None:
            made.close()
        shutil.rmtree(folder, ignore_errors=True)


def _memory() -> Path | None:
    """A folder in memory with room for what need not last, where the machine has one."""
    shm = Path("/dev/shm")
    return shm if shm.is_dir() and os.access(shm, os.W_OK) and shutil.disk_usage(shm).free > 2 * 1024**3 else None


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


def _user() -> str | None:
    """Whom the server runs as: it refuses to be root."""
    if os.geteuid() != 0:
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"


def _ids(user: str) -> tuple[int, int]:
    entry = pwd.getpwnam(user)
    return entry.pw_uid, entry.pw_gid


def _as(user: str | None) -> dict[str, object]:
    if user is None:
        return {}
    uid, gid = _ids(user)
    return {"user": uid, "group": gid, "extra_groups": ()}
