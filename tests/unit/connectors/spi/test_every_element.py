"""Every element that the schema of a case file knows has its place in the canonical form, and comes back out of it."""

from collections.abc import Iterator

import pytest
from lxml import etree

from connectors.spi import LIBRA, newcase
from connectors.spi.payload import NEW_CASE, read, write
from hub.canonical.write import write as write_canonical
from hub.document import Element, examine
from hub.document.xml import local_name, parse, serialise
from hub.message.case import CaseFileSubmission
from hub.message.envelope import Decoded
from tests.doubles.spi import BUNDLE, TABLES, message, payload

SCHEMA = examine.load(BUNDLE.schema("spi/spi.xsd"))
ROOT = SCHEMA.maps.elements[newcase.ROOT]
BRANCHES = range(16)
"""Which branches a document takes: a bit for each choice within another, and there are at most four such."""


def holds(element: examine.XsdElement) -> bool:
    """Whether an element holds others."""
    return bool(element.type.is_complex() and not element.type.has_simple_content())


def leaves(element: examine.XsdElement, path: str = "") -> Iterator[str]:
    """The path of every element below that holds a text, in any branch."""
    here = f"{path}/{local_name(element.name)}"
    if not holds(element):
        yield here
        return
    for child in element.type.content.iter_elements():
        yield from leaves(child, here)


class Document:
    """A case file made from the schema: every element once, each text with a mark of its own."""

    def __init__(self, branch: int) -> None:
        self.marks: dict[str, str] = {}
        self.root = etree.Element(newcase.ROOT, dict(newcase.MARKS))
        self._fill(self.root, ROOT.type.content, "/NewCaseMessage", branch)

    def _fill(self, node: Element, group: examine.XsdGroup, path: str, branch: int) -> None:
        parts = list(group)
        if group.model == "choice":
            parts, branch = [parts[branch % len(parts)]], branch // len(parts)
        for part in parts:
            if isinstance(part, examine.XsdGroup):
                self._fill(node, part, path, branch)
                continue
            child, here = etree.SubElement(node, part.name), f"{path}/{local_name(part.name)}"
            if holds(part):
                self._fill(child, part.type.content, here, branch)
            else:
                child.text = self.marks[here] = f"K{len(self.marks):03d}"


@pytest.fixture(scope="module", params=BRANCHES)
def document(request: pytest.FixtureRequest) -> Document:
    return Document(request.param)


def test_the_documents_hold_every_element_of_the_schema() -> None:
    made = {path for branch in BRANCHES for path in Document(branch).marks}
    assert made == set(leaves(ROOT))
    assert len(made) > 150


def test_the_text_of_every_element_lands_in_the_canonical_form_and_none_of_it_in_unmapped(document: Document) -> None:
    content = read(NEW_CASE, parse(serialise(document.root)), TABLES)
    assert content.unmapped == ()
    assert isinstance(content.body, CaseFileSubmission)
    canonical = write_canonical(message(Decoded(body=content.body), "spi-case")).decode()
    assert [path for path, mark in document.marks.items() if mark not in canonical] == []


def test_every_element_comes_back_out_at_its_place(document: Document) -> None:
    content = read(NEW_CASE, parse(serialise(document.root)), TABLES)
    text, reports = write(NEW_CASE, message(Decoded(body=content.body), "spi-case"), TABLES)
    again = parse(text.encode())
    assert reports == ()
    assert [(node.tag, node.text) for node in again.iter() if not len(node)] == [
        (node.tag, node.text) for node in document.root.iter() if not len(node)
    ]


def test_an_element_that_the_schema_does_not_know_is_kept_visibly_with_its_path(document: Document) -> None:
    root = parse(serialise(document.root))
    case = root[0]
    etree.SubElement(case, f"{{{LIBRA}}}Sentinel").text = "kept"
    etree.SubElement(case, "Stranger").text = "kept too"
    content = read(NEW_CASE, root, TABLES)
    kept = {note.path: note.text for note in content.unmapped}
    assert kept["/NewCaseMessage/Case/Sentinel"] == "kept"
    assert kept["/NewCaseMessage/Case/{}Stranger"] == "kept too"
    held = Decoded(body=content.body, unmapped=content.unmapped)
    canonical = write_canonical(message(held, "spi-case")).decode()
    assert "kept too" in canonical


@pytest.mark.parametrize(
    ("element", "initiation", "summons"),
    [
        ("<CaseInitiation>C</CaseInitiation>", "CHARGE", None),
        ("<CaseInitiation>Q</CaseInitiation>", "REQUISITION", None),
        ("<CaseInitiation>R</CaseInitiation>", "REQUISITION", None),
        ("<CaseInitiation>J</CaseInitiation>", "SJP", None),
        ("<CaseInitiation>O</CaseInitiation>", "OTHER", None),
        ("<InitiationCode>S</InitiationCode><SummonsCode>M</SummonsCode>", "SUMMONS", "MCA_CASE"),
        ("<InitiationCode>S</InitiationCode><SummonsCode>W</SummonsCode>", "SUMMONS", "WITNESS_STATEMENT"),
    ],
)
def test_each_way_to_begin_a_case_is_read(element: str, initiation: str, summons: str | None) -> None:
    text = payload("spi-case/every-field").replace("<CaseInitiation>Q</CaseInitiation>", element)
    body = read(NEW_CASE, parse(text.encode()), TABLES).body
    assert isinstance(body, CaseFileSubmission)
    assert (body.initiation and body.initiation.value) == initiation
    assert (body.summons_code and body.summons_code.value) == summons
