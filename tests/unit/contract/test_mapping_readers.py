"""Each reader of mappings: what it makes of a text, and what it says of one that it cannot read."""

from datetime import UTC, date, datetime, time
from decimal import Decimal

import pytest

from hub.contract.mapping.readers import READERS, BadReader
from hub.contract.mapping.run import Run
from hub.contract.tables import Table, Tables
from hub.document.xml import parse
from hub.message.identifiers import Identifier, Reason
from hub.message.values import Coded, Dated, Moment, Numbered, Timed

TABLES = Tables({"gender": Table("gender", {"1": {"code": "1", "value": "MALE"}})})
ROOT = parse(b"<A><B/></A>")


def read(reader: str, text: str, traits: dict[str, str] | None = None) -> tuple[object, list[str]]:
    """What a reader makes of a text, and the codes of findings and the rules of faults that it gives."""
    name, colon, argument = reader.partition(":")
    run = Run(root=ROOT, tables=TABLES, traits=traits or {})
    made = READERS[name].make(argument if colon else None, TABLES)(text, ROOT[0], run)
    return made, [finding.code for finding in run.findings] + [fault.rule for fault in run.faults]


READ: list[tuple[str, str, object]] = [
    ("text", " a  b ", " a  b "),
    ("trimmed", " a  b ", "a  b"),
    ("upper", " ab ", "AB"),
    ("word:1", "John Paul Sampleton", "John"),
    ("word:-1", "John Paul Sampleton", "Sampleton"),
    ("word:1..-2", "John Paul Sampleton", "John Paul"),
    ("word:2..-2", "John Sampleton", None),
    ("word:3", "John Sampleton", None),
    ("date", "2026-02-03", Dated("2026-02-03", date(2026, 2, 3))),
    ("date:%d/%m/%Y", "03/02/2026", Dated("03/02/2026", date(2026, 2, 3))),
    ("time", "09:05", Timed("09:05", time(9, 5))),
    ("time:%H%M", "0905", Timed("0905", time(9, 5))),
    ("utc-date", "2027-06-21T23:30:00Z", Dated("2027-06-21T23:30:00Z", date(2027, 6, 22))),
    ("utc-time", "2027-06-21T09:00:00Z", Timed("2027-06-21T09:00:00Z", time(10))),
    ("utc-time", "2027-06-21T09:00:00+02:00", Timed("2027-06-21T09:00:00+02:00", time(8))),
    ("utc-time:%d/%m/%Y %H:%M", "21/06/2027 09:00", Timed("21/06/2027 09:00", time(10))),
    ("moment", "2026-02-03T10:00:00+01:00", Moment("2026-02-03T10:00:00+01:00", datetime(2026, 2, 3, 9, tzinfo=UTC))),
    ("moment:%d/%m/%Y %H:%M", "21/06/2027 10:00", Moment("21/06/2027 10:00", datetime(2027, 6, 21, 9, tzinfo=UTC))),
    ("moment:%Y%m%d%H%M%z", "202706211000+0200", Moment("202706211000+0200", datetime(2027, 6, 21, 8, tzinfo=UTC))),
    ("code:gender", " 1 ", Coded(" 1 ", "MALE")),
    ("code", "X9", Coded("X9")),
    ("number", "-1.50", Numbered("-1.50", Decimal("-1.50"))),
    (
        "number:100",
        "1234567890123456789012345678901",
        Numbered("1234567890123456789012345678901", Decimal("12345678901234567890123456789.01")),
    ),
    ("flag", "Y", True),
    ("flag:true/false", "false", False),
    ("asn", "26/41ZD/0000021R", Identifier("26/41ZD/0000021R", "2641ZD0000000000021R", None)),
    ("pnc", "2012/0004711C", Identifier("2012/0004711C", "2012/0004711C", None)),
    ("cro", "65656/91H", Identifier("65656/91H", "065656/91H", None)),
    ("ptiurn", "41ZD 0000126", Identifier("41ZD 0000126", "41ZD0000126", None)),
    ("ou-code", "B41ZZ01", Identifier("B41ZZ01", "B41ZZ01", None)),
    ("noms", "a1234bc", Identifier("a1234bc", "A1234BC", None)),
    ("crn", "X320741", Identifier("X320741", "X320741", None)),
    ("offence-code", "TH68010", Identifier("TH68010", "TH68010", None)),
    ("postcode", "sw1a1aa", Identifier("sw1a1aa", "SW1A 1AA", None)),
]

UNREAD: list[tuple[str, str, object, str]] = [
    ("date", "03/02/2026", Dated("03/02/2026"), "UNREADABLE_DATE"),
    ("time", "25:00", Timed("25:00"), "UNREADABLE_TIME"),
    ("utc-date", "0001-01-01T00:00:00Z", Dated("0001-01-01T00:00:00Z"), "UNREADABLE_DATE"),
    ("utc-time", "soon", Timed("soon"), "UNREADABLE_TIME"),
    ("moment", "2026-02-03T10:00:00", Moment("2026-02-03T10:00:00"), "UNREADABLE_MOMENT"),
    ("code:gender", "9", Coded("9"), "UNKNOWN_CODE"),
    ("number", "1e999999999", Numbered("1e999999999"), "UNREADABLE_NUMBER"),
    ("number", "٣", Numbered("٣"), "UNREADABLE_NUMBER"),
    ("number", "1_000", Numbered("1_000"), "UNREADABLE_NUMBER"),
    ("flag", "maybe", None, "value"),
    (
        "asn",
        "26/41ZD/0000021A",
        Identifier("26/41ZD/0000021A", "2641ZD0000000000021A", Reason.CHECK_LETTER),
        "ASN_CHECK_LETTER",
    ),
]


@pytest.mark.parametrize(("reader", "text", "made"), READ)
def test_a_text_is_read(reader: str, text: str, made: object) -> None:
    assert read(reader, text) == (made, [])


@pytest.mark.parametrize(("reader", "text", "made", "code"), UNREAD)
def test_what_cannot_be_read_keeps_its_text_and_is_told(reader: str, text: str, made: object, code: str) -> None:
    assert read(reader, text) == (made, [code])


def test_every_reader_is_tried_here() -> None:
    assert {reader.partition(":")[0] for reader, _, _ in READ} == READERS.keys()


def test_a_sender_that_marks_local_times_as_utc_is_taken_at_its_clock() -> None:
    held, _ = read("utc-time", "2027-06-21T09:00:00Z", {"times_are_local": "true"})
    assert held == Timed("2027-06-21T09:00:00Z", time(9))


@pytest.mark.parametrize(
    "reader",
    [
        "text:x",
        "asn:x",
        "date:%H",
        "time:%d",
        "date:%Q",
        "number:7",
        "number:1",
        "flag:Y",
        "word",
        "word:0",
        "code:gendr",
    ],
)
def test_an_argument_that_a_reader_does_not_take_is_refused(reader: str) -> None:
    with pytest.raises(BadReader):
        read(reader, "")
