"""cjhub quality, as an operator types it."""

import csv
import io
import json
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from hub.assemble import clock
from hub.ledger.admission import BrokenRule, Verdict
from hub.quality.weeks import last_weeks
from tests.doubles.traffic import Desk, admission, new_message
from tests.unit.cli.conftest import Run

FORCE = "north-police"
NOW = clock()
THIS, BEFORE = (week.since for week in reversed(last_weeks(2, NOW)))
LONG_AGO = (BEFORE - timedelta(days=200)).replace(hour=12)  # noon, so that its day is the same in London


def broken(rule: str, severity: str, unit: str | None = "41ZD", path: str = "/Case/PTIURN") -> BrokenRule:
    return BrokenRule(rule=rule, severity=severity, path=path, unit=unit, times=1)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A ledger in which the force was refused twice, warned once, and once long ago."""
    ledger = Desk(tmp_path / "data" / "hub.sqlite").open()

    def put(id: str, at: datetime, verdict: Verdict, *rules: BrokenRule, party: str = FORCE) -> None:
        made = (new_message(f"m{id}"),) if verdict is Verdict.ACCEPTED else ()
        ledger.admit(admission(id, *made, party=party, verdict=verdict, received_at=at, broken=rules))

    put(
        "1", BEFORE, Verdict.REFUSED, broken("schema-missing", "error"), broken("schema-missing", "error", path="/Case")
    )
    put("2", BEFORE, Verdict.REFUSED, broken("xml-malformed", "error", unit=None, path=""))
    put("3", BEFORE, Verdict.ACCEPTED, broken("OFFENCE_CODE_IS_GENERIC", "warning"))
    put("4", THIS, Verdict.ACCEPTED)
    put("5", LONG_AGO, Verdict.REFUSED, broken("dialect-unknown", "error", unit=None, path="/note"))
    put("6", BEFORE, Verdict.REFUSED, broken("not-carried", "error"), party="north-court")
    ledger.close()
    return tmp_path / "data"


def test_the_table_shows_rules_units_and_weeks_and_how_to_mend_each(run: Callable[..., Run], data: Path) -> None:
    shown = run("quality", "--force", FORCE, "--weeks", "2")
    assert shown.code == 0
    lines = [line.split() for line in shown.out.splitlines()]
    assert ["submitted", "3", "1", "4"] in lines
    assert ["refused", "2", "0", "2"] in lines
    assert ["error", "schema-missing", "41ZD", "1", "1"] in lines
    assert ["error", "xml-malformed", "not", "known", "1", "1"] in lines
    assert ["warning", "OFFENCE_CODE_IS_GENERIC", "41ZD", "1", "1"] in lines
    assert "Replace 998 by the code of the offence itself." in shown.out
    assert "* not a whole week" in shown.out
    assert "not-carried" not in shown.out
    assert "dialect-unknown" not in shown.out


def test_the_csv_has_a_row_for_each_week_unit_rule_and_place(run: Callable[..., Run], data: Path) -> None:
    rows = list(csv.DictReader(io.StringIO(run("quality", "--force", FORCE, "--csv").out)))
    assert [(row["unit"], row["severity"], row["rule"], row["path"], row["documents"], row["times"]) for row in rows] == [
        ("not known", "error", "xml-malformed", "/", "1", "1"),
        ("41ZD", "warning", "OFFENCE_CODE_IS_GENERIC", "/Case/PTIURN", "1", "1"),
        ("41ZD", "error", "schema-missing", "/Case", "1", "1"),
        ("41ZD", "error", "schema-missing", "/Case/PTIURN", "1", "1"),
    ]  # fmt: skip
    assert {row["week"] for row in rows} == {last_weeks(2, NOW)[0].label}


def test_the_json_has_an_object_a_week_with_what_was_submitted(run: Callable[..., Run], data: Path) -> None:
    weeks = [json.loads(line) for line in run("quality", "--force", FORCE, "--weeks", "2", "--json").out.splitlines()]
    assert [(week["submitted"], week["refused"], week["whole"]) for week in weeks] == [(3, 2, True), (1, 0, False)]
    (missing,) = [rule for rule in weeks[0]["rules"] if rule["rule"] == "schema-missing"]
    assert (missing["unit"], missing["documents"], missing["times"], len(missing["places"])) == ("41ZD", 1, 2, 2)
    assert missing["mend"].startswith("Add the element")
    assert weeks[1]["rules"] == []


def test_the_digest_is_a_letter_about_the_last_whole_week(run: Callable[..., Run], data: Path) -> None:
    told = run("quality", "--force", FORCE, "--digest").out
    assert told.startswith(f"To: North ({FORCE})\nAbout: your submissions in week {last_weeks(2, NOW)[0].label}\n")
    assert "You sent 3 documents; 2 were refused, 66.7 in 100." in told
    assert "1. schema-missing: 1 document, with no weeks before to compare with." in told
    assert "To mend it: Add the element that is missing." in told


def test_a_period_is_from_a_day_to_a_day_both_counted(run: Callable[..., Run], data: Path) -> None:
    day = LONG_AGO.date()
    out = run("quality", "--force", FORCE, "--from", day, "--to", day, "--csv").out
    assert [row["rule"] for row in csv.DictReader(io.StringIO(out))] == ["dialect-unknown"]
    before = day - timedelta(days=1)
    out = run("quality", "--force", FORCE, "--from", before, "--to", before, "--csv").out
    assert list(csv.DictReader(io.StringIO(out))) == []
    weeks = run("quality", "--force", FORCE, "--to", day, "--weeks", "3", "--json").out.splitlines()
    assert [json.loads(week)["submitted"] for week in weeks] == [0, 0, 1]


def test_a_time_without_faults_says_so(run: Callable[..., Run], data: Path) -> None:
    shown = run("quality", "--force", FORCE, "--weeks", "1")
    assert shown.code == 0
    assert "nothing was refused" in shown.err


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--force", "nobody"], "no party has the code 'nobody'"),
        (["--force", FORCE, "--csv", "--digest"], "give one of them"),
        (["--force", FORCE, "--from", "2026-02-02", "--to", "2026-02-01"], "a first and a last day"),
    ],
)
def test_what_makes_no_sense_is_told_as_wrong_usage(
    run: Callable[..., Run], data: Path, options: list[str], words: str
) -> None:
    shown = run("quality", *options)
    assert shown.code == 2
    assert words in shown.err
