"""The one async island: reading a body within its cap, before anything else is done with it."""

from __future__ import annotations

from fastapi import Request

from hub.flow.accept.problem import too_large
from hub.message.errors import Refused


class TooLarge(Refused):
    """The body is larger than this door takes. Nothing of it was kept."""


async def read_body(request: Request, limit: int) -> bytes:
    """The body of a request. Raises TooLarge as soon as it is known to be over `limit` bytes."""
    declared = request.headers.get("content-length", "")
    if declared.isdigit() and int(declared) > limit:
        raise TooLarge([too_large(limit)])
    received = bytearray()
    async for chunk in request.stream():
        received += chunk
        if len(received) > limit:
            raise TooLarge([too_large(limit)])
    return bytes(received)
