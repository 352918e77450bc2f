"""Large files case by case: the same cases as from the whole file, and never more in memory than one of them."""

import io
import random
import tracemalloc
import zipfile

import pytest
from lxml import etree

from hub.document import Bounds
from hub.document.csv import CsvFile, CsvLayout, csv_tree
from hub.document.fixed import FixedLayout, FixedRecord, fixed_tree
from hub.document.items import csv_items, fixed_items
from hub.document.lines import Items
from hub.message.errors import Refused

LINKED = CsvLayout(
    files=(
        CsvFile(name="case", entry="cases.csv"),
        CsvFile(name="person", entry="people.csv", parent="case", key="CASE", parent_key="ID"),
        CsvFile(name="charge", entry="charges.csv", parent="person", key="PERSON", parent_key="P"),
    )
)
FIXED = FixedLayout(
    records=(
        FixedRecord(name="header", starts="00", columns={"system": (3, 8)}),
        FixedRecord(name="case", starts="10", columns={"urn": (3, 5)}),
        FixedRecord(name="person", starts="20", parent="case", columns={"name": (3, 8)}),
        FixedRecord(name="trailer", starts="99", columns={"count": (3, 8)}),
    )
)


def packed(cases: str, people: str, charges: str) -> io.BytesIO:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, body in (("cases.csv", cases), ("people.csv", people), ("charges.csv", charges)):
            archive.writestr(name, body)
    return made


def linked(keys: list[str], seed: int = 1) -> io.BytesIO:
    """A zip in which each case has up to two people, and each of them up to two charges, all in the order of `keys`."""
    chance = random.Random(seed)
    people, charges, number = [], [], 0
    for key in keys:
        for _ in range(chance.randrange(3)):
            number += 1
            people.append(f"{key},p{number:09d}\n")
            charges += [f"p{number:09d},TH{n}\n" for n in range(chance.randrange(3))]
    return packed(
        "ID\n" + "".join(f"{key}\n" for key in keys), "CASE,P\n" + "".join(people), "PERSON,CODE\n" + "".join(charges)
    )


def text(node: etree._Element) -> str:
    return etree.tostring(node, encoding="unicode")


def rules(refused: pytest.ExceptionInfo[Refused]) -> list[tuple[str, str, int | None]]:
    return [(fault.rule, fault.path, fault.line) for fault in refused.value.faults]


@pytest.mark.parametrize(
    "keys", [[f"{n:03d}" for n in range(40)], [str(n) for n in range(1, 200)], [f"C{n}" for n in range(7, 20)]]
)
def test_linked_files_give_the_same_cases_as_when_read_whole(keys: list[str]) -> None:
    file = linked(keys)
    whole = csv_tree(file.getvalue(), LINKED)
    items = list(csv_items(file, LINKED))
    assert [text(item.element) for item in items] == [text(case) for case in whole]
    assert [(item.number, item.line) for item in items] == [(n, n + 1) for n in range(1, len(keys) + 1)]


def test_each_case_stands_in_a_root_of_its_own() -> None:
    one, two = csv_items(linked(["1", "2"]), LINKED)
    assert [len(item.element.getroottree().getroot()) for item in (one, two)] == [1, 1]


def test_reading_can_begin_at_any_case() -> None:
    file = linked([f"{n:03d}" for n in range(9)])
    everything = list(csv_items(file, LINKED))
    rest = list(csv_items(file, LINKED, first=7))
    assert [(item.number, text(item.element)) for item in rest] == [
        (item.number, text(item.element)) for item in everything[6:]
    ]


UNSORTED = [
    ("ID\n2\n1\n", "CASE,P\n1,a\n2,b\n", ("/cases.csv", 3)),
    ("ID\n1\n2\n", "CASE,P\n2,b\n1,a\n", ("/people.csv", 3)),
    ("ID\n1\n2\n", "CASE,P\n1,b\n2,a\n", ("/people.csv", 3)),
]


@pytest.mark.parametrize(("cases", "people", "wrong"), UNSORTED)
def test_files_that_are_not_sorted_are_refused_where_they_are_too_large_for_one_tree(
    cases: str, people: str, wrong: tuple[str, int]
) -> None:
    with pytest.raises(Refused) as refused:
        csv_items(packed(cases, people, "PERSON,CODE\n"), LINKED, Bounds(max_items=3))
    assert rules(refused) == [("csv-unsorted", *wrong)]


@pytest.mark.parametrize(("cases", "people", "wrong"), UNSORTED)
def test_small_files_need_not_be_sorted(cases: str, people: str, wrong: tuple[str, int]) -> None:
    file = packed(cases, people, "PERSON,CODE\n")
    items = csv_items(file, LINKED)
    found = [(item.number, item.element.findtext("ID"), item.element.findtext("person/CASE")) for item in items]
    assert items.total == 2
    assert [(number, case == of) for number, case, of in found] == [(1, True), (2, True)]
    assert [item.element.findtext("ID") for item in csv_items(file, LINKED, first=2)] == [found[1][1]]
    assert [len(item.element.getroottree().getroot()) for item in csv_items(file, LINKED)] == [1, 1]


