"""The HTTP door, as a sender meets it: receipts, repeats, refusals, and what it may see."""

import json
import socket
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from hub.assemble import Hub
from hub.message.lifecycle import DeliveryStatus, MessageStatus
from tests.hubs import COURT, FORCE, Client, running_hub, wait_until, web_door
from tests.papers import case_file, case_payload

Doors = tuple[Hub, Callable[[str | None], Client]]


@pytest.fixture
def doors(tmp_path: Path) -> Iterator[Doors]:
    with running_hub(tmp_path, {"force-41": FORCE, "court": COURT}) as hub, web_door(hub) as client:
        yield hub, client


def test_a_receipt_names_what_was_kept_and_the_court_gets_the_payload_as_it_was_written(
    doors: Doors, tmp_path: Path
) -> None:
    hub, client = doors
    answer = client("force-41").post("/v1/messages", case_file())
    receipt = answer.json()
    assert (answer.status, receipt["status"]) == (202, "accepted")
    [made] = receipt["messages"]
    assert made["type"] == "CaseFileSubmission"
    wait_until(lambda: [one.status for one in hub.ledger.deliveries_of(made["id"])] == [DeliveryStatus.ACKNOWLEDGED])
    [file] = [path for path in (tmp_path / "court").iterdir() if path.is_file()]
    assert case_payload().replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;") in file.read_text()


def test_the_same_key_and_bytes_get_the_first_receipt_byte_for_byte(doors: Doors) -> None:
    force = doors[1]("force-41")
    first = force.post("/v1/messages", case_file(), Idempotency_Key="k")
    again = force.post("/v1/messages", case_file(), Idempotency_Key="k")
    assert first.data == again.data
    assert again.status == 202


def test_fifty_posts_of_one_document_at_once_make_one_message(doors: Doors) -> None:
    hub, client = doors
    force = client("force-41")
    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(lambda _: force.post("/v1/messages", case_file()), range(50)))
    kept = {answer.data for answer in answers if answer.status == 202}
    assert len(kept) == 1
    assert {answer.status for answer in answers} <= {202, 503}
    assert len(hub.ledger.recent(10)) == 1


def test_the_same_key_with_other_bytes_is_a_conflict_that_names_both_hashes(doors: Doors) -> None:
    force = doors[1]("force-41")
    force.post("/v1/messages", case_file(), Idempotency_Key="k")
    answer = force.post("/v1/messages", case_file(family="Otherton"), Idempotency_Key="k")
    problem = answer.json()
    assert answer.status == 409
    assert problem["first_sha256"] != problem["this_sha256"]


def test_a_refusal_lists_every_fault_and_keeps_the_bytes(doors: Doors) -> None:
    hub, client = doors
    wrong = case_file().replace(b"2027-03-20", b"20 March").replace(b"TH68010", b"TH68010TOOLONG")
    answer = client("force-41").post("/v1/messages", wrong)
    problem = answer.json()
    assert answer.status == 422
    assert answer.headers["content-type"] == "application/problem+json"
    paths = " ".join(fault["path"] for fault in problem["faults"])
    assert "DateOfHearing" in paths
    assert "OffenceCode" in paths
    assert all(fault["rule"] and fault["words"] for fault in problem["faults"])
    assert hub.ledger.raw(problem["submission"]) == wrong


def test_a_refused_first_copy_does_not_burn_its_key(doors: Doors) -> None:
    force = doors[1]("force-41")
    assert force.post("/v1/messages", b"<nothing/>", Idempotency_Key="k").status == 422
    assert force.post("/v1/messages", case_file(), Idempotency_Key="k").status == 202


@pytest.mark.parametrize(
    ("document", "status"),
    [
        (b"", 422),
        (b"neither", 422),
        (b"{}", 422),
        (b"<open>", 422),
        (b"<NewCaseMessage/>", 422),
        ("<r>é</r>".encode("latin-1"), 422),
        (b'<?xml version="1.0" encoding="utf-7"?><r/>', 422),
        (b'<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/hostname">]><r>&x;</r>', 422),
        (b'<!DOCTYPE r [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><r>&b;</r>', 422),
        (b"<a>" * 200_000 + b"</a>" * 200_000, 422),
        (b"<r>" + b"x" * (9 * 1024 * 1024) + b"</r>", 413),
    ],
)
def test_what_cannot_be_used_gets_a_clear_answer(doors: Doors, document: bytes, status: int) -> None:
    answer = doors[1]("force-41").post("/v1/messages", document)
    assert answer.status == status
    assert all(fault["rule"] and fault["words"] for fault in answer.json()["faults"])


