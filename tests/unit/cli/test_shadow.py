"""cjhub shadow and cjhub renormalise, as an operator types them."""

import json
from pathlib import Path

from typer.testing import CliRunner

from hub.assemble import clock, new_id
from hub.cli import app
from hub.ledger.account import Tally
from hub.ledger.engine import open_ledger


def data_with_a_run(folder: Path) -> Path:
    ledger = open_ledger(f"sqlite:///{folder / 'hub.sqlite'}", clock, new_id)
    ledger.start_shadow("abc123", "northshire-rms", "2")
    run, _ = ledger.shadowed("abc123", 10)
    assert run is not None
    tally = Tally(read=3, same=1, refused=1)
    tally.differs("CaseFileSubmission/Initiation", "m-1")
    tally.differs("Refused/required", "m-2")
    ledger.count_shadow(run, tally, 3)
    ledger.close()
    return folder


def test_a_run_is_shown_with_its_counts_and_an_example_of_each_difference(tmp_path: Path) -> None:
    data = data_with_a_run(tmp_path)
    shown = CliRunner().invoke(app, ["shadow", "--data", str(data), "--json"])
    assert shown.exit_code == 0
    found = json.loads(shown.stdout)
    assert (found["read"], found["same"], found["refused"]) == (3, 1, 1)
    assert found["fields"][0] == {"field": "CaseFileSubmission/Initiation", "documents": 1, "example": "m-1"}
    assert "m-2" in CliRunner().invoke(app, ["shadow", "--data", str(data)]).stdout
    assert CliRunner().invoke(app, ["shadow", "other", "--data", str(data), "--json"]).stdout == ""


def test_a_run_that_is_not_there_cannot_be_forgotten(tmp_path: Path) -> None:
    data = data_with_a_run(tmp_path)
    assert CliRunner().invoke(app, ["shadow", "--forget", "abc123", "--data", str(data)]).exit_code == 0
    assert CliRunner().invoke(app, ["shadow", "--forget", "abc123", "--data", str(data)]).exit_code == 1


def test_renormalising_wants_an_edition_that_is_there_and_a_reason_to_change_anything(tmp_path: Path) -> None:
    data = str(data_with_a_run(tmp_path))
    no_candidate = CliRunner().invoke(app, ["renormalise", "spi-case", "--data", data])
    assert (no_candidate.exit_code, "no candidate" in no_candidate.stderr) == (2, True)
    no_version = CliRunner().invoke(app, ["renormalise", "spi-case", "--with", "77", "--data", data])
    assert (no_version.exit_code, "77" in no_version.stderr) == (2, True)
    no_reason = CliRunner().invoke(app, ["renormalise", "spi-case", "--with", "1", "--apply", "--data", data])
    assert (no_reason.exit_code, "--reason" in no_reason.stderr) == (2, True)


def test_renormalising_a_ledger_without_documents_reads_none(tmp_path: Path) -> None:
    data = str(data_with_a_run(tmp_path))
    found = CliRunner().invoke(app, ["renormalise", "spi-case", "--with", "1", "--data", data, "--json"])
    assert found.exit_code == 0
    assert json.loads(found.stdout)["read"] == 0
