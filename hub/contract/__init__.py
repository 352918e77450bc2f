"""What a connector's author sees: a Reader for each dialect coming in, a Writer for each going out.

Rule: values in, values out. A Reader or a Writer does no I/O, keeps no state and looks at no clock; ids and times
come in the `Stamp`. Everything wrong with a document is told at once, in one Refused.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import BinaryIO, Protocol, runtime_checkable

from lxml.etree import _Element as Element

from hub.contract.tables import Tables
from hub.document import DEFAULT_BOUNDS, Bounds, Document
from hub.document.lines import Item
from hub.message.envelope import Decoded, Message
from hub.message.errors import Fault
from hub.message.hops import Hop

VERSION = "1"
"""The version of this contract. It grows by addition; a change that breaks a connector makes a new number."""


class Answers(StrEnum):
    """When a sender learns what is wrong: in the reply to its call, or later in a message of its own dialect."""

    AT_ONCE = "at once"
    LATER = "later"


@dataclass(frozen=True, slots=True, kw_only=True)
class SchemaRef:
    """A schema of the bundle (path below schemas/), and whether a breach of it refuses (`gate`) or is only reported."""

    path: str
    gate: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """One layer of a document: its name in plain words, its root, its schema, and what to add to its line numbers."""

    name: str
    root: Element
    schema: SchemaRef | None
    line: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Trust:
    """Who is sending, as far as the hub knows: the party's code and kind, and the traits of its system."""

    party: str
    agency: str
    traits: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A document with its envelopes off.

    `layers` run from the outermost in; `root` is the payload's root (None for JSON, whose value is `data`).
    `payload` is the payload's text exactly as it stood in its envelope (None where it was not enclosed as text).
    `reference` is the sender's own id of this message; `ids` the other ids and routing facts of its envelopes, by
    their field names. `faults` are what a Reader found wrong with the envelopes themselves. `traits` are those of the
    sender's system, where the reading of its values depends on them. `files` came with the payload, by their names.
    """

    layers: tuple[Layer, ...]
    root: Element | None = None
    data: object = None
    payload: str | None = None
    line: int = 0
    reference: str | None = None
    ids: Mapping[str, str] = field(default_factory=dict)
    faults: tuple[Fault, ...] = ()
    traits: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, bytes] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamp:
    """The ids and the time that the hub issued for one reply or delivery. `sequence` is the order of acceptance."""

    id: str
    correlation_id: str
    at: datetime
    sequence: int = 0


class ReportKind(StrEnum):
    """What had to be done to a value so that a recipient can have it."""

    TRUNCATED = "truncated"
    DEFAULTED = "defaulted"
    ADAPTED = "adapted"


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One value that was cut, filled in or adapted for a recipient: where and why; never the value itself."""

    kind: ReportKind
    path: str
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Outbound:
    """Bytes for a peer. `name` is a file's base name, `path` what is added to an HTTP endpoint's address.

    `hop` is what the peer will call it, where the peer may speak of it later.
    """

    body: bytes
    content_type: str
    name: str
    method: str = "POST"
    path: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    reports: tuple[Report, ...] = ()
    hop: Hop | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """To whom: the party, its kind, its OU code and system id, and the options that its file gives to this dialect."""

    party: str
    agency: str
    ou_code: str | None = None
    system: str | None = None
    options: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What makes one delivery. `verbatim` is the payload as the sender wrote it, where it is in this very dialect."""

    message: Message
    label: str = ""
    verbatim: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PeerAnswer:
    """What a peer said to one attempt. `status` is the HTTP status, or 0 where a file was put in place; `id` is that of
    the stamp that the delivery was encoded with.
    """

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered:
    """The peer has it."""

    words: str = "accepted by the recipient"


@dataclass(frozen=True, slots=True, kw_only=True)
class Again:
    """Not now. `after` is in seconds, where the peer said."""

    words: str
    after: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Final:
    """Never as it stands. `invalid` where the peer says that the message is wrong; otherwise it cannot be delivered."""

    words: str
    invalid: bool


Judgement = Delivered | Again | Final


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What the hub answers to a sender: taken or not, the receipt's id, and every fault."""

    accepted: bool
    receipt_id: str
    faults: tuple[Fault, ...] = ()


class Reader(Protocol):
    """A dialect coming in."""

    @property
    def dialect(self) -> str:
        """The dialect's name, as `cjhub dialects` lists it."""

    @property
    def version(self) -> str:
        """The version of this reading of the dialect."""

    @property
    def answers(self) -> Answers:
        """When a sender of this dialect learns what is wrong."""

    def recognise(self, document: Document) -> bool:
        """Whether this document is in this dialect, by its root and namespace; never by a bare local name."""

    def open(self, document: Document, trust: Trust) -> Opened:
        """Take the envelopes off. Raises Refused where they cannot be read."""

    def decode(self, opened: Opened, tables: Tables) -> Iterator[Decoded]:
        """Read the payload. Raises Refused with every field that makes it unusable."""

    def reply(self, opened: Opened | None, reply: Reply, stamp: Stamp) -> Outbound:
        """The acknowledgement or refusal that this system expects. `opened` is None where opening failed."""


@runtime_checkable
class Mapped(Protocol):
    """A Reader that is made of data: two with the same hash read every document alike."""

    @property
    def mapping_hash(self) -> str:
        """The SHA-256, in hexadecimal, of what its mapping says."""


@runtime_checkable
class Near(Protocol):
    """A Reader that can tell a sender what keeps a document from being in its dialect."""

    def misses(self, document: Document) -> str | None:
        """What is missing or too much, in a sentence; None where the document is nothing like this dialect's."""


@dataclass(frozen=True, slots=True)
class Walked:
    """A large file case by case: how many it holds in all, and those asked for, each opened by itself when reached."""

    total: int
    cases: Iterator[tuple[Item, Opened]]


@runtime_checkable
class Bulk(Protocol):
    """A Reader whose files may hold very many cases, and can be read case by case from a stream."""

    @property
    def can_walk(self) -> bool:
        """Whether this dialect's files can be; some of a kind can, and some cannot."""

    def walk(self, file: BinaryIO, trust: Trust, bounds: Bounds = DEFAULT_BOUNDS, *, first: int = 1) -> Walked:
        """The cases of a seekable file from the `first` on (from 1), each to be decoded by itself.

        The file is looked through whole first: Refused for what is wrong with it as a whole. Only where `can_walk`.
        """


class Writer(Protocol):
    """A dialect going out."""

    @property
    def dialect(self) -> str:
        """The dialect's name, as a party's file names it under `receives`."""

    @property
    def sends(self) -> frozenset[str]:
        """The message types (catalogue names) that this Writer can encode."""

    @property
    def announces(self) -> bool:
        """True where it only tells that something changed, and carries nothing of the message (a case update)."""

    def split(self, message: Message) -> Sequence[Part]:
        """The deliveries that one message makes for one recipient, in order. Runs in route."""

    def encode(self, part: Part, recipient: Recipient, stamp: Stamp, tables: Tables) -> Outbound:
        """The bytes to send. The same part, recipient and stamp always give the same bytes."""

    def judge(self, answer: PeerAnswer) -> Judgement:
        """What a peer's answer means in this dialect."""
