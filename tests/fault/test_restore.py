"""Everything is lost, and made anew of a backup that was taken in mid-flow: what recipients have in the end is what they
would have had. From a dump, with senders who send again what came after it; and to the last commit, with nothing sent
again by anybody.
"""

from __future__ import annotations

import os
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
import urllib3

from hub.assemble import clock, new_id
from hub.ledger import Ledger
from hub.ledger.engine import open_ledger
from tests.doubles.moody import Came, Moody, moody
from tests.doubles.senders import NAMES, Senders
from tests.figures import FULL
from tests.fleet import Fleet, at_rest, fleet, settle_up
from tests.hubs import wait_until
from tests.papers import case_file
from tests.servers.backups import ARCHIVES, copied
from tests.servers.postgres import Server, server
from tests.servers.rabbitmq import RabbitNode

pytestmark = pytest.mark.slow
MESSAGES = 1000 if FULL else 100  # accepted before the backup, and as many after it
Key = tuple[str, str]


@pytest.fixture
def courts() -> Iterator[dict[str, Moody]]:
    with moody(moods={}) as one, moody(moods={}) as two:
        yield {"court-1": one, "court-2": two}


def accept(senders: Senders, count: int) -> None:
    """Let so many more be accepted."""
    before = senders.kept
    wait_until(lambda: senders.kept >= before + count, 60 + count / 5)


def kill_all(hubs: Fleet) -> None:
    for name in list(hubs.running):
        hubs.kill(name)


# --- from a dump


@dataclass(frozen=True)
class Again:
    """Deliveries that a recipient got after the loss though it had them: by whether the copy knew them."""

    same_id: int
    other_id: int


def send_again(url: str, key: str, lost: set[Key]) -> None:
    """What senders do who are told to: the same documents, those of a case one after the other."""
    headers = {"Authorization": f"Bearer {key}"}
    for urn, name in sorted(lost, key=lambda one: (one[0], NAMES.index(one[1]))):
        number = int(urn[4:9])
        raw = case_file(f"{number}-{name}", urn, name, sequence=number)
        assert urllib3.request("POST", f"{url}/v1/messages", body=raw, headers=headers).status == 202


def compare(court: Moody, cut: int, known: set[str]) -> Again:
    """Look at what a recipient had before and after the loss: an id that the copy knew is the only one ever seen."""
    before, after = ids_of(court.came[:cut]), ids_of(court.came[cut:])
    twice = before.keys() & after.keys()
    same = {key for key in twice if before[key] == after[key]}
    for key in before.keys() | after.keys():
        ids = {found[key] for found in (before, after) if key in found}
        assert len(ids) == 1 or not ids & known, "a delivery that the copy knew came under another id"
    return Again(len(same), len(twice - same))


def ids_of(came: list[Came]) -> dict[Key, str]:
    """The one id that each message had, in order within each case."""
    found: dict[Key, str] = {}
    last: dict[str, str] = defaultdict(str)
    for one in came:
        assert found.setdefault((one.urn, one.name), one.id) == one.id
        assert one.name >= last[one.urn], "out of order"
        last[one.urn] = one.name
    return found


