"""One run: measure what the machine takes, give half of it, look on, let it drain, and judge."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from hub.assemble import clock, new_id
from hub.ledger.engine import open_ledger
from tests.doubles.moody import moody
from tests.doubles.steady import Paper, Steady
from tests.fleet import Fleet, at_rest, fleet
from tests.hubs import wait_until
from tests.servers.rabbitmq import RabbitNode
from tests.soak.report import Report, grown
from tests.soak.traffic import Book
from tests.soak.watch import Tables, Watch

STREAMS = 16
MOODS = {"busy": 0.002, "closed": 0.0005, "late": 0.0005}
TELL_SECONDS, QUEUE_SECONDS = 30.0, 5.0


@dataclass(frozen=True, kw_only=True)
class Plan:
    """How long, how fast (None: half of what is measured), over which servers; `tell` gets a line now and then."""

    minutes: float
    folder: Path
    database: str
    rabbit: RabbitNode
    rate: float | None = None
    measure_seconds: float = 20.0
    tell: Callable[[str], object] = print

    @property
    def warm_up(self) -> float:
        """Seconds of the run whose memory is not judged: a quarter, ten minutes at most."""
        return min(600.0, self.minutes * 15)

    @property
    def look_seconds(self) -> float:
        """Seconds between two looks at the processes."""
        return min(5.0, max(0.25, self.minutes * 60 / 240))


@dataclass
class Run:
    """A run under way."""

    plan: Plan
    hubs: Fleet
    book: Book
    watch: Watch
    streams: list[Iterator[Paper]]
    capacity: float = 0.0

    @property
    def doors(self) -> list[str]:
        """Where documents go."""
        return [self.hubs.url]

    def measure(self) -> None:
        """Give as much as is taken, and see how fast it comes out at the other end. It warms the processes up too."""
        begun = time.monotonic()
        load = Steady(self.doors, self.hubs.key, math.inf, self.streams)
        load.start()
        wait_until(lambda: time.monotonic() > begun + self.plan.measure_seconds, self.plan.measure_seconds + 60)
        load.finish()
        wait_until(lambda: not self.book.missing(), 60 + 4 * self.plan.measure_seconds)
        self.capacity = load.answers.total() / (time.monotonic() - begun)
        self.plan.tell(f"{self.capacity:.1f} documents/s go through")

    def last(self, rate: float) -> tuple[Steady, tuple[float, float]]:
        """Give documents at this rate until the time is up: the senders, and when it began and ended (since 1970)."""
        load = Steady(self.doors, self.hubs.key, rate, self.streams)
        begun, since = time.monotonic(), time.time()
        load.start()
        told, looked, asked = begun, 0.0, begun
        while (now := time.monotonic()) < begun + self.plan.minutes * 60:
            if now >= looked + self.plan.look_seconds:
                looked = now
                self.watch.look()
            if now >= asked + QUEUE_SECONDS:
                asked = now
                self.watch.look_at_queues()
            if now >= told + TELL_SECONDS:
                told = now
                self._tell(now - begun)
            load.stopping.wait(0.05)
        self.watch.look()
        load.finish()
        self.watch.look_at_queues()
        return load, (since, time.time())

    def _tell(self, seconds: float) -> None:
        depth = self.watch.depths[-1][1]
        memory = ", ".join(f"{name} {samples[-1].rss >> 20}" for name, samples in self.watch.processes.items())
        count = sum(self.book.kinds.values())
        self.plan.tell(
            f"{seconds / 60:5.1f} min: {count} documents, {len(self.book.accepted)} messages, {self.book.behind()} "
            f"deliveries to come, {depth} in queues, faults {sum(self.book.unexpected.values())}; MB: {memory}"
        )


def soak(plan: Plan) -> Report:
    """Do it all. Raises TimeoutError where what was accepted does not arrive."""
    book = Book()
    with ExitStack() as stack:
        courts = {f"court-{n}": stack.enter_context(moody(moods=MOODS, seed=n)) for n in (1, 2)}
        for name, court in courts.items():
            court.came = book.recipient(name)  # type: ignore[assignment]
        hubs = stack.enter_context(fleet(plan.folder, plan.database, plan.rabbit.url(), courts))
        hubs.start("serve", "worker-1", "worker-2")
        hubs.await_ready()
        watch = Watch(hubs, plan.rabbit)
        run = Run(plan, hubs, book, watch, [book.papers(place, STREAMS) for place in range(STREAMS)])
        run.measure()
        rate = plan.rate or run.capacity / 2
        before, count, begun = watch.tables(), len(book.accepted), time.monotonic()
        load, when = run.last(rate)
        drained, audit = _settle(plan, book)
        return _report(run, load, when, (before, watch.tables()), (count, begun, rate, drained, audit))


def _settle(plan: Plan, book: Book) -> tuple[float, list[str]]:
    """Seconds until all was delivered, and what the audit chain has to say."""
    begun = time.monotonic()
    ledger = open_ledger(plan.database, clock, new_id)
    try:
        wait_until(lambda: not book.missing(), 120 + plan.minutes * 6)
        drained = time.monotonic() - begun
        wait_until(lambda: at_rest(ledger), 60)
        while ledger.seal_once(1000):
            pass
        return drained, list(ledger.verify_audit().breaks)
    finally:
        ledger.close()


def _report(
    run: Run,
    load: Steady,
    when: tuple[float, float],
    tables: tuple[Tables, Tables],
    more: tuple[int, float, float, float, list[str]],
) -> Report:
    book, plan, (since, until) = run.book, run.plan, when
    count, begun, rate, drained, audit = more
    messages, quarter = len(book.accepted) - count, (until - since) / 4
    early, late = (since, since + quarter), (until - quarter, until)
    every = [grown(name, samples, begun + plan.warm_up) for name, samples in sorted(run.watch.processes.items())]
    dead = sorted(tables[1].dead.items(), key=lambda item: -item[1])[:3]
    return Report(
        minutes=(until - since) / 60,
        capacity=run.capacity,
        asked=rate,
        rate=load.answers.total() / load.seconds,
        messages=len(book.accepted),
        deliveries=sum(len(seen.done) for seen in book.seen.values()),
        attempts=sum(seen.attempts for seen in book.seen.values()),
        kinds=dict(book.kinds),
        unexpected=dict(book.unexpected),
        latest=load.latest,
        lost=book.missing(),
        inversions=sum(seen.inversions for seen in book.seen.values()),
        second_ids=sum(seen.second_ids for seen in book.seen.values()),
        audit=audit,
        accept={"first": book.accept.between(*early, 0.5, 0.99), "last": book.accept.between(*late, 0.5, 0.99)},
        deliver={"first": book.deliver.between(*early, 0.5, 0.99), "last": book.deliver.between(*late, 0.5, 0.99)},
        bytes_a_message=(tables[1].bytes - tables[0].bytes) / max(1, messages),
        dead_share=tables[1].dead_share,
        dead_most=dict(dead),
        depth_most=max((depth for _, depth in run.watch.depths), default=0),
        depth_last=run.watch.depths[-1][1],
        drained=drained,
        document=book.document,
        judged_minutes=plan.minutes - plan.warm_up / 60,
        judged_messages=messages,
        load=os.getloadavg(),
        processes=[one for one in every if one is not None],
    )
