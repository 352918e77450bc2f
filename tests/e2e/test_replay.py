"""cjhub replay beside a hub that runs: a period again, each once whoever is killed, nothing to whom may not have it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from typer.testing import CliRunner

from hub.assemble import Hub, clock
from hub.cli import app
from hub.flow.accept import Arrival
from hub.ledger.replay import State
from hub.message.lifecycle import DeliveryStatus
from tests.doubles.recipient import Recipient, recipient
from tests.hubs import FORCE, running_hub, wait_until
from tests.papers import case_file

ROOT = Path(__file__).parents[2]
MESSAGES, CASES = 300, 40
FROM, UNTIL = 100, 200  # the messages of the period that is replayed

PARTY = """
[party]
code = "{code}"
name = "A court"
agency = "court"
[sends]
dialects = ["exchange"]
[endpoint]
kind = "http"
url = "{url}"
"""
ROUTE = """
[[routes]]
message = "CaseFileSubmission"
as = "spi-case"
where = {{ court = ["B41*"] }}
"""

Came = list[tuple[str, str, str]]


def name_of(number: int) -> str:
    return "Sample" + "".join(chr(ord("a") + int(digit)) for digit in f"{number:03d}")


def urn_of(number: int) -> str:
    return f"41ZD{number % CASES + 1:05d}26"


def submit(hub: Hub, number: int) -> None:
    raw = case_file(f"c-{number}", urn_of(number), name_of(number), number + 1)
    arrival = Arrival(raw=raw, trust=hub.flow.trust_of("force-41"), door="test", dialects=("spi-case",))
    assert hub.flow.door(arrival).outcome == "accepted"


@dataclass(frozen=True)
class Exchange:
    """A hub that has delivered everything to two courts, and the period of some of it."""

    hub: Hub
    folder: Path
    courts: dict[str, Recipient]
    since: datetime
    until: datetime

    def words(self, *more: str) -> list[str]:
        """The command for the period."""
        at = [f"{one.replace(tzinfo=None).isoformat(' ')} UTC" for one in (self.since, self.until)]
        place = ["--config", str(self.folder / "config"), "--data", str(self.folder / "data")]
        return ["replay", "--since", at[0], "--until", at[1], *more, *place]

    def replay(self, *more: str) -> dict[str, object]:
        """Run it in this process."""
        told = CliRunner().invoke(app, self.words("--json", *more))
        found: dict[str, object] = json.loads(told.stdout.splitlines()[-1])
        return found

    def settled(self) -> bool:
        """Whether everything has come to where it was to go."""
        counts = self.hub.ledger.counts().deliveries
        return not any(counts[one] for one in DeliveryStatus if one is not DeliveryStatus.ACKNOWLEDGED)


@contextmanager
def exchange(folder: Path, messages: int = MESSAGES, period: tuple[int, int] = (FROM, UNTIL)) -> Iterator[Exchange]:
    with recipient() as first, recipient() as second:
        courts = {"court-one": first, "court-two": second}
        files = {code: PARTY.format(code=code, url=to.url) + ROUTE for code, to in courts.items()}
        with running_hub(folder, {"force-41": FORCE} | files) as hub:
            moments = []
            for number in range(messages):
                if number in period:
                    moments.append(clock())
                submit(hub, number)
            wait_until(lambda: all(len(court.came) == messages for court in courts.values()), 60)
            made = Exchange(hub, folder, courts, *moments)
            wait_until(made.settled)
            yield made


def assert_replayed_once_and_in_order(court: Recipient, before: Came) -> None:
    """Of each message of the period one more, with a new id that names the old one, in the order of its case."""
    again = court.came[len(before) :]
    old = {name: id for _, name, id in before}
    assert Counter(name for _, name, _ in again) == Counter(map(name_of, range(FROM, UNTIL)))
    assert {name: court.replays[id] for _, name, id in again} == {name: old[name] for _, name, _ in again}
    assert not {id for _, _, id in again} & set(old.values())
    order: dict[str, list[str]] = defaultdict(list)
    for urn, name, _ in again:
        order[urn].append(name)
    assert all(names == sorted(names) for names in order.values())
    assert len(order) == CASES


def test_a_period_comes_again_to_everybody_who_had_it_in_order_and_named(tmp_path: Path) -> None:
    with exchange(tmp_path) as made:
        before = {code: court.came for code, court in made.courts.items()}
        dry = made.replay()
        assert (dry["messages"], dry["deliveries"], dry["left_out"]) == (100, 200, [])
        assert Counter(one["recipient"] for one in dry["counts"]) == {"court-one": 1, "court-two": 1}  # type: ignore[attr-defined]
        assert [len(court.came) for court in made.courts.values()] == [MESSAGES] * 2
        done = made.replay("--apply", "--reason", "they lost a disk", "--per-second", "10000")
        assert (done["state"], done["made"]) == ("done", 200)
        wait_until(lambda: all(len(court.came) == MESSAGES + 100 for court in made.courts.values()), 60)
        wait_until(made.settled)
        for code, court in made.courts.items():
            assert_replayed_once_and_in_order(court, before[code])


def test_a_replay_that_is_killed_half_way_goes_on_and_makes_each_once(tmp_path: Path) -> None:
    with exchange(tmp_path) as made:
        before = {code: court.came for code, court in made.courts.items()}
        words = made.words("--apply", "--reason", "they lost a disk", "--per-second", "20")
        process = subprocess.Popen(
            [sys.executable, "-m", "hub", *words], cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT)}
        )
        wait_until(lambda: any(run.made >= 60 for run in made.hub.ledger.replay_runs(1)), 60)
        process.send_signal(signal.SIGKILL)
        assert process.wait() == -signal.SIGKILL
        (run,) = made.hub.ledger.replay_runs(10)
        assert run.state is State.OPEN
        assert made.replay()["deliveries"] == 200 - run.made
        done = made.replay("--apply", "--reason", "they lost a disk", "--per-second", "10000")
        assert (done["run"], done["state"], done["made"]) == (run.id, "done", 200)
        wait_until(lambda: all(len(court.came) == MESSAGES + 100 for court in made.courts.values()), 60)
        wait_until(made.settled)
        for code, court in made.courts.items():
            assert_replayed_once_and_in_order(court, before[code])


def test_a_party_whose_route_was_taken_away_gets_nothing_and_the_dry_run_says_so(tmp_path: Path) -> None:
    with exchange(tmp_path, 6, (0, 5)) as made:
        parties = tmp_path / "config" / "parties"
        (parties / "court-two.toml").write_text(PARTY.format(code="court-two", url=made.courts["court-two"].url))
        why = "not entitled now: no route of its file gives it this message"
        for more in ([], ["--endpoint", "court-two"], ["--to", "court-two"]):
            dry = made.replay(*more)
            (left,) = dry["left_out"]  # type: ignore[misc]
            assert (left["recipient"], left["why"], left["count"]) == ("court-two", why, 5)
            assert dry["deliveries"] == (0 if more else 5)
        assert made.replay("--to", "all")["deliveries"] == 5
        for to in ("own", "all", "court-two"):
            made.replay("--to", to, "--apply", "--reason", "again")
            wait_until(made.settled)
        assert len(made.courts["court-one"].came) == 16
        assert len(made.courts["court-two"].came) == 6
