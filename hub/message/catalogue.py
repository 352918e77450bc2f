"""The catalogue of messages: their names, what each is for, which kinds of agency may send and receive them.

Facts: prisons-probation-cps 8.2 and 8.3. Rule: a message type that is not in this table does not exist.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from hub.message.case import CaseFileSubmission
from hub.message.custody import CommitmentWarrant, CustodyReception, PrisonerReleased, RemandWarrant
from hub.message.envelope import Body
from hub.message.hearing import HearingListed, HearingResulted
from hub.message.notice import BusinessReceipt, CaseUpdateNotification
from hub.message.probation import PreSentenceReport


class Agency(StrEnum):
    """The kinds of party."""

    POLICE = "police"
    COURT = "court"
    PRISON = "prison"
    PROBATION = "probation"
    CPS = "cps"
    HUB = "hub"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One message type: its body, a sentence, and who may send and receive it."""

    body: type[Body]
    words: str
    senders: frozenset[Agency]
    receivers: frozenset[Agency]


def _entry(body: type[Body], words: str, senders: str, receivers: str) -> Entry:
    return Entry(
        body=body,
        words=words,
        senders=frozenset(Agency(name) for name in senders.split()),
        receivers=frozenset(Agency(name) for name in receivers.split()),
    )


CATALOGUE: dict[str, Entry] = {
    entry.body.__name__: entry
    for entry in (
        _entry(CaseFileSubmission, "a case file from a force", "police", "cps court"),
        _entry(HearingListed, "a case listed at a court", "court", "police cps prison probation court"),
        _entry(HearingResulted, "what a court decided", "court", "police cps probation prison"),
        _entry(RemandWarrant, "custody until the next hearing", "court", "prison police"),
        _entry(CommitmentWarrant, "custody under a sentence", "court", "prison probation"),
        _entry(CustodyReception, "a prison has received somebody", "prison", "police court probation cps"),
        _entry(PrisonerReleased, "a prison has let somebody go", "prison", "police probation cps court"),
        _entry(PreSentenceReport, "a report asked for or delivered", "court probation", "probation court"),
        _entry(CaseUpdateNotification, "something changed in a case", "hub", "cps police"),
        _entry(BusinessReceipt, "what became of a message", "hub", "police court prison probation cps"),
    )
}


def type_of(body: Body) -> str:
    """The catalogue name of a body."""
    return type(body).__name__