@pytest.mark.parametrize(
    ("cases", "people", "charges", "wrong"),
    [
        ("ID\n1\n1\n", "CASE,P\n", "PERSON,CODE\n", ("csv-key-twice", "/cases.csv", 3)),
        ("ID\n1\n3\n", "CASE,P\n2,a\n", "PERSON,CODE\n", ("csv-orphan", "/people.csv", 2)),
        ("ID\n1\n", "CASE,P\n2,a\n", "PERSON,CODE\n", ("csv-orphan", "/people.csv", 2)),
        ("ID,X\n1,\n,x\n", "CASE,P\n,a\n", "PERSON,CODE\n", ("csv-orphan", "/people.csv", 2)),
        ("NO\n1\n", "CASE,P\n1,a\n", "PERSON,CODE\n", ("csv-header", "/cases.csv", 1)),
    ],
)
def test_links_that_do_not_hold_are_refused_before_the_first_case(
    cases: str, people: str, charges: str, wrong: tuple[str, str, int]
) -> None:
    with pytest.raises(Refused) as refused:
        csv_items(packed(cases, people, charges), LINKED)
    assert rules(refused) == [wrong]


def test_orphans_in_files_sorted_as_numbers_are_not_mistaken_for_disorder() -> None:
    cases = "ID\n" + "".join(f"{n}\n" for n in range(1, 12))
    people = "CASE,P\n1,a\n" + "".join(f"{n},p{n}\n" for n in range(100, 300))
    with pytest.raises(Refused) as refused:
        csv_items(packed(cases, people, "PERSON,CODE\n"), LINKED)
    assert {rule for rule, _, _ in rules(refused)} == {"csv-orphan"}
    assert len(rules(refused)) == 100


def test_one_file_gives_each_row_with_lines_that_add_up() -> None:
    items = list(csv_items(io.BytesIO(b'A,B\n1,"x\ny"\n\n2,z\n'), CsvLayout()))
    assert [text(item.element) for item in items] == ["<row><A>1</A><B>x\ny</B></row>", "<row><A>2</A><B>z</B></row>"]
    assert [(item.line, item.element[0].sourceline + item.offset) for item in items] == [(2, 2), (5, 5)]


def test_a_broken_row_is_refused_before_the_first_case() -> None:
    with pytest.raises(Refused) as refused:
        csv_items(io.BytesIO(b"A,B\n1,2\n3\n"), CsvLayout())
    assert rules(refused) == [("csv-columns", "/file", 3)]


def test_fixed_records_come_one_by_one_with_what_stood_before_the_first() -> None:
    raw = b"00SYS\n10abc\n20Ada\n20Ben\n10def\n99000002\n"
    items = list(fixed_items(io.BytesIO(raw), FIXED, "case"))
    whole = fixed_tree(raw, FIXED)
    assert [text(item.element) for item in items] == [text(case) for case in whole.findall("case")]
    assert [item.element.getparent()[0][0].text for item in items] == ["SYS", "SYS"]
    assert [(item.number, item.line) for item in items] == [(1, 2), (2, 5)]
    assert [node.sourceline + items[0].offset for node in items[0].element.iter("person")] == [3, 4]
    assert [item.number for item in fixed_items(io.BytesIO(raw), FIXED, "case", first=2)] == [2]


def test_lines_far_down_have_their_lines() -> None:
    raw = b"00SYS\n" + b"10abc\n20Ada\n" * 40_000
    last = list(fixed_items(io.BytesIO(raw), FIXED, "case", first=40_000))
    assert [(item.line, item.element[1].sourceline + item.offset) for item in last] == [(80_000, 80_001)]
    assert fixed_tree(raw, FIXED, Bounds(max_items=10**6))[-1].sourceline is None


def test_misplaced_lines_are_all_told_before_the_first_case() -> None:
    with pytest.raises(Refused) as refused:
        fixed_items(io.BytesIO(b"20Ada\n10abc\nXX\n10def\n"), FIXED, "case")
    assert rules(refused) == [("fixed-order", "/file", 1), ("fixed-record", "/file", 3)]


def stopped(items: Items) -> list[tuple[int, int, tuple[str, int | None] | None]]:
    return [(one.number, one.line, (one.fault.rule, one.fault.line) if one.fault else None) for one in items]


def test_a_case_with_more_values_than_allowed_is_told_so_and_the_next_one_is_read() -> None:
    raw = b"10abc\n20Ada\n10abc\n" + b"20Ada\n" * 10 + b"10def\n"
    whole = [(1, 1, None), (2, 3, ("document-values", 7)), (3, 14, None)]
    few = Bounds(max_items=8)
    assert stopped(fixed_items(io.BytesIO(raw), FIXED, "case", few)) == whole
    assert stopped(fixed_items(io.BytesIO(raw), FIXED, "case", few, first=3)) == whole[2:]
    people = "CASE,P\n1,a\n" + "".join(f"2,b{n}\n" for n in range(10)) + "3,c\n"
    file = packed("ID\n1\n2\n3\n", people, "PERSON,CODE\na,X\nb0,X\nc,X\n")
    assert stopped(csv_items(file, LINKED, few)) == [(1, 2, None), (2, 3, ("document-values", 4)), (3, 4, None)]
    wide = io.BytesIO(b"A,B,C\n1,2,3\n,2,\n4,5,6\n")
    assert stopped(csv_items(wide, CsvLayout(), Bounds(max_items=3))) == [
        (1, 2, ("document-values", 2)),
        (2, 3, None),
        (3, 4, ("document-values", 4)),
    ]


def peak(file: io.BytesIO) -> int:
    tracemalloc.start()
    for _ in csv_items(file, LINKED):
        pass
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return most


def test_memory_does_not_grow_with_the_number_of_cases() -> None:
    few, many = (linked([f"{n:06d}" for n in range(cases)]) for cases in (200, 4_000))
    assert peak(many) < peak(few) + 200_000
