"""The end of the web door: whoever had connected when the process was told to end gets an answer.

Rule: a connection is refused or answered, so that a caller with two addresses need never wonder. Only one that says
nothing for a moment is closed.
"""

from __future__ import annotations

import asyncio
import socket
from time import monotonic

import uvicorn

GRACE_SECONDS = 1.0
"""For so long a connection on which nothing is asked stays open; each answer on it says that it is the last."""


class LeavingServer(uvicorn.Server):
    """uvicorn's server, but for the order in which it closes."""

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Take no more connections, answer what is asked on those there are, then close them."""
        await asyncio.sleep(0)  # whoever waits to be taken is taken first: closing would cut them off
        for server in self.servers:
            server.close()
        for each in sockets or ():
            each.close()
        self.server_state.default_headers.append((b"connection", b"close"))
        until = monotonic() + GRACE_SECONDS
        while self.server_state.connections and monotonic() < until:
            await asyncio.sleep(0.01)
        await super().shutdown(sockets)
