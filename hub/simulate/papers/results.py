"""A result as a magistrates' court's system sends it: ResultedCaseMessage in RouteData (courts 1.3 and 1.6).

Rule: one message a defendant (courts 1.7).
"""

from __future__ import annotations

from hub.message.case import Defendant, NextHearing, Offence, Outcome, Result
from hub.message.hearing import HearingResulted
from hub.message.people import Address, Individual, Organisation
from hub.message.values import Numbered
from hub.simulate.markup import group, leaf
from hub.simulate.papers.police import (
    LIBRA,
    both_tongues,
    code,
    day,
    name_parts,
    person_details,
    plain,
    pnc,
    route_data,
    timing,
)

COURTS_SYSTEM = "B00LIBRA"


def result_message(hearing: HearingResulted, to_system: str, reference: str) -> bytes:
    """The result of the one defendant of a hearing, in its envelope."""
    return route_data(_payload(hearing), "SPIResults", reference, (COURTS_SYSTEM, to_system))


def _payload(hearing: HearingResulted) -> str:
    slot = hearing.slot
    return group(
        "ResultedCaseMessage",
        group(
            "Session",
            group(
                "CourtHearing",
                group(
                    "Hearing",
                    leaf("CourtHearingLocation", plain(slot.court)),
                    leaf("DateOfHearing", day(slot.on)),
                    leaf("TimeOfHearing", slot.at.text if slot.at else None),
                ),
                leaf("PSAcode", code(hearing.psa_code)),
            ),
            group("Case", leaf("PTIURN", hearing.ptiurn.text), _defendant(hearing.defendants[0])),
        ),
        xmlns=LIBRA,
        Flow="ResultedCasesForThePolice",
        Interface="LibraStandardProsecutorPolice",
        SchemaVersion="0.6g",
    )


def _defendant(defendant: Defendant) -> str:
    who = ""
    if defendant.individual is not None:
        who = _individual(defendant.individual)
    elif defendant.organisation is not None:
        who = _organisation(defendant.organisation)
    offences = (_offence(offence) for offence in defendant.offences)
    return group("Defendant", leaf("ProsecutorReference", plain(defendant.asn)), who, *offences)


def _individual(person: Individual) -> str:
    return group(
        "CourtIndividualDefendant",
        group(
            "PersonDefendant",
            person_details(person),
            leaf("PNCidentifier", pnc(person)),
            leaf("BailConditions", person.bail_conditions),
        ),
        leaf("BailStatus", code(person.custody_status)),
        _address(person.address),
        leaf("PresentAtHearing", code(person.present)),
        _parent(person),
    )


def _parent(person: Individual) -> str:
    parent = person.parent_guardian
    if parent is None:
        return ""
    details = group(
        "BasePersonDetails", group("PersonName", *name_parts(parent.name)), leaf("Gender", code(parent.gender))
    )
    return group("ParentGuardianDetails", details, _address(parent.address))


def _organisation(company: Organisation) -> str:
    return group(
        "CourtCorporateDefendant",
        group("OrganisationName", leaf("OrganisationName", company.name)),
        _address(company.address),
        leaf("PresentAtHearing", code(company.present)),
        leaf("BailStatus", code(company.custody_status)),
    )


def _address(address: Address | None) -> str:
    """Lines, with the postcode in the fifth, as Common Platform writes them (courts 1.6)."""
    parts = address.structured if address else None
    if parts is None:
        return ""
    first = f"{(parts.paon or '').strip()} {parts.street}".strip()
    return group(
        "Address",
        group(
            "SimpleAddress",
            leaf("AddressLine1", first),
            leaf("AddressLine2", parts.town),
            leaf("AddressLine5", plain(parts.postcode)),
        ),
    )


def _offence(offence: Offence) -> str:
    details = group(
        "BaseOffenceDetails",
        leaf("OffenceSequenceNumber", f"{offence.position:03d}"),
        leaf("OffenceCode", plain(offence.code)),
        leaf("OffenceWording", both_tongues(offence)),
        timing(offence),
        leaf("ChargeDate", day(offence.charged_on)),
        leaf("ArrestDate", day(offence.arrested_on)),
        leaf("LocationOfOffence", offence.location),
    )
    return group(
        "Offence",
        details,
        leaf("InitiatedDate", day(offence.initiated_on)),
        leaf("Plea", code(offence.plea)),
        leaf("ModeOfTrial", code(offence.mode_of_trial)),
        leaf("FinalDisposalIndicator", code(offence.finally_disposed)),
        leaf("ConvictionDate", day(offence.convicted_on)),
        leaf("ConvictingCourt", code(offence.convicting_court)),
        leaf("Finding", code(offence.finding)),
        *(_result(result) for result in offence.results),
    )


def _result(result: Result) -> str:
    return group(
        "Result",
        leaf("ResultCode", code(result.code)),
        leaf("ResultText", result.text or ""),
        *(leaf("ResultCodeQualifier", qualifier.text) for qualifier in result.qualifiers),
        _next_hearing(result.next_hearing) if result.next_hearing else "",
        _outcome(result.outcome) if result.outcome else "",
    )


def _next_hearing(following: NextHearing) -> str:
    slot = following.slot
    details = (
        ""
        if slot is None
        else group(
            "NextHearingDetails",
            leaf("CourtHearingLocation", plain(slot.court)),
            leaf("DateOfHearing", day(slot.on)),
            leaf("TimeOfHearing", slot.at.text if slot.at else None),
        )
    )
    return group(
        "NextHearing",
        details,
        leaf("NextHearingReason", following.reason),
        leaf("BailStatusOffence", code(following.custody_status)),
    )


def _outcome(outcome: Outcome) -> str:
    period = outcome.duration.primary if outcome.duration else None
    lasting = (
        ""
        if period is None
        else group("Duration", leaf("DurationValue", _number(period.length)), leaf("DurationUnit", code(period.unit)))
    )
    return group(
        "Outcome",
        leaf("PenaltyPoints", _number(outcome.penalty_points)),
        leaf("ResultAmountSterling", _number(outcome.amount)),
        lasting,
    )


def _number(number: Numbered | None) -> str | None:
    return None if number is None else number.text
