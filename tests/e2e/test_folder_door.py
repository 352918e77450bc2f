"""The folder door: files are claimed, kept or refused, and answered beside."""

import json
from pathlib import Path

from hub.assemble import Hub
from tests.hubs import COURT, FORCE, running_hub, wait_until
from tests.papers import case_file

FOLDER_FORCE = FORCE + 'folder = "{folder}/force"\n'


def put(folder: Path, name: str, content: bytes) -> None:
    folder.mkdir(exist_ok=True)
    (folder / f".{name}").write_bytes(content)
    (folder / f".{name}").rename(folder / name)


def parties() -> dict[str, str]:
    return {"force-41": FOLDER_FORCE, "court": COURT}


def test_a_good_file_is_taken_with_its_receipt_beside_it(tmp_path: Path) -> None:
    inbox = tmp_path / "force"
    with running_hub(tmp_path, parties()):
        put(inbox, "case.xml", case_file())
        wait_until(lambda: (inbox / "taken" / "case.xml").exists())
    receipt = json.loads((inbox / "taken" / "case.xml.receipt.json").read_text())
    assert receipt["status"] == "accepted"
    assert receipt["messages"][0]["type"] == "CaseFileSubmission"
    assert not (inbox / "case.xml").exists()


def test_a_bad_file_is_refused_with_its_reasons_beside_it_and_the_answer_of_its_dialect(tmp_path: Path) -> None:
    inbox = tmp_path / "force"
    with running_hub(tmp_path, parties()):
        put(inbox, "bad.xml", case_file().replace(b"2027-03-20", b"tomorrow"))
        wait_until(lambda: (inbox / "refused" / "bad.xml").exists())
    reasons = json.loads((inbox / "refused" / "bad.xml.reasons.json").read_text())
    assert reasons["status"] == "refused"
    assert any("DateOfHearing" in fault["path"] for fault in reasons["faults"])
    assert "RouteDataResp" in (inbox / "refused" / "bad.xml.reply.xml").read_text()


def test_the_same_id_with_other_bytes_is_refused_and_says_what_to_do(tmp_path: Path) -> None:
    inbox = tmp_path / "force"
    with running_hub(tmp_path, parties()):
        put(inbox, "one.xml", case_file())
        wait_until(lambda: (inbox / "taken" / "one.xml").exists())
        put(inbox, "two.xml", case_file(family="Otherton"))
        wait_until(lambda: (inbox / "refused" / "two.xml").exists())
    reasons = json.loads((inbox / "refused" / "two.xml.reasons.json").read_text())
    assert reasons["status"] == "conflict"
    assert reasons["first_sha256"] != reasons["this_sha256"]


def test_a_file_that_was_claimed_before_a_crash_is_admitted_after_it(tmp_path: Path) -> None:
    inbox = tmp_path / "force"
    (inbox / ".claimed").mkdir(parents=True)
    (inbox / ".claimed" / "case.xml").write_bytes(case_file())
    with running_hub(tmp_path, parties()) as hub:
        wait_until(lambda: (inbox / "taken" / "case.xml").exists())
        assert len(messages(hub)) == 1


def test_a_name_that_starts_with_a_dot_is_not_touched(tmp_path: Path) -> None:
    inbox = tmp_path / "force"
    with running_hub(tmp_path, parties()) as hub:
        (inbox / ".writing.xml").write_bytes(case_file())
        put(inbox, "case.xml", case_file("c-2"))
        wait_until(lambda: (inbox / "taken" / "case.xml").exists())
        assert (inbox / ".writing.xml").exists()
        assert len(messages(hub)) == 1


def messages(hub: Hub) -> list[str]:
    return [row.id for row in hub.ledger.recent(10)]
