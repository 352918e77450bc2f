"""Traces: one message, one trace, from the door to the recipient, whoever does the work; and nothing where they are off."""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from hub.assemble import assemble
from hub.flow.accept import Arrival
from hub.message.lifecycle import DeliveryStatus
from hub.settings import load_settings
from tests.doubles.collector import Collector, collector
from tests.hubs import COURT, FORCE, running_hub, wait_until, web_door
from tests.papers import case_file
from tests.servers.postgres import Server
from tests.servers.rabbitmq import RabbitNode

ROOT = Path(__file__).resolve().parent.parent.parent

CALLER = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
VERBS = ["accept", "check", "normalise", "record", "route", "send", "subscribe"]
HTTP_COURT = COURT.replace('kind = "folder"\npath = "{folder}/court"', 'kind = "http"\nurl = "{url}"')


@dataclass
class Recipient:
    """A court's system that takes everything and keeps the headers of each request."""

    url: str
    headers: list[dict[str, str]] = field(default_factory=list)


@contextmanager
def recipient() -> Iterator[Recipient]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            held.headers.append({name.lower(): value for name, value in self.headers.items()})
            self.send_response(202)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        held = Recipient(f"http://127.0.0.1:{server.server_address[1]}/cases")
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield held
        finally:
            server.shutdown()


@pytest.fixture
def seen() -> Iterator[Collector]:
    with collector() as made:
        yield made


@pytest.fixture(autouse=True)
def prompt(monkeypatch: pytest.MonkeyPatch) -> None:
    """Spans leave soon, so that tests need not wait for them."""
    monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "50")


def parties(url: str) -> dict[str, str]:
    return {"force-41": FORCE, "court": HTTP_COURT.replace("{url}", url)}


@pytest.mark.parametrize("judges", [0, 1])
def test_a_case_is_one_trace_from_the_door_to_the_recipient(tmp_path: Path, seen: Collector, judges: int) -> None:
    with (
        recipient() as court,
        running_hub(tmp_path, parties(court.url), traces_url=seen.url, judges=judges) as hub,
        web_door(hub) as client,
    ):
        receipt = client("force-41").post("/v1/messages", case_file(), traceparent=CALLER).json()
        wait_until(lambda: sorted(span.name for span in seen.spans) == VERBS)
        [sent] = seen.named("send")
        assert court.headers[0]["traceparent"] == f"00-{sent.trace}-{sent.id}-01"
    assert len({span.trace for span in seen.spans}) == 1
    [door] = seen.named("accept")
    assert {span.parent for span in seen.spans} == {"", door.id}
    assert all(span.times[0] <= span.times[1] for span in seen.spans)
    check, normalise = seen.named("check")[0], seen.named("normalise")[0]
    assert door.times[0] <= check.times[0] <= check.times[1] == normalise.times[0] <= normalise.times[1]
    assert normalise.times[1] <= door.times[1]
    [made] = receipt["messages"]
    assert {span.said.get("cjhub.message_id") for span in seen.spans} == {None, made["id"]}
    assert door.said["cjhub.submission_id"] == receipt["submission"]


def test_a_callers_trace_is_pointed_at_and_not_obeyed(tmp_path: Path, seen: Collector) -> None:
    unsampled = CALLER[:-2] + "00"
    with running_hub(tmp_path, {"force-41": FORCE}, traces_url=seen.url) as hub, web_door(hub) as client:
        force = client("force-41")
        assert force.post("/v1/messages", case_file("c-1"), traceparent=unsampled).status == 202
        assert force.post("/v1/messages", case_file("c-2", "41ZD0000226"), traceparent="not a trace").status == 202
        wait_until(lambda: len(seen.named("accept")) == 2)
    pointing, other = seen.named("accept")
    assert (pointing.links, other.links) == ([CALLER[3:35]], [])
    assert CALLER[3:35] not in {span.trace for span in seen.spans}


def test_nothing_that_a_sender_wrote_is_in_a_span(tmp_path: Path, seen: Collector) -> None:
    wrong = case_file("c-2", "41ZD0000226").replace(b"TH68010", b"TH68010TOOLONG")
    with (
        running_hub(tmp_path, {"force-41": FORCE, "court": COURT}, traces_url=seen.url) as hub,
        web_door(hub) as client,
    ):
        force = client("force-41")
        assert force.post("/v1/messages", case_file("case-of-ada"), Idempotency_Key="Sampleton").status == 202
        assert force.post("/v1/messages", wrong).status == 422
        wait_until(lambda: seen.named("subscribe") and len(seen.named("check")) == 2)
    told = repr(seen.spans)
    for written in ("Sampleton", "Ada", "1990-01", "41ZD", "case-of-ada", "TH68010", "Made Up"):
        assert written not in told
    assert {span.said["cjhub.status"] for span in seen.named("check")} == {"accepted", "refused"}


