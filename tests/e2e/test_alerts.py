"""Alerts of a whole hub: a peer that is away is told of once, here and elsewhere, and once when it answers again."""

import json
from collections.abc import Callable
from pathlib import Path

from structlog.testing import capture_logs

from hub.assemble import Hub
from hub.ledger.attempt import EndpointRow, Gate
from hub.message.lifecycle import DeliveryStatus
from tests.doubles.pager import free_port, pager
from tests.hubs import COURT, FORCE, running_hub, wait_until, web_door
from tests.papers import case_file

HTTP_COURT = COURT.replace(
    'kind = "folder"\npath = "{folder}/court"', 'kind = "http"\nurl = "http://127.0.0.1:PORT/in"'
)


def court(hub: Hub) -> EndpointRow:
    row = hub.ledger.endpoint("court")
    assert row is not None
    return row


def probe(hub: Hub) -> None:
    """Bring the next try of a broken endpoint forward to now."""
    hub.ledger.break_gate("court", hub.flow.clock(), "6 attempts in a row did not reach it")


def metric(get: Callable[[str], object]) -> str:
    text = get("/metrics").data.decode()  # type: ignore[attr-defined]
    return next(line for line in text.splitlines() if line.startswith('hub_alerts_open{kind="broken"}'))


def test_a_peer_that_is_away_is_one_alert_until_it_answers(tmp_path: Path) -> None:
    port = free_port()
    parties = {"force-41": FORCE, "court": HTTP_COURT.replace("PORT", str(port))}
    with (
        pager() as system,
        capture_logs() as logs,
        running_hub(tmp_path, parties, alert_seconds=0.05, alert_url=system.url + "/hook", attempts=50) as hub,
        web_door(hub) as client,
    ):
        for serial in range(1, 4):
            raw = case_file(correlation=f"c-{serial}", urn=f"41ZD{serial:05d}26", sequence=serial)
            assert client("force-41").post("/v1/messages", raw).status == 202
        wait_until(lambda: hub.ledger.alerts.standing())
        assert court(hub).gate is Gate.BROKEN
        for _ in range(2):
            before = court(hub).failures
            probe(hub)
            wait_until(lambda before=before: court(hub).failures > before)  # type: ignore[misc]
        (alert,) = hub.ledger.alerts.standing()
        wait_until(lambda: len(system.told) == 1)
        assert metric(client(None).get).endswith(" 1.0")
        with pager(port):
            probe(hub)
            wait_until(lambda: hub.ledger.counts().deliveries[DeliveryStatus.ACKNOWLEDGED] == 3)
            wait_until(lambda: not hub.ledger.alerts.standing())
            wait_until(lambda: len(system.told) == 2)
        assert metric(client(None).get).endswith(" 0.0")
        assert [one.id for one in hub.ledger.alerts.newest(10)] == [alert.id]
        actions = [row.action for row in hub.ledger.audit_of("alert", alert.id)]
    said = [json.loads(body) for _, _, body in system.told]
    assert [(one["kind"], one["subject"], one["state"]) for one in said] == [
        ("broken", "court", "opened"),
        ("broken", "court", "closed"),
    ]
    assert [line["state"] for line in logs if line["event"] == "alert"] == ["opened", "closed"]
    assert (actions[0], actions[-1], actions.count("opened"), actions.count("closed")) == ("opened", "closed", 1, 1)
