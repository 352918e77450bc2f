"""Whose dialect a document is in; what keeps it from being in one; a Reader that fails takes nobody else with it."""

from __future__ import annotations

import io
import zipfile

import pytest

from hub.contract import Reader
from hub.discovery.connectors import discover
from hub.document import Document
from hub.document.lift import lift
from hub.flow.check.recognise import recognise
from hub.message.errors import Defect, Refused
from tests.papers import case_file

READERS = discover(None).readers


class Failing:
    """A connector's Reader that fails on whatever it is shown."""

    dialect = "odd-dialect"

    def recognise(self, document: Document) -> bool:
        raise KeyError("a value of somebody's document")


def with_failing() -> dict[str, Reader]:
    return {"odd-dialect": Failing(), **READERS}  # type: ignore[dict-item]


def test_a_reader_that_fails_does_not_keep_another_from_knowing_a_document() -> None:
    assert recognise(lift(case_file()), with_failing()).dialect == "spi-case"


def test_where_nobody_knows_a_document_the_reader_that_failed_is_named_and_no_value_is() -> None:
    with pytest.raises(Defect, match=r"odd-dialect \(KeyError\)") as defect:
        recognise(lift(b"<odd/>"), with_failing())
    assert "somebody" not in str(defect.value)


def packed(*names: str) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name in names:
            archive.writestr(name, "A;B\n")
    return made.getvalue()


@pytest.mark.parametrize(
    ("names", "told"),
    [
        (("cases.csv", "defendants.csv"), "the zip does not hold charges.csv."),
        (("cases.csv", "defendants.csv", "charges.csv", "notes.txt"), "it holds notes.txt besides."),
        (("cases.csv", "notes.txt"), "does not hold charges.csv, defendants.csv and it holds notes.txt besides."),
    ],
)
def test_a_zip_that_is_nearly_of_a_dialect_is_told_what_it_lacks_or_has_too_much(
    names: tuple[str, ...], told: str
) -> None:
    with pytest.raises(Refused) as refused:
        recognise(lift(packed(*names)), READERS)
    [fault] = refused.value.faults
    assert (fault.rule, fault.words.startswith("This is a zip, ")) == ("dialect-unknown", True)
    assert "It is nearly westbeck-extract: " in fault.words
    assert fault.words.endswith(told)


def test_a_zip_of_something_else_is_nearly_nothing() -> None:
    with pytest.raises(Refused) as refused:
        recognise(lift(packed("notes.txt")), READERS)
    assert "nearly" not in refused.value.faults[0].words
