"""The police side of the interface: case files come in as NewCaseMessage, results go out as ResultedCaseMessage."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from connectors.spi import newcase, resulted
from connectors.spi.answers import judge, reply_to
from connectors.spi.envelopes import take_off
from connectors.spi.hops import hop_of
from connectors.spi.outgoing import Route, end_of_route, outbound
from connectors.spi.payload import NEW_CASE, RESULTED_CASE, read, write
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
from hub.document import Document
from hub.message.envelope import Decoded, Message
from hub.message.errors import Defect
from hub.message.hearing import HearingResulted
from hub.message.hops import Hop

COMMON_PLATFORM = "C00CommonPlatform"
"""Whose results they are where the sender names no system (police-spi 3)."""

NO_POLICE_SYSTEM = "00001NPPforB7"
"""Where results go when no police system is known (police-spi 1.6)."""

CASE_FILE = Wanted(
    root=newcase.ROOT,
    schema=SchemaRef(path="spi/spi.xsd", gate=True),
    codes=frozenset({301, 306, 307, 308, 1317, 1318, 1321, 1359}),
    otherwise=True,
)


@dataclass(frozen=True, slots=True)
class CaseReader:
    """Reads case files: bare, in RouteData, in a SOAP submit (police-spi 1 and 2)."""

    dialect: str = newcase.DIALECT
    version: str = "1"
    answers: Answers = Answers.AT_ONCE

    def recognise(self, document: Document) -> bool:
        """Whether the document is a case file, or a RouteData that could hold nothing else."""
        return recognise(document.root, CASE_FILE)

    def open(self, document: Document, trust: Trust) -> Opened:
        """The case file out of its envelopes, with every fault that they have."""
        return take_off(document, CASE_FILE, trust)

    def decode(self, opened: Opened, tables: Tables) -> Iterator[Decoded]:
        """One CaseFileSubmission. A test flag stays in `ids`: it does not make a message a test (police-spi 1.3)."""
        if opened.root is None:
            raise Defect("a case file whose envelopes were faulty was decoded")
        content = read(NEW_CASE, opened.root, tables, traits=opened.traits)
        yield Decoded(
            body=content.body,
            reference=opened.reference,
            system=opened.ids.get("RouteSourceSystem") or None,
            findings=content.findings,
            unmapped=content.unmapped,
        )

    def hop(self, opened: Opened) -> Hop | None:
        """What its RouteData calls it."""
        return hop_of(opened)

    def reply(self, opened: Opened | None, reply: Reply, stamp: Stamp) -> Outbound:
        """The answer that the sender's envelope expects."""
        return reply_to(opened, reply, stamp)


@dataclass(frozen=True, slots=True)
class ResultWriter:
    """Writes results for police, one defendant a message (police-spi 3, courts 1.7 and 8.2)."""

    dialect: str = resulted.DIALECT
    sends: frozenset[str] = frozenset({"HearingResulted"})
    announces: bool = False

    def split(self, message: Message) -> Sequence[Part]:
        """A part for each defendant that has a result; the others are not in the courts' results (courts 1.7, 6.1)."""
        body = _result(message)
        if len(body.defendants) <= 1:
            return (Part(message=message),)
        numbered = list(enumerate(body.defendants, 1))
        with_results = [one for one in numbered if any(offence.results for offence in one[1].offences)]
        return tuple(
            Part(message=replace(message, body=replace(body, defendants=(defendant,))), label=f"defendant {number}")
            for number, defendant in with_results or numbered
        )

    def encode(self, part: Part, recipient: Recipient, stamp: Stamp, tables: Tables) -> Outbound:
        """The result in its envelope: exactly as the sender wrote it, where it did in this dialect.

        Only a plea that the recipient needs and the sender left out makes it be written anew (courts 8.2).
        """
        message = part.message
        body, filled = resulted.with_pleas(_result(message), recipient.options.get(resulted.PLEA_OPTION), tables)
        source, source_report = end_of_route(message.envelope.sender.system, COMMON_PLATFORM, "RouteSourceSystem")
        target, target_report = end_of_route(recipient.system, NO_POLICE_SYSTEM, "RouteDestinationSystem")
        payload, reports = part.verbatim, filled
        if payload is None or filled:
            payload, more = write(RESULTED_CASE, replace(message, body=body), tables)
            reports = (*filled, *more)
        route = Route(system=source, source=source, destination=target, stream=STREAMS[resulted.ROOT])
        made = outbound(payload, route, message, recipient, stamp)
        return replace(made, reports=(*source_report, *target_report, *reports))

    def judge(self, answer: PeerAnswer) -> Judgement:
        """By the code of the answer, else by its HTTP status."""
        return judge(answer)


def _result(message: Message) -> HearingResulted:
    if not isinstance(message.body, HearingResulted):
        raise Defect(f"a {type(message.body).__name__} cannot be sent as {resulted.DIALECT}")
    return message.body
