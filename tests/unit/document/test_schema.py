"""What lxml decides, and its own account of a refusal in our words."""

import threading
import time
from pathlib import Path

import pytest
from lxml import etree

from hub.document import xml
from hub.document.schema import Schema, load
from hub.message.errors import Fault, Misconfigured

HEAD = '<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns="urn:t" targetNamespace="urn:t" elementFormDefault="qualified">'
CASE = f"""{HEAD}
<xs:simpleType name="short"><xs:restriction base="xs:string"><xs:minLength value="1"/><xs:maxLength value="10"/></xs:restriction></xs:simpleType>
<xs:simpleType name="sex"><xs:restriction base="xs:integer"><xs:pattern value="0|1|2|9"/></xs:restriction></xs:simpleType>
<xs:simpleType name="count"><xs:restriction base="xs:integer"><xs:minInclusive value="0"/><xs:maxInclusive value="999"/></xs:restriction></xs:simpleType>
<xs:simpleType name="kind"><xs:restriction base="xs:string"><xs:enumeration value="A"/><xs:enumeration value="B"/></xs:restriction></xs:simpleType>
<xs:element name="Case"><xs:complexType><xs:sequence>
  <xs:element name="URN" type="short"/>
  <xs:element name="Heard" type="xs:date"/>
  <xs:element name="Note" type="short" minOccurs="0"/>
  <xs:element name="Defendant" maxOccurs="unbounded"><xs:complexType><xs:sequence>
    <xs:element name="Sex" type="sex"/><xs:element name="Count" type="count"/></xs:sequence>
    <xs:attribute name="kind" type="kind" use="required"/></xs:complexType></xs:element>
</xs:sequence><xs:attribute name="Version" type="xs:NMTOKEN" use="required" fixed="1.0"/></xs:complexType></xs:element></xs:schema>"""
GOOD = """<Case xmlns="urn:t" Version="1.0">
<URN>01</URN>
<Heard>2024-07-01</Heard>
<Defendant kind="A"><Sex>1</Sex><Count>1</Count></Defendant>
<Defendant kind="B"><Sex>2</Sex><Count>2</Count></Defendant>
</Case>"""


@pytest.fixture(scope="module")
def schema(tmp_path_factory: pytest.TempPathFactory) -> Schema:
    path = tmp_path_factory.mktemp("schema") / "case.xsd"
    path.write_text(CASE)
    return Schema(path)


def complaints(schema: Schema, old: str, new: str) -> tuple[Fault, ...]:
    assert old in GOOD
    root = xml.parse(GOOD.replace(old, new).encode())
    assert not schema.accepts(root)
    return schema.complaints(root)


def test_a_good_document_is_accepted_and_nothing_is_held_against_it(schema: Schema) -> None:
    root = xml.parse(GOOD.encode())
    assert schema.accepts(root)
    assert schema.complaints(root) == ()


@pytest.mark.parametrize(
    ("old", "new", "rule", "path", "line", "words"),
    [
        ("<URN>01</URN>", "", "schema-missing", "/Case/URN", 3, "Case has no URN. Add it first."),
        (
            "<Count>2</Count>",
            "",
            "schema-missing",
            "/Case/Defendant[2]/Count",
            5,
            "Defendant has no Count. Add it after Sex.",
        ),
        (
            "<URN>01<",
            "<URN>12345678901<",
            "schema-length",
            "/Case/URN",
            2,
            "URN holds '12345678901' (11 characters). It must have at most 10 characters.",
        ),
        ("<URN>01<", "<URN><", "schema-empty", "/Case/URN", 2, "URN is empty. It must have at least 1 character."),
        (
            "2024-07-01",
            "2024-13-01",
            "schema-type",
            "/Case/Heard",
            3,
            "Heard holds '2024-13-01'. It must be a date written as yyyy-mm-dd.",
        ),
        (
            "<Sex>2",
            "<Sex>7",
            "schema-pattern",
            "/Case/Defendant[2]/Sex",
            5,
            "Sex holds '7'. It must be one of '0', '1', '2', '9'.",
        ),
        (
            "<Count>2",
            "<Count>1000",
            "schema-range",
            "/Case/Defendant[2]/Count",
            5,
            "Count holds '1000'. It must be 999 or less.",
        ),
        (
            'kind="B"',
            'kind="Z"',
            "schema-enumeration",
            "/Case/Defendant[2]/@kind",
            5,
            "The attribute kind of Defendant holds 'Z'. It must be one of 'A', 'B'.",
        ),
        (
            ' kind="B"',
            "",
            "schema-attribute",
            "/Case/Defendant[2]/@kind",
            5,
            "Defendant has no attribute kind. Add it.",
        ),
        (
            'kind="B"',
            'kind="B" more="1"',
            "schema-attribute",
            "/Case/Defendant[2]/@more",
            5,
            "Defendant may not have the attribute more. Remove it.",
        ),
        (
            '"1.0"',
            '"1"',
            "schema-fixed",
            "/Case/@Version",
            1,
            "The attribute Version of Case holds '1'. It must be '1.0'.",
        ),
        (
            "</Case>",
            "<Extra/></Case>",
            "schema-unexpected",
            "/Case/Extra",
            6,
            "Extra may not stand here in Case. Expected here is Defendant.",
        ),
        ("<URN>", "text<URN>", "schema-text", "/Case", 1, "Case holds text between its elements. Remove the text."),
        ("01</URN>", "<b/></URN>", "schema-text", "/Case/URN", 2, "URN may hold text only. Remove the elements in it."),
    ],
)
def test_a_fault_is_told_in_our_words_with_path_and_line(
    schema: Schema, old: str, new: str, rule: str, path: str, line: int, words: str
) -> None:
    fault, *more = complaints(schema, old, new)
    assert (fault.rule, fault.path, fault.line, fault.words) == (rule, path, line, words)
    assert more == []


