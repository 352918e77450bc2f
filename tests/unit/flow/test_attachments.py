"""Documents attached to a message: how many, how large, of which kind, how marked."""

from dataclasses import replace
from hashlib import sha256

import pytest

from hub.document import DEFAULT_BOUNDS
from hub.flow.check.attachments import attachment_faults
from hub.message.case import AttachedDocument, CaseFileSubmission
from hub.message.envelope import Attachment, Decoded
from hub.message.errors import Defect
from hub.message.identifiers import read_ptiurn
from hub.message.values import Coded
from tests.pdfs import pdf

PDF = pdf()
BOUNDS = replace(DEFAULT_BOUNDS, max_attachments=2, max_attachment_bytes=len(PDF))


def document(body: bytes = PDF, media_type: str = "application/pdf", marking: Coded | None = None) -> AttachedDocument:
    return AttachedDocument(
        reference="doc-7",
        title="Report on Ada Sampleton",
        marking=marking,
        media_type=media_type,
        size=len(body),
        sha256=sha256(body).hexdigest(),
    )


def decoded(*documents: AttachedDocument, bodies: tuple[bytes, ...] = (PDF,)) -> Decoded:
    attachments = tuple(Attachment(sha256=sha256(body).hexdigest(), body=body) for body in bodies)
    body = CaseFileSubmission(ptiurn=read_ptiurn("41ZD0000126"), documents=documents)
    return Decoded(body=body, attachments=attachments)


def rules(one: Decoded) -> list[tuple[str, str]]:
    return [(fault.rule, fault.path) for fault in attachment_faults(one, BOUNDS)]


@pytest.mark.parametrize("marking", [None, Coded(""), Coded("x", "OFFICIAL"), Coded("x", "OFFICIAL_SENSITIVE")])
def test_a_document_within_every_limit_passes(marking: Coded | None) -> None:
    assert rules(decoded(document(marking=marking))) == []


def test_a_document_that_is_too_large_is_told_by_its_reference_with_its_size_and_the_limit() -> None:
    large = pdf(padding=1)
    [fault] = attachment_faults(decoded(document(large), bodies=(large,)), BOUNDS)
    assert (fault.rule, fault.path) == ("attachment-size", "CaseFileSubmission/Document[1]")
    assert f"doc-7 has {len(large)} bytes. At most {len(PDF)}" in fault.words
    assert "Sampleton" not in fault.words


def test_more_documents_than_are_taken_is_one_fault() -> None:
    assert rules(decoded(*[document()] * 3)) == [("attachment-count", "CaseFileSubmission")]


@pytest.mark.parametrize("marking", [Coded("SECRET", "SECRET"), Coded("Top Secret", "TOP_SECRET"), Coded("RESTRICTED")])
def test_what_is_marked_higher_than_is_carried_or_unreadably_is_refused(marking: Coded) -> None:
    assert rules(decoded(document(), document(marking=marking))) == [
        ("attachment-marking", "CaseFileSubmission/Document[2]")
    ]


def test_a_kind_of_file_that_is_not_on_the_list_is_refused_with_what_is_taken() -> None:
    png = b"\x89PNG\r\n\x1a\n"
    one = decoded(document(png, "image/png"), bodies=(png,))
    [fault] = attachment_faults(one, BOUNDS)
    assert (fault.rule, fault.words) == (
        "attachment-media",
        "Document doc-7 is image/png by its first bytes. Send it as one of these: pdf.",
    )
    assert attachment_faults(one, replace(BOUNDS, attachment_types=("application/pdf", "image/png"))) == ()


def test_a_document_without_its_content_is_refused() -> None:
    assert rules(decoded(document(), bodies=())) == [("attachment-missing", "CaseFileSubmission/Document[1]")]


@pytest.mark.parametrize("wrong", [{"size": 1}, {"media_type": "image/png"}])
def test_a_reader_that_says_what_is_not_so_is_a_defect(wrong: dict[str, object]) -> None:
    with pytest.raises(Defect):
        attachment_faults(decoded(replace(document(), **wrong)), BOUNDS)
