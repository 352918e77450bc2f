"""A daemon that speaks ClamAV's INSTREAM over TCP or a Unix socket, and says what the test wants it to say.

It calls whatever holds `EVIL` infected. `answer` overrides that; None hangs up without a word.
"""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

EVIL = b"X-INVENTED-MALWARE-X"


@dataclass
class Daemon:
    """What it was sent, and what it answers."""

    door: socket.socket
    answer: bytes | None = b""
    slow: threading.Event | None = None  # it waits for this before it answers
    seen: list[bytes] = field(default_factory=list)
    pieces: list[int] = field(default_factory=list)

    @property
    def address(self) -> str:
        """Where it listens, as the setting scanner_address says it."""
        name = self.door.getsockname()
        return f"unix:{name}" if isinstance(name, str) else f"{name[0]}:{name[1]}"

    def serve(self) -> None:
        """Answer one caller after the other until the door is closed."""
        while True:
            try:
                caller, _ = self.door.accept()
            except OSError:
                return
            with caller, caller.makefile("rwb") as stream, suppress(OSError):
                assert stream.read(10) == b"zINSTREAM\0"
                body = b""
                while size := int.from_bytes(stream.read(4), "big"):
                    self.pieces.append(size)
                    body += stream.read(size)
                self.seen.append(body)
                if self.slow is not None:
                    self.slow.wait(10)
                if self.answer is not None:
                    found = b"stream: Invented.Evil-1 FOUND" if EVIL in body else b"stream: OK"
                    stream.write((self.answer or found) + b"\0")


@contextmanager
def daemon(path: Path | None = None) -> Iterator[Daemon]:
    """A daemon in a thread, at a free port or at a Unix socket."""
    door = socket.create_server(("127.0.0.1", 0)) if path is None else socket.socket(socket.AF_UNIX)
    if path is not None:
        door.bind(str(path))
        door.listen()
    made = Daemon(door)
    thread = threading.Thread(target=made.serve, daemon=True)
    thread.start()
    try:
        yield made
    finally:
        with suppress(OSError):
            door.shutdown(socket.SHUT_RDWR)
        door.close()
        thread.join(5)
