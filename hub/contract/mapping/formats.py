"""The formats that a mapping can read: how a document is recognised, and how it becomes a plain tree.

    lift = "xml"     [recognise] root = "p:Submission"              the outermost element, with its namespace
    lift = "json"    [recognise] members = ["format", "case"]       members that the outermost object must have
                                 equals = { format = "southdale" }  and texts that members must have
    lift = "csv"     [recognise] header = "case_ref,urn"            how the first line begins (of a zip: its files)
                     [csv] encoding, delimiter, quote, columns, documents
                     [[csv.files]] name, entry, parent, key, parent_key, columns
    lift = "fixed"   [recognise] starts = "HDR MARLFORD"            how the file begins
                     [fixed] encoding
                     [[fixed.records]] name, starts, parent, columns = { urn = [4, 14] }

Rule: recognising reads no more than it must, and never raises.
"""

from __future__ import annotations

import re
from codecs import BOM_UTF8
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO

from hub.contract.mapping.faults import Faults
from hub.contract.mapping.readers import nearest
from hub.document import Bounds, Document, Element
from hub.document.csv import ROW, CsvFile, CsvLayout, csv_tree, header_of
from hub.document.fixed import FixedLayout, FixedRecord, fixed_tree
from hub.document.items import csv_items, fixed_items
from hub.document.lines import ENCODINGS, Items, is_readable
from hub.document.plain import json_tree
from hub.document.zipped import Documents, entries_of
from hub.message.errors import Defect

LIFTS = ("xml", "json", "csv", "fixed")


Walk = Callable[[BinaryIO, Bounds, int], Items]
"""Walks a large file case by case, within bounds, from the case with this number on."""


@dataclass(frozen=True, slots=True)
class Format:
    """How one dialect's documents are known, made a tree, and walked case by case where they can be.

    `lift` and `walk` raise Refused. `files` gives the files that came with a document, where any may.
    `misses` says what keeps a document from being one of these that it nearly is.
    """

    knows: Callable[[Document], bool]
    lift: Callable[[Document], Element]
    walk: Walk | None = None
    files: Callable[[BinaryIO], Documents] | None = None
    misses: Callable[[Document], str | None] = lambda document: None


def format_of(mapping: Mapping[str, Any], faults: Faults) -> Format:
    """The format that a mapping describes."""
    head = mapping.get("dialect")
    name = head.get("lift") if isinstance(head, dict) else None
    if name not in LIFTS:
        faults.add("dialect.lift", f"this must be one of {', '.join(LIFTS)}")
        return Format(lambda document: False, _unread)
    for other in ("csv", "fixed"):
        if other in mapping and other != name:
            faults.add(other, f"the table [{other}] is for lift = '{other}'")
    return _FORMATS[name](faults.table(mapping, "", "recognise"), mapping, faults)


def _unread(document: Document) -> Element:
    raise Defect("a document was read by a mapping that has faults")


def _xml(recognise: Mapping[str, Any], mapping: Mapping[str, Any], faults: Faults) -> Format:
    faults.unknown("recognise", recognise, ("root",))
    prefix, colon, local = faults.text(recognise, "recognise", "root").rpartition(":")
    held = mapping.get("namespaces")
    spaces = held if isinstance(held, dict) else {}
    if colon and prefix not in spaces:
        faults.add("recognise.root", f"the prefix '{prefix}' is not in [namespaces]")
    tag = f"{{{spaces.get(prefix)}}}{local}" if colon else local

    def lift(document: Document) -> Element:
        if document.root is None:
            raise Defect("a document that is no XML was read as XML")
        return document.root

    return Format(lambda document: document.root is not None and document.root.tag == tag, lift)


def _json(recognise: Mapping[str, Any], mapping: Mapping[str, Any], faults: Faults) -> Format:
    faults.unknown("recognise", recognise, ("members", "equals"))
    members, equals = faults.texts(recognise, "recognise", "members"), faults.table(recognise, "recognise", "equals")
    if not (members or equals):
        faults.add("recognise", "members or equals is needed: which names, or which texts, tell this format")

    def knows(document: Document) -> bool:
        data = document.data
        if document.media != "json" or not isinstance(data, dict):
            return False
        return all(name in data for name in members) and all(data.get(name) == text for name, text in equals.items())

    return Format(knows, lambda document: json_tree(document.data))


def _csv(recognise: Mapping[str, Any], mapping: Mapping[str, Any], faults: Faults) -> Format:
    faults.unknown("recognise", recognise, ("header",))
    layout = _csv_layout(faults.table(mapping, "", "csv"), faults)
    entries = frozenset(file.entry for file in layout.files)
    header = faults.text(recognise, "recognise", "header", "" if entries else None)

    def knows(document: Document) -> bool:
        if document.media != "unknown":
            return False
        if entries:
            return entries_of(document.raw, layout.documents) == entries
        return bool(header) and header_of(document.raw, layout).startswith(header)

    top = [file.name for file in layout.files if file.parent is None] or [ROW]
    walk: Walk = lambda file, bounds, first: csv_items(file, layout, bounds, first=first)  # noqa: E731
    return Format(
        knows,
        lambda document: csv_tree(document.raw, layout),
        walk if top == [_each(mapping)] else None,
        (lambda file: Documents(file, layout.documents)) if layout.documents else None,
        lambda document: _misses(entries, entries_of(document.raw, layout.documents)) if entries else None,
    )


def _misses(wanted: frozenset[str], found: frozenset[str]) -> str | None:
    """What a zip lacks, and what it has too much, where some of it is what is wanted."""
    if not wanted & found:
        return None
    lacks, extra = (", ".join(sorted(names)) for names in (wanted - found, found - wanted))
    told = [f"the zip does not hold {lacks}"] if lacks else []
    return f"{' and '.join([*told, *([f'it holds {extra} besides'] if extra else [])])}."


