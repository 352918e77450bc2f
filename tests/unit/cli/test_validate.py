"""cjhub validate: a verdict a file, faults in words, exit codes; and the verdict on every real-format sample."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.unit.cli.conftest import Run

VALID = frozenset(
    [
        "em-SingleDefendantSingeOffence",
        "em-SingleDefendantSingeOffenceSJP",
        "em-DefendantSingleOffenceSJP",
        "em-SingleDefendantMultipleOffenceSJP",
        "em-AddDefendant",
        "em-CorporateDefendantAllfields",
        "em-CorporateDefendantCC",
        "em-IndividualAndCorporateDefendants",
        "em-IndividualDefendantAllfields",
        "em-errors-MDIMinimalSPIMessage",
        "ca-SingleDefendantSingeOffenceDaylightSaving",
        "ep-PoliceCase",
        "vr-IndividualDefendantAllfields",
        "em-CjseResponse",
        "em-async-response-from-cjse",
        "af-SPI_In_Message_Async_Response",
    ]
)
"""The samples of police-spi 7 in which every layer that is there is valid."""


def lines(told: Run) -> list[dict[str, object]]:
    return [json.loads(line) for line in told.out.splitlines()]


def test_an_accepted_document_ends_with_0_and_names_its_dialect(run: Callable[..., Run], case_file: Path) -> None:
    told = run("validate", case_file, "--json")
    (line,) = lines(told)
    assert told.code == 0
    assert line["file"] == str(case_file)
    assert (line["verdict"], line["dialect"]) == ("accepted", "exchange")
    assert set(line) == {"file", "dialect", "verdict", "faults", "findings"}


def test_a_refused_document_ends_with_1_and_says_where_and_how_to_mend_it(
    run: Callable[..., Run], broken: Path
) -> None:
    told = run("validate", broken, "--json")
    (line,) = lines(told)
    assert told.code == 1
    assert line["verdict"] == "refused"
    fault = line["faults"][0]  # type: ignore[index]
    assert set(fault) == {"line", "path", "rule", "severity", "words"}
    assert fault["severity"] == "error"
    assert "Ptiurn" in fault["words"]


def test_a_file_that_cannot_be_read_is_refused_and_the_others_go_on(
    run: Callable[..., Run], case_file: Path, tmp_path: Path
) -> None:
    told = run("validate", tmp_path / "missing.xml", tmp_path, case_file, "--json")
    verdicts = [(line["verdict"], line["dialect"]) for line in lines(told)]
    assert told.code == 1
    assert verdicts == [("refused", None), ("refused", None), ("accepted", "exchange")]
    assert "no such file" in lines(told)[0]["faults"][0]["words"]  # type: ignore[index]


def test_the_report_for_people_names_file_verdict_and_every_fault(
    run: Callable[..., Run], case_file: Path, broken: Path
) -> None:
    told = run("validate", case_file, broken)
    assert told.code == 1
    assert f"{case_file}  accepted  exchange" in told.out
    assert f"{broken}  refused  exchange" in told.out
    assert "Ptiurn" in told.out
    assert "1 accepted, 1 refused" in told.out


def test_a_document_of_another_dialect_than_the_one_named_is_refused(run: Callable[..., Run], case_file: Path) -> None:
    assert run("validate", case_file, "--dialect", "spi-case").code == 1
    assert run("validate", case_file, "--dialect", "exchange").code == 0


def test_a_dialect_that_nobody_reads_is_wrong_usage(run: Callable[..., Run], case_file: Path) -> None:
    told = run("validate", case_file, "--dialect", "klingon")
    assert told.code == 2
    assert "'klingon'; there are" in told.err


def test_a_date_that_is_none_is_wrong_usage(run: Callable[..., Run], case_file: Path) -> None:
    assert run("validate", case_file, "--on", "31/02/2026").code == 2


def test_the_day_given_counts_as_today(run: Callable[..., Run], case_file: Path) -> None:
    def rules(day: str) -> set[object]:
        (line,) = lines(run("validate", case_file, "--on", day, "--json"))
        return {fault["rule"] for fault in line["faults"]}  # type: ignore[attr-defined]

    assert "DATE_OF_HEARING_IN_THE_PAST" in rules("2030-01-01")
    assert "DATE_OF_HEARING_IN_THE_PAST" not in rules("2026-02-02")


def test_strict_accepts_exactly_the_samples_whose_every_layer_is_valid(run: Callable[..., Run], samples: Path) -> None:
    files = sorted((samples / "police").glob("*.xml"))
    told = run("validate", "--strict", *files, "--json")
    accepted = {Path(str(line["file"])).stem for line in lines(told) if line["verdict"] == "accepted"}
    assert accepted == VALID & {path.stem for path in files}
    assert len(lines(told)) == len(files)


@pytest.mark.parametrize("name", ["em-CjseResponse", "em-async-response-from-cjse", "af-SPI_In_Message_Async_Response"])
def test_replies_of_the_exchange_are_recognised_as_what_they_are(
    run: Callable[..., Run], samples: Path, name: str
) -> None:
    (line,) = lines(run("validate", "--strict", samples / "police" / f"{name}.xml", "--json"))
    assert line["dialect"] == "spi-answer"
