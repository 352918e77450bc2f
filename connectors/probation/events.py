"""Pre-sentence reports from probation: HMPPS domain events (prisons-probation-cps 2.3, 3.1 and B4 of 1.3).

Rule: an event is thin. It names the report and the person and says where the document is fetched; it never embeds it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from hub.contract import Answers, Opened, Outbound, Reply, Stamp, Trust
from hub.contract.answers import json_reply
from hub.contract.domain_event import (
    DomainEvent,
    event_type,
    not_carried,
    open_event,
    read_event,
    refuse_faulty,
    unmapped,
)
from hub.contract.findings import Findings
from hub.contract.tables import Tables
from hub.document import Document
from hub.message.envelope import Decoded
from hub.message.identifiers import read_crn, read_noms
from hub.message.probation import PreSentenceReport, ReportStatus

FAMILIES = ("pre-sentence.report.", "probation-case.")
STATUS = {
    "pre-sentence.report.created": ReportStatus.REQUESTED,  # probation has noted the request; nobody has begun
    "pre-sentence.report.started": ReportStatus.STARTED,
    "pre-sentence.report.completed": ReportStatus.DELIVERED,
}

UUID = "[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}"
REPORT_URN = re.compile(f"urn:uk:gov:hmpps:pre-sentence-service:report:{UUID}")
IN_ADDRESS = re.compile(f"(?<![0-9a-fA-F-]){UUID}(?![0-9a-fA-F-])")


@dataclass(frozen=True, slots=True)
class ProbationEvent:
    """Reads a pre-sentence report created, started or completed."""

    dialect: str = "probation-event"
    version: str = "1"
    answers: Answers = Answers.AT_ONCE

    def recognise(self, document: Document) -> bool:
        """Whether the document is an event of probation's, bare or wrapped."""
        return (event_type(document) or "").startswith(FAMILIES)

    def open(self, document: Document, trust: Trust) -> Opened:
        """The event out of its wrapper."""
        return open_event(document)

    def decode(self, opened: Opened, tables: Tables) -> Iterator[Decoded]:
        """One message. Raises Refused with every fault, or because the event is not carried."""
        event = read_event(opened)
        status = STATUS.get(event.kind)
        if status is None:
            refuse_faulty(event)
            raise not_carried(f"the event '{event.kind}'", f"{event.pointer}/eventType")
        yield _decoded(event, status, opened.reference)

    def reply(self, opened: Opened | None, reply: Reply, stamp: Stamp) -> Outbound:
        """A receipt, or a problem document with every fault."""
        return json_reply(reply, stamp)


def _decoded(event: DomainEvent, status: ReportStatus, reference: str | None) -> Decoded:
    findings = Findings()
    report, named_by = _report(event)
    person = f"{event.pointer}/personReference/identifiers"
    crn, noms = event.persons.get("CRN"), event.persons.get("NOMS")
    if crn is None and noms is None:
        event.about.fault("", "required", "personReference must name the person, by CRN or NOMS")
    number = event.about.number_or_text("eventNumber")
    refuse_faulty(event)
    if status is ReportStatus.DELIVERED and event.detail_url is None:
        findings.note("MISSING", f"{event.pointer}/detailUrl", "a completed report says where its document is fetched")
    rest = (leaf for leaf in event.rest if leaf.path != f"{event.pointer}/detailUrl")
    body = PreSentenceReport(
        report_id=report,
        status=status,
        crn=None if crn is None else findings.identifier(read_crn, crn, person),
        noms_number=None if noms is None else findings.identifier(read_noms, noms, person),
        event_number=number,
        completed_at=event.occurred_at if status is ReportStatus.DELIVERED else None,
        document_ref=event.detail_url,
    )
    return Decoded(
        body=body,
        reference=reference,
        occurred_at=event.occurred_at.value,
        findings=tuple(findings.noted),
        unmapped=(*rest, *unmapped(event.about, {"eventNumber", named_by})),
    )


def _report(event: DomainEvent) -> tuple[str, str]:
    """The id of the report, and the field of the additional information that it was taken from ("" where from none).

    It is the report's URN wherever it stands (3.1), else a `reportId`, else the UUID in the address of its document.
    """
    about = event.about
    for name, held in about.value.items():
        if isinstance(held, str) and REPORT_URN.fullmatch(held.strip()):
            return held.strip(), name
    plain = about.text("reportId")
    if plain is not None and plain.strip():
        return plain, "reportId"
    in_address = IN_ADDRESS.findall(event.detail_url or "")
    if in_address:
        return str(in_address[-1]), ""
    about.fault("reportId", "required", "the report must be named: its URN, its reportId, or its UUID in detailUrl")
    return "", ""
