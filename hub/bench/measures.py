"""The measures themselves."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter

from hub.assemble import Hub, assemble, clock, new_id
from hub.bench import Measure
from hub.bench.ceiling import Ceiling
from hub.bench.documents import case_files
from hub.bench.mapping import measure_mapping
from hub.bench.receiver import receiver
from hub.contract.tables import load_tables
from hub.discovery.bundle import Bundle
from hub.flow.accept import Arrival
from hub.flow.judge import Terms
from hub.flow.normalise import Issue
from hub.settings import load_settings

SENDER, TAKER = "bench-force", "bench-court"
CALLERS = 64  # callers at the door at once, as many as the ceiling puts in one commit
PARTIES = {
    SENDER: """
[party]
code = "bench-force"
name = "A force to measure with"
agency = "police"
[sends]
dialects = ["spi-case"]
""",
    TAKER: """
[party]
code = "bench-court"
name = "A court to measure with"
agency = "court"
[endpoint]
kind = "http"
url = "{url}"
in_flight = 64
[[routes]]
message = "CaseFileSubmission"
as = "spi-case"
""",
}


def measure_all(count: int, told: Callable[[str], None]) -> Iterator[Measure]:
    """Every measure in turn; `told` hears what is being run."""
    documents = list(case_files(Bundle(), count))
    with receiver() as peer:
        told(f"accept + check + normalise: {count} case files")
        yield from _door(documents, peer.url)
        told(f"end to end: {count} case files from the door to a recipient over HTTP")
        yield _end_to_end(documents, peer.url, peer.wait_for, peer.seen)
    told("a mapping beside XPath by hand")
    yield measure_mapping(load_tables([Bundle().root / "config" / "codes"]), count)


def _door(documents: Sequence[bytes], url: str) -> Iterator[Measure]:
    with _folder() as folder, _hub(folder, url) as hub:
        ceiling, issue = Ceiling(hub.found, folder, new_id), _issue()
        kept, mapped = ceiling.keep(documents), ceiling.normalise(documents, issue)
        rate = len(documents) / _through_the_door(hub, documents)
    named, done = "accept+check+normalise", "parse + validate + hash + insert in group commits"
    yield Measure(measure=named, hub=rate, ceiling=kept, documents=len(documents), words=f"ceiling: {done}")
    words = f"ceiling: {done} + map + validate, which is what normalise adds"
    yield Measure(measure=f"{named}, mapped", hub=rate, ceiling=mapped, documents=len(documents), words=words)


def _end_to_end(
    documents: Sequence[bytes], url: str, wait_for: Callable[[int, float], None], seen: Callable[[], int]
) -> Measure:
    with _folder() as folder, _hub(folder, url) as hub:
        ceiling = Ceiling(hub.found, folder, new_id).deliver(documents, url, _issue())
        before = seen()
        hub.start()
        start = perf_counter()
        _through_the_door(hub, documents)
        wait_for(before + len(documents), 60 + len(documents) / 10)
        seconds = perf_counter() - start
    return Measure(
        measure="end to end",
        hub=len(documents) / seconds,
        ceiling=ceiling,
        documents=len(documents),
        words="ceiling: parse + validate + hash + insert in group commits + map + validate + HTTP post",
    )


def _issue() -> Issue:
    return Issue(new_id=new_id, at=clock(), correlation_id=new_id())


def _through_the_door(hub: Hub, documents: Sequence[bytes]) -> float:
    trust = hub.flow.trust_of(SENDER)

    def submit(raw: bytes) -> str:
        return hub.flow.door(Arrival(raw=raw, trust=trust, door="bench", dialects=("spi-case",))).outcome

    with ThreadPoolExecutor(CALLERS) as callers:
        start = perf_counter()
        outcomes = set(callers.map(submit, documents))
        seconds = perf_counter() - start
    if outcomes != {"accepted"}:
        raise RuntimeError(f"the door answered {outcomes}: the figures would mean nothing")
    return seconds


@contextmanager
def _folder() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="cjhub-bench-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _hub(folder: Path, url: str) -> Iterator[Hub]:
    parties = folder / "config" / "parties"
    parties.mkdir(parents=True)
    for code, text in PARTIES.items():
        (parties / f"{code}.toml").write_text(text.replace("{url}", url), encoding="utf-8")
    hub = assemble(load_settings([], data=folder / "data"), folder / "config")
    try:
        _ready(hub)
        yield hub
    finally:
        hub.close()


def _ready(hub: Hub) -> None:
    """Wait until every judge has judged, so that none of them starts while the ceiling is measured."""
    document, trust = next(case_files(hub.found.bundle, 1)), hub.flow.trust_of(SENDER)
    with ThreadPoolExecutor(CALLERS) as callers:
        for ruling in callers.map(lambda _: hub.flow.rule(document, trust, clock(), Terms()), range(CALLERS)):
            if ruling.refused:
                raise RuntimeError("the sample that is measured with was refused")
