"""The hub that is measured: its parties, its ledger, its broker; warm before anything is timed."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep

from hub.assemble import Hub, assemble, clock, new_id
from hub.bench import Place
from hub.bench.documents import case_files
from hub.flow.judge import Terms
from hub.ledger.engine import open_ledger
from hub.ledger.upgrade import upgrade
from hub.message.errors import Misconfigured, Unavailable
from hub.settings import load_settings, shown
from hub.wire import Standing

SENDER = "bench-force"
CALLERS = 64  # callers at the door at once, as many as the ceiling puts in one commit
FORCE = """
[party]
code = "bench-force"
name = "A force to measure with"
agency = "police"
[sends]
dialects = ["spi-case"]
"""
COURT = """
[party]
code = "bench-court-{number}"
name = "A court to measure with"
agency = "court"
[endpoint]
kind = "http"
url = "{url}"
in_flight = 256
[[routes]]
message = "CaseFileSubmission"
as = "spi-case"
"""
_BROKER_SECONDS = 20.0
_EMPTY_SECONDS = 600.0


@contextmanager
def folder_of_its_own() -> Iterator[Path]:
    """A folder for as long as the block runs."""
    folder = Path(tempfile.mkdtemp(prefix="cjhub-bench-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def prepare(place: Place) -> None:
    """Make the tables. Raises Misconfigured where the database is in use."""
    if not place.database:
        return
    upgrade(place.database, lambda attempt: None)
    ledger = open_ledger(place.database, clock, new_id)
    try:
        if ledger.recent(1) or ledger.endpoints():
            raise Misconfigured([f"{shown(place.database)}: it is in use: give a database of its own to measure on"])
    finally:
        ledger.close()


@contextmanager
def hub_over(folder: Path, urls: Sequence[str], place: Place) -> Iterator[Hub]:
    """A hub that takes case files and routes each to every address. Its workers do not run yet."""
    parties = folder / "config" / "parties"
    parties.mkdir(parents=True)
    (parties / f"{SENDER}.toml").write_text(FORCE, encoding="utf-8")
    for number, url in enumerate(urls, 1):
        (parties / f"bench-court-{number}.toml").write_text(COURT.format(number=number, url=url), encoding="utf-8")
    settings = load_settings([], data=folder / "data", database_url=place.database, broker_url=place.broker)
    hub = assemble(settings, folder / "config")
    try:
        _warm(hub)
        yield hub
    finally:
        hub.close()


def _warm(hub: Hub) -> None:
    """Wait until every judge has judged, so that none of them starts while the ceiling is measured."""
    document, trust = next(case_files(hub.found.bundle, 1)), hub.flow.trust_of(SENDER)
    with ThreadPoolExecutor(CALLERS) as callers:
        for ruling in callers.map(lambda _: hub.flow.rule(document, trust, clock(), Terms()), range(CALLERS)):
            if ruling.refused:
                raise RuntimeError("the sample that is measured with was refused")


def empty(hub: Hub) -> None:
    """Wait until everything that the hub was given is delivered, so that the next measure finds nothing to do."""
    end = monotonic() + _EMPTY_SECONDS
    while hub.ledger.next_slips_due() or hub.ledger.undelivered():
        if monotonic() > end:
            raise TimeoutError(f"after {_EMPTY_SECONDS:g} seconds the hub still has work")
        sleep(0.1)


def start_hub(hub: Hub) -> None:
    """Start the workers and wait until the broker takes slips. Raises Unavailable where it does not."""
    hub.start()
    end = monotonic() + _BROKER_SECONDS
    while hub.broker.standing() is not Standing.UP:
        if monotonic() > end:
            raise Unavailable(f"the broker is {hub.broker.standing()} after {_BROKER_SECONDS:g} seconds")
        sleep(0.05)
