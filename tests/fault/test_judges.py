"""Judges in processes of their own: what happens when one dies or hangs."""

import os
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest

from hub.contract import Trust
from hub.flow.judge import Terms
from hub.flow.judges import Judges, Recipe
from hub.message.errors import Defect, Unavailable
from hub.message.lifecycle import MessageStatus
from tests.doubles.deadly import DEADLY
from tests.hubs import COURT, FORCE, running_hub, wait_until
from tests.papers import case_file

NOW = datetime(2026, 3, 2, tzinfo=UTC)
TRUST = Trust(party="force-41", agency="police")


@pytest.fixture
def judges() -> Iterator[Judges]:
    made = Judges(Recipe("hub.assemble:tools", {"overlay": None}), 1)
    yield made
    made.close()


def children() -> list[int]:
    return [int(pid) for task in Path("/proc/self/task").iterdir() for pid in (task / "children").read_text().split()]


def test_a_ruling_from_another_process_is_what_this_one_would_rule(judges: Judges) -> None:
    ruling = judges(case_file(), TRUST, NOW, Terms())
    assert (ruling.dialect, ruling.refused, [one.type for one in ruling.messages]) == (
        "spi-case",
        False,
        ["CaseFileSubmission"],
    )
    assert judges(b"<open>", TRUST, NOW, Terms()).refused


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="children are read from /proc")
def test_a_judge_that_dies_is_replaced_and_the_next_document_is_judged() -> None:
    others = set(children())  # a database server of the tests may be among them
    judges = Judges(Recipe("hub.assemble:tools", {"overlay": None}), 1)
    try:
        judges(case_file(), TRUST, NOW, Terms())
        for pid in set(children()) - others:
            os.kill(pid, signal.SIGKILL)
        with pytest.raises(Defect):
            judges(case_file(), TRUST, NOW, Terms())
        assert not judges(case_file(), TRUST, NOW, Terms()).refused
    finally:
        judges.close()


def test_a_document_that_kills_its_judge_takes_none_of_those_with_it_that_were_handed_over_together() -> None:
    urns = ["41ZD0000126", "41ZD0000226", DEADLY, "41ZD0000326", "41ZD0000426"]
    deadly = Judges(Recipe("tests.doubles.deadly:deadly_tools", {}), 1)

    def outcome(urn: str) -> str:
        try:
            return deadly(case_file(urn=urn), TRUST, NOW, Terms()).messages[0].keys[0].value
        except Defect:
            return "defect"

    try:
        with ThreadPoolExecutor(len(urns)) as callers:
            outcomes = list(callers.map(outcome, urns))
    finally:
        deadly.close()
    assert outcomes == [urn if urn != DEADLY else "defect" for urn in urns]


def test_judges_that_cannot_start_say_so_instead_of_trying_for_ever() -> None:
    broken = Judges(Recipe("hub.assemble:no_such_function", {}), 1)
    try:
        with pytest.raises(Unavailable):
            broken(case_file(), TRUST, NOW, Terms())
    finally:
        broken.close()


def test_a_document_on_which_our_code_fails_is_kept_and_its_sender_is_told(tmp_path: Path) -> None:
    with running_hub(tmp_path, {"force-41": FORCE, "court": COURT}) as hub:

        def fails(*_: object) -> None:
            raise Defect("no luck")

        object.__setattr__(hub.flow, "rule", fails)
        from hub.flow.accept import Arrival

        answer = hub.flow.door(Arrival(raw=case_file(), trust=TRUST, door="test"))
        assert answer.outcome == "pending"
        row = wait_until(
            lambda: (r := hub.ledger.submission(answer.submission_id)) and r.verdict.value == "refused" and r
        )
        assert "hub-defect" in row.faults
        assert hub.ledger.raw(answer.submission_id) == case_file()


def test_through_judges_a_case_file_is_recorded_and_delivered(tmp_path: Path) -> None:
    from hub.flow.accept import Arrival

    with running_hub(tmp_path, {"force-41": FORCE, "court": COURT}, judges=2) as hub:
        answer = hub.flow.door(Arrival(raw=case_file(), trust=TRUST, door="test", dialects=("spi-case",)))
        assert answer.outcome == "accepted"
        [row] = hub.ledger.recent(5)
        wait_until(lambda: (now := hub.ledger.message(row.id)) and now.status is MessageStatus.RECORDED)
        wait_until(lambda: list((tmp_path / "court").glob("*")) if (tmp_path / "court").is_dir() else False)
