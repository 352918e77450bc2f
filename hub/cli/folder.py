"""The data folder: its settings, the lock of the one process that runs it, and the ledger in it.

Rule: on SQLite one process runs a hub, and holds `hub.lock` while it lives. Another may look into the ledger meanwhile
(`trace`), and write a line (`keys add`): it waits its turn for at most five seconds.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hub.message.errors import Misconfigured, Unavailable

if TYPE_CHECKING:
    from hub.ledger import Ledger
    from hub.settings import Settings

_SQLITE = "sqlite:///"


def settings_of(config: Path | None, **given: Any) -> Settings:
    """The settings in force: files, then the environment, then what the command line gives. Raises Misconfigured."""
    from hub.discovery.bundle import Bundle
    from hub.settings import load_settings

    return load_settings(Bundle(config).config_folders, **given)


def database_of(settings: Settings) -> Path | None:
    """The SQLite file of the ledger; None where the ledger is in a database server."""
    database = settings.database
    return Path(database.removeprefix(_SQLITE)) if database.startswith(_SQLITE) else None


def lock_of(settings: Settings) -> Path | None:
    """The file that the process which runs the hub keeps locked; None where several processes may."""
    database = database_of(settings)
    return None if database is None else database.with_name("hub.lock")


@contextmanager
def held(settings: Settings, command: str) -> Iterator[None]:
    """Hold the data folder for this process. Raises Unavailable with the holder's id where another has it."""
    path = lock_of(settings)
    if path is None:
        yield
        return
    with _open(path) as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Unavailable(
                f"{path.parent} is in use by {holder(path)}: one process runs a hub on SQLite, serving and working. "
                "Stop it first, or give another folder with --data"
            ) from None
        file.truncate(0)
        file.write(f"process {os.getpid()} (cjhub {command})")
        file.flush()
        yield


def holder(path: Path) -> str:
    """Who holds a lock, as it wrote itself down."""
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip() or "another process"
    except OSError:
        return "another process"


def is_held(path: Path) -> bool:
    """Whether a process holds a lock now."""
    if not path.is_file():
        return False
    with path.open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        return False


@contextmanager
def ledger_in(config: Path | None, data: Path | None, *, create: bool = False) -> Iterator[Ledger]:
    """The ledger of a data folder. Raises Misconfigured where there is none and `create` does not ask for one."""
    from hub.assemble import clock, new_id
    from hub.ledger.engine import open_ledger
    from hub.watch.logs import configure

    configure("WARNING")
    settings = settings_of(config, data=data)
    database = database_of(settings)
    if database is not None and not database.is_file() and not create:
        raise Misconfigured([f"setting data: {settings.data} holds no ledger; give the hub's data folder with --data"])
    ledger = open_ledger(settings.database, clock, new_id)
    try:
        yield ledger
    finally:
        ledger.close()


def _open(path: Path) -> Any:
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        return path.open("a+", encoding="utf-8")
    except OSError as cause:
        raise Misconfigured([f"setting data: {path.parent} cannot be written: {cause.strerror}"]) from None
