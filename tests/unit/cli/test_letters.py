"""cjhub delivery list and show, and retry and discard of many: counts first, a dry run first, bytes for a reason only."""

import json
import os
import pty
import subprocess
import sys
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest

from hub.ledger import Ledger
from hub.ledger.admission import OrderKey
from hub.ledger.attempt import KeptOutbound
from hub.message.lifecycle import DeliveryEvent
from tests.doubles.traffic import Desk, end
from tests.unit.cli.conftest import Run, fail
from tests.unit.cli.test_delivery import ME

REFUSED = "Connection refused"


@pytest.fixture
def dead(desk: Desk, ledger: Ledger) -> list[str]:
    """Four dead letters to the court, three of them for one reason."""
    ids = []
    for number, reason in enumerate((REFUSED, REFUSED, "attempts used", REFUSED)):
        ids += desk.record(ledger, f"d{number}", "court", urn=OrderKey("PTIURN", str(number)))
        fail(ledger, ids[-1], DeliveryEvent.EXHAUST, reason=reason)
        desk.clock.advance(60)
    return ids


def status(ledger: Ledger, *ids: str) -> list[str]:
    return [row.status.value for id in ids if (row := ledger.delivery(id))]


def lines(told: Run) -> list[dict[str, object]]:
    return [json.loads(line) for line in told.out.splitlines()]


def test_the_list_counts_by_endpoint_and_reason(run: Callable[..., Run], dead: list[str]) -> None:
    counted = lines(run("delivery", "list", "--json"))
    assert [(one["endpoint"], one["status"], one["reason"], one["count"]) for one in counted] == [
        ("court", "DEAD", REFUSED, 3),
        ("court", "DEAD", "attempts used", 1),
    ]
    assert counted[0]["oldest"] == "2026-03-02T09:00:00.000Z"
    assert "4 deliveries" in run("delivery", "list").out


def test_the_list_names_each_and_says_where_it_goes_on(run: Callable[..., Run], dead: list[str]) -> None:
    *first, more = lines(run("delivery", "list", "--each", "--limit", 3, "--json"))
    rest = lines(run("delivery", "list", "--each", "--limit", 3, "--after", more["next"], "--json"))
    assert [one["id"] for one in (*first, *rest)] == dead
    assert run("delivery", "list", "--each").out.count("d0") == 1


def test_the_list_is_narrowed_and_says_what_it_does_not_know(run: Callable[..., Run], dead: list[str]) -> None:
    since = lines(run("delivery", "list", "--each", "--since", "2026-03-02 09:02 London", "--json"))
    assert [one["id"] for one in since] == dead[2:]
    assert lines(run("delivery", "list", "--status", "ACKNOWLEDGED", "--json")) == []
    told = run("delivery", "list", "--status", "LOST", "--endpoint", "nowhere")
    assert told.code == 2
    assert "no 'LOST'" in told.err
    assert "no 'nowhere'" in told.err
    assert run("delivery", "list", "--since", "2026-03-02 09:02").code == 2


# --- one, with its bytes


def test_show_tells_attempts_answers_and_the_hash_of_the_bytes_but_not_the_bytes(
    run: Callable[..., Run], desk: Desk, ledger: Ledger
) -> None:
    (id,) = desk.record(ledger, "m1", "court")
    claimed = ledger.claim_delivery(id, 60)
    assert claimed is not None
    body = b"<secret>Ada</secret>"
    ledger.keep_outbound(id, claimed.fence, KeptOutbound(body=body, content_type="text/xml"))
    ledger.settle(end(claimed, DeliveryEvent.EXHAUST, reason="final", answer="status 400"))
    (said,) = lines(run("delivery", "show", id, "--json"))
    assert (said["status"], said["attempts"], said["answer"], said["reason"]) == ("DEAD", 1, "status 400", "final")
    assert said["bytes"] == {"size": len(body), "sha256": sha256(body).hexdigest(), "content_type": "text/xml"}
    assert [step["action"] for step in said["steps"]] == ["queued", "encoded", "dead"]  # type: ignore[attr-defined]
    told = run("delivery", "show", id)
    assert sha256(body).hexdigest() in told.out
    assert "Ada" not in told.out
    assert f"cjhub delivery retry {id}" in told.out


