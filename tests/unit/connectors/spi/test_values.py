"""How the texts of the interface are read, and what is said of those that cannot be."""

from datetime import date, time
from decimal import Decimal

import pytest

from connectors.spi.reading import Reading
from connectors.spi.values import ASN, DATE, MARKERS, OFFENCE_CODE, PNC_ID, POUNDS, PTIURN, TIME, Kind, coded, worded
from hub.document import Element
from hub.document.xml import parse
from hub.message.values import Coded, Dated, Numbered, Timed
from tests.doubles.spi import TABLES

NODE: Element = parse(b'<NewCaseMessage xmlns="http://www.dca.gov.uk/xmlschemas/libra"><Case/></NewCaseMessage>')[0]


def read(kind: Kind, text: str) -> tuple[object, list[str]]:
    """The value, and the codes of what was noticed."""
    run = Reading(TABLES)
    return kind.read(text, NODE, run), [finding.code for finding in run.findings()]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2026-03-04", date(2026, 3, 4)),
        (" 2026-03-04\n", date(2026, 3, 4)),
        ("2026-03-04Z", date(2026, 3, 4)),
        ("2026-03-04+01:00", date(2026, 3, 4)),
    ],
)
def test_a_date_is_read_with_or_without_a_zone(text: str, value: date) -> None:
    assert read(DATE, text) == (Dated(text, value), [])


@pytest.mark.parametrize("text", ["2026-02-30", "04/03/2026", "20260304", "2026-W10-3", "٢٠٢٦-03-04", "soon"])
def test_what_is_no_date_keeps_its_text_and_is_told(text: str) -> None:
    assert read(DATE, text) == (Dated(text), ["UNREADABLE_DATE"])


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("10:15", time(10, 15)),
        ("10:15:30", time(10, 15, 30)),
        ("09:01:01.001", time(9, 1, 1, 1000)),
        ("09:00:00.0000000-00:00", time(9)),
        ("10:00:00Z", time(10)),
        ("09:00:00.000+01:00", time(9)),
        ("23:59:59.1234567Z", time(23, 59, 59, 123456)),
    ],
)
def test_the_clock_of_a_time_is_read_as_written_in_every_form_that_forces_use(text: str, value: time) -> None:
    assert read(TIME, text) == (Timed(text, value), [])


@pytest.mark.parametrize("text", ["25:00:00", "24:00:00", "10", "10.15", "noon"])
def test_what_is_no_time_keeps_its_text_and_is_told(text: str) -> None:
    assert read(TIME, text) == (Timed(text), ["UNREADABLE_TIME"])


@pytest.mark.parametrize(("text", "value"), [("+100.00", "100.00"), ("007", "7"), (" 5 ", "5"), (".5", "0.5")])
def test_a_number_is_read_in_every_form_of_the_schema(text: str, value: str) -> None:
    assert read(POUNDS, text) == (Numbered(text, Decimal(value)), [])


@pytest.mark.parametrize("text", ["1E9", "NaN", "Infinity", "1_000", "12 pounds", "٣"])
def test_what_is_no_number_in_digits_keeps_its_text_and_is_told(text: str) -> None:
    assert read(POUNDS, text) == (Numbered(text), ["UNREADABLE_NUMBER"])


def test_an_empty_value_is_a_value_and_nothing_is_said_of_it() -> None:
    assert read(DATE, "") == (Dated(""), [])
    assert read(TIME, " ") == (Timed(" "), [])
    assert read(coded("bail_status"), "") == (Coded(""), [])
    assert read(PNC_ID, "")[1] == []


def test_a_code_is_read_by_its_list_and_an_unknown_one_is_told() -> None:
    assert read(coded("plea"), "1") == (Coded("1", "GUILTY"), [])
    assert read(coded("plea"), "88") == (Coded("88"), ["UNKNOWN_CODE"])


def test_a_code_without_a_list_is_its_own_reading_where_it_has_its_form() -> None:
    assert read(worded("[0-9]{1,4}"), "1015") == (Coded("1015", "1015"), [])
    assert read(worded("[0-9]{1,4}"), "fine") == (Coded("fine"), [])


@pytest.mark.parametrize("text", ["DVVI", "DV VI", " dv vi dv ", "DVVIDV"])
def test_markers_are_two_letters_each_once(text: str) -> None:
    assert read(MARKERS, text) == (Coded(text, "DV VI"), [])


def test_markers_of_an_odd_length_are_not_guessed() -> None:
    assert read(MARKERS, "DVI") == (Coded("DVI"), [])


@pytest.mark.parametrize(
    ("kind", "text", "code"),
    [
        (ASN, "2601ZD0000000000056A", "HO100206"),
        (ASN, "TFL", "HO100206"),
        (ASN, "", "HO100206"),
        (ASN, "0800PP0100000000001H", "ASN_DUMMY"),
        (PTIURN, "URN_NUMBER", "HO100201"),
        (PTIURN, "", "HO100201"),
        (PTIURN, "01ZD12", "HO100201"),
        (PTIURN, "01ZD123", "PTIURN_LENGTH"),
        (PTIURN, "00PP0000008", "PTIURN_DUMMY"),
        (PNC_ID, "20050077121A", "PNC_CHECK_LETTER"),
        (PNC_ID, "Test PNC", "PNC_FORMAT"),
        (OFFENCE_CODE, "05MC001", "OFFENCE_CODE_NOT_NATIONAL"),
    ],
)
def test_an_identifier_that_is_not_sound_makes_a_finding_with_the_code_of_the_field(
    kind: Kind, text: str, code: str
) -> None:
    assert read(kind, text)[1] == [code]


def test_a_sound_identifier_makes_no_finding() -> None:
    assert read(ASN, "2601ZD0000000000056M")[1] == []
    assert read(PTIURN, "01ZD0005526")[1] == []
