"""The small code lists that ship.

Every list starts with the columns code (as sent), value (our reading of it) and name (plain words); further columns
hold what other systems call the same thing. Several codes may share a value: the first of them is the one to send.
"""

import csv
import re
from collections.abc import Iterable
from pathlib import Path

import pytest

CODES = Path(__file__).resolve().parents[2] / "config" / "codes"

EXTRA_COLUMNS: dict[str, tuple[str, ...]] = {
    "alcohol_method": (),
    "bail_status": ("cjs", "pnc", "rank"),
    "common_platform_gender": (),
    "common_platform_plea": (),
    "common_platform_vehicle": (),
    "custody_status": ("cjs", "pnc", "rank"),
    "duration_unit": ("pnc",),
    "ethnicity_observed": (),
    "ethnicity_self_defined": ("common_platform", "probation"),
    "finding": ("cjs", "pnc"),
    "forces": ("kind", "cj_area", "bichard"),
    "gender": ("pnc", "xhibit"),
    "initiation": ("cjs", "common_platform"),
    "language": (),
    "mg_form": ("audience",),
    "mode_of_trial": ("cjs",),
    "movement_in": ("direction", "type"),
    "movement_out": ("direction", "type", "release"),
    "offence_date": (),
    "offender": (),
    "plea": ("cjs", "pnc"),
    "present": (),
    "protective_marking": (),
    "report_types": (),
    "summons": ("cjs",),
    "vehicle": (),
    "warrant_documents": ("group", "paper"),
    "yes_no": (),
    "court_plea": (),
    "reception_reason": (),
    "release_reason": ("message",),
    "sex": (),
}
RELEASE_TYPES = {
    "",
    "CONDITIONAL",
    "AUTOMATIC",
    "BAIL",
    "DISCHARGED",
    "HDC",
    "HOSPITAL",
    "DEATH",
    "ESCAPE",
    "ERROR",
    "DEPORTED",
}

every_list = pytest.mark.parametrize("name", EXTRA_COLUMNS)


def _lines(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file, strict=True))


def _rows(path: Path) -> list[dict[str, str]]:
    head, *rows = _lines(path)
    return [dict(zip(head, row, strict=True)) for row in rows]


def _codes(name: str) -> dict[str, dict[str, str]]:
    return {row["code"]: row for row in _rows(CODES / f"{name}.csv")}


def _first_codes(name: str) -> dict[str, str]:
    first: dict[str, str] = {}
    for code, row in _codes(name).items():
        first.setdefault(row["value"], code)
    return first


def _published(folder: Path, name: str, code: str = "code") -> dict[str, dict[str, str]]:
    return {row[code]: row for row in _rows(folder / f"{name}.csv")}


# --- the layout ---


def test_these_lists_ship_and_no_others() -> None:
    assert {path.stem for path in CODES.iterdir() if path.suffix == ".csv"} == set(EXTRA_COLUMNS)


@every_list
def test_a_list_has_its_columns_in_every_row(name: str) -> None:
    head, *rows = _lines(CODES / f"{name}.csv")
    assert head == ["code", "value", "name", *EXTRA_COLUMNS[name]]
    assert rows
    assert {len(row) for row in rows} == {len(head)}


@every_list
def test_a_list_names_each_code_once(name: str) -> None:
    codes = [row["code"] for row in _rows(CODES / f"{name}.csv")]
    assert sorted(codes) == sorted(set(codes))


@every_list
def test_no_code_value_or_name_is_blank_and_no_cell_has_loose_blanks(name: str) -> None:
    for row in _rows(CODES / f"{name}.csv"):
        assert all(row[column] for column in ("code", "value", "name")), row
        assert all(cell == " ".join(cell.split()) for cell in row.values()), row


@every_list
def test_a_value_is_one_word_in_capitals(name: str) -> None:
    values = {row["value"] for row in _rows(CODES / f"{name}.csv")}
    assert [value for value in values if not re.fullmatch(r"[A-Z][A-Z0-9_]*", value)] == []


@every_list
def test_a_list_has_plain_line_ends_and_no_byte_order_mark(name: str) -> None:
    raw = (CODES / f"{name}.csv").read_bytes()
    assert raw.startswith(b"code,value,name")
    assert raw.endswith(b"\n")
    assert b"\r" not in raw


# --- what a list must say ---


@pytest.mark.parametrize(
    ("name", "code", "value"),
    [
        ("initiation", "J", "SJP"),
        ("custody_status", "B", "CONDITIONAL_BAIL"),
        ("plea", "1", "GUILTY"),
        ("plea", "6", "MCA_GUILTY"),
        ("mode_of_trial", "03", "ELECTS_SUMMARY"),
        ("mode_of_trial", "3", "ELECTS_SUMMARY"),
        ("alcohol_method", "C", "AMFETAMINE"),
        ("alcohol_method", "V", "URINE"),
        ("present", "A", "ABSENT_REPRESENTED"),
        ("report_types", "CJF", "FAST"),
        ("warrant_documents", "WEE_Remand", "REMAND_WARRANT"),
    ],
)
def test_a_code_has_its_reading(name: str, code: str, value: str) -> None:
    assert _codes(name)[code]["value"] == value


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("initiation", "REQUISITION", "Q"),
        ("mode_of_trial", "SUMMARY_ONLY", "01"),
        ("duration_unit", "SESSIONS", "S"),
        ("ethnicity_observed", "NOT_KNOWN", "0"),
        ("ethnicity_self_defined", "CHINESE", "A4"),
        ("ethnicity_self_defined", "OTHER", "O9"),
        ("forces", "METROPOLITAN", "01"),
    ],
)
def test_the_first_code_of_a_shared_value_is_the_one_to_send(name: str, value: str, code: str) -> None:
    assert _first_codes(name)[value] == code


