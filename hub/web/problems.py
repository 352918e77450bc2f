"""Problems as RFC 9457 documents: what is wrong, with every fault, and what to do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fastapi.responses import JSONResponse

from hub.flow.accept import problem as accept
from hub.message.errors import Fault

MEDIA = "application/problem+json"


def problem(status: int, title: str, faults: Sequence[Fault] = (), **more: Any) -> JSONResponse:
    """A problem document. `more` are further members; `headers` among them become response headers."""
    headers = more.pop("headers", None)
    body = accept.problem(status, title, faults, **more)
    return JSONResponse(body, status, media_type=MEDIA, headers=headers)


def unknown() -> JSONResponse:
    """The answer for what does not exist and for what the caller may not see: the same."""
    return problem(404, "there is no such record, or it is not yours to see")


def unauthorised() -> JSONResponse:
    """The answer to a caller without a valid key."""
    return problem(
        401,
        "send a valid hub key as 'Authorization: Bearer KEY'",
        headers={"WWW-Authenticate": 'Bearer realm="cjhub"'},
    )
