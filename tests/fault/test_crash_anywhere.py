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
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import Any

import pytest
import urllib3

from hub.assemble import clock, new_id
from hub.ledger import Ledger
from hub.ledger.account import Counts, MessageQuery
from hub.ledger.attempt import DeliveryRow
from hub.ledger.engine import open_ledger
from hub.message.lifecycle import DELIVERY_TABLE, MESSAGE_TABLE, DeliveryEvent, DeliveryStatus, MessageStatus
from hub.web.access import hash_key, new_key
from tests.doubles.peers import Peers, peers
from tests.doubles.saboteur import END
from tests.doubles.spi import BUNDLE
from tests.extracts import extract, urn
from tests.mortal import Died, Nursery
from tests.papers import case_file
from tests.servers.postgres import Server
from tests.servers.rabbitmq import RabbitNode

EVERY = int(os.environ.get("CJHUB_EVERY", "12"))
ENOUGH = 5  # failures after which it is clear that something is wrong
FIRST, SECOND = urn(101), urn(102)
FORCE = """
[party]
code = "force"
name = "A force"
agency = "police"
[sends]
dialects = ["spi-case", "westbeck-extract"]
folder = "{folder}/force"
"""
PARTY = """
[party]
code = "{code}"
name = "The {code}"
agency = "{agency}"
{more}
[sends]
dialects = ["exchange", "hmpps-event"]
[endpoint]
{way}
"""
ROUTE = '[[routes]]\nmessage = "{message}"\nas = "{dialect}"\n'
WANTED = {
    "court": ("court", {"CaseFileSubmission": "spi-case", "CustodyReception": "exchange"}),
    "clerks": ("court", {"CaseFileSubmission": "spi-case", "HearingListed": "exchange"}),
    "cps": ("cps", {"CaseFileSubmission": "cps-case", "HearingListed": "cps-update", "CustodyReception": "cps-update"}),
    "probation": ("probation", {"HearingListed": "exchange", "CustodyReception": "exchange"}),
    "prison": ("prison", {"HearingListed": "exchange"}),
}
"""Who takes what, in which dialect: the clerks in a folder, all others over HTTP."""

Point = tuple[int, str, str]  # the number of a call, its kind, "before" or "after"
Fresh = Callable[[int], AbstractContextManager[dict[str, str]]]  # a ledger and a broker that nobody has used
Picture = dict[tuple[str, str], list[str]]  # by recipient and case what came, in order of first arrival


def furnish(folder: Path, url: str) -> None:
    """The parties' files and the folders of those who have one."""
    parties = folder / "config" / "parties"
    parties.mkdir(parents=True)
    (parties / "force.toml").write_text(FORCE.format(folder=folder))
    for code, (agency, wanted) in WANTED.items():
        way = (
            f'kind = "http"\nurl = "{url}/{code}"' if code != "clerks" else f'kind = "folder"\npath = "{folder}/{code}"'
        )
        more = 'ou_code = "B41ZZ00"' if agency == "court" else ""
        text = PARTY.format(code=code, agency=agency, more=more, way=way)
        routes = "".join(ROUTE.format(message=message, dialect=dialect) for message, dialect in wanted.items())
        (parties / f"{code}.toml").write_text(text + routes)


def listing() -> bytes:
    """A hearing of the first case, listed by the court; it names the prisoner of `reception`."""
    text = shipped("exchange", "hearing-listed.xml").decode()
    return text.replace("40CD0030326", FIRST).replace("C05LV00", "B41ZZ01").encode()


def reception() -> bytes:
    """A prison has received somebody of whom no case is known yet."""
    return shipped("hmpps-event", "received.json")


def shipped(dialect: str, name: str) -> bytes:
    return BUNDLE.files(f"dialects/{dialect}/samples/{name}")[0].read_bytes()


