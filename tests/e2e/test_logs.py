"""The log of a hub through which sample cases went: ids and codes, and nothing of the people in them."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from hub.assemble import Hub
from hub.flow.accept import Arrival
from hub.message.lifecycle import DeliveryStatus
from hub.simulate.agencies import Mood
from hub.simulate.cast import COMPANIES, FAMILY, GIVEN, STREETS
from hub.simulate.places import CHESHIRE, CROWN
from hub.simulate.run import Tempo
from hub.watch.logs import configure
from tests.e2e.test_simulate import town
from tests.hubs import COURT, FORCE, running_hub, wait_until
from tests.papers import case_file

EVERY_ID = {"submission_id", "message_id", "delivery_id", "deliveries", "sha256"}
BIRTHS = re.compile(r"\b(?:19\d\d|200\d|201[0-5])-\d\d-\d\d\b")


@contextmanager
def failing() -> Iterator[str]:
    """A recipient that answers everything with 500."""

    class Door(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(500)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Door) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}/"
        server.shutdown()


def at(url: str) -> str:
    """The court's file, with this address."""
    return COURT.replace('kind = "folder"\npath = "{folder}/court"', f'kind = "http"\nurl = "{url}"')


def events(text: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in text.splitlines() if line.startswith("{")]


def test_the_log_of_sample_traffic_has_no_name_no_birth_and_no_identifier_of_a_case(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CJHUB_LOG_LEVEL", "DEBUG")
    with town(tmp_path) as place:
        place.agencies.be(CHESHIRE.party, Mood.MUTE)
        place.agencies.be(CROWN.party, Mood.SLOW)
        accounts = place.tell(6, Tempo(patience=20))
    log = (tmp_path / "hub.log").read_text(encoding="utf-8")
    secret = {*FAMILY, *STREETS, *COMPANIES, *(name for names in GIVEN.values() for name in names)}
    written: set[str] = set()
    for account in accounts:
        secret |= {account.story.urn, *account.story.keys}
        for step in account.story.steps:
            written |= set(BIRTHS.findall(step.body.decode("utf-8", "replace")))
    assert written, "the stories tell when people were born"
    assert [one for one in secret | written if one in log] == []
    assert events(log), "and something was logged"


@pytest.fixture
def hub_and_log(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> tuple[Path, pytest.CaptureFixture[str]]:
    configure("DEBUG")
    return tmp_path, capsys


def _door(hub: Hub, raw: bytes) -> str:
    return hub.flow.door(Arrival(raw=raw, trust=hub.flow.trust_of("force-41"), door="test")).outcome


def test_what_ends_badly_is_logged_with_the_ids_to_find_it_by(
    hub_and_log: tuple[Path, pytest.CaptureFixture[str]],
) -> None:
    folder, capsys = hub_and_log
    with failing() as url, running_hub(folder, {"force-41": FORCE, "court": at(url)}, attempts=2) as hub:
        assert _door(hub, case_file()) == "accepted"
        [message] = hub.ledger.recent(1)
        wait_until(lambda: [one.status for one in hub.ledger.deliveries_of(message.id)] == [DeliveryStatus.DEAD])
        [delivery] = hub.ledger.deliveries_of(message.id)
        told = wait_until(lambda: [one for one in events(capsys.readouterr().err) if one["event"] == "undelivered"])
    assert (told[0]["delivery_id"], told[0]["message_id"], told[0]["end"]) == (delivery.id, message.id, "exhaust")


def test_every_defect_names_what_it_happened_to() -> None:
    root = Path(__file__).resolve().parent.parent.parent / "hub"
    calls = [
        (path.name, call)
        for path in (*root.glob("flow/**/*.py"), root / "worker.py")
        for call in re.findall(
            r'log\.\w+\(\s*"(?:defect|undelivered|checked|no endpoint)".*?\)\n', path.read_text(), re.DOTALL
        )
    ]
    assert len(calls) >= 8
    edge = [call for _, call in calls if "step=name" in call]  # a step that failed as a whole has no one record
    assert len(edge) == 1
    bare = [one for one in calls if one[1] not in edge and not any(id in one[1] for id in (*EVERY_ID, "**ids"))]
    assert bare == []
