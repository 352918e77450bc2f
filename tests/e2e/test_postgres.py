"""Several processes over one PostgreSQL with the embedded broker: what one accepts, another does."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from hub.assemble import Hub, assemble
from hub.contract import Trust
from hub.flow.accept import Arrival
from hub.message.lifecycle import DeliveryStatus
from hub.settings import load_settings
from tests.hubs import COURT, FORCE, running_hub, wait_until, web_door
from tests.papers import case_file
from tests.servers.postgres import Server

ROOT = Path(__file__).resolve().parent.parent.parent
TRUST = Trust(party="force-41", agency="police")


@pytest.fixture
def url(postgres: Server) -> Iterator[str]:
    with postgres.database() as made:
        yield made


@contextmanager
def idle_hub(folder: Path, url: str) -> Iterator[Hub]:
    """A hub whose workers do not run."""
    files = folder / "config" / "parties"
    files.mkdir(parents=True)
    for code, text in (("force-41", FORCE), ("court", COURT)):
        (files / f"{code}.toml").write_text(text.format(folder=folder))
    hub = assemble(load_settings([], data=folder / "data", database_url=url, judges=0), folder / "config")
    try:
        yield hub
    finally:
        hub.close()


def statuses(hub: Hub, submission_id: str) -> list[DeliveryStatus]:
    found = [row.id for row in hub.ledger.recent(100) if row.submission_id == submission_id]
    return [one.status for id in found for one in hub.ledger.deliveries_of(id)]


def test_what_one_process_accepts_another_records_and_delivers_within_seconds(tmp_path: Path, url: str) -> None:
    with idle_hub(tmp_path, url) as hub:
        words = [sys.executable, "-m", "hub", "work", "--config", str(tmp_path / "config")]
        env = os.environ | {"CJHUB_DATABASE_URL": url, "PYTHONPATH": str(ROOT)}
        with subprocess.Popen(words, cwd=tmp_path, env=env, stdout=subprocess.PIPE, text=True) as worker:
            try:
                assert worker.stdout is not None
                assert worker.stdout.readline().startswith("CJ Hub works  postgresql://hub@127.0.0.1:")
                took = []
                for number in range(1, 6):
                    begun = time.monotonic()
                    raw = case_file(f"c-{number}", f"41ZD000{number}126", sequence=number)
                    answer = hub.flow.door(Arrival(raw=raw, trust=TRUST, door="test"))
                    wait_until(lambda id=answer.submission_id: statuses(hub, id) == [DeliveryStatus.ACKNOWLEDGED])
                    took.append(time.monotonic() - begun)
            finally:
                worker.terminate()
                worker.wait(60)
        assert worker.returncode == 0
    sys.stdout.write(f"accepted here and delivered there in {', '.join(f'{each:.2f}' for each in took)} s\n")
    assert sorted(took)[2] < 2
    assert len([path for path in (tmp_path / "court").iterdir() if path.is_file()]) == 5


def test_two_hubs_share_the_work_and_every_document_is_delivered_once(tmp_path: Path, url: str) -> None:
    parties = {"force-41": FORCE, "court": COURT}
    with (
        running_hub(tmp_path, parties, database_url=url) as one,
        running_hub(tmp_path, parties, database_url=url) as two,
        web_door(one) as first,
        web_door(two) as second,
    ):
        doors = [first("force-41"), second("force-41")]
        documents = [case_file(f"c-{n}", f"41ZD{n:05}26", sequence=n + 1) for n in range(40)]
        with ThreadPoolExecutor(8) as pool:
            twice = [*enumerate(documents), *enumerate(documents, 1)]  # each through both doors
            answers = list(pool.map(lambda each: doors[each[0] % 2].post("/v1/messages", each[1]), twice))
        assert {answer.status for answer in answers} == {202}
        assert len({answer.data for answer in answers}) == 40, "a repeat through the other door gets the first receipt"
        wait_until(lambda: one.ledger.counts().deliveries[DeliveryStatus.ACKNOWLEDGED] == 40, 30)
        assert sum(two.ledger.counts().messages.values()) == 40
        wait_until(lambda: one.ledger.feed_head() >= 40)
        assert one.ledger.verify_audit().sound
    assert len([path for path in (tmp_path / "court").iterdir() if path.is_file()]) == 40
