"""An ordered end under load, and a start: nothing is lost, and no recipient sees a second id."""

from __future__ import annotations

import signal
import socket
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Thread
from time import monotonic

import pytest
import urllib3
from urllib3.exceptions import HTTPError

from hub.ledger.account import Counts
from hub.message.lifecycle import SETTLED, MessageStatus
from tests.doubles.manners import answers
from tests.doubles.peer import peer
from tests.exchanges import COURT, family, urn
from tests.figures import FULL
from tests.hubs import FORCE, wait_until
from tests.invariants import assert_all
from tests.papers import case_file
from tests.servers.rabbitmq import listens
from tests.serving import furnish, opened, serving

SENDERS = 4


@dataclass
class Load:
    """Senders that give documents, each again with the same key until it is accepted, to whichever hub serves."""

    key: str
    url: str = ""
    accepted: list[str] = field(default_factory=list)
    unanswered: int = 0
    stop: Event = field(default_factory=Event)

    def run(self, sender: int) -> None:
        pool = urllib3.PoolManager(timeout=20, retries=False)
        number = 0
        while not self.stop.is_set():
            case = sender * 10 + number % 5
            raw = case_file(f"c-{sender}-{number}", urn(case), family(number), sequence=case)
            headers = {"Authorization": f"Bearer {self.key}", "Idempotency-Key": f"k-{sender}-{number}"}
            while not self._given(pool, raw, headers):
                self.stop.wait(0.02)
            number += 1

    def _given(self, pool: urllib3.PoolManager, raw: bytes, headers: dict[str, str]) -> bool:
        try:
            answer = pool.request("POST", f"{self.url}/v1/messages", body=raw, headers=headers)
        except HTTPError:
            self.unanswered += 1
            return False
        assert answer.status in (202, 503)
        if answer.status == 202:
            self.accepted.append(answer.json()["submission"])
        return answer.status == 202


@pytest.mark.promise(
    "Processes of the hub",
    "`cjhub serve` told to end (SIGTERM) under load, and started again",
    holds="requests under way are answered; no recipient sees a second id",
    short="2 ends instead of 10",
)
@pytest.mark.slow
def test_an_ordered_end_under_load_loses_nothing_and_no_recipient_sees_a_second_id(
    tmp_path: Path, figure: Callable[[str], None]
) -> None:
    ends: list[float] = []
    with ExitStack() as stack:
        courts = {code: stack.enter_context(peer(answers())) for code in ("court-1", "court-2")}
        texts = {code: COURT.format(code=code, url=one.url, in_flight=4).format() for code, one in courts.items()}
        load = Load(furnish(tmp_path, {"force-41": FORCE} | texts))
        threads = [Thread(target=load.run, args=(sender,), daemon=True) for sender in range(1, SENDERS + 1)]
        for turn in range(10 if FULL else 2):
            with serving(tmp_path) as hub:
                load.url = hub.url
                if not turn:
                    for thread in threads:
                        thread.start()
                before = len(load.accepted)
                wait_until(lambda before=before: len(load.accepted) >= before + 60, 60)
                begun = monotonic()
                hub.process.send_signal(signal.SIGTERM)
                assert hub.process.wait(60) == 0
                ends.append(monotonic() - begun)
        with serving(tmp_path) as hub:
            load.url = hub.url
            load.stop.set()
            for thread in threads:
                thread.join(60)
            with opened(tmp_path) as ledger:
                wait_until(lambda: _at_rest(ledger.counts()), 60)
                assert_all(ledger, load.accepted, courts)
    seen = sum(len(one.came) for one in courts.values())
    figure(
        f"{len(ends)} ordered ends under {SENDERS} senders, the slowest took {max(ends):.1f} s: {len(load.accepted)} accepted, "
        f"{load.unanswered} tries unanswered, {seen} deliveries seen for {len(load.accepted) * len(courts)} made"
    )


def _at_rest(counts: Counts) -> bool:
    waits = sum(n for status, n in counts.deliveries.items() if status not in SETTLED)
    return not waits and not counts.messages[MessageStatus.ACCEPTED]


def test_who_had_connected_before_the_end_is_answered_and_told_that_it_was_the_last(tmp_path: Path) -> None:
    key = furnish(tmp_path, {"force-41": FORCE})
    raw = case_file()
    head = (
        f"POST /v1/messages HTTP/1.1\r\nHost: hub\r\nAuthorization: Bearer {key}\r\nContent-Length: {len(raw)}\r\n\r\n"
    )
    with serving(tmp_path) as hub:
        host, port = hub.url.removeprefix("http://").split(":")
        with ExitStack() as stack:
            fresh, used = (stack.enter_context(socket.create_connection((host, int(port)), 20)) for _ in range(2))
            used.sendall(b"GET /livez HTTP/1.1\r\nHost: hub\r\n\r\n")
            said = b""
            while not said.endswith(b"}"):  # its answer: so the one before it is connected too
                said += used.recv(4096)
            hub.process.send_signal(signal.SIGTERM)
            wait_until(lambda: not listens(int(port)), 20)
            for connection in (fresh, used):
                connection.sendall(head.encode() + raw)
            for connection in (fresh, used):
                said = connection.makefile("rb").read().lower()
                assert said.startswith(b"http/1.1 202")
                assert b"connection: close" in said
        assert hub.process.wait(60) == 0
