"""Our canonical XML as a dialect."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from connectors.exchange import READERS, WRITERS
from hub.canonical.read import read
from hub.canonical.write import write
from hub.contract import Opened, Reply, Stamp, Trust
from hub.contract.tables import Tables
from hub.document.lift import lift
from hub.document.schema import load as load_schema
from hub.document.xml import parse
from hub.message.catalogue import CATALOGUE
from hub.message.custody import CustodyReception
from hub.message.envelope import Mode
from hub.message.errors import Fault, Refused, Severity
from hub.message.notice import BusinessReceipt, ReceiptStatus
from hub.prove.fixed import RECIPIENT, stamp_of

READER, WRITER = READERS[0], WRITERS[0]
ROOT = Path(__file__).parents[4]
SAMPLES = ROOT / "config/dialects/exchange/samples"
PARTY = Trust(party="nowhere-prison", agency="prison")
STAMP = Stamp(
    id="00000000-0000-4000-8000-000000000001",
    correlation_id="00000000-0000-4000-8000-000000000002",
    at=datetime(2026, 3, 4, 10, 0, tzinfo=UTC),
)


def opened(raw: bytes) -> Opened:
    return READER.open(lift(raw), PARTY)


def by_hand() -> bytes:
    return (SAMPLES / "by-hand.xml").read_bytes()


def test_the_schema_gates() -> None:
    (layer,) = opened(by_hand()).layers
    assert layer.schema is not None and layer.schema.gate
    assert load_schema(ROOT / "schemas" / layer.schema.path).accepts(layer.root)


def test_the_sender_s_own_ids_are_references() -> None:
    taken = opened(by_hand())
    assert taken.reference == "6f1c0000-0000-4000-8000-000000000099"
    assert taken.ids == {
        "correlation_id": "6f1c0000-0000-4000-9000-000000000099",
        "previous_version_of": "6f1c0000-0000-4000-8000-000000000098",
    }
    (decoded,) = READER.decode(taken, Tables({}))
    assert decoded.reference == taken.reference
    assert decoded.mode is Mode.TEST


def test_identifiers_are_read_by_us_whatever_the_sender_says_they_mean() -> None:
    (decoded,) = READER.decode(opened(by_hand()), Tables({}))
    assert isinstance(decoded.body, CustodyReception)
    assert decoded.body.noms_number.value == "A1234BC"  # no reading was given
    assert decoded.body.pnc_id is not None and decoded.body.pnc_id.value == "1988/0004711Z"  # a wrong one was
    assert decoded.body.occurred_at.value == datetime(2026, 3, 4, 17, 45, tzinfo=UTC)
    assert [(one.code, one.path) for one in decoded.findings] == [("READING", "CustodyReception/PncId")]


@pytest.mark.parametrize("name", ["CaseUpdateNotification", "BusinessReceipt"])
def test_what_only_the_hub_says_nobody_else_may_send(name: str) -> None:
    raw = by_hand().replace(b"CustodyReception>", f"{name}>".encode())
    with pytest.raises(Refused) as caught:
        list(READER.decode(opened(raw), Tables({})))
    assert [(fault.path, fault.rule) for fault in caught.value.faults] == [(f"Message/{name}", "hub-only")]


def test_a_time_that_the_schema_allows_and_no_clock_has_is_refused_and_not_our_defect() -> None:
    raw = by_hand().replace(b"2026-03-04T18:00:00Z", b"2026-03-04T24:00:00Z")
    assert load_schema(ROOT / "schemas/exchange/1/envelope.xsd").accepts(parse(raw))
    with pytest.raises(Refused) as caught:
        list(READER.decode(opened(raw), Tables({})))
    assert [fault.rule for fault in caught.value.faults] == ["canonical-value"]


def test_another_namespace_is_not_ours() -> None:
    assert not READER.recognise(lift(b'<Message xmlns="urn:cjhub:exchange:2"/>'))
    assert not READER.recognise(lift(b"<Message/>"))


def test_any_message_goes_out_as_it_stands() -> None:
    assert WRITER.sends == set(CATALOGUE)
    for path in SAMPLES.glob("*.expected.xml"):
        if path.name.count(".") == 2:
            message = read(parse(path.read_bytes()))
            (part,) = WRITER.split(message)
            out = WRITER.encode(part, RECIPIENT, stamp_of(message, part), Tables({}))
            assert out.body == write(message)


@pytest.mark.parametrize(
    ("accepted", "faults", "status"),
    [
        (True, (), ReceiptStatus.ACCEPTED),
        (
            True,
            (Fault(path="a", rule="r", words="w", severity=Severity.WARNING, found="X"),),
            ReceiptStatus.ACCEPTED_WITH_WARNINGS,
        ),
        (
            False,
            (Fault(path="a", rule="r", words="w", found="X"), Fault(path="b", rule="s", words="v")),
            ReceiptStatus.REJECTED,
        ),
    ],
)
def test_the_reply_is_a_receipt_with_every_fault_and_no_value(
    accepted: bool, faults: tuple[Fault, ...], status: ReceiptStatus
) -> None:
    out = READER.reply(opened(by_hand()), Reply(accepted=accepted, receipt_id="r-1", faults=faults), STAMP)
    root = parse(out.body)
    assert load_schema(ROOT / "schemas/exchange/1/envelope.xsd").accepts(root)
    body = read(root).body
    assert isinstance(body, BusinessReceipt)
    assert (body.about, body.status) == ("6f1c0000-0000-4000-8000-000000000099", status)
    assert [(problem.code, problem.path) for problem in body.problems] == [(fault.rule, fault.path) for fault in faults]
    assert b">X<" not in out.body
