"""What a force's submissions fail on, from the door to the letter, without a name or a value in it."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import structlog
from typer.testing import CliRunner

from hub.assemble import clock
from hub.cli import app
from hub.contract import Trust
from hub.flow.accept import Arrival
from hub.flow.judge import Terms
from hub.flow.ruling import Ruling
from hub.message.errors import Defect
from hub.quality.weeks import last_weeks
from tests.hubs import COURT, FORCE, running_hub, wait_until, web_door
from tests.papers import case_file

GENERIC = case_file("c-1", "41ZD0000126", "Hushford").replace(b"TH68010", b"998")
TOMORROW = case_file("c-2", "41ZE0000226", "Hushford", 18).replace(b"2027-03-20", b"Hushford")
CUT_OFF = case_file("c-3", "41ZE0000326", "Hushford", 19)[:-40]


@pytest.fixture(autouse=True)
def logs_as_before() -> Iterator[None]:
    """A command sets the log up for itself."""
    yield
    structlog.reset_defaults()


def fails(_raw: bytes, _trust: Trust, _at: object, _terms: Terms) -> Ruling:
    raise Defect("a judge died")


def test_refusals_warnings_and_our_own_defects_are_counted_and_no_value_is_shown(tmp_path: Path) -> None:
    with running_hub(tmp_path, {"force-41": FORCE, "court": COURT}) as hub:
        trust = hub.flow.trust_of("force-41")
        door = hub.flow.door
        outcomes = [door(Arrival(raw=raw, trust=trust, door="test")).outcome for raw in (GENERIC, TOMORROW, CUT_OFF)]
        assert outcomes == ["accepted", "refused", "refused"]
        failing = replace(hub.flow, rule=fails, shelf=hub.flow.shelf)
        arrival = Arrival(raw=b"<odd/>", trust=trust, door="test")
        hub.worker.stop()  # or it would judge the document before we do
        failing.judge_later(failing.door(arrival).submission_id)
        (week,) = last_weeks(1, clock())
        found = {(row.rule, row.severity, row.unit) for row in hub.ledger.quality("force-41", week.since, week.until)}
    assert found >= {
        ("OFFENCE_CODE_IS_GENERIC", "warning", "41ZD"),
        ("schema-type", "error", "41ZE"),
        ("xml-malformed", "error", None),
        ("hub-defect", "error", None),
    }
    for form in ([], ["--digest"], ["--csv"], ["--json"]):
        given = ["quality", "--force", "force-41", "--weeks", "1", *form, "--data", str(tmp_path / "data")]
        shown = CliRunner().invoke(app, [*given, "--config", str(tmp_path / "config")])
        assert shown.exit_code == 0
        assert "schema-type" in shown.stdout
        assert not [value for value in ("Hushford", "41ZE0000226", "1990-01-31", "Ada") if value in shown.stdout]


def test_the_letter_is_sent_once_a_week_as_a_message_that_only_the_force_can_read(tmp_path: Path) -> None:
    given = ["quality", "--force", "force-41", "--digest", "--send"]
    place = ["--data", str(tmp_path / "data"), "--config", str(tmp_path / "config")]
    with running_hub(tmp_path, {"force-41": FORCE, "court": COURT}) as hub, web_door(hub) as client:
        hub.flow.door(Arrival(raw=TOMORROW, trust=hub.flow.trust_of("force-41"), door="test"))
        letter = CliRunner().invoke(app, [*given[:-1], "--weeks", "1", *place])
        codes = [
            CliRunner().invoke(app, [*given, "--weeks", "1", *more, *place]).exit_code for more in ([], [], ["--again"])
        ]
        assert codes == [0, 1, 0]

        def told() -> list[dict[str, Any]]:
            events = client("force-41").get("/v1/feed").json()["events"]
            return [one["data"] for one in events if one["type"] == "QualityDigest"]

        first, second = wait_until(lambda: (found := told()) and len(found) == 2 and found)
        (week,) = last_weeks(1, clock())
        assert first == second == {"type": "QualityDigest", "week": week.label, "text": letter.stdout}
        assert client("court").get("/v1/feed").json()["events"] == []
        assert [row.action for row in hub.ledger.audit_of("digest", f"force-41/{week.label}")] == ["sent", "sent"]
