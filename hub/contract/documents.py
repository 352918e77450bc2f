"""Which attached documents an agency may have: by their form, as the code table `mg_form` says (its column `audience`).

The bands are those of prisons-probation-cps 5.4 and 7.3: some forms are for police and CPS alone. Rule: deny by
default. A document without a form, or with one that is not in the table, is for police and CPS alone.
"""

from __future__ import annotations

from dataclasses import replace

from hub.contract import Report, ReportKind
from hub.contract.tables import Tables
from hub.message.case import AttachedDocument, CaseFileSubmission
from hub.message.envelope import Message

FORMS = "mg_form"
INSIDE = frozenset({"police", "cps"})
"""The agencies that may have every document of a case file."""


def may_have(document: AttachedDocument, agency: str, tables: Tables) -> bool:
    """Whether an agency of this kind may have a document."""
    if agency in INSIDE:
        return True
    value = None if document.form is None else document.form.value
    rows = tables.lists[FORMS].rows.values() if value is not None else ()
    audiences = [row["audience"].split() for row in rows if row["value"] == value]
    return bool(audiences) and all(agency in audience for audience in audiences)


def for_agency(message: Message, agency: str, tables: Tables) -> tuple[Message, tuple[Report, ...]]:
    """A message without the documents that an agency may not have, and the report of those that were left out."""
    if not isinstance(message.body, CaseFileSubmission) or not message.body.documents:
        return message, ()
    kept = tuple(one for one in message.body.documents if may_have(one, agency, tables))
    left = len(message.body.documents) - len(kept)
    if not left:
        return message, ()
    words = f"{left} of {len(message.body.documents)} documents are of forms that this recipient may not have"
    report = Report(kind=ReportKind.TRUNCATED, path="CaseFileSubmission/Document", words=words)
    return replace(message, body=replace(message.body, documents=kept)), (report,)
