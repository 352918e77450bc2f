"""A warrant out to a prison: the notice that the court's document is there (courts 4.5, prisons-probation-cps 2.7).

Rule: the document is never embedded; the prison fetches it by its id. The signature of the notice (X-Key-Id and
X-Signature) is put on by the transport, which has the secret.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hub.contract import Judgement, Outbound, Part, PeerAnswer, Recipient, Stamp
from hub.contract.answers import judge_http
from hub.contract.reports import Reports, as_json, given
from hub.contract.tables import Tables
from hub.message.custody import CommitmentWarrant, RemandWarrant
from hub.message.envelope import Message
from hub.message.errors import Defect
from hub.message.values import Moment

Warrant = RemandWarrant | CommitmentWarrant


@dataclass(frozen=True, slots=True)
class HmppsWarrant:
    """Writes the callback of the hearing-results document subscription; the prison answers 202."""

    dialect: str = "hmpps-warrant"
    sends: frozenset[str] = frozenset({"RemandWarrant", "CommitmentWarrant"})
    announces: bool = False

    def split(self, message: Message) -> Sequence[Part]:
        """One notice a warrant."""
        return (Part(message=message),)

    def encode(self, part: Part, recipient: Recipient, stamp: Stamp, tables: Tables) -> Outbound:
        """The notice. What the service requires and the warrant does not have is filled in and reported."""
        warrant = part.message.body
        if not isinstance(warrant, RemandWarrant | CommitmentWarrant):
            raise Defect(f"hmpps-warrant cannot carry a {type(warrant).__name__}")
        reports = Reports()
        content = given(
            eventType=warrant.document.event_type.text,
            cases=[{"urn": urn.value or urn.text} for urn in warrant.ptiurns],
            masterDefendantId=warrant.person.master_defendant_id or _defendant_id(warrant, reports),
            documentId=warrant.document.document_id,
            documentGeneratedTimestamp=_timestamp(warrant.document.generated_at),
            prisonEmailAddress=warrant.prison_email or _email(recipient, reports),
            hearingId=warrant.hearing_id,
        )
        return as_json(content, stamp, reports)

    def judge(self, answer: PeerAnswer) -> Judgement:
        """202 is expected; any other 2xx will do."""
        return judge_http(answer)


def _defendant_id(warrant: Warrant, reports: Reports) -> str:
    """An id that no person service knows: the prison keeps the warrant as unmatched, and does not lose it (2.7)."""
    person = warrant.person
    known = (warrant.asn, person.noms_number, person.pnc_id, person.cro_number, *warrant.ptiurns)
    keys = [identifier.value or identifier.text for identifier in known if identifier is not None]
    return reports.derived_id("masterDefendantId", "master-defendant", *keys)


def _email(recipient: Recipient, reports: Reports) -> str:
    """The address of the prison's custody office, as the party's file gives it under `prison_email`."""
    reports.defaulted("prisonEmailAddress", "the warrant names no address: the one of the party's file, or none")
    return recipient.options.get("prison_email", "")


def _timestamp(at: Moment) -> str:
    return at.text if at.value is None else at.value.isoformat().replace("+00:00", "Z")
