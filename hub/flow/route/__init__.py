"""route: who must and may have a message, by the parties' files. Pure: values in, deliveries out.

Rule: deny by default. What no route names goes to nobody, and a message that goes to nobody is STRANDED, visibly.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from hub.contract import Writer
from hub.discovery.parties import Party, Route
from hub.ledger.decision import NewDelivery
from hub.ledger.register import CaseRow
from hub.message.case import CaseFileSubmission
from hub.message.custody import CommitmentWarrant, CustodyReception, PrisonerReleased, RemandWarrant
from hub.message.envelope import Message
from hub.message.hearing import HearingListed, HearingResulted


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What routes look at: facts of the message first, of its case where the message is silent."""

    force: str | None = None
    court: str | None = None
    prison: str | None = None
    probation_area: str | None = None
    cps_unit: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RoutingTable:
    """Every route of every party by message type, and the Writers that split messages. Made once."""

    routes: Mapping[str, tuple[tuple[Party, Route], ...]]
    writers: Mapping[str, Writer]
    deadline: timedelta
    areas: tuple[tuple[str, str], ...] = ()  # a court's code or prefix, and the probation area that serves it

    def route(self, message: Message, facts: Facts, at: datetime) -> tuple[NewDelivery, ...]:
        """The deliveries of a message, in the order of the parties' codes. Its sender does not get it back."""
        made: dict[tuple[str, str, str], NewDelivery] = {}
        facts = replace(facts, probation_area=self._area_of(facts.court))
        for party, wanted in self.routes.get(type(message.body).__name__, ()):
            because = _fits(wanted, facts)
            if because is None or party.code == message.envelope.sender.party:
                continue
            for part in self.writers[wanted.dialect].split(message):
                delivery = NewDelivery(
                    party=party.code,
                    endpoint=party.code,
                    dialect=wanted.dialect,
                    part=part.label,
                    deadline=at + self._patience(party),
                    because=because,
                )
                made.setdefault((party.code, wanted.dialect, part.label), delivery)
        return tuple(made.values())

    def _patience(self, party: Party) -> timedelta:
        """How long a delivery to this party may take."""
        hours = party.endpoint.deadline_hours if party.endpoint is not None else None
        return self.deadline if hours is None else timedelta(hours=hours)

    def _area_of(self, court: str | None) -> str | None:
        """The probation area that serves a court, None where no party's file says."""
        return next((area for wanted, area in self.areas if court is not None and _equal(wanted, court)), None)


def routing_table(parties: Mapping[str, Party], writers: Mapping[str, Writer], deadline: timedelta) -> RoutingTable:
    """The table of all parties' routes."""
    routes: dict[str, tuple[tuple[Party, Route], ...]] = {}
    for code in sorted(parties):
        for route in parties[code].routes:
            routes[route.message] = (*routes.get(route.message, ()), (parties[code], route))
    identities = [party.party for party in parties.values() if party.party.probation_area]
    areas = tuple((court, one.probation_area or "") for one in identities for court in one.courts)
    return RoutingTable(routes=routes, writers=writers, deadline=deadline, areas=areas)


def facts_of(message: Message, case: CaseRow) -> Facts:
    """The facts of a message, from itself where it names them and from its case, as it now is, where it does not."""
    body = message.body
    court = prison = None
    match body:
        case CaseFileSubmission():
            court = body.first_hearing and body.first_hearing.court
        case HearingListed() | HearingResulted():
            court = body.slot.court
        case RemandWarrant() | CommitmentWarrant():
            court, prison = body.court, body.prison.text
        case CustodyReception() | PrisonerReleased():
            prison = body.prison.text if body.prison else None
        case _:
            pass
    code = court.value if court else None
    return Facts(force=case.force, court=code or case.court, prison=prison, cps_unit=case.cps_unit)


def _fits(route: Route, facts: Facts) -> str | None:
    """Why a route wants these facts, None where it does not."""
    reasons = []
    for fact, wanted in route.where.items():
        held = getattr(facts, fact)
        match = next((value for value in wanted if held is not None and _equal(value, held)), None)
        if match is None:
            return None
        reasons.append(f"{fact}={match}")
    return ", ".join(reasons) or "every case"


def _equal(wanted: str, held: str) -> bool:
    return held.startswith(wanted[:-1]) if wanted.endswith("*") else held == wanted