@pytest.mark.parametrize("key", [None, "cjh_force-41_never-issued-never-issued-never-issued", "short"])
def test_a_caller_without_a_valid_key_may_do_nothing(doors: Doors, key: str | None) -> None:
    nobody = doors[1](None)
    stranger = Client(nobody.url, nobody.pool, key)
    assert stranger.post("/v1/messages", case_file()).status == 401
    assert stranger.get("/v1/feed").status == 401
    assert stranger.get("/v1/messages/00000000-0000-7000-8000-000000000001").status == 401


def test_a_party_may_send_only_the_dialects_of_its_file(doors: Doors) -> None:
    answer = doors[1]("court").post("/v1/messages", case_file())
    assert answer.status == 422


def test_a_message_is_seen_by_its_sender_and_its_recipients_and_by_nobody_else(doors: Doors) -> None:
    hub, client = doors
    sent = client("force-41")
    [made] = sent.post("/v1/messages", case_file()).json()["messages"]
    wait_until(lambda: hub.ledger.deliveries_of(made["id"]))
    assert sent.get(f"/v1/messages/{made['id']}").json()["status"] == "RECORDED"
    assert client("court").get(f"/v1/messages/{made['id']}").status == 200
    assert client("force-99").get(f"/v1/messages/{made['id']}").status == 404
    actions = [step["action"] for step in sent.get(f"/v1/messages/{made['id']}/timeline").json()["steps"]]
    assert "queued" in actions


def test_a_case_is_found_by_a_posted_urn_by_a_party_to_it_only(doors: Doors) -> None:
    hub, client = doors
    force = client("force-41")
    [made] = force.post("/v1/messages", case_file()).json()["messages"]
    wait_until(lambda: hub.ledger.deliveries_of(made["id"]))
    wanted = json.dumps({"urn": "41zd0000126"}).encode()
    [case] = force.post("/v1/cases/search", wanted, Content_Type="application/json").json()["cases"]
    assert force.get(f"/v1/cases/{case}").json()["defendants"][0]["family"] == "Sampleton"
    stranger = client("force-99")
    assert stranger.post("/v1/cases/search", wanted, Content_Type="application/json").json()["cases"] == []
    assert stranger.get(f"/v1/cases/{case}").status == 404


def test_a_message_that_nobody_is_entitled_to_is_stranded_and_visible(doors: Doors) -> None:
    hub, client = doors
    elsewhere = case_file().replace(b"B41ZZ01", b"B99ZZ01")
    [made] = client("force-41").post("/v1/messages", elsewhere).json()["messages"]
    wait_until(lambda: (row := hub.ledger.message(made["id"])) and row.status is MessageStatus.STRANDED)
    row = hub.ledger.message(made["id"])
    assert row is not None
    assert "routes" in (row.reason or "")


def test_the_feed_tells_each_party_of_its_own_messages_in_order(doors: Doors) -> None:
    _, client = doors
    force = client("force-41")
    for number in range(3):
        force.post("/v1/messages", case_file(f"c-{number}", f"41ZD000{number}126", sequence=number + 1))
    events = wait_until(lambda: len(found := force.get("/v1/feed").json()["events"]) == 3 and found)
    assert [event["position"] for event in events] == sorted(event["position"] for event in events)
    assert client("force-99").get("/v1/feed").json()["events"] == []


def test_health_and_figures_need_no_key_and_show_no_identifier(doors: Doors) -> None:
    _, client = doors
    client("force-41").post("/v1/messages", case_file())
    nobody = client(None)
    assert nobody.get("/livez").status == 200
    assert nobody.get("/readyz").status == 200
    figures = nobody.get("/metrics").data.decode()
    assert "hub_accept_total" in figures
    assert "41ZD" not in figures
    assert "Sampleton" not in figures


def test_the_seats_are_of_all_doors_together_and_whoever_finds_none_is_told_when_to_come_again(tmp_path: Path) -> None:
    with running_hub(tmp_path, {"force-41": FORCE, "court": COURT}, max_requests=1) as hub, web_door(hub) as client:
        force, raw = client("force-41"), case_file()
        host, _, port = force.url.removeprefix("http://").partition(":")
        head = f"POST /v1/messages HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {force.key}\r\n"
        with socket.create_connection((host, int(port)), timeout=10) as slow:
            slow.sendall(f"{head}Content-Length: {len(raw)}\r\n\r\n".encode() + raw[:10])
            busy = wait_until(lambda: (one := force.post("/v1/messages", raw)).status == 503 and one)
            called = force.post("/soap/cjse", raw)
            slow.sendall(raw[10:])
            taken = slow.recv(4096)
        assert [(one.status, one.headers["retry-after"]) for one in (busy, called)] == [(503, "1"), (503, "1")]
        assert taken.startswith(b"HTTP/1.1 202 ")
        wait_until(lambda: force.post("/v1/messages", raw).status == 202)
