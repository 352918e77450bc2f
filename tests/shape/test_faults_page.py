"""docs/faults.md is what the tests say and what they gave: no campaign without words, no row without figures, none of a
test that is gone."""

import ast
import re

from tests.faults_page import FIGURES, PAGE, ROOT, figures, of_row, page, rows

AGAIN = "run the test with `--figures tests/fault/figures.json`, and then `python -m tests.faults_page`"


def test_every_row_has_words_of_its_own() -> None:
    made = rows()
    assert len(made) > 30
    assert len({(row.section, row.broken) for row in made}) == len(made)
    assert all(len(row.broken) > 10 and row.holds for row in made)
    assert not [
        row.test for row in made for words in (row.broken, row.holds, row.short) if "|" in words or "\n" in words
    ]


def test_every_test_of_a_fault_that_notes_figures_has_its_row_and_every_row_notes_figures() -> None:
    noting = set()
    for path in ROOT.glob("tests/**/test_*.py"):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if not isinstance(node, ast.FunctionDef) or not node.name.startswith("test_"):
                continue
            if "figure" in {one.arg for one in node.args.args}:
                noting.add(f"{path.relative_to(ROOT)}::{node.name}")
    told = {row.test for row in rows()}
    assert told <= noting
    assert {test for test in noting if test.startswith("tests/fault/")} <= told


def test_every_row_is_proven_and_nothing_that_failed_stands_there() -> None:
    kept = figures()
    assert [row.test for row in rows() if not of_row(row, kept)] == [], AGAIN
    assert [id for id, one in kept.items() if not one["passed"]] == []


def test_the_page_is_what_the_tests_say_and_names_no_test_that_is_gone() -> None:
    listed, kept = rows(), figures(FIGURES)
    told = PAGE.read_text(encoding="utf-8")
    assert told == page(listed, kept), AGAIN
    named = {f"{path}::{name}" for path, name in re.findall(r"\]\(\.\./(tests/\S+?)\)<br>`(\w+)`", told)}
    assert named == {row.test for row in listed}
    assert {id.partition("[")[0] for id in kept} == named


def test_the_page_is_reached_from_where_guarantees_are_told() -> None:
    assert "docs/faults.md" in (ROOT / "README.md").read_text(encoding="utf-8")
    assert "(faults.md)" in (ROOT / "docs" / "guarantees.md").read_text(encoding="utf-8")
