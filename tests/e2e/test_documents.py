"""Attached documents from the door to whoever may have them: kept under their hash, told with the message, read back."""

import json
import zipfile
from base64 import b64encode
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from hub.assemble import Hub
from hub.canonical.read import read
from hub.discovery.bundle import Bundle
from hub.document.xml import parse_own
from hub.message.case import CaseFileSubmission
from tests.doubles.clamd import EVIL, daemon
from tests.hubs import COURT, Client, running_hub, wait_until, web_door
from tests.pdfs import pdf

FORCE = """
[party]
code = "force-41"
name = "A force"
agency = "police"
[sends]
dialects = ["southdale-json", "westbeck-extract", "exchange"]
"""
CPS = """
[party]
code = "cps"
name = "A CPS area"
agency = "cps"
[endpoint]
kind = "folder"
path = "{folder}/cps"
[[routes]]
message = "CaseFileSubmission"
as = "cps-case"
"""
PARTIES = {"force-41": FORCE, "court": COURT, "cps": CPS}
CHARGE_SHEET, SCHEDULE = pdf("Charge sheet"), pdf("Sensitive schedule")

Doors = tuple[Hub, Callable[[str | None], Client]]


def hash_of(body: bytes) -> str:
    return sha256(body).hexdigest()


def attachment(id: str, form: str, body: bytes, **more: Any) -> dict[str, Any]:
    return {"id": id, "name": f"Document {id}", "mgForm": form, "data": b64encode(body).decode(), **more}


def case(*attachments: dict[str, Any], id: str = "m-1") -> bytes:
    hearing = {"courtCode": "B41ZZ01", "date": "20-Mar-2027", "time": "10:00"}
    held = {"urn": "41ZD0000426", "type": "C", "firstHearing": hearing, "attachments": attachments}
    return json.dumps({"format": "southdale/2", "messageId": id, "caseFile": held}).encode()


WITH_DOCUMENTS = case(attachment("a-1", "MG4", CHARGE_SHEET), attachment("a-2", "MG6D", SCHEDULE))


@pytest.fixture
def doors(tmp_path: Path) -> Iterator[Doors]:
    with running_hub(tmp_path, PARTIES, max_attachment_bytes=2000) as hub, web_door(hub) as client:
        yield hub, client


def post(hub: Hub, client: Client, body: bytes = WITH_DOCUMENTS) -> str:
    """Submit a case that is accepted, and wait until it is routed: the id of its message."""
    answer = client.post("/v1/messages", body)
    assert answer.status == 202, answer.data
    [made] = answer.json()["messages"]
    wait_until(lambda: hub.ledger.deliveries_of(made["id"]))
    return str(made["id"])


def test_the_canonical_case_has_hash_and_size_and_never_the_content(doors: Doors) -> None:
    hub, client = doors
    message_id = post(hub, client("force-41"))
    canonical = hub.ledger.canonical(message_id)
    assert canonical is not None
    body = read(parse_own(canonical)).body
    assert isinstance(body, CaseFileSubmission)
    assert [(one.reference, one.size, one.sha256) for one in body.documents] == [
        ("a-1", len(CHARGE_SHEET), hash_of(CHARGE_SHEET)),
        ("a-2", len(SCHEDULE), hash_of(SCHEDULE)),
    ]
    assert b64encode(CHARGE_SHEET)[:40] not in canonical


@pytest.mark.parametrize("party", ["force-41", "court", "cps"])
def test_the_sender_and_whoever_gets_the_case_get_the_same_bytes(doors: Doors, party: str) -> None:
    hub, client = doors
    message_id = post(hub, client("force-41"))
    answer = client(party).get(f"/v1/messages/{message_id}/documents/{hash_of(CHARGE_SHEET)}")
    assert (answer.status, answer.data) == (200, CHARGE_SHEET)
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.headers["content-disposition"].startswith("attachment;")
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_a_stranger_gets_what_somebody_gets_who_asks_for_nothing(doors: Doors) -> None:
    hub, client = doors
    message_id = post(hub, client("force-41"))
    place = f"/v1/messages/{message_id}/documents"
    stranger = client("force-99").get(f"{place}/{hash_of(CHARGE_SHEET)}")
    nothing = client("force-41").get(f"{place}/{'0' * 64}")
    assert (stranger.status, stranger.data) == (nothing.status, nothing.data) == (404, nothing.data)
    assert client(None).get(f"{place}/{hash_of(CHARGE_SHEET)}").status == 401


