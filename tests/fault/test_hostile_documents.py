"""Hostile documents against a running hub: each gets a clear answer within a second, costs little, and is kept."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import urllib3

from hub.assemble import clock, new_id
from hub.ledger.engine import open_ledger
from hub.simulate.process import free_port
from hub.web.access import hash_key, new_key
from tests.hubs import COURT, FORCE, wait_until
from tests.papers import case_file

ROOT = Path(__file__).resolve().parent.parent.parent
CANARY = "file:///etc/hostname"
HOSTILE = {
    "an external entity": f'<!DOCTYPE r [<!ENTITY x SYSTEM "{CANARY}">]><r>&x;</r>'.encode(),
    "an entity bomb": b"<!DOCTYPE r ["
    + b"".join(b'<!ENTITY a%d "%s">' % (n, b"&a%d;" % (n - 1) * 10 if n else b"aaaaaaaaaa") for n in range(10))
    + b"]><r>&a9;</r>",
    "an external DTD": b'<!DOCTYPE r SYSTEM "http://127.0.0.1:9/x.dtd"><r/>',
    "a document 200,000 deep": b"<a>" * 200_000 + b"</a>" * 200_000,
    "two million small elements": b"<r>" + b"<a/>" * 2_000_000 + b"</r>",
    "100,000 attributes": b"<r " + b" ".join(b'a%d="1"' % n for n in range(100_000)) + b"/>",
    "JSON 100,000 deep": b"[" * 100_000,
    "UTF-7": b'<?xml version="1.0" encoding="UTF-7"?>+ADw-x+AD4-',
    "compressed bytes": b"\x1f\x8b\x08\x00" + os.urandom(2000),
}


@dataclass(frozen=True)
class Running:
    """A hub in a process of its own."""

    url: str
    key: str
    process: subprocess.Popen[bytes]
    data: Path

    def post(self, body: bytes) -> urllib3.BaseHTTPResponse:
        """Post a document."""
        headers = {"Authorization": f"Bearer {self.key}"}
        return urllib3.request("POST", self.url + "/v1/messages", body=body, headers=headers, timeout=20, retries=False)

    def memory(self) -> int:
        """Resident bytes of the hub and of every process below it."""
        return sum(_resident(pid) for pid in _family(self.process.pid))


def _resident(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (FileNotFoundError, ProcessLookupError):
        return 0


def _family(pid: int) -> list[int]:
    below = [
        int(one) for task in Path(f"/proc/{pid}/task").iterdir() for one in (task / "children").read_text().split()
    ]
    return [pid, *(each for child in below for each in _family(child))]


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("hostile")
    parties = folder / "config" / "parties"
    parties.mkdir(parents=True)
    for code, text in (("force-41", FORCE), ("court", COURT)):
        (parties / f"{code}.toml").write_text(text.format(folder=folder))
    data, port, key = folder / "data", free_port(), new_key("force-41")
    data.mkdir()
    ledger = open_ledger(f"sqlite:///{data / 'hub.sqlite'}", clock, new_id)
    ledger.add_key("force-41", hash_key(key), "test", ("submit", "read"))
    ledger.close()
    words = ["serve", "--port", str(port), "--config", str(folder / "config"), "--data", str(data)]
    process = subprocess.Popen([sys.executable, "-m", "hub", *words], cwd=ROOT, stderr=subprocess.DEVNULL)
    made = Running(f"http://127.0.0.1:{port}", key, process, data)
    try:
        wait_until(lambda: _alive(made.url), 30)
        for number in range(8):  # once started: every judge has judged, and has explained a refusal
            assert made.post(case_file(f"warm-{number}", f"41ZD00{number:03d}26", sequence=number + 1)).status == 202
            assert made.post(case_file(f"cold-{number}").replace(b"TH68010", b"TH680100000")).status == 422
        yield made
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


def _alive(url: str) -> bool:
    try:
        return urllib3.request("GET", url + "/readyz", retries=False, timeout=1).status == 200
    except urllib3.exceptions.HTTPError:
        return False


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="memory is read from /proc")
@pytest.mark.parametrize("name", HOSTILE)
def test_it_is_refused_within_a_second_and_fifty_megabytes(running: Running, name: str) -> None:
    idle, start = running.memory(), time.monotonic()
    answer = running.post(HOSTILE[name])
    seconds, grown = time.monotonic() - start, running.memory() - idle
    assert answer.status == 422
    assert all(fault["rule"] and fault["words"] for fault in answer.json()["faults"])
    assert seconds < 1.0, f"{seconds:.2f} s"
    assert grown < 50 * 1024 * 1024, f"{grown / 1e6:.0f} MB"


def test_what_was_refused_is_kept_and_the_hub_goes_on(running: Running) -> None:
    refused = running.post(HOSTILE["an external entity"]).json()
    receipt = running.post(case_file("after", "41ZD0099926", sequence=99)).json()
    assert receipt["status"] == "accepted"
    ledger = open_ledger(f"sqlite:///{running.data / 'hub.sqlite'}", clock, new_id)
    try:
        assert ledger.raw(refused["submission"]) == HOSTILE["an external entity"]
    finally:
        ledger.close()


def test_no_answer_shows_what_a_file_of_the_machine_holds(running: Running, tmp_path: Path) -> None:
    canary = tmp_path / "canary"
    canary.write_text("canary-4711")
    answer = running.post(f'<!DOCTYPE r [<!ENTITY x SYSTEM "{canary.as_uri()}">]><r>&x;</r>'.encode())
    assert answer.status == 422
    assert b"canary-4711" not in answer.data


def test_a_body_over_the_limit_is_refused_before_it_is_read(running: Running) -> None:
    answer = running.post(b"<r>" + b"x" * (9 * 1024 * 1024) + b"</r>")
    assert answer.status == 413
    assert "Split" in answer.json()["faults"][0]["words"]
