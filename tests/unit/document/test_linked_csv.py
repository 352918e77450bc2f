"""Linked files and zips that would mislead or overload: nothing is linked by guess, nothing is unpacked unlooked."""

import io
import struct
import zipfile
from dataclasses import replace

import pytest

from hub.document import Bounds
from hub.document.csv import CsvFile, CsvLayout, csv_tree, header_of
from hub.document.fixed import FixedLayout, FixedRecord, fixed_tree
from hub.document.lines import is_readable
from hub.document.zipped import MOST_ENTRIES, Documents, entries_of
from hub.message.errors import Refused

LINKED = CsvLayout(
    files=(
        CsvFile(name="case", entry="cases.csv"),
        CsvFile(name="person", entry="people.csv", parent="case", key="CASE", parent_key="ID"),
    )
)


def packed(cases: bytes, people: bytes, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", method) as archive:
        archive.writestr("cases.csv", cases)
        archive.writestr("people.csv", people)
    return made.getvalue()


def refused(raw: bytes, layout: CsvLayout = LINKED, bounds: Bounds = Bounds()) -> list[tuple[str, int | None]]:  # noqa: B008
    with pytest.raises(Refused) as stopped:
        csv_tree(raw, layout, bounds)
    return [(fault.rule, fault.line) for fault in stopped.value.faults]


def test_a_row_whose_key_two_rows_have_is_given_to_neither() -> None:
    assert refused(packed(b"ID\n1\n2\n1\n", b"CASE\n1\n")) == [("csv-key-twice", 4)]


def test_blank_keys_link_nothing() -> None:
    assert refused(packed(b"ID,X\n,a\n,b\n", b"CASE,N\n,x\n")) == [("csv-orphan", 2)]
    assert len(csv_tree(packed(b"ID,X\n,a\n,b\n", b"CASE,N\n"), LINKED)) == 2


def test_no_more_than_a_hundred_faults_are_told() -> None:
    people = b"CASE,N\n" + b"".join(b"9,%d\n" % n for n in range(5_000))
    assert len(refused(packed(b"ID\n1\n", people, zipfile.ZIP_STORED))) == 100


def test_a_file_without_the_column_that_links_it_is_refused_for_that() -> None:
    assert refused(packed(b"ID\n1\n", b"CASEREF\n1\n")) == [("csv-header", 1)]


def test_values_are_counted_before_they_fill_the_memory() -> None:
    assert refused(b"A,B\n" + b"1,2\n" * 10, CsvLayout(), Bounds(max_items=12)) == [("document-values", 6)]
    fixed = FixedLayout(records=(FixedRecord(name="a", starts="A", columns={"b": (2, 2)}),))
    with pytest.raises(Refused) as stopped:
        fixed_tree(b"A1\n" * 10, fixed, Bounds(max_items=12))
    assert [(fault.rule, fault.line) for fault in stopped.value.faults] == [("document-values", 7)]


def test_one_endless_line_is_refused() -> None:
    assert refused(b"A\n" + b"x" * 300_000, CsvLayout()) == [("csv-line", 2)]


def test_packed_files_that_are_damaged_are_refused() -> None:
    raw = bytearray(packed(b"ID,U\n" + b"1,01ZD0303208\n" * 40, b"CASE\n"))
    at = raw.index(b"cases.csv") + 12
    raw[at : at + 6] = b"\xff" * 6
    assert refused(bytes(raw)) == [("zip-malformed", None)]


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_packing_other_than_deflate_is_refused(method: int) -> None:
    assert refused(packed(b"ID\n", b"CASE\n", method)) == [("zip-packing", None)]


def test_encrypted_files_are_refused() -> None:
    raw = bytearray(packed(b"ID\n", b"CASE\n"))
    for mark, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        raw[raw.index(mark) + flags] |= 1
    assert refused(bytes(raw)) == [("zip-packing", None)]


def test_a_zip_that_names_too_many_files_is_refused_before_their_names_are_read() -> None:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for number in range(40):
            archive.writestr(str(number), b"")
    assert refused(made.getvalue()) == [("zip-entries", None)]
    assert entries_of(made.getvalue()) == frozenset()


def test_a_size_that_the_zip_gives_wrong_is_not_believed() -> None:
    body = b"ID\n" + b"1\n" * 2_000
    raw = bytearray(packed(body, b"CASE\n"))
    at = raw.index(struct.pack("<L", len(body)), raw.index(b"PK\x01\x02"))
    raw[at : at + 4] = struct.pack("<L", 100)
    assert [rule for rule, _ in refused(bytes(raw))] == ["zip-malformed"]


def test_the_names_in_a_zip_are_known_without_unpacking() -> None:
    assert entries_of(packed(b"", b"")) == {"cases.csv", "people.csv"}
    assert entries_of(b"PK\x03\x04") == entries_of(b"ID\n") == frozenset()


def test_the_header_is_known_without_its_byte_order_mark_and_line_end() -> None:
    assert header_of(b"\xef\xbb\xbfA;B\r\n1;2", CsvLayout()) == "A;B"
    assert header_of(b"\xff\xfeA", CsvLayout()) == ""


def test_only_encodings_whose_line_feed_is_one_byte_are_read() -> None:
    assert [
        name for name in ("utf-8", "UTF8", "cp1252", "windows-1252", "latin-1", "ascii") if not is_readable(name)
    ] == []
    assert [name for name in ("utf-16", "zlib_codec", "idna", "rot13", "utf-7", "none") if is_readable(name)] == []


def test_what_stands_outside_every_column_of_a_line_is_kept() -> None:
    record = FixedRecord(name="a", starts="A", columns={"two": (4, 5), "one": (2, 3), "three": (8, 9)})
    root = fixed_tree(b"A1122xx33yy\n", FixedLayout(records=(record,)))
    assert {child.tag: child.text for child in root[0]} == {
        "one": "11",
        "two": "22",
        "three": "33",
        "from_6": "xx",
        "from_10": "yy",
    }


def test_the_longest_letters_that_a_line_begins_with_say_what_it_is() -> None:
    records = (FixedRecord(name="d", starts="D", columns={}), FixedRecord(name="dx", starts="DX", columns={}))
    assert [node.tag for node in fixed_tree(b"DX\nDA\n", FixedLayout(records=records))] == ["dx", "d"]


def test_a_line_ends_at_its_line_feed_and_nowhere_else() -> None:
    record = FixedRecord(name="a", starts="A", columns={"note": (2, 9)})
    root = fixed_tree("Aab\x85\u2028cd\r\n".encode(), FixedLayout(records=(record,)))
    assert root[0][0].text == "ab\x85\u2028cd"


# --- a folder of documents beside the linked files

BESIDE = replace(LINKED, documents="docs")


def with_entries(more: dict[str, bytes]) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, body in {"cases.csv": b"ID\n1\n", "people.csv": b"CASE\n1\n", **more}.items():
            archive.writestr(name, body)
    return made.getvalue()


def test_files_in_the_folder_of_documents_are_taken_and_read_by_their_names() -> None:
    raw = with_entries({"docs/": b"", "docs/MG5 (Smith).pdf": b"%PDF-", "docs/b.pdf": b"b"})
    assert len(csv_tree(raw, BESIDE)) == 1
    assert entries_of(raw, "docs") == {"cases.csv", "people.csv"}
    held = Documents(io.BytesIO(raw), "docs")
    assert dict(held) == {"docs/MG5 (Smith).pdf": b"%PDF-", "docs/b.pdf": b"b"}
    with pytest.raises(KeyError):
        held["cases.csv"]


@pytest.mark.parametrize(
    "name",
    [
        "docs/../people.pdf",
        "docs/../../etc/passwd",
        "/docs/a.pdf",
        "../docs/a.pdf",
        "docs//a.pdf",
        "docs/.hidden",
        "docs/..",
        "docs/sub/a.pdf",
        "docs\\a.pdf",
        "docs/..\\a.pdf",
        "docs/C:a.pdf",
        "docs/a\n.pdf",
        "docs/" + "a" * 200,
        "other/a.pdf",
        "a.pdf",
        "DOCS/a.pdf",
    ],
)
def test_a_name_that_leads_out_of_the_folder_or_hides_is_refused(name: str) -> None:
    raw = with_entries({name: b"x"})
    assert refused(raw, BESIDE) == [("zip-entries", None)]
    assert entries_of(raw, "docs") != {"cases.csv", "people.csv"}


def test_documents_count_into_the_bounds_of_the_zip() -> None:
    assert refused(with_entries({"docs/a.pdf": b"x" * 5000}), BESIDE, Bounds(max_bytes=4000)) == [("zip-size", None)]
    many = {f"docs/{number}.pdf": b"x" for number in range(MOST_ENTRIES)}
    assert refused(with_entries(many), BESIDE) == [("zip-entries", None)]
    swollen = with_entries({"docs/a.pdf": bytes(3_000_000)})
    assert refused(swollen, BESIDE) == [("zip-size", None)]


def test_two_documents_of_one_name_are_refused() -> None:
    raw = with_entries({"docs/a.pdf": b"1", "docs/b.pdf": b"2"}).replace(b"docs/b.pdf", b"docs/a.pdf")
    assert refused(raw, BESIDE) == [("zip-entries", None)]


def test_a_damaged_document_is_refused_when_it_is_read() -> None:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_STORED) as archive:
        for name, body in {"cases.csv": b"ID\n", "people.csv": b"CASE\n", "docs/a.pdf": b"%PDF-intact"}.items():
            archive.writestr(name, body)
    held = Documents(io.BytesIO(made.getvalue().replace(b"intact", b"broken")), "docs")
    with pytest.raises(Refused) as stopped:
        held["docs/a.pdf"]
    assert [fault.rule for fault in stopped.value.faults] == ["zip-malformed"]


def test_without_a_folder_of_documents_there_are_none() -> None:
    assert refused(with_entries({"docs/a.pdf": b"x"})) == [("zip-entries", None)]
