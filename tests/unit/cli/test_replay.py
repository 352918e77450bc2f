"""cjhub replay: what is asked for is said back, nothing happens without --apply and a reason, and a run is taken back."""

import json
import os
import pty
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from hub.assemble import Hub
from hub.flow.accept import Arrival
from hub.ledger.account import MessageQuery
from hub.ledger.admission import OrderKey
from hub.ledger.attempt import DeliveryRow
from tests.hubs import COURT, FORCE, running_hub, wait_until
from tests.papers import case_file
from tests.unit.cli.conftest import Run
from tests.unit.cli.test_delivery import ME

URNS = ("41ZD0000126", "41ZD0000226", "41ZD0000326")


@pytest.fixture
def hub(tmp_path: Path, config: Path) -> Iterator[Hub]:
    """A hub that has delivered three cases to a court, whose way out is held since."""
    (config / "parties" / "north-court.toml").unlink()
    with running_hub(tmp_path, {"force-41": FORCE, "court": COURT}) as made:
        for number, urn in enumerate(URNS, 1):
            raw = case_file(f"c-{number}", urn, sequence=number)
            arrival = Arrival(raw=raw, trust=made.flow.trust_of("force-41"), door="test", dialects=("spi-case",))
            assert made.flow.door(arrival).outcome == "accepted"
        wait_until(lambda: [one.status.value for one in deliveries(made)] == ["ACKNOWLEDGED"] * 3)
        made.ledger.hold("court", "operator:test", "their maintenance")
        yield made


def deliveries(hub: Hub) -> list[DeliveryRow]:
    """Every delivery, in the order in which they were made."""
    found = [one for row in hub.ledger.recent(50) for one in hub.ledger.deliveries_of(row.id)]
    return sorted(found, key=lambda one: one.created_at)


def said(told: Run) -> dict[str, object]:
    found: dict[str, object] = json.loads(told.out.splitlines()[-1])
    return found


def applied(run: Callable[..., Run], *words: str) -> dict[str, object]:
    return said(run("replay", *words, "--apply", "--reason", "they lost them", "--json"))


def test_a_dry_run_counts_by_recipient_dialect_type_and_day_and_changes_nothing(
    run: Callable[..., Run], hub: Hub
) -> None:
    found = said(run("replay", "--endpoint", "court", "--json"))
    (counted,) = found["counts"]  # type: ignore[misc]
    first, last = (one.created_at for one in (deliveries(hub)[0], deliveries(hub)[-1]))
    assert (found["dry_run"], found["messages"], found["deliveries"]) == (True, 3, 3)
    assert [counted[name] for name in ("recipient", "dialect", "type", "count")] == [
        "court", "spi-case", "CaseFileSubmission", 3,
    ]  # fmt: skip
    assert counted["first"] <= counted["last"] <= f"{last.isoformat()}Z"
    assert counted["day"] == f"{first:%Y-%m-%d}"
    told = run("replay", "--endpoint", "court")
    assert told.code == 0
    assert "3 messages, 3 deliveries to be made, 0 left out" in told.out
    assert "dry run: nothing was changed" in told.out
    assert len(deliveries(hub)) == 3
    assert hub.ledger.replay_runs(5) == ()


def test_a_period_is_told_by_both_clocks(run: Callable[..., Run], hub: Hub) -> None:
    told = run("replay", "--since", "2026-07-01 14:00 London", "--until", "2026-07-02 14:00 UTC")
    assert "from 2026-07-01 13:00:00 UTC (2026-07-01 14:00:00 London)" in told.out
    assert "until 2026-07-02 14:00:00 UTC (2026-07-02 15:00:00 London)" in told.out


def test_a_case_is_replayed_by_its_urn_and_a_message_by_its_id(run: Callable[..., Run], hub: Hub) -> None:
    message = hub.ledger.find_messages(MessageQuery(key=OrderKey("PTIURN", URNS[1]))).rows[0]
    (second,) = hub.ledger.deliveries_of(message.id)
    first = next(one for one in deliveries(hub) if one.id != second.id)
    made = applied(run, "--case", "41 ZD 00002 26")
    assert (made["state"], made["made"], made["deliveries"]) == ("done", 1, 1)
    other = applied(run, "--message", first.message_id)
    assert {(one.replays, one.run, one.status.value) for one in deliveries(hub)[3:]} == {
        (second.id, made["run"], "WAITING"),
        (first.id, other["run"], "WAITING"),
    }
    line = hub.ledger.audit_of("delivery", second.id)[-1]
    assert (line.action, line.actor, line.detail["reason"]) == ("replayed", ME, "they lost them")
    found = said(run("replay", "--endpoint", "court", "--json"))
    assert [(one["recipient"], one["why"], one["count"]) for one in found["left_out"]] == [  # type: ignore[attr-defined]
        ("court", "already on its way to it", 2)
    ]


