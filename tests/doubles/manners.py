"""How a recipient may treat a request: well, or badly in one of the ways that recipients have."""

from __future__ import annotations

from collections.abc import Callable
from threading import Event

from tests.doubles.peer import Came, Door

Manner = Callable[[Door], None]


def answers(status: int = 200, **headers: str) -> Manner:
    """Takes it and gives a status, with headers such as Retry_After."""

    def manner(door: Door) -> None:
        door.take()
        _answer(door, status, headers)

    return manner


def judges(verdict: Callable[[Came], int]) -> Manner:
    """Takes it and gives the status that the verdict is."""
    return lambda door: _answer(door, verdict(door.take()), {})


def slow(until: Event, begun: Event) -> Manner:
    """Takes it, says that it has begun, and answers well once it may."""

    def manner(door: Door) -> None:
        door.take()
        begun.set()
        until.wait(60)
        _answer(door, 200, {})

    return manner


def hangs(door: Door) -> None:
    """Takes it and says nothing for as long as the test lasts."""
    door.take()
    door.peer.ended.wait(60)
    door.close_connection = True


def trickles(door: Door, beginning: bytes = b"HTTP/1.1 200 OK\r\nX-Slow: ") -> None:
    """Begins an answer and gives it byte by byte, each in time for whoever waits for the next one only."""
    door.take()
    door.close_connection = True
    door.wfile.write(beginning)
    try:
        while not door.peer.ended.wait(0.1):
            door.wfile.write(b".")
    except OSError:  # the other side has had enough
        return


def rubbish(door: Door) -> None:
    """Answers what is no HTTP."""
    door.take()
    door.wfile.write(b"\x00\xff\x00 220 mail.invalid ESMTP\r\n\r\n")
    door.close_connection = True


def closes(door: Door) -> None:
    """Closes the connection without reading."""
    door.close_connection = True


def dies(door: Door) -> None:
    """Takes it and closes the connection before it has answered."""
    door.close_connection = bool(door.take())


def _answer(door: Door, status: int, headers: dict[str, str]) -> None:
    door.send_response(status)
    for name, value in ({"Content-Length": "0"} | headers).items():
        door.send_header(name.replace("_", "-"), value)
    door.end_headers()
