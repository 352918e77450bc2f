"""The hub dies at each call by which it changes the world, before it and after it; another goes on where it stopped.

A scene is played once without harm; that counts the calls (commit, publish, confirm, ack, send, rename, sync). Then it is
played twice for each call, dying before and after it: whoever sends gives again what was not answered, and goes on.

Whatever the call: nothing accepted is lost, a delivery has one id and one content, the order of each case is as it was
without harm, statuses moved along the tables, the audit verifies. `CJHUB_EVERY` says that each so many-th call of a kind
is taken (`make faults`: 1).
"""

from __future__ import annotations

import json
import os
import shutil
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from time import monotonic
from typing import Any

import pytest

from hub.assemble import clock, new_id
from hub.ledger import Ledger
from hub.ledger.account import AuditRow, Counts, MessageQuery
from hub.ledger.admission import MessageRow
from hub.ledger.attempt import DeliveryRow
from hub.ledger.engine import open_ledger
from hub.message.lifecycle import DELIVERY_TABLE, MESSAGE_TABLE, DeliveryEvent, DeliveryStatus, MessageStatus
from hub.web.access import hash_key, new_key
from tests.doubles.peers import peers
from tests.mortal import Nursery
from tests.scene import End, Fresh, Place, Run, furnish
from tests.servers.postgres import Server
from tests.servers.rabbitmq import RabbitNode

EVERY = int(os.environ.get("CJHUB_EVERY", "25"))
SOON = 20  # calls of a life that begins by mending
ENOUGH = 5  # failures after which it is clear that something is wrong
Picture = dict[tuple[str, str], list[str]]  # by recipient and case what came, in order of first arrival


# --- what must hold afterwards


def everything_holds(run: Run, ledger: Ledger) -> Picture:
    """Look at the ledger and at what came: what the recipients saw."""
    messages = {row.id: row for row in ledger.find_messages(MessageQuery(limit=1000)).rows}
    deliveries = {row.id: row for id in messages for row in ledger.deliveries_of(id)}
    what_was_answered_is_kept(run, ledger)
    for id, message in messages.items():
        told = ledger.audit_of("message", id)
        moved(MESSAGE_TABLE, MessageStatus.ACCEPTED, told, message)
        for row in deliveries.values():
            if row.message_id == id:
                moved(DELIVERY_TABLE, DeliveryStatus.WAITING, told, row)
    each_once = Counter((row.message_id, row.party, row.part) for row in deliveries.values())
    assert set(each_once.values()) == {1}, "a delivery has two ids"
    told_once = Counter(event.message_id for event in ledger.feed_after(0, None, 1000))
    assert told_once.pop(None) == 1, "the sender of many cases is told once of the bad one"
    assert told_once == Counter(id for id, row in messages.items() if row.status is MessageStatus.RECORDED)
    verdict = ledger.verify_audit()
    assert verdict.sound, verdict.breaks
    bytes_are_those_that_were_kept(run, ledger, deliveries)
    cases = {id: ledger.case_view(id) for id in {row.order_key for row in deliveries.values()}}
    seen = in_order_of_sight(run, deliveries)
    each_in_its_turn(seen, messages)
    picture: Picture = defaultdict(list)
    for row in seen:
        case, message = cases[row.order_key], messages[row.message_id]
        assert case is not None
        picture[row.party, str(case.case.ptiurn)].append(f"{message.type} {message.content_hash[:8]} {row.part}")
    return picture


def what_was_answered_is_kept(run: Run, ledger: Ledger) -> None:
    """Each receipt stands with the bytes it was given for, each refusal with its faults; nothing lies about."""
    for _, raw, receipt in run.receipts:
        kept = ledger.submission(json.loads(receipt)["submission"])
        assert kept is not None, "an accepted document is lost"
        assert (ledger.raw(kept.id), kept.receipt) == (raw, receipt)
    for id in run.refused:
        row = ledger.submission(id)
        assert row is not None
        assert json.loads(row.faults), "a refusal without its faults"
    inbox = run.place.folder / "force"
    assert {path.name for path in (inbox / "taken").iterdir()} == {"case.xml", "case.xml.receipt.json"}
    assert ledger.submission(json.loads((inbox / "taken" / "case.xml.receipt.json").read_text())["submission"])
    assert not [*(inbox / ".claimed").iterdir(), *(inbox / "refused").iterdir()]


