"""Whatever bytes arrive, a lift makes a tree of them or refuses them; and a case read alone is the case read with all."""

import io
import zipfile

from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from hub.document import Bounds
from hub.document.csv import CsvFile, CsvLayout, csv_tree
from hub.document.fixed import FixedLayout, FixedRecord, fixed_tree
from hub.document.items import csv_items, fixed_items
from hub.document.zipped import entries_of
from hub.message.errors import Refused

LINKED = CsvLayout(
    files=(
        CsvFile(name="case", entry="a.csv"),
        CsvFile(name="person", entry="b.csv", parent="case", key="K", parent_key="K"),
    )
)
FIXED = FixedLayout(
    records=(
        FixedRecord(name="case", starts="1", columns={"urn": (2, 4)}),
        FixedRecord(name="person", starts="2", parent="case", columns={"name": (2, 4), "sex": (6, 6)}),
        FixedRecord(name="charge", starts="3", parent="person", columns={"code": (3, 5)}),
    )
)
SMALL = Bounds(max_bytes=10_000, max_items=500)
pieces = st.lists(
    st.sampled_from([b'"', b",", b"\n", b"\r\n", b"K", b"1", b"a b", b"\xff", b"\x00", b"1abc", b"2x", b"3yy"]),
    max_size=30,
)
keys = st.lists(st.integers(1, 30), max_size=12)


def packed(first: bytes, second: bytes) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.csv", first)
        archive.writestr("b.csv", second)
    return made.getvalue()


def outcome(read: object) -> object:
    """What comes of reading: the tree written out, or the faults."""
    try:
        made = read()  # type: ignore[operator]
    except Refused as refused:
        return [(fault.rule, fault.line) for fault in refused.faults]
    return [etree.tostring(node) for node in made]


@given(pieces.map(b"".join), st.binary(max_size=200))
def test_any_bytes_make_a_tree_or_are_refused(written: bytes, noise: bytes) -> None:
    for raw in (written, noise):
        for layout in (CsvLayout(), CsvLayout(columns=("A", "B")), LINKED):
            outcome(lambda raw=raw, layout=layout: csv_tree(raw, layout, SMALL))
        outcome(lambda raw=raw: fixed_tree(raw, FIXED, SMALL))


@given(st.lists(st.tuples(st.integers(0, 400), st.integers(0, 255)), min_size=1, max_size=6), st.integers(0, 300))
def test_any_damage_to_a_zip_is_refused_or_harmless(damage: list[tuple[int, int]], cut: int) -> None:
    raw = bytearray(packed(b"K\n1\n2\n", b"K,N\n1,x\n2,y\n"))
    for place, byte in damage:
        raw[place % len(raw)] = byte
    for damaged in (bytes(raw), bytes(raw[:cut]), bytes(raw[cut:])):
        outcome(lambda damaged=damaged: csv_tree(damaged, LINKED, SMALL))
        outcome(lambda damaged=damaged: [item.element for item in csv_items(io.BytesIO(damaged), LINKED, SMALL)])
        entries_of(damaged)


@given(keys, keys, st.booleans())
def test_cases_one_by_one_are_those_of_the_whole_or_their_order_is_refused(
    cases: list[int], people: list[int], ordered: bool
) -> None:
    if ordered:
        cases, people = sorted(set(cases)), sorted(people)
    raw = packed(
        "".join(["K\n", *(f"{key}\n" for key in cases)]).encode(),
        "".join(["K,N\n", *(f"{key},n{number}\n" for number, key in enumerate(people))]).encode(),
    )
    whole = outcome(lambda: csv_tree(raw, LINKED))
    walked = outcome(lambda: [item.element for item in csv_items(io.BytesIO(raw), LINKED)])
    if ordered:
        assert walked == whole
    else:
        assert walked == whole or "csv-" in str(walked)


@given(st.lists(st.sampled_from(["1abc", "2def", "2ghi m", "3 jkl", "", "  "]), max_size=20))
def test_records_one_by_one_are_those_of_the_whole(lines: list[str]) -> None:
    raw = "\n".join(lines).encode()
    walked = outcome(lambda: [item.element for item in fixed_items(io.BytesIO(raw), FIXED, "case")])
    assert walked == outcome(lambda: fixed_tree(raw, FIXED))