def test_a_process_that_comes_later_continues_the_trace(tmp_path: Path, seen: Collector) -> None:
    with running_hub(tmp_path, {"force-41": FORCE, "court": COURT}):
        pass
    settings = load_settings([], data=tmp_path / "data", judges=0, traces_url=seen.url)
    first = assemble(settings, tmp_path / "config")  # its workers are never started
    first.flow.door(Arrival(raw=case_file(), trust=first.flow.trust_of("force-41"), door="test"))
    first.close()
    assert sorted(span.name for span in seen.spans) == VERBS[:3]
    with running_hub(tmp_path, {}, traces_url=seen.url):
        wait_until(lambda: sorted(span.name for span in seen.spans) == VERBS)
    assert len({span.trace for span in seen.spans}) == 1
    assert {resource["service.name"] for resource in seen.resources} == {"cjhub"}


def test_processes_that_share_the_work_by_way_of_rabbitmq_share_the_trace(
    tmp_path: Path, seen: Collector, postgres: Server, rabbit: RabbitNode
) -> None:
    rabbit.delete_queues()
    with running_hub(tmp_path, {"force-41": FORCE, "court": COURT}):
        pass  # the parties' files are written
    with postgres.database() as url:
        given = {"database_url": url, "broker_url": rabbit.url(), "traces_url": seen.url, "judges": 0}
        door = assemble(load_settings([], **given), tmp_path / "config")  # its workers are never started
        env = os.environ | {f"CJHUB_{name.upper()}": str(value) for name, value in given.items()}
        words = [sys.executable, "-m", "hub", "work", "--config", str(tmp_path / "config")]
        with subprocess.Popen(
            words, cwd=tmp_path, env=env | {"PYTHONPATH": str(ROOT)}, stdout=subprocess.PIPE
        ) as worker:
            try:
                assert worker.stdout is not None
                assert worker.stdout.readline().startswith(b"CJ Hub works")
                door.flow.door(Arrival(raw=case_file(), trust=door.flow.trust_of("force-41"), door="test"))
                wait_until(lambda: sorted(span.name for span in seen.spans) == VERBS, 60)
            finally:
                worker.terminate()
                worker.wait(30)
                door.close()
    assert len({span.trace for span in seen.spans}) == 1
    assert len({resource["service.instance.id"] for resource in seen.resources}) == 2


def test_an_attempt_that_fails_is_a_failed_span_and_the_next_one_another(tmp_path: Path, seen: Collector) -> None:
    broken = parties("http://127.0.0.1:1/")
    with running_hub(tmp_path, broken, traces_url=seen.url) as hub, web_door(hub) as client:
        client("force-41").post("/v1/messages", case_file())
        wait_until(lambda: len(seen.named("send")) >= 2)
    first, second = sorted(seen.named("send"), key=lambda span: span.times)[:2]
    assert first.failed
    assert first.id != second.id
    assert (first.said["cjhub.attempt"], second.said["cjhub.attempt"]) == (1, 2)


def test_a_collector_that_is_away_costs_no_message(tmp_path: Path) -> None:
    with running_hub(tmp_path, {"force-41": FORCE, "court": COURT}, traces_url="http://127.0.0.1:1") as hub:
        arrival = Arrival(raw=case_file(), trust=hub.flow.trust_of("force-41"), door="test")
        assert hub.flow.door(arrival).outcome == "accepted"
        [message] = hub.ledger.recent(1)
        wait_until(
            lambda: [one.status for one in hub.ledger.deliveries_of(message.id)] == [DeliveryStatus.ACKNOWLEDGED]
        )


def test_without_an_address_nothing_is_sent_and_nothing_of_opentelemetry_is_imported(tmp_path: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from hub.assemble import assemble; from hub.settings import load_settings\n"
        "hub = assemble(load_settings([], data=Path(sys.argv[1]), judges=0)); print('told:', hub.flow.traces.on); hub.close()\n"
        "print('told:', [name for name in sys.modules if name.startswith(('opentelemetry', 'requests', 'google.protobuf'))])"
    )
    done = subprocess.run([sys.executable, "-c", script, tmp_path], capture_output=True, text=True, check=True)
    told = [line for line in done.stdout.splitlines() if line.startswith("told:")]  # beside what the hub logs
    assert told == ["told: False", "told: []"]


def test_deliveries_carry_no_trace_where_traces_are_off(tmp_path: Path) -> None:
    with recipient() as court, running_hub(tmp_path, parties(court.url)) as hub, web_door(hub) as client:
        client("force-41").post("/v1/messages", case_file(), traceparent=CALLER)
        wait_until(lambda: court.headers)
    assert "traceparent" not in court.headers[0]


def test_the_standard_variables_are_in_force(tmp_path: Path, seen: Collector, monkeypatch: pytest.MonkeyPatch) -> None:
    standard: dict[str, Any] = {
        "OTEL_EXPORTER_OTLP_ENDPOINT": seen.url,
        "OTEL_SERVICE_NAME": "exchange-north",
        "OTEL_RESOURCE_ATTRIBUTES": "deployment.environment=rehearsal",
    }
    for name, value in standard.items():
        monkeypatch.setenv(name, value)
    with running_hub(tmp_path, {"force-41": FORCE}) as hub, web_door(hub) as client:
        client("force-41").post("/v1/messages", case_file())
        wait_until(lambda: seen.resources)
    assert seen.resources[0]["service.name"] == "exchange-north"
    assert seen.resources[0]["deployment.environment"] == "rehearsal"
