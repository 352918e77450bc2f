"""A file of many cases: kept at once, judged case by case, and its sender told of each that was refused."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog
from typer.testing import CliRunner

from hub.cli import app
from hub.contract import Trust
from hub.flow.accept import Arrival
from hub.flow.judges import Judges, Recipe
from hub.ledger.admission import Verdict
from tests.doubles.deadly import DEADLY
from tests.extracts import WESTBECK, extract, urn
from tests.hubs import Hub, running_hub, wait_until, web_door

TRUST = Trust(party="force-41", agency="police")


@pytest.fixture(autouse=True)
def logs_as_before() -> Iterator[None]:
    """A command sets the log up for itself."""
    yield
    structlog.reset_defaults()


def judged(hub: Hub, submission_id: str) -> Any:
    """The submission once it is judged to its end."""

    def done() -> Any:
        row = hub.ledger.submission(submission_id)
        return row if row is not None and row.verdict is not Verdict.PENDING else None

    return wait_until(done, 60)


def sent(hub: Hub, raw: bytes) -> str:
    answer = hub.flow.door(Arrival(raw=raw, trust=TRUST, door="test"))
    assert answer.outcome == "pending"
    return answer.submission_id


def test_good_cases_go_on_and_the_sender_reads_which_were_refused_and_why(tmp_path: Path) -> None:
    with running_hub(tmp_path, {"force-41": WESTBECK}) as hub, web_door(hub) as client:
        raw = extract(7, without_urn={3})
        answer = client("force-41").post("/v1/messages", raw)
        assert (answer.status, answer.json()["status"], answer.json()["messages"]) == (202, "pending", [])
        id = answer.json()["submission"]
        judged(hub, id)
        force = client("force-41")
        told = force.get(f"/v1/submissions/{id}/outcome").json()
        assert (told["status"], told["cases"]) == (
            "accepted",
            {"total": 7, "judged": 7, "accepted": 6, "refused": 1},
        )
        errors = [fault for fault in told["faults"] if fault["severity"] == "error"]
        assert [(fault["case"], fault["line"], fault["rule"]) for fault in errors] == [(3, 4, "required")]
        assert "ptiurn" in errors[0]["words"]
        assert [one["case"] for one in told["messages"]] == [1, 2, 4, 5, 6, 7]
        first = force.get(f"/v1/submissions/{id}/outcome?limit=4").json()
        rest = force.get(f"/v1/submissions/{id}/outcome?limit=4&after={first['next']}").json()
        assert ([*first["messages"], *rest["messages"]], rest["next"]) == (told["messages"], None)
        assert client("another").get(f"/v1/submissions/{id}/outcome").status == 404
        again = force.post("/v1/messages", raw)
        assert (again.status, again.data) == (202, answer.data)  # the first receipt, byte for byte


def test_trace_and_validate_show_how_many_cases_were_refused_and_which(tmp_path: Path) -> None:
    file = tmp_path / "night.zip"
    file.write_bytes(extract(7, without_urn={3}))
    with running_hub(tmp_path, {"force-41": WESTBECK}) as hub:
        id = sent(hub, file.read_bytes())
        judged(hub, id)
        place = ["--data", str(tmp_path / "data"), "--config", str(tmp_path / "config")]
        shown = CliRunner().invoke(app, ["trace", id, *place]).stdout
        counts = json.loads(CliRunner().invoke(app, ["trace", id, "--json", *place]).stdout)["submission"]["cases"]
    assert "7 of 7 cases judged  6 accepted  1 refused" in shown
    assert re.search(r"\n\s*3 +4 +error +required ", shown)
    assert counts == {"total": 7, "judged": 7, "accepted": 6, "refused": 1}
    checked = CliRunner().invoke(app, ["validate", str(file), "--json"])
    told = json.loads(checked.stdout)
    assert (checked.exit_code, told["verdict"], told["cases"]) == (1, "accepted", {"total": 7, "refused": 1})
    out = CliRunner().invoke(app, ["normalise", str(file), "--out", str(tmp_path / "out")])
    assert out.exit_code == 1
    names = [f"night-{number:03d}.xml" for number in (1, 2, 4, 5, 6, 7)]
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == names


def test_the_end_of_the_judging_stands_in_the_senders_feed(tmp_path: Path) -> None:
    with running_hub(tmp_path, {"force-41": WESTBECK}) as hub, web_door(hub) as client:
        id = sent(hub, extract(2, without_urn={1}))
        judged(hub, id)

        def told() -> Any:
            events = client("force-41").get("/v1/feed").json()["events"]
            return [one for one in events if one["type"] == "SubmissionJudged"]

        [event] = wait_until(told)
        assert event["data"] == {
            "type": "SubmissionJudged", "submission": id, "verdict": "accepted", "total": 2, "accepted": 1, "refused": 1,
        }  # fmt: skip
        assert client("another").get("/v1/feed").json()["events"] == []


def test_a_file_that_is_wrong_as_a_whole_is_refused_whole(tmp_path: Path) -> None:
    with running_hub(tmp_path, {"force-41": WESTBECK}) as hub:
        row = judged(hub, sent(hub, extract(5, lost=True)))
        assert (row.verdict, "csv-orphan" in row.faults, row.cursor) == (Verdict.REFUSED, True, None)
        assert hub.ledger.recent(9) == ()


def test_a_file_none_of_whose_cases_can_be_accepted_is_refused_and_may_be_sent_again(tmp_path: Path) -> None:
    with running_hub(tmp_path, {"force-41": WESTBECK}) as hub:
        raw = extract(3, without_urn={1, 2, 3})
        first = sent(hub, raw)
        assert judged(hub, first).verdict is Verdict.REFUSED
        assert sent(hub, raw) != first


def test_a_case_that_kills_its_judge_is_refused_alone(tmp_path: Path) -> None:
    with running_hub(tmp_path, {"force-41": WESTBECK}) as hub:
        deadly = Judges(Recipe("tests.doubles.deadly:deadly_tools", {}), 1)
        object.__setattr__(hub.flow, "rule", deadly)
        raw = extract(6, renamed={5: DEADLY})
        try:
            row = judged(hub, sent(hub, raw))
        finally:
            deadly.close()
        assert row.verdict is Verdict.ACCEPTED
        assert '"case": 5' in row.faults and '"rule": "hub-defect"' in row.faults
        kept = sorted(one.keys[0].value for one in hub.ledger.recent(9))
        assert kept == [urn(number) for number in (1, 2, 3, 4, 6)]
