"""cjhub simulate: pretend agencies tell case stories to a hub, and show what arrived where.

Rule: exit code 0 only where every submission was answered as it should be, and exactly what was due has arrived.
"""

from __future__ import annotations

import json
import secrets
import shutil
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hub.cli.output import Code, say, show, warn
from hub.message.errors import Misconfigured

if TYPE_CHECKING:
    from hub.simulate.books import Books
    from hub.simulate.demo import Demo
    from hub.simulate.process import HubProcess
    from hub.simulate.run import Account, Tempo


Stories = Annotated[int, typer.Option(min=1, max=10_000, help="How many cases.")]
Seed = Annotated[int | None, typer.Option(min=0, help="The same seed tells the same stories; else by chance.")]
Rate = Annotated[float, typer.Option(min=0, help="Submissions a second, over all; 0 is as fast as may be.")]
Patience = Annotated[float, typer.Option(min=1, help="Seconds to wait for what is due.")]
Port = Annotated[int, typer.Option(min=0, max=65535, help="Port of the hub; 0 is any free one.")]
AgenciesPort = Annotated[int, typer.Option(min=0, max=65535, help="Port of the pretend agencies; 0 is any free one.")]
Folder = Annotated[
    Path | None,
    typer.Option(
        "--data", metavar="DIR", help="Folder of the demonstration; what is there is used again.", show_default=False
    ),
]
HubUrl = Annotated[
    str | None, typer.Option("--hub", metavar="URL", help="Use this running hub instead of one of our own.")
]
Keys = Annotated[
    Path | None, typer.Option("--keys", metavar="FILE", help="With --hub: its partners' keys, a JSON object.")
]


MANY = 12
"""Up to so many cases are shown step by step; of more, only those that are not as they should be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What was asked for."""

    stories: int
    seed: int
    tempo: Tempo
    port: int
    agencies_port: int
    hub: str | None
    keys: Path | None
    serve: bool
    lasting: bool  # whether the folder is there afterwards


def simulate(
    stories: Stories = 12,
    seed: Seed = None,
    rate: Rate = 0,
    patience: Patience = 60,
    port: Port = 0,
    data: Folder = None,
    hub: HubUrl = None,
    keys: Keys = None,
    agencies_port: AgenciesPort = 0,
    serve: Annotated[bool, typer.Option("--serve", help="Go on serving afterwards, until Ctrl-C.")] = False,
    keep: Annotated[bool, typer.Option("--keep", help="Keep the folder that was made for this run.")] = False,
    prepare: Annotated[
        bool, typer.Option("--prepare", help="Only write the partners' configuration and keys, and say how to serve.")
    ] = False,
) -> None:
    """Tell case stories to a hub with pretend agencies, and show case by case what happened.

    Everybody in the stories is invented. Exit code 0 where all is as it should be, 1 where anything is not.
    """
    from hub.simulate.run import Tempo
    from hub.watch.logs import configure

    configure("WARNING")
    if (hub is None) != (keys is None):
        raise Misconfigured(["--hub and --keys: give both or neither"])
    wish = Wish(
        stories=stories,
        seed=secrets.randbits(32) if seed is None else seed,
        tempo=Tempo(rate=rate, patience=patience),
        port=port,
        agencies_port=agencies_port,
        hub=hub,
        keys=keys,
        serve=serve,
        lasting=serve or keep or data is not None,
    )
    with _folder(data, serve=serve or prepare, keep=keep) as demo:
        done = _prepare(demo, wish) if prepare else _simulate(demo, wish)
    raise typer.Exit(Code.DONE if done else Code.NO)


