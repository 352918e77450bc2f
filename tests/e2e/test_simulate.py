"""A hub as a process of its own among pretend agencies: cases arrive where they must, whatever moment it is killed at."""

import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from random import Random
from threading import Event, Lock, Thread

import pytest

from hub.assemble import clock, new_id
from hub.ledger import Ledger
from hub.ledger.account import MessageQuery
from hub.ledger.attempt import DeliveryRow
from hub.ledger.engine import open_ledger
from hub.message.lifecycle import DeliveryStatus, MessageStatus
from hub.simulate.agencies import Agencies, Mood
from hub.simulate.books import Books, Count
from hub.simulate.demo import Demo, party_keys, write_config
from hub.simulate.places import CHESHIRE, CPS, CROWN, MAGISTRATES, MERSEYSIDE, PARTIES, PRISON, PROBATION
from hub.simulate.process import HubProcess, free_port
from hub.simulate.run import Account, Run, Tempo
from hub.simulate.senders import Senders, Sent
from hub.simulate.stories import tell_stories
from tests.hubs import wait_until

ROOT = Path(__file__).resolve().parent.parent.parent


@dataclass(slots=True)
class Town:
    """A hub and its agencies, and what was sent in it."""

    demo: Demo
    books: Books
    agencies: Agencies
    hub: HubProcess
    keys: dict[str, str]
    sent: list[Sent] = field(default_factory=list)

    def tell(self, count: int, tempo: Tempo, after_each: Callable[[Sent], None] | None = None) -> list[Account]:
        """Stories to the hub, and what became of them."""
        senders = Senders(self.hub.url, self.keys, self.demo.outboxes(), tempo.patience)
        try:
            today = datetime.now(UTC).date()
            return Run(senders, self.books, tempo).tell(tell_stories(11, count, today), after_each or self.sent.append)
        finally:
            senders.close()


@contextmanager
def town(folder: Path) -> Iterator[Town]:
    """A hub that is ready, among agencies that are well."""
    demo = Demo(folder)
    books = Books(demo.books, PARTIES)
    with Agencies(books, demo.inboxes()) as agencies:
        write_config(demo, agencies.address)
        hub = HubProcess(demo, 0)
        made = Town(demo=demo, books=books, agencies=agencies, hub=hub, keys=party_keys(demo))
        try:
            hub.start()
            yield made
        finally:
            hub.stop()


def command(*options: str) -> subprocess.CompletedProcess[str]:
    """`cjhub simulate` as a process of its own."""
    words = [sys.executable, "-m", "hub", "simulate", *options]
    return subprocess.run(words, cwd=ROOT, capture_output=True, text=True, timeout=180, check=False)


def dialects_at(account: Account, party: str) -> set[str]:
    """In which dialects a case arrived somewhere."""
    return {dialect for (where, dialect), count in account.arrived.items() if where == party and count}


def test_a_case_arrives_at_court_prison_probation_and_cps_in_their_own_formats(tmp_path: Path) -> None:
    with town(tmp_path) as place:
        (account,) = place.tell(1, Tempo(patience=60))
    assert not account.surprises
    assert (account.missing, account.extra) == ({}, {})
    assert not place.books.faults()  # every agency could use what it got, by the published form of its dialect
    assert dialects_at(account, MAGISTRATES.party) == {"spi-case", "exchange"}
    assert dialects_at(account, PRISON) == {"hmpps-warrant"}
    assert dialects_at(account, PROBATION) == {"libra-case", "cp-hearing", "exchange"}
    assert dialects_at(account, CPS) == {"cps-case", "cps-update"}
    assert dialects_at(account, MERSEYSIDE.party) == {"spi-result", "exchange"}


def test_every_kind_of_case_goes_where_it_must_and_nowhere_else(tmp_path: Path) -> None:
    with town(tmp_path) as place:
        accounts = place.tell(12, Tempo(patience=60))
    assert [account.story.urn for account in accounts if not account.complete] == []
    assert not place.books.faults()


def test_no_receipt_is_broken_by_kills_and_each_id_counts_once(tmp_path: Path) -> None:
    """Killed while cases come in, while a recipient is slow, and while another keeps things without saying so."""
    with town(tmp_path) as place:
        place.agencies.be(CHESHIRE.party, Mood.MUTE)
        place.agencies.be(CROWN.party, Mood.SLOW)
        accounts = tell_and_kill(place, 12, after=(8, 25, 42), once=lambda: has_something(place, CHESHIRE.party))
        place.hub.stop()
        assert [account.story.urn for account in accounts if not account.complete] == []
        assert any(sent.attempts > 1 for sent in place.sent)  # senders met a hub that was away
        assert place.books.repeats()  # and recipients got an id again, with the same bytes
        compare(place)


@pytest.mark.slow
def test_twenty_kills_at_chance_moments_break_no_receipt(tmp_path: Path) -> None:
    chance = Random(int(os.environ.get("CJHUB_SEED", "20")))
    after = tuple(sorted(chance.sample(range(5, 300), 20)))
    with town(tmp_path) as place:
        accounts = tell_and_kill(place, 60, after=after, once=lambda: True)
        place.hub.stop()
        assert [account.story.urn for account in accounts if not account.complete] == []
        compare(place)


