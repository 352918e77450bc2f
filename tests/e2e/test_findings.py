"""A result at the door: what its receiver would raise travels with it, looked up in the reference data of the hub."""

import csv
from pathlib import Path

from tests.doubles.results import REFERENCE, message, offence, result
from tests.hubs import COURT, running_hub, web_door


def reference_in(folder: Path) -> Path:
    """A folder of tables, as published."""
    folder.mkdir()
    for name, table in REFERENCE.tables.items():
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([table.columns, *table.rows])
    return folder


def test_a_result_is_accepted_with_its_triggers_and_exceptions_by_judges_that_have_the_tables(tmp_path: Path) -> None:
    document = message(
        offence("TH68010", result("1002"), result("9991")), offence("TH99999", OffenceSequenceNumber="2")
    )
    reference = reference_in(tmp_path / "published")
    with running_hub(tmp_path, {"court": COURT}, judges=1, reference=reference) as hub, web_door(hub) as client:
        answer = client("court").post("/v1/messages", document.encode())
        receipt = answer.json()
        assert (answer.status, receipt["faults"]) == (202, [])
        [made] = receipt["messages"]
        assert made["findings"] == 3
        kept = (hub.ledger.canonical(made["id"]) or b"").decode()
        assert [code for code in ("HO100306", "HO100307", "TRPR0006") if f"<Code>{code}</Code>" in kept] == [
            "HO100306",
            "HO100307",
            "TRPR0006",
        ]
