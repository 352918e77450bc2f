"""The folder door: files are claimed, kept or refused, and answered beside."""

import json
from pathlib import Path

from structlog.testing import capture_logs

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


def test_a_file_that_is_too_large_is_refused_with_words_and_nothing_of_it_is_kept(tmp_path: Path) -> None:
    inbox = tmp_path / "force"
    with running_hub(tmp_path, parties(), max_body_bytes=2048) as hub:
        put(inbox, "huge.xml", b"x" * 2049)
        wait_until(lambda: (inbox / "refused" / "huge.xml").exists())
        assert messages(hub) == []
    reasons = json.loads((inbox / "refused" / "huge.xml.reasons.json").read_text())
    assert reasons["status"] == "refused"
    assert reasons["faults"][0]["rule"] == "document-size"


def test_what_another_hub_holds_is_left_to_it_for_the_length_of_a_lease(tmp_path: Path) -> None:
    claimed = tmp_path / "force" / ".claimed"
    claimed.mkdir(parents=True)
    (claimed / "4567cdef-00000001~theirs.xml").write_bytes(case_file())
    with running_hub(tmp_path, parties()) as hub:
        put(tmp_path / "force", "ours.xml", case_file("c-2", urn="41ZD0000226", sequence=18))
        wait_until(lambda: (tmp_path / "force" / "taken" / "ours.xml").exists())
        assert len(messages(hub)) == 1
    assert [path.name for path in claimed.iterdir()] == ["4567cdef-00000001~theirs.xml"]


def test_a_folder_that_is_taken_away_is_told_once_and_used_again_when_it_is_back(tmp_path: Path) -> None:
    inbox = tmp_path / "force"
    with capture_logs() as logs, running_hub(tmp_path, parties()):
        inbox.rename(tmp_path / "elsewhere")
        inbox.write_text("in its place")
        wait_until(lambda: any(one["event"] == "door away" for one in logs))
        inbox.unlink()
        put(inbox, "case.xml", case_file())
        wait_until(lambda: (inbox / "taken" / "case.xml").exists())
        wait_until(lambda: any(one["event"] == "door back" for one in logs))
    assert [one["event"] for one in logs if one["event"].startswith("door")] == ["door away", "door back"]
