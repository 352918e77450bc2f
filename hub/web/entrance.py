"""What every door of the web does first: a seat, who calls, and the body within its cap.

Rule: the seats are of all doors together, so that `max_requests` bounds the process however it is called.
"""

from __future__ import annotations

from collections.abc import Callable
from threading import BoundedSemaphore

from fastapi import Request, Response
from starlette.concurrency import run_in_threadpool

from hub.settings import Settings
from hub.watch.metrics import TURNED_AWAY
from hub.web.access import Access, Caller
from hub.web.body import TooLarge, read_body
from hub.web.problems import problem, unauthorised

Take = Callable[[Caller, bytes], Response]
"""What a door does with a body, in a thread of its own."""


class Entrance:
    """The one way in to the doors of a process."""

    def __init__(self, access: Access, settings: Settings) -> None:
        self._access, self._max_bytes = access, settings.max_body_bytes
        self._seats = BoundedSemaphore(settings.max_requests)

    async def admit(self, request: Request, authorization: str | None, take: Take) -> Response:
        """The answer of a door to a known caller, or why it was not asked: busy, unknown, too large."""
        if not self._seats.acquire(blocking=False):
            TURNED_AWAY.labels("busy").inc()
            return problem(503, "the hub is busy: send it again shortly", headers={"Retry-After": "1"})
        try:
            caller = await run_in_threadpool(self._access.caller, authorization)
            if caller is None:
                return closing(unauthorised())
            raw = await read_body(request, self._max_bytes)
            return await run_in_threadpool(take, caller, raw)
        except TooLarge as refusal:
            return closing(problem(413, "the document is too large", refusal.faults))
        finally:
            self._seats.release()


def closing(answer: Response) -> Response:
    """An answer to a body that was not read to its end: the rest is not waited for, but the connection closed."""
    answer.headers["Connection"] = "close"
    return answer