def test_the_sensitive_schedule_is_for_the_cps_and_not_for_the_court(doors: Doors) -> None:
    hub, client = doors
    message_id = post(hub, client("force-41"))
    place = f"/v1/messages/{message_id}"
    court, cps = client("court"), client("cps")
    assert court.get(f"{place}/documents/{hash_of(SCHEDULE)}").status == 404
    assert [one["form"] for one in court.get(place).json()["documents"]] == ["MG4"]
    assert cps.get(f"{place}/documents/{hash_of(SCHEDULE)}").data == SCHEDULE
    assert [one["form"] for one in cps.get(place).json()["documents"]] == ["MG4", "MG6D"]


def test_one_content_under_two_forms_is_as_guarded_as_the_stricter(doors: Doors) -> None:
    hub, client = doors
    both = case(attachment("a-1", "MG4", SCHEDULE), attachment("a-2", "MG6D", SCHEDULE))
    message_id = post(hub, client("force-41"), both)
    place = f"/v1/messages/{message_id}/documents/{hash_of(SCHEDULE)}"
    assert client("court").get(place).status == 404
    assert client("cps").get(place).status == 200


def test_whoever_reads_a_document_stands_in_the_audit(doors: Doors) -> None:
    hub, client = doors
    message_id = post(hub, client("force-41"))
    client("court").get(f"/v1/messages/{message_id}/documents/{hash_of(CHARGE_SHEET)}")
    client("court").get(f"/v1/messages/{message_id}/documents/{hash_of(SCHEDULE)}")
    read_by = [(line.actor, line.detail) for line in hub.ledger.timeline(message_id) if line.action == "read"]
    assert read_by == [("court", {"document": hash_of(CHARGE_SHEET)})]


@pytest.mark.parametrize(
    ("wrong", "rule", "words"),
    [
        (attachment("a-9", "MG4", pdf(padding=2000)), "attachment-size", "At most 2000"),
        (attachment("a-9", "MG4", b"MZ not a PDF"), "attachment-media", "Send it as one of these: pdf"),
        (attachment("a-9", "MG4", CHARGE_SHEET, marking="SECRET"), "attachment-marking", "Do not send it here"),
        (attachment("a-9", "MG4", CHARGE_SHEET, bytes=7), "attachment-hash", "send it again"),
        (attachment("a-9", "MG4", b""), "attachment-missing", "leave it out"),
    ],
)
def test_a_document_that_cannot_be_taken_refuses_the_case_and_keeps_no_content(
    doors: Doors, wrong: dict[str, Any], rule: str, words: str
) -> None:
    hub, client = doors
    answer = client("force-41").post("/v1/messages", case(attachment("a-1", "MG4", CHARGE_SHEET), wrong))
    [fault] = answer.json()["faults"]
    assert (answer.status, fault["rule"]) == (422, rule)
    assert words in fault["words"]
    assert hub.ledger.recent(1) == ()


def test_canonical_xml_from_a_party_can_carry_no_document(doors: Doors) -> None:
    hub, client = doors
    message_id = post(hub, client("force-41"))
    canonical = hub.ledger.canonical(message_id)
    assert canonical is not None
    answer = client("force-41").post("/v1/messages", canonical)
    assert [fault["rule"] for fault in answer.json()["faults"]] == ["attachment-missing"] * 2


