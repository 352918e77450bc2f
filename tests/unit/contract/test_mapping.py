"""What a mapping makes of a document: values, fall-backs, links, findings, faults, and what it does not know."""

import json
from datetime import date, time

import pytest

from hub.contract import Opened, Trust
from hub.contract.mapping import MappedReader, read_mapping
from hub.contract.tables import Table, Tables
from hub.document.lift import lift
from hub.message.case import CaseFileSubmission
from hub.message.envelope import Decoded
from hub.message.errors import Refused
from hub.message.values import Coded, Dated, Timed

TABLES = Tables({"gender": Table("gender", {"1": {"code": "1", "value": "MALE"}})})
URN = "41ZD0000126"


def reader(fields: str, top: str = "") -> MappedReader:
    head = '[dialect]\nname = "a-force"\nlift = "xml"\n[recognise]\nroot = "F"\n'
    return read_mapping(head + top + '[case]\nptiurn = "U"\n' + fields, "a-force/mapping.toml", TABLES)


def opened(made: MappedReader, body: str, traits: dict[str, str] | None = None) -> Opened:
    document = lift(f"<F><U>{URN}</U>{body}</F>".encode())
    assert made.recognise(document)
    return made.open(document, Trust(party="a-force", agency="police", traits=traits or {}))


def decoded(fields: str, body: str, traits: dict[str, str] | None = None) -> Decoded:
    made = reader(fields)
    [one] = made.decode(opened(made, body, traits), TABLES)
    return one


def case(fields: str, body: str, traits: dict[str, str] | None = None) -> CaseFileSubmission:
    read = decoded(fields, body, traits).body
    assert isinstance(read, CaseFileSubmission)
    return read


@pytest.mark.parametrize(
    ("spec", "body", "said"),
    [
        ('"A"', "<A>x</A>", "x"),
        ('{ at = ["A", "B"] }', "<A> </A><B>y</B>", "y"),
        ('{ join = ["A", "B", "C"], with = "-" }', "<A>x</A><C>z</C>", "x-z"),
        ('{ join = ["A", { at = "B", pad = 3 }], with = "" }', "<A>x</A><B>7</B>", "x007"),
        ('{ at = "A", cut = [2, 3] }', "<A>wxyz</A>", "xy"),
        ('{ at = "A", pad = 5 }', "<A>42</A>", "00042"),
        ('{ at = "A", map = { a = "Alpha" } }', "<A>a</A>", "Alpha"),
        ('{ const = "always" }', "", "always"),
        ('{ at = "A", default = "else" }', "", "else"),
        ('{ at = "A", read = "upper" }', "<A> ab </A>", "AB"),
        ('"normalize-space(A)"', "<A> a  b </A>", "a b"),
        ('"A"', "<A/>", None),
    ],
)
def test_a_value_is_found_as_its_table_says(spec: str, body: str, said: str | None) -> None:
    assert case(f"informant = {spec}\n", body).informant == said


def test_dates_times_and_codes_keep_their_text_beside_our_reading() -> None:
    read = case(
        '[case.first_hearing]\non = { at = "D", read = "date:%d/%m/%Y" }\nat = { at = "D2", read = "time:%H%M" }\n',
        "<D>20/03/2027</D><D2>1005</D2>",
    )
    assert read.first_hearing is not None
    assert read.first_hearing.on == Dated("20/03/2027", date(2027, 3, 20))
    assert read.first_hearing.at == Timed("1005", time(10, 5))


@pytest.mark.parametrize(
    ("traits", "clock"), [({}, time(10, 0)), ({"times_are_local": "true"}, time(9, 0))]
)  # police-spi 6: some forces mark local clock times with Z
def test_a_time_in_utc_is_the_clock_in_london_unless_the_sender_marks_local_times_so(
    traits: dict[str, str], clock: time
) -> None:
    fields = '[case.first_hearing]\nat = { at = "D", read = "utc-time" }\non = { at = "D", read = "utc-date" }\n'
    read = case(fields, "<D>2027-06-21T09:00:00Z</D>", traits).first_hearing
    assert read is not None
    assert read.at is not None
    assert read.at.value == clock


def test_what_cannot_be_read_is_a_finding_and_keeps_its_text() -> None:
    one = decoded(
        'initiation = { at = "I", read = "code:gender" }\n[case.first_hearing]\non = { at = "D", read = "date" }\n',
        "<I>9</I><D>31/02/2026</D>",
    )
    assert isinstance(one.body, CaseFileSubmission)
    assert one.body.initiation == Coded("9")
    assert one.body.first_hearing is not None
    assert one.body.first_hearing.on == Dated("31/02/2026")
    assert [(f.code, f.path) for f in one.findings] == [("UNKNOWN_CODE", "/F/I"), ("UNREADABLE_DATE", "/F/D")]


