"""cjhub work: workers without doors, beside `cjhub serve` on other machines.

Rule: on SQLite one process runs the hub, so this refuses where another does.
"""

from __future__ import annotations

import signal
from threading import Event

from hub.cli import options
from hub.cli.output import say


def work(config: options.Config = None, data: options.Data = None) -> None:
    """Run workers only: intake, send and what keeps them going.

    Exit code 0 after an ordered end, 2 for a wrong configuration, 3 where another process runs the hub on SQLite.
    """
    from hub.assemble import assemble
    from hub.cli.folder import held, settings_of
    from hub.watch.logs import configure

    settings = settings_of(config, data=data)
    configure(settings.log_level)
    stop = Event()
    with held(settings, "work"):
        hub = assemble(settings, config)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        try:
            hub.worker.start()
            say("CJ Hub works", f"data {settings.data.resolve()}")
            stop.wait()
        finally:
            hub.close()
