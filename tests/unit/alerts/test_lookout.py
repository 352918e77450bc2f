"""Looking out over a ledger: one alert an incident, however often it is looked and however much goes wrong at once."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from hub.alerts import Lookout
from hub.alerts.conditions import Limits
from hub.alerts.silence import Expected
from hub.ledger import Ledger
from hub.ledger.admission import OrderKey, Verdict
from hub.message.lifecycle import DeliveryEvent
from tests.doubles.clock import Clock
from tests.doubles.traffic import Desk, admission, end, new_message

LONG = timedelta(days=365)
LIMITS = Limits(held=LONG, queue=LONG, pending=LONG, sealer=LONG, free=0)
DAILY = Expected(every=timedelta(hours=24), days=(0, 4))


@pytest.fixture
def ledger(desk: Desk) -> Iterator[Ledger]:
    opened = desk.open("court")
    yield opened
    opened.close()


@pytest.fixture
def lookout(desk: Desk, ledger: Ledger, tmp_path: Path) -> Lookout:
    return Lookout(
        alerts=ledger.alerts,
        clock=desk.clock,
        limits=LIMITS,
        expected={"north": DAILY},
        folder=tmp_path,
        every_seconds=30,
    )


def look(lookout: Lookout) -> list[tuple[str, str, str]]:
    """Look once; the state, kind and subject of what is logged."""
    with capture_logs() as logs:
        lookout.look()
    assert all(line["event"] == "alert" for line in logs)
    return [(line["state"], line["kind"], line["subject"]) for line in logs]


def submit(desk: Desk, ledger: Ledger, id: str, verdict: Verdict = Verdict.ACCEPTED) -> None:
    messages = (new_message(id, OrderKey("PTIURN", id)),) if verdict is Verdict.ACCEPTED else ()
    ledger.admit(admission(id, *messages, party="north", verdict=verdict, received_at=desk.clock.at))


def test_a_hundred_dead_deliveries_at_one_endpoint_are_one_alert_until_all_are_ended(
    desk: Desk, ledger: Ledger, lookout: Lookout
) -> None:
    ids = [desk.record(ledger, f"m{n}", "court", urn=OrderKey("PTIURN", str(n)))[0] for n in range(100)]
    logged = []
    for start in range(0, 100, 25):
        for at in range(start, start + 25, 5):  # as many as the endpoint may have at a time
            claimed = ledger.claim_many(ids[at : at + 5], 60)
            ledger.settle_many([end(one, DeliveryEvent.EXHAUST, reason="no") for one in claimed])
        desk.clock.advance(30)
        logged += look(lookout)
    assert logged == [("opened", "stopped", "court")]
    (alert,) = ledger.alerts.standing()
    assert (alert.times, alert.words.endswith(": 100 DEAD"), alert.example in ids) == (4, True, True)
    for id in ids[:99]:
        ledger.discard(id, "ops", "given up")
    assert look(lookout) == []
    ledger.revive(ids[99], "ops", "mended")
    assert look(lookout) == [("closed", "stopped", "court")]
    assert look(lookout) == []


def test_silence_is_told_once_and_ends_with_the_next_submission_whatever_its_verdict(
    desk: Desk, ledger: Ledger, lookout: Lookout
) -> None:
    submit(desk, ledger, "1")
    logged = []
    for _ in range(72):
        desk.clock.advance(3600)
        logged += look(lookout)
    assert logged == [("opened", "silent", "north")]
    (alert,) = ledger.alerts.standing()
    assert alert.opened_at == Clock().at + timedelta(hours=25)
    submit(desk, ledger, "2", Verdict.REFUSED)
    assert look(lookout) == [("closed", "silent", "north")]


def test_a_silent_weekend_is_no_alert_where_only_weekdays_count(desk: Desk, ledger: Ledger, lookout: Lookout) -> None:
    desk.clock.at = datetime(2026, 3, 6, 17, 0, tzinfo=UTC)  # a Friday
    submit(desk, ledger, "1")
    while desk.clock.at < datetime(2026, 3, 9, 17, 0, tzinfo=UTC):
        desk.clock.advance(3600)
        assert look(lookout) == [], desk.clock.at
    desk.clock.advance(60)
    assert look(lookout) == [("opened", "silent", "north")]


def test_words_and_audit_of_alerts_hold_nothing_that_anybody_wrote(
    desk: Desk, ledger: Ledger, lookout: Lookout
) -> None:
    (id,) = desk.record(ledger, "m1", "court")
    (claimed,) = ledger.claim_many([id], 60)
    ledger.settle(end(claimed, DeliveryEvent.REJECT, reason="Jo Invented, born 1990", answer="Jo Invented"))
    ledger.admit(admission("2", new_message("m2", words="Jo Invented")))
    ledger.bury("m2", "Jo Invented")
    ledger.hold("court", "ops", "Jo Invented is affected")
    desk.clock.advance(LONG.total_seconds() + 1)
    lookout.look()
    standing = ledger.alerts.standing()
    assert {alert.kind for alert in standing} >= {"stopped", "buried", "held"}
    details = [row.detail for alert in standing for row in ledger.audit_of("alert", alert.id)]
    assert "Invented" not in str(standing) + str(details)