def moved(table: Mapping[Any, Any], first: Any, told: Sequence[AuditRow], row: MessageRow | DeliveryRow) -> None:
    """What the audit tells is a way along the table. It does not tell when a turn comes, nor when a worker claims."""
    _begun, *actions = [line.action for line in told if line.subject_id == row.id]
    possible = _and_quietly(table, {first})
    for action in actions:
        if action == "encoded":
            possible &= {DeliveryStatus.SENDING}
        else:
            ways = {key: status for key, status in table.items() if action in (key[1].value, status.value.lower())}
            possible = _and_quietly(table, {status for (at, _), status in ways.items() if at in possible})
        assert possible, (action, actions)
    assert row.status in possible, (row.status, actions)


def _and_quietly(table: Mapping[Any, Any], statuses: set[Any]) -> set[Any]:
    for event in (DeliveryEvent.REACH, DeliveryEvent.CLAIM):
        statuses = statuses | {table[at, event] for at in statuses if (at, event) in table}
    return statuses


def bytes_are_those_that_were_kept(run: Run, ledger: Ledger, deliveries: Mapping[str, DeliveryRow]) -> None:
    """Whatever came is of a delivery that the ledger knows, with the same bytes each time."""
    kept = {id: ledger.outbound(id) for id in deliveries}
    for one in run.place.peers.came:
        row, outbound = deliveries[one.delivery], kept[one.delivery]
        assert outbound is not None
        assert (row.party, row.message_id, outbound.body) == (one.party, one.message, one.body)
    bodies = sorted(path.read_bytes() for path in (run.place.folder / "clerks").iterdir())
    to_clerks = [kept[row.id] for row in deliveries.values() if row.party == "clerks"]
    assert bodies == sorted(outbound.body for outbound in to_clerks if outbound is not None)


def in_order_of_sight(run: Run, deliveries: Mapping[str, DeliveryRow]) -> list[DeliveryRow]:
    """Each delivery where it came first; files, which show no order, in the order of their turns."""
    seen = dict.fromkeys(one.delivery for one in run.place.peers.came)
    filed = sorted((row for row in deliveries.values() if row.party == "clerks"), key=lambda row: row.lane_seq)
    return [*(deliveries[id] for id in seen), *filed]


def each_in_its_turn(seen: Sequence[DeliveryRow], messages: Mapping[str, MessageRow]) -> None:
    """To each recipient what is about a case in one order, and the case files as they were accepted."""
    by_lane: dict[tuple[str, str], list[DeliveryRow]] = defaultdict(list)
    for row in seen:
        by_lane[row.party, row.order_key].append(row)
    for rows in by_lane.values():
        assert [row.lane_seq for row in rows] == sorted(row.lane_seq for row in rows)
        accepted = [messages[row.message_id] for row in rows]
        files = [message.seq for message in accepted if message.type == "CaseFileSubmission"]
        assert files == sorted(files)


# --- where hubs live


@contextmanager
def embedded(folder: Path, rest: Callable[[Ledger], None]) -> Iterator[Fresh]:
    """SQLite, and its outbox for a broker."""
    made = folder / "made.sqlite"
    ledger = open_ledger(f"sqlite:///{made}", clock, new_id)
    rest(ledger)
    ledger.close()

    @contextmanager
    def fresh(number: int) -> Iterator[dict[str, str]]:
        data = folder / f"data-{number}"
        data.mkdir()
        shutil.copy(made, data / "hub.sqlite")
        yield {"data": str(data), "database_url": f"sqlite:///{data / 'hub.sqlite'}"}
        shutil.rmtree(data)

    yield fresh


@contextmanager
def rabbitmq(folder: Path, server: Server, node: RabbitNode, rest: Callable[[Ledger], None]) -> Iterator[Fresh]:
    """PostgreSQL and RabbitMQ."""
    with server.database() as made:
        ledger = open_ledger(made, clock, new_id)
        rest(ledger)
        ledger.close()

        @contextmanager
        def fresh(number: int) -> Iterator[dict[str, str]]:
            node.delete_queues()
            with server.database(made.rpartition("/")[2]) as url:
                yield {"data": str(folder / "data"), "database_url": url, "broker_url": node.url()}

        yield fresh


