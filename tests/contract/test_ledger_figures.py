"""What the ledger says of what stands and waits: how much, and since when."""

from datetime import timedelta

from hub.ledger import Ledger
from hub.ledger.account import Backlog
from hub.ledger.admission import Verdict
from hub.message.lifecycle import DeliveryEvent, DeliveryStatus, MessageStatus
from hub.message.slip import Lane
from tests.doubles.traffic import Desk, admission, end, new_message


def test_a_lane_tells_how_much_waits_and_since_when_the_oldest_of_it(desk: Desk, ledger: Ledger) -> None:
    assert set(ledger.figures().lanes.values()) == {Backlog()}
    start = desk.clock.at
    ledger.admit(admission("m1", new_message("m1"), received_at=start))
    desk.clock.advance(30)
    ledger.admit(admission("m2", verdict=Verdict.PENDING, received_at=desk.clock.at))
    desk.clock.advance(5)
    figures = ledger.figures()
    assert figures.lanes[Lane.INTAKE] == Backlog(waiting=2, oldest_at=start)
    assert figures.messages[MessageStatus.ACCEPTED] == 1


def test_the_lane_of_sending_counts_what_could_go_now_and_each_endpoint_all_that_is_due(
    desk: Desk, ledger: Ledger
) -> None:
    start = desk.clock.at
    (held_back, _) = desk.record(ledger, "m1", "court", "cps")
    ledger.hold("court", "operator:test", "a reason")
    desk.clock.advance(60)
    figures = ledger.figures()
    assert figures.lanes[Lane.SEND] == Backlog(waiting=1, oldest_at=start)
    assert figures.due == {code: Backlog(waiting=1, oldest_at=start) for code in ("court", "cps")}
    ledger.claim_delivery(held_back, 60)
    assert ledger.figures().due["court"].waiting == 1, "what a closed gate keeps back is still due"


def test_what_is_put_off_is_not_due_before_its_time(desk: Desk, ledger: Ledger) -> None:
    (id,) = desk.record(ledger, "m1", "court")
    claimed = ledger.claim_delivery(id, 60)
    assert claimed is not None
    later = desk.clock.at + timedelta(minutes=5)
    ledger.settle(end(claimed, DeliveryEvent.RETRY, due_at=later, reason="away"))
    assert ledger.figures().due == {}
    assert ledger.figures().deliveries[DeliveryStatus.DUE] == 1
    desk.clock.advance(301)
    assert ledger.figures().due == {"court": Backlog(waiting=1, oldest_at=later)}


def test_what_is_not_sealed_yet_is_told_with_its_age(desk: Desk, ledger: Ledger) -> None:
    start = desk.clock.at
    desk.record(ledger, "m1", "court")
    desk.clock.advance(9)
    assert ledger.figures().unsealed.oldest_at == start
    assert ledger.figures().unsealed.waiting > 0
    ledger.seal_once(1000)
    assert ledger.figures().unsealed == Backlog()
    assert ledger.figures().lanes[Lane.SUBSCRIBE] == Backlog()


def test_what_somebody_must_look_at_is_counted_by_status(desk: Desk, ledger: Ledger) -> None:
    (id,) = desk.record(ledger, "m1", "court")
    claimed = ledger.claim_delivery(id, 60)
    assert claimed is not None
    ledger.settle(end(claimed, DeliveryEvent.EXHAUST, reason="attempts used"))
    ledger.admit(admission("m2", new_message("m2")))
    assert ledger.bury("m2", "a defect")
    figures = ledger.figures()
    assert (figures.deliveries[DeliveryStatus.DEAD], figures.messages[MessageStatus.BURIED]) == (1, 1)
    ledger.ping()


def test_the_correlation_of_each_message_is_found(desk: Desk, ledger: Ledger) -> None:
    for id in ("m1", "m2"):
        desk.record(ledger, id, "court")
    assert ledger.correlations(["m1", "m2", "m3"]) == {"m1": "c-m1", "m2": "c-m2"}
    assert ledger.correlations([]) == {}
