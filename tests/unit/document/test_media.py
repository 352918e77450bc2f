"""What a file is, by its first bytes."""

import io
import zipfile

import pytest

from hub.document.media import DOCX, ENDINGS, UNKNOWN, media_type_of, same_media
from tests.pdfs import pdf


def zipped(*names: str) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name in names:
            archive.writestr(name, b"x")
    return made.getvalue()


@pytest.mark.parametrize(
    ("body", "media_type"),
    [
        (pdf(), "application/pdf"),
        (b"\xff\xd8\xff\xe0....", "image/jpeg"),
        (b"\x89PNG\r\n\x1a\n....", "image/png"),
        (b"II*\0....", "image/tiff"),
        (b"MM\0*....", "image/tiff"),
        (b"{\\rtf1 }", "application/rtf"),
        (zipped("[Content_Types].xml", "word/document.xml"), DOCX),
        (zipped("a.exe"), UNKNOWN),
        (b"MZ....", UNKNOWN),
        (b" %PDF-1.4", UNKNOWN),
        (b"<html>", UNKNOWN),
        (b"", UNKNOWN),
    ],
)
def test_a_file_is_what_its_bytes_begin_as(body: bytes, media_type: str) -> None:
    assert media_type_of(body) == media_type


@pytest.mark.parametrize("said", ["application/pdf", " Application/PDF; charset=x", "pdf", ".PDF", "application/x-pdf"])
def test_a_media_type_and_the_ending_of_a_name_both_say_what_a_file_is(said: str) -> None:
    assert same_media(said, "application/pdf")


@pytest.mark.parametrize("said", ["image/png", "png", "", "text/html", "None"])
def test_another_media_type_is_not_the_same(said: str) -> None:
    assert not same_media(said, "application/pdf")
    assert not same_media(said, UNKNOWN)


def test_every_kind_that_can_be_told_has_an_ending() -> None:
    assert all(same_media(ending, media_type) for media_type, ending in ENDINGS.items())
