"""Why a document was refused: every fault, in plain words, within a time."""

import json
import os
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from hub.document import xml
from hub.document.escape import escape
from hub.document.explain import Explainer
from hub.message.errors import Fault

ROOT = Path(__file__).resolve().parents[3]
HEAD = '<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns="urn:t" targetNamespace="urn:t" elementFormDefault="qualified">'
CASE = f"""{HEAD}
<xs:simpleType name="short"><xs:restriction base="xs:string"><xs:minLength value="1"/><xs:maxLength value="10"/></xs:restriction></xs:simpleType>
<xs:simpleType name="sex"><xs:restriction base="xs:integer"><xs:pattern value="0|1|2|9"/></xs:restriction></xs:simpleType>
<xs:simpleType name="date"><xs:restriction base="xs:date"><xs:pattern value="[0-9Z:+\\-]+"/></xs:restriction></xs:simpleType>
<xs:simpleType name="postcode"><xs:restriction base="xs:string"><xs:pattern value="[A-Z]{{1,2}}[0-9R][0-9A-Z]? [0-9][A-Z]{{2}}"/></xs:restriction></xs:simpleType>
<xs:element name="Case"><xs:complexType><xs:sequence>
  <xs:element name="URN" type="short"/>
  <xs:choice><xs:sequence><xs:element name="InitiationCode" type="short"/><xs:element name="SummonsCode" type="short"/></xs:sequence>
    <xs:element name="CaseInitiation" type="short"/></xs:choice>
  <xs:element name="Heard" type="date"/>
  <xs:element name="Note" type="short" minOccurs="0"/>
  <xs:element name="Offence" maxOccurs="unbounded"><xs:complexType><xs:sequence>
    <xs:element name="Number" type="xs:int"/><xs:element name="Code" type="short"/><xs:element name="Sex" type="sex" minOccurs="0"/>
    <xs:element name="PostCode" type="postcode" minOccurs="0"/>
    <xs:element name="Size" minOccurs="0"><xs:simpleType><xs:restriction base="xs:integer"><xs:maxInclusive value="5"/></xs:restriction></xs:simpleType></xs:element></xs:sequence>
    <xs:attribute name="kind" use="required"><xs:simpleType><xs:restriction base="xs:string"><xs:enumeration value="A"/><xs:enumeration value="B"/></xs:restriction></xs:simpleType></xs:attribute>
    </xs:complexType></xs:element>
</xs:sequence><xs:attribute name="Version" type="xs:NMTOKEN" use="required" fixed="1.0"/></xs:complexType></xs:element></xs:schema>"""
GOOD = """<Case xmlns="urn:t" Version="1.0">
<URN>01</URN>
<CaseInitiation>C</CaseInitiation>
<Heard>2024-07-01</Heard>
<Offence kind="A"><Number>1</Number><Code>ZZ1</Code></Offence>
<Offence kind="A">
<Number>2</Number>
<Code>ZZ2</Code>
<Sex>1</Sex><Size>5</Size>
</Offence>
</Case>"""
HANGS = f'{HEAD}<xs:element name="r"><xs:simpleType><xs:restriction base="xs:string"><xs:pattern value="(a+)+b"/></xs:restriction></xs:simpleType></xs:element></xs:schema>'


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("schemas")
    (folder / "case.xsd").write_text(CASE)
    (folder / "hangs.xsd").write_text(HANGS)
    return folder


@pytest.fixture(scope="module")
def explainer(folder: Path) -> Iterator[Explainer]:
    with Explainer(budget=10) as explainer:  # a busy machine is no fault here; the budget has tests of its own
        explainer.warm(folder / "case.xsd")
        yield explainer


def explain(explainer: Explainer, folder: Path, document: str) -> tuple[Fault, ...]:
    return explainer.explain(folder / "case.xsd", xml.parse(document.encode()))


def test_a_good_document_has_no_faults(explainer: Explainer, folder: Path) -> None:
    assert explain(explainer, folder, GOOD) == ()


