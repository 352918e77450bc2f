"""cjhub delivery: each act is kept with who and why, says what comes next, and is refused with what is possible."""

import json
import os
import pty
import pwd
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from hub.ledger import Ledger
from hub.ledger.attempt import EndpointConfig
from hub.message.lifecycle import DeliveryEvent, OnDead
from tests.doubles.traffic import Desk
from tests.hubs import COURT, FORCE, running_hub, wait_until
from tests.papers import case_file
from tests.unit.cli.conftest import OURS, PARTIES, Run, fail

ME = f"operator:{pwd.getpwuid(os.getuid()).pw_name}"


@pytest.fixture
def lane(desk: Desk, ledger: Ledger) -> list[str]:
    """Three deliveries of one case, the first of them dead."""
    ids = [desk.record(ledger, id, "court")[0] for id in ("m1", "m2", "m3")]
    fail(ledger, ids[0], DeliveryEvent.EXHAUST, reason="attempts used")
    return ids


def status(ledger: Ledger, *ids: str) -> list[str]:
    return [row.status.value for id in ids if (row := ledger.delivery(id))]


def last_act(ledger: Ledger, id: str) -> tuple[str, str, object]:
    line = ledger.audit_of("delivery", id)[-1]
    return (line.action, line.actor, line.detail["reason"])


# --- what is done


def test_a_retry_makes_it_due_again_and_says_that_others_wait(
    run: Callable[..., Run], ledger: Ledger, lane: list[str]
) -> None:
    told = run("delivery", "retry", lane[0], "--reason", "their server is back")
    assert told.code == 0
    assert told.out.strip() == (
        f"delivery {lane[0]} to court, which was DEAD, is due again: "
        "attempt 2 goes as soon as a worker is free; 2 wait behind it"
    )
    assert "no hub runs on this data folder" in told.err
    assert status(ledger, *lane) == ["DUE", "WAITING", "WAITING"]
    assert last_act(ledger, lane[0]) == ("revive", ME, "their server is back")


def test_a_retry_to_a_held_endpoint_says_how_to_release_it(
    run: Callable[..., Run], ledger: Ledger, lane: list[str]
) -> None:
    ledger.hold("court", "operator:test", "their maintenance")
    told = run("delivery", "retry", lane[0], "--reason", "mended")
    assert 'is released (cjhub endpoint release court --reason "...")' in told.out


def test_a_discarded_delivery_lets_the_next_go_and_names_it(
    run: Callable[..., Run], ledger: Ledger, lane: list[str]
) -> None:
    told = run("delivery", "discard", lane[0], "--reason", "sent by hand")
    assert told.out.strip() == (
        f"gave up delivery {lane[0]} to court, which was DEAD; "
        f"2 wait behind it: delivery {lane[1]} goes as soon as a worker is free"
    )
    assert status(ledger, *lane) == ["DISCARDED", "DUE", "WAITING"]
    assert last_act(ledger, lane[0]) == ("discarded", ME, "sent by hand")


def test_what_is_discarded_in_the_middle_of_a_lane_opens_nothing(
    run: Callable[..., Run], ledger: Ledger, lane: list[str]
) -> None:
    told = run("delivery", "discard", lane[1], "--reason", "not wanted")
    assert "1 waits behind it; what goes before it still goes first" in told.out
    assert status(ledger, *lane) == ["DEAD", "DISCARDED", "WAITING"]


def test_others_are_let_past_a_stopped_delivery_which_stays(
    run: Callable[..., Run], ledger: Ledger, lane: list[str]
) -> None:
    told = run("delivery", "let-pass", lane[0], "--reason", "urgent warrant behind it", "--json")
    said = json.loads(told.out)
    assert (said["done"], said["was"], said["status"], said["behind"]) == (True, "DEAD", "DEAD", 2)
    assert status(ledger, *lane) == ["DEAD", "DUE", "WAITING"]
    assert last_act(ledger, lane[0]) == ("passed", ME, "urgent warrant behind it")


@pytest.fixture
def canonical(config: Path) -> bytes:
    """A case file, which the routes of a court's file give it as an exchange message."""
    text = PARTIES["north-court"].replace("north-court", "court").replace("{out}", str(config / "out"))
    (config / "parties" / "court.toml").write_text(text)
    return (OURS / "case-file.xml").read_bytes()


def test_a_replay_is_a_new_delivery_whose_id_is_told(
    run: Callable[..., Run], desk: Desk, ledger: Ledger, canonical: bytes
) -> None:
    (first,) = desk.record(ledger, "m1", "court", dialect="exchange", canonical=canonical)
    fail(ledger, first, DeliveryEvent.ACKNOWLEDGE)
    said = json.loads(run("delivery", "replay", first, "--reason", "they lost it", "--json").out)
    made = ledger.delivery(said["replay"])
    assert made is not None
    assert (made.replays, made.status.value) == (first, "DUE")
    assert said["words"].endswith("it goes as soon as a worker is free")
    assert last_act(ledger, first) == ("replayed", ME, "they lost it")


