"""docs/faults.md: what was broken, what must hold, what was seen. Made of the words beside each test and of the figures kept.

    python -m tests.faults_page      write it

Rule: words are read from the source of the tests (`@pytest.mark.promise`), figures from tests/fault/figures.json; a row
without figures is not listed, and one whose test is gone goes with it.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "faults.md"
FIGURES = ROOT / "tests" / "fault" / "figures.json"
SECTIONS = (
    "Processes of the hub",
    "RabbitMQ",
    "PostgreSQL",
    "Disks",
    "Recipients",
    "Order and poison",
    "Duplicates",
    "Time",
    "Size and number",
    "Hostile documents",
    "Upgrade, restore and soak",
)
HEAD = """# What was broken, and what was seen

This page is made by `make faults`, from words that stand beside each test and from the figures that the tests noted: it says what was
measured, not what is hoped. What is promised is in [guarantees.md](guarantees.md), what an operator sees of a fault in
[failures.md](failures.md), how a hub is made to die at each of its calls in [decisions/faults.md](decisions/faults.md).

Four things are looked at after every fault in which messages are sent, beside what its row says:

1. nothing that was accepted is lost;
2. a recipient sees a delivery under one id, with the same bytes each time;
3. the messages of a case come to a recipient in the order in which they were accepted;
4. the chain of the audit holds, and by the audit every status moved along its table.

`make test` runs all of this in a short form, `make faults` in full; a row says which gave its figures. What cannot be shorter has one form. "Moved
clock" means seconds of a clock that the test moves. Figures of time are of the machine named below, busy or not, and are no promise.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One test, in words."""

    test: str  # file and name
    section: str
    broken: str
    holds: str
    short: str = ""  # by what the short form is shorter; empty where there is one form


def rows(root: Path = ROOT) -> list[Row]:
    """Every test that is marked with a promise. Raises ValueError where a mark has no words."""
    return [row for path in sorted(root.glob("tests/**/test_*.py")) for row in _rows_of(path, root)]


def _rows_of(path: Path, root: Path) -> Iterator[Row]:
    text = path.read_text(encoding="utf-8")
    if "mark.promise(" not in text:
        return
    for node in ast.parse(text).body:
        if isinstance(node, ast.FunctionDef) and (mark := _mark_of(node)) is not None:
            test = f"{path.relative_to(root)}::{node.name}"
            section, broken = (ast.literal_eval(one) for one in mark.args)
            named = {str(one.arg): ast.literal_eval(one.value) for one in mark.keywords}
            row = Row(test=test, section=section, broken=broken, **named)
            if row.section not in SECTIONS or not row.broken or not row.holds:
                raise ValueError(f"{test}: a section of the page, what is broken and what must hold")
            yield row


def _mark_of(node: ast.FunctionDef) -> ast.Call | None:
    """Its mark, where it has one."""
    marks = (one for one in node.decorator_list if isinstance(one, ast.Call))
    return next((one for one in marks if ast.unparse(one.func) == "pytest.mark.promise"), None)


def figures(file: Path = FIGURES) -> dict[str, dict[str, Any]]:
    """What was kept, by the id of each test."""
    return json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}


def of_row(row: Row, kept: Mapping[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """What one row's test gave, by parameter."""
    return {id: one for id, one in kept.items() if id.partition("[")[0] == row.test}


def page(listed: list[Row], kept: Mapping[str, dict[str, Any]]) -> str:
    """The page."""
    parts = [HEAD]
    for section in SECTIONS:
        found = [(row, seen) for row in listed if row.section == section and (seen := of_row(row, kept))]
        if found:
            parts.append(f"## {section}\n\n| broken | must hold | seen | form | test |\n|---|---|---|---|---|")
            parts[-1] += "".join(f"\n{_line(row, seen)}" for row, seen in found) + "\n"
    on: dict[str, int] = {}
    for row in listed:
        for one in of_row(row, kept).values():
            on[one["on"]] = on.get(one["on"], 0) + 1
    parts.append("## Where\n\n" + "\n".join(f"- {name} ({count} tests)" for name, count in on.items()) + "\n")
    return "\n".join(parts)


def _line(row: Row, seen: Mapping[str, dict[str, Any]]) -> str:
    told = []
    for id, one in seen.items():
        case = id.partition("[")[2].rstrip("]")
        words = " ".join(one["figures"]).replace("|", "\\|")
        told.append(("" if one["passed"] else "**FAILED** ") + (f"*{case}*: " if case else "") + words)
    forms = dict.fromkeys(_form(row, one) for one in seen.values())
    file, _, name = row.test.partition("::")
    where = f"[{Path(file).name}](../{file})<br>`{name}`"
    return f"| {row.broken} | {row.holds} | {'<br>'.join(told)} | {'<br>'.join(forms)} | {where} |"


def _form(row: Row, one: Mapping[str, Any]) -> str:
    day = date.fromisoformat(one["date"])
    form = {"full": "full", "short": f"short: {row.short}"}[one["form"]] if row.short else "one form"
    return f"{form}; {day.day} {day:%B %Y}"


def main() -> None:
    """Write the page, and drop figures of tests that are gone."""
    listed, kept = rows(), figures()
    known = {row.test for row in listed}
    stays = {id: one for id, one in kept.items() if id.partition("[")[0] in known}
    if stays != kept:
        FIGURES.write_text(json.dumps(stays, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    PAGE.write_text(page(listed, stays), encoding="utf-8")


if __name__ == "__main__":
    main()