@dataclass
class Place:
    """Where hubs live: their ledger, broker and folders, made anew for each run; and a nursery for all of them."""

    folder: Path
    keys: dict[str, str]
    nursery: Nursery
    peers: Peers
    fresh: Fresh
    runs: int = 0

    def new_nursery(self) -> None:
        """Another nursery, where the hub of this one may hang."""
        self.nursery.close()
        self.nursery = Nursery(self.folder)

    def clear(self) -> None:
        """Make the folders anew, and let the recipients forget."""
        self.runs += 1
        self.peers.forget()
        for name in ("force", "clerks"):
            shutil.rmtree(self.folder / name, ignore_errors=True)
        for name in (".claimed", "taken", "refused"):
            (self.folder / "force" / name).mkdir(parents=True)


@dataclass
class Run:
    """The scene played once, by whoever sends: the hub may die once, and then begins again."""

    place: Place
    settings: dict[str, str]
    end: tuple[int, str] | None = None
    deaths: int = 0
    url: str = ""
    calls: list[str] = field(default_factory=list)
    receipts: list[tuple[str, bytes, bytes]] = field(default_factory=list)  # party, document, receipt
    refused: list[str] = field(default_factory=list)
    _pool: urllib3.PoolManager = field(default_factory=lambda: urllib3.PoolManager(timeout=30, retries=False))

    @property
    def resent(self) -> int:
        """How often a delivery came again to somebody who has it."""
        came = self.place.peers.came
        return len(came) - len({one.delivery for one in came})

    def play(self) -> None:
        """Everything that happens, to the end."""
        self._born()
        first = case_file("c-1", FIRST, "Firstname", 1)
        self.post("force", first)
        self.post("force", case_file("c-2", FIRST, "Secondname", 1))
        self.settle()
        self.post("prison", reception())
        self.settle()
        self.drop("case.xml", case_file("c-3", SECOND, "Thirdname", 2))
        self.post("court", listing())
        self.settle()
        self.post("force", first)
        self.post("force", b"<nothing/>", 422)
        self.post("force", extract(3, without_urn={2}))
        self.settle()
        for party, raw, receipt in list(self.receipts):
            assert self.post(party, raw) == receipt, "a receipt changed"
        self.settle()
        self.calls = self._ask("calls")["calls"]
        assert self.place.nursery.end() == 0

    def post(self, party: str, raw: bytes, status: int = 202) -> bytes:
        """Give a document until it is answered: the answer."""
        answer = self._posted(party, raw)
        assert answer.status == status, answer.data
        if status == 202:
            self.receipts.append((party, raw, answer.data))
        else:
            self.refused.append(answer.json()["submission"])
        self._ask("still")
        return answer.data

    def _posted(self, party: str, raw: bytes) -> urllib3.BaseHTTPResponse:
        headers = {"Authorization": f"Bearer {self.place.keys[party]}"}
        try:
            return self._pool.request("POST", f"{self.url}/v1/messages", body=raw, headers=headers)
        except urllib3.exceptions.HTTPError:
            self._mourn()
            return self._posted(party, raw)

    def drop(self, name: str, raw: bytes) -> None:
        """Put a file into the force's folder."""
        inbox = self.place.folder / "force"
        (inbox / f".{name}").write_bytes(raw)
        (inbox / f".{name}").rename(inbox / name)
        self._ask("folder")

    def settle(self) -> None:
        """Let the hub do what it has."""
        pending = [json.loads(receipt) for _, _, receipt in self.receipts]
        self._ask("settle", pending=[one["submission"] for one in pending if one["status"] == "pending"])

    def _ask(self, what: str, **more: Any) -> Any:
        try:
            return self.place.nursery.ask(what, **more)
        except Died as death:
            self._expected(death)
            self._born()
            return self._ask(what, **more)

    def _mourn(self) -> None:
        """The connection was lost: because the hub died, and for no other reason."""
        with pytest.raises(Died) as death:
            self.place.nursery.hear()
        self._expected(death.value)
        self._born()

    def _expected(self, death: Died) -> None:
        assert death.args[0] == END, "the hub ended by itself: see nursery.log"
        assert not self.deaths
        self.deaths += 1

    def _born(self) -> None:
        end = None if self.deaths else self.end
        life = {"config": str(self.place.folder / "config"), "settings": self.settings, "number": self.deaths}
        try:
            self.url = self.place.nursery.begin(end=end, **life)["url"]
        except Died as death:
            self._expected(death)
            self._born()


