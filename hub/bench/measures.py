"""The measures themselves."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import count as numbers
from pathlib import Path
from threading import Event
from time import perf_counter

from hub.assemble import Hub, clock, new_id
from hub.bench import Measure, Place
from hub.bench.carrier import Carrier, Embedded, Rabbit
from hub.bench.ceiling import Ceiling, Posts
from hub.bench.documents import LARGE, SMALL, Sample, case_files
from hub.bench.mapping import measure_mapping
from hub.bench.receiver import Receiver, receiver
from hub.bench.stage import CALLERS, SENDER, empty, folder_of_its_own, hub_over, prepare, start_hub
from hub.bench.stores import PostgresStore, SqliteStore, Store
from hub.contract.tables import load_tables
from hub.discovery.bundle import Bundle
from hub.flow.accept import Arrival
from hub.flow.normalise import Issue

PACE = 300.0
"""Documents a second that come in, whatever the hub does, where it is measured how long one waits to be accepted."""

_KEPT = "parse + validate + hash + insert in group commits"
_MAPPED = "map + validate, which is what normalise adds"


def measure_all(count: int, place: Place, told: Callable[[str], None]) -> Iterator[Measure]:
    """Every measure in turn; `told` hears what is being run."""
    prepare(place)
    lots = _Lots(count)
    with receiver() as peer:
        told(f"accept + check + normalise: {count} case files")
        yield from _door(lots.next(), peer, place)
        for deliveries in (1, 4):
            told(f"end to end: {count} case files from the door to {deliveries} recipients over HTTP")
            yield from _end_to_end(lots.next(), peer, deliveries, place)
        told(f"accept at {PACE:g} a second: {count} case files")
        yield _paced(lots.next(SMALL), peer, place)
    if place == Place():
        told("a mapping beside XPath by hand")
        yield measure_mapping(load_tables([Bundle().root / "config" / "codes"]), count)


class _Lots:
    """Lots of case files, none of which comes twice."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._first = numbers(0, count)

    def next(self, sample: Sample = LARGE) -> list[bytes]:
        """The next lot."""
        return list(case_files(Bundle(), self._count, next(self._first), sample))


def _door(documents: Sequence[bytes], peer: Receiver, place: Place) -> Iterator[Measure]:
    with folder_of_its_own() as folder, hub_over(folder, [peer.url], place) as hub:
        ceiling = Ceiling(hub.found, partial(_store, folder, place), new_id)
        kept, mapped = ceiling.keep(documents), ceiling.normalise(documents, _issue())
        rate = len(documents) / _through_the_door(hub, documents)
        start_hub(hub)
        empty(hub)
    named = f"accept+check+normalise, {place.name}"
    yield Measure(measure=named, hub=rate, ceiling=kept, documents=len(documents), words=f"ceiling: {_KEPT}")
    words = f"ceiling: {_KEPT} + {_MAPPED}"
    yield Measure(measure=f"{named}, mapped", hub=rate, ceiling=mapped, documents=len(documents), words=words)


def _end_to_end(documents: Sequence[bytes], peer: Receiver, deliveries: int, place: Place) -> Iterator[Measure]:
    urls = [peer.url] * deliveries
    with folder_of_its_own() as folder, hub_over(folder, urls, place) as hub:
        ceiling = Ceiling(hub.found, partial(_store, folder, place), new_id)
        posts = Posts(urls=urls, carrier=partial(_carrier, place))
        kept, mapped = ceiling.keep(documents, posts), ceiling.normalise(documents, _issue(), posts)
        before = peer.seen()
        start_hub(hub)
        start = perf_counter()
        _through_the_door(hub, documents)
        peer.wait_for(before + len(documents) * deliveries, 60 + len(documents) * deliveries / 10)
        rate = len(documents) / (perf_counter() - start)
        empty(hub)
    named = f"end to end, {deliveries} deliver{'y' if deliveries == 1 else 'ies'}, {place.name}"
    posted = (
        f"{'publish in windows + consume + ' if place.broker else ''}{deliveries} HTTP posts + insert of who answered"
    )
    words = f"ceiling: {_KEPT} + {posted}"
    yield Measure(measure=named, hub=rate, ceiling=kept, documents=len(documents), words=words)
    words = f"{words} + {_MAPPED}"
    yield Measure(measure=f"{named}, mapped", hub=rate, ceiling=mapped, documents=len(documents), words=words)


def _paced(documents: Sequence[bytes], peer: Receiver, place: Place) -> Measure:
    """Documents come at a steady pace and are delivered meanwhile; each is timed from the moment at which it came."""
    with folder_of_its_own() as folder, hub_over(folder, [peer.url], place) as hub:
        posts = Posts(urls=[peer.url], carrier=partial(_carrier, place))
        ceiling = Ceiling(hub.found, partial(_store, folder, place), new_id).normalise(documents, _issue(), posts)
        before = peer.seen()
        start_hub(hub)
        start, pause = perf_counter(), Event()
        taken: list[float] = []

        def submit(number: int) -> None:
            comes = start + number / PACE
            pause.wait(max(0.0, comes - perf_counter()))
            _submit(hub, documents[number])
            taken.append(perf_counter() - comes)

        with ThreadPoolExecutor(CALLERS) as callers:
            list(callers.map(submit, range(len(documents))))
        peer.wait_for(before + len(documents), 60 + len(documents) / 10)
        seconds = perf_counter() - start
    return Measure(
        measure=f"end to end at {PACE:g}/s, 5 kB, 1 delivery, {place.name}",
        hub=len(documents) / seconds,
        ceiling=ceiling,
        documents=len(documents),
        words="hub: as fast as they come; ceiling: as above, mapped, as fast as it can",
        p99_ms=sorted(taken)[int(len(taken) * 0.99)] * 1000,
    )


def _store(folder: Path, place: Place) -> Store:
    return PostgresStore(place.database) if place.database else SqliteStore(folder)


def _carrier(place: Place) -> Carrier:
    return Rabbit(place.broker) if place.broker else Embedded()


def _issue() -> Issue:
    return Issue(new_id=new_id, at=clock(), correlation_id=new_id())


def _through_the_door(hub: Hub, documents: Sequence[bytes]) -> float:
    with ThreadPoolExecutor(CALLERS) as callers:
        start = perf_counter()
        list(callers.map(partial(_submit, hub), documents))
        return perf_counter() - start


def _submit(hub: Hub, raw: bytes) -> None:
    arrival = Arrival(raw=raw, trust=hub.flow.trust_of(SENDER), door="bench", dialects=("spi-case",))
    outcome = hub.flow.door(arrival).outcome
    if outcome != "accepted":
        raise RuntimeError(f"the door answered {outcome}: the figures would mean nothing")