def _csv_layout(table: Mapping[str, Any], faults: Faults) -> CsvLayout:
    faults.unknown("csv", table, ("encoding", "delimiter", "quote", "columns", "files", "documents"))
    delimiter, quote = _sign(table, "delimiter", ",", faults), _sign(table, "quote", '"', faults)
    if delimiter == quote:
        faults.add("csv.quote", "this must be another character than the delimiter")
    documents = faults.text(table, "csv", "documents", "")
    if documents and ("files" not in table or not re.fullmatch(r"[\w\-]+", documents)):
        faults.add("csv.documents", "this must be the bare name of a folder, in a zip of linked files")
        documents = ""
    return CsvLayout(
        encoding=_encoding(table, "csv", faults),
        delimiter=delimiter,
        quote=quote,
        columns=faults.texts(table, "csv", "columns"),
        files=_csv_files(faults.tables(table, "csv", "files"), faults),
        documents=documents,
    )


def _sign(table: Mapping[str, Any], name: str, default: str, faults: Faults) -> str:
    sign = faults.text(table, "csv", name, default)
    if len(sign) == 1 and sign not in "\r\n ":
        return sign
    faults.add(f"csv.{name}", "this must be one character")
    return default


def _csv_files(tables: list[tuple[str, dict[str, Any]]], faults: Faults) -> tuple[CsvFile, ...]:
    made: list[CsvFile] = []
    for key, table in tables:
        faults.unknown(key, table, ("name", "entry", "parent", "key", "parent_key", "columns"))
        names, parent = [file.name for file in made], table.get("parent")
        if parent is not None and parent not in names:
            faults.add(f"{key}.parent", f"there is no file '{parent}' before this one{nearest(str(parent), names)}")
        link = faults.text(table, key, "key", None if parent else "")
        file = CsvFile(
            name=faults.text(table, key, "name"),
            entry=faults.text(table, key, "entry"),
            parent=parent,
            key=link,
            parent_key=faults.text(table, key, "parent_key", link),
            columns=faults.texts(table, key, "columns"),
        )
        if file.name in names or file.entry in [other.entry for other in made]:
            faults.add(f"{key}.name", "each file needs a name and an entry of its own")
        if "/" in file.entry or "\\" in file.entry:
            faults.add(f"{key}.entry", "a file in a folder of the zip is not read: this must be a bare name")
        made.append(file)
    return tuple(made)


def _fixed(recognise: Mapping[str, Any], mapping: Mapping[str, Any], faults: Faults) -> Format:
    faults.unknown("recognise", recognise, ("starts",))
    table = faults.table(mapping, "", "fixed")
    faults.unknown("fixed", table, ("encoding", "records"))
    encoding = _encoding(table, "fixed", faults)
    starts = faults.text(recognise, "recognise", "starts").encode(encoding, "replace")
    layout = FixedLayout(encoding=encoding, records=_fixed_records(faults.tables(table, "fixed", "records"), faults))
    if not layout.records:
        faults.add("fixed.records", "the kinds of line are needed: [[fixed.records]]")

    def knows(document: Document) -> bool:
        return document.media == "unknown" and bool(starts) and document.raw.removeprefix(BOM_UTF8).startswith(starts)

    kind = _each(mapping)
    top = [record.name for record in layout.records if record.parent is None]
    walk: Walk = lambda file, bounds, first: fixed_items(file, layout, kind, bounds, first=first)  # noqa: E731
    return Format(knows, lambda document: fixed_tree(document.raw, layout), walk if kind in top else None)


def _fixed_records(tables: list[tuple[str, dict[str, Any]]], faults: Faults) -> tuple[FixedRecord, ...]:
    made: list[FixedRecord] = []
    for key, table in tables:
        faults.unknown(key, table, ("name", "starts", "parent", "columns"))
        names, parent = [record.name for record in made], table.get("parent")
        if parent is not None and parent not in names:
            faults.add(f"{key}.parent", f"there is no record '{parent}' before this one{nearest(str(parent), names)}")
        record = FixedRecord(
            name=faults.text(table, key, "name"),
            starts=faults.text(table, key, "starts"),
            parent=parent,
            columns=_columns(faults.table(table, key, "columns"), f"{key}.columns", faults),
        )
        if record.name in names or not record.starts or record.starts in [other.starts for other in made]:
            faults.add(f"{key}.starts", "each kind of line needs a name and letters to begin with of its own")
        made.append(record)
    return tuple(made)


def _columns(table: Mapping[str, Any], key: str, faults: Faults) -> dict[str, tuple[int, int]]:
    found: dict[str, tuple[int, int]] = {}
    for name, places in table.items():
        match places:
            case [int(start), int(end)] if 1 <= start <= end:
                found[name] = (start, end)
            case _:
                faults.add(key, f"'{name}' must be its first and last place: [4, 14]")
    return found


def _each(mapping: Mapping[str, Any]) -> str:
    """The path of the nodes that each make a message."""
    case = mapping.get("case")
    each = case.get("each") if isinstance(case, dict) else None
    return each if isinstance(each, str) else ""


def _encoding(table: Mapping[str, Any], key: str, faults: Faults) -> str:
    name = faults.text(table, key, "encoding", "utf-8")
    if is_readable(name):
        return name
    faults.add(f"{key}.encoding", f"'{name}' is not read; there are {', '.join(ENCODINGS)}")
    return "utf-8"


_FORMATS: dict[str, Callable[[Mapping[str, Any], Mapping[str, Any], Faults], Format]] = {
    "xml": _xml,
    "json": _json,
    "csv": _csv,
    "fixed": _fixed,
}