@pytest.fixture(params=["embedded", "rabbitmq"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    keys = {party: new_key(party) for party in ("force", "court", "prison")}

    def rest(ledger: Ledger) -> None:
        for party, key in keys.items():
            ledger.add_key(party, hash_key(key), "test", ("submit", "read"))

    with ExitStack() as stack:
        if request.param == "embedded":
            fresh = stack.enter_context(embedded(tmp_path, rest))
        else:
            servers = request.getfixturevalue("postgres"), request.getfixturevalue("rabbit")
            fresh = stack.enter_context(rabbitmq(tmp_path, *servers, rest))
        others = stack.enter_context(peers(busy="cps"))
        furnish(tmp_path, others.url)
        made = Place(folder=tmp_path, keys=keys, nursery=Nursery(tmp_path), peers=others, fresh=fresh)
        stack.callback(lambda: made.nursery.close())
        yield made


def played(place: Place, *ends: End) -> tuple[Run, Picture, Counts]:
    """The scene in an untouched place, and what came of it."""
    place.clear()
    with place.fresh(place.runs) as settings:
        run = Run(place, settings, ends)
        run.play()
        ledger = open_ledger(settings["database_url"], clock, new_id)
        try:
            return run, everything_holds(run, ledger), ledger.counts()
        finally:
            ledger.close()


def ways_to_die(calls: Sequence[str]) -> list[tuple[str, *tuple[End, ...]]]:
    """Each so many-th call of each kind, at least one of each, before and after it; every fourth time the next life
    soon ends as well, at one of its first calls.
    """
    by_kind: dict[tuple[str, str], list[int]] = defaultdict(list)
    for number, kind in enumerate(calls, 1):
        for when in ("before", "after"):
            by_kind[kind, when].append(number)
    once = sorted(
        (number, kind, when)
        for (kind, when), numbers in by_kind.items()
        for number in numbers[EVERY // 2 :: EVERY] or numbers[:1]
    )
    ways: list[tuple[str, *tuple[End, ...]]] = [(kind, (number, when)) for number, kind, when in once]
    twice = [(*way, (1 + place % SOON, "before")) for place, way in enumerate(ways[::4])]
    return ways + twice


@pytest.mark.promise(
    "Processes of the hub",
    "The hub dies at each call by which it changes the world, before it and after it: between a commit and its publish, after a recipient's 200 and before its own commit, at every other",
    holds="every committed message is published and nothing that was not committed is; each attempt bears the same `Idempotency-Key` and bytes, so that the recipient can tell a repeat; all that recipients see is what they see without harm",
    short="each twenty-fifth call of a kind instead of all",
)
@pytest.mark.slow
def test_a_hub_that_dies_at_any_call_loses_nothing_and_doubles_nothing(
    place: Place, figure: Callable[[str], None]
) -> None:
    begun = monotonic()
    unharmed, picture, counts = played(place)
    again = played(place)
    assert again[0].calls == unharmed.calls, "the schedule is not fixed"
    assert again[1:] == (picture, counts)
    ways, failed, deaths, resent = ways_to_die(unharmed.calls), list[str](), 0, 0
    where = Counter(f"{end[1]} a {kind}" for kind, end, *_ in ways)
    for kind, *ends in ways:
        try:
            run, came, stands = played(place, *ends)
            assert (came, stands) == (picture, counts)
            assert run.deaths
            deaths, resent = deaths + run.deaths, resent + run.resent
        except (AssertionError, OSError, EOFError) as cause:
            failed.append(f"{kind}, {ends}: {cause}")
            place.new_nursery()
        assert len(failed) < ENOUGH, "\n".join(failed)
    kinds = ", ".join(f"{count} {kind}" for kind, count in sorted(Counter(unharmed.calls).items()))
    figure(
        f"{len(unharmed.calls)} calls ({kinds}); {len(ways)} runs, {deaths} deaths "
        f"({', '.join(f'{many} {how}' for how, many in sorted(where.items()))}), lost 0, done twice 0, "
        f"{resent} deliveries came again, with the same id; {(monotonic() - begun) / (len(ways) + 2):.2f} s a run"
    )
    assert not failed, "\n".join(failed)
