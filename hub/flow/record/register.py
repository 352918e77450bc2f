"""What a message makes of its case in the register: rows that replace earlier ones with the same key.

Rule: the publisher's own version decides where there is one (`shared_at` of a result): an older result never undoes a
newer one, and nothing is undone by our clock.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from hub.flow.record.defendants import key_of, standing
from hub.flow.record.keys import keys_of
from hub.ledger.register import (
    CaseRow,
    CaseStatus,
    CaseView,
    CustodyRow,
    DefendantRow,
    HearingRow,
    HearingStage,
    KeyLink,
    OffenceRow,
    RegisterChange,
)
from hub.message.case import CaseFileSubmission, Defendant, HearingSlot, Offence
from hub.message.custody import CommitmentWarrant, CustodyReception, PrisonerReleased, RemandWarrant
from hub.message.envelope import Body, Message
from hub.message.hearing import HearingListed, HearingResulted
from hub.message.identifiers import Identifier, force_of_ptiurn, urn_root
from hub.message.people import Individual
from hub.message.values import Coded, Dated, Timed

MOVING = ("NOMS", "CRN")
"""Keys of people, who have one case after another: the latest case takes them over."""


def change(message: Message, held: CaseView | None, case_id: str, at: datetime) -> RegisterChange:
    """The rows that a message writes. `held` is the case as it is now, None where the message opens it."""
    made = RegisterChange(case=_case(message, held, case_id, at), links=_links(message))
    source, body = message.envelope.message_id, message.body
    if isinstance(body, CaseFileSubmission):
        made = _with_defendants(made, body.defendants, held, source, charged=True)
        made = replace(made, hearings=_hearing(body.first_hearing, HearingStage.LISTED, source))
    elif isinstance(body, HearingListed):
        made = _with_defendants(made, body.defendants, held, source)
        listed = _hearing(body.slot, HearingStage.LISTED, source, body.hearing_id, body.room)
        made = replace(made, hearings=listed)
    elif isinstance(body, HearingResulted):
        made = _resulted(made, body, held, source)
    elif isinstance(body, RemandWarrant | CommitmentWarrant):
        made = _with_person(made, body.person, body.asn, held, source)
        following = body.next_hearing if isinstance(body, RemandWarrant) else None
        made = replace(made, hearings=_hearing(following, HearingStage.LISTED, source))
    elif isinstance(body, CustodyReception | PrisonerReleased):
        made = replace(made, custody=(_custody(body, source),))
    return made


def _case(message: Message, held: CaseView | None, case_id: str, at: datetime) -> CaseRow:
    row = CaseRow(id=case_id, created_at=at, updated_at=at) if held is None else held.case
    ptiurn = next((key.value for key in keys_of(message.body) if key.kind == "PTIURN"), None)
    body = message.body
    court = None
    cps_unit = None
    if isinstance(body, CaseFileSubmission):
        court, cps_unit = _court(body.first_hearing), _value(body.cps_organisation)
    elif isinstance(body, HearingListed):
        court = _court(body.slot)
    elif isinstance(body, HearingResulted) and not _is_history(body, held):
        court = _next_court(body) or _court(body.slot)
    return replace(
        row,
        ptiurn=row.ptiurn or ptiurn,
        urn_root=row.urn_root or (urn_root(ptiurn) if ptiurn else None),
        force=row.force or (force_of_ptiurn(ptiurn) if ptiurn else None),
        court=court or row.court,
        cps_unit=cps_unit or row.cps_unit,
        status=_status(body, row, held),
        version=row.version if held is None else row.version + 1,
        updated_at=at,
    )


def _status(body: Body, row: CaseRow, held: CaseView | None) -> CaseStatus:
    if isinstance(body, HearingResulted) and not _is_history(body, held):
        offences = [offence for defendant in body.defendants for offence in defendant.offences]
        done = bool(offences) and all(_code(offence.finally_disposed) in ("Y", "YES") for offence in offences)
        return CaseStatus.FINALISED if done else CaseStatus.OPEN
    return row.status


def _links(message: Message) -> tuple[KeyLink, ...]:
    return tuple(KeyLink(kind=k.kind, value=k.value, moves=k.kind in MOVING) for k in keys_of(message.body))


def _with_defendants(
    made: RegisterChange, defendants: Iterable[Defendant], held: CaseView | None, source: str, *, charged: bool = False
) -> RegisterChange:
    """The rows of the defendants and their offences.

    `charged`: they come in a case file, so that one under another reference may stand on the case already, and of two
    siblings with one reference the first is kept (police-spi 5.5).
    """
    rows: list[DefendantRow] = []
    offences: list[OffenceRow] = []
    before = () if held is None else held.defendants
    for position, defendant in enumerate(defendants, 1):
        key = key_of(defendant) or f"#{position}"
        row = standing(defendant, before) if charged else _held_defendant(held, key)
        if row is None:
            row = (
                _added(defendant, (*before, *rows)) if charged and before else DefendantRow(key=key, position=position)
            )
        if charged and any(one.key == row.key for one in rows):
            continue
        rows.append(_defendant(defendant, row, source))
        offences += [_offence(offence, row.key, held, source) for offence in defendant.offences]
    return replace(made, defendants=tuple(rows), offences=tuple(offences))


def _added(defendant: Defendant, others: Iterable[DefendantRow]) -> DefendantRow:
    """One more, beside those who stand on the case."""
    position = 1 + max(row.position for row in others)
    return DefendantRow(key=key_of(defendant) or f"#{position}", position=position)


def _defendant(defendant: Defendant, row: DefendantRow, source: str) -> DefendantRow:
    row = replace(row, asn=row.asn or _value(defendant.asn), source_message=source)
    if defendant.organisation is not None:
        body = defendant.organisation
        return replace(row, organisation=body.name, custody_status=_code(body.custody_status) or row.custody_status)
    return row if defendant.individual is None else _person(row, defendant.individual)


def _person(row: DefendantRow, person: Individual) -> DefendantRow:
    name = person.name
    return replace(
        row,
        title=name.title or row.title,
        given=name.given or row.given,
        given_2=name.given_2 or row.given_2,
        given_3=name.given_3 or row.given_3,
        family=name.family or row.family,
        display=name.display or row.display,
        born_on=_day(person.born_on) or row.born_on,
        gender=_code(person.gender) or row.gender,
        pnc=_value(person.pnc_id) or row.pnc,
        cro=_value(person.cro_number) or row.cro,
        noms=_value(person.noms_number) or row.noms,
        crn=_value(person.crn) or row.crn,
        custody_status=_code(person.custody_status) or row.custody_status,
        bail_conditions=person.bail_conditions if person.bail_conditions is not None else row.bail_conditions,
    )


def _with_person(
    made: RegisterChange, person: Individual, asn: Identifier | None, held: CaseView | None, source: str
) -> RegisterChange:
    key = _value(asn)
    row = _held_defendant(held, key) if key else None
    if row is None and key is None:
        return made
    row = row or DefendantRow(key=key or "", position=1 + len(held.defendants if held else ()), asn=key)
    return replace(made, defendants=(replace(_person(row, person), source_message=source),))


def _held_defendant(held: CaseView | None, key: str) -> DefendantRow | None:
    return None if held is None else next((row for row in held.defendants if row.key == key), None)


def _offence(offence: Offence, defendant: str, held: CaseView | None, source: str) -> OffenceRow:
    rows = () if held is None else held.offences
    row = next((r for r in rows if r.defendant == defendant and r.position == offence.position), None)
    row = row or OffenceRow(defendant=defendant, position=offence.position)
    codes = tuple(result.code.text for result in offence.results if result.code is not None)
    return replace(
        row,
        code=(offence.code.value or offence.code.text) if offence.code else row.code,
        title=offence.title or row.title,
        wording=offence.wording or row.wording,
        started_on=_day(offence.started_on) or row.started_on,
        plea=_code(offence.plea) or row.plea,
        finding=_code(offence.finding) or row.finding,
        result_codes=codes or row.result_codes,
        finally_disposed=_code(offence.finally_disposed) or row.finally_disposed,
        convicted_on=_day(offence.convicted_on) or row.convicted_on,
        source_message=source,
    )


def _resulted(made: RegisterChange, body: HearingResulted, held: CaseView | None, source: str) -> RegisterChange:
    if _is_history(body, held):
        return made
    shared = None if body.shared_at is None else body.shared_at.value
    this = _hearing(body.slot, HearingStage.RESULTED, source, body.hearing_id)
    made = _with_defendants(made, body.defendants, held, source)
    this = tuple(replace(row, shared_at=shared) for row in this)
    slots = [
        result.next_hearing.slot
        for d in body.defendants
        for o in d.offences
        for result in o.results
        if result.next_hearing
    ]
    following = {row.key: row for slot in slots for row in _hearing(slot, HearingStage.LISTED, source)}
    return replace(made, hearings=(*this, *following.values()))


def _is_history(body: HearingResulted, held: CaseView | None) -> bool:
    """Whether a newer version of this hearing's result stands already."""
    shared = None if body.shared_at is None else body.shared_at.value
    this = _hearing(body.slot, HearingStage.RESULTED, "", body.hearing_id)
    rows = () if held is None else held.hearings
    before = next((row for row in rows if this and row.key == this[0].key), None)
    return before is not None and before.shared_at is not None and shared is not None and shared < before.shared_at


