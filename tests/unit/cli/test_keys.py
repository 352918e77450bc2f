"""cjhub keys: shown once, kept as a hash, ended at will."""

import json
from collections.abc import Callable
from pathlib import Path

from hub.web.access import hash_key
from tests.doubles.traffic import Desk
from tests.unit.cli.conftest import Run


def test_a_key_is_shown_once_and_only_its_hash_is_kept(run: Callable[..., Run], tmp_path: Path) -> None:
    told = run("keys", "add", "north-police", "--label", "test bench")
    key = told.out.strip()
    assert told.code == 0
    assert key.startswith("cjh_north-police_")
    assert key.encode() not in (tmp_path / "data" / "hub.sqlite").read_bytes()
    assert key not in run("keys", "list").out
    ledger = Desk(tmp_path / "data" / "hub.sqlite").open()
    found = ledger.find_key(hash_key(key))
    ledger.close()
    assert found is not None
    assert (found.party, found.label, set(found.scopes)) == ("north-police", "test bench", {"submit", "read"})


def test_scopes_narrow_a_key_and_unknown_ones_are_wrong_usage(run: Callable[..., Run]) -> None:
    assert json.loads(run("keys", "add", "north-police", "--scopes", "read", "--json").out)["scopes"] == ["read"]
    assert run("keys", "add", "north-police", "--scopes", "everything").code == 2


def test_a_key_for_nobody_is_wrong_usage(run: Callable[..., Run]) -> None:
    told = run("keys", "add", "nobody")
    assert told.code == 2
    assert "north-court, north-police" in told.err


def test_a_revoked_key_is_listed_as_such_and_found_no_more(run: Callable[..., Run], tmp_path: Path) -> None:
    made = json.loads(run("keys", "add", "north-police", "--json").out)
    assert run("keys", "revoke", made["id"]).code == 0
    assert json.loads(run("keys", "list", "--json").out)["revoked_at"]
    ledger = Desk(tmp_path / "data" / "hub.sqlite").open()
    assert ledger.find_key(hash_key(made["key"])) is None
    ledger.close()
    assert run("keys", "revoke", made["id"]).code == 1


def test_a_data_folder_without_a_ledger_is_told(run: Callable[..., Run], tmp_path: Path) -> None:
    told = run("keys", "list")
    assert told.code == 2
    assert str(tmp_path / "data") in told.err


def test_a_party_that_is_only_planned_gets_no_key(run: Callable[..., Run], config: Path) -> None:
    planned = '[party]\ncode = "south-police"\nname = "South"\nagency = "police"\nstatus = "planned"\n'
    (config / "parties" / "south-police.toml").write_text(planned + '[sends]\ndialects = ["spi-case"]\n')
    told = run("keys", "add", "south-police")
    assert (told.code, "planned" in told.err) == (2, True)
