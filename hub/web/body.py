"""The one async island: reading a body within its cap, before anything else is done with it."""

from __future__ import annotations

from fastapi import Request

from hub.message.errors import Fault, Refused


class TooLarge(Refused):
    """The body is larger than this door takes. Nothing of it was kept."""


async def read_body(request: Request, limit: int) -> bytes:
    """The body of a request. Raises TooLarge as soon as it is known to be over `limit` bytes."""
    declared = request.headers.get("content-length", "")
    if declared.isdigit() and int(declared) > limit:
        raise _too_large(limit)
    received = bytearray()
    async for chunk in request.stream():
        received += chunk
        if len(received) > limit:
            raise _too_large(limit)
    return bytes(received)


def _too_large(limit: int) -> TooLarge:
    words = f"The document has more than {limit} bytes. Split it, or send attachments apart."
    return TooLarge([Fault(path="", rule="document-size", words=words)])