def _hearing(
    slot: HearingSlot | None, stage: HearingStage, source: str, hearing_id: str | None = None, room: str | None = None
) -> tuple[HearingRow, ...]:
    if slot is None:
        return ()
    court, on, at = _value(slot.court), _day(slot.on), _clock(slot.at)
    key = hearing_id or f"{(court or '')[:5]} {on or ''} {at or ''}"
    row = HearingRow(
        key=key, hearing_id=hearing_id, court=court, on=on, at=at, room=room, stage=stage, source_message=source
    )
    return (row,)


def _custody(body: CustodyReception | PrisonerReleased, source: str) -> CustodyRow:
    status = "IN_CUSTODY" if isinstance(body, CustodyReception) else "RELEASED"
    return CustodyRow(
        noms=body.noms_number.value or body.noms_number.text,
        prison=None if body.prison is None else body.prison.text,
        status=status,
        since=body.occurred_at.value,
        source_message=source,
    )


def _court(slot: HearingSlot | None) -> str | None:
    return None if slot is None else _value(slot.court)


def _next_court(body: HearingResulted) -> str | None:
    for defendant in body.defendants:
        for offence in defendant.offences:
            for result in offence.results:
                if result.next_hearing and (court := _court(result.next_hearing.slot)):
                    return court
    return None


def _value(identifier: Identifier | None) -> str | None:
    return None if identifier is None else identifier.value


def _code(coded: Coded | None) -> str | None:
    return None if coded is None else coded.value or coded.text


def _day(dated: Dated | None) -> str | None:
    return None if dated is None or dated.value is None else dated.value.isoformat()


def _clock(timed: Timed | None) -> str | None:
    return None if timed is None or timed.value is None else timed.value.isoformat()
