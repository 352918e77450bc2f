"""Mapping dialects: a sender's own format read by data alone (design 6). The whole grammar is in docs/mapping.md.

    [dialect]        name, version, lift; message, answers, applies_from, candidate
    [namespaces]     prefixes of XML
    [recognise]      what tells this format from others (formats.py); [csv] and [fixed] say how it is written
    [sender]         reference, system, occurred_at: what the sender says of its message
    [case]           the canonical message, field by field (records.py, leaves.py); each = PATH where there are several

Rule: a mapping is a Reader only. It is checked whole when it is loaded: every fault at once, with file, line and key.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from types import MappingProxyType
from typing import Any, BinaryIO

from hub.canonical.shape import Kind, Slot
from hub.contract import Answers, Layer, Opened, Outbound, Reply, Stamp, Trust, Walked
from hub.contract.answers import json_reply
from hub.contract.mapping.attached import CODES
from hub.contract.mapping.faults import Faults
from hub.contract.mapping.formats import Format, format_of
from hub.contract.mapping.leaves import Leaf, Setting, leaf
from hub.contract.mapping.lines import lines_of
from hub.contract.mapping.readers import nearest
from hub.contract.mapping.records import Nodes, each, record
from hub.contract.mapping.run import Run
from hub.contract.tables import Tables
from hub.document import DEFAULT_BOUNDS, Bounds, Document, Element
from hub.document.lines import Item
from hub.document.zipped import Documents
from hub.message.catalogue import CATALOGUE, Agency
from hub.message.envelope import Decoded
from hub.message.errors import Defect, Misconfigured, Refused
from hub.message.values import Moment

BODY, SENDER = "case", "sender"
SAID = ("reference", "system", "occurred_at")
_TOP = ("dialect", "namespaces", "recognise", "csv", "fixed", SENDER, BODY)
_HEAD = ("name", "version", "lift", "message", "answers", "applies_from", "candidate")
_CODES = re.compile(r'"code:([^"]+)"')
_TEXT = Slot(name="", element="", kind=Kind.LEAF, type=str, mark=None, optional=True, many=False)
_MOMENT = Slot(name="", element="", kind=Kind.FOREIGN, type=Moment, mark=None, optional=True, many=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """Who and how: the dialect's name and version, and from when on this edition of it applies."""

    name: str
    version: str
    message: str
    answers: Answers
    applies_from: date | None
    candidate: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """How the message is read: the nodes of several (None: the document is one), the body, the sender's own words."""

    nodes: Nodes | None
    read: Leaf
    sender: Mapping[str, Leaf]


