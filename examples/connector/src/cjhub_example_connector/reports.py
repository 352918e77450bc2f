"""Reports in from the Report Desk: one JSON document each time that a report moves on.

    {"interface": "urn:example:report-desk:1", "kind": "report", "id": "RD-7-3", "sentAt": "2026-03-09T16:20:00+00:00",
     "desk": "...", "case": {"urn": "...", "court": "..."}, "subject": {"crn": "...", "prisonNumber": "..."},
     "report": {"number": "RD-7", "state": "ready", "type": "CJF", "dueOn": "...", "author": "...", "proposal": "...",
                "document": "https://..."}}

Rule: what makes a document unusable is a fault, and all faults are told at once. What is merely odd is a finding, and
the message goes on. What the canonical message has no place for is kept as unmapped. Nothing is dropped in silence.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from hub.contract import Answers, Opened, Outbound, Reply, Stamp, Trust
from hub.contract.fields import Fields, leaves
from hub.contract.findings import Findings, moment
from hub.contract.reports import Reports, as_json, given
from hub.contract.tables import Tables
from hub.document import Document
from hub.message.envelope import Decoded, Unmapped
from hub.message.errors import Refused
from hub.message.identifiers import read_crn, read_noms, read_ou_code, read_ptiurn
from hub.message.probation import PreSentenceReport, ReportStatus
from hub.message.values import Moment

from cjhub_example_connector.interface import DIALECT, INTERFACE

T = TypeVar("T")

STATES = {
    "asked": ReportStatus.REQUESTED,
    "writing": ReportStatus.STARTED,
    "ready": ReportStatus.DELIVERED,
    "withdrawn": ReportStatus.CANCELLED,
}

READ = frozenset(
    {
        *("/interface", "/kind", "/id", "/sentAt", "/desk"),
        *("/case/urn", "/case/court"),
        *("/subject/crn", "/subject/prisonNumber"),
        *("/report/number", "/report/state", "/report/type", "/report/dueOn"),
        *("/report/author", "/report/proposal", "/report/document"),
    }
)
"""The fields that have a place in the message. Whatever else a document holds is unmapped."""


@dataclass(frozen=True, slots=True)
class DeskReports:
    """Reads the desk's reports."""

    dialect: str = DIALECT
    version: str = "1"
    answers: Answers = Answers.AT_ONCE

    def recognise(self, document: Document) -> bool:
        """Whether a document says that it is of the desk's interface; a wrong one of ours is ours to refuse."""
        return isinstance(document.data, dict) and document.data.get("interface") == INTERFACE

    def open(self, document: Document, trust: Trust) -> Opened:
        """The document as it stands: it has no envelope. Its own id tells a repeated submission from a new one."""
        data = document.data if isinstance(document.data, dict) else {}
        reference = data.get("id")
        return Opened(layers=(), data=data, reference=reference if isinstance(reference, str) else None)

    def decode(self, opened: Opened, tables: Tables) -> Iterator[Decoded]:
        """One report. Raises Refused with every fault."""
        document = Fields(opened.data if isinstance(opened.data, dict) else {})
        findings = Findings()
        sent = _checked(document)
        body = _report(document, findings, tables, sent)
        if document.faults:
            raise Refused(document.faults)
        yield Decoded(
            body=body,
            reference=opened.reference,
            system=document.text("desk"),
            occurred_at=sent.value,
            findings=tuple(findings.noted),
            unmapped=tuple(
                Unmapped(path=path, text=text) for path, text in leaves(dict(document.value), "") if path not in READ
            ),
        )

    def reply(self, opened: Opened | None, reply: Reply, stamp: Stamp) -> Outbound:
        """The desk's own form of an answer. It names the document that it answers where that could be opened."""
        content = given(
            interface=INTERFACE,
            kind="answer",
            about=None if opened is None else opened.reference,
            taken=reply.accepted,
            receipt=reply.receipt_id,
            faults=[given(at=fault.path, rule=fault.rule, words=fault.words) for fault in reply.faults],
        )
        return as_json(content, stamp, Reports())


def _checked(document: Fields) -> Moment:
    """When the document was sent; what is wrong with the document as a whole is noted as faults."""
    if document.text("kind", needed=True) not in (None, "report"):
        document.fault("kind", "kind", "the desk sends documents of the kind 'report'", document.value.get("kind"))
    document.text("id", needed=True)
    text = document.text("sentAt", needed=True) or ""
    sent = moment(text)
    if text and sent.value is None:
        document.fault("sentAt", "date-time", "a date and time with its offset: 2026-03-09T16:20:00+00:00", text)
    return sent


def _report(document: Fields, findings: Findings, tables: Tables, sent: Moment) -> PreSentenceReport:
    """The report, as far as it can be read. Faults are noted in the document's fields."""
    case, subject, report = (document.inner(name, needed=True) for name in ("case", "subject", "report"))
    number, state = report.text("number", needed=True), report.text("state", needed=True)
    status = STATES.get(state or "")
    if state and status is None:
        report.fault("state", "state", f"one of {', '.join(STATES)}", state)
    crn = _optional(partial(findings.identifier, read_crn), subject, "crn")
    noms = _optional(partial(findings.identifier, read_noms), subject, "prisonNumber")
    if crn is None and noms is None:
        subject.fault("crn", "required", "the person must be named, by 'crn' or 'prisonNumber'")
    return PreSentenceReport(
        ptiurn=_optional(partial(findings.identifier, read_ptiurn), case, "urn"),
        report_id=number or "",
        status=status or ReportStatus.REQUESTED,
        report_type=_optional(partial(findings.code, tables, "report_types"), report, "type"),
        crn=crn,
        noms_number=noms,
        court=_optional(partial(findings.identifier, read_ou_code), case, "court"),
        due_on=_optional(findings.day, report, "dueOn"),
        completed_at=sent if status is ReportStatus.DELIVERED else None,
        author=report.text("author"),
        proposal=report.text("proposal"),
        document_ref=report.text("document"),
    )


def _optional(read: Callable[[str, str], T], fields: Fields, name: str) -> T | None:
    """What `read` makes of a field's text and its place; None where the field is absent."""
    text = fields.text(name)
    return None if text is None else read(text, fields.at(name))
