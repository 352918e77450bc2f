"""A hub between one force and several courts, whose clock a test moves; what was given to it, and whether it is at rest."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock
from time import monotonic
from typing import Any

import pytest

from hub.assemble import Hub
from hub.contract import Trust
from hub.flow.accept import Arrival
from hub.ledger.attempt import Gate
from hub.message.lifecycle import SETTLED, DeliveryStatus, MessageStatus
from hub.message.slip import Lane
from tests.doubles.clock import Clock
from tests.doubles.peer import Peer
from tests.hubs import FORCE, running_hub, wait_until
from tests.papers import case_file

TRUST = Trust(party="force-41", agency="police")

COURT = """
[party]
code = "{code}"
name = "A court"
agency = "court"
ou_code = "B41ZZ00"
[endpoint]
kind = "http"
url = "{url}"
in_flight = {in_flight}
[[routes]]
message = "CaseFileSubmission"
as = "spi-case"
where = {{{{ court = ["B41*"] }}}}
"""


def urn(case: int) -> str:
    """The PTIURN of a case by its number."""
    return f"41ZD{case:05}26"


def family(number: int) -> str:
    """A family name that no other number has."""
    return "Name" + "".join(chr(ord("a") + int(digit)) for digit in f"{number:05}")


@dataclass
class Exchange:
    """The hub, its clock, the courts by code, and the submissions that were accepted, in order."""

    hub: Hub
    clock: Clock
    peers: dict[str, Peer]
    accepted: list[str] = field(default_factory=list)
    given_at: dict[str, float] = field(default_factory=dict)  # by submission
    _lock: Lock = field(default_factory=Lock)

    def give(self, case: int, number: int = 0) -> str:
        """Submit a document of a case; the id of the submission."""
        raw = case_file(f"c-{case}-{number}", urn(case), family(number), sequence=case)
        begun = monotonic()
        answer = self.hub.flow.door(Arrival(raw=raw, trust=TRUST, door="test", dialects=("spi-case",)))
        assert answer.outcome == "accepted", answer.faults
        with self._lock:
            self.accepted.append(answer.submission_id)
            self.given_at[answer.submission_id] = begun
        return answer.submission_id

    def undelivered(self, *codes: str) -> int:
        """How many deliveries to these endpoints (all, where none is named) are not settled, intake included."""
        waits = sum(one.count for one in self.hub.ledger.undelivered() if not codes or one.endpoint in codes)
        return waits + self.hub.ledger.counts().messages[MessageStatus.ACCEPTED]

    def gate(self, code: str) -> Gate:
        """How a court's gate stands."""
        row = self.hub.ledger.endpoint(code)
        assert row is not None
        return row.gate

    def failures(self, code: str) -> int:
        """How many attempts in a row did not reach a court."""
        row = self.hub.ledger.endpoint(code)
        assert row is not None
        return row.failures

    def at_rest(self) -> bool:
        """Whether nothing is under way, and nothing is to be done before the clock moves."""
        ledger, now = self.hub.ledger, self.clock()
        counts = ledger.counts()
        if counts.deliveries[DeliveryStatus.SENDING]:
            return False
        swept = ledger.sweep(60, 500)  # as the sweeper is about to
        if swept.probed or swept.reached or swept.lapsed:
            return False
        due = [ledger.next_slip_due(lane) for lane in (Lane.INTAKE, Lane.SEND)]
        return all(one is None or one > now for one in due)

    def pass_time(self, until: Callable[[], Any], step: float = 15.0, most: float = 3 * 3600.0) -> float:
        """Move the clock in steps, letting everything come to rest before each, until something is so. The seconds."""
        passed = 0.0
        while not wait_until(lambda: until() or self.at_rest(), 30) or not until():
            assert passed < most, "it did not come about in time"
            self.clock.advance(step)
            passed += step
        return passed

    def delays(self, *codes: str) -> list[float]:
        """Seconds from each submission to its first sight at each of these courts, the longest last."""
        first: dict[tuple[str, str], float] = {}
        for code in codes:
            for one in self.peers[code].came:
                first.setdefault((code, one.message), one.at)
        ids = {self.hub.ledger.messages_of(id, 0, 1)[0][1]: at for id, at in self.given_at.items()}
        return sorted(at - ids[message] for (_, message), at in first.items())

    def settled(self) -> bool:
        """Whether all is delivered, or given up."""
        counts = self.hub.ledger.counts()
        under_way = sum(count for status, count in counts.deliveries.items() if status not in SETTLED)
        return not under_way and not counts.messages[MessageStatus.ACCEPTED]


@contextmanager
def exchange(
    folder: Path, peers: dict[str, Peer], *, clock: Clock | None = None, in_flight: int = 4, **settings: Any
) -> Iterator[Exchange]:
    """A hub whose workers run, with these peers as courts that get every case, on a clock that stands still."""
    parties = {code: COURT.format(code=code, url=one.url, in_flight=in_flight) for code, one in peers.items()}
    clock = clock or Clock(datetime(2026, 3, 2, 9, 0, tzinfo=UTC))
    pace = {"timeout_seconds": 0.4, "lease_seconds": 60, "retry_seconds": (1, 5, 15, 60, 300, 900, 3600)}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("hub.assemble.clock", clock)
        with running_hub(folder, {"force-41": FORCE} | parties, **(pace | settings)) as hub:
            yield Exchange(hub, clock, peers)


def p99(values: list[float]) -> float:
    """The value that 99 in 100 stay below, of sorted ones."""
    return values[int(len(values) * 0.99)]
