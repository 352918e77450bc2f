"""cjhub serve: the hub in one process, doors and workers.

Rule: on SIGTERM or SIGINT no more connections are taken, requests under way are answered, then the workers finish what
they hold; only then does the process end.
"""

from __future__ import annotations

import signal
import socket
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hub.cli import options
from hub.cli.output import say
from hub.message.errors import Unavailable

if TYPE_CHECKING:
    from hub.assemble import Hub

_PATIENCE = 10  # seconds that requests under way get to finish
_KEPT = 75  # seconds that a connection may be idle: longer than proxies keep theirs, so that none meets a closed one


def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on (else CJHUB_HOST, else 127.0.0.1).")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on (else CJHUB_PORT, else 8080).")] = None,
    config: options.Config = None,
    data: options.Data = None,
) -> None:
    """Run the hub: its doors and its workers.

    Exit code 0 after an ordered end, 2 for a wrong configuration, 3 where the port or the data folder is in use.
    """
    from hub.assemble import assemble
    from hub.cli.folder import held, settings_of
    from hub.watch.logs import configure

    settings = settings_of(config, host=host, port=port, data=data)
    configure(settings.log_level)
    with held(settings, "serve"), listening(settings.host, settings.port) as door:
        _run(assemble(settings, config), door)


def listening(host: str, port: int) -> socket.socket:
    """A socket that listens. Raises Unavailable where the address cannot be had."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=512)
    except OSError as cause:
        words = f"{host} port {port} cannot be listened on: {cause.strerror}. Give another with --port"
        raise Unavailable(words) from None


def _run(hub: Hub, door: socket.socket) -> None:
    """Serve until told to stop, then end in order: doors, workers, connections, ledger."""
    import uvicorn

    from hub.web.app import create_app
    from hub.web.leave import LeavingServer

    app = create_app(hub.flow, hub.settings, hub.broker)
    server = LeavingServer(
        uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_keep_alive=_KEPT,
            timeout_graceful_shutdown=_PATIENCE,
        )
    )

    # an answer is written in two pieces: without this the second waits for the caller to acknowledge the first (40 ms)
    door.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def stop(*_: Any) -> None:
        server.should_exit = True

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)  # uvicorn raises the signal once more when it has ended: it must not kill us
    try:
        hub.start()
        say(f"CJ Hub listens on {_address(door)}", hub.settings.where, _found(hub))
        server.run(sockets=[door])
    finally:
        hub.close()


def _found(hub: Hub) -> str:
    found = hub.found
    return f"{len(found.parties)} parties, {len(found.readers)} dialects read, {len(found.writers)} written"


def _address(door: socket.socket) -> str:
    host, port = door.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
