"""A recipient over HTTP that now and then says 503, hangs up without an answer, or answers too late; and remembers all.

Rule: what it does with an attempt is drawn from a seed, once for each, in the order of arrival.
"""

from __future__ import annotations

import asyncio
import random
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from threading import Event, Thread
from typing import NamedTuple

_URN = re.compile(rb"PTIURN(?:&gt;|>)(\w+)")
_NAME = re.compile(rb"PersonGivenName1(?:&gt;|>).*?PersonFamilyName(?:&gt;|>)(\w+)", re.DOTALL)
_SAYS = {"yes": b"HTTP/1.1 200 OK", "busy": b"HTTP/1.1 503 Service Unavailable"}


class Came(NamedTuple):
    """One attempt: what came, when (seconds since 1970), and what was done with it."""

    id: str
    urn: str
    name: str
    at: float
    done: str  # "yes", "busy" (503), "closed" or "late"
    digest: bytes  # of what came


@dataclass
class Moody:
    """What came, in the order of arrival. `moods` are chances of what is not "yes"."""

    moods: dict[str, float] = field(default_factory=lambda: {"busy": 0.01, "closed": 0.003, "late": 0.002})
    seed: int = 1
    late_seconds: float = 1.5
    url: str = ""
    came: list[Came] = field(default_factory=list)
    ready: Event = field(default_factory=Event)

    stop: Callable[[], object] = lambda: None

    def __post_init__(self) -> None:
        self._chance = random.Random(self.seed)

    async def run(self) -> None:
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0, limit=2**22)
        self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/in"
        loop, end = asyncio.get_running_loop(), asyncio.Event()
        self.stop = lambda: loop.call_soon_threadsafe(end.set)
        self.ready.set()
        async with server:
            await end.wait()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while await self._answer(await reader.readuntil(b"\r\n\r\n"), reader, writer):
                pass
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def _answer(self, head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        given = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:] if b": " in line)
        body = await reader.readexactly(int(given[b"content-length"]))
        urn, name = _URN.search(body), _NAME.search(body)
        assert urn is not None
        assert name is not None
        done = self._chance.choices([*self.moods, "yes"], [*self.moods.values(), 1 - sum(self.moods.values())])[0]
        id, digest = given[b"idempotency-key"].decode(), sha256(body).digest()
        self.came.append(Came(id, urn[1].decode(), name[1].decode(), time.time(), done, digest))
        if done == "late":
            await asyncio.sleep(self.late_seconds)
        if done in _SAYS:
            writer.write(_SAYS[done] + b"\r\nContent-Length: 0\r\n\r\n")
        return done in _SAYS


@contextmanager
def moody(**how: object) -> Iterator[Moody]:
    """One that listens."""
    made = Moody(**how)  # type: ignore[arg-type]
    thread = Thread(target=asyncio.run, args=(made.run(),), daemon=True)
    thread.start()
    made.ready.wait(10)
    try:
        yield made
    finally:
        made.stop()
        thread.join(10)
