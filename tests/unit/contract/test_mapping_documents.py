"""Attached documents, as a mapping reads them: content, what the hub finds of it, and what the sender says of it."""

import io
import zipfile
from base64 import b64encode
from hashlib import sha256

import pytest

from hub.contract import Trust
from hub.contract.mapping import MappedReader, read_mapping
from hub.contract.tables import Tables, load_tables
from hub.discovery.bundle import Bundle
from hub.document.lift import lift
from hub.message.case import AttachedDocument, CaseFileSubmission
from hub.message.envelope import Decoded
from hub.message.errors import Misconfigured, Refused
from hub.message.values import Coded
from tests.pdfs import pdf

TABLES: Tables = load_tables([folder / "codes" for folder in Bundle().config_folders])
HEAD = '[dialect]\nname = "a-force"\nlift = "xml"\n[recognise]\nroot = "F"\n[case]\nptiurn = "U"\n'
DOCUMENTS = """
[[case.documents]]
each = "D"
reference = "@id"
title = "T"
form = "M"
marking = "@marking"
media_type = "@type"
size = "@size"
sha256 = "@hash"
content = { at = "C", read = "base64" }
"""
PDF = pdf()
BASE64 = b64encode(PDF).decode()


def reader(documents: str = DOCUMENTS) -> MappedReader:
    return read_mapping(HEAD + documents, "a-force/mapping.toml", TABLES)


def decoded(body: str, documents: str = DOCUMENTS) -> Decoded:
    made = reader(documents)
    raw = f"<F>\n<U>41ZD0000126</U>\n{body}\n</F>".encode()
    [one] = made.decode(made.open(lift(raw), Trust(party="a-force", agency="police")), TABLES)
    return one


def documents_of(one: Decoded) -> tuple[AttachedDocument, ...]:
    assert isinstance(one.body, CaseFileSubmission)
    return one.body.documents


def test_hash_size_and_media_type_are_found_from_the_content() -> None:
    lines = "\n  ".join(BASE64[at : at + 76] for at in range(0, len(BASE64), 76))
    one = decoded(f"<D id='7' marking='Official-Sensitive'><T>Report</T><M>MG5</M><C>\n {lines}\n</C></D>")
    [document] = documents_of(one)
    assert document == AttachedDocument(
        reference="7",
        title="Report",
        form=Coded("MG5", "MG5"),
        marking=Coded("Official-Sensitive", "OFFICIAL_SENSITIVE"),
        media_type="application/pdf",
        size=len(PDF),
        sha256=sha256(PDF).hexdigest(),
    )
    assert [(kept.sha256, kept.body) for kept in one.attachments] == [(document.sha256, PDF)]
    assert (one.findings, one.unmapped) == ((), ())


def test_what_is_stated_rightly_passes() -> None:
    stated = f"type='pdf' size='{len(PDF)}' hash='{sha256(PDF).hexdigest().upper()}'"
    assert len(documents_of(decoded(f"<D {stated}><C>{BASE64}</C></D>"))) == 1


def test_the_same_content_twice_makes_two_documents_of_one_content() -> None:
    one = decoded(f"<D id='1'><C>{BASE64}</C></D><D id='2'><C>{BASE64}</C></D>")
    assert [document.reference for document in documents_of(one)] == ["1", "2"]
    assert len(one.attachments) == 1


def test_a_form_that_is_not_in_the_list_is_a_finding_and_its_text_is_kept() -> None:
    one = decoded(f"<D><M>MG99</M><C>{BASE64}</C></D>")
    assert documents_of(one)[0].form == Coded("MG99", None)
    assert [(finding.code, finding.path, finding.offence) for finding in one.findings] == [
        ("UNKNOWN_CODE", "/F/D/M", None)
    ]


def test_a_const_completes_a_document_and_makes_none() -> None:
    fields = DOCUMENTS.replace('marking = "@marking"', 'marking = { const = "OFFICIAL" }')
    [document] = documents_of(decoded(f"<D/><D><C>{BASE64}</C></D>", fields))
    assert document.marking == Coded("OFFICIAL", "OFFICIAL")


def test_a_mapping_may_write_forms_out_itself_and_read_inside_another_node() -> None:
    fields = DOCUMENTS.replace('form = "M"', 'within = "I"\nform = { at = "M", map = { report = "MG5" } }')
    [document] = documents_of(decoded(f"<D><I><M>report</M><C>{BASE64}</C></I></D>", fields))
    assert document.form == Coded("report", "MG5")


@pytest.mark.parametrize(
    ("body", "rule", "words"),
    [
        ("<D id='1'/>", "attachment-missing", "no content"),
        ("<D id='1'><C>  </C></D>", "attachment-missing", "no content"),
        ("<D><C>not base64!</C></D>", "attachment-base64", "not base64"),
        (f"<D><C>{BASE64[:-1]}</C></D>", "attachment-base64", "not base64"),
        (f"<D><C>data:application/pdf;base64,{BASE64}</C></D>", "attachment-base64", "nothing before"),
        ("<D><C>\u00e9</C></D>", "attachment-base64", "not base64"),
        (f"<D hash='{'0' * 64}'><C>{BASE64}</C></D>", "attachment-hash", sha256(PDF).hexdigest()),
        (f"<D size='12'><C>{BASE64}</C></D>", "attachment-hash", f"{len(PDF)} bytes"),
        (f"<D type='image/png'><C>{BASE64}</C></D>", "attachment-media", "application/pdf by its first bytes"),
    ],
)
def test_a_faulty_document_is_refused_with_its_line_and_how_to_mend_it(body: str, rule: str, words: str) -> None:
    with pytest.raises(Refused) as refused:
        decoded(body)
    [fault] = refused.value.faults
    assert (fault.rule, fault.line) == (rule, 3)
    assert words in fault.words