@dataclass(frozen=True, slots=True, kw_only=True)
class MappedReader:
    """A Reader made of a mapping."""

    head: Head
    format: Format
    body: Body
    mapping_hash: str

    @property
    def dialect(self) -> str:
        """The dialect's name."""
        return self.head.name

    @property
    def version(self) -> str:
        """The version of this mapping."""
        return self.head.version

    @property
    def answers(self) -> Answers:
        """When a sender of this dialect learns what is wrong."""
        return self.head.answers

    def recognise(self, document: Document) -> bool:
        """Whether this document is in this dialect."""
        return self.format.knows(document)

    def misses(self, document: Document) -> str | None:
        """What keeps a document from being in this dialect, where it nearly is."""
        return self.format.misses(document)

    def open(self, document: Document, trust: Trust) -> Opened:
        """The document as a plain tree. Raises Refused where it cannot be made one."""
        root = self.format.lift(document)
        files = self.format.files(BytesIO(document.raw)) if self.format.files is not None else {}
        return self._opened(root, document.line, trust, files)

    def walk(self, file: BinaryIO, trust: Trust, bounds: Bounds = DEFAULT_BOUNDS, *, first: int = 1) -> Walked:
        """The cases of a large file from the `first` on, each opened by itself, so that it can be decoded by itself.

        Only a format that `can_walk`; the file is seekable, and never more than one case of it is in memory.
        `bounds.max_bytes` are for the files of a zip together, the rest for each case. Raises Refused.
        """
        if self.format.walk is None:
            raise Defect(f"{self.dialect} cannot be read case by case")
        items = self.format.walk(file, bounds, first)
        files = MappingProxyType(self.format.files(file)) if self.format.files is not None else {}
        return Walked(items.total, ((item, self._opened_item(item, trust, files)) for item in items))

    @property
    def can_walk(self) -> bool:
        """Whether a large file of this dialect can be read case by case: CSV and fixed width whose `each` is on top."""
        return self.format.walk is not None

    def decode(self, opened: Opened, tables: Tables) -> Iterator[Decoded]:
        """The messages of the document. Raises Refused with every fault of every one of them."""
        root = opened.root
        if root is None:
            raise Defect("a document that was not opened was decoded")
        first = Run(root=root, tables=tables, traits=opened.traits, line=opened.line, files=opened.files)
        nodes = [root] if self.body.nodes is None else list(self.body.nodes(root, first))
        if not nodes:
            first.fault(root, "empty", "There is no message in the document: it holds none of what makes one.")
        runs = [
            first,
            *(replace(first, findings=[], faults=[], attachments=[]) for _ in nodes[1:]),
        ]  # what is read is noted in common
        read = [self._read(node, run) for node, run in zip(nodes, runs, strict=False)]
        _note_unnamed(opened, first)
        faults = [fault for run in runs for fault in run.faults]
        if faults:
            raise Refused(faults)
        outside = tuple(first.unread(root, nodes)) if nodes[0] is not root else ()
        for node, run, (body, said) in zip(nodes, runs, read, strict=True):
            unmapped = (*(outside if run is first else ()), *run.unread(node))  # the first carries what is in no other
            occurred = said["occurred_at"]
            yield Decoded(
                body=body,
                reference=said["reference"],
                system=said["system"],
                occurred_at=None if occurred is None else occurred.value,
                findings=tuple(run.findings),
                unmapped=unmapped,
                attachments=tuple({one.sha256: one for one in run.attachments}.values()),
            )

    def reply(self, opened: Opened | None, reply: Reply, stamp: Stamp) -> Outbound:
        """The hub's own plain answer: a mapping has no other."""
        return json_reply(reply, stamp)

    def _read(self, node: Element, run: Run) -> tuple[Any, dict[str, Any]]:
        """A body, and what the sender says of it; the body None where there is a fault."""
        body = self.body.read(node, run)
        if body is None and not run.faults:
            run.fault(node, "empty", "Nothing of a message was found here.")
        words = self.body.sender
        return body, {name: words[name](node, run) if name in words else None for name in SAID}

    def _opened_item(self, item: Item, trust: Trust, files: Mapping[str, bytes]) -> Opened:
        opened = self._opened(item.element.getroottree().getroot(), item.offset, trust, files)
        return opened if item.fault is None else replace(opened, faults=(item.fault,))

    def _opened(self, root: Element, line: int, trust: Trust, files: Mapping[str, bytes]) -> Opened:
        layer = Layer(name=self.head.name, root=root, schema=None, line=line)
        reference = self._said("reference", root, Run(root=root, tables=Tables({})))
        return Opened(layers=(layer,), root=root, line=line, reference=reference, traits=trust.traits, files=files)

    def _said(self, name: str, node: Element, run: Run) -> str | None:
        """What a document of one message says of itself; its reference is the key of the submission."""
        read = self.body.sender.get(name)
        if read is None or self.body.nodes is not None:
            return None
        text: str | None = read(node, run)
        return text


def _note_unnamed(opened: Opened, run: Run) -> None:
    """A fault where files came that nothing names; of a case in a file that is walked, others may name them."""
    unnamed = [name for name in opened.files if name not in run.named] if isinstance(opened.files, Documents) else []
    if unnamed and not run.faults:
        words = f"{len(unnamed)} of the documents in the zip are named by no row. Name each in a row, or leave it out."
        run.fault(run.root, "attachment-unnamed", words, unnamed[0])


def load_mapping(path: Path, tables: Tables) -> MappedReader:
    """The Reader of a mapping file. Raises Misconfigured with every fault, each with its file, line and key."""
    return read_mapping(path.read_text(encoding="utf-8"), f"{path.parent.name}/{path.name}", tables)


