"""Canonical messages to test with: invented people, valid identifiers."""

from datetime import UTC, date, datetime, time
from decimal import Decimal

from hub.message.case import CaseFileSubmission, Defendant, HearingSlot, NextHearing, Offence, Result
from hub.message.custody import CustodyReception, RemandWarrant, WarrantDocument
from hub.message.envelope import Body, Envelope, Message, Sender, Source
from hub.message.hearing import HearingListed, HearingResulted
from hub.message.identifiers import (
    make_asn,
    make_pnc,
    read_asn,
    read_noms,
    read_offence_code,
    read_ou_code,
    read_pnc,
    read_ptiurn,
)
from hub.message.people import Individual, PersonName
from hub.message.values import Coded, Dated, Moment, Numbered, Timed

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
URN = "41ZD0000126"
ASN = make_asn(year=2026, force="41", unit="ZD", sequence=17)
NOMS = "A1234BC"


def message(body: Body, number: int = 1, party: str = "force-41") -> Message:
    """A message with constant ids."""
    envelope = Envelope(
        message_id=f"00000000-0000-7000-8000-{number:012d}",
        correlation_id="00000000-0000-7000-8000-00000000c0de",
        sender=Sender(party=party),
        source=Source(dialect="test", version="1"),
        accepted_at=NOW,
    )
    return Message(envelope=envelope, body=body)


def slot(court: str = "B41ZZ01", on: date = date(2026, 3, 20), at: time = time(10, 0)) -> HearingSlot:
    """A place, day and time."""
    return HearingSlot(court=read_ou_code(court), on=Dated(on.isoformat(), on), at=Timed(at.isoformat(), at))


def person(family: str = "Sampleton") -> Individual:
    """An invented person."""
    born = date(1990, 1, 31)
    return Individual(
        name=PersonName(given="Ada", family=family),
        born_on=Dated(born.isoformat(), born),
        gender=Coded("2", "FEMALE"),
        pnc_id=read_pnc(make_pnc(year=2012, serial=4711)),
    )


def offence(position: int = 1, **more: object) -> Offence:
    """A shop theft."""
    started = date(2026, 2, 1)
    return Offence(
        position=position,
        sequence=Numbered(str(position), Decimal(position)),
        code=read_offence_code("TH68010"),
        wording="Stole goods.",
        started_on=Dated(started.isoformat(), started),
        **more,  # type: ignore[arg-type]
    )


def defendant(*offences: Offence, individual: Individual | None = None) -> Defendant:
    """One defendant."""
    return Defendant(asn=read_asn(ASN), individual=individual or person(), offences=offences or (offence(),))


def case_file(urn: str = URN, **more: object) -> CaseFileSubmission:
    """A charge case file."""
    values: dict[str, object] = {
        "originating_organisation": read_ou_code("041ZD00"),
        "initiation": Coded("C", "CHARGE"),
        "first_hearing": slot(),
        "defendants": (defendant(),),
    }
    return CaseFileSubmission(ptiurn=read_ptiurn(urn), **(values | more))  # type: ignore[arg-type]


def listed(urn: str = URN, **more: object) -> HearingListed:
    """A case listed."""
    return HearingListed(ptiurn=read_ptiurn(urn), slot=slot(), defendants=(defendant(),), **more)  # type: ignore[arg-type]


def resulted(
    urn: str = URN, *, disposed: str = "N", following: HearingSlot | None = None, shared: datetime | None = None
) -> HearingResulted:
    """A case resulted: one offence, one result."""
    result = Result(
        code=Coded("4028", None),
        text="Remanded in custody.",
        next_hearing=NextHearing(slot=following) if following else None,
    )
    resulted_offence = offence(finally_disposed=Coded(disposed, None), results=(result,))
    return HearingResulted(
        ptiurn=read_ptiurn(urn),
        slot=slot(),
        shared_at=Moment(shared.isoformat(), shared) if shared else None,
        defendants=(defendant(resulted_offence),),
    )


def remand_warrant(urn: str = URN, noms: str = NOMS) -> RemandWarrant:
    """A remand warrant for somebody whom the prison knows."""
    return RemandWarrant(
        ptiurns=(read_ptiurn(urn),),
        asn=read_asn(ASN),
        court=read_ou_code("B41ZZ01"),
        prison=Coded("BMI"),
        person=Individual(name=PersonName(given="Ada", family="Sampleton"), noms_number=read_noms(noms)),
        next_hearing=slot(on=date(2026, 4, 17)),
        issued_at=Moment(NOW.isoformat(), NOW),
        document=WarrantDocument(
            document_id="d-1", event_type=Coded("WEE_Remand"), generated_at=Moment(NOW.isoformat(), NOW)
        ),
    )


def reception(noms: str = NOMS) -> CustodyReception:
    """A reception at a prison."""
    return CustodyReception(
        noms_number=read_noms(noms),
        prison=Coded("BMI"),
        reason=Coded("ADMISSION"),
        movement=Coded("N"),
        occurred_at=Moment(NOW.isoformat(), NOW),
    )