def test_the_bytes_are_printed_for_a_reason_that_the_audit_keeps(
    run: Callable[..., Run], desk: Desk, ledger: Ledger
) -> None:
    (id,) = desk.record(ledger, "m1", "court")
    assert run("delivery", "show", id, "--body", "--reason", "asked for").code == 1
    claimed = ledger.claim_delivery(id, 60)
    assert claimed is not None
    ledger.keep_outbound(id, claimed.fence, KeptOutbound(body=b"<m>1</m>", content_type="text/xml"))
    assert run("delivery", "show", id, "--body").code == 2
    assert [line.action for line in ledger.audit_of("delivery", id)] == ["queued", "encoded"]
    assert run("delivery", "show", id, "--body", "--reason", "asked for").out == "<m>1</m>"
    line = ledger.audit_of("delivery", id)[-1]
    assert (line.action, line.actor, line.detail["reason"]) == ("read", ME, "asked for")


def test_show_of_an_id_that_nothing_has_ends_with_1(run: Callable[..., Run], ledger: Ledger) -> None:
    assert run("delivery", "show", "nothing").code == 1


# --- many


def test_many_are_counted_first_and_changed_only_with_apply(
    run: Callable[..., Run], ledger: Ledger, dead: list[str]
) -> None:
    words = ("delivery", "retry", "--endpoint", "court", "--reason-like", "refused", "--reason", "their server is back")
    told = run(*words)
    assert told.code == 0
    assert "dry run: would send again 3 deliveries (3 DEAD to court); nothing was changed" in told.out
    assert status(ledger, *dead) == ["DEAD"] * 4
    assert "dry run" in run(*words, "--apply", "--dry-run").out
    assert status(ledger, *dead) == ["DEAD"] * 4
    told = run(*words, "--apply")
    assert "due again: 3 of 3 deliveries (3 DEAD to court)" in told.out
    assert status(ledger, *dead) == ["DUE", "DUE", "DEAD", "DUE"]
    line = ledger.audit_of("delivery", dead[0])[-1]
    assert (line.action, line.actor, line.detail["reason"]) == ("revive", ME, "their server is back")


def test_many_are_given_up_page_after_page(run: Callable[..., Run], desk: Desk, ledger: Ledger) -> None:
    ids = []
    for number in range(230):
        ids += desk.record(ledger, f"p{number}", "court", urn=OrderKey("PTIURN", f"p{number}"))
        fail(ledger, ids[-1], DeliveryEvent.REJECT, reason="wrong court")
    told = run("delivery", "discard", "--status", "INVALID", "--reason", "sent by hand", "--apply", "--json")
    assert (lines(told)[0]["count"], lines(told)[0]["asked_for"]) == (230, 230)
    assert set(status(ledger, *ids)) == {"DISCARDED"}


@pytest.mark.parametrize(("answer", "code", "ends"), [("n", 1, "DEAD"), ("y", 0, "DISCARDED")])
def test_at_a_terminal_many_are_asked_about_with_their_number(
    tmp_path: Path, config: Path, ledger: Ledger, dead: list[str], answer: str, code: int, ends: str
) -> None:
    typing, terminal = pty.openpty()
    os.write(typing, f"{answer}\n".encode())
    words = ["delivery", "discard", "--endpoint", "court", "--apply", "--reason", "sent by hand"]
    place = ["--data", str(tmp_path / "data"), "--config", str(config)]
    done = subprocess.run(
        [sys.executable, "-m", "hub", *words, *place], stdin=terminal, capture_output=True, text=True, timeout=60
    )
    os.close(typing)
    os.close(terminal)
    assert done.returncode == code, done.stderr
    assert "Give up, for good, 4 deliveries (4 DEAD to court)?" in done.stderr
    assert status(ledger, *dead) == [ends] * 4


def test_what_is_not_a_selection_or_allows_no_such_act_is_wrong_usage(
    run: Callable[..., Run], ledger: Ledger, dead: list[str]
) -> None:
    assert run("delivery", "retry", "--reason", "all of them", "--apply").code == 2
    assert run("delivery", "retry", dead[0], "--endpoint", "court", "--reason", "both").code == 2
    told = run("delivery", "retry", "--status", "ACKNOWLEDGED", "--reason", "x", "--apply")
    assert (told.code, "allows no retry" in told.err) == (2, True)
    assert status(ledger, *dead) == ["DEAD"] * 4


def test_a_dry_run_of_one_retry_changes_nothing(run: Callable[..., Run], ledger: Ledger, dead: list[str]) -> None:
    assert "dry run: would send" in run("delivery", "retry", dead[0], "--dry-run", "--reason", "x").out
    assert status(ledger, dead[0]) == ["DEAD"]
