"""A line in which jobs wait: one thread takes all that wait and does them together.

Rule: what is in the line when it closes is done first; nothing enters afterwards.
"""

from __future__ import annotations

from collections.abc import Callable
from queue import Empty, SimpleQueue
from threading import Lock, Thread
from typing import Generic, TypeVar

from hub.message.errors import Unavailable

MOST_TOGETHER = 256
"""How many jobs one commit may serve: enough that its cost is shared, few enough that the first need not wait long."""

Job = TypeVar("Job")


class Line(Generic[Job]):
    """Hands what waits to `together`, which must not raise."""

    def __init__(self, name: str, together: Callable[[list[Job]], None]) -> None:
        self._together = together
        self._line: SimpleQueue[Job | None] = SimpleQueue()
        self._door = Lock()
        self._closed = False
        self._thread = Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    @property
    def closed(self) -> bool:
        """Whether nothing may enter any more."""
        return self._closed

    def enter(self, job: Job) -> None:
        """Put a job in the line. Raises Unavailable once it is closed."""
        with self._door:
            if self._closed:
                raise Unavailable("the ledger is closed")
            self._line.put(job)

    def close(self) -> None:
        """Finish the line, then stop."""
        with self._door:
            if not self._closed:
                self._closed = True
                self._line.put(None)
        self._thread.join()

    def _run(self) -> None:
        closing = False
        while not closing:
            jobs, closing = self._next_jobs()
            if jobs:
                self._together(jobs)

    def _next_jobs(self) -> tuple[list[Job], bool]:
        jobs: list[Job] = []
        job = self._line.get()
        while job is not None:
            jobs.append(job)
            if len(jobs) == MOST_TOGETHER:
                return jobs, False
            try:
                job = self._line.get_nowait()
            except Empty:
                return jobs, False
        return jobs, True
