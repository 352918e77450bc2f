"""What a mapping does not read is kept, what it cannot carry is told, and nothing is made of nothing."""

import time
from hashlib import sha256

import pytest

from hub.canonical.shape import Kind, Slot, slots_of
from hub.contract import Trust
from hub.contract.mapping import MappedReader, read_mapping
from hub.contract.tables import Table, Tables
from hub.document.lift import lift
from hub.document.xml import path_of
from hub.message.case import AttachedDocument, CaseFileSubmission
from hub.message.catalogue import CATALOGUE, Agency
from hub.message.envelope import Decoded
from hub.message.errors import Misconfigured, Refused

TABLES = Tables({name: Table(name, {"1": {"value": "MG5"}}) for name in ("mg_form", "protective_marking")})
TRUST = Trust(party="a-force", agency="police")
HEAD = '[dialect]\nname = "a-force"\nlift = "{lift}"\n[recognise]\n{recognise}\n'
XML = HEAD.format(lift="xml", recognise='root = "F"') + '[case]\nptiurn = "U"\n'


def decoded(mapping: str, raw: bytes) -> list[Decoded]:
    made = read_mapping(mapping, "a-force/mapping.toml", TABLES)
    document = lift(raw)
    assert made.recognise(document)
    return list(made.decode(made.open(document, TRUST), TABLES))


def unmapped(one: Decoded) -> list[tuple[str, str]]:
    return [(held.path, held.text) for held in one.unmapped]


def test_texts_between_elements_and_attributes_of_any_namespace_are_kept() -> None:
    raw = b'<F xmlns:q="urn:q"><U>41ZD0000126</U><N q:a="1">before <b>in</b> after</N></F>'
    [one] = decoded(XML, raw)
    assert unmapped(one) == [("/F/N/@a", "1"), ("/F/N/text()", "before  after"), ("/F/N/b", "in")]


def test_a_fall_back_that_was_not_needed_is_kept() -> None:
    [one] = decoded(XML + 'informant = { at = ["A", "B"] }\n', b"<F><U>41ZD0000126</U><A>x</A><B>y</B></F>")
    assert unmapped(one) == [("/F/B", "y")]


def test_what_stands_outside_of_all_messages_is_kept_with_the_first() -> None:
    mapping = (
        HEAD.format(lift="xml", recognise='root = "F"')
        + '[case]\neach = "C"\nptiurn = "U"\n[sender]\nsystem = "../H/S"\n'
    )
    raw = b"<F><H><S>sys</S><R>run</R></H><C><U>41ZD0000126</U></C><C><U>41ZD0000226</U><X>x</X></C><T>end</T></F>"
    first, second = decoded(mapping, raw)
    assert (first.system, second.system) == ("sys", "sys")
    assert unmapped(first) == [("/F/H/R", "run"), ("/F/T", "end")]
    assert unmapped(second) == [("/F/C[2]/X", "x")]


def test_of_a_long_text_that_nothing_reads_its_length_and_hash_are_kept_and_told() -> None:
    attached = "JVBERi0x" * 5_000
    [one] = decoded(XML, f"<F><U>41ZD0000126</U><Pdf>{attached}</Pdf></F>".encode())
    said = f"(40000 characters, SHA-256 {sha256(attached.encode()).hexdigest()})"
    assert unmapped(one) == [("/F/Pdf", said)]
    assert [(finding.code, finding.path) for finding in one.findings] == [("UNMAPPED_LONG", "/F/Pdf")]


def test_a_text_longer_than_a_field_carries_is_refused_with_its_line() -> None:
    with pytest.raises(Refused) as refused:
        decoded(XML + 'informant = "A"\n', b"<F><U>41ZD0000126</U>\n<A>" + b"x" * 32_768 + b"</A></F>")
    assert [(fault.rule, fault.path, fault.line) for fault in refused.value.faults] == [("text-length", "/F/A", 2)]


@pytest.mark.parametrize("given", ['{ const = "B41ZZ01" }', '{ at = "C", default = "B41ZZ01" }'])
def test_a_const_or_default_alone_makes_no_record_but_completes_one(given: str) -> None:
    mapping = XML + f'[case.first_hearing]\ncourt = {given}\non = "D"\n'
    for body, there in ((b"", False), (b"<D>2027-03-20</D>", True)):
        [one] = decoded(mapping, b"<F><U>41ZD0000126</U>" + body + b"</F>")
        assert isinstance(one.body, CaseFileSubmission)
        hearing = one.body.first_hearing
        assert (hearing is not None) is there
        assert hearing is None or (hearing.court is not None and hearing.court.value == "B41ZZ01")


