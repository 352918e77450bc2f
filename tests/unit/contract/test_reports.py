"""Values in the forms that agencies expect."""

from datetime import date, time
from decimal import Decimal

import pytest

from hub.contract.reports import Reports, code_for, is_uuid, is_youth, lines_of, local_moment
from hub.contract.tables import Table, Tables
from hub.message.case import HearingSlot
from hub.message.people import Address, Individual, PersonName, StructuredAddress
from hub.message.values import Coded, Dated, Numbered, Timed

SEX = Tables({"sex": Table("sex", {"M": {"value": "MALE"}, "X": {"value": "MALE"}, "F": {"value": "FEMALE"}})})


@pytest.mark.parametrize(
    ("born", "on", "youth"),
    [
        (date(2008, 2, 29), date(2026, 2, 28), True),
        (date(2008, 2, 29), date(2026, 3, 1), False),
        (date(2008, 3, 4), date(2026, 3, 3), True),
        (date(2008, 3, 4), date(2026, 3, 4), False),
    ],
)
def test_somebody_is_young_until_the_eighteenth_birthday(born: date, on: date, youth: bool) -> None:
    assert is_youth(Individual(name=PersonName(), born_on=Dated("", born)), on) is youth


def test_an_age_is_looked_at_only_where_no_date_of_birth_is_known() -> None:
    person = Individual(name=PersonName(), age=Numbered("17", Decimal(17)))
    assert is_youth(person, date(2026, 3, 4))
    assert not is_youth(None, date(2026, 3, 4))


@pytest.mark.parametrize(
    ("coded", "code"),
    [
        (Coded("X", "MALE"), "X"),
        (Coded("1", "MALE"), "M"),
        (Coded("2", "FEMALE"), "F"),
        (Coded("9", "NOT_SPECIFIED"), None),
        (None, None),
    ],
)
def test_a_code_goes_out_as_it_came_or_as_the_first_that_means_it(coded: Coded | None, code: str | None) -> None:
    assert code_for(SEX, "sex", coded) == code


def test_a_derived_id_is_always_the_same_and_reported() -> None:
    reports = Reports()
    first, second = reports.derived_id("a", "case", "1"), reports.derived_id("a", "case", "1")
    assert first == second != reports.derived_id("a", "case", "2")
    assert is_uuid(first) and not is_uuid("case") and not is_uuid(None)
    assert [report.path for report in reports.made] == ["a", "a", "a"]


def test_a_hearing_starts_by_the_clock_of_its_court_and_at_ten_where_no_time_is_known() -> None:
    on = Dated("", date(2026, 7, 1))
    at = local_moment(HearingSlot(on=on, at=Timed("", time(14, 30))))
    usual = local_moment(HearingSlot(on=on))
    assert at is not None and at.isoformat() == "2026-07-01T14:30:00+01:00"
    assert usual is not None and usual.isoformat() == "2026-07-01T10:00:00+01:00"
    assert local_moment(HearingSlot()) is None


def test_an_address_in_parts_is_put_together_in_at_most_five_lines() -> None:
    parts = StructuredAddress(
        saon="Flat 2 ", paon="14", street="Nowhere Lane", locality="Sample", town="Town", administrative_area="Shire"
    )
    lines, put_together = lines_of(Address(structured=parts))
    assert put_together and lines is not None
    assert [lines.line_1, lines.line_2, lines.line_3, lines.line_4, lines.line_5] == [
        "Flat 2",
        "14 Nowhere Lane",
        "Sample",
        "Town",
        "Shire",
    ]
    assert lines_of(None) == (None, False)
