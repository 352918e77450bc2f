"""ClamAV's daemon as a scanner, by its INSTREAM command over TCP or a Unix socket.

    zINSTREAM\\0, then pieces, each with its length in four bytes before it, then a length of zero
    stream: OK\\0   or   stream: NAME FOUND\\0   or   ... ERROR\\0

Rule: one connection a scan, and all of it within the time given. Whatever is no clear answer is Unavailable.
"""

from __future__ import annotations

import socket
import time
from contextlib import suppress

from hub.message.errors import Misconfigured, Unavailable
from hub.message.scanning import Clean, Infected

PIECE = 64 * 1024
_LONGEST = 1024  # bytes of an answer
_UNIX = "unix:"


class Clamd:
    """The daemon at `host:port`, or at `unix:/path/of/its/socket`. Raises Misconfigured for any other address."""

    def __init__(self, address: str, seconds: float) -> None:
        host, colon, port = address.rpartition(":")
        self._path = address.removeprefix(_UNIX) if address.startswith(_UNIX) else None
        if not self._path and not (host and colon and port.isdigit()):
            raise Misconfigured([f"setting scanner_address: '{address}' must be host:port or unix:/path"])
        self._place = (host.strip("[]"), int(port)) if self._path is None else ("", 0)
        self._seconds = seconds

    def scan(self, body: bytes) -> Clean | Infected:
        """What the daemon finds in some bytes. Raises Unavailable."""
        end = time.monotonic() + self._seconds
        try:
            with self._connected() as connection:
                with suppress(BrokenPipeError, ConnectionResetError):  # it may answer before it has everything
                    _send(connection, body, end)
                answer = _receive(connection, end)
        except OSError as cause:
            raise Unavailable(f"the scanner cannot be reached: {type(cause).__name__}") from None
        return _meaning(answer)

    def _connected(self) -> socket.socket:
        if self._path is None:
            return socket.create_connection(self._place, self._seconds)
        connection = socket.socket(socket.AF_UNIX)
        connection.settimeout(self._seconds)
        try:
            connection.connect(self._path)
        except OSError:
            connection.close()
            raise
        return connection


def _send(connection: socket.socket, body: bytes, end: float) -> None:
    _within(connection, end)
    connection.sendall(b"zINSTREAM\0")
    for at in range(0, len(body), PIECE):
        piece = body[at : at + PIECE]
        _within(connection, end)
        connection.sendall(len(piece).to_bytes(4, "big") + piece)
    connection.sendall(bytes(4))


def _receive(connection: socket.socket, end: float) -> str:
    """The answer up to its zero byte."""
    answer = b""
    while not answer.endswith(b"\0") and len(answer) < _LONGEST:
        _within(connection, end)
        piece = connection.recv(_LONGEST)
        if not piece:
            break
        answer += piece
    return answer.rstrip(b"\0").decode("ascii", "replace").strip()


def _within(connection: socket.socket, end: float) -> None:
    """Leave the next step what is left of the time."""
    left = end - time.monotonic()
    if left <= 0:
        raise TimeoutError
    connection.settimeout(left)


def _meaning(answer: str) -> Clean | Infected:
    if answer == "stream: OK":
        return Clean()
    if answer.startswith("stream: ") and answer.endswith(" FOUND"):
        return Infected(answer.removeprefix("stream: ").removesuffix(" FOUND"))
    raise Unavailable(f"the scanner gave no clear answer: {answer[:80] or 'none'}")
