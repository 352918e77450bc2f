"""cjhub document: a content into a file of its own, with who and why in the audit."""

from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest

from hub.ledger import Ledger
from hub.message.envelope import Attachment
from tests.doubles.traffic import URN, admission, new_message
from tests.pdfs import pdf
from tests.unit.cli.conftest import Run

PDF = pdf()
HASH = sha256(PDF).hexdigest()


@pytest.fixture
def kept(ledger: Ledger) -> str:
    """A message with one document."""
    documents = (Attachment(sha256=HASH, body=PDF),)
    ledger.admit(admission("m1", new_message("m1", URN, documents=documents)))
    return "m1"


def test_a_document_is_written_for_its_reader_alone_and_the_audit_says_why(
    run: Callable[..., Run], ledger: Ledger, kept: str, tmp_path: Path
) -> None:
    out = tmp_path / "read.pdf"
    told = run("document", kept, HASH, "--out", out, "--reason", "the court asked for it")
    assert (told.code, out.read_bytes(), out.stat().st_mode & 0o777) == (0, PDF, 0o600)
    line = ledger.audit_of("message", kept)[-1]
    assert (line.action, line.detail) == ("read", {"document": HASH, "reason": "the court asked for it"})
    assert line.actor.startswith("operator:")


def test_a_file_that_is_there_is_not_written_over_and_nothing_is_noted(
    run: Callable[..., Run], ledger: Ledger, kept: str, tmp_path: Path
) -> None:
    out = tmp_path / "read.pdf"
    out.write_bytes(b"mine")
    assert run("document", kept, HASH, "--out", out, "--reason", "again").code == 1
    assert out.read_bytes() == b"mine"
    assert [line.action for line in ledger.audit_of("message", kept)] == ["accepted"]


@pytest.mark.parametrize(("message", "digest"), [("m1", "0" * 64), ("m2", HASH)])
def test_a_document_that_is_not_this_messages_ends_with_1(
    run: Callable[..., Run], kept: str, tmp_path: Path, message: str, digest: str
) -> None:
    told = run("document", message, digest, "--out", tmp_path / "x.pdf", "--reason", "looking")
    assert told.code == 1
    assert "has no document" in told.err
    assert not (tmp_path / "x.pdf").exists()


def test_without_a_reason_nothing_is_read(run: Callable[..., Run], kept: str, tmp_path: Path) -> None:
    assert run("document", kept, HASH, "--out", tmp_path / "x.pdf").code == 2
    assert not (tmp_path / "x.pdf").exists()
