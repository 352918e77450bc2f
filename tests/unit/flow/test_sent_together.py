"""Deliveries that go out together: each has an outcome of its own, and what the peer did not take costs no attempt."""

from collections.abc import Iterator, Sequence
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
from hub.wire import Consignment, Response, TakesNothing
from tests.hubs import COURT, FORCE
from tests.papers import case_file

AT_ONCE = Patience(waits=(0.0,), attempts=2, jitter=lambda: 1.0, breaks_after=3, probe_seconds=0.0)
KEPT, UNTAKEN, LOST = Response(status=0, words="in place"), TakesNothing("it is full"), Unavailable("no answer")


@dataclass
class Window:
    """A recipient that takes several at once, and answers each as it is told."""

    answers: list[Response | Unavailable]
    windows: list[list[str]] = field(default_factory=list)

    def send(self, consignment: Consignment) -> Response:
        raise AssertionError("one by one")

    def send_many(self, consignments: Sequence[Consignment]) -> Sequence[Response | Unavailable]:
        self.windows.append([one.headers["Idempotency-Key"] for one in consignments])
        return self.answers[: len(consignments)]

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


def deliveries(hub: Hub) -> list[DeliveryRow]:
    return [one for row in reversed(hub.ledger.recent(3)) for one in hub.ledger.deliveries_of(row.id)]


def sending(hub: Hub, window: Window) -> Sending:
    return replace(hub.sending, transports={"court": window}, patience=AT_ONCE)


def test_each_of_a_window_is_settled_by_its_own_answer(hub: Hub) -> None:
    window = Window([KEPT, UNTAKEN, LOST])
    ids = [row.id for row in deliveries(hub)]
    assert sending(hub, window).send(ids, 60) == 3
    assert [sorted(one) for one in window.windows] == [sorted(ids)]
    by_id = {row.id: row for row in deliveries(hub)}
    taken, untaken, lost = (by_id[id] for id in window.windows[0])
    assert (taken.status, taken.answer, taken.attempts) == (DeliveryStatus.ACKNOWLEDGED, "in place", 1)
    assert (untaken.status, untaken.reason, untaken.attempts) == (DeliveryStatus.DUE, "it is full", 0)
    assert (lost.status, lost.reason, lost.attempts) == (DeliveryStatus.DUE, "no answer", 1)


def test_a_peer_that_takes_nothing_closes_its_gate_and_kills_no_delivery(hub: Hub) -> None:
    window = Window([UNTAKEN] * 3)
    ids = [row.id for row in deliveries(hub)]
    for _ in range(5):
        sending(hub, window).send(ids, 60)
    row = hub.ledger.endpoint("court")
    assert row is not None
    assert row.gate is Gate.BROKEN
    assert {(one.status, one.attempts) for one in deliveries(hub)} == {(DeliveryStatus.DUE, 0)}
    window.answers = [KEPT] * 3
    while {one.status for one in deliveries(hub)} != {DeliveryStatus.ACKNOWLEDGED}:
        hub.ledger.sweep(60.0, 500)  # lets one go first, and the others once that one is taken
        assert sending(hub, window).send(ids, 60)
    assert len(window.windows[-2]) == 1
    assert {(one.status, one.attempts) for one in deliveries(hub)} == {(DeliveryStatus.ACKNOWLEDGED, 1)}


def test_what_has_expired_or_has_no_time_left_is_not_in_the_window(hub: Hub) -> None:
    window = Window([KEPT] * 3)
    ids = [row.id for row in deliveries(hub)]
    replace(sending(hub, window), longest_attempt=timedelta(seconds=61)).send(ids, 60)
    late = replace(sending(hub, window), clock=lambda: hub.flow.clock() + timedelta(hours=73))
    late.send(ids, 60 * 60 * 80)
    assert not window.windows
    assert {one.status for one in deliveries(hub)} == {DeliveryStatus.EXPIRED}
