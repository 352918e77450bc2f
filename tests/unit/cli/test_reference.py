"""cjhub reference: load, show, diff, undo; and what validate says where nothing is loaded."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.doubles.results import message, offence, result
from tests.unit.cli.conftest import Run


@pytest.fixture
def results(tmp_path: Path) -> Path:
    """A table of result codes."""
    path = tmp_path / "result_codes.csv"
    path.write_text("code,type\n1002,F\n1015,F\n")
    return path


def lines(told: Run) -> list[dict[str, object]]:
    return [json.loads(line) for line in told.out.splitlines()]


def test_a_dry_run_says_what_would_be_loaded_and_loads_nothing(run: Callable[..., Run], results: Path) -> None:
    told = run("reference", "load", results, "--dry-run", "--json")
    assert lines(told) == [{"table": "result_codes", "rows": 2, "added": 2, "removed": 0, "changed": 0}]
    assert run("reference", "show", "result_codes", "1002").code == 1


def test_what_is_loaded_is_shown_compared_and_taken_back(run: Callable[..., Run], results: Path) -> None:
    assert run("reference", "load", results, "--version", "one").code == 0
    results.write_text("code,type\n1002,I\n2007,I\n")
    assert run("reference", "load", results, "--version", "two").code == 0
    (shown,) = lines(run("reference", "show", "result_codes", "1002", "--json"))
    assert shown == {"code": "1002", "type": "I"}
    (changed,) = lines(run("reference", "diff", "--json"))
    assert [(one["kind"], one["code"]) for one in changed["changes"]] == [  # type: ignore[attr-defined]
        ("changed", "1002"),
        ("removed", "1015"),
        ("added", "2007"),
    ]
    assert "result_codes  changed  1002  type" in run("reference", "diff").out
    listed = {line["table"]: line for line in lines(run("reference", "show", "--json"))}
    assert listed["result_codes"]["version"] == "two"
    assert listed["plea"]["source"] == "shipped"
    assert run("reference", "undo").code == 0
    assert lines(run("reference", "show", "result_codes", "1002", "--json")) == [{"code": "1002", "type": "F"}]


def test_a_file_can_be_compared_before_it_is_loaded(run: Callable[..., Run], results: Path) -> None:
    run("reference", "load", results)
    results.write_text("code,type\n1002,F\n")
    (one,) = lines(run("reference", "diff", "--with", results, "--json"))
    assert (one["removed"], one["added"], one["changed"]) == (1, 0, 0)


def test_a_faulty_file_ends_with_1_and_names_file_line_and_column(run: Callable[..., Run], results: Path) -> None:
    results.write_text("code,type\n1002,F\n1002,F\n")
    told = run("reference", "load", results, "--json")
    assert told.code == 1
    assert lines(told) == [
        {"file": "result_codes.csv", "line": 3, "column": "code", "words": "this code is there twice"}
    ]


def test_a_shipped_list_is_shown_and_a_code_of_nobody_ends_with_1(run: Callable[..., Run]) -> None:
    assert "value=GUILTY" in run("reference", "show", "plea", "1").out
    assert run("reference", "show", "plea", "77").code == 1
    assert run("reference", "undo").code == 2


def test_validate_looks_codes_up_in_what_is_loaded_and_says_once_what_is_not(
    run: Callable[..., Run], results: Path, tmp_path: Path
) -> None:
    document = tmp_path / "result.xml"
    document.write_text(message(offence("TH68010", result("9991"))))
    before = run("validate", document, document, "--json")
    assert [line["findings"] for line in lines(before)] == [[], []]
    assert before.code == 0
    assert before.err.count("reference data") == 1
    assert "offence_codes" in before.err
    run("reference", "load", results)
    after = run("validate", document, "--json")
    (line,) = lines(after)
    assert [(one["code"], one["offence"]) for one in line["findings"]] == [("HO100307", 1)]  # type: ignore[attr-defined]
    assert "result_codes" not in after.err


def test_validate_says_nothing_of_reference_data_where_no_result_is_judged(
    run: Callable[..., Run], case_file: Path
) -> None:
    assert run("validate", case_file).err == ""


def test_doctor_says_which_tables_are_not_loaded_and_fails_at_one_that_was_altered(
    run: Callable[..., Run], results: Path, tmp_path: Path
) -> None:
    def looked_at(name: str) -> dict[str, object]:
        return next(line for line in lines(run("doctor", "--json")) if line["name"] == name)

    run("reference", "load", results)
    told = looked_at("reference data")
    assert told["verdict"] == "warn"
    assert "offence_codes" in str(told["words"])
    assert "result_codes" not in str(told["words"])
    (tmp_path / "reference" / "editions" / "0001" / "result_codes.csv").write_text("code,type\n1002,I\n")
    assert looked_at("configuration")["verdict"] == "fail"


def test_a_table_of_exclusions_in_your_own_configuration_stands_in_for_the_shipped_one(
    run: Callable[..., Run], config: Path, tmp_path: Path
) -> None:
    document = tmp_path / "result.xml"
    document.write_text(message(offence("TH68010", result("1002"))))

    def codes() -> list[object]:
        (line,) = lines(run("validate", document, "--json"))
        return [one["code"] for one in line["findings"]]  # type: ignore[attr-defined]

    assert codes() == ["TRPR0006"]
    own = config / "groups" / "trigger-exclusions.toml"
    own.parent.mkdir()
    own.write_text('[groups]\n"01" = "TRPR0006"\n')
    assert codes() == []
    own.write_text('[groups]\n"01" = "TRPR0006;"\n')
    told = run("validate", document, "--json")
    assert told.code == 2
    assert "trigger-exclusions.toml: groups.01" in told.err
