"""Whatever happens, in whatever order: per case and endpoint nothing goes before what is earlier, and nothing is lost.

A model that knows only lists of deliveries is driven beside the ledger with the same random steps.
"""

from __future__ import annotations

import tempfile
from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from hub.ledger import Ledger
from hub.ledger.admission import OrderKey
from hub.ledger.attempt import Claimed, Gate
from hub.message.lifecycle import SETTLED, DeliveryEvent, DeliveryStatus
from hub.message.slip import Lane
from tests.doubles.traffic import Desk, end
from tests.servers.postgres import Server

CASES = ("case-a", "case-b", "case-c")
ENDPOINTS = ("court", "cps")
IN_FLIGHT = 1
STOPPED = (DeliveryStatus.DEAD, DeliveryStatus.INVALID)
STATUS_AFTER = {
    DeliveryEvent.ACKNOWLEDGE: DeliveryStatus.ACKNOWLEDGED,
    DeliveryEvent.RETRY: DeliveryStatus.DUE,
    DeliveryEvent.REJECT: DeliveryStatus.INVALID,
    DeliveryEvent.EXHAUST: DeliveryStatus.DEAD,
    DeliveryEvent.EXPIRE: DeliveryStatus.EXPIRED,
}
pick = st.integers(min_value=0, max_value=50)


