"""The identifiers by which a message finds its case, in order of precedence.

Rule: a placeholder (a dummy PTIURN or ASN) is nobody's key.
"""

from __future__ import annotations

from collections.abc import Iterator

from hub.ledger.admission import OrderKey
from hub.message.case import CaseFileSubmission
from hub.message.custody import CommitmentWarrant, CustodyReception, PrisonerReleased, RemandWarrant
from hub.message.envelope import Body
from hub.message.hearing import HearingListed, HearingResulted
from hub.message.identifiers import Identifier, Reason
from hub.message.people import Individual
from hub.message.probation import PreSentenceReport

OPENS_CASE = (CaseFileSubmission, HearingListed, HearingResulted, RemandWarrant, CommitmentWarrant)
"""The bodies that open a case where none is known."""


def keys_of(body: Body) -> tuple[OrderKey, ...]:
    """Every key of a body, PTIURNs first, each once."""
    return tuple(dict.fromkeys(_keys(body)))


def _keys(body: Body) -> Iterator[OrderKey]:
    if isinstance(body, CaseFileSubmission | HearingListed | HearingResulted):
        yield from _key("PTIURN", body.ptiurn)
        for defendant in body.defendants:
            yield from _key("ASN", defendant.asn)
        for defendant in body.defendants:
            yield from _person(defendant.individual)
    elif isinstance(body, RemandWarrant | CommitmentWarrant):
        for ptiurn in body.ptiurns:
            yield from _key("PTIURN", ptiurn)
        yield from _key("ASN", body.asn)
        yield from _person(body.person)
    elif isinstance(body, CustodyReception | PrisonerReleased):
        yield from _key("NOMS", body.noms_number)
    elif isinstance(body, PreSentenceReport):
        yield from _key("PTIURN", body.ptiurn)
        yield from _key("NOMS", body.noms_number)
        yield from _key("CRN", body.crn)


def _person(person: Individual | None) -> Iterator[OrderKey]:
    if person is not None:
        yield from _key("NOMS", person.noms_number)
        yield from _key("CRN", person.crn)


def _key(kind: str, identifier: Identifier | None) -> Iterator[OrderKey]:
    if identifier is not None and identifier.value is not None and identifier.reason is not Reason.DUMMY:
        yield OrderKey(kind, identifier.value)