def test_a_run_is_listed_and_what_it_has_not_sent_is_taken_back(run: Callable[..., Run], hub: Hub) -> None:
    made = applied(run, "--from", "force-41", "--type", "CaseFileSubmission", "--status", "ACKNOWLEDGED")
    run_id = str(made["run"])
    listed = said(run("replay", "--runs", "--json"))
    assert [listed[name] for name in ("run", "state", "made", "by")] == [run_id, "done", 3, ME]
    assert run_id in run("replay", "--runs").out
    told = run("replay", "--undo", run_id)
    assert "would give up 3 of the run that are not sent yet" in told.out
    assert [one.status.value for one in deliveries(hub)[3:]] == ["WAITING"] * 3
    undone = said(run("replay", "--undo", run_id, "--apply", "--reason", "the wrong recipient", "--json"))
    assert (undone["given_up"], undone["done"]) == (3, True)
    assert {(one.status.value, one.reason) for one in deliveries(hub)[3:]} == {("DISCARDED", "the wrong recipient")}
    assert said(run("replay", "--runs", "--json"))["state"] == "undone"


def test_what_is_left_out_is_said_with_a_message_as_an_example(
    run: Callable[..., Run], hub: Hub, tmp_path: Path
) -> None:
    planned = COURT.format(folder=tmp_path).replace('agency = "court"', 'agency = "court"\nstatus = "planned"')
    (tmp_path / "config" / "parties" / "court.toml").write_text(planned)
    told = run("replay", "--endpoint", "court")
    assert told.code == 1
    assert "its party is planned, not live" in told.out
    assert any(one.message_id in told.out for one in deliveries(hub))
    assert applied(run, "--endpoint", "court")["made"] == 0
    assert len(deliveries(hub)) == 3


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ([], "say what is to be replayed"),
        (["--type", "Letter"], "--type: there is no 'Letter'"),
        (["--status", "LOST", "--endpoint", "nowhere"], "--endpoint: there is no 'nowhere'"),
        (["--to", "nowhere", "--from", "force-41"], "--to: there is no 'nowhere'"),
        (["--case", "99XX9999926"], "no case in this ledger is called"),
        (["--from", "force-41", "--apply"], "--reason: say why"),
        (["--undo", "x", "--from", "force-41"], "--undo takes no other selection"),
        (["--since", "2026-07-01 14:00"], "is not a moment by a clock"),
    ],
)
def test_what_cannot_be_meant_is_wrong_usage(run: Callable[..., Run], hub: Hub, words: list[str], why: str) -> None:
    told = run("replay", *words)
    assert told.code == 2
    assert why in told.err
    assert len(deliveries(hub)) == 3


@pytest.mark.parametrize(("answer", "code", "made"), [("n", 1, 0), ("y", 0, 3)])
def test_at_a_terminal_it_counts_and_asks_first(tmp_path: Path, hub: Hub, answer: str, code: int, made: int) -> None:
    typing, terminal = pty.openpty()
    os.write(typing, f"{answer}\n".encode())
    words = ["replay", "--endpoint", "court", "--apply", "--reason", "they lost them"]
    place = ["--data", str(tmp_path / "data"), "--config", str(tmp_path / "config")]
    done = subprocess.run(
        [sys.executable, "-m", "hub", *words, *place], stdin=terminal, capture_output=True, text=True, timeout=60
    )
    os.close(typing)
    os.close(terminal)
    assert done.returncode == code, done.stderr
    assert "Replay 3 deliveries?" in done.stderr
    assert len(deliveries(hub)) == 3 + made


def test_an_unknown_run_cannot_be_taken_back(run: Callable[..., Run], hub: Hub) -> None:
    told = run("replay", "--undo", "nothing", "--apply", "--reason", "x")
    assert (told.code, "no replay run has the id nothing" in told.err) == (1, True)
