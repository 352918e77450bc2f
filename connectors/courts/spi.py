"""The courts' side of the interface: results come in as ResultedCaseMessage, case files go out as NewCaseMessage."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from connectors.courts.findings import CASE, findings_of
from connectors.courts.findings.exceptions import EXCEPTIONS
from connectors.spi import LIBRA, newcase, resulted
from connectors.spi.answers import judge, reply_to
from connectors.spi.envelopes import take_off
from connectors.spi.hops import hop_of
from connectors.spi.outgoing import EXCHANGE, Route, end_of_route, outbound
from connectors.spi.payload import NEW_CASE, RESULTED_CASE, read, write
from connectors.spi.reading import place_of
from connectors.spi.recognising import STREAMS, Wanted, recognise
from hub.contract import (
    Answers,
    Judgement,
    Opened,
    Outbound,
    Part,
    PeerAnswer,
    Recipient,
    Reply,
    SchemaRef,
    Stamp,
    Trust,
)
from hub.contract.tables import Tables
from hub.document import Document, Element, line_in
from hub.document.xml import text_of
from hub.message.case import CaseFileSubmission, HearingSlot
from hub.message.envelope import Decoded, Finding, Message
from hub.message.errors import Defect, Fault
from hub.message.hops import Hop

COMMON_PLATFORM = "C00CommonPlatform"
"""Where case files go when the recipient's file names no system (police-spi 1.6)."""

LONDON = ZoneInfo("Europe/London")

RESULT = Wanted(
    root=resulted.ROOT,
    schema=SchemaRef(path="spi/spi.xsd", gate=False),
    codes=frozenset({301, 306, 1321, 1359}),  # courts 8.1: an empty unit or controller and a missing route are accepted
    delivered=True,
)

_CASES = f"{{{LIBRA}}}Session/{{{LIBRA}}}Case"
_DEFENDANT, _PTIURN, _ASN = f"{{{LIBRA}}}Defendant", f"{{{LIBRA}}}PTIURN", f"{{{LIBRA}}}ProsecutorReference"
_ZONE = re.compile(r"(?:Z|[+-][0-9]{2}:[0-9]{2})\s*\Z")


@dataclass(frozen=True, slots=True)
class ResultReader:
    """Reads results: bare, in RouteData, in DeliverRequest, in a SOAP submit (courts 1)."""

    dialect: str = resulted.DIALECT
    version: str = "1"
    answers: Answers = Answers.AT_ONCE

    def recognise(self, document: Document) -> bool:
        """Whether the document is a result, or a RouteData that says it holds one."""
        return recognise(document.root, RESULT)

    def open(self, document: Document, trust: Trust) -> Opened:
        """The result out of its envelopes. What courts 8.1.4 gates on is looked at here, as its schema only reports."""
        opened = take_off(document, RESULT, trust)
        if opened.root is None:
            return opened
        return replace(opened, faults=(*opened.faults, *_gates(opened.root, opened.line)))

    def decode(self, opened: Opened, tables: Tables) -> Iterator[Decoded]:
        """One HearingResulted a case (courts 8.1.6)."""
        if opened.root is None:
            raise Defect("a result whose envelopes were faulty was decoded")
        cases = opened.root.findall(_CASES)
        for case in cases if len(cases) > 1 else [None]:
            content = read(RESULTED_CASE, opened.root, tables, case)
            noticed = findings_of(content.body, tables, CASE if case is None else place_of(case))
            yield Decoded(
                body=content.body,
                reference=opened.reference,
                system=opened.ids.get("RouteSourceSystem") or opened.ids.get("OriginatingSystem") or None,
                occurred_at=moment_of(content.body.slot),
                findings=(*_of_reading(content.findings, tables), *noticed),
                unmapped=content.unmapped,
            )

    def hop(self, opened: Opened) -> Hop | None:
        """What its RouteData calls it."""
        return hop_of(opened)

    def reply(self, opened: Opened | None, reply: Reply, stamp: Stamp) -> Outbound:
        """The answer that the sender's envelope expects."""
        return reply_to(opened, reply, stamp)


def _of_reading(read_so: Sequence[Finding], tables: Tables) -> Iterator[Finding]:
    """What was noticed while reading, without the codes of the receiving side, which its own rules give exactly."""
    return (finding for finding in read_so if not (tables.groups and finding.code in EXCEPTIONS))


def _gates(root: Element, offset: int) -> Iterator[Fault]:
    """A case, one defendant in each, a PTIURN and an ASN (courts 8.1.4)."""
    cases = root.findall(_CASES)
    if not cases:
        yield _fault(root, offset, "CASE", "there is no case in this result")
    for case in cases:
        if not text_of_child(case, _PTIURN):
            yield _fault(case, offset, "HO100201", "there is no PTIURN: the case cannot be known")
        defendants = case.findall(_DEFENDANT)
        if len(defendants) != 1:
            words = f"a case in a result has one defendant, and this one has {len(defendants)}"
            yield _fault(case, offset, "ONE_DEFENDANT", words)
        for defendant in defendants:
            if not text_of_child(defendant, _ASN):
                yield _fault(defendant, offset, "HO100206", "there is no ASN in ProsecutorReference")


def _fault(node: Element, offset: int, rule: str, words: str) -> Fault:
    line = line_in(node)
    return Fault(path=place_of(node), rule=rule, words=words, line=None if line is None else line + offset)


def text_of_child(node: Element, tag: str) -> str:
    """The text of a child, without white space around it; empty where it is not there."""
    child = node.find(tag)
    return "" if child is None else text_of(child).strip()


def moment_of(slot: HearingSlot) -> datetime | None:
    """When a hearing started, in UTC. The clock is that of the court, unless its text names a zone."""
    if slot.on is None or slot.at is None or slot.on.value is None or slot.at.value is None:
        return None
    day, clock, named = slot.on.value, slot.at.value, _ZONE.search(slot.at.text)
    if named is None:
        return datetime.combine(day, clock, LONDON).astimezone(UTC)
    return datetime.fromisoformat(f"{day.isoformat()}T{clock.isoformat()}{named[0].strip()}").astimezone(UTC)


@dataclass(frozen=True, slots=True)
class CaseWriter:
    """Writes case files for the courts' system (police-spi 1.3 to 1.5, 8.6)."""

    dialect: str = newcase.DIALECT
    sends: frozenset[str] = frozenset({"CaseFileSubmission"})
    announces: bool = False

    def split(self, message: Message) -> Sequence[Part]:
        """The whole case in one part."""
        return (Part(message=message),)

    def encode(self, part: Part, recipient: Recipient, stamp: Stamp, tables: Tables) -> Outbound:
        """The case file in its envelope: exactly as the sender wrote it, where it did in this dialect."""
        message = part.message
        if not isinstance(message.body, CaseFileSubmission):
            raise Defect(f"a {type(message.body).__name__} cannot be sent as {newcase.DIALECT}")
        sender = message.envelope.sender
        source, source_report = end_of_route(sender.system, sender.party[:50], "RouteSourceSystem")
        target, target_report = end_of_route(recipient.system, COMMON_PLATFORM, "RouteDestinationSystem")
        payload, reports = (part.verbatim, ()) if part.verbatim is not None else write(NEW_CASE, message, tables)
        system = recipient.options.get("system_id", EXCHANGE)
        route = Route(system=system, source=source, destination=target, stream=STREAMS[newcase.ROOT])
        made = outbound(payload, route, message, recipient, stamp)
        return replace(made, reports=(*source_report, *target_report, *reports))

    def judge(self, answer: PeerAnswer) -> Judgement:
        """By the code of the answer, else by its HTTP status."""
        return judge(answer)
