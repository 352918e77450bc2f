"""Results in, case files out: what concerns courts alone."""

from datetime import UTC, datetime

import pytest

from connectors.courts.answers import AnswerReader
from connectors.courts.spi import ResultReader
from hub.contract import Opened
from hub.message.hearing import HearingResulted
from tests.doubles.spi import TABLES, decoded, document, opened, payload, sample, submitted

RESULT = payload("spi-result/adjourned")
CASES = payload("spi-result/two-cases")


def rules(text: str) -> list[str]:
    return [fault.rule for fault in opened(ResultReader(), text).faults]


def without(text: str, name: str) -> str:
    start, end = text.index(f"<{name}>"), text.index(f"</{name}>") + len(f"</{name}>")
    return text[:start] + text[end:]


def test_a_sound_result_passes_bare_routed_delivered_and_submitted() -> None:
    for text in (
        RESULT,
        *(sample(f"spi-result/{name}") for name in ("adjourned", "youth-delivered", "welsh-submitted")),
    ):
        assert rules(text) == []


def test_a_result_needs_a_ptiurn_an_asn_and_exactly_one_defendant() -> None:
    assert rules(without(RESULT, "PTIURN")) == ["HO100201"]
    assert rules(without(RESULT, "ProsecutorReference")) == ["HO100206"]
    assert rules(without(RESULT, "Defendant")) == ["ONE_DEFENDANT"]
    start, end = RESULT.index("<Defendant>"), RESULT.index("</Case>")
    assert rules(RESULT[:end].rstrip() + RESULT[start:end] + RESULT[end:]) == ["ONE_DEFENDANT"]
    assert rules(without(RESULT, "Case")) == ["CASE"]


def test_a_fault_names_its_place_from_the_root_of_the_result() -> None:
    (fault,) = opened(ResultReader(), without(CASES, "ProsecutorReference")).faults
    assert fault.path == "/ResultedCaseMessage/Session/Case[1]/Defendant"


def test_an_odd_order_a_short_time_and_a_missing_plea_do_not_refuse() -> None:
    assert rules(sample("spi-result/irregular")) == []


def test_several_cases_of_a_session_are_a_message_each_with_the_same_hearing() -> None:
    first, second = decoded(ResultReader(), CASES)
    assert isinstance(first.body, HearingResulted)
    assert isinstance(second.body, HearingResulted)
    assert [first.body.ptiurn.text, second.body.ptiurn.text] == ["42ZZ0020126", "42ZZ0020226"]
    assert first.body.slot == second.body.slot
    assert len(first.body.defendants) == len(second.body.defendants) == 1


def test_each_case_of_a_session_goes_out_in_a_document_of_its_own_and_loses_nothing() -> None:
    text = CASES.replace("<BailStatus>U</BailStatus>", "<BailStatus>U</BailStatus><Note>seen</Note>")
    for held in decoded(ResultReader(), text):
        assert [note.path for note in held.unmapped] == [
            "/ResultedCaseMessage/Session/Case/Defendant/CourtIndividualDefendant/Note",
            "/ResultedCaseMessage/Session/Case/Defendant/CourtIndividualDefendant/*",
        ]


def test_a_finding_in_one_of_several_cases_names_that_case() -> None:
    text = CASES.replace("42ZZ0020226", "42ZZ00202")
    second = decoded(ResultReader(), text)[1]
    assert [(finding.code, finding.path) for finding in second.findings] == [
        ("PTIURN_LENGTH", "/ResultedCaseMessage/Session/Case[2]/PTIURN")
    ]


@pytest.mark.parametrize(
    ("on", "at", "moment"),
    [
        ("2026-01-14", "10:00:00", datetime(2026, 1, 14, 10, tzinfo=UTC)),
        ("2026-07-14", "10:00:00", datetime(2026, 7, 14, 9, tzinfo=UTC)),
        ("2026-07-14", "10:00:00Z", datetime(2026, 7, 14, 10, tzinfo=UTC)),
        ("2026-07-14", "10:00:00.500+01:00", datetime(2026, 7, 14, 9, 0, 0, 500_000, tzinfo=UTC)),
        ("2026-07-14", "soon", None),
    ],
)
def test_a_hearing_is_by_the_clock_of_its_court_unless_the_text_names_a_zone(
    on: str, at: str, moment: datetime | None
) -> None:
    text = RESULT.replace("2026-04-14</DateOfHearing>", f"{on}</DateOfHearing>", 1)
    text = text.replace("10:00:00</TimeOfHearing>", f"{at}</TimeOfHearing>", 1)
    (held,) = decoded(ResultReader(), text)
    assert held.occurred_at == moment


def test_a_delivered_result_is_known_by_its_message_identifier() -> None:
    (held,) = decoded(ResultReader(), sample("spi-result/youth-delivered"))
    assert held.reference == "CID-5b0d9a52-0c5d-4b7e-8f6a-2d1c0b9a8e7f"
    assert held.system == "LIBRA"


def test_an_answer_says_which_delivery_it_is_about_and_makes_no_message() -> None:
    for name in ("refused", "refused-bare"):
        held = opened_answer(sample(f"spi-answer/{name}"))
        assert held.ids["Codes"] == "1310"
        assert held.reference == "Z00CJSE/6d1f0a58-5b38-4e0a-8c4d-000000000077"
        assert list(AnswerReader().decode(held, TABLES)) == []
    taken = opened_answer(sample("spi-answer/taken"))
    assert (taken.ids["RequestID"], taken.ids["ResponseCode"], taken.reference) == ("hub-req-0001", "1", None)


def opened_answer(text: str) -> Opened:
    assert AnswerReader().recognise(document(text))
    return opened(AnswerReader(), text)


def test_a_case_file_is_no_answer() -> None:
    text = sample("spi-case/every-field")
    assert not AnswerReader().recognise(document(text))
    assert not AnswerReader().recognise(document(submitted(text)))
