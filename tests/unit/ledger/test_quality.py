"""What submissions break is counted in the transaction that keeps them, and read back by unit, rule and place."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import event

from hub.ledger import Ledger
from hub.ledger.account import Place, QualityRow
from hub.ledger.admission import BrokenRule, Conflict, Judgement, Verdict
from hub.ledger.engine import SqlLedger
from hub.message.errors import Defect
from tests.doubles.clock import Clock
from tests.doubles.traffic import Desk, admission, new_message

AT = Clock().at
LATER = AT + timedelta(days=7)


def broken(rule: str = "schema-missing", **more: object) -> BrokenRule:
    values = {"severity": "error", "path": "/Case/PTIURN", "unit": "41ZD", "times": 1} | more
    return BrokenRule(rule=rule, **values)  # type: ignore[arg-type]


def refused(id: str, *rules: BrokenRule, **more: object) -> object:
    return admission(id, verdict=Verdict.REFUSED, broken=rules, **more)


@pytest.fixture
def ledger(desk: Desk) -> Iterator[Ledger]:
    opened = desk.open()
    yield opened
    opened.close()


def test_submissions_are_counted_once_a_rule_and_once_a_place(ledger: Ledger) -> None:
    ledger.admit(refused("1", broken(times=2), broken(path="/Case/Defendant", times=3)))  # type: ignore[arg-type]
    ledger.admit(refused("2", broken()))  # type: ignore[arg-type]
    assert ledger.quality("42", AT, LATER) == (
        QualityRow(
            unit="41ZD",
            rule="schema-missing",
            severity="error",
            submissions=2,
            times=6,
            places=(
                Place(path="/Case/PTIURN", submissions=2, times=3),
                Place(path="/Case/Defendant", submissions=1, times=3),
            ),
        ),
    )


def test_units_and_severities_are_told_apart_and_a_unit_may_be_unknown(ledger: Ledger) -> None:
    ledger.admit(
        admission(
            "1",
            new_message("m1"),
            broken=(broken(severity="warning"), broken(severity="finding"), broken(severity="warning", unit="41ZE")),
        )
    )
    ledger.admit(refused("2", broken(unit=None)))  # type: ignore[arg-type]
    found = {(row.unit, row.severity) for row in ledger.quality("42", AT, LATER)}
    assert found == {("41ZD", "warning"), ("41ZD", "finding"), ("41ZE", "warning"), (None, "error")}


def test_only_the_partys_own_submissions_of_the_period_are_read(ledger: Ledger) -> None:
    ledger.admit(refused("1", broken()))  # type: ignore[arg-type]
    ledger.admit(refused("2", broken(), party="43"))  # type: ignore[arg-type]
    ledger.admit(refused("3", broken(), received_at=LATER))  # type: ignore[arg-type]
    assert [row.submissions for row in ledger.quality("42", AT, LATER)] == [1]
    assert [row.submissions for row in ledger.quality("42", LATER, LATER + timedelta(days=1))] == [1]
    assert ledger.submitted("42", AT, LATER) == {Verdict.REFUSED: 1}
    assert ledger.quality("44", AT, LATER) == ()
    assert ledger.submitted("44", AT, LATER) == {}


def test_a_submission_that_breaks_nothing_has_no_row(ledger: Ledger) -> None:
    ledger.admit(admission("1", new_message("m1")))
    assert ledger.submitted("42", AT, LATER) == {Verdict.ACCEPTED: 1}
    assert isinstance(ledger, SqlLedger)
    with ledger.reading.connect() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM submission_rules").scalar() == 0


def test_a_repeat_is_not_counted_again_and_a_conflict_counts_for_its_key(ledger: Ledger) -> None:
    first = admission("1", new_message("m1"), raw=b"one", broken=(broken(severity="warning"),))
    ledger.admit(first)
    ledger.admit(replace(first, submission_id="s-2"))
    other = admission("1", new_message("m2"), raw=b"two", broken=(broken("schema-order"),))
    assert isinstance(ledger.admit(replace(other, submission_id="s-3")), Conflict)
    found = {(row.rule, row.severity, row.submissions) for row in ledger.quality("42", AT, LATER)}
    assert found == {("schema-missing", "warning", 1), ("key-conflict", "error", 1)}
    assert ledger.submitted("42", AT, LATER) == {Verdict.ACCEPTED: 1, Verdict.CONFLICT: 1}


def test_what_is_judged_later_counts_for_the_time_of_its_receipt_and_every_chunk_adds(ledger: Ledger) -> None:
    ledger.admit(admission("1", verdict=Verdict.PENDING))
    part = Judgement(verdict=Verdict.PENDING, broken=(broken(times=2),), cursor="1")
    assert ledger.judge("s-1", part)
    assert ledger.judge("s-1", Judgement(verdict=Verdict.REFUSED, broken=(broken(times=3),), began="1"))
    assert not ledger.judge("s-1", Judgement(verdict=Verdict.REFUSED, broken=(broken(),)))
    assert [(row.submissions, row.times) for row in ledger.quality("42", AT, LATER)] == [(1, 5)]
    assert ledger.submitted("42", AT, LATER) == {Verdict.REFUSED: 1}


def test_an_admission_that_fails_leaves_no_counts(ledger: Ledger) -> None:
    ledger.admit(admission("0", new_message("taken")))
    with pytest.raises(Defect, match=r"UNIQUE constraint failed: messages\.id|UniqueViolation uq_messages_id$"):
        ledger.admit(admission("1", new_message("taken"), broken=(broken(severity="warning"),)))
    assert ledger.quality("42", AT, LATER) == ()


@pytest.mark.parametrize("desk", ["sqlite"], indirect=True)
def test_the_report_is_read_by_index_and_opens_no_body(ledger: Ledger) -> None:
    assert isinstance(ledger, SqlLedger)
    said: list[tuple[str, object]] = []

    def note(_c: object, _cursor: object, statement: str, parameters: object, _context: object, _many: bool) -> None:
        said.append((statement, parameters))

    event.listen(ledger.reading, "before_cursor_execute", note)
    ledger.quality("42", AT, LATER)
    ledger.submitted("42", AT, LATER)
    event.remove(ledger.reading, "before_cursor_execute", note)
    with ledger.reading.connect() as connection:
        plans = [
            row[3]
            for statement, parameters in said
            for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)  # type: ignore[arg-type]
        ]
    assert len([plan for plan in plans if plan.startswith("SEARCH submission_rules USING PRIMARY KEY")]) == 2
    assert len([plan for plan in plans if plan.startswith("SEARCH submissions USING COVERING INDEX")]) == 1
    assert not [plan for plan in plans if plan.startswith("SCAN") or "contents" in plan or "messages" in plan]
