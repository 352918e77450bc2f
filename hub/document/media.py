"""What a file is, by its first bytes.    Rule: never by its name, nor by what a sender says of it."""

from __future__ import annotations

from hub.document.zipped import START, entries_of

PDF = "application/pdf"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
UNKNOWN = "application/octet-stream"

ENDINGS = {
    PDF: "pdf",
    "image/jpeg": "jpg",
    "image/png": "png",
    "image/tiff": "tif",
    "application/rtf": "rtf",
    DOCX: "docx",
}
"""The kinds that can be told, and how their files' names end."""

_ALIASES = {
    "jpeg": "jpg",
    "tiff": "tif",
    "image/jpg": "image/jpeg",
    "application/x-pdf": PDF,
    "text/rtf": "application/rtf",
}

_STARTS = (
    (b"%PDF-", PDF),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"II*\0", "image/tiff"),
    (b"MM\0*", "image/tiff"),
    (b"{\\rtf", "application/rtf"),
)


def media_type_of(body: bytes) -> str:
    """The media type of a file; that of any bytes at all where it begins as nothing that we know."""
    if body.startswith(START):
        return DOCX if "word/document.xml" in entries_of(body) else UNKNOWN
    return next((media for start, media in _STARTS if body.startswith(start)), UNKNOWN)


def same_media(said: str, media_type: str) -> bool:
    """Whether what a sender says of a file, a media type or the ending of a name, is what it is."""
    word = said.strip().lower().partition(";")[0].strip().removeprefix(".")
    return _ALIASES.get(word, word) in (media_type, ENDINGS.get(media_type))