def test_a_replay_of_what_is_in_the_way_waits_behind_it_and_says_so(
    run: Callable[..., Run], desk: Desk, ledger: Ledger, canonical: bytes
) -> None:
    (first,) = desk.record(ledger, "m1", "court", dialect="exchange", canonical=canonical)
    fail(ledger, first, DeliveryEvent.REJECT, reason="wrong court")
    told = run("delivery", "replay", first, "--reason", "made anew")
    until = f'until that is given up (cjhub delivery discard {first} --reason "...")'
    assert f"it waits its turn behind delivery {first}, which is INVALID, {until}" in told.out


@pytest.mark.parametrize(
    ("before", "after", "why"),
    [
        (
            'as = "exchange"',
            'as = "exchange"\nwhere = { court = ["C99*"] }',
            "not entitled now: no route of its file gives it this message",
        ),
        ('as = "exchange"', 'as = "spi-case"', "its route names another dialect now"),
        ('agency = "court"', 'agency = "court"\nstatus = "planned"', "its party is planned, not live"),
    ],
)
def test_what_a_route_would_not_give_now_is_not_replayed(
    run: Callable[..., Run],
    desk: Desk,
    ledger: Ledger,
    config: Path,
    canonical: bytes,
    before: str,
    after: str,
    why: str,
) -> None:
    (first,) = desk.record(ledger, "m1", "court", dialect="exchange", canonical=canonical)
    fail(ledger, first, DeliveryEvent.ACKNOWLEDGE)
    file = config / "parties" / "court.toml"
    file.write_text(file.read_text().replace(before, after))
    told = run("delivery", "replay", first, "--reason", "they lost it")
    assert (told.code, f"it cannot be replayed: {why}" in told.err) == (1, True)
    assert [one.id for one in ledger.deliveries_of("m1")] == [first]


