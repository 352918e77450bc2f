"""A file of 10,000 cases whose hub is killed half way: each case counts once, the bad ones are told, nothing is lost."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import urllib3

from hub.assemble import clock, new_id
from hub.ledger import Ledger
from hub.ledger.engine import open_ledger
from hub.message.lifecycle import MessageStatus
from hub.web.access import hash_key, new_key
from tests.extracts import WESTBECK, extract, urn
from tests.hubs import wait_until

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
CASES = 10_000
BAD = {17, 5_001, CASES}
SOME_MEMORY = 40_000  # kB that the process and its judge may grow by between the first cases and the last


@contextmanager
def serving(folder: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """`cjhub serve` as a process of its own, and its address; killed at the end if it still runs."""
    words = ["serve", "--port", "0", "--config", str(folder / "config"), "--data", str(folder / "data")]
    environment = os.environ | {"CJHUB_JUDGES": "1"}
    process = subprocess.Popen(
        [sys.executable, "-u", "-m", "hub", *words], cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    try:
        for line in process.stdout:
            if found := re.search(r"http://\S+", line):
                threading.Thread(target=process.stdout.read, daemon=True).start()
                yield process, found[0]
                return
        raise AssertionError("the hub did not start")
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def furnish(folder: Path) -> str:
    """The force's file and a key for it. It is alone: what its cases become is looked at in the ledger."""
    parties = folder / "config" / "parties"
    parties.mkdir(parents=True)
    (parties / "force-41.toml").write_text(WESTBECK, encoding="utf-8")
    (folder / "data").mkdir()
    key = new_key("force-41")
    with opened(folder) as ledger:
        ledger.add_key("force-41", hash_key(key), "test", ("submit", "read"))
    return key


@contextmanager
def opened(folder: Path) -> Iterator[Ledger]:
    ledger = open_ledger(f"sqlite:///{folder / 'data' / 'hub.sqlite'}", clock, new_id)
    try:
        yield ledger
    finally:
        ledger.close()


def recorded(folder: Path) -> int:
    """Messages of which a case was made; nobody but the force is there to have them."""
    with opened(folder) as ledger:
        return ledger.counts().messages.get(MessageStatus.STRANDED, 0)


def memory(process: subprocess.Popen[str]) -> int:
    """The memory of a process and its children, in kB."""
    pids = [str(process.pid), *Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()]
    found = (re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{pid}/status").read_text()) for pid in pids)
    return sum(int(one[1]) for one in found if one)


class Force:
    """The force that sends the file and asks what became of it."""

    def __init__(self, key: str) -> None:
        self._pool, self._headers = urllib3.PoolManager(), {"Authorization": f"Bearer {key}"}

    def send(self, url: str, raw: bytes) -> Any:
        answer = self._pool.request("POST", f"{url}/v1/messages", body=raw, headers=self._headers, retries=False)
        assert answer.status == 202
        return answer.json()

    def outcome(self, url: str, id: str) -> Any:
        path = f"{url}/v1/submissions/{id}/outcome?limit=1"
        return self._pool.request("GET", path, headers=self._headers, retries=False).json()

    def judged(self, url: str, id: str) -> int:
        cases = self.outcome(url, id).get("cases")
        return int(cases["judged"]) if cases else 0


@pytest.mark.promise(
    "Processes of the hub",
    "The hub killed half way through a bulk file of 10,000 cases",
    holds="each case counts once; bad ones are told; memory does not grow with the file",
)
@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="memory is read from /proc")
def test_a_hub_killed_half_way_through_a_large_file_goes_on_where_it_stopped(
    tmp_path: Path, figure: Callable[[str], None]
) -> None:
    force, raw = Force(furnish(tmp_path)), extract(CASES, without_urn=BAD)
    with serving(tmp_path) as (process, url):
        id = force.send(url, raw)["submission"]
        wait_until(lambda: force.judged(url, id) >= 1_000, 60)
        early = memory(process)
        far = wait_until(lambda: (n := force.judged(url, id)) >= CASES // 2 and n, 120)
        process.kill()  # SIGKILL: no goodbye
        process.wait()
    assert far < CASES
    with serving(tmp_path) as (process, url):
        resumed = wait_until(lambda: force.judged(url, id))
        wait_until(lambda: force.outcome(url, id)["status"] != "pending", 120)
        late = memory(process)
        told = force.outcome(url, id)
        wait_until(lambda: recorded(tmp_path) == CASES - len(BAD), 120)
    assert told["cases"] == {"total": CASES, "judged": CASES, "accepted": CASES - len(BAD), "refused": len(BAD)}
    errors = [fault for fault in told["faults"] if fault["severity"] == "error"]
    assert {fault["case"] for fault in errors} == BAD
    with opened(tmp_path) as ledger:
        kept = [ledger.message(one) for _, one in ledger.messages_of(id, 0, 2 * CASES)]
        cases = {row.case_id for row in kept if row is not None}
        while ledger.seal_once(5000):
            pass
        verdict = ledger.verify_audit()
        assert verdict.sound, verdict.breaks
    times = Counter(key.value for row in kept if row is not None for key in row.keys if key.kind == "PTIURN")
    assert times == Counter(urn(number) for number in range(1, CASES + 1) if number not in BAD)
    assert len(cases) == CASES - len(BAD)
    figure(
        f"killed at {far} of {CASES} cases, went on from {resumed}: {len(kept)} messages, each case once, "
        f"{len(errors)} refused; memory {early // 1024} MB early, {late // 1024} MB late"
    )
    assert late < early + SOME_MEMORY
