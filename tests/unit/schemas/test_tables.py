"""Every line of the tables against its schema, in both engines (police-spi 1 to 3, courts 1).

Rule: a test names everything that is wrong in a table, so it compares lists and does not stop at the first.
"""

from collections.abc import Callable, Iterable
from copy import deepcopy
from functools import partial
from pathlib import Path

import pytest
import xmlschema
from lxml import etree

from hub.document import Element
from tests.unit.schemas.tables import LIBRA, OWN, PREFIXES, SCHEMAS, XSI, Row, judge, package_schema, read, rows

Change = Callable[[Element], object]
XS = "{http://www.w3.org/2001/XMLSchema}"
ROWS = {(row.root.tag, row.path): row for row in reversed(rows("spi.txt", "cjse.txt"))}  # one place is tried once
TABLES: dict[str, list[Row]] = {}
for _row in reversed(ROWS.values()):
    TABLES.setdefault(_row.table, []).append(_row)
FILES = sorted(SCHEMAS.glob("spi/*.xsd")) + sorted(SCHEMAS.glob("cjse/*.xsd"))
PUBLISHED_TYPES = [(LIBRA, "PoliceCaseStructure"), (LIBRA, "StdProsPoliceNewCaseStructure")]  # police-spi 2
HINTS = ("schemaLocation", "noNamespaceSchemaLocation")
each_table = pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
each_file = pytest.mark.parametrize("path", FILES, ids=[path.name for path in FILES])


@each_table
def test_a_document_with_every_element_is_valid(table: list[Row]) -> None:
    assert judge(table[0].schema, table[0].root)


@each_table
def test_a_document_without_its_optional_elements_is_valid(table: list[Row]) -> None:
    whole = [row for row in rows("spi.txt", "cjse.txt") if row.table == table[0].table]
    bare = deepcopy(whole[0].root)
    kept = "}Town"  # one of the three places of an address has to stay
    optional = [row.found_in(bare) for row in whole if row.least == 0 and not row.path.endswith(kept)]
    for element in optional:
        parent = element.getparent()
        assert parent is not None
        parent.remove(element)
    assert judge(table[0].schema, bare)


@each_table
def test_an_element_holds_what_its_kind_allows_and_nothing_else(table: list[Row]) -> None:
    refused = [(row, text) for row in table for text in row.kind.good if not judge(row.schema, row.holding(text))]
    taken = [(row, text) for row in table for text in row.kind.bad if judge(row.schema, row.holding(text))]
    assert (refused, taken) == ([], [])


@each_table
def test_an_element_occurs_as_often_as_its_line_says(table: list[Row]) -> None:
    wrong = []
    for row in table:
        for times in {0, 1, 2, 5, row.most or 1, (row.most or 1) + 1}:
            allowed = row.least <= times and (row.most is None or times <= row.most)
            if judge(row.schema, row.occurring(times)) is not allowed:
                wrong.append((row, times))
    assert wrong == []


@each_table
def test_a_block_may_be_empty_only_where_its_line_says_so_and_never_holds_words(table: list[Row]) -> None:
    for row in (row for row in table if row.kind.block):
        assert judge(row.schema, row.changed(_empty)) is row.kind.may_be_empty, row
        assert not judge(row.schema, row.holding("words")), row
        assert judge(row.schema, row.holding(" \n\t")), row


@each_table
def test_an_element_keeps_its_name_and_its_namespace(table: list[Row]) -> None:
    assert _accepted(table, _rename, _move_to_a_foreign_namespace, _move_to_no_namespace) == []


@each_table
def test_two_neighbours_may_not_change_places(table: list[Row]) -> None:
    taken = _accepted((row for row in table if _has_an_unlike_neighbour(row)), _swap_with_the_one_before)
    assert [path for path, _ in taken if not path.endswith("Duration/DurationEndDate")] == []


@each_table
def test_no_element_takes_in_a_stranger(table: list[Row]) -> None:
    assert _accepted(table, _take_in_a_stranger) == []


