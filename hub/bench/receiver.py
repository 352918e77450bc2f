"""A peer that says yes to everything, in a process of its own, so that its work is not measured as ours."""

from __future__ import annotations

import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager

PROGRAM = """
import asyncio, sys

async def serve(reader, writer):
    global seen
    try:
        while True:
            head = await reader.readuntil(b"\\r\\n\\r\\n")
            if head.startswith(b"GET"):
                body = str(seen).encode()
            else:
                size = next(l for l in head.lower().split(b"\\r\\n") if l.startswith(b"content-length:"))
                await reader.readexactly(int(size.split(b":")[1]))
                seen, body = seen + 1, b"ok"
            writer.write(b"HTTP/1.1 200 OK\\r\\nContent-Length: %d\\r\\n\\r\\n%s" % (len(body), body))
    except (asyncio.IncompleteReadError, ConnectionError):
        writer.close()

async def main():
    server = await asyncio.start_server(serve, "127.0.0.1", 0, limit=2**22)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()

seen = 0
asyncio.run(main())
"""


class Receiver:
    """The running peer."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"

    def seen(self) -> int:
        """How many posts it has answered."""
        with urllib.request.urlopen(f"{self.url}/seen", timeout=10) as answer:  # noqa: S310 - our own child
            return int(answer.read())

    def wait_for(self, count: int, seconds: float) -> None:
        """Wait until it has answered `count` posts. Raises TimeoutError."""
        end = time.monotonic() + seconds
        while self.seen() < count:
            if time.monotonic() > end:
                raise TimeoutError(f"the receiver saw {self.seen()} of {count} posts in {seconds} s")
            time.sleep(0.02)


@contextmanager
def receiver() -> Iterator[Receiver]:
    """A peer for as long as the block runs."""
    child = subprocess.Popen([sys.executable, "-c", PROGRAM], stdout=subprocess.PIPE, text=True)  # noqa: S603 - our own program
    try:
        assert child.stdout is not None  # noqa: S101 - asked for with PIPE
        yield Receiver(int(child.stdout.readline()))
    finally:
        child.terminate()
        child.wait(10)
        if child.stdout is not None:
            child.stdout.close()
