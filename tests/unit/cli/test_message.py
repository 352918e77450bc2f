"""cjhub message: run again where its status allows it, with who and why in the audit."""

import json
import os
import pwd
from collections.abc import Callable

import pytest

from hub.ledger import Ledger
from hub.message.lifecycle import MessageStatus
from tests.doubles.traffic import URN, Desk, admission, new_message
from tests.unit.cli.conftest import Run


@pytest.fixture
def buried(ledger: Ledger) -> str:
    """A message that a defect of ours stopped."""
    ledger.admit(admission("m1", new_message("m1", URN)))
    assert ledger.bury("m1", "TypeError at record.py:1")
    return "m1"


def test_a_buried_message_is_run_again(run: Callable[..., Run], ledger: Ledger, buried: str) -> None:
    told = run("message", "rerun", buried, "--reason", "the release mends it")
    row = ledger.message(buried)
    assert told.code == 0
    assert told.out.strip() == (
        f"message {buried}, which was BURIED, is to be recorded and routed again: see cjhub trace {buried}"
    )
    assert row is not None
    assert row.status is MessageStatus.ACCEPTED
    line = ledger.audit_of("message", buried)[-1]
    me = f"operator:{pwd.getpwuid(os.getuid()).pw_name}"
    assert (line.action, line.actor, line.detail["reason"]) == ("rerun", me, "the release mends it")


def test_programs_get_the_status_before_and_after(run: Callable[..., Run], buried: str) -> None:
    said = json.loads(run("message", "rerun", buried, "--reason", "mended", "--json").out)
    assert (said["done"], said["was"], said["status"]) == (True, "BURIED", "ACCEPTED")


def test_a_recorded_message_is_refused_with_its_status_and_which_ones_can_be(
    run: Callable[..., Run], desk: Desk, ledger: Ledger
) -> None:
    desk.record(ledger, "m1", "court")
    told = run("message", "rerun", "m1", "--reason", "once more", "--json")
    assert told.code == 1
    assert "message m1 is RECORDED" in told.err
    assert "only UNMATCHED, STRANDED and BURIED ones can be run again" in told.err
    assert json.loads(told.out)["possible"] == ["cjhub trace m1"]
    assert [line.action for line in ledger.audit_of("message", "m1")].count("rerun") == 0


def test_an_unknown_message_ends_with_1(run: Callable[..., Run], ledger: Ledger) -> None:
    told = run("message", "rerun", "nothing", "--reason", "a slip of the pen")
    assert told.code == 1
    assert "no message has the id nothing" in told.err


def test_without_a_reason_nothing_is_done(run: Callable[..., Run], ledger: Ledger, buried: str) -> None:
    assert run("message", "rerun", buried).code == 2
    row = ledger.message(buried)
    assert row is not None
    assert row.status is MessageStatus.BURIED