def test_paths_are_said_as_everywhere_else() -> None:
    raw = b'<F xmlns:p="urn:p"><U>41ZD0000126</U><A><B>1</B><p:B>2</p:B><B>3</B></A><A>4</A></F>'
    [one] = decoded(XML, raw)
    root = lift(raw).root
    assert root is not None
    assert [held.path for held in one.unmapped] == [path_of(node) for node in root.iter() if not len(node)][1:]


def test_many_unread_siblings_take_no_more_than_their_share_of_time() -> None:
    raw = b"<F><U>41ZD0000126</U>" + b"<A>1</A>" * 60_000 + b"</F>"
    start = time.process_time()
    [one] = decoded(XML, raw)
    assert len(one.unmapped) == 60_000
    assert time.process_time() - start < 5


LINKED = (
    XML
    + """
[[case.defendants]]
each = "P"
individual.name.family = "N"
[[case.defendants.offences]]
each = "{path}"
link = {{ "@by" = "@id", "K" = "K" }}
code = "C"
"""
)


@pytest.mark.parametrize("path", ["/F/O", "../O", "../*[C]", "../O | ../P/O"])
def test_links_of_several_keys_find_their_own_and_keep_what_belongs_to_nobody(path: str) -> None:
    raw = (
        b"<F><U>41ZD0000126</U><P id='1'><N>A</N><K>x</K></P><P id='1'><N>B</N><K>y</K></P><P><N>C</N><K>x</K></P>"
        b"<O by='1'><K>y</K><C>TH68010</C></O><O by='2'><K>x</K><C>CJ88116</C></O><O by='1'><K>y</K><C>RT88191</C></O></F>"
    )
    [one] = decoded(LINKED.format(path=path), raw)
    assert isinstance(one.body, CaseFileSubmission)
    assert [[offence.code and offence.code.text for offence in d.offences] for d in one.body.defendants] == [
        [],
        ["TH68010", "RT88191"],
        [],
    ]
    assert unmapped(one) == [("/F/O[2]/@by", "2"), ("/F/O[2]/K", "x"), ("/F/O[2]/C", "CJ88116")]


def test_many_links_take_no_more_than_their_share_of_time() -> None:
    people = "".join(f"<P id='{n}'><N>A</N><K>x</K></P><O by='{n}'><K>x</K><C>TH68010</C></O>" for n in range(5_000))
    start = time.process_time()
    [one] = decoded(LINKED.format(path="/F/O"), f"<F><U>41ZD0000126</U>{people}</F>".encode())
    assert isinstance(one.body, CaseFileSubmission)
    assert {len(defendant.offences) for defendant in one.body.defendants} == {1}
    assert time.process_time() - start < 5


# --- any message of the catalogue


def sample_of(slot: Slot) -> str:
    """A text that the field's own reader reads."""
    if slot.kind is Kind.LEAF and slot.type is bool:
        return "Y"
    if slot.kind is Kind.LEAF and slot.type is not str:
        return str(next(iter(slot.type)).value)
    return "1"


def table_of(record: type, path: str, values: dict[str, str]) -> str:
    """A mapping of every field of a record, each by an element named after its place; `values` takes their texts."""
    lines, below = [], []
    for slot in slots_of(record):
        name = f"{path}.{slot.name}"
        if slot.name == "position" or len(name.split(".")) > 5:
            continue
        element = name.replace(".", "-")
        if slot.mark == "Sha256":
            lines.append(f'content = {{ at = "/F/{element}", read = "base64" }}')
            values[element] = "JVBERi0x"
            continue
        if record is AttachedDocument and slot.name in ("media_type", "size"):
            lines.append(f'{slot.name} = "/F/{element}"')
            values[element] = {"media_type": "application/pdf", "size": "6"}[slot.name]
            continue
        if slot.kind is Kind.RECORD:
            each = 'each = "."\n' if slot.many else ""
            below.append(f"[{name}]\n{each}{table_of(slot.type, name, values)}")
        else:
            lines.append(f'{slot.name} = "/F/{element}"')
            values[element] = sample_of(slot)
    return "\n".join(lines) + "\n" + "".join(below)