# --- what must hold afterwards


def everything_holds(run: Run, ledger: Ledger) -> Picture:
    """Look at the ledger and at what came: what the recipients saw."""
    messages = ledger.find_messages(MessageQuery(limit=1000)).rows
    for _, raw, receipt in run.receipts:
        kept = ledger.submission(json.loads(receipt)["submission"])
        assert kept is not None, "an accepted document is lost"
        assert (ledger.raw(kept.id), kept.receipt) == (raw, receipt)
    for id in run.refused:
        row = ledger.submission(id)
        assert row is not None
        assert json.loads(row.faults), "a refusal without its faults"
    recorded = Counter(event.message_id for event in ledger.feed_after(0, None, 1000))
    for message in messages:
        moved(MESSAGE_TABLE, MessageStatus.ACCEPTED, actions(ledger, "message", message.id)[1:], message.status)
        assert recorded[message.id] == (message.status is MessageStatus.RECORDED)
        made = ledger.deliveries_of(message.id)
        assert len({(one.party, one.part) for one in made}) == len(made), "a delivery has two ids"
        for one in made:
            moved(DELIVERY_TABLE, DeliveryStatus.WAITING, actions(ledger, "delivery", one.id)[1:], one.status)
    verdict = ledger.verify_audit()
    assert verdict.sound, verdict.breaks
    the_folders_are_tidy(run.place.folder)
    return seen(run, ledger)


def actions(ledger: Ledger, kind: str, id: str) -> list[str]:
    return [row.action for row in ledger.audit_of(kind, id) if row.subject_kind == kind]


def moved(table: Mapping[Any, Any], first: Any, told: Sequence[str], end: Any) -> None:
    """What the audit tells is a way along the table. It does not tell when a turn comes, nor when a worker claims."""
    possible = _and_quietly(table, {first})
    for action in told:
        if action == "encoded":
            possible &= {DeliveryStatus.SENDING}
        else:
            ways = {key: status for key, status in table.items() if action in (key[1].value, status.value.lower())}
            possible = _and_quietly(table, {status for (at, _), status in ways.items() if at in possible})
        assert possible, (action, told)
    assert end in possible, (end, told)


def _and_quietly(table: Mapping[Any, Any], statuses: set[Any]) -> set[Any]:
    for event in (DeliveryEvent.REACH, DeliveryEvent.CLAIM):
        statuses = statuses | {table[at, event] for at in statuses if (at, event) in table}
    return statuses


def the_folders_are_tidy(folder: Path) -> None:
    assert not [path for path in folder.rglob("*") if path.name.endswith(".part")]
    assert not list((folder / "force" / ".claimed").iterdir())
    assert {path.name for path in (folder / "force" / "taken").iterdir()} >= {"case.xml", "case.xml.receipt.json"}


def seen(run: Run, ledger: Ledger) -> Picture:
    """What each recipient saw of each case, each delivery where it came first, as it would be in any other run."""
    picture: Picture = defaultdict(list)
    known: dict[str, bytes] = {}
    for one in run.place.peers.came:
        row, kept = ledger.delivery(one.delivery), ledger.outbound(one.delivery)
        assert row is not None
        assert kept is not None
        assert (row.party, row.message_id, kept.body) == (one.party, one.message, one.body)
        if one.delivery not in known:
            picture[one.party, case_of(ledger, row.order_key)].append(label(ledger, row))
        assert known.setdefault(one.delivery, one.body) == one.body, "the same id with other bytes"
    for path in (run.place.folder / "clerks").iterdir():
        [row] = [row for row in deliveries_to(ledger, "clerks") if row.id in path.name]
        kept = ledger.outbound(row.id)
        assert kept is not None
        assert kept.body == path.read_bytes()
        picture["clerks", case_of(ledger, row.order_key)].append(label(ledger, row))
    return {key: sorted(came) if key[0] == "clerks" else came for key, came in picture.items()}