def test_every_fault_of_every_document_is_told() -> None:
    with pytest.raises(Refused) as refused:
        decoded(f"<D id='1'/><D><C>%</C></D><D hash='1' size='2' type='3'><C>{BASE64}</C></D>")
    assert len(refused.value.faults) == 5


@pytest.mark.parametrize(
    ("fields", "key"),
    [
        (DOCUMENTS.replace('content = { at = "C", read = "base64" }', ""), "case.documents[1].content"),
        (DOCUMENTS.replace('{ at = "C", read = "base64" }', '"C"'), "case.documents[1].content"),
        (DOCUMENTS.replace("base64", "base46"), "case.documents[1].content.read"),
        (DOCUMENTS.replace(', read = "base64"', ""), "case.documents[1].content.read"),
        (DOCUMENTS.replace('at = "C"', 'at = "string(C)"'), "case.documents[1].content.at"),
        (DOCUMENTS.replace('at = "C"', 'at = ["C", "B"]'), "case.documents[1].content.at"),
        (DOCUMENTS.replace('title = "T"', 'position = "T"'), "case.documents[1].position"),
        (DOCUMENTS.replace('title = "T"', 'title = { at = "T", read = "date" }'), "case.documents[1].title.read"),
    ],
)
def test_what_is_wrong_with_the_table_is_told_when_it_is_loaded(fields: str, key: str) -> None:
    with pytest.raises(Misconfigured) as refused:
        reader(fields)
    assert [fault.split(": ")[1] for fault in refused.value.faults] == [key]


# --- files of a zip

ZIPPED = """
[dialect]
name = "a-force"
lift = "csv"
[recognise]
[csv]
documents = "docs"
[[csv.files]]
name = "case"
entry = "cases.csv"
[case]
each = "case"
ptiurn = "URN"
[case.documents]
each = "."
reference = "FILE"
content = { at = "FILE", read = "entry" }
"""
OTHER = pdf("Other")


def zipped(*named: str, **files: bytes) -> list[Decoded]:
    """The messages of a zip with a case for each file that is named; `files` are those that are there."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        rows = "".join(f"41ZD0000{number}26,{name}\n" for number, name in enumerate(named, 1))
        archive.writestr("cases.csv", f"URN,FILE\n{rows}")
        for name, body in files.items():
            archive.writestr(f"docs/{name}.pdf", body)
    reads = read_mapping(ZIPPED, "a-force/mapping.toml", TABLES)
    document = lift(made.getvalue())
    assert reads.recognise(document)
    return list(reads.decode(reads.open(document, Trust(party="a-force", agency="police")), TABLES))


def test_each_case_of_a_zip_has_its_own_file_with_or_without_its_folder() -> None:
    one, other, none = zipped("docs/a.pdf", " b.pdf ", "", a=PDF, b=OTHER)
    assert [kept.body for kept in one.attachments] == [PDF]
    assert [kept.body for kept in other.attachments] == [OTHER]
    assert (documents_of(none), none.attachments) == ((), ())
    assert documents_of(one)[0].sha256 == sha256(PDF).hexdigest()


@pytest.mark.parametrize("name", ["c.pdf", "../docs/a.pdf", "docs/../docs/a.pdf", "/docs/a.pdf", "cases.csv", "a"])
def test_a_row_that_names_no_file_of_the_folder_is_refused_with_its_line(name: str) -> None:
    with pytest.raises(Refused) as refused:
        zipped("a.pdf", name, a=PDF)
    assert [(fault.rule, fault.line, fault.path) for fault in refused.value.faults] == [
        ("attachment-missing", 3, "/file/case[2]/FILE")
    ]


def test_a_file_that_no_row_names_does_not_fall_away() -> None:
    with pytest.raises(Refused) as refused:
        zipped("a.pdf", a=PDF, b=OTHER)
    assert [(fault.rule, fault.found) for fault in refused.value.faults] == [("attachment-unnamed", "docs/b.pdf")]


@pytest.mark.parametrize(
    ("mapping", "key"),
    [
        (ZIPPED.replace('documents = "docs"\n', ""), "case.documents.content.read"),
        (ZIPPED.replace('"docs"', '"../docs"'), "csv.documents"),
        (ZIPPED.replace('"docs"', '"docs/a"'), "csv.documents"),
    ],
)
def test_a_folder_of_documents_is_a_bare_name_and_entries_need_one(mapping: str, key: str) -> None:
    with pytest.raises(Misconfigured) as refused:
        read_mapping(mapping, "a-force/mapping.toml", TABLES)
    assert refused.value.faults[0].split(": ")[1] == key
