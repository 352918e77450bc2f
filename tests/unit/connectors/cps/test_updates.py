"""What a CPS subscriber is told."""

from dataclasses import replace
from pathlib import Path

import pytest

from connectors.cps import WRITERS
from hub.canonical.read import read
from hub.contract import Recipient
from hub.contract.tables import Tables
from hub.document.schema import load as load_schema
from hub.document.xml import parse
from hub.message.envelope import Message
from hub.message.notice import CaseUpdateNotification, UpdateType
from hub.message.people import Individual
from hub.prove.fixed import RECIPIENT, stamp_of

CASE, UPDATE = WRITERS
ROOT = Path(__file__).parents[4]
SAMPLES = ROOT / "config/dialects"

PERSONAL = ("Quillfeather", "Example<", "1990-02-03", "A1234BC", "1988/0004711J", "Sample Street", "Theft", "X320741")


def message(name: str) -> Message:
    return read(parse((SAMPLES / name).read_bytes()))


def told(whole: Message, recipient: Recipient = RECIPIENT) -> list[bytes]:
    return [UPDATE.encode(part, recipient, stamp_of(whole, part), Tables({})).body for part in UPDATE.split(whole)]


def notice(xml: bytes) -> CaseUpdateNotification:
    body = read(parse(xml)).body
    assert isinstance(body, CaseUpdateNotification)
    return body


EVERY = [
    ("exchange/samples/case-file", UpdateType.CASE_SUBMITTED, "Case file submitted"),
    ("exchange/samples/hearing-listed", UpdateType.HEARING_LISTED, "Hearing listed"),
    ("exchange/samples/hearing-resulted", UpdateType.HEARING_RESULTED, "Hearing resulted"),
    ("exchange/samples/remand-warrant", UpdateType.WARRANT_ISSUED, "Remand warrant issued"),
    ("exchange/samples/commitment-warrant", UpdateType.WARRANT_ISSUED, "Commitment warrant issued"),
    ("hmpps-event/samples/received", UpdateType.CUSTODY_LOCATION_CHANGED, "Received into custody"),
    ("hmpps-event/samples/released", UpdateType.PRISONER_RELEASED, "Released from custody"),
    ("exchange/samples/report-delivered", UpdateType.DOCUMENT_ADDED, "Pre-sentence report delivered"),
]


@pytest.mark.parametrize(("name", "update", "words"), EVERY)
def test_a_notice_says_what_changed_and_which_message_to_ask_for(name: str, update: UpdateType, words: str) -> None:
    whole = message(f"{name}.expected.xml")
    for xml in told(whole):
        body = notice(xml)
        assert (body.update_type, body.summary) == (update, words)
        assert body.object_id == whole.envelope.message_id
        assert load_schema(ROOT / "schemas/exchange/1/envelope.xsd").accepts(parse(xml))


@pytest.mark.parametrize("name", [name for name, _, _ in EVERY])
def test_a_notice_carries_no_personal_data(name: str) -> None:
    whole = message(f"{name}.expected.xml")
    assert told(whole)
    for xml in told(whole):
        assert not [word for word in PERSONAL if word in xml.decode()]


def test_a_warrant_for_two_cases_is_told_in_each() -> None:
    parts = UPDATE.split(message("exchange/samples/remand-warrant.expected.xml"))
    assert [part.label for part in parts] == ["01ZD0030126", "12AB0030226"]


@pytest.mark.parametrize("name", ["exchange/samples/report-requested", "probation-event/samples/started-wrapped"])
def test_a_report_that_is_not_there_yet_is_not_told(name: str) -> None:
    assert UPDATE.split(message(f"{name}.expected.xml")) == ()


def test_a_notice_has_its_own_id_and_names_its_cause() -> None:
    whole = message("exchange/samples/case-file.expected.xml")
    envelope = read(parse(told(whole)[0])).envelope
    assert envelope.message_id != whole.envelope.message_id
    assert envelope.causation_id == whole.envelope.message_id
    assert (envelope.sender.party, envelope.source.reference) == ("hub", None)


def test_where_to_ask_is_said_where_the_party_s_file_gives_an_address() -> None:
    whole = message("exchange/samples/case-file.expected.xml")
    recipient = replace(RECIPIENT, options={"messages_url": "https://hub.invalid/v1/messages/"})
    expected = f"https://hub.invalid/v1/messages/{whole.envelope.message_id}"
    assert notice(told(whole, recipient)[0]).detail_url == expected


def test_a_case_file_goes_out_whole() -> None:
    whole = message("exchange/samples/case-file.expected.xml")
    (part,) = CASE.split(whole)
    out = CASE.encode(part, RECIPIENT, stamp_of(whole, part), Tables({}))
    assert read(parse(out.body)) == whole
    assert isinstance(whole.body.defendants[0].individual, Individual)  # type: ignore[union-attr]


def test_only_the_update_announces() -> None:
    assert (CASE.announces, UPDATE.announces) == (False, True)