def read_mapping(text: str, file: str, tables: Tables) -> MappedReader:
    """The same for the text of a file; `file` is its name in faults."""
    try:
        mapping = tomllib.loads(text)
    except tomllib.TOMLDecodeError as cause:
        raise Misconfigured([f"{file}: this is not TOML: {cause}"]) from None
    faults = Faults(file, lines_of(text))
    faults.unknown("", mapping, _TOP)
    head = _head(mapping.get("dialect"), faults)
    namespaces, form = _namespaces(mapping, faults), format_of(mapping, faults)
    setting = Setting(namespaces=namespaces, tables=tables, faults=faults, files=form.files is not None)
    made = MappedReader(
        head=head,
        format=form,
        body=_body(mapping, head, setting),
        mapping_hash=_hash(mapping, tables),
    )
    if faults.found:
        raise Misconfigured(faults.found)
    return made


def _hash(mapping: Mapping[str, Any], tables: Tables) -> str:
    """Of what the mapping says, and of the code tables that it names: both decide how a document is read."""
    said = json.dumps([mapping, CODES], sort_keys=True, default=str)
    named = sorted(set(_CODES.findall(said)) & set(tables.lists))
    rows = [
        [name, sorted((code, *sorted(row.items())) for code, row in tables.lists[name].rows.items())] for name in named
    ]
    return sha256(f"{said}{json.dumps(rows)}".encode()).hexdigest()


def _namespaces(mapping: Mapping[str, Any], faults: Faults) -> dict[str, str]:
    table = faults.table(mapping, "", "namespaces")
    for prefix in table:
        faults.text(table, "namespaces", prefix)
    return {prefix: uri for prefix, uri in table.items() if isinstance(uri, str)}


def _head(table: Any, faults: Faults) -> Head:
    if not isinstance(table, dict):
        faults.add("dialect", "the table [dialect] is needed: name, version, lift")
        table = {}
    faults.unknown("dialect", table, _HEAD)
    message = faults.text(table, "dialect", "message", "CaseFileSubmission")
    sendable = [name for name, entry in CATALOGUE.items() if entry.senders != {Agency.HUB}]
    if message not in sendable:
        hint = nearest(message, sendable) or f"; there are {', '.join(sendable)}"
        faults.add("dialect.message", f"'{message}' is no message that a party sends{hint}")
        message = "CaseFileSubmission"
    answers = faults.text(table, "dialect", "answers", "at once")
    if answers not in {str(one) for one in Answers}:
        faults.add("dialect.answers", "this must be 'at once' or 'later'")
        answers = "at once"
    applies = table.get("applies_from")
    if applies is not None and type(applies) is not date:
        faults.add("dialect.applies_from", "this must be a date, without quotes: 2026-04-01")
        applies = None
    candidate = table.get("candidate", False)
    if not isinstance(candidate, bool):
        faults.add("dialect.candidate", "this must be true or false, without quotes")
    return Head(
        name=faults.text(table, "dialect", "name"),
        version=faults.text(table, "dialect", "version", "1"),
        message=message,
        answers=Answers(answers),
        applies_from=applies,
        candidate=candidate is True,
    )


def _body(mapping: Mapping[str, Any], head: Head, setting: Setting) -> Body:
    table, kind = mapping.get(BODY), CATALOGUE[head.message].body
    if table is None:
        setting.faults.add(BODY, f"the table [{BODY}] is needed: the fields of the {head.message}")
        table = {}
    sender = setting.faults.table(mapping, "", SENDER)
    setting.faults.unknown(SENDER, sender, SAID)
    words = {
        name: leaf(spec, _MOMENT if name == "occurred_at" else _TEXT, f"{SENDER}.{name}", setting)
        for name, spec in sender.items()
    }
    if isinstance(table, dict) and "each" in table:
        nodes, read = each(table, kind, BODY, setting)
        return Body(nodes=nodes, read=read, sender=words)
    return Body(nodes=None, read=record(table, kind, BODY, setting), sender=words)
