"""CSV and fixed width as plain trees, within bounds."""

import io
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from hub.document import Bounds
from hub.document.csv import CsvFile, CsvLayout, csv_tree
from hub.document.fixed import FixedLayout, FixedRecord, fixed_tree
from hub.document.json import parse
from hub.document.plain import element_name, json_tree
from hub.message.errors import Refused

LINKED = CsvLayout(
    files=(
        CsvFile(name="case", entry="cases.csv"),
        CsvFile(name="person", entry="people.csv", parent="case", key="CASE", parent_key="ID"),
    )
)


def packed(files: dict[str, bytes]) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, body in files.items():
            archive.writestr(name, body)
    return made.getvalue()


def refused(raw: bytes, layout: CsvLayout, bounds: Bounds = Bounds()) -> list[tuple[str, int | None]]:  # noqa: B008
    with pytest.raises(Refused) as stopped:
        csv_tree(raw, layout, bounds)
    return [(fault.rule, fault.line) for fault in stopped.value.faults]


def text(node: etree._Element) -> str:
    return etree.tostring(node, encoding="unicode")


def test_rows_become_elements_with_their_lines_and_blank_cells_are_not_there() -> None:
    root = csv_tree(b'A,B c\n1,"x,\ny"\n\n2,\n', CsvLayout())
    assert text(root) == "<file><row><A>1</A><B_x0020_c>x,\ny</B_x0020_c></row><row><A>2</A></row></file>"
    assert [row.sourceline for row in root] == [2, 5]


def test_a_layout_says_encoding_delimiter_quote_and_columns() -> None:
    layout = CsvLayout(encoding="cp1252", delimiter=";", quote="'", columns=("A", "B"))
    assert text(csv_tree("'caf\xe9;x';2".encode("cp1252"), layout)) == "<file><row><A>café;x</A><B>2</B></row></file>"


def test_rows_of_linked_files_stand_below_the_row_that_they_belong_to() -> None:
    raw = packed({"cases.csv": b"ID,U\n1,a\n2,b\n", "people.csv": b"CASE,N\n2,x\n1,y\n2,z\n"})
    assert text(csv_tree(raw, LINKED)) == (
        "<file><case><ID>1</ID><U>a</U><person><CASE>1</CASE><N>y</N></person></case>"
        "<case><ID>2</ID><U>b</U><person><CASE>2</CASE><N>x</N></person><person><CASE>2</CASE><N>z</N></person></case></file>"
    )


def test_rows_that_belong_to_nothing_are_all_told_with_their_lines() -> None:
    raw = packed({"cases.csv": b"ID\n1\n", "people.csv": b"CASE,N\n9,x\n1,y\n8,z\n"})
    assert refused(raw, LINKED) == [("csv-orphan", 2), ("csv-orphan", 4)]


@pytest.mark.parametrize(
    ("raw", "rule", "line"),
    [
        (b"A,B\n1\n", "csv-columns", 2),
        (b"A,A\n", "csv-header", 1),
        (b'A\n"x"y"\n', "csv-malformed", 2),
        (b"A\nx\n\xff\n", "csv-encoding", 3),
        (b"A\nx\x01\n", "csv-character", 2),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_line(raw: bytes, rule: str, line: int) -> None:
    assert refused(raw, CsvLayout()) == [(rule, line)]


def test_a_zip_is_refused_that_swells_or_holds_other_files_or_is_damaged() -> None:
    good = {"cases.csv": b"ID\n1\n", "people.csv": b"CASE\n1\n"}
    assert refused(packed(good | {"../evil": b"x"}), LINKED) == [("zip-entries", None)]
    assert refused(packed({"cases.csv": b"ID\n"}), LINKED) == [("zip-entries", None)]
    bomb = good | {"people.csv": b"CASE\n" + b"1\n" * 4_000_000}
    assert refused(packed(bomb), LINKED, Bounds(max_bytes=64 * 1024 * 1024)) == [("zip-size", None)]
    assert refused(packed(good)[:-30], LINKED) == [("zip-malformed", None)]


FIXED = FixedLayout(
    records=(
        FixedRecord(name="case", starts="10", columns={"urn": (3, 5)}),
        FixedRecord(name="person", starts="20", parent="case", columns={"name": (3, 8), "sex": (9, 9)}),
        FixedRecord(name="charge", starts="30", parent="person", columns={"code": (3, 5)}),
    )
)


def test_lines_become_records_below_the_one_that_they_belong_to() -> None:
    root = fixed_tree(b"10abc\r\n20Ada   F\r\n30TH1\r\n30TH2\r\n20Ben\r\n\r\n10def\r\n", FIXED)
    assert text(root) == (
        "<file><case><urn>abc</urn><person><name>Ada</name><sex>F</sex><charge><code>TH1</code></charge>"
        "<charge><code>TH2</code></charge></person><person><name>Ben</name></person></case><case><urn>def</urn></case></file>"
    )
    assert root[1].sourceline == 7


def test_lines_of_no_kind_or_out_of_place_are_all_told() -> None:
    with pytest.raises(Refused) as stopped:
        fixed_tree(b"20Ada\n10abc\nXX\n30TH1\n20Ben\n10def\n30TH2\n", FIXED)
    assert [(fault.rule, fault.line) for fault in stopped.value.faults] == [
        ("fixed-order", 1),
        ("fixed-record", 3),
        ("fixed-order", 4),
        ("fixed-order", 7),
    ]


def test_any_key_has_an_element_name_and_different_keys_have_different_ones() -> None:
    keys = [
        "a",
        "a b",
        "a_b",
        "a_x0020_b",
        "a_x005F_x0020_b",
        "1a",
        "_1a",
        "_x0031_a",
        "-",
        "é",
        "\U0001f600",
        "",
        "_x_",
        "x:y",
        "a-b.c",
    ]
    names = [element_name(key) for key in keys]
    assert len(set(names)) == len(keys)
    for name in names:
        etree.Element(name)


@given(st.lists(st.text(alphabet="_x0A2 é1.-", max_size=12), unique=True, max_size=6))
def test_no_two_keys_share_a_name(keys: list[str]) -> None:
    names = {element_name(key) for key in keys}
    assert len(names) == len(keys)
    for name in names:
        etree.Element(name)


def test_numbers_stay_as_they_were_written() -> None:
    tree = json_tree(parse(b'{"a": 1.10, "b": 100, "c": 1e3, "d": -0.50}'))
    assert [node.text for node in tree] == ["1.10", "100", "1e3", "-0.50"]
