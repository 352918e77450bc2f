"""The magistrates' court list, as it comes and as it is answered."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from connectors.courts.listcases import CARRIED_AT_MOST
from connectors.courts.lists import ACKNOWLEDGEMENT, ADDRESSING, READERS, SOAP
from hub.canonical.write import write
from hub.contract import Opened, Reply, Stamp, Trust
from hub.contract.tables import Tables, load_tables
from hub.document.lift import lift
from hub.document.schema import load as load_schema
from hub.document.xml import parse, text_of
from hub.message.envelope import Decoded, Envelope, Message, Sender, Source
from hub.message.errors import Fault, Severity
from hub.message.hearing import HearingListed

ROOT = Path(__file__).parents[4]
READER = READERS[0]
COURT = Trust(party="nowhere-court", agency="court")
STAMP = Stamp(
    id="00000000-0000-4000-8000-000000000001",
    correlation_id="00000000-0000-4000-8000-000000000002",
    at=datetime(2026, 7, 1, 9, 0, 5, 250000, UTC),
)
ENVELOPE = Envelope(
    message_id=STAMP.id,
    correlation_id=STAMP.correlation_id,
    sender=Sender(party="nowhere-court"),
    source=Source(dialect="libra-list", version="1"),
    accepted_at=STAMP.at,
)


@pytest.fixture(scope="module")
def tables() -> Tables:
    return load_tables([ROOT / "config" / "codes"])


def request(*documents: str, around: str = "") -> bytes:
    return (
        '<e:ExternalDocumentRequest xmlns:e="http://www.justice.gov.uk/magistrates/external/ExternalDocumentRequest">'
        f"<documents>{''.join(documents)}</documents>{around}</e:ExternalDocumentRequest>"
    ).encode()


def document(cases: str, file_name: str = "7_04032026_2577_B01LY01_ADULT_COURT_LIST_DAILY", session: str = "") -> str:
    own = session or "<s_id>1</s_id><doh>04/03/2026</doh><room>01</room><sstart>10:00</sstart>"
    return (
        f"<document><info><source_file_name>{file_name}</source_file_name></info><data><job><sessions><session>{own}"
        f"<blocks><block><sb_id>1</sb_id><cases>{cases}</cases></block></blocks></session></sessions></job></data></document>"
    )


CASE = (
    "<case><c_id>11</c_id><caseno>2600000001</caseno><def_name>Testa EXAMPLE</def_name><def_type>P</def_type>"
    "<def_sex>F</def_sex><def_dob>03/02/1990</def_dob><listno>1st</listno><urn>01ZD0030126</urn><offences><offence>"
    "<oseq>1</oseq><code>TH68010</code><title>Theft from shop</title></offence></offences></case>"
)


def opened(raw: bytes) -> Opened:
    return READER.open(lift(raw), COURT)


def read(raw: bytes, tables: Tables) -> list[Decoded]:
    return list(READER.decode(opened(raw), tables))


def listed(decoded: Decoded) -> HearingListed:
    assert isinstance(decoded.body, HearingListed)
    return decoded.body


# --- what comes in


def test_a_real_list_gives_one_hearing_a_case(samples: Path, tables: Tables) -> None:
    decoded = read((samples / "lists" / "sample-request.xml").read_bytes(), tables)
    assert [listed(one).case_number for one in decoded] == ["166662981", "1777732980"]
    first = listed(decoded[0])
    assert (first.court_case_id, first.room, first.list_number) == ("1218461", "00", "1st")
    assert first.slot.court is not None and first.slot.court.value == "B10JQ00"
    assert first.slot.on is not None and str(first.slot.on.value) == "2020-10-26"
    assert [one.code for one in decoded[0].findings] == ["CRO_FORMAT"]  # its CRO number is not one


def test_745_cases_in_one_body_are_read_one_by_one(tables: Tables) -> None:
    raw = request(*(document(CASE * 149) for _ in range(5)))
    decoded = READER.decode(opened(raw), tables)
    first = next(decoded)
    assert listed(first).case_number == "2600000001"
    assert sum(1 for _ in decoded) == 744


def test_the_documents_of_one_request_are_siblings_and_all_are_read(tables: Tables) -> None:
    raw = request(document(CASE), document(CASE, "8_05032026_2577_B01LY02_LIST"))
    decoded = read(raw, tables)
    assert len(decoded) == 2
    assert any(leaf.path.startswith("documents/document[2]/") for leaf in decoded[1].unmapped)


@pytest.mark.parametrize(
    ("file_name", "because"),
    [
        ("7_04032026_2577_B01LY50_ADULT_COURT_LIST_DAILY", "room 50"),
        ("7_04032026_2577_b01ly99_LIST", "room 99"),
        ("7_04032026_2577__LIST", "names no court"),
        ("7_04032026_2577_B01LY01", "names no court"),
        ("", "names no court"),
    ],
)
def test_a_dummy_court_is_kept_and_ignored_with_a_warning(file_name: str, because: str, tables: Tables) -> None:
    raw = request(document(CASE, file_name), document(CASE))
    taken = opened(raw)
    assert len(list(READER.decode(taken, tables))) == 1
    assert [(fault.rule, fault.severity, fault.path) for fault in taken.faults] == [
        ("ignored-court", Severity.WARNING, "documents/document[1]/info/source_file_name")
    ]
    assert because in taken.faults[0].words


@pytest.mark.parametrize("room", ["49", "00", "", "XX"])
def test_a_room_below_fifty_or_no_number_is_a_room(room: str, tables: Tables) -> None:
    taken = opened(request(document(CASE, f"7_04032026_2577_B01LY{room}_LIST")))
    assert not taken.faults
    assert len(list(READER.decode(taken, tables))) == 1


def test_the_session_s_own_court_and_day_come_before_those_of_the_file(tables: Tables) -> None:
    own = "<ou_code>b14lo03</ou_code><s_id>1</s_id><doh>06/03/2026</doh><sstart>14:00</sstart>"
    slot = listed(read(request(document(CASE, session=own)), tables)[0]).slot
    assert slot.court is not None and (slot.court.text, slot.court.value) == ("b14lo03", "B14LO03")
    assert slot.on is not None and slot.on.text == "06/03/2026"


def test_a_session_without_court_and_day_has_those_of_the_file(tables: Tables) -> None:
    decoded = read(request(document(CASE, session="<s_id>1</s_id><sstart>10:00</sstart>")), tables)[0]
    slot = listed(decoded).slot
    assert slot.court is not None and slot.court.value == "B01LY01"
    assert slot.on is not None and (slot.on.text, str(slot.on.value)) == ("04032026", "2026-03-04")
    assert not decoded.findings


def test_a_list_without_data_gives_nothing(tables: Tables) -> None:
    name = "<info><source_file_name>7_04032026_2577_B01LY01_LIST</source_file_name></info>"
    assert read(request(f"<document>{name}<data/></document>"), tables) == []


def said(mark: str, tags: str) -> str:
    return "".join(f"<{tag}>said-{mark}{tag}</{tag}>" for tag in tags.split())


def test_nothing_that_a_list_says_is_lost(tables: Tables) -> None:
    case = said("", "c_id h_id valid caseno type def_name def_dob def_age def_sex pnc_id cro_number nationality_1")
    case += said("", "nationality_2 inf cseq listno urn novelty") + "<def_type>P</def_type>"
    name = said("", "title forename1 forename2 forename3 surname middle")
    address = said("", "line1 line2 line3 line4 line5 pcode region")
    offence = said(
        "o-", "oseq co_id code maxpen title sum as cy_title cy_sum adjdate adjreason plea pleadate convdate extra"
    )
    whole = (
        f"<case>{case}<def_name_elements>{name}</def_name_elements><def_addr>{address}</def_addr><urn>said-again</urn>"
        f"<offences><offence kind='said-kind'>{offence}</offence></offences></case>"
    )
    session = (
        "<s_id>said-s</s_id><doh>said-doh</doh><lja>said-lja</lja><room>said-room</room><sstart>said-start</sstart>"
    )
    raw = request(document(whole, session=session), around="<jsonData>said-json</jsonData>")
    decoded = read(raw, tables)[0]
    text = write(Message(envelope=ENVELOPE, body=decoded.body, unmapped=decoded.unmapped)).decode()
    given = {part.split("<")[0] for part in raw.decode().split(">") if part.startswith("said-")} - {"said-kind"}
    assert len(given) > 40 and not {word for word in given if f">{word}<" not in text}


def test_what_stands_beside_the_boxes_is_not_lost_either(tables: Tables) -> None:
    raw = request(document(CASE + "<stray>a</stray>", session="<s_id>1</s_id><sstart>10:00</sstart>"))
    raw = raw.replace(b"<job>", b"<other>b</other><job>").replace(b"</sessions>", b"<stray>c</stray></sessions>")
    told = {leaf.path: leaf.text for leaf in read(raw, tables)[0].unmapped}
    job = "documents/document[1]/data/job"
    assert told[f"{job}/sessions/session[1]/blocks/block[1]/cases/stray"] == "a"
    assert told["documents/document[1]/data/other"] == "b"
    assert told[f"{job}/sessions/stray"] == "c"


def test_a_second_element_of_a_name_is_carried_with_its_position(tables: Tables) -> None:
    decoded = read(request(document(CASE.replace("<listno>", "<urn>first</urn><listno>"))), tables)[0]
    ptiurn = listed(decoded).ptiurn
    assert ptiurn is not None and ptiurn.text == "first"
    assert [leaf.text for leaf in decoded.unmapped if leaf.path.endswith("case[1]/urn[2]")] == ["01ZD0030126"]


def test_a_list_cannot_be_made_to_grow_with_the_square_of_its_size(tables: Tables) -> None:
    session = "<s_id>1</s_id><doh>04/03/2026</doh><sstart>10:00</sstart>" + "<junk>x</junk>" * 20_000
    decoded = read(request(document(CASE * 500, session=session)), tables)
    assert len(decoded) == 500
    assert max(len(one.unmapped) for one in decoded) == CARRIED_AT_MOST
    assert {finding.code for one in decoded for finding in one.findings} == {"CUT"}


def test_what_cannot_be_read_is_a_finding_and_never_stops_the_case(tables: Tables) -> None:
    case = CASE.replace("03/02/1990", "1990-02-03").replace(">F<", ">X<").replace("01ZD0030126", "01ZD003")
    decoded = read(request(document(case)), tables)[0]
    assert {(one.code, one.path.rpartition("/")[2]) for one in decoded.findings} == {
        ("UNREADABLE_DATE", "def_dob"),
        ("UNKNOWN_CODE", "def_sex"),
        ("PTIURN_LENGTH", "urn"),
    }


def test_a_finding_about_an_offence_says_which(tables: Tables) -> None:
    second = "<offence><oseq>2</oseq><code>LOCAL</code><title>x</title></offence></offences>"
    decoded = read(request(document(CASE.replace("</offences>", second))), tables)[0]
    assert [(one.code, one.offence) for one in decoded.findings] == [("OFFENCE_CODE_NOT_NATIONAL", 2)]


def test_an_organisation_is_not_a_person(tables: Tables) -> None:
    decoded = read(request(document(CASE.replace("<def_type>P<", "<def_type>O<"))), tables)[0]
    defendant = listed(decoded).defendants[0]
    assert defendant.individual is None
    assert defendant.organisation is not None and defendant.organisation.name == "Testa EXAMPLE"
    assert {leaf.path.rpartition("/")[2] for leaf in decoded.unmapped} >= {"def_dob", "def_sex"}


# --- recognised, checked, answered


def test_a_soap_envelope_around_something_else_is_not_a_list() -> None:
    other = lift(f'<s:Envelope xmlns:s="{SOAP}"><s:Body><ExternalDocumentRequest/></s:Body></s:Envelope>'.encode())
    assert not READER.recognise(other)
    assert not READER.recognise(lift(b"<ExternalDocumentRequest/>"))


def test_the_schema_reports_and_never_gates(samples: Path) -> None:
    taken = opened((samples / "lists" / "sample-request.xml").read_bytes())
    payload = taken.layers[-1]
    assert payload.schema is not None and not payload.schema.gate
    schema = load_schema(ROOT / "schemas" / payload.schema.path)
    assert not schema.accepts(payload.root)  # its first case number has nine digits
    assert schema.accepts(parse(request(document(CASE))))


def test_the_reply_is_success_and_swaps_the_addresses(samples: Path) -> None:
    taken = opened((samples / "lists" / "sample-request.xml").read_bytes())
    out = READER.reply(taken, Reply(accepted=True, receipt_id="r"), STAMP)
    root = parse(out.body)
    assert out.content_type.startswith("application/soap+xml")
    header = {child.tag.rpartition("}")[2]: text_of(child) for child in root[0]}
    assert header == {
        "Action": "externalDocument",
        "MessageID": STAMP.id,
        "RelatesTo": "09233523-345b-4351-b623-5dsf35sgs5d6",
        "To": "CP_NPS_ML",
        "From": "CP_NPS",
    }
    assert all(child.prefix is None and child.tag.startswith(f"{{{ADDRESSING}}}") for child in root[0])
    assert load_schema(ROOT / "schemas/courtlist/acknowledgement.xsd").accepts(root[1][0])
    assert [child.text for child in root[1][0][0]] == ["Success", "MessageComment", "2026-07-01T10:00:05.250"]


def test_a_bare_list_is_answered_bare() -> None:
    out = READER.reply(opened(request()), Reply(accepted=True, receipt_id="r"), STAMP)
    assert parse(out.body).tag == f"{{{ACKNOWLEDGEMENT}}}Acknowledgement"


def test_success_is_answered_whatever_was_wrong_with_the_content() -> None:
    faults = (Fault(path="x", rule="r", words="w"),)
    out = READER.reply(opened(request()), Reply(accepted=False, receipt_id="r", faults=faults), STAMP)
    assert b"<MessageStatus>Success</MessageStatus>" in out.body


def test_a_list_kept_unopened_is_answered_with_success_in_soap() -> None:
    out = READER.reply(None, Reply(accepted=True, receipt_id="r"), STAMP)
    assert parse(out.body).tag == f"{{{SOAP}}}Envelope"
    assert b"<MessageStatus>Success</MessageStatus>" in out.body


def test_what_is_no_list_is_answered_with_a_soap_fault() -> None:
    faults = (Fault(path="", rule="xml-malformed", words="An '&' begins no entity."),)
    out = READER.reply(None, Reply(accepted=False, receipt_id="r", faults=faults), STAMP)
    fault = parse(out.body)[1][0]
    assert fault.tag == f"{{{SOAP}}}Fault"
    assert text_of(fault[1]) == "An '&' begins no entity."
