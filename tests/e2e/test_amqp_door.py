"""The AMQP door of a running hub: what a party publishes is kept and answered in the party's own queue."""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pika
import pytest
from typer.testing import CliRunner

from hub.assemble import Hub, assemble
from hub.cli import app
from hub.message.errors import Misconfigured
from hub.settings import load_settings
from tests.doubles.amqp_party import AmqpParty, amqp_party
from tests.hubs import COURT, FORCE, running_hub, wait_until, web_door
from tests.papers import case_file
from tests.servers.postgres import Server
from tests.servers.vhosts import Vhost

AMQP_FORCE = FORCE.replace("[sends]", "[sends]\namqp = true")
OTHER_FORCE = AMQP_FORCE.replace("force-41", "force-42")
LIMIT = 64 * 1024


@pytest.fixture
def hub(tmp_path: Path, postgres: Server, broker: Vhost) -> Iterator[Hub]:
    parties = {"force-41": AMQP_FORCE, "force-42": OTHER_FORCE, "court": COURT}
    with (
        postgres.database() as database,
        running_hub(tmp_path, parties, database_url=database, broker_url=broker.url, max_body_bytes=LIMIT) as made,
    ):
        broker.await_queues(
            *(f"cjhub.{kind}.{party}" for kind in ("in", "reply") for party in ("force-41", "force-42"))
        )
        yield made


@pytest.fixture
def force(hub: Hub, broker: Vhost) -> Iterator[AmqpParty]:
    with amqp_party("force-41", broker.url) as made:
        yield made


def kept(hub: Hub) -> list[Any]:
    return [hub.ledger.submission(row.submission_id) for row in hub.ledger.recent(50)]


def test_a_receipt_comes_back_with_the_correlation_id_and_is_the_one_that_the_ledger_keeps(
    hub: Hub, force: AmqpParty, tmp_path: Path
) -> None:
    force.publish(case_file(), message_id="k-1", correlation_id="mine-7", content_type="application/xml")
    reply = force.reply()
    written = reply.properties
    assert (written.type, written.correlation_id, written.content_type) == ("receipt", "mine-7", "application/json")
    assert written.delivery_mode == 2
    [row] = kept(hub)
    assert (row.receipt, row.party, row.door, row.key) == (reply.body, "force-41", "amqp", "key:k-1")
    assert written.message_id == row.id == reply.said["submission"]
    wait_until(lambda: list((tmp_path / "court").glob("*")), 30)


def test_a_refusal_names_every_fault_that_the_http_door_names(hub: Hub, force: AmqpParty) -> None:
    bad = case_file().replace(b"1990-01-31", b"1990-02-31").replace(b"Gender&gt;2", b"Gender&gt;8")
    with web_door(hub) as client:
        posted = client("force-41").post("/v1/messages", bad).json()
    force.publish(bad, message_id="k-1")
    reply = force.reply()
    assert (reply.properties.type, reply.properties.correlation_id) == ("refusal", "k-1")
    assert reply.properties.content_type == "application/problem+json"
    assert len(reply.said["faults"]) >= 2
    assert reply.said.pop("submission") != posted.pop("submission")
    assert reply.said | {"submission": ""} == posted | {"submission": ""}


def test_the_same_message_again_gets_the_same_receipt_and_another_under_its_id_is_told_both_hashes(
    hub: Hub, force: AmqpParty
) -> None:
    other = case_file("c-2", "41ZD0000226")
    for body in (case_file(), case_file(), other):
        force.publish(body, message_id="k-1")
    first, second, third = force.several("reply", 3)
    assert first.body == second.body
    assert (third.properties.type, third.said["status"]) == ("refusal", 409)
    assert third.said["first_sha256"] == first.said["sha256"]
    assert len(third.said["this_sha256"]) == 64 != third.said["first_sha256"]
    assert len(kept(hub)) == 1


def test_who_sent_it_the_queue_says_and_no_other_queue_gets_the_answer(
    hub: Hub, force: AmqpParty, broker: Vhost
) -> None:
    force.publish(
        case_file(),
        reply_to="cjhub.reply.force-42",
        app_id="force-42",
        headers={"party": "force-42", "X-Party": "force-42"},
    )
    assert force.reply().properties.type == "receipt"
    assert [row.party for row in kept(hub)] == ["force-41"]
    with amqp_party("force-42", broker.url) as other:
        assert other.get("reply") is None