def test_police_custody_status_is_bail_status_without_not_applicable() -> None:
    bail = _codes("bail_status")
    assert bail.pop("A")["cjs"] == "NA"
    assert _codes("custody_status") == bail


def test_movements_say_their_direction_and_a_release_only_of_the_catalogue() -> None:
    assert {(row["direction"], row["type"]) for row in _codes("movement_in").values()} == {("IN", "ADM")}
    out = _codes("movement_out").values()
    assert {(row["direction"], row["type"]) for row in out} == {("OUT", "REL"), ("OUT", "CRT"), ("OUT", "TRN")}
    assert {row["release"] for row in out} <= RELEASE_TYPES
    assert {row["release"] for row in out if row["type"] != "REL"} == {""}


def test_the_paper_of_a_warrant_document_follows_the_first_letter_of_its_code() -> None:
    papers = {"W": "WARRANT", "N": "NOTICE", "O": "ORDER", "P": ""}
    rows = _codes("warrant_documents").items()
    assert {code: row["paper"] for code, row in rows} == {code: papers[code[0]] for code, _ in rows}


# --- agreement with the published tables ---


@pytest.mark.parametrize(
    ("name", "published", "more"),
    [
        ("alcohol_method", "alcohol_level_methods", ""),
        ("bail_status", "bail_statuses_common_platform", ""),
        ("duration_unit", "duration_units", "."),
        ("ethnicity_observed", "ethnicity_observed", "9"),
        ("ethnicity_self_defined", "ethnicity_self_defined", ""),
        ("gender", "genders", ""),
        ("initiation", "case_initiation_types", ""),
        ("offence_date", "offence_date_codes", ""),
        ("present", "defendant_present_codes", ""),
        ("summons", "summons_codes", "B"),
    ],
)
def test_a_list_has_the_published_codes(reference_data: Path, name: str, published: str, more: str) -> None:
    assert set(_codes(name)) == {*_published(reference_data, published), *more}


def _pairs(rows: Iterable[dict[str, str]], *columns: str) -> set[tuple[str, ...]]:
    return {tuple(row[column] for column in columns) for row in rows}


@pytest.mark.parametrize(
    ("name", "ours", "published", "theirs"),
    [
        ("bail_status", ("code", "cjs", "pnc"), "remand_status", ("spi_code", "cjs_person_code", "pnc_code")),
        ("bail_status", ("code", "rank"), "bail_statuses_common_platform", ("code", "ranking")),
        ("plea", ("code", "cjs", "pnc"), "pleas", ("spi_code", "cjs_code", "pnc_text")),
        ("finding", ("code", "cjs", "pnc"), "verdicts", ("spi_finding_code", "cjs_code", "pnc_text")),
        ("gender", ("code", "pnc", "xhibit"), "genders", ("code", "pnc_code", "xhibit_code")),
        (
            "ethnicity_self_defined",
            ("code", "common_platform", "probation"),
            "ethnicity_self_defined",
            ("code", "common_platform", "probation"),
        ),
    ],
)
def test_a_list_gives_the_same_codes_of_other_systems(
    reference_data: Path, name: str, ours: tuple[str, ...], published: str, theirs: tuple[str, ...]
) -> None:
    rows = _rows(reference_data / f"{published}.csv")
    assert _pairs(_codes(name).values(), *ours) == _pairs(rows, *theirs)


def test_both_spellings_of_a_mode_of_trial_have_its_published_code(reference_data: Path) -> None:
    published = _rows(reference_data / "modes_of_trial.csv")
    both = _pairs(published, "spi_code", "cjs_code") | _pairs(published, "spi_code_2digit", "cjs_code")
    assert _pairs(_codes("mode_of_trial").values(), "code", "cjs") == both


def test_a_duration_unit_has_its_published_pnc_letter(reference_data: Path) -> None:
    published = _published(reference_data, "duration_units")
    ours = {code: row["pnc"] for code, row in _codes("duration_unit").items() if code != "."}
    assert ours == {code: row["pnc_code"] for code, row in published.items()}


def test_forces_agree_with_the_published_ones_and_miss_none_that_the_consumer_accepts(reference_data: Path) -> None:
    published = _published(reference_data, "police_forces")
    ours = _codes("forces")
    columns = (("kind", "kind"), ("cj_area", "cj_area_code"), ("bichard", "accepted_by_bichard"))
    for code, row in ours.items():
        assert [row[column] for column, _ in columns] == [published[code][column] for _, column in columns], code
    assert {code for code, row in published.items() if row["accepted_by_bichard"] == "Y"} <= set(ours)