def test_who_acted_is_the_user_of_the_process_whatever_the_environment_says(
    run: Callable[..., Run], ledger: Ledger, lane: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOGNAME", "somebody-else")
    monkeypatch.setenv("USER", "somebody-else")
    assert run("delivery", "retry", lane[0], "--reason", "mended").code == 0
    assert last_act(ledger, lane[0])[1] == ME


def test_a_hub_that_runs_goes_on_with_what_an_operator_sends_again(run: Callable[..., Run], tmp_path: Path) -> None:
    force = FORCE + 'folder = "{folder}/force"\n'
    with running_hub(tmp_path, {"force-41": force, "court": COURT}) as hub:
        writers = hub.sending.writers
        object.__setattr__(hub.sending, "writers", {})  # a release that cannot write the court's dialect
        (tmp_path / "force").mkdir(exist_ok=True)
        (tmp_path / "force" / ".case.xml").write_bytes(case_file())
        (tmp_path / "force" / ".case.xml").rename(tmp_path / "force" / "case.xml")
        message = wait_until(lambda: hub.ledger.recent(1))[0]
        dead = wait_until(
            lambda: [row for row in hub.ledger.deliveries_of(message.id) if row.status.value == "DEAD"],
        )[0]
        object.__setattr__(hub.sending, "writers", writers)
        assert run("delivery", "retry", dead.id, "--reason", "the release was mended").code == 0
        wait_until(lambda: status(hub.ledger, dead.id) == ["ACKNOWLEDGED"])


# --- what is only asked


@pytest.mark.parametrize("act", ["discard", "let-pass"])
def test_a_dry_run_says_what_would_go_next_and_changes_nothing(
    run: Callable[..., Run], ledger: Ledger, lane: list[str], act: str
) -> None:
    before = ledger.audit_of("delivery", lane[0])
    told = run("delivery", act, lane[0], "--reason", "to see", "--dry-run", "--json")
    said = json.loads(told.out)
    assert (told.code, told.err) == (0, "")
    assert (said["done"], said["dry_run"], said["behind"], said["next"]) == (False, True, 2, lane[1])
    assert f"2 wait behind it: delivery {lane[1]} goes as soon as a worker is free" in said["words"]
    assert status(ledger, *lane) == ["DEAD", "WAITING", "WAITING"]
    assert ledger.audit_of("delivery", lane[0]) == before


@pytest.mark.parametrize(("answer", "code", "ends"), [("n", 1, "DEAD"), ("y", 0, "DISCARDED")])
def test_discard_asks_at_a_terminal(
    tmp_path: Path, config: Path, ledger: Ledger, lane: list[str], answer: str, code: int, ends: str
) -> None:
    typing, terminal = pty.openpty()
    os.write(typing, f"{answer}\n".encode())
    words = ["delivery", "discard", lane[0], "--reason", "sent by hand", "--data", str(tmp_path / "data")]
    done = subprocess.run(
        [sys.executable, "-m", "hub", *words, "--config", str(config)],
        stdin=terminal,
        capture_output=True,
        text=True,
        timeout=60,
    )
    os.close(typing)
    os.close(terminal)
    assert done.returncode == code, done.stderr
    assert f"Give up delivery {lane[0]} to court, which is DEAD, for good (2 wait behind it" in done.stderr
    assert status(ledger, lane[0]) == [ends]


def test_discard_does_not_ask_where_it_is_told_not_to(
    tmp_path: Path, config: Path, ledger: Ledger, lane: list[str]
) -> None:
    typing, terminal = pty.openpty()
    words = ["delivery", "discard", lane[0], "--reason", "sent by hand", "--yes", "--data", str(tmp_path / "data")]
    done = subprocess.run(
        [sys.executable, "-m", "hub", *words, "--config", str(config)],
        stdin=terminal,
        capture_output=True,
        text=True,
        timeout=60,
    )
    os.close(typing)
    os.close(terminal)
    assert done.returncode == 0, done.stderr
    assert status(ledger, lane[0]) == ["DISCARDED"]


# --- what is refused


@pytest.mark.parametrize("act", ["retry", "discard", "let-pass", "replay"])
def test_an_unknown_delivery_ends_with_1(run: Callable[..., Run], ledger: Ledger, act: str) -> None:
    told = run("delivery", act, "nothing", "--reason", "a slip of the pen")
    assert told.code == 1
    assert "no delivery has the id nothing" in told.err


@pytest.mark.parametrize("reason", [(), ("--reason", " "), ("--reason", "...")])
@pytest.mark.parametrize("act", ["retry", "discard", "let-pass", "replay"])
def test_without_a_reason_nothing_is_done(
    run: Callable[..., Run], ledger: Ledger, lane: list[str], act: str, reason: tuple[str, ...]
) -> None:
    assert run("delivery", act, lane[0], *reason).code == 2
    assert status(ledger, *lane) == ["DEAD", "WAITING", "WAITING"]


@pytest.mark.parametrize(
    ("act", "why"),
    [("retry", "it cannot be retried"), ("let-pass", "others cannot be let past it"), ("replay", "cannot be replayed")],
)
def test_what_is_on_its_way_can_only_be_given_up(
    run: Callable[..., Run], ledger: Ledger, lane: list[str], act: str, why: str
) -> None:
    told = run("delivery", act, lane[1], "--reason", "impatience", "--json")
    said = json.loads(told.out)
    assert told.code == 1
    assert (said["done"], said["status"]) == (False, "WAITING")
    assert said["possible"] == [f'cjhub delivery discard {lane[1]} --reason "..."']
    assert f"delivery {lane[1]} to court is WAITING" in told.err
    assert why in told.err
    assert status(ledger, *lane) == ["DEAD", "WAITING", "WAITING"]


def test_while_an_attempt_is_under_way_it_says_when_that_ends(
    run: Callable[..., Run], desk: Desk, ledger: Ledger
) -> None:
    (id,) = desk.record(ledger, "m1", "court")
    ledger.claim_delivery(id, 60)
    told = run("delivery", "discard", id, "--reason", "impatience")
    assert told.code == 1
    assert "it cannot be given up before the attempt ends, by 09:01:00 UTC at the latest" in told.err
    assert f"cjhub trace {id}" in told.err
    assert status(ledger, id) == ["SENDING"]


def test_what_is_settled_can_only_be_replayed(run: Callable[..., Run], desk: Desk, ledger: Ledger) -> None:
    (id,) = desk.record(ledger, "m1", "court")
    fail(ledger, id, DeliveryEvent.ACKNOWLEDGE)
    for act in ("retry", "discard", "let-pass"):
        told = run("delivery", act, id, "--reason", "a slip of the pen", "--json")
        assert told.code == 1
        assert json.loads(told.out)["possible"] == [f'cjhub delivery replay {id} --reason "..."']


@pytest.mark.parametrize("dry", [(), ("--dry-run",)])
def test_others_are_let_past_once(
    run: Callable[..., Run], ledger: Ledger, lane: list[str], dry: tuple[str, ...]
) -> None:
    assert run("delivery", "let-pass", lane[0], "--reason", "urgent").code == 0
    told = run("delivery", "let-pass", lane[0], "--reason", "twice", *dry)
    assert told.code == 1
    assert "others pass it already" in told.err


@pytest.mark.parametrize("dry", [(), ("--dry-run",)])
def test_where_the_endpoint_lets_the_dead_be_passed_there_is_nothing_to_do(
    run: Callable[..., Run], desk: Desk, ledger: Ledger, dry: tuple[str, ...]
) -> None:
    ledger.upsert_endpoints([EndpointConfig(code="court", party="court", on_dead=OnDead.PASS)])
    (id,) = desk.record(ledger, "m1", "court")
    fail(ledger, id, DeliveryEvent.EXHAUST)
    told = run("delivery", "let-pass", id, "--reason", "urgent", *dry)
    assert told.code == 1
    assert "others pass it already" in told.err


def test_a_retried_delivery_is_claimed_with_its_next_attempt(
    run: Callable[..., Run], desk: Desk, ledger: Ledger, lane: list[str]
) -> None:
    run("delivery", "retry", lane[0], "--reason", "mended")
    desk.clock.at = datetime.now(UTC)
    claimed = ledger.claim_delivery(lane[0], 60)
    assert claimed is not None
    assert claimed.attempt == 2