def test_what_is_too_large_or_has_no_usable_id_is_refused_and_nothing_of_it_is_kept(hub: Hub, force: AmqpParty) -> None:
    force.publish(b"<" * (LIMIT + 1), correlation_id="large")
    force.publish(case_file(), message_id="k" * 201, correlation_id="long")
    force.publish(case_file(), message_id=b"\xff\xfe", correlation_id="no text")
    force.publish(case_file(), message_id="a\x00b", correlation_id="nought")
    replies = [
        (one.properties.correlation_id, one.said["status"], one.said["faults"][0]["rule"])
        for one in force.several("reply", 4)
    ]
    assert replies == [
        ("large", 413, "document-size"),
        ("long", 422, "message-id"),
        ("no text", 422, "message-id"),
        ("nought", 422, "message-id"),
    ]
    assert not kept(hub)


class Written(pika.BasicProperties):
    """Properties with a header table of which every byte is chosen."""

    table = b""

    def encode(self) -> list[bytes]:
        flags = self.FLAG_HEADERS | self.FLAG_CORRELATION_ID | self.FLAG_CONTENT_TYPE
        size = struct.pack(">I", len(self.table))
        return [struct.pack(">H", flags), b"\x08text/xml", size, self.table, b"\x04mine"]


FAR_DATE = b"\x01dT" + struct.pack(">Q", 2**62)


def nested(deep: int) -> bytes:
    inner = b""
    for _ in range(deep):
        inner = b"A" + struct.pack(">I", len(inner)) + inner
    return b"\x01a" + inner


@pytest.mark.parametrize("table", [FAR_DATE, nested(5_000)], ids=["far date", "nested"])
def test_a_header_table_that_cannot_be_read_stops_nothing(hub: Hub, force: AmqpParty, table: bytes) -> None:
    hostile = Written()
    hostile.table = table
    force.publish(case_file(), hostile)
    reply = force.reply()
    assert (reply.properties.type, reply.properties.correlation_id) == ("receipt", "mine")
    force.publish(case_file("c-2", "41ZD0000226"), correlation_id="next")
    assert force.reply().properties.correlation_id == "next"


def test_documents_are_taken_in_the_order_in_which_they_were_published(hub: Hub, force: AmqpParty) -> None:
    urns = [f"41ZD00{number:03d}26" for number in range(40)]
    for number, urn in enumerate(urns):
        force.publish(case_file(f"c-{number}", urn), correlation_id=urn)
    assert [reply.properties.correlation_id for reply in force.several("reply", 40)] == urns
    rows = sorted(hub.ledger.recent(50), key=lambda row: row.seq)
    assert [key.value for row in rows for key in row.keys if key.kind == "PTIURN"] == urns


def test_a_document_on_which_our_code_fails_is_answered_and_the_next_one_is_taken(hub: Hub, force: AmqpParty) -> None:
    door, rule = hub.flow, hub.flow.rule

    def fails(raw: bytes, *others: Any) -> Any:
        if b"c-bad" in raw:
            raise TypeError("ours")
        return rule(raw, *others)

    object.__setattr__(door, "rule", fails)
    force.publish(case_file("c-bad"), correlation_id="bad")
    force.publish(case_file("c-2"), correlation_id="good")
    bad, good = force.several("reply", 2)
    assert (bad.properties.type, bad.said["status"], bad.properties.correlation_id) == ("refusal", 500, "bad")
    assert (good.properties.type, good.properties.correlation_id) == ("receipt", "good")
    assert len(kept(hub)) == 1


def test_a_party_that_speaks_amqp_needs_a_broker(tmp_path: Path) -> None:
    files = tmp_path / "config" / "parties"
    files.mkdir(parents=True)
    (files / "force-41.toml").write_text(AMQP_FORCE)
    with pytest.raises(Misconfigured) as caught:
        assemble(load_settings([], data=tmp_path / "data"), tmp_path / "config")
    assert caught.value.faults == ("party force-41: speaks AMQP, and there is no broker: set broker_url",)
    told = CliRunner().invoke(
        app, ["doctor", "--json", "--config", str(tmp_path / "config"), "--data", str(tmp_path / "data")]
    )
    checks = {one["name"]: one["verdict"] for one in map(json.loads, told.stdout.splitlines())}
    assert checks["parties at the broker"] == "fail"
