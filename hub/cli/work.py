"""cjhub work: workers without doors, beside `cjhub serve` on other machines.

Rule: on SQLite one process runs the hub, so this refuses where another does.
"""

from __future__ import annotations

import signal
from threading import Event
from typing import Annotated

import typer

from hub.cli import options
from hub.cli.output import say
from hub.message.errors import Misconfigured
from hub.message.slip import Lane


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
            hub.worker.start(chosen)
            say("CJ Hub works", settings.where)
            stop.wait()
        finally:
            hub.close()


def _lanes(text: str) -> tuple[Lane, ...]:
    """The lanes named. Raises Misconfigured for one that does not exist."""
    names = [name.strip() for name in text.split(",")]
    unknown = [name for name in names if name not in list(Lane)]
    if unknown:
        raise Misconfigured([f"--lanes {name}: there is no such lane; there are {', '.join(Lane)}" for name in unknown])
    return tuple(Lane(name) for name in names)
