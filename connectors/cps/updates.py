"""A notice out to a CPS subscriber that a case has changed (prisons-probation-cps 5.9 and message 10 of 8.2).

Rule: a notice carries no personal data: what kind of thing changed, in which case, and which message to ask for.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from hub.contract import Judgement, Outbound, Part, PeerAnswer, Recipient, Stamp
from hub.contract.answers import judge_http
from hub.contract.exchange import canonical_outbound
from hub.contract.tables import Tables
from hub.message.case import CaseFileSubmission
from hub.message.custody import CommitmentWarrant, CustodyReception, PrisonerReleased, RemandWarrant
from hub.message.envelope import Body, Message, Sender, Source
from hub.message.hearing import HearingListed, HearingResulted
from hub.message.identifiers import Identifier
from hub.message.notice import CaseUpdateNotification, UpdateType
from hub.message.probation import PreSentenceReport, ReportStatus

TOLD: dict[type[Body], tuple[UpdateType, str]] = {
    CaseFileSubmission: (UpdateType.CASE_SUBMITTED, "Case file submitted"),
    HearingListed: (UpdateType.HEARING_LISTED, "Hearing listed"),
    HearingResulted: (UpdateType.HEARING_RESULTED, "Hearing resulted"),
    RemandWarrant: (UpdateType.WARRANT_ISSUED, "Remand warrant issued"),
    CommitmentWarrant: (UpdateType.WARRANT_ISSUED, "Commitment warrant issued"),
    CustodyReception: (UpdateType.CUSTODY_LOCATION_CHANGED, "Received into custody"),
    PrisonerReleased: (UpdateType.PRISONER_RELEASED, "Released from custody"),
    PreSentenceReport: (UpdateType.DOCUMENT_ADDED, "Pre-sentence report delivered"),
}


@dataclass(frozen=True, slots=True)
class CpsUpdate:
    """Writes the notice of anything that changes a case."""

    dialect: str = "cps-update"
    sends: frozenset[str] = frozenset(body.__name__ for body in TOLD) | {"CaseUpdateNotification"}
    announces: bool = True

    def split(self, message: Message) -> Sequence[Part]:
        """One notice a case that the message is about; none for a report that is only asked for or begun."""
        body = message.body
        if isinstance(body, CaseUpdateNotification):
            return (Part(message=_bare(message, body)),)
        if isinstance(body, PreSentenceReport) and body.status is not ReportStatus.DELIVERED:
            return ()
        cases = _cases(body)
        return tuple(
            Part(
                message=_bare(message, _notice(message, case)),
                label="" if len(cases) == 1 or case is None else case.value or case.text,
            )
            for case in cases
        )

    def encode(self, part: Part, recipient: Recipient, stamp: Stamp, tables: Tables) -> Outbound:
        """The notice as canonical XML: a message of the hub's own, caused by the one that it tells of."""
        message, notice = part.message, part.message.body
        where = recipient.options.get("messages_url")
        if isinstance(notice, CaseUpdateNotification) and where and notice.detail_url is None:
            notice = replace(notice, detail_url=f"{where.rstrip('/')}/{notice.object_id}")
        envelope = replace(message.envelope, message_id=stamp.id, causation_id=message.envelope.message_id)
        return canonical_outbound(replace(message, envelope=envelope, body=notice), stamp)

    def judge(self, answer: PeerAnswer) -> Judgement:
        """By the status."""
        return judge_http(answer)


def _notice(message: Message, case: Identifier | None) -> CaseUpdateNotification:
    update, summary = TOLD[type(message.body)]
    return CaseUpdateNotification(
        ptiurn=case,
        update_type=update,
        object_id=message.envelope.message_id,
        occurred_at=message.envelope.occurred_at,
        summary=summary,
    )


def _bare(message: Message, notice: CaseUpdateNotification) -> Message:
    """The notice in an envelope of the hub's own: no reference of the sender's, no findings, nothing carried along."""
    envelope = replace(
        message.envelope,
        version=1,
        sender=Sender(party="hub"),
        source=Source(dialect="cps-update", version="1"),
        previous_version_of=None,
    )
    return Message(envelope=envelope, body=notice)


def _cases(body: Body) -> tuple[Identifier | None, ...]:
    """The cases that a message is about, each once; (None,) where it names none."""
    if isinstance(body, RemandWarrant | CommitmentWarrant):
        return tuple({urn.value or urn.text: urn for urn in body.ptiurns}.values()) or (None,)
    return (getattr(body, "ptiurn", None),)
