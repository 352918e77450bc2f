"""cjhub work: workers without doors, beside `cjhub serve` on other machines.

Rule: on SQLite one process runs the hub, so this refuses where another does.
"""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread
from typing import TYPE_CHECKING, Annotated

import typer

from hub.cli import options
from hub.cli.output import say
from hub.cli.serve import listening
from hub.message.errors import Misconfigured
from hub.message.slip import Lane

if TYPE_CHECKING:
    from hub.assemble import Hub


def work(
    lanes: Annotated[str, typer.Option(help="Which lanes to work, with commas between.")] = "intake,send,subscribe",
    config: options.Config = None,
    data: options.Data = None,
) -> None:
    """Run workers only: intake, send and what keeps them going.

    Exit code 0 after an ordered end, 2 for a wrong configuration, 3 where another process runs the hub on SQLite.
    """
    from hub.assemble import assemble
    from hub.cli.folder import held, settings_of
    from hub.watch.logs import configure

    chosen = _lanes(lanes)
    settings = settings_of(config, data=data)
    configure(settings.log_level)
    stop = Event()
    with held(settings, "work"):
        hub = assemble(settings, config)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        try:
            with _telling(hub):
                hub.worker.start(chosen)
                say("CJ Hub works", settings.where)
                stop.wait()
        finally:
            hub.close()


@contextmanager
def _telling(hub: Hub) -> Iterator[None]:
    """Health and figures on a port of their own, where one is set. Raises Unavailable where it cannot be had."""
    if not hub.settings.health_port:
        yield
        return
    import uvicorn

    from hub.web.app import create_health

    with listening(hub.settings.host, hub.settings.health_port) as door:
        server = uvicorn.Server(uvicorn.Config(create_health(hub.flow, hub.broker), log_config=None, access_log=False))
        thread = Thread(target=server.run, kwargs={"sockets": [door]}, name="health", daemon=True)
        thread.start()
        try:
            yield
        finally:
            server.should_exit = True
            thread.join(5)


def _lanes(text: str) -> tuple[Lane, ...]:
    """The lanes named. Raises Misconfigured for one that does not exist."""
    names = [name.strip() for name in text.split(",")]
    unknown = [name for name in names if name not in list(Lane)]
    if unknown:
        raise Misconfigured([f"--lanes {name}: there is no such lane; there are {', '.join(Lane)}" for name in unknown])
    return tuple(Lane(name) for name in names)
