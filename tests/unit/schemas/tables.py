"""The dossiers' tables as text, and whole documents grown from them, to hold against the schemas.

Rule: every verdict is given by lxml and by the xmlschema package, and they must agree.
"""

import re
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path

import xmlschema
from lxml import etree

from hub.document import Element, schema, xml
from tests.unit.schemas.kinds import Kind, kind

HERE = Path(__file__).resolve().parent
SCHEMAS = HERE.parents[2] / "schemas"
LIBRA = "http://www.dca.gov.uk/xmlschemas/libra"
MESSAGES = "http://schemas.cjse.gov.uk/messages"
COMMON = "http://schemas.cjse.gov.uk/common"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
OWN = {  # the namespace of what each schema file declares
    "spi/spi": LIBRA,
    "cjse/endpoint": "http://schemas.cjse.gov.uk/endpoint/types/",
    "cjse/operations": f"{COMMON}/operations",
    "cjse/deliver": f"{MESSAGES}/deliver/2006-05",
}
PREFIXES = {
    "b": "http://www.govtalk.gov.uk/people/bs7666",
    "be": f"{COMMON}/businessentities",
    "bt": f"{COMMON}/businesstypes",
    "msg": f"{MESSAGES}/messaging/2006-05",
    "mm": f"{MESSAGES}/metadata/2006-05",
    "mf": f"{MESSAGES}/format/2006-05",
}
INTERFACE = {"Interface": "LibraStandardProsecutorPolice", "SchemaVersion": "0.6g"}
VERSION = {"VersionNumber": "1.0"}
ATTRIBUTES: dict[str, dict[str, str]] = {  # what each element must carry to be valid
    "NewCaseMessage": {"Flow": "NewCasesFromThePolice", **INTERFACE},
    "ResultedCaseMessage": {"Flow": "ResultedCasesForThePolice", **INTERFACE},
    "RouteData": {"RequestResponse": "Request", **VERSION},
    "RouteDataResp": VERSION,
    "RequestFromSystem": VERSION,
    "ResponseToSystem": VERSION,
    "DataStream": VERSION,
    "Routes": VERSION,
    "Route": VERSION,
    "MessageMetadata": {"SchemaVersion": "1.0"},
    "MessageFormat": {"SchemaVersion": "1.0"},
}
OCCURRENCES: dict[str, tuple[int, int | None]] = {"1": (1, 1), "?": (0, 1), "+": (1, None), "*": (0, None)}


def judge(name: str, root: Element) -> bool:
    """The verdict of the named schema on a tree; fails when the two engines differ."""
    by_lxml = schema.load(SCHEMAS / f"{name}.xsd")
    verdict = by_lxml.accepts(root)
    assert _package_accepts(name, root) is verdict, f"lxml says {verdict}: {by_lxml.complaints(root)}"
    return verdict


@cache
def package_schema(name: str) -> xmlschema.XMLSchema:
    """The named schema in the xmlschema package, from files of its own folder only."""
    path = SCHEMAS / f"{name}.xsd"
    return xmlschema.XMLSchema(path, base_url=str(path.parent), allow="sandbox")