def test_the_files_of_a_zip_that_is_judged_later_are_the_documents_of_its_cases(doors: Doors) -> None:
    hub, client = doors
    [path] = Bundle().files("dialects/westbeck-extract/samples/with-documents.zip")
    force = client("force-41")
    assert force.post("/v1/messages", path.read_bytes()).json()["status"] == "pending"
    made = wait_until(lambda: len(rows := hub.ledger.recent(5)) == 2 and rows)
    wait_until(lambda: all(hub.ledger.deliveries_of(row.id) for row in made))
    with zipfile.ZipFile(path) as packed:
        files = {hash_of(body): body for name in packed.namelist() if (body := packed.read(name)).startswith(b"%PDF-")}
    told = {row.id: client("court").get(f"/v1/messages/{row.id}").json()["documents"] for row in made}
    assert sorted(one["reference"] for held in told.values() for one in held) == [
        "MG5-1201.pdf",
        "documents/MG4-1201.pdf",
        "documents/MG4-1202.pdf",
    ]
    for message_id, held in told.items():
        for one in held:
            place = f"/v1/messages/{message_id}/documents/{one['sha256']}"
            assert client("court").get(place).data == files[one["sha256"]]


# --- scanned for malware


def scanned(folder: Path, address: str, **more: Any) -> Any:
    """A hub that scans; what nobody scanned is tried again within seconds."""
    quick = {"scanner_seconds": 2.0, "timeout_seconds": 0.4, "lease_seconds": 1.0}
    return running_hub(folder, PARTIES, scanner="clamd", scanner_address=address, **(quick | more))


def test_a_document_with_malware_refuses_the_case_by_name_and_is_kept_nowhere_by_itself(tmp_path: Path) -> None:
    evil = pdf(EVIL.decode())
    body = case(attachment("a-1", "MG4", CHARGE_SHEET), attachment("a-2", "MG5", evil))
    with daemon() as scanner, scanned(tmp_path, scanner.address) as hub, web_door(hub) as client:
        answer = client("force-41").post("/v1/messages", body)
        [fault] = answer.json()["faults"]
        assert (answer.status, fault["rule"], fault["path"]) == (
            422,
            "attachment-malware",
            "CaseFileSubmission/Document[2]",
        )
        assert fault["words"].startswith("Document a-2 holds malware, which the scanner calls Invented.Evil-1.")
        submission = answer.json()["submission"]
        assert hub.ledger.raw(submission) == body
        [line] = hub.ledger.audit_of("submission", submission)
        assert line.detail["rules"] == ["attachment-malware"]
        assert hub.ledger.recent(1) == ()
        week = (datetime(2020, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC))
        assert [(row.rule, row.unit) for row in hub.ledger.quality("force-41", *week)] == [
            ("attachment-malware", "41ZD")
        ]


def test_clean_documents_go_on(tmp_path: Path) -> None:
    with daemon() as scanner, scanned(tmp_path, scanner.address) as hub, web_door(hub) as client:
        post(hub, client("force-41"))
        assert sorted(scanner.seen) == sorted([CHARGE_SHEET, SCHEDULE])


@pytest.mark.parametrize(("words", "verdict"), [("Charge sheet", "accepted"), (EVIL.decode(), "refused")])
def test_while_the_scanner_is_away_a_case_is_kept_and_not_delivered_and_then_it_is_judged(
    tmp_path: Path, words: str, verdict: str
) -> None:
    body = case(attachment("a-1", "MG4", pdf(words)))
    path = tmp_path / "clamd.ctl"
    with scanned(tmp_path, f"unix:{path}") as hub, web_door(hub) as client:
        answer = client("force-41").post("/v1/messages", body)
        receipt = answer.json()
        assert (answer.status, receipt["status"], receipt["messages"]) == (202, "pending", [])
        again = client("force-41").post("/v1/messages", body)
        assert again.data == answer.data
        assert hub.flow.judge_later(receipt["submission"]) is None
        assert hub.ledger.recent(1) == ()
        with daemon(path):
            row = wait_until(
                lambda: (found := hub.ledger.submission(receipt["submission"])) and found.verdict != "pending" and found
            )
        assert row.verdict == verdict
        made = hub.ledger.recent(1)
        assert len(made) == (verdict == "accepted")
        for message in made:
            assert hub.ledger.document(message.id, hash_of(pdf(words))) == pdf(words)


def test_a_document_without_attachments_does_not_wait_for_a_scanner_that_is_away(tmp_path: Path) -> None:
    with scanned(tmp_path, f"unix:{tmp_path}/nothing") as hub, web_door(hub) as client:
        assert client("force-41").post("/v1/messages", case()).json()["status"] == "accepted"