@contextmanager
def _folder(data: Path | None, *, serve: bool, keep: bool) -> Iterator[Demo]:
    """The folder that was asked for; ./demo where the hub goes on serving; else one that goes away afterwards."""
    from hub.simulate.demo import Demo

    if data is not None or serve:
        folder = (data or Path("demo")).resolve()
        folder.mkdir(parents=True, exist_ok=True)
        yield Demo(folder)
        return
    folder = Path(tempfile.mkdtemp(prefix="cjhub-simulate-"))
    try:
        yield Demo(folder)
    finally:
        if keep:
            say("kept", folder)
        else:
            shutil.rmtree(folder, ignore_errors=True)


def _prepare(demo: Demo, wish: Wish) -> bool:
    """Write what a hub needs to serve the demo partners, and say how to serve and how to send."""
    from hub.simulate.demo import party_keys, write_config

    if not wish.agencies_port:
        raise Misconfigured(["--agencies-port: with --prepare the hub must know the port beforehand: give one"])
    write_config(demo, f"http://127.0.0.1:{wish.agencies_port}")
    party_keys(demo)
    say(f"cjhub serve --config {demo.config} --data {demo.hub_data}")
    say(
        f"cjhub simulate --data {demo.folder} --agencies-port {wish.agencies_port}"
        f" --hub http://127.0.0.1:8080 --keys {demo.keys}"
    )
    return True


def _simulate(demo: Demo, wish: Wish) -> bool:
    from hub.simulate.agencies import Agencies
    from hub.simulate.books import Books
    from hub.simulate.demo import party_keys, write_config
    from hub.simulate.places import PARTIES
    from hub.simulate.process import HubProcess

    signal.signal(signal.SIGTERM, signal.default_int_handler)  # whoever ends us ends our hub too, in order
    books = Books(demo.books, PARTIES)
    with Agencies(books, demo.inboxes(), wish.agencies_port) as agencies:
        if wish.hub is not None and wish.keys is not None:
            return _tell(demo, wish, books, wish.hub, json.loads(wish.keys.read_text(encoding="utf-8")))
        write_config(demo, agencies.address)
        keys = party_keys(demo)
        process = HubProcess(demo, wish.port)
        try:
            process.start()
            say(f"CJ Hub is on {process.url} with demo partners; sending {wish.stories} cases (seed {wish.seed}) ...")
            well = _tell(demo, wish, books, process.url, keys)
            return _serve(process) if wish.serve else well
        except KeyboardInterrupt:
            say("stopping")
            return wish.serve
        finally:
            process.stop()


def _tell(demo: Demo, wish: Wish, books: Books, url: str, keys: dict[str, str]) -> bool:
    """Send the stories and show what came of them. Whether all is as it should be."""
    from datetime import date

    from hub.simulate.run import Run
    from hub.simulate.senders import Senders
    from hub.simulate.stories import tell_stories

    senders = Senders(url, keys, demo.outboxes(), wish.tempo.patience)
    run = Run(senders, books, wish.tempo)
    try:
        accounts = run.tell(tell_stories(wish.seed, wish.stories, date.today()))  # noqa: DTZ011 - a day here
    finally:
        run.stop()
        senders.close()
    well = _show(accounts, books)
    if wish.lasting:
        _say_where(demo, url, accounts)
    return well


def _show(accounts: list[Account], books: Books) -> bool:
    from hub.simulate import report

    show(report.case_table(accounts))
    for account in (one for one in accounts if len(accounts) <= MANY or not one.complete):
        for line in report.case_lines(account):
            say(line)
    say("")
    say(report.totals(accounts, books))
    found = report.troubles(accounts, books)
    for line in found:
        warn(line, style="red")
    return not found


def _say_where(demo: Demo, url: str, accounts: list[Account]) -> None:
    from hub.simulate.report import where_to_look

    say("")
    for line in where_to_look(demo, url, accounts[0]):
        say(line)


def _serve(process: HubProcess) -> bool:
    """Wait until the hub ends, which it should not do by itself."""
    say("")
    say(f"CJ Hub goes on serving on {process.url}; Ctrl-C ends it")
    process.wait()
    warn("the hub has ended by itself: see hub.log")
    return False
