"""The next court and day as a result's text tells them, and what that makes of the result (courts 2.1, 2.2)."""

import pytest

from connectors.courts.findings.classes import class_of
from connectors.courts.findings.heard import Heard, heard
from connectors.courts.spi import ResultReader
from hub.contract import Trust
from hub.document.lift import lift
from tests.doubles.results import COURT, CROWN, message, next_hearing, offence, result, tables


def case(*offences: str) -> Heard:
    """A case as the receiving side takes it."""
    reader = ResultReader()
    opened = reader.open(lift(message(*offences).encode()), Trust(party="court", agency="court"))
    (decoded,) = reader.decode(opened, tables())
    made = heard(decoded.body, tables(), "")  # type: ignore[arg-type]
    assert made is not None
    return made


@pytest.mark.parametrize(
    ("code", "text", "court", "day"),
    [
        ("4014", "Committed to Liverpool Crown Court for sentence.", CROWN, False),
        ("4014", "committed to Liverpool Crown Court on 01/04/2026 or such other date.", CROWN, True),
        ("4014", "Committed to Liverpool Crown Court on 31/02/2026 or such other date.", CROWN, False),
        ("4047", "Bailed to appear before LIVERPOOL, Crown Court.", CROWN, False),
        ("4047", "Bailed To appear at Liverpool Crown Court.", None, False),
        ("4058", "To be brought before Central Criminal Court.", "C01CE00", False),
        (
            "4027",
            "Bail until the Crown Court hearing at 10 on 01/04/2026 or such other date and time "
            "as the Crown Court directs, Liverpool Crown Court.",
            CROWN,
            True,
        ),
        ("4046", "Held until the Crown Court hearing, time to be fixed, Liverpool Crown Court.", CROWN, False),
        ("4560", "Sent under the Crime and Disorder Act 1998 to Great Grimsby Crown Court.", "C16GG00", False),
        ("4014", "Committed to Nowhere Crown Court on 01/04/2026 or such other date.", None, True),
        ("1015", "Committed to Liverpool Crown Court.", None, False),
        ("4047", "Committed to Liverpool Crown Court.", None, False),
        ("4014", "Committed to the court of the county.", None, False),
    ],
)
def test_the_text_names_court_and_day_in_the_patterns_of_its_code(
    code: str, text: str, court: str | None, day: bool
) -> None:
    (_, one), *_ = case(offence("TH68010", result(code, text))).results
    assert (one.next_court, one.next_day) == (court, day)


@pytest.mark.parametrize(
    ("after", "court", "day"),
    [
        (next_hearing(), CROWN, True),
        (next_hearing(court="B04PR00", on=None), "B04PR00", True),
        (next_hearing(court=None, on="2026-05-01"), CROWN, True),
        (next_hearing(court="0433"), "LV", True),
        (next_hearing(court=""), "B000000", True),
    ],
)
def test_what_the_message_says_goes_before_the_text_which_fills_in_what_is_missing(
    after: str, court: str, day: bool
) -> None:
    text = "Committed to Liverpool Crown Court on 01/04/2026 or such other date."
    (_, one), *_ = case(offence("TH68010", result("4014", text, after=after))).results
    assert (one.next_court, one.next_day) == (court, day)


CLASSES = [
    (result("1002"), {"ConvictionDate": "2026-02-02"}, "Sentence"),
    (result("4027", after=next_hearing()), {"ConvictionDate": "2026-02-02"}, "Adjournment post Judgement"),
    (result("1015"), {}, "Judgement with final result"),
    (result("4028"), {}, "Adjournment with Judgement"),
    (result("4575"), {"ConvictionDate": None}, "Unresulted"),
    (result("4575"), {"ConvictionDate": None, "Finding": None}, "Adjournment pre Judgement"),
    (
        result("1000", after=next_hearing(court=COURT)),
        {"ConvictionDate": None, "Finding": "C"},
        "Adjournment pre Judgement",
    ),
    (result("1015"), {"ConvictionDate": None, "Plea": "7", "Finding": None}, "Judgement with final result"),
    (result("2004"), {"ConvictionDate": None, "Finding": "N"}, "Judgement with final result"),
    (result("3047"), {"ConvictionDate": None, "Finding": None}, "Judgement with final result"),
    (result("3047", after=next_hearing()), {"ConvictionDate": None, "Finding": None}, "Unresulted"),
    (result("1015"), {"ConvictionDate": "2026-05-01", "Finding": None}, "Unresulted"),
]


@pytest.mark.parametrize(("held", "changed", "name"), CLASSES)
def test_a_result_has_the_class_of_the_first_rule_that_fits(held: str, changed: dict[str, str], name: str) -> None:
    made = case(offence("TH68010", held, **changed))
    ((one, decided),) = made.results
    assert class_of(one, decided, made) == name


def test_a_case_adjourned_without_a_day_counts_as_convicted_from_that_offence_on() -> None:
    before = offence("TH68010", result("1015"), ConvictionDate=None)
    mixed = offence("TH68010", result("2007"), result("1015"), ConvictionDate=None)
    sine_die = offence("TH68010", result("2007"), result(None, "As agreed."), result("4592"), ConvictionDate=None)
    own = offence("TH68010", result("1015"), ConvictionDate="2026-01-05")
    made = case(before, mixed, sine_die, own, before)
    days = [None if one.convicted_on is None else one.convicted_on.isoformat() for one in made.offences]
    assert days == [None, None, "2026-03-04", "2026-01-05", "2026-03-04"]