def test_the_command_shows_every_case_and_ends_well(tmp_path: Path) -> None:
    done = command("--stories", "3", "--seed", "5", "--data", str(tmp_path))
    assert (done.returncode, done.stderr) == (0, "")
    urns = [story.urn for story in tell_stories(5, 3, datetime.now().date())]  # noqa: DTZ005 - the day of the command
    assert all(urn in done.stdout for urn in urns)
    assert done.stdout.count("all arrived") == 3


def test_the_command_uses_a_running_hub_and_may_be_repeated_without_sending_anything_twice(tmp_path: Path) -> None:
    agencies = str(free_port())
    assert command("--prepare", "--data", str(tmp_path), "--agencies-port", agencies).returncode == 0
    demo = Demo(tmp_path)
    hub = HubProcess(demo, 0)
    hub.start()
    try:
        options = ("--data", str(tmp_path), "--agencies-port", agencies, "--hub", hub.url, "--keys", str(demo.keys))
        runs = [command("--stories", "1", "--seed", "5", *options) for _ in range(2)]
    finally:
        hub.stop()
    assert [(done.returncode, done.stderr) for done in runs] == [(0, ""), (0, "")]
    figures = [next(line for line in done.stdout.splitlines() if "deliveries counted" in line) for done in runs]
    assert figures[0] == figures[1]


def test_the_command_goes_on_serving_until_it_is_told_to_stop(tmp_path: Path) -> None:
    words = [sys.executable, "-u", "-m", "hub", "simulate", "--serve", "--stories", "1", "--data", str(tmp_path)]
    process = subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        told = next((line for line in process.stdout if "goes on serving on http://" in line), "")
        assert told
        process.send_signal(signal.SIGTERM)  # not SIGINT, which whatever was started in the background ignores
        process.communicate(timeout=120)
        assert process.returncode == 0
    finally:
        process.kill()
        process.wait()
        if process.stdout:
            process.stdout.close()


# --- killing ---------------------------------------------------------------------------------------------------------


def tell_and_kill(place: Town, count: int, after: tuple[int, ...], once: Callable[[], bool]) -> list[Account]:
    """Tell stories; when so many submissions have been answered, and `once` holds, kill the hub and start it again.

    The agencies are themselves again from the first kill on.
    """
    reached = {number: Event() for number in after}
    accounts: list[Account] = []
    lock = Lock()

    def heard(sent: Sent) -> None:
        with lock:
            place.sent.append(sent)
            answered = len(place.sent)
        if answered in reached:
            reached[answered].set()

    def tell() -> None:
        accounts.extend(place.tell(count, Tempo(rate=40, patience=240), heard))

    teller = Thread(target=tell)
    teller.start()
    for number in after:
        assert reached[number].wait(300)
        wait_until(once, 60)
        place.hub.kill()
        well(place)
        place.hub.start()
    teller.join()
    return accounts


def has_something(place: Town, party: str) -> bool:
    """Whether something has reached an agency."""
    book = place.books.of(party)
    return book is not None and bool(book.lines)


def well(place: Town) -> None:
    """Every agency is itself again."""
    for party in PARTIES:
        place.agencies.be(party, Mood.WELL)


# --- the ledger beside the books -------------------------------------------------------------------------------------


def compare(place: Town) -> None:
    """Every receipt led to its deliveries, and each delivery stands once in its recipient's book, in the same bytes."""
    ledger = open_ledger(place.demo.database, clock, new_id)
    try:
        deliveries = {one.id: one for one in every_delivery(ledger)}
        assert_receipts_kept(ledger, place.sent)
        assert Counter(str(one.status) for one in deliveries.values()).keys() == {str(DeliveryStatus.ACKNOWLEDGED)}
        assert_once(ledger, deliveries, place.books)
        assert ledger.verify_audit().sound
    finally:
        ledger.close()


def every_delivery(ledger: Ledger) -> Iterator[DeliveryRow]:
    before = None
    while True:
        page = ledger.find_messages(MessageQuery(before=before, limit=200))
        for row in page.rows:
            yield from ledger.deliveries_of(row.id)
        before = page.next
        if before is None:
            return


def assert_receipts_kept(ledger: Ledger, sent: list[Sent]) -> None:
    """What a receipt speaks of is there, and its messages are settled."""
    done = {MessageStatus.RECORDED, MessageStatus.DUPLICATE}
    for one in (one for one in sent if one.receipt):
        row = ledger.submission(one.told["submission"])
        assert row is not None
        assert row.receipt == one.receipt
        messages = ledger.find_messages(MessageQuery(submission_id=row.id)).rows
        assert messages, one.step.title
        assert {message.status for message in messages} <= done, one.step.title


def assert_once(ledger: Ledger, deliveries: dict[str, DeliveryRow], books: Books) -> None:
    """The recipients' books hold exactly the ledger's deliveries, each new once, with the bytes that the ledger kept."""
    assert not books.faults()
    counted = Counter((party, line.id) for party, line in books.new_lines())
    assert counted == Counter({(one.party, one.id): 1 for one in deliveries.values()})
    for party, line in books.new_lines():
        kept = ledger.outbound(line.id)
        assert kept is not None
        assert (sha256(kept.body).hexdigest(), line.count) == (line.sha256, Count.NEW), party
