"""A party that is planned again after it was live: whatever key it has, nothing of it is taken."""

from pathlib import Path

from tests.hubs import FORCE, running_hub, web_door
from tests.papers import case_file

PLANNED = FORCE.replace('agency = "police"', 'agency = "police"\nstatus = "planned"')


def test_a_key_from_before_is_refused_every_document(tmp_path: Path) -> None:
    for text, status in ((FORCE, 202), (PLANNED, 422)):
        with running_hub(tmp_path / str(status), {"force-41": text}) as hub, web_door(hub) as client:
            answer = client("force-41").post("/v1/messages", case_file())
            assert answer.status == status
    assert [fault["rule"] for fault in answer.json()["faults"]] == ["dialect-not-allowed"]
