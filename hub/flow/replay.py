"""Planning a replay: for a message that is wanted, the deliveries that are to be made anew, and what is left out.

Rule: deny by default. Routing is asked again, by the parties' files and the case as they are now, whoever had the
message before; what no route gives today is not replayed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum

from hub.canonical.read import read
from hub.discovery.parties import Party
from hub.document.xml import parse_own
from hub.flow.route import RoutingTable, facts_of
from hub.ledger.attempt import DeliveryRow
from hub.ledger.decision import NewDelivery
from hub.ledger.replay import ON_ITS_WAY, Candidate, Target, Wanted
from hub.message.errors import WRONG_CODE, HubError
from hub.message.lifecycle import MessageStatus

OWN, ALL = "own", "all"
"""To whom: those who had it (and were asked for), or everybody entitled. Anything else is the code of an endpoint."""


Key = tuple[str, str, str]
"""What a recipient has of a message: endpoint, dialect and part."""


class LeftOut(Enum):
    """Why a message is not replayed to somebody."""

    ON_ITS_WAY = "already on its way to it"
    NOT_ENTITLED = "not entitled now: no route of its file gives it this message"
    PLANNED = "its party is planned, not live"
    NO_PARTY = "no party's file has it"
    NOT_STARTED = "the hub does not know this endpoint yet: start it anew"
    OTHER_DIALECT = "its route names another dialect now: cjhub replay --message makes it in that"
    NOT_RECORDED = "the message is not recorded: see cjhub message rerun"
    ERASED = "the body of the message was erased"
    CANNOT_BE_MADE = "our code fails on the message"


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """What is left out: the recipient (None where it is the message that cannot be replayed to anybody) and why."""

    recipient: str | None
    why: LeftOut


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is to be made of one message, and what is left out. `waits` counts what a stopped delivery is in the way of:
    it goes once that one is given up."""

    candidate: Candidate
    targets: tuple[Target, ...] = ()
    left: tuple[Left, ...] = ()
    waits: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Replaying:
    """Everything that planning needs: the routes as they are now, who is planned, and which endpoints the hub has."""

    routing: RoutingTable
    live: Collection[str]
    planned: Mapping[str, Party]
    endpoints: Collection[str]

    def plan(self, one: Candidate, wanted: Wanted, to: str, at: datetime) -> Plan:
        """What is to be made of a message that is wanted, for those that `to` says."""
        had = _last_of_each(one.deliveries)
        asked = {key: rows for key, rows in had.items() if any(wanted.wants(row) for row in rows)}
        mine = {key: rows for key, rows in asked.items() if _stands(rows[-1], wanted)}
        if had and not mine:
            return Plan(candidate=one)  # what was asked for has been replayed since
        entitled = self._entitled(one, at)
        if isinstance(entitled, LeftOut):
            return Plan(candidate=one, left=(Left(recipient=None, why=entitled),))
        if to == OWN:
            return self._own(one, mine, entitled)
        return self._anew(one, had, [new for new in entitled if to in (ALL, new.endpoint)], to)

    def why_not(self, one: Candidate, delivery: DeliveryRow, at: datetime) -> LeftOut | None:
        """Why one delivery of a message may not be replayed as it is; None where it may."""
        entitled = self._entitled(one, at)
        if isinstance(entitled, LeftOut):
            return entitled
        fits = {new.dialect for new in entitled if (new.endpoint, new.part) == (delivery.endpoint, delivery.part)}
        if delivery.dialect in fits:
            return None
        return LeftOut.OTHER_DIALECT if fits else self._why_not(delivery.endpoint)

    def _entitled(self, one: Candidate, at: datetime) -> tuple[NewDelivery, ...] | LeftOut:
        """What the routes give of a message now, or why it cannot be replayed to anybody."""
        if one.message.status is not MessageStatus.RECORDED or one.case is None:
            return LeftOut.NOT_RECORDED
        if not one.canonical:
            return LeftOut.ERASED
        try:
            message = read(parse_own(one.canonical))
            return self.routing.route(message, facts_of(message, one.case), at)
        except (HubError, *WRONG_CODE):
            return LeftOut.CANNOT_BE_MADE

    def _own(self, one: Candidate, had: Mapping[Key, list[DeliveryRow]], entitled: Collection[NewDelivery]) -> Plan:
        """To those who had it, each part in the dialect that its route names now."""
        made: dict[Key, tuple[NewDelivery, DeliveryRow]] = {}
        left: list[Left] = []
        for (endpoint, dialect, part), rows in had.items():
            fits = [new for new in entitled if (new.endpoint, new.part) == (endpoint, part)]
            same = [new for new in fits if new.dialect == dialect]
            if not fits:
                left.append(Left(recipient=endpoint, why=self._why_not(endpoint)))
            for new in same or fits:
                made.setdefault((endpoint, new.dialect, part), (new, rows[-1]))
        return self._sorted_out(one, made.values(), left)

    def _anew(
        self, one: Candidate, had: Mapping[Key, list[DeliveryRow]], entitled: Collection[NewDelivery], to: str
    ) -> Plan:
        """To those who are entitled, whether they had it or not."""
        left = [] if entitled or to == ALL else [Left(recipient=to, why=self._why_not(to))]
        last = {key: rows[-1] for key, rows in had.items()}
        pairs = [(new, last.get((new.endpoint, new.dialect, new.part))) for new in entitled]
        return self._sorted_out(one, pairs, left)

    def _sorted_out(
        self, one: Candidate, pairs: Iterable[tuple[NewDelivery, DeliveryRow | None]], left: list[Left]
    ) -> Plan:
        targets, waits = [], 0
        for new, before in pairs:
            if before is not None and before.status in ON_ITS_WAY:
                left.append(Left(recipient=new.endpoint, why=LeftOut.ON_ITS_WAY))
            elif new.endpoint not in self.endpoints:
                left.append(Left(recipient=new.endpoint, why=LeftOut.NOT_STARTED))
            else:
                targets.append(_target(one, new, before))
                waits += before is not None and before.settled_at is None
        return Plan(candidate=one, targets=tuple(targets), left=tuple(left), waits=waits)

    def _why_not(self, endpoint: str) -> LeftOut:
        if endpoint in self.planned:
            return LeftOut.PLANNED
        return LeftOut.NOT_ENTITLED if endpoint in self.live else LeftOut.NO_PARTY


def _last_of_each(deliveries: Iterable[DeliveryRow]) -> dict[Key, list[DeliveryRow]]:
    """By endpoint, dialect and part the deliveries in the order in which they were made: the last one stands."""
    had: dict[Key, list[DeliveryRow]] = {}
    for row in deliveries:
        had.setdefault((row.endpoint, row.dialect, row.part), []).append(row)
    return had


def _stands(last: DeliveryRow, wanted: Wanted) -> bool:
    """Whether the last one is what was asked for, or in the way of it."""
    return wanted.wants(last) or last.status in ON_ITS_WAY


def _target(one: Candidate, new: NewDelivery, before: DeliveryRow | None) -> Target:
    marks = () if before is None else (f"replay:{before.id}",)
    return Target(
        message_id=one.message.id,
        case_id=one.message.case_id,
        new=replace(new, deadline=None, marks=marks),  # an operator waits for it, not its sender
        replays=None if before is None else before.id,
    )
