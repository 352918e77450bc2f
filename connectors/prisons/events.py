"""Receptions and releases from prisons: HMPPS domain events (prisons-probation-cps 2.3, 2.4 and 2.6).

Rule: the reason alone is never trusted, since movement codes are used again and misused: the raw code is kept, and what
it means is read from a list. Who leaves to come back, or for another prison, has moved and was not released; movements
are not carried yet.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
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
from hub.message.custody import CustodyReception, PrisonerReleased, ReleaseType
from hub.message.envelope import Decoded
from hub.message.identifiers import Identifier, Reason, read_noms, read_pnc
from hub.message.values import Coded

Told = Mapping[str, str | None]
"""What the additional information says, by field."""

FAMILIES = ("prison-offender-events.", "prisoner-offender-search.")
RECEIVED = frozenset(f"{family}prisoner.received" for family in FAMILIES)
RELEASED = frozenset(f"{family}prisoner.released" for family in FAMILIES)

TEXTS = ("reason", "details", "prisonId", "nomisMovementReasonCode", "currentLocation", "currentPrisonStatus")
USED = frozenset({*TEXTS, "nomsNumber", "bookingId"})
ONLY_RECEIVED = frozenset({"currentLocation", "currentPrisonStatus"})
LOCATIONS = frozenset({"IN_PRISON", "OUTSIDE_PRISON", "BEING_TRANSFERRED"})
STATUSES = frozenset({"UNDER_PRISON_CARE", "NOT_UNDER_PRISON_CARE"})


@dataclass(frozen=True, slots=True)
class HmppsEvent:
    """Reads prisoner received and prisoner released, in both their families."""

    dialect: str = "hmpps-event"
    version: str = "1"
    answers: Answers = Answers.AT_ONCE

    def recognise(self, document: Document) -> bool:
        """Whether the document is an event of one of the two families, bare or wrapped."""
        return (event_type(document) or "").startswith(FAMILIES)

    def open(self, document: Document, trust: Trust) -> Opened:
        """The event out of its wrapper."""
        return open_event(document)

    def decode(self, opened: Opened, tables: Tables) -> Iterator[Decoded]:
        """One message. Raises Refused with every fault, or because the event is not carried."""
        event = read_event(opened)
        if event.kind not in RECEIVED | RELEASED:
            refuse_faulty(event)
            raise not_carried(f"the event '{event.kind}'", f"{event.pointer}/eventType")
        yield _Reading(event, Findings(), tables).decoded(opened.reference)

    def reply(self, opened: Opened | None, reply: Reply, stamp: Stamp) -> Outbound:
        """A receipt, or a problem document with every fault."""
        return json_reply(reply, stamp)


@dataclass(frozen=True, slots=True)
class _Reading:
    """An event while it is read."""

    event: DomainEvent
    findings: Findings
    tables: Tables

    def decoded(self, reference: str | None) -> Decoded:
        """The message. Raises Refused."""
        event, about = self.event, self.event.about
        noms = self._noms()
        booking = about.number_or_text("bookingId")
        told = {name: about.text(name, needed=name == "reason") for name in TEXTS}
        refuse_faulty(event)
        received = event.kind in RECEIVED
        body = self._reception(noms, told, booking) if received else self._release(noms, told, booking)
        return Decoded(
            body=body,
            reference=reference,
            occurred_at=event.occurred_at.value,
            findings=tuple(self.findings.noted),
            unmapped=(*event.rest, *unmapped(about, USED if received else USED - ONLY_RECEIVED)),
        )

    def _noms(self) -> Identifier:
        """The prisoner number, which every event must have, here or in its personReference (2.1)."""
        about = self.event.about
        noms = read_noms(about.text("nomsNumber") or self.event.persons.get("NOMS") or "")
        if noms.reason is Reason.EMPTY:
            about.fault("nomsNumber", "required", "the prisoner number is needed, here or in personReference as NOMS")
        elif noms.value is None:
            words = "a prisoner number is a letter, four digits and two letters"
            about.fault("nomsNumber", "noms-number", words, noms.text)
        return noms

    def _reception(self, noms: Identifier, told: Told, booking: str | None) -> CustodyReception:
        return CustodyReception(
            noms_number=noms,
            pnc_id=self._pnc(),
            booking_id=booking,
            prison=_word(told["prisonId"]),
            reason=self._code("reception_reason", told, "reason") or Coded(""),
            movement=self._code("movement_in", told, "nomisMovementReasonCode"),
            location=self._own(told, "currentLocation", LOCATIONS),
            prison_status=self._own(told, "currentPrisonStatus", STATUSES),
            details=told["details"],
            occurred_at=self.event.occurred_at,
        )

    def _release(self, noms: Identifier, told: Told, booking: str | None) -> PrisonerReleased:
        """A release. Raises Refused for somebody who left to come back, or for another prison: a movement."""
        reason = self._code("release_reason", told, "reason") or Coded("")
        if self.tables.row("release_reason", reason.text.strip()).get("message") == "CustodyMovement":
            what = f"a prisoner who left for '{reason.text.strip()}' has moved and was not released, which"
            raise not_carried(what, self.event.about.at("reason"))
        movement = self._code("movement_out", told, "nomisMovementReasonCode")
        return PrisonerReleased(
            noms_number=noms,
            pnc_id=self._pnc(),
            booking_id=booking,
            prison=_word(told["prisonId"]),
            reason=reason,
            movement=movement,
            release_type=self._release_type(reason, movement),
            details=told["details"],
            occurred_at=self.event.occurred_at,
        )

    def _release_type(self, reason: Coded, movement: Coded | None) -> ReleaseType | None:
        """What the movement code means; to hospital where only the reason says so."""
        told = "" if movement is None else self.tables.row("movement_out", movement.text.strip()).get("release", "")
        if not told and reason.value == "RELEASED_TO_HOSPITAL":
            return ReleaseType.HOSPITAL
        return ReleaseType(told) if told else None

    def _pnc(self) -> Identifier | None:
        text = self.event.persons.get("PNC")
        return (
            None
            if text is None
            else self.findings.identifier(read_pnc, text, f"{self.event.pointer}/personReference/identifiers")
        )

    def _code(self, table: str, told: Told, name: str) -> Coded | None:
        text = told[name]
        return None if text is None else self.findings.code(self.tables, table, text, self.event.about.at(name))

    def _own(self, told: Told, name: str, words: frozenset[str]) -> Coded | None:
        """A word of the service's own published list, which is our word for it too."""
        text = told[name]
        if text is None:
            return None
        if text not in words:
            self.findings.note("UNKNOWN_CODE", self.event.about.at(name), f"not one of {', '.join(sorted(words))}")
        return Coded(text, text if text in words else None)


def _word(text: str | None) -> Coded | None:
    return None if text is None else Coded(text)