@pytest.mark.promise(
    "Upgrade, restore and soak",
    "The database and the queues lost under load, and a dump from the middle of the work restored",
    holds="once senders have sent again what the dump does not hold, the same set is delivered; what the dump held comes again with the same id",
    short="100 messages on each side of the dump instead of 1,000",
)
def test_a_dump_from_the_middle_of_the_work_and_senders_who_send_again_give_the_same_delivered_set(
    tmp_path: Path, postgres: Server, rabbit: RabbitNode, courts: dict[str, Moody], figure: Callable[[str], None]
) -> None:
    rabbit.delete_queues()
    dump, copy = postgres.folder / "ledger.dump", postgres.url("restored")
    with postgres.database() as url, fleet(tmp_path, url, rabbit.url(), courts) as hubs, ExitStack() as stack:
        hubs.start("serve", "worker-1")
        hubs.await_ready()
        senders = Senders(hubs.url, hubs.key, count=4)
        senders.start()
        stack.callback(senders.finish)
        ledger = opened(stack, url)
        accept(senders, MESSAGES // 2)
        ledger.hold("court-2", "operator:test", "so that the copy has deliveries that are still to be made")
        accept(senders, MESSAGES // 2)
        before = senders.sent
        postgres.run("pg_dump", "--format=custom", f"--file={dump}", url)
        ledger.release("court-2", "operator:test", "go on")
        accept(senders, MESSAGES)
        wait_until(lambda: len(courts["court-2"].came) > len(before), 60)
        senders.finish()
        kill_all(hubs)
        postgres.say(f"DROP DATABASE {url.rpartition('/')[2]} WITH (FORCE)")
        rabbit.delete_queues()
        cuts = {name: len(court.came) for name, court in courts.items()}
        postgres.say("CREATE DATABASE restored TEMPLATE template0")
        stack.callback(postgres.say, "DROP DATABASE restored WITH (FORCE)")
        postgres.run("pg_restore", f"--dbname={copy}", "--exit-on-error", "--no-owner", str(dump))
        known, open_in_copy = deliveries_of(copy)
        hubs.database = copy
        hubs.start("serve", "worker-1")
        hubs.await_ready()
        send_again(hubs.url, hubs.key, senders.sent - before)
        restored = opened(stack, copy)
        restored.release("court-2", "operator:test", "go on")
        wait_until(lambda: all(delivered(court) >= senders.sent for court in courts.values()), 120)
        wait_until(lambda: at_rest(restored) and not restored.figures().unsealed.waiting, 60)
        assert restored.verify_audit().sound
    assert all(delivered(court) == senders.sent for court in courts.values())
    again = [compare(court, cuts[name], known) for name, court in courts.items()]
    assert open_in_copy > 0
    assert sum(one.same_id for one in again) > 0, "nothing was delivered after the copy that it knew"
    figure(
        f"{len(before)} accepted before the dump, {len(senders.sent) - len(before)} after it and sent again; delivered set "
        f"the same at both recipients ({len(senders.sent)} messages); {open_in_copy} of {len(known)} deliveries in the copy "
        f"were still to be made; came a second time: {sum(one.same_id for one in again)} that the copy knew, all with the "
        f"same id, and {sum(one.other_id for one in again)} that it did not, with another; load {os.getloadavg()[0]:.1f}"
    )


def opened(stack: ExitStack, url: str) -> Ledger:
    """A ledger beside the processes that work on it."""
    ledger = open_ledger(url, clock, new_id)
    stack.callback(ledger.close)
    return ledger


def delivered(court: Moody) -> set[Key]:
    return {(one.urn, one.name) for one in list(court.came) if one.done == "yes"}


def deliveries_of(url: str) -> tuple[set[str], int]:
    """The ids of all deliveries, and how many are not settled."""
    with psycopg.connect(url) as connection:
        rows = connection.execute("SELECT id, settled_at IS NULL FROM deliveries").fetchall()
    return {id for id, _ in rows}, sum(still for _, still in rows)


# --- to the last commit


@pytest.mark.promise(
    "Upgrade, restore and soak",
    "The database and the queues lost under load, and the database restored to its last commit from a base backup and the copied log",
    holds="nothing is lost, and no message has a second id",
    short="100 messages on each side of the backup instead of 1,000",
)
def test_a_ledger_restored_to_its_last_commit_goes_on_as_if_nothing_had_been(
    tmp_path: Path, rabbit: RabbitNode, courts: dict[str, Moody], figure: Callable[[str], None]
) -> None:
    rabbit.delete_queues()
    with (
        server(durable=True, more=ARCHIVES) as own,
        own.database() as url,
        fleet(tmp_path, url, rabbit.url(), courts) as hubs,
    ):
        with copied(own) as backup:
            hubs.start("serve", "worker-1")
            hubs.await_ready()
            senders = Senders(hubs.url, hubs.key, count=4)
            senders.start()
            accept(senders, MESSAGES)
            backup.take()
            accept(senders, MESSAGES)
            own.kill()
            kill_all(hubs)
        lost = time.monotonic()
        rabbit.delete_queues()
        backup.restore()
        restored = time.monotonic() - lost
        hubs.start("serve", "worker-1")
        hubs.await_ready()
        accept(senders, MESSAGES // 2)
        senders.finish()
        account = settle_up(url, courts, senders.sent, 120)
    figure(
        f"data and queues lost under load, restored in {restored:.1f} s from a base backup and the copied log: "
        f"{account.sent} accepted to two recipients, lost 0, order broken 0 times, no second id, {account.again} of "
        f"{account.attempts} attempts again ({account.after_a_yes} after an answer that was never written); "
        f"load {os.getloadavg()[0]:.1f}"
    )