@pytest.mark.parametrize(
    ("old", "new", "rule", "path", "line", "words"),
    [
        (
            "2024-07-01",
            "2024-13-01",
            "schema-type",
            "/Case/Heard",
            4,
            "Heard holds '2024-13-01'. It must be a date written as yyyy-mm-dd.",
        ),
        (
            "2024-07-01",
            "1 July",
            "schema-type",
            "/Case/Heard",
            4,
            "Heard holds '1 July'. It must be a date written as yyyy-mm-dd.",
        ),
        (
            "2024-07-01",
            "",
            "schema-empty",
            "/Case/Heard",
            4,
            "Heard is empty. It must be a date written as yyyy-mm-dd.",
        ),
        (
            "<Code>ZZ2</Code>",
            "",
            "schema-missing",
            "/Case/Offence[2]/Code",
            9,
            "Offence has no Code. Add it after Number.",
        ),
        ("<URN>01</URN>", "", "schema-missing", "/Case/URN", 3, "Case has no URN. Add it first."),
        (
            "<CaseInitiation>C</CaseInitiation>",
            "",
            "schema-missing",
            "/Case",
            4,
            "Case has none of InitiationCode, CaseInitiation. Add one of them after URN.",
        ),
        (
            "CaseInitiation>",
            "InitiationCode>",
            "schema-missing",
            "/Case/SummonsCode",
            4,
            "Case has no SummonsCode. Add it after InitiationCode.",
        ),
        (
            "<Heard>",
            "<SummonsCode>S</SummonsCode><Heard>",
            "schema-unexpected",
            "/Case/SummonsCode",
            4,
            "Case may not hold both SummonsCode and CaseInitiation. Keep one of them.",
        ),
        ("</Heard>", "</Heard><Wrong/>", "schema-unexpected", "/Case/Wrong", 4, "Case may not hold Wrong. Remove it."),
        (
            "</Heard>",
            '</Heard><Note xmlns="urn:u">n</Note>',
            "schema-namespace",
            "/Case/Note",
            4,
            "Note is in the wrong namespace. It must be in the namespace 'urn:t'.",
        ),
        (
            "</Heard>",
            "</Heard><Heard>2024-07-01</Heard>",
            "schema-unexpected",
            "/Case/Heard[2]",
            4,
            "Heard may stand only once in Case. Remove the rest.",
        ),
        (
            "<Heard>",
            "<Note>n</Note><Heard>",
            "schema-order",
            "/Case/Heard",
            4,
            "Heard stands in the wrong place in Case. Put it after CaseInitiation.",
        ),
        (
            "<Sex>1",
            "<Sex>7",
            "schema-pattern",
            "/Case/Offence[2]/Sex",
            9,
            "Sex holds '7'. It must be one of '0', '1', '2', '9'.",
        ),
        (
            "<Sex>1",
            "<Sex>x",
            "schema-pattern",
            "/Case/Offence[2]/Sex",
            9,
            "Sex holds 'x'. It must be one of '0', '1', '2', '9'.",
        ),
        (
            "<Sex>1</Sex>",
            "<PostCode>ZZ11ZZ</PostCode>",
            "schema-pattern",
            "/Case/Offence[2]/PostCode",
            9,
            "PostCode holds 'ZZ11ZZ'. It must be a postcode in capitals with one space, such as 'ZZ1 1ZZ'.",
        ),
        (
            "<Number>2",
            "<Number>two",
            "schema-type",
            "/Case/Offence[2]/Number",
            7,
            "Number holds 'two'. It must be a whole number from -2147483648 to 2147483647.",
        ),
        (
            "<Number>2",
            "<Number>9999999999",
            "schema-type",
            "/Case/Offence[2]/Number",
            7,
            "Number holds '9999999999'. It must be a whole number from -2147483648 to 2147483647.",
        ),
        ("<Size>5", "<Size>6", "schema-range", "/Case/Offence[2]/Size", 9, "Size holds '6'. It must be 5 or less."),
        (
            "<URN>01",
            "<URN>12345678901",
            "schema-length",
            "/Case/URN",
            2,
            "URN holds '12345678901' (11 characters). It must have at most 10 characters.",
        ),
        ("<URN>01", "<URN>", "schema-empty", "/Case/URN", 2, "URN is empty. It must have at least 1 character."),
        (
            '<Offence kind="A">\n',
            '<Offence kind="Z">\n',
            "schema-enumeration",
            "/Case/Offence[2]/@kind",
            6,
            "The attribute kind of Offence holds 'Z'. It must be one of 'A', 'B'.",
        ),
        (
            '<Offence kind="A">\n',
            "<Offence>\n",
            "schema-attribute",
            "/Case/Offence[2]/@kind",
            6,
            "Offence has no attribute kind. Add it.",
        ),
        (
            ' Version="1.0"',
            ' Version="1.0" x="y"',
            "schema-attribute",
            "/Case/@x",
            1,
            "Case may not have the attribute x. Remove it.",
        ),
        (
            '"1.0"',
            '"2.0"',
            "schema-fixed",
            "/Case/@Version",
            1,
            "The attribute Version of Case holds '2.0'. It must be '1.0'.",
        ),
        ("<Heard>", "lost<Heard>", "schema-text", "/Case", 1, "Case holds text between its elements. Remove 'lost'."),
        ("<URN>01", "<URN><b/>", "schema-text", "/Case/URN", 2, "URN may hold text only. Remove the elements in it."),
    ],
)
def test_a_fault_is_told_with_path_line_and_how_to_mend_it(
    explainer: Explainer, folder: Path, old: str, new: str, rule: str, path: str, line: int, words: str
) -> None:
    assert old in GOOD
    fault, *more = explain(explainer, folder, GOOD.replace(old, new))
    assert (fault.rule, fault.path, fault.line, fault.words) == (rule, path, line, words)
    assert more == []


