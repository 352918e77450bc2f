"""`cjhub serve` as a process of its own: over the folder of a test, with the parties that it names."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Thread

from hub.assemble import clock, new_id
from hub.ledger import Ledger
from hub.ledger.engine import open_ledger
from hub.web.access import hash_key, new_key

ROOT = Path(__file__).parents[1]
PACE = {
    "CJHUB_JUDGES": "0",
    "CJHUB_TIMEOUT_SECONDS": "2",
    "CJHUB_LEASE_SECONDS": "5",
    "CJHUB_RETRY_SECONDS": "[0.1, 0.2]",
    "CJHUB_SWEEP_SECONDS": "0.3",
    "CJHUB_SEAL_SECONDS": "0.1",
}


@dataclass(frozen=True)
class Serving:
    """A hub that serves at an address."""

    process: subprocess.Popen[str]
    url: str

    def memory(self) -> int:
        """The most memory that it has had so far, in kB."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        found = re.search(r"VmHWM:\s+(\d+)", status)
        assert found is not None
        return int(found[1])


def furnish(folder: Path, parties: dict[str, str]) -> str:
    """The parties' files, and a key for the force."""
    files = folder / "config" / "parties"
    files.mkdir(parents=True)
    for code, text in parties.items():
        (files / f"{code}.toml").write_text(text, encoding="utf-8")
    key = new_key("force-41")
    with opened(folder) as ledger:
        ledger.add_key("force-41", hash_key(key), "test", ("submit", "read"))
    return key


@contextmanager
def opened(folder: Path) -> Iterator[Ledger]:
    """The ledger of a hub, beside it or after it."""
    ledger = open_ledger(f"sqlite:///{folder / 'data' / 'hub.sqlite'}", clock, new_id)
    try:
        yield ledger
    finally:
        ledger.close()


@contextmanager
def serving(folder: Path, **settings: str) -> Iterator[Serving]:
    """A hub that serves; killed at the end if it still runs."""
    words = ["serve", "--port", "0", "--config", str(folder / "config"), "--data", str(folder / "data")]
    process = subprocess.Popen(
        [sys.executable, "-u", "-m", "hub", *words],
        cwd=ROOT,
        env=os.environ | PACE | settings | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout is not None
    said: list[str] = []
    rest = Thread(target=lambda: said.extend(process.stdout or ()), daemon=True)
    try:
        for line in process.stdout:
            said.append(line)
            if found := re.search(r"http://\S+", line):
                rest.start()  # so that it never waits for somebody to read what it says
                yield Serving(process, found[0])
                return
        raise AssertionError(f"the hub did not start: {said}")
    finally:
        process.kill()
        process.wait()
        if rest.ident is not None:
            rest.join()
        process.stdout.close()