def _package_accepts(name: str, root: Element) -> bool:
    """The package raises instead of answering when xsi:type names a type that does not exist: that is a no."""
    try:
        return package_schema(name).is_valid(root)
    except xmlschema.XMLSchemaException:
        return False


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of a table: an element of one whole document, how often it may occur, what it may hold."""

    schema: str
    table: str
    path: str
    steps: tuple[int, ...]
    root: Element
    least: int
    most: int | None
    kind: Kind

    def __repr__(self) -> str:
        return f"{self.table}: {self.path}"

    def changed(self, change: Callable[[Element], object]) -> Element:
        """A copy of the document after one change to this row's element."""
        root = deepcopy(self.root)
        change(self.found_in(root))
        return root

    def found_in(self, root: Element) -> Element:
        """This row's element in a copy of the document that nothing was moved in yet."""
        for step in self.steps:
            root = root[step]
        return root

    def holding(self, text: str) -> Element:
        return self.changed(lambda element: setattr(element, "text", text))

    def occurring(self, times: int) -> Element:
        return self.changed(lambda element: _repeat(element, times))


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of a text file, with the lines below it."""

    name: str
    occurs: str
    words: str
    inner: tuple["Line", ...]


def rows(*files: str) -> list[Row]:
    """Every row of every document that the named text files describe."""
    return [row for file in files for row in _rows_of(HERE / file)]


def document(file: str, table: str) -> Element:
    """A fresh whole document of one table, named by the start of its heading."""
    return deepcopy(next(row.root for row in _rows_of(HERE / file) if row.table.startswith(table)))


def read(path: Path) -> Element:
    """A file as the hub reads it."""
    return xml.parse(path.read_bytes())


def element(root: Element, path: str) -> Element:
    """The element at a path of local names."""
    found = root.find("/".join("{*}" + step for step in path.split("/")))
    assert found is not None, path
    return found


@cache
def _rows_of(file: Path) -> tuple[Row, ...]:
    sections = dict(_sections(file.read_text(encoding="utf-8")))
    return tuple(row for heading in sections if " " in heading for row in _grown(heading, sections))


def _sections(text: str) -> Iterator[tuple[str, list[str]]]:
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    starts = [at for at, line in enumerate(lines) if line.startswith("[")] + [len(lines)]
    for start, end in pairwise(starts):
        yield lines[start].strip("[]"), lines[start + 1 : end]


def _nested(lines: list[str], sections: dict[str, list[str]], depth: int = 0) -> tuple[Line, ...]:
    """Lines at one depth, each with what is indented below it or stands in the section it names."""
    found = []
    for at, text in enumerate(lines):
        if len(text) - len(text.lstrip()) != depth:
            continue
        below = []
        for later in lines[at + 1 :]:
            if len(later) - len(later.lstrip()) <= depth:
                break
            below.append(later)
        name, occurs, words = text.split(maxsplit=2)
        words, _, section = words.partition("@")
        shared = _nested(sections[section], sections) if section else ()
        inner = shared + _nested(below, sections, depth + 2)
        found.append(Line(name=name, occurs=occurs, words=words.strip(), inner=inner))
    return tuple(found)


def _grown(heading: str, sections: dict[str, list[str]]) -> Iterator[Row]:
    name, file = heading.split()[:2]
    root = etree.Element(f"{{{OWN[file]}}}{name}", ATTRIBUTES.get(name, {}), nsmap=PREFIXES)
    for line, path, steps in list(_grow(root, _nested(sections[heading], sections), OWN[file], ())):
        least, most = _bounds(line.occurs)
        yield Row(
            schema=file,
            table=heading,
            path=path,
            steps=steps,
            root=root,
            least=least,
            most=most,
            kind=kind(line.words),
        )


def _grow(
    parent: Element, lines: tuple[Line, ...], own: str, above: tuple[int, ...]
) -> Iterator[tuple[Line, str, tuple[int, ...]]]:
    for step, line in enumerate(lines):
        prefix, _, name = line.name.rpartition(":")
        child = etree.SubElement(parent, f"{{{PREFIXES.get(prefix, own)}}}{name}", ATTRIBUTES.get(name, {}))
        content = kind(line.words)
        if content.good:
            child.text = content.good[0]
        if content.payload:
            etree.SubElement(child, content.payload)
        steps = (*above, step)
        yield line, child.getroottree().getelementpath(child).replace(f"{{{own}}}", ""), steps
        yield from _grow(child, line.inner, own, steps)


def _bounds(occurs: str) -> tuple[int, int | None]:
    if counted := re.fullmatch(r"(\d+)-(\d+)", occurs):
        return int(counted[1]), int(counted[2])
    return OCCURRENCES[occurs]


def _repeat(element: Element, times: int) -> None:
    parent = element.getparent()
    assert parent is not None
    at = parent.index(element)
    parent[at : at + 1] = [deepcopy(element) for _ in range(times)]
