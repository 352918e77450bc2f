"""The formats that a mapping can read: how a document is recognised, and how it becomes a plain tree.

    lift = "xml"     [recognise] root = "p:Submission"              the outermost element, with its namespace
    lift = "json"    [recognise] members = ["format", "case"]       members that the outermost object must have
                                 equals = { format = "southdale" }  and texts that members must have
    lift = "csv"     [recognise] header = "case_ref,urn"            how the first line begins (of a zip: its files)
                     [csv] encoding, delimiter, quote, columns
                     [[csv.files]] name, entry, parent, key, parent_key, columns
    lift = "fixed"   [recognise] starts = "HDR MARLFORD"            how the file begins
                     [fixed] encoding
                     [[fixed.records]] name, starts, parent, columns = { urn = [4, 14] }

Rule: recognising reads no more than it must, and never raises.
"""

from __future__ import annotations

import codecs
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from hub.contract.mapping.faults import Faults
from hub.document import Document, Element
from hub.document.csv import CsvFile, CsvLayout, csv_tree, entries_of, header_of
from hub.document.fixed import FixedLayout, FixedRecord, fixed_tree
from hub.document.plain import json_tree
from hub.message.errors import Defect

LIFTS = ("xml", "json", "csv", "fixed")


@dataclass(frozen=True, slots=True)
class Format:
    """How one dialect's documents are known, and made a tree. `lift` raises Refused."""

    knows: Callable[[Document], bool]
    lift: Callable[[Document], Element]


def format_of(mapping: Mapping[str, Any], faults: Faults) -> Format:
    """The format that a mapping describes."""
    head = mapping.get("dialect")
    name = head.get("lift") if isinstance(head, dict) else None
    if name not in LIFTS:
        faults.add("dialect.lift", f"this must be one of {', '.join(LIFTS)}")
        return Format(lambda document: False, _unread)
    recognise = mapping.get("recognise", {})
    if not isinstance(recognise, dict):
        faults.add("recognise", "this must be a table")
        recognise = {}
    return _FORMATS[name](recognise, mapping, faults)


def _unread(document: Document) -> Element:
    raise Defect("a document was read by a mapping that has faults")


def _xml(recognise: Mapping[str, Any], mapping: Mapping[str, Any], faults: Faults) -> Format:
    faults.unknown("recognise", recognise, ("root",))
    prefix, colon, local = faults.text(recognise, "recognise", "root").rpartition(":")
    spaces = mapping.get("namespaces", {})
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
    members, equals = recognise.get("members", []), recognise.get("equals", {})
    if not isinstance(members, list) or not isinstance(equals, dict) or not (members or equals):
        faults.add("recognise", "members or equals is needed: which names, or which texts, tell this format")
        return Format(lambda document: False, lambda document: json_tree(document.data))

    def knows(document: Document) -> bool:
        data = document.data
        if document.media != "json" or not isinstance(data, dict):
            return False
        return all(name in data for name in members) and all(data.get(name) == text for name, text in equals.items())

    return Format(knows, lambda document: json_tree(document.data))


def _csv(recognise: Mapping[str, Any], mapping: Mapping[str, Any], faults: Faults) -> Format:
    faults.unknown("recognise", recognise, ("header",))
    layout = _csv_layout(mapping.get("csv", {}), faults)
    entries = frozenset(file.entry for file in layout.files)
    header = faults.text(recognise, "recognise", "header", "" if entries else None)

    def knows(document: Document) -> bool:
        if document.media != "unknown":
            return False
        if entries:
            return entries_of(document.raw) == entries
        return bool(header) and header_of(document.raw, layout).startswith(header)

    return Format(knows, lambda document: csv_tree(document.raw, layout))


def _csv_layout(table: Any, faults: Faults) -> CsvLayout:
    if not isinstance(table, dict):
        faults.add("csv", "this must be a table")
        return CsvLayout()
    faults.unknown("csv", table, ("encoding", "delimiter", "quote", "columns", "files"))
    for name in ("delimiter", "quote"):
        if len(faults.text(table, "csv", name, ",")) != 1:
            faults.add(f"csv.{name}", "this must be one character")
    files = table.get("files", [])
    return CsvLayout(
        encoding=_encoding(table, "csv", faults),
        delimiter=faults.text(table, "csv", "delimiter", ",")[:1] or ",",
        quote=faults.text(table, "csv", "quote", '"')[:1] or '"',
        columns=_names(table.get("columns", []), "csv.columns", faults),
        files=_csv_files(files, faults),
    )


def _csv_files(files: Any, faults: Faults) -> tuple[CsvFile, ...]:
    made: list[CsvFile] = []
    for number, table in enumerate(files if isinstance(files, list) else [], 1):
        key = f"csv.files[{number}]"
        faults.unknown(key, table, ("name", "entry", "parent", "key", "parent_key", "columns"))
        parent = table.get("parent")
        if parent is not None and parent not in [file.name for file in made]:
            faults.add(f"{key}.parent", f"there is no file '{parent}' before this one")
        link = faults.text(table, key, "key", None if parent else "")
        made.append(
            CsvFile(
                name=faults.text(table, key, "name"),
                entry=faults.text(table, key, "entry"),
                parent=parent,
                key=link,
                parent_key=faults.text(table, key, "parent_key", link),
                columns=_names(table.get("columns", []), f"{key}.columns", faults),
            )
        )
    return tuple(made)


def _fixed(recognise: Mapping[str, Any], mapping: Mapping[str, Any], faults: Faults) -> Format:
    faults.unknown("recognise", recognise, ("starts",))
    starts = faults.text(recognise, "recognise", "starts").encode()
    table = mapping.get("fixed", {})
    faults.unknown("fixed", table, ("encoding", "records"))
    records = tuple(
        _fixed_record(one, f"fixed.records[{number}]", faults) for number, one in enumerate(table.get("records", []), 1)
    )
    if not records:
        faults.add("fixed.records", "the kinds of line are needed: [[fixed.records]]")
    layout = FixedLayout(encoding=_encoding(table, "fixed", faults), records=records)
    return Format(
        lambda document: document.media == "unknown" and bool(starts) and document.raw.startswith(starts),
        lambda document: fixed_tree(document.raw, layout),
    )


def _fixed_record(table: Any, key: str, faults: Faults) -> FixedRecord:
    faults.unknown(key, table, ("name", "starts", "parent", "columns"))
    columns: dict[str, tuple[int, int]] = {}
    for name, places in table.get("columns", {}).items():
        match places:
            case [int(start), int(end)] if 1 <= start <= end:
                columns[name] = (start, end)
            case _:
                faults.add(f"{key}.columns", f"'{name}' must be its first and last place: [4, 14]")
    return FixedRecord(
        name=faults.text(table, key, "name"),
        starts=faults.text(table, key, "starts"),
        parent=table.get("parent"),
        columns=columns,
    )


def _encoding(table: Mapping[str, Any], key: str, faults: Faults) -> str:
    name = faults.text(table, key, "encoding", "utf-8")
    try:
        codecs.lookup(name)
    except LookupError:
        faults.add(f"{key}.encoding", f"there is no encoding '{name}'")
        return "utf-8"
    return name


def _names(given: Any, key: str, faults: Faults) -> tuple[str, ...]:
    if isinstance(given, list) and all(isinstance(name, str) for name in given):
        return tuple(given)
    faults.add(key, "this must be a list of names")
    return ()


_FORMATS: dict[str, Callable[[Mapping[str, Any], Mapping[str, Any], Faults], Format]] = {
    "xml": _xml,
    "json": _json,
    "csv": _csv,
    "fixed": _fixed,
}