class Lanes(RuleBasedStateMachine):
    """The ledger beside the model."""

    def __init__(self) -> None:
        super().__init__()
        self.held = ExitStack()
        self.desk = self.held.enter_context(self.place())
        self.ledger: Ledger = self.desk.open(*ENDPOINTS, in_flight=IN_FLIGHT)
        self.lanes: dict[tuple[str, str], list[str]] = defaultdict(list)
        self.lane_of: dict[str, tuple[str, str]] = {}
        self.status: dict[str, DeliveryStatus] = {}
        self.passed: set[str] = set()
        self.claims: dict[str, Claimed] = {}
        self.gates = dict.fromkeys(ENDPOINTS, Gate.UP)
        self.count = 0

    def teardown(self) -> None:
        self.ledger.close()
        self.held.close()

    @contextmanager
    def place(self) -> Iterator[Desk]:
        """Where the ledger is."""
        with tempfile.TemporaryDirectory() as folder:
            yield Desk(Path(folder) / "hub.db")

    # --- what the model says

    def in_the_way(self, id: str) -> bool:
        return self.status[id] not in SETTLED and id not in self.passed

    def turn_has_come(self, id: str) -> bool:
        lane = self.lanes[self.lane_of[id]]
        return not any(self.in_the_way(earlier) for earlier in lane[: lane.index(id)])

    def chosen(self, number: int, *statuses: DeliveryStatus) -> str | None:
        ids = [id for id, status in self.status.items() if status in statuses]
        return ids[number % len(ids)] if ids else None

    def look(self) -> None:
        """Take the statuses over from the ledger where the turn of a waiting one has come, and only there."""
        for id, status in self.status.items():
            row = self.ledger.delivery(id)
            assert row is not None
            if status is DeliveryStatus.WAITING and row.status is DeliveryStatus.DUE:
                assert self.turn_has_come(id), f"{id} is due before its turn"
                self.status[id] = DeliveryStatus.DUE
            assert row.status is self.status[id]

    # --- steps

    @initialize()
    def begin(self) -> None:
        self.accept(CASES[0], ENDPOINTS)

    @rule(case=st.sampled_from(CASES), endpoints=st.sampled_from([("court",), ("cps",), ENDPOINTS]))
    def accept(self, case: str, endpoints: tuple[str, ...]) -> None:
        self.count += 1
        ids = self.desk.record(self.ledger, f"m{self.count}", *endpoints, urn=OrderKey("PTIURN", case))
        for id, endpoint in zip(ids, endpoints, strict=True):
            self.lanes[case, endpoint].append(id)
            self.lane_of[id] = (case, endpoint)
            self.status[id] = DeliveryStatus.WAITING

    @rule()
    def claim(self) -> None:
        ids = [id for id, status in self.status.items() if status is DeliveryStatus.DUE]
        for claimed in self.ledger.claim_many(ids, 60):
            assert self.gates[claimed.endpoint] is Gate.UP
            self.status[claimed.delivery_id] = DeliveryStatus.SENDING
            self.claims[claimed.delivery_id] = claimed

    @rule(number=pick, event=st.sampled_from(sorted(STATUS_AFTER, key=str)))
    def settle(self, number: int, event: DeliveryEvent) -> None:
        id = self.chosen(number, DeliveryStatus.SENDING)
        if id is not None:
            assert self.ledger.settle(end(self.claims[id], event))
            assert not self.ledger.settle(end(self.claims[id], event))
            self.status[id] = STATUS_AFTER[event]

    @rule(number=pick)
    def discard(self, number: int) -> None:
        id = self.chosen(number, DeliveryStatus.WAITING, DeliveryStatus.DUE, *STOPPED)
        if id is not None:
            assert self.ledger.discard(id, "ops", "test")
            self.status[id] = DeliveryStatus.DISCARDED

    @rule(number=pick)
    def revive(self, number: int) -> None:
        id = self.chosen(number, *STOPPED)
        if id is not None:
            assert self.ledger.revive(id, "ops", "test")
            self.status[id] = DeliveryStatus.DUE

    @rule(number=pick)
    def let_pass(self, number: int) -> None:
        id = self.chosen(number, *STOPPED)
        if id is not None:
            assert self.ledger.let_pass(id, "ops", "test") is (id not in self.passed)
            self.passed.add(id)

    @rule(endpoint=st.sampled_from(ENDPOINTS))
    def hold_or_release(self, endpoint: str) -> None:
        held = self.gates[endpoint] is Gate.UP
        assert (self.ledger.hold if held else self.ledger.release)(endpoint, "ops", "test")
        self.gates[endpoint] = Gate.HELD if held else Gate.UP

    @rule()
    def workers_die(self) -> None:
        self.desk.clock.advance(61)
        self.ledger.sweep(60, 100)
        for id, status in self.status.items():
            if status is DeliveryStatus.SENDING:
                self.status[id] = DeliveryStatus.DUE

    # --- what always holds

    @invariant()
    def nothing_goes_before_its_turn(self) -> None:
        self.look()
        for id, status in self.status.items():
            if status in (DeliveryStatus.DUE, DeliveryStatus.SENDING) and id not in self.passed:
                assert self.turn_has_come(id), f"{id} is {status} before its turn"

    @invariant()
    def no_endpoint_has_more_attempts_than_it_may(self) -> None:
        for endpoint in ENDPOINTS:
            mine = [id for id in self.status if self.lane_of[id][1] == endpoint]
            sending = sum(self.status[id] is DeliveryStatus.SENDING for id in mine)
            assert sending <= IN_FLIGHT

    @invariant()
    def what_waits_behind_is_counted(self) -> None:
        for id in self.status:
            lane = self.lanes[self.lane_of[id]]
            behind = sum(self.in_the_way(later) for later in lane[lane.index(id) + 1 :])
            assert self.ledger.blocked_behind(id) == (behind if self.in_the_way(id) else 0)

    @rule()
    def drain(self) -> None:
        """With gates open and every stop given up, workers that follow the slips alone finish everything."""
        for endpoint in ENDPOINTS:
            self.ledger.release(endpoint, "ops", "drain")
            self.gates[endpoint] = Gate.UP
        self.workers_die()
        for id in [id for id, status in self.status.items() if status in STOPPED]:
            self.ledger.discard(id, "ops", "drain")
            self.status[id] = DeliveryStatus.DISCARDED
        while slips := self.ledger.claim_slips(Lane.SEND, 100, 1):
            self.ledger.finish_slips([one.number for one in slips])
            claimed = self.ledger.claim_many([one.slip.id for one in slips], 60)
            self.ledger.settle_many([end(one, DeliveryEvent.ACKNOWLEDGE) for one in claimed])
            self.status |= {one.delivery_id: DeliveryStatus.ACKNOWLEDGED for one in claimed}
        assert all(status in SETTLED for status in self.status.values())


Lanes.TestCase.settings = settings(
    max_examples=40, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck)
)
test_lanes = Lanes.TestCase


def test_lanes_on_postgresql(postgres: Server) -> None:
    class LanesOnPostgres(Lanes):
        @contextmanager
        def place(self) -> Iterator[Desk]:
            with postgres.database() as url:
                yield Desk(url)

    few = settings(Lanes.TestCase.settings, max_examples=8, stateful_step_count=25)
    run_state_machine_as_test(LanesOnPostgres, settings=few)