@each_table
def test_no_element_takes_an_attribute_that_is_not_its_own(table: list[Row]) -> None:
    names = ("Flow", f"{{{OWN[table[0].schema]}}}VersionNumber", f"{{{XSI}}}nil")
    assert _accepted(table, *(partial(_set, name=name, value="1") for name in names)) == []
    hints = [partial(_set, name=f"{{{XSI}}}{name}", value="urn:example:a a.xsd") for name in HINTS]
    assert len(_accepted(table, *hints)) == len(table) * len(hints)


@pytest.mark.slow
@each_table
def test_no_named_type_can_be_claimed_by_xsi_type(table: list[Row]) -> None:
    ours = [(part.target_namespace, part.local_name) for part in package_schema(table[0].schema).maps.types.values()]
    named = [(space, str(name)) for space, name in ours if space != XS.strip("{}")] + PUBLISHED_TYPES
    assert _accepted(table, *(partial(_claim, namespace=space, name=name) for space, name in named)) == []
    assert len(named) > len(PUBLISHED_TYPES)


def test_the_tables_have_a_line_for_every_element_that_the_schemas_declare() -> None:
    for schema in OWN:
        declared = {part.name for part in package_schema(schema).iter_components(xmlschema.XsdElement)}
        lined = {str(part.tag) for table in TABLES.values() for part in table[0].root.iter("*")}
        assert declared - lined == set()
        assert declared


@each_file
def test_every_named_part_of_a_schema_is_explained(path: Path) -> None:
    named = [part for part in read(path) if part.get("name")]
    assert [part.get("name") for part in named if not part.findtext(f"{XS}annotation/{XS}documentation")] == []


@each_file
def test_no_element_of_a_schema_is_declared_with_a_type_that_has_a_name(path: Path) -> None:
    types = [part.get("type", "xs:") for part in read(path).iter(f"{XS}element")]
    assert [name for name in types if not name.startswith("xs:")] == []


@each_file
def test_a_schema_imports_only_its_neighbours(path: Path) -> None:
    wanted = [part.get("schemaLocation", "") for part in read(path).iter(f"{XS}import", f"{XS}include")]
    assert [name for name in wanted if path.with_name(name) not in FILES] == []


def _accepted(table: Iterable[Row], *changes: Change) -> list[tuple[str, Change]]:
    """The changes that leave the document valid, with where."""
    return [(row.path, change) for row in table for change in changes if judge(row.schema, row.changed(change))]


def _has_an_unlike_neighbour(row: Row) -> bool:
    found = row.found_in(row.root)
    before = found.getprevious()
    return before is not None and before.tag != found.tag


def _empty(element: Element) -> None:
    element[:] = []
    element.text = None


def _rename(element: Element) -> None:
    element.tag = f"{element.tag}X"


def _move_to_a_foreign_namespace(element: Element) -> None:
    own = etree.QName(element).namespace
    foreign = next(uri for uri in (PREFIXES["b"], LIBRA) if uri != own)
    element.tag = f"{{{foreign}}}{etree.QName(element).localname}"


def _move_to_no_namespace(element: Element) -> None:
    element.tag = etree.QName(element).localname


def _swap_with_the_one_before(element: Element) -> None:
    before = element.getprevious()
    assert before is not None
    before.addprevious(element)


def _take_in_a_stranger(element: Element) -> None:
    etree.SubElement(element, f"{{{LIBRA}}}OffenceTitle")


def _set(element: Element, *, name: str, value: str) -> None:
    element.set(name, value)


def _claim(element: Element, *, namespace: str, name: str) -> None:
    """Annotate the element with a type, in a prefix that the schema's own document declares."""
    parent = element.getparent()
    assert parent is not None
    copy = etree.Element(element.tag, nsmap={"claimed": namespace})
    copy.text, copy[:] = element.text, list(element)
    for key, value in element.attrib.items():
        copy.set(key, value)
    copy.set(f"{{{XSI}}}type", f"claimed:{name}")
    parent.replace(element, copy)