@pytest.mark.parametrize("message", [name for name, entry in CATALOGUE.items() if entry.senders != {Agency.HUB}])
def test_every_message_that_a_party_sends_can_be_mapped(message: str) -> None:
    values: dict[str, str] = {}
    fields = table_of(CATALOGUE[message].body, "case", values)
    head = f'[dialect]\nname = "a-force"\nlift = "xml"\nmessage = "{message}"\n[recognise]\nroot = "F"\n'
    raw = "<F>" + "".join(f"<{name}>{text}</{name}>" for name, text in values.items()) + "</F>"
    [one] = decoded(head + "[case]\n" + fields, raw.encode())
    assert type(one.body).__name__ == message
    assert unmapped(one) == []


@pytest.mark.parametrize("message", [name for name, entry in CATALOGUE.items() if entry.senders == {Agency.HUB}])
def test_what_only_the_hub_says_cannot_be_mapped(message: str) -> None:
    with pytest.raises(Misconfigured) as refused:
        read_mapping(XML.replace("lift", f'message = "{message}"\nlift', 1), "a", TABLES)
    assert "no message that a party sends" in refused.value.faults[0]


@pytest.mark.parametrize(
    ("lines", "key"),
    [
        ('informant = { at = "A", map = { x = 1 } }\n', "case.informant.map"),
        ('initiation = { at = "A", map = { C = "Charge" } }\n', "case.initiation.map"),
        ('[case.defendants]\neach = "string(P)"\nasn = "A"\n', "case.defendants.each"),
        (
            '[case.defendants]\neach = "P"\n[case.defendants.offences]\neach = "O"\nposition = "N"\n',
            "case.defendants.offences.position",
        ),
        ('informant = ".[1]"\n', "case.informant.at"),
    ],
)
def test_what_could_only_fail_with_a_document_fails_at_loading(lines: str, key: str) -> None:
    with pytest.raises(Misconfigured) as refused:
        read_mapping(XML + lines, "a", TABLES)
    assert [fault.split(": ")[1] for fault in refused.value.faults] == [key]


FAULTY = {
    "csv": [
        ('encoding = "utf-16"', "csv.encoding"),
        ('delimiter = ";;"', "csv.delimiter"),
        ("quote = ','", "csv.quote"),
        ("columns = [1]", "csv.columns"),
        ('files = [{ name = "a", entry = "x/a.csv" }]', "csv.files[1].entry"),
        ('files = [{ name = "a", entry = "a.csv", parent = "b", key = "k" }]', "csv.files[1].parent"),
        ('files = [{ name = "a", entry = "a.csv" }, { name = "a", entry = "b.csv" }]', "csv.files[2].name"),
    ],
    "fixed": [
        ('records = [{ name = "a", starts = "A", columns = { b = [2, 1] } }]', "fixed.records[1].columns"),
        ('records = [{ name = "a", starts = "A", parent = "z" }]', "fixed.records[1].parent"),
        ('records = [{ name = "a", starts = "A" }, { name = "b", starts = "A" }]', "fixed.records[2].starts"),
        ("records = 7", "fixed.records"),
    ],
}


@pytest.mark.parametrize(("lift_name", "line", "key"), [(name, *one) for name, many in FAULTY.items() for one in many])
def test_a_layout_that_cannot_be_meant_is_refused(lift_name: str, line: str, key: str) -> None:
    recognise = 'header = "a"' if lift_name == "csv" else 'starts = "A"'
    mapping = HEAD.format(lift=lift_name, recognise=recognise) + f'[{lift_name}]\n{line}\n[case]\nptiurn = "U"\n'
    with pytest.raises(Misconfigured) as refused:
        read_mapping(mapping, "a", TABLES)
    assert key in [fault.split(": ")[1] for fault in refused.value.faults]


def test_a_fixed_file_is_known_with_or_without_a_byte_order_mark() -> None:
    mapping = HEAD.format(lift="fixed", recognise='starts = "é"') + (
        '[[fixed.records]]\nname = "a"\nstarts = "é"\ncolumns = { u = [2, 12] }\n[case]\nptiurn = "a/u"\n'
    )
    made: MappedReader = read_mapping(mapping, "a", TABLES)
    for raw in ("é41ZD0000126".encode(), "é41ZD0000126".encode("utf-8-sig")):
        assert made.recognise(lift(raw))
        assert len(decoded(mapping, raw)) == 1
