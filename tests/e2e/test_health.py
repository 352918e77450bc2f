"""Health and figures, as a monitor reads them: of a hub with doors and of a process that only works."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import urllib3

from hub.assemble import Hub
from hub.flow import Flow
from hub.message.errors import Unavailable
from hub.simulate.process import free_port
from tests.hubs import COURT, FORCE, Client, running_hub, wait_until, web_door
from tests.papers import case_file

Doors = tuple[Hub, Callable[[str | None], Client]]


@pytest.fixture
def doors(tmp_path: Path) -> Iterator[Doors]:
    with running_hub(tmp_path, {"force-41": FORCE, "court": COURT}) as hub, web_door(hub) as client:
        yield hub, client


def figures(client: Client) -> dict[str, float]:
    """Every figure by its name and labels."""
    text = client.get("/metrics").data.decode()
    lines = re.findall(r"^([a-z_]+(?:\{[^}]*\})?) ([0-9.e+-]+)$", text, re.MULTILINE)
    return {name: float(value) for name, value in lines}


def test_ready_tells_the_ledger_and_the_disk(doors: Doors) -> None:
    answer = doors[1](None).get("/readyz").json()
    assert (answer["status"], answer["ledger"]) == ("ready", "up")
    assert 0 < answer["disk_free_percent"] <= 100


def test_a_hub_whose_ledger_is_away_is_alive_and_not_ready(doors: Doors) -> None:
    hub, _ = doors

    class Away:
        """A ledger that cannot be read."""

        def ping(self) -> None:
            raise Unavailable("away")

    away: Flow = replace(hub.flow, ledger=Away())  # type: ignore[arg-type]
    door = replace(hub, flow=away)
    with web_door(door) as client:
        nobody = client(None)
        assert nobody.get("/livez").status == 200
        answer = nobody.get("/readyz")
    assert (answer.status, answer.json()["failing"]) == (503, ["ledger"])


def test_what_waits_at_a_closed_gate_is_shown_with_its_age_and_gone_once_it_is_delivered(doors: Doors) -> None:
    hub, client = doors
    hub.ledger.hold("court", "operator:test", "a reason")
    force = client("force-41")
    force.post("/v1/messages", case_file())
    undelivered, due = 'hub_send_undelivered{endpoint="court"}', 'hub_send_due{endpoint="court"}'
    shown = wait_until(lambda: (found := figures(force)).get(due) == 1 and found)
    assert shown[undelivered] == 1
    assert shown['hub_send_oldest_seconds{endpoint="court"}'] > 0
    assert shown['hub_send_due_oldest_seconds{endpoint="court"}'] > 0
    assert shown['hub_endpoint_gate{endpoint="court",gate="held"}'] == 1
    assert shown['hub_endpoint_gate{endpoint="court",gate="up"}'] == 0
    hub.ledger.release("court", "operator:test", "go on")
    shown = wait_until(lambda: undelivered not in (found := figures(force)) and found)
    assert not [name for name in shown if name.startswith("hub_send_oldest_seconds")], "an age of nothing is not shown"
    assert shown['hub_send_total{endpoint="court",outcome="acknowledge"}'] >= 1


def test_lanes_statuses_seals_and_the_disk_have_figures(doors: Doors) -> None:
    shown = figures(doors[1](None))
    for lane in ("intake", "send", "subscribe"):
        assert shown[f'hub_lane_waiting{{lane="{lane}"}}'] >= 0
        assert shown[f'hub_lane_oldest_seconds{{lane="{lane}"}}'] >= 0
    assert shown["hub_seal_lag_seconds"] >= 0
    assert shown['hub_deliveries{status="DEAD"}'] == 0
    assert shown['hub_messages{status="BURIED"}'] == 0
    assert 0 < shown["hub_disk_free_percent"] <= 100


def test_how_long_checking_takes_is_measured_also_where_another_process_judges(tmp_path: Path) -> None:
    name = 'hub_check_seconds_count{dialect="spi-case"}'
    with running_hub(tmp_path, {"force-41": FORCE}, judges=1) as hub, web_door(hub) as client:
        force = client("force-41")
        before = figures(force).get(name, 0)
        force.post("/v1/messages", case_file())
        assert figures(force)[name] == before + 1


def test_a_process_that_only_works_tells_its_health_on_a_port_of_its_own(tmp_path: Path) -> None:
    port = free_port()
    env = os.environ | {"CJHUB_DATA": str(tmp_path / "data"), "CJHUB_HEALTH_PORT": str(port), "CJHUB_JUDGES": "0"}
    with subprocess.Popen(
        [sys.executable, "-m", "hub", "work"], env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("CJ Hub works")
        url = f"http://127.0.0.1:{port}"
        assert urllib3.request("GET", f"{url}/readyz", timeout=10).status == 200
        assert b"hub_lane_waiting" in urllib3.request("GET", f"{url}/metrics", timeout=10).data
        assert urllib3.request("POST", f"{url}/v1/messages", body=b"<r/>", timeout=10).status == 404
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