def deliveries_to(ledger: Ledger, party: str) -> list[DeliveryRow]:
    messages = ledger.find_messages(MessageQuery(limit=1000)).rows
    return [row for message in messages for row in ledger.deliveries_of(message.id) if row.party == party]


def case_of(ledger: Ledger, case_id: str) -> str:
    view = ledger.case_view(case_id)
    assert view is not None
    return str(view.case.ptiurn)


def label(ledger: Ledger, row: DeliveryRow) -> str:
    message = ledger.message(row.message_id)
    assert message is not None
    return f"{message.type} {message.content_hash[:8]} {row.part} {row.status}"


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
def rabbitmq(server: Server, node: RabbitNode, rest: Callable[[Ledger], None]) -> Iterator[Fresh]:
    """PostgreSQL and RabbitMQ."""
    with server.database() as made:
        ledger = open_ledger(made, clock, new_id)
        rest(ledger)
        ledger.close()

        @contextmanager
        def fresh(number: int) -> Iterator[dict[str, str]]:
            node.delete_queues()
            with server.database(made.rpartition("/")[2]) as url:
                yield {"database_url": url, "broker_url": node.url()}

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
            fresh = stack.enter_context(rabbitmq(*servers, rest))
        others = stack.enter_context(peers(busy="cps"))
        furnish(tmp_path, others.url)
        made = Place(folder=tmp_path, keys=keys, nursery=Nursery(tmp_path), peers=others, fresh=fresh)
        stack.callback(lambda: made.nursery.close())
        yield made


def played(place: Place, end: tuple[int, str] | None = None) -> tuple[Run, Picture, Counts]:
    """The scene in an untouched place, and what came of it."""
    place.clear()
    with place.fresh(place.runs) as settings:
        run = Run(place, settings, end)
        run.play()
        ledger = open_ledger(settings["database_url"], clock, new_id)
        try:
            return run, everything_holds(run, ledger), ledger.counts()
        finally:
            ledger.close()


def chosen(calls: Sequence[str]) -> list[Point]:
    """Each so many-th call of each kind, and at least one of each, before and after it."""
    by_kind: dict[tuple[str, str], list[Point]] = defaultdict(list)
    for number, kind in enumerate(calls, 1):
        for when in ("before", "after"):
            by_kind[kind, when].append((number, kind, when))
    points = [points[EVERY // 2 :: EVERY] or points[:1] for points in by_kind.values()]
    return sorted(point for kind in points for point in kind)


@pytest.mark.slow
def test_a_hub_that_dies_at_any_call_loses_nothing_and_doubles_nothing(
    place: Place, figure: Callable[[str], None]
) -> None:
    begun = monotonic()
    unharmed, picture, counts = played(place)
    again = played(place)
    assert again[0].calls == unharmed.calls, "the schedule is not fixed"
    assert again[1:] == (picture, counts)
    points, failed, resent = chosen(unharmed.calls), list[str](), 0
    for number, kind, when in points:
        try:
            run, came, stands = played(place, (number, when))
            assert (came, stands) == (picture, counts)
            assert run.deaths == 1
            resent += run.resent
        except (AssertionError, OSError, EOFError) as cause:
            failed.append(f"{when} {kind}, call {number}: {cause}")
            place.new_nursery()
        assert len(failed) < ENOUGH, "\n".join(failed)
    kinds = ", ".join(f"{count} {kind}" for kind, count in sorted(Counter(unharmed.calls).items()))
    figure(
        f"{len(unharmed.calls)} calls ({kinds}); {len(points)} deaths, "
        f"{resent} deliveries came again, with the same id; {(monotonic() - begun) / (len(points) + 2):.2f} s a run"
    )
    assert not failed, "\n".join(failed)
