"""HMPPS domain events as prisons publish them (prisons-probation-cps 2.3, 2.4 and 2.6)."""

from __future__ import annotations

import json
from datetime import datetime

from hub.message.people import Individual


def received(person: Individual, prison: str, movement: str, at: datetime) -> bytes:
    """A prisoner received on a warrant; `movement` is the NOMIS movement reason code."""
    told = {
        "reason": "ADMISSION",
        "nomisMovementReasonCode": movement,
        "currentLocation": "IN_PRISON",
        "currentPrisonStatus": "UNDER_PRISON_CARE",
        "details": "received on a warrant",
    }
    return _event(
        "prison-offender-events.prisoner.received", "A prisoner has been received", (person, prison, at), told
    )


def released(person: Individual, prison: str, movement: str, at: datetime) -> bytes:
    """A prisoner released for good."""
    told = {"reason": "RELEASED", "nomisMovementReasonCode": movement, "details": "left the establishment"}
    return _event(
        "prison-offender-events.prisoner.released", "A prisoner has been released", (person, prison, at), told
    )


def _event(kind: str, words: str, about: tuple[Individual, str, datetime], told: dict[str, str]) -> bytes:
    person, prison, at = about
    noms = person.noms_number.text if person.noms_number else ""
    identifiers = [{"type": "NOMS", "value": noms}]
    if person.pnc_id is not None:
        identifiers.append({"type": "PNC", "value": person.pnc_id.text})
    event = {
        "eventType": kind,
        "version": 1,
        "occurredAt": at.isoformat(),
        "publishedAt": at.isoformat(),
        "description": words,
        "detailUrl": f"https://prison.example/prisoner/{noms}",
        "personReference": {"identifiers": identifiers},
        "additionalInformation": {"nomsNumber": noms, "prisonId": prison, **told},
    }
    return json.dumps(event, indent=2).encode()