def test_the_wrong_root_is_told_with_the_right_one(explainer: Explainer, folder: Path) -> None:
    (fault,) = explain(explainer, folder, GOOD.replace("urn:t", "urn:u"))
    assert fault.rule == "schema-root"
    assert fault.words == "The document is Case in the namespace 'urn:u'. It must be Case in the namespace 'urn:t'."


def test_every_fault_is_told_in_the_order_of_the_document(explainer: Explainer, folder: Path) -> None:
    document = (
        GOOD.replace("<URN>01</URN>", "")
        .replace("2024-07-01", "soon")
        .replace("<Code>ZZ2</Code>", "")
        .replace("<Sex>1", "<Sex>3")
    )
    faults = explain(explainer, folder, document)
    assert [fault.path for fault in faults] == [
        "/Case/URN",
        "/Case/Heard",
        "/Case/Offence[2]/Code",
        "/Case/Offence[2]/Sex",
    ]
    assert [fault.found for fault in faults] == [None, "soon", None, "3"]


def test_what_is_found_is_shown_up_to_eighty_characters(explainer: Explainer, folder: Path) -> None:
    (fault,) = explain(explainer, folder, GOOD.replace("<URN>01", "<URN>" + "x" * 200))
    assert fault.found == "x" * 77 + "..."
    assert "(200 characters)" in fault.words


def test_at_most_a_hundred_faults_are_told(explainer: Explainer, folder: Path) -> None:
    many = '<Offence kind="A"><Number>x</Number><Code>ZZ1</Code></Offence>' * 300
    assert len(explain(explainer, folder, GOOD.replace("</Case>", many + "</Case>"))) == 100


def test_lines_are_those_of_the_message_that_carried_the_document(explainer: Explainer, folder: Path) -> None:
    received = f"<Route>\n <Content>\n\n  {escape(GOOD.replace('<Sex>1', '<Sex>3'))}\n</Content></Route>"
    outer = xml.parse(received.encode())
    root, offset = xml.parse_inner(xml.text_of(outer[0]), outer[0])
    (fault,) = explainer.explain(folder / "case.xsd", root, line_offset=offset)
    assert "Sex&gt;3" in received.split("\n")[(fault.line or 0) - 1]


