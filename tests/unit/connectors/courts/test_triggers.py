"""Each trigger is raised by what courts 2.4 says, and by nothing near it."""

import pytest

from connectors.courts.findings.triggers import TRIGGERS
from tests.doubles.results import message, next_hearing, offence, result, told


def of(code: str, text: str) -> list[int | None]:
    return [number for one, number in told(text) if one == code]


def second(*results: str, **changed: str | None) -> str:
    """A message whose second offence, number 7, has these results."""
    return message(offence(), offence("TH68010", *results, **{"OffenceSequenceNumber": "007", **changed}))


RAISED = {
    "TRPR0001": [second(result("3071")), second(result(), result("3096"))],
    "TRPR0002": [second(result("4577"))],
    "TRPR0003": [second(result("1100")), second(result("1142"), result("3105"))],
    "TRPR0004": [
        second(result("3052")),
        message(offence(), offence("SX03001", OffenceSequenceNumber="007")),
        message(offence(), offence("SX03001A", OffenceSequenceNumber="007")),
        second(result("1015", "To notify under the Sexual Ofences Act.")),
        second(result("1015", "Registered as a SEX OFFENDER.")),
    ],
    "TRPR0005": [second(result("4050"))],
    "TRPR0006": [second(result("1002"))],
    "TRPR0007": [second(result("2065"))],
    "TRPR0008": [
        message(offence("BA76004")),
        message(offence("BA76004", Finding="N", Plea="7")),
    ],
    "TRPR0010": [
        message(BailStatus="B", BailConditions="; Reside at 1 Sample Street"),
        second(result("4597")),
        second(result("1015", "Fined.", "LI")),
    ],
    "TRPR0012": [second(result("2509"))],
    "TRPR0015": [
        second(result("4592")),
        message(offence("RT88191", result("4592"), result("2065"))),
    ],
    "TRPR0016": [second(result("3055"))],
    "TRPR0017": [second(result("2007"))],
    "TRPR0019": [second(result("4046"))],
    "TRPR0020": [
        second(result("3501")),
        message(offence(), offence("CD98019", OffenceSequenceNumber="007")),
        message(offence(), offence("CD98019A", OffenceSequenceNumber="007", Finding=None)),
    ],
    "TRPR0021": [second(result("3115"))],
    "TRPR0022": [second(result("4068"))],
    "TRPR0023": [second(result("1015", "Fined.", "A", "LG"))],
    "TRPR0024": [second(result("1015", "Fined.", "LH"))],
    "TRPR0025": [
        message(offence("MC80524", result("4584"))),
        message(offence("MC80527", result("3049"))),
    ],
    "TRPR0026": [second(result("3075"))],
    "TRPR0029": [
        message(offence("AS14504")),
        message(offence("AS14501", result("1000", "Application GRANTED."))),
    ],
    "TRPR0030": [message(offence("PL84504"))],
}

NOT_RAISED = {
    "TRPR0001": [message(), message(offence("TH68010", result("3071"), result("4583")))],
    "TRPR0002": [second(result("4577", "Warrant.", "EO")), second(result("4574"))],
    "TRPR0003": [message(offence("TH68010", result("1142")), offence("TH68010", result("3105")))],
    "TRPR0004": [
        message(offence("SX03001", Finding="N")),
        message(offence("SX03002")),  # found only among the area's own offences
        second(result("1015", "Sexual  offences act")),
        second(result("1015", "Convicted of a sexual act")),
    ],
    "TRPR0005": [second(result("4027", after=next_hearing()))],
    "TRPR0006": [second(result("1005"))],
    "TRPR0007": [second(result("2064"))],
    "TRPR0008": [
        message(offence("BA76004", Finding="N", Plea="1")),
        message(offence("BA76004", Finding=None), offence()),
    ],
    "TRPR0010": [
        message(BailStatus="C", BailConditions="Reside"),
        message(BailStatus="P", BailConditions="Reside"),
        message(BailStatus="B", BailConditions=" ; ;"),
        message(BailStatus="B"),
    ],
    "TRPR0012": [second(result("2508"))],
    "TRPR0015": [message(offence("RT88191", result("4592"))), message()],
    "TRPR0016": [message(offence("RT88191", result("3055")))],
    "TRPR0017": [message(offence("RT88191", result("2007")))],
    "TRPR0019": [second(result("4047", after=next_hearing()))],
    "TRPR0020": [
        message(offence("CD98019", Finding="N")),
        message(offence("CD98019", result("1040"), result("1000"), result("4027", after=next_hearing()))),
        message(offence("TH68010")),
    ],
    "TRPR0021": [second(result("3007"))],
    "TRPR0022": [second(result("4023"))],
    "TRPR0023": [second(result("1015", "Fined.", "LH"))],
    "TRPR0024": [second(result("1015", "Fined.", "LG"))],
    "TRPR0025": [
        message(offence("MC80524", result("3049"))),
        message(offence("MC80524"), offence("TH68010", result("4584"))),
    ],
    "TRPR0026": [second(result("3077"))],
    "TRPR0029": [
        message(offence("AS14504"), offence("TH68010")),
        message(
            offence("AS14501", result("1000", "Application refused.")), offence("RT88191", result("1000", "granted"))
        ),
    ],
    "TRPR0030": [message(offence("PL84504"), offence("TH68010"))],
}

PER_OFFENCE = {"TRPR0001", "TRPR0003", "TRPR0004", "TRPR0016", "TRPR0017", "TRPR0020", "TRPR0021", "TRPR0026"}


@pytest.mark.parametrize(("code", "text"), [(code, text) for code, texts in RAISED.items() for text in texts])
def test_a_trigger_is_raised_once_with_its_offence_number_or_none(code: str, text: str) -> None:
    assert of(code, text) == [7 if code in PER_OFFENCE else None]


@pytest.mark.parametrize(("code", "text"), [(code, text) for code, texts in NOT_RAISED.items() for text in texts])
def test_a_trigger_is_not_raised_by_what_is_only_near_it(code: str, text: str) -> None:
    assert of(code, text) == []


def test_every_trigger_has_examples_on_both_sides() -> None:
    assert set(RAISED) == set(NOT_RAISED) == {*TRIGGERS, "TRPR0015"}


def test_offences_with_one_number_give_one_trigger() -> None:
    text = message(*[offence("TH68010", result("3071"), OffenceSequenceNumber="000") for _ in range(3)])
    assert of("TRPR0001", text) == [0]


def test_a_result_in_which_every_offence_was_removed_has_neither_triggers_nor_exceptions() -> None:
    assert told(message(offence("NOTHING", result("1002"), result("4583")))) == []
