"""Frames over a socket: four bytes of length, then so many bytes.    Rule: nothing waits beyond its deadline."""

from __future__ import annotations

import socket
import struct
import time

_LENGTH = struct.Struct(">I")


class Lost(Exception):
    """The other side is gone, or did not answer in time."""


def send(connection: socket.socket, frame: bytes, seconds: float | None = None) -> None:
    """Sends one frame; raises Lost if it cannot be handed over within the time."""
    connection.settimeout(seconds)
    try:
        connection.sendall(_LENGTH.pack(len(frame)) + frame)
    except OSError as error:
        raise Lost from error


def receive(connection: socket.socket, seconds: float | None = None) -> bytes:
    """The next frame; raises Lost if it is not whole within the time, or the other side has closed."""
    until = None if seconds is None else time.monotonic() + seconds
    (length,) = _LENGTH.unpack(_exactly(connection, _LENGTH.size, until))
    return _exactly(connection, length, until)


def _exactly(connection: socket.socket, length: int, until: float | None) -> bytes:
    received = bytearray()
    while len(received) < length:
        left = None if until is None else until - time.monotonic()
        if left is not None and left <= 0:
            raise Lost
        connection.settimeout(left)
        try:
            part = connection.recv(min(length - len(received), 1 << 16))
        except OSError as error:
            raise Lost from error
        if not part:
            raise Lost
        received += part
    return bytes(received)