def test_a_document_of_another_namespace_is_not_of_this_schema(schema: Schema) -> None:
    assert complaints(schema, "urn:t", "urn:other")[0].rule == "schema-root"


def test_lines_are_those_of_the_document_that_carried_this_one(schema: Schema) -> None:
    assert schema.complaints(xml.parse(GOOD.replace("2024-07-01", "x").encode()), 40)[0].line == 43


def test_elements_are_found_whatever_prefix_the_sender_uses(schema: Schema) -> None:
    prefixed = (
        GOOD.replace("<", "<p:").replace("<p:/", "</p:").replace("xmlns=", "xmlns:p=").replace("<p:Sex>2", "<p:Sex>7")
    )
    assert schema.complaints(xml.parse(prefixed.encode()))[0].path == "/Case/Defendant[2]/Sex"


def test_words_of_a_value_cannot_be_taken_for_words_of_the_schema(schema: Schema) -> None:
    fault = complaints(schema, "<Sex>2", "<Sex>x' is not accepted by the pattern 'EVIL'. Expected is ( EVIL ).")[0]
    assert fault.words.endswith("It must be of the type sex.")


def test_a_wide_document_full_of_faults_is_refused_at_once(schema: Schema) -> None:
    wide = GOOD.replace("</Case>", '<Defendant kind="A"><Sex>7</Sex><Count>x</Count></Defendant>' * 30_000 + "</Case>")
    root = xml.parse(wide.encode())
    began = time.perf_counter()
    assert not schema.accepts(root)
    faults = schema.complaints(root)
    assert time.perf_counter() - began < 5  # a minute and more, if each fault counted its siblings
    assert len(faults) == 100
    assert (faults[0].path, faults[0].rule, faults[0].line) == ("/Case//Sex", "schema-pattern", None)


def test_a_wide_document_without_fault_is_accepted(schema: Schema) -> None:
    wide = GOOD.replace("</Case>", '<Defendant kind="A"><Sex>1</Sex><Count>1</Count></Defendant>' * 10_000 + "</Case>")
    root = xml.parse(wide.encode())
    assert schema.accepts(root)
    assert schema.complaints(root) == ()


def test_many_threads_get_each_their_own_verdict_and_their_own_faults(schema: Schema) -> None:
    good, wrong = xml.parse(GOOD.encode()), []

    def check(number: int) -> None:
        bad = xml.parse(GOOD.replace("<URN>01<", f"<URN>{number:011}<").encode())
        for _ in range(100):
            if not schema.accepts(good) or schema.accepts(bad):
                wrong.append(number)
            if [fault.found for fault in schema.complaints(bad)] != [f"{number:011}"]:
                wrong.append(number)

    threads = [threading.Thread(target=check, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_a_schema_is_compiled_once_a_process(schema: Schema) -> None:
    assert load(schema.path) is load(schema.path)


@pytest.mark.parametrize(
    "content", ["", "<a/>", "<xs:schema", f'{HEAD}<xs:element name="a" type="nowhere"/></xs:schema>']
)
def test_a_file_that_is_no_schema_is_a_fault_of_the_configuration(tmp_path: Path, content: str) -> None:
    (tmp_path / "s.xsd").write_text(content)
    with pytest.raises(Misconfigured, match=r"s\.xsd"):
        Schema(tmp_path / "s.xsd")


def test_a_file_that_is_not_there_is_a_fault_of_the_configuration(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="cannot be read"):
        Schema(tmp_path / "s.xsd")


def test_schemas_are_compiled_one_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "case.xsd").write_text(CASE)
    compile_one, under_way, most = etree.XMLSchema, [0], [0]

    def watched(document: object) -> object:
        under_way[0] += 1
        most[0] = max(most[0], under_way[0])
        try:
            threading.Event().wait(0.02)  # so that another would be seen
            return compile_one(document)
        finally:
            under_way[0] -= 1

    monkeypatch.setattr(etree, "XMLSchema", watched)
    threads = [threading.Thread(target=Schema, args=(tmp_path / "case.xsd",)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most[0] == 1
