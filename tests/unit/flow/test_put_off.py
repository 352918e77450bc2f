"""What is put off because its endpoint has just been found away: nothing is sent, and no attempt is used up."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

import pytest

from hub.assemble import Hub, assemble
from hub.flow.accept import Arrival
from hub.flow.send import Sending
from hub.flow.send.patience import Patience
from hub.ledger.attempt import DeliveryRow, Gate
from hub.message.errors import Unavailable
from hub.message.lifecycle import DeliveryStatus
from hub.settings import load_settings
from hub.wire import Consignment, Response
from tests.hubs import COURT, FORCE
from tests.papers import case_file

AT_ONCE = Patience(waits=(0.0,), attempts=2, jitter=lambda: 1.0, breaks_after=99, probe_seconds=0.0)


@dataclass
class Peer:
    """A recipient that is away until it is said to be there; counts how often each delivery was tried."""

    away: bool = True
    tried: Counter[str] = field(default_factory=Counter)

    def send(self, consignment: Consignment) -> Response:
        self.tried[consignment.headers["Idempotency-Key"]] += 1
        if self.away:
            raise Unavailable("no connection")
        return Response(status=202)

    def close(self) -> None:
        """Nothing to let go."""


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    """A hub whose workers do not run, with three cases for one court."""
    parties = tmp_path / "config" / "parties"
    parties.mkdir(parents=True)
    wide = COURT.replace("[endpoint]", "[endpoint]\nin_flight = 8")
    for code, text in {"force-41": FORCE, "court": wide}.items():
        (parties / f"{code}.toml").write_text(text.format(folder=tmp_path))
    made = assemble(load_settings([], data=tmp_path / "data", judges=0), parties.parent)
    for serial in (1, 2, 3):
        raw = case_file(correlation=f"c-{serial}", urn=f"41ZD{serial:05d}26", sequence=serial)
        made.flow.door(Arrival(raw=raw, trust=made.flow.trust_of("force-41"), door="test", dialects=("spi-case",)))
    made.flow.intake([row.id for row in made.ledger.recent(3)])
    yield made
    made.close()


@pytest.fixture
def peer() -> Peer:
    return Peer()


@pytest.fixture
def sending(hub: Hub, peer: Peer) -> Sending:
    return replace(hub.sending, transports={"court": peer}, patience=AT_ONCE)


def deliveries(hub: Hub) -> list[DeliveryRow]:
    """The deliveries, in order of acceptance."""
    return [one for row in reversed(hub.ledger.recent(3)) for one in hub.ledger.deliveries_of(row.id)]


def test_once_one_was_not_reached_none_of_the_others_is_tried_and_none_loses_an_attempt(
    hub: Hub, sending: Sending, peer: Peer
) -> None:
    first, second, third = (row.id for row in deliveries(hub))
    assert sending.send([first, second, third], 60) == 3
    assert peer.tried == {first: 1}
    assert [(row.status, row.attempts) for row in deliveries(hub)] == [
        (DeliveryStatus.DUE, 1),
        (DeliveryStatus.DUE, 0),
        (DeliveryStatus.DUE, 0),
    ]
    line = hub.ledger.audit_of("delivery", third)[-1]
    assert (line.action, line.detail["reason"]) == ("retry", "put off: the endpoint has just been found away")
    assert "attempt" not in line.detail


def test_only_what_was_tried_counts_as_an_attempt_however_often_the_others_were_put_off(
    hub: Hub, sending: Sending, peer: Peer
) -> None:
    ids = [row.id for row in deliveries(hub)]
    for _ in range(9):
        sending.send(ids, 60)
    assert sum(peer.tried.values()) == 9
    assert [(row.status, row.attempts) for row in deliveries(hub)] == [
        (DeliveryStatus.DUE, peer.tried[id]) for id in ids
    ]


def test_however_long_a_peer_cannot_be_reached_its_deliveries_wait_for_it(
    hub: Hub, sending: Sending, peer: Peer
) -> None:
    ids = [row.id for row in deliveries(hub)]
    for _ in range(30 * AT_ONCE.attempts):
        sending.send(ids, 60)
    peer.away = False
    while sending.send(ids, 60):
        pass
    assert [row.status for row in deliveries(hub)] == [DeliveryStatus.ACKNOWLEDGED] * 3


def test_what_was_put_off_is_taken_up_with_the_bytes_that_were_kept_for_it(
    hub: Hub, sending: Sending, peer: Peer
) -> None:
    ids = [row.id for row in deliveries(hub)]
    sending.send(ids, 60)
    kept = [hub.ledger.outbound(id) for id in ids]
    peer.away = False
    (again,) = hub.ledger.claim_many([ids[2]], 60)
    assert again.outbound is not None
    assert (again.attempt, again.outbound) == (1, kept[2])


def test_being_put_off_is_no_answer_so_that_the_breaker_breaks(hub: Hub, sending: Sending) -> None:
    ids = [row.id for row in deliveries(hub)]
    brittle = replace(sending, patience=replace(AT_ONCE, breaks_after=2, attempts=9))
    gates = []
    for _ in range(2):
        brittle.send(ids, 60)
        row = hub.ledger.endpoint("court")
        assert row is not None
        gates.append((row.gate, row.failures))
    assert gates == [(Gate.UP, 1), (Gate.BROKEN, 2)]


def test_what_is_left_when_the_lease_is_short_is_put_off_too(hub: Hub, sending: Sending, peer: Peer) -> None:
    ids = [row.id for row in deliveries(hub)]
    replace(sending, longest_attempt=timedelta(seconds=61)).send(ids, 60)
    assert not peer.tried
    assert [(row.attempts, row.reason) for row in deliveries(hub)] == [
        (0, "put off: there was no time left for an attempt")
    ] * 3


def test_what_goes_to_an_endpoint_that_no_file_has_any_more_waits_and_says_so(hub: Hub, sending: Sending) -> None:
    ids = [row.id for row in deliveries(hub)]
    assert replace(sending, transports={}).send(ids, 60) == 3
    assert [(row.status, row.attempts) for row in deliveries(hub)] == [(DeliveryStatus.DUE, 0)] * 3
    reason = hub.ledger.audit_of("delivery", ids[0])[-1].detail["reason"]
    assert "no live party's file has this endpoint" in str(reason)
    assert sending.send(ids, 60) == 3  # the file is back: they go on as they were