DEFENDANTS = """
[[case.defendants]]
each = "P[@role='ACC']"
[case.defendants.individual]
name.family = "N"
[[case.defendants.offences]]
each = "/F/O"
link = { "@by" = "@id" }
code = "C"
[[case.defendants]]
each = "Co"
organisation.name = "N"
"""


def test_people_and_companies_make_defendants_and_linked_offences_go_to_their_own() -> None:
    body = (
        "<P role='ACC' id='1'><N>A</N></P><P role='WIT' id='3'><N>W</N></P><Co><N>C Ltd</N></Co><P role='ACC' id='2'><N>B</N></P>"
        "<O by='2'><C>TH68010</C></O><O by='1'><C>TH68010</C></O><O by='2'><C>CJ88116</C></O>"
    )
    read = case(DEFENDANTS, body)
    names = [
        d.individual.name.family if d.individual else d.organisation and d.organisation.name for d in read.defendants
    ]
    assert names == ["A", "B", "C Ltd"]
    assert [[(o.position, o.code and o.code.text) for o in d.offences] for d in read.defendants] == [
        [(1, "TH68010")],
        [(1, "TH68010"), (2, "CJ88116")],
        [],
    ]


def test_a_finding_in_an_offence_names_its_position() -> None:
    body = "<P role='ACC' id='1'><N>A</N></P><O by='1'><C>TH68010</C></O><O by='1'><C>???</C></O>"
    assert [(f.code, f.offence) for f in decoded(DEFENDANTS, body).findings] == [("OFFENCE_CODE_FORMAT", 2)]


def test_a_record_of_which_nothing_is_there_is_absent() -> None:
    read = case('[case.first_hearing]\ncourt = "H/C"\n[case.officer]\nrank = "R"\nname.family = "N"\n', "")
    assert (read.first_hearing, read.officer) == (None, None)


def test_what_no_path_reads_is_kept_with_its_place() -> None:
    one = decoded('informant = "A"\n', "<A x='1'>i</A><B>two</B><C><D>three</D> </C>")
    assert [(u.path, u.text) for u in one.unmapped] == [("/F/A/@x", "1"), ("/F/B", "two"), ("/F/C/D", "three")]


def test_every_document_fault_is_told_at_once_with_its_line() -> None:
    made = read_mapping(
        '[dialect]\nname = "a"\nlift = "xml"\n[recognise]\nroot = "F"\n[case]\neach = "K"\nptiurn = "U"\n',
        "a/m",
        TABLES,
    )
    document = lift(b"<F>\n<K><X>1</X><U/></K>\n<K><U>41ZD0000126</U></K>\n<K/>\n</F>")
    with pytest.raises(Refused) as refused:
        list(made.decode(made.open(document, Trust(party="a", agency="police")), TABLES))
    assert [(fault.path, fault.rule, fault.line) for fault in refused.value.faults] == [
        ("/F/K[1]", "empty", 2),
        ("/F/K[3]", "empty", 4),
    ]


def test_what_a_sender_says_of_its_message_is_read_beside_the_body() -> None:
    made = reader("", '[sender]\nreference = "@id"\nsystem = "S"\noccurred_at = "T"\n')
    document = lift(f"<F id='r-1'><S>sys</S><T>2026-03-02T10:00:00+01:00</T><U>{URN}</U></F>".encode())
    held = made.open(document, Trust(party="a", agency="police"))
    [one] = made.decode(held, TABLES)
    assert (held.reference, one.reference, one.system) == ("r-1", "r-1", "sys")
    assert one.occurred_at is not None
    assert one.occurred_at.isoformat() == "2026-03-02T09:00:00+00:00"


def test_json_is_read_by_the_same_grammar_and_loses_nothing() -> None:
    made = read_mapping(
        '[dialect]\nname = "a"\nlift = "json"\n[recognise]\nmembers = ["urn"]\n[case]\nptiurn = "urn"\n'
        'informant = "who_x0020_says/name"\n[[case.defendants]]\neach = "people"\nindividual.name.family = "n"\n',
        "a/m",
        TABLES,
    )
    data = {"urn": URN, "who says": {"name": "X", "age": 7}, "people": [{"n": "A"}, {"n": "B"}], "more": [True, None]}
    document = lift(json.dumps(data).encode())
    assert made.recognise(document)
    [one] = made.decode(made.open(document, Trust(party="a", agency="police")), TABLES)
    assert isinstance(one.body, CaseFileSubmission)
    assert one.body.informant == "X"
    assert len(one.body.defendants) == 2
    assert [(u.path, u.text) for u in one.unmapped] == [
        ("/document/who_x0020_says/age", "7"),
        ("/document/more[1]", "true"),
    ]
