"""What a run looks at, again and again: memory and files of every process, the database, the queues.

Rule: nothing here changes anything; processes are those that the run started, and theirs.
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass, field
from pathlib import Path

import psycopg

from tests.fleet import Fleet
from tests.servers.rabbitmq import LANES, RabbitNode

PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True)
class Sample:
    """One look at one process: when (monotonic), bytes in memory, open file descriptors."""

    at: float
    rss: int
    files: int


@dataclass(frozen=True)
class Tables:
    """The database at one moment: its bytes, and rows that live and are dead, by table."""

    bytes: int
    live: dict[str, int]
    dead: dict[str, int]

    @property
    def dead_share(self) -> float:
        """Dead rows among all."""
        dead = sum(self.dead.values())
        return dead / max(1, dead + sum(self.live.values()))


@dataclass
class Watch:
    """Samples by process. A child has the name of its parent and its place among the children."""

    hubs: Fleet
    rabbit: RabbitNode
    processes: dict[str, list[Sample]] = field(default_factory=dict)
    depths: list[tuple[float, int]] = field(default_factory=list)

    def look(self) -> None:
        """Look at every process."""
        now = time.monotonic()
        found = {name: process.pid for name, process in self.hubs.running.items()}
        for name, pid in list(found.items()):
            found |= {f"{name} child {place}": child for place, child in enumerate(_children(pid), 1)}
        for name, pid in found.items():
            try:
                pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
                files = len(os.listdir(f"/proc/{pid}/fd"))
            except (FileNotFoundError, ProcessLookupError):
                continue  # a child that ended meanwhile
            self.processes.setdefault(name, []).append(Sample(now, pages * PAGE, files))

    def look_at_queues(self) -> int:
        """How many messages stand in the broker's queues of the hub."""
        depth = sum(self.rabbit.depth(lane) or 0 for lane in LANES)
        self.depths.append((time.monotonic(), depth))
        return depth

    def tables(self) -> Tables:
        """How large the database is, and how tidy."""
        with psycopg.connect(self.hubs.database, autocommit=True) as held:
            row = held.execute("SELECT pg_database_size(current_database())").fetchone()
            rows = held.execute("SELECT relname, n_live_tup, n_dead_tup FROM pg_stat_user_tables").fetchall()
        assert row is not None
        return Tables(row[0], {name: live for name, live, _ in rows}, {name: dead for name, _, dead in rows})


def _children(pid: int) -> list[int]:
    """Whatever thread of it started them."""
    said = [_text(task / "children") for task in Path(f"/proc/{pid}/task").glob("*")]
    return sorted(int(child) for text in said for child in text.split())


def _text(path: Path) -> str:
    try:
        return path.read_text()
    except (FileNotFoundError, ProcessLookupError):
        return ""
