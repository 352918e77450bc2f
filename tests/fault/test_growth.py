"""What a message costs does not grow with the messages that the ledger holds already.

Rule: cost is the processor time of the ledger's own connections in the server, over rounds that take turns between a
small ledger and a large one, so that whatever else the machine does weighs on both.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from itertools import count
from pathlib import Path
from time import perf_counter, process_time

import psycopg
import pytest

from hub.assemble import clock, new_id
from hub.ledger import Ledger
from hub.ledger.admission import Kept, OrderKey
from hub.ledger.attempt import KeptOutbound
from hub.ledger.decision import Decision, Known, NewDelivery
from hub.ledger.engine import open_ledger
from hub.ledger.register import KeyLink
from hub.message.lifecycle import DeliveryEvent, MessageEvent
from hub.message.slip import Lane
from tests.doubles.traffic import admission, end, new_message, opens
from tests.figures import FULL
from tests.seeded import ENDPOINTS, PER_CASE, seed, urn_of
from tests.servers.postgres import server

SMALL = 10_000
LARGE = 1_000_000 if FULL else 100_000
BATCH, ROUNDS = 64, 25
MEMORY = ("shared_buffers=1GB", "max_wal_size=8GB")  # as a server has that is to hold so much
BODY = b"<m>" + b"x" * 4000 + b"</m>"


class Day:
    """The daily work over one ledger, a batch at a time; half of it about cases that the ledger knows."""

    def __init__(self, url: str, held: int) -> None:
        self.url, self._cases = url, held // PER_CASE
        self.ledger: Ledger = open_ledger(url, clock, new_id)
        self._numbers = count(1)
        self.seconds: dict[str, list[float]] = {}
        self.client = 0.0  # processor seconds of this process

    def server(self) -> float:
        """Processor seconds that the server has spent on this ledger's connections."""
        with psycopg.connect(self.url) as held:
            rows = held.execute(
                "SELECT pid FROM pg_stat_activity WHERE application_name = 'cjhub' AND datname = current_database()"
            ).fetchall()
        return sum(_ticks(pid) for (pid,) in rows) / os.sysconf("SC_CLK_TCK")

    def batch(self) -> None:
        """Accept, take in, claim, keep bytes, settle and seal as many messages as a batch has; note what each took."""
        ids = [self._admission(next(self._numbers)) for _ in range(BATCH)]
        kept = self._timed("accept", lambda: [self.ledger.admit(one) for one in ids])
        assert len(kept) == BATCH
        messages = [one.messages[0].id for one in ids]
        before = self.ledger.to_intake(messages)
        taken = self._timed("intake", lambda: self.ledger.intake(messages, self._decide, before))
        assert not [one.error for one in taken if one.error is not None]
        slips = self.ledger.claim_slips(Lane.SEND, BATCH, 60)
        claimed = self._timed("claim", lambda: self.ledger.claim_many([one.slip.id for one in slips], 60))
        outbound = KeptOutbound(body=BODY, content_type="text/xml")
        fresh = [(one.delivery_id, one.fence, outbound) for one in claimed]
        assert all(self._timed("keep", lambda: self.ledger.keep_outbound_many(fresh)))
        done = [end(one, DeliveryEvent.ACKNOWLEDGE) for one in claimed]
        assert all(self._timed("settle", lambda: self.ledger.settle_many(done)))
        self.ledger.finish_slips([one.number for one in (*slips, *self.ledger.claim_slips(Lane.INTAKE, BATCH, 60))])
        assert self._timed("seal", lambda: self.ledger.seal_once(1000)) > BATCH
        self._timed("sweep", lambda: self.ledger.sweep(60, 100))
        self._timed("readyz", self.ledger.next_slips_due)

    def _timed(self, name: str, work: Callable[[], object]) -> object:
        begun, spent = perf_counter(), process_time()
        made = work()
        self.seconds.setdefault(name, []).append(perf_counter() - begun)
        self.client += process_time() - spent
        return made

    def _admission(self, number: int) -> object:
        known = number % 2 and self._cases
        urn = urn_of(number * 7919 % self._cases) if known else f"02BB{number:07d}25"
        made = new_message(new_id(), OrderKey("PTIURN", urn), words=f"new {number}", canonical=BODY)
        return admission(f"new-{number}", made, raw=BODY + str(number).encode())

    def _decide(self, kept: Kept, known: Known) -> Decision:
        (key,) = kept.message.keys
        case_id = known.links[0].case_id if known.links else known.new_case_id
        links = () if known.links else (KeyLink(kind=key.kind, value=key.value),)
        court = f"court-{kept.message.seq % ENDPOINTS}"
        return Decision(
            event=MessageEvent.RECORD,
            case_id=case_id,
            change=opens(case_id, clock(), *links),
            deliveries=(NewDelivery(party=court, endpoint=court, dialect="spi"),),
        )


def _ticks(pid: int) -> int:
    said = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(said[11]) + int(said[12])


def read_whole(url: str) -> dict[str, int]:
    """How many rows were read by going through whole tables, by table, since the statistics began."""
    with psycopg.connect(url) as held:
        rows = held.execute("SELECT relname, seq_tup_read FROM pg_stat_user_tables WHERE relname <> 'endpoints'")
        return dict(rows.fetchall())


@pytest.fixture
def days() -> Iterator[tuple[Day, Day]]:
    with ExitStack() as stack:
        postgres = stack.enter_context(server(durable=True, more=MEMORY))  # on a disk: it may be much
        made = []
        for held in (SMALL, LARGE):
            url = stack.enter_context(postgres.database())
            seed(url, held)
            made.append(Day(url, held))
            stack.callback(made[-1].ledger.close)
        yield made[0], made[1]


@pytest.mark.promise(
    "Size and number",
    "A ledger that holds a hundred times as many messages",
    holds="what a message costs the database grows by less than 15 %; no whole table is read",
    short="100,000 messages held instead of 1,000,000",
)
@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="processor time is read from /proc")
def test_a_message_costs_the_same_however_many_there_are(days: tuple[Day, Day], figure: Callable[[str], None]) -> None:
    small, large = days
    for day in days:
        for _ in range(5):
            day.batch()
        day.seconds.clear()
        day.client = 0.0
    began = [day.server() for day in days]
    before = read_whole(large.url)
    for _ in range(ROUNDS):
        for day in days:
            day.batch()
    spent = [day.server() - start for day, start in zip(days, began, strict=True)]
    large.ledger.close()
    grew = {table: rows - before[table] for table, rows in read_whole(large.url).items() if rows > before[table]}
    cost = {name: [min(day.seconds[name]) for day in days] for name in small.seconds}
    figure(
        f"a message at {SMALL:,} and at {LARGE:,} held: {_each(spent[0])} and {_each(spent[1])} us of the server's "
        f"processors, {_each(small.client)} and {_each(large.client)} of ours; best of {ROUNDS} elapsed: "
        + ", ".join(f"{name} {one * 1e6 / BATCH:.0f}/{two * 1e6 / BATCH:.0f}" for name, (one, two) in cost.items())
        + f"; load {os.getloadavg()[0]:.1f}"
    )
    assert {table: rows for table, rows in grew.items() if rows >= SMALL} == {}, "a whole table was read"
    assert spent[1] < spent[0] * 1.15


def _each(seconds: float) -> str:
    return f"{seconds / ROUNDS / BATCH * 1e6:.0f}"