def test_a_pattern_that_hangs_is_cut_off_and_answered_by_the_validator_that_decided(folder: Path) -> None:
    root = xml.parse(b'<r xmlns="urn:t">' + b"a" * 40 + b"</r>")
    with Explainer(budget=0.5) as explainer:
        explainer.warm(folder / "hangs.xsd")
        first = explainer.pid
        began = time.perf_counter()
        (fault,) = explainer.explain(folder / "hangs.xsd", root)
        took = time.perf_counter() - began
        explainer.warm(folder / "case.xsd")
        assert explainer.pid not in (None, first)
    assert (fault.path, fault.rule) == ("/r", "schema-pattern")
    assert 0.4 < took < 5  # xml-safety.md: 18 characters took more than 20 s


def test_after_a_document_that_hangs_the_next_is_explained_in_full(folder: Path) -> None:
    with Explainer(budget=1) as explainer:
        explainer.warm(folder / "hangs.xsd", folder / "case.xsd")
        explainer.explain(folder / "hangs.xsd", xml.parse(b'<r xmlns="urn:t">' + b"a" * 40 + b"</r>"))
        explainer.warm(folder / "case.xsd")
        faults = explain(explainer, folder, GOOD.replace("<URN>01</URN>", "").replace("<Code>ZZ2</Code>", ""))
    assert [fault.rule for fault in faults] == ["schema-missing", "schema-missing"]


def test_callers_beyond_the_queue_are_answered_by_the_validator_that_decided(folder: Path) -> None:
    hanging = xml.parse(b'<r xmlns="urn:t">' + b"a" * 40 + b"</r>")
    answers: list[tuple[Fault, ...]] = []
    with Explainer(budget=1, queue=1) as explainer:
        explainer.warm(folder / "hangs.xsd")
        threads = [
            threading.Thread(target=lambda: answers.append(explainer.explain(folder / "hangs.xsd", hanging)))
            for _ in range(8)
        ]
        began = time.perf_counter()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        took = time.perf_counter() - began
    assert [[fault.rule for fault in faults] for faults in answers] == [["schema-pattern"]] * 8
    assert took < 6  # one hangs for a second, one waits for it; eight in a row would take eight


def test_a_child_that_is_killed_is_replaced(folder: Path) -> None:
    with Explainer() as explainer:
        explainer.warm(folder / "case.xsd")
        killed = explainer.pid
        assert killed is not None
        os.kill(killed, signal.SIGKILL)
        assert explain(explainer, folder, GOOD.replace("<URN>01</URN>", ""))[0].rule == "schema-missing"
        explainer.warm(folder / "case.xsd")
        assert explainer.pid not in (None, killed)


def test_the_interrupt_of_a_terminal_does_not_end_the_child(explainer: Explainer, folder: Path) -> None:
    child = explainer.pid
    assert child is not None
    os.kill(child, signal.SIGINT)
    faults = explain(explainer, folder, GOOD.replace("<URN>01</URN>", "").replace("2024-07-01", ""))
    assert [fault.rule for fault in faults] == ["schema-missing", "schema-empty"]
    assert explainer.pid == child


@pytest.mark.parametrize("value", ["a", "a" * 40])
def test_the_child_ends_with_its_parent_even_while_a_pattern_hangs(folder: Path, value: str) -> None:
    script = f"""
import json, os, threading
from pathlib import Path
from hub.document import xml
from hub.document.explain import Explainer
explainer = Explainer(budget=2)
explainer.warm(Path({str(folder / "hangs.xsd")!r}))
print(json.dumps(explainer.pid), flush=True)
input()
root = xml.parse(b'<r xmlns="urn:t">{value}</r>')
threading.Timer(0.5, lambda: os._exit(1)).start()
explainer.explain(Path({str(folder / "hangs.xsd")!r}), root)
"""
    with subprocess.Popen(
        [sys.executable, "-c", script], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as parent:
        assert parent.stdout is not None
        child = os.pidfd_open(json.loads(parent.stdout.readline()))
        try:
            parent.communicate(b"\n", timeout=20)
            poll = select.poll()
            poll.register(child, select.POLLIN)
            assert poll.poll(10_000), "the child lives on"
        finally:
            os.close(child)


def test_a_closed_explainer_still_answers(folder: Path) -> None:
    explainer = Explainer()
    explainer.close()
    assert explain(explainer, folder, GOOD.replace("<URN>01</URN>", ""))[0].rule == "schema-missing"
    assert explainer.pid is None
