"""ResultedCaseMessage, what a court decided (courts 1.6, police-spi 3), and the canonical result: one table, both ways.

What a recipient gets where its sender spoke another dialect follows courts 1.7, which tells how the known sender fills
it.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from connectors.spi import LIBRA
from connectors.spi.blocks import BASE_PERSON, ORGANISATION_HEAD, PARTED, SLOT, offence_details
from connectors.spi.fitting import Fit
from connectors.spi.shape import Edges, Group, Inline, Leaf, Nested, Shape
from connectors.spi.values import ASN, DATE, PNC_ID, POUNDS, PTIURN, coded, name, text, whole, worded
from hub.contract import Report, ReportKind
from hub.contract.tables import Tables
from hub.message.case import (
    Defendant,
    Duration,
    DurationDate,
    DurationEdge,
    NextHearing,
    Offence,
    Outcome,
    Period,
    Result,
)
from hub.message.hearing import HearingResulted
from hub.message.people import Address, AddressLines, Individual, Organisation, ParentGuardian
from hub.message.values import Dated

ROOT = f"{{{LIBRA}}}ResultedCaseMessage"
DIALECT = "spi-result"
MARKS = {"Flow": "ResultedCasesForThePolice", "Interface": "LibraStandardProsecutorPolice", "SchemaVersion": "0.6g"}

PLEA_OPTION = "plea_when_absent"
"""The option of a recipient that needs a plea on every offence: the code to send, which courts 8.2 allows to be 3."""

NO_ASN = "0800PP0100000000001H"
NO_PTIURN = "00PP0000008"
"""What a result carries where none is known: the placeholders of police cases (courts 1.7)."""

# --- the defendant ---------------------------------------------------------------------------------------------------


def _settled_lines(held: AddressLines, fit: Fit) -> AddressLines:
    """Empty lines go, and a postcode that stands apart takes the fifth line (courts 1.6)."""
    given = [line for line in (held.line_1, held.line_2, held.line_3, held.line_4, held.line_5) if line]
    if held.postcode is None:
        postcode = held.line_5 if held.line_5 and len(given) < 5 else None
        given = given[:-1] if postcode else given
    else:
        postcode = held.postcode.value or held.postcode.text
        if len(given) == 5:
            fit.report(ReportKind.TRUNCATED, "the fifth line gave way to the postcode", "AddressLine5")
    lines = [*given[:4], *[None] * (4 - len(given[:4]))]
    fifth = postcode if postcode else (given[4] if len(given) == 5 else None)
    return AddressLines(line_1=lines[0], line_2=lines[1], line_3=lines[2], line_4=lines[3], line_5=fifth)


LINES = Shape(
    record=AddressLines,
    settle=_settled_lines,
    parts=(
        Leaf(element="AddressLine1", field="line_1", kind=name(35), required=True),
        Leaf(element="AddressLine2", field="line_2", kind=name(35)),
        Leaf(element="AddressLine3", field="line_3", kind=name(35)),
        Leaf(element="AddressLine4", field="line_4", kind=name(35)),
        Leaf(element="AddressLine5", field="line_5", kind=name(35)),
    ),
)


def _settled_address(held: Address, fit: Fit) -> Address:
    """One of lines and parts: the schema takes either, and senders give lines."""
    if held.lines is None and held.structured is None:
        fit.miss("SimpleAddress")
    return replace(held, structured=None) if held.lines is not None else held


ADDRESS = Shape(
    record=Address,
    settle=_settled_address,
    parts=(
        Nested(element="ComplexAddress", field="structured", shape=PARTED),
        Nested(element="SimpleAddress", field="lines", shape=LINES),
    ),
)
BAIL_STATUS = Leaf(
    element="BailStatus",
    field="custody_status",
    kind=coded("bail_status"),
    default=lambda defendant, fit: "A",
    required=True,
)
PRESENT = Leaf(element="PresentAtHearing", field="present", kind=coded("present"), required=True)


def _settled_individual(held: Individual, fit: Fit) -> Individual:
    """Nothing stands after the last semicolon of bail conditions, and it goes (courts 1.7)."""
    conditions = (held.bail_conditions or "").rstrip()
    if not conditions.endswith(";"):
        return held
    fit.report(ReportKind.ADAPTED, "the semicolon at the end is not sent", "PersonDefendant/BailConditions")
    return replace(held, bail_conditions=conditions.rstrip("; "))


INDIVIDUAL = Shape(
    record=Individual,
    settle=_settled_individual,
    parts=(
        Group(
            element="PersonDefendant",
            parts=(
                BASE_PERSON,
                Leaf(element="PNCidentifier", field="pnc_id", kind=PNC_ID),
                Leaf(element="PersonStatedNationality", field="nationality", kind=worded("[A-Z0-9]{1,3}", 3)),
                Leaf(element="BailConditions", field="bail_conditions", kind=text(2500)),
            ),
        ),
        BAIL_STATUS,
        Nested(element="Address", field="address", shape=ADDRESS, required=True),
        PRESENT,
        Leaf(element="ReasonForBailConditionsOrCustody", field="bail_reason", kind=text(2500)),
        Nested(
            element="ParentGuardianDetails",
            field="parent_guardian",
            optional=True,
            shape=Shape(
                record=ParentGuardian,
                parts=(BASE_PERSON, Nested(element="Address", field="address", shape=ADDRESS, optional=True)),
            ),
        ),
    ),
)
ORGANISATION = Shape(
    record=Organisation,
    parts=(
        *ORGANISATION_HEAD,
        Nested(element="Address", field="address", shape=ADDRESS, required=True),
        PRESENT,
        BAIL_STATUS,
    ),
)

# --- results ---------------------------------------------------------------------------------------------------------


def _settled_duration(held: Duration, fit: Fit) -> Duration:
    """A duration over 999 becomes a start on the day of the hearing and an end so many days later (courts 1.7)."""
    first = held.primary
    number = None if first is None or first.length is None else first.length.value
    if first is None or number is None or number <= 999 or fit.heard_on is None:
        return held
    if first.unit is None or first.unit.value != "DAYS" or number > Decimal(100_000):
        return held
    fit.report(ReportKind.ADAPTED, "a duration over 999 days, sent as its first and last day", "DurationValue")
    edges = ((DurationEdge.START, fit.heard_on), (DurationEdge.END, fit.heard_on + timedelta(days=int(number))))
    added = tuple(DurationDate(edge=edge, on=Dated(on.isoformat(), on)) for edge, on in edges)
    return Duration(secondary=held.secondary, dates=(*held.dates, *added))


def _period(field: str, prefix: str) -> Inline:
    """A length and its unit, both or neither."""
    return Inline(
        field=field,
        shape=Shape(
            record=Period,
            parts=(
                Leaf(element=f"{prefix}DurationValue", field="length", kind=whole(0, 999), required=True),
                Leaf(element=f"{prefix}DurationUnit", field="unit", kind=coded("duration_unit"), required=True),
            ),
        ),
    )


OUTCOME = Shape(
    record=Outcome,
    parts=(
        Leaf(element="PenaltyPoints", field="penalty_points", kind=whole(0, 99)),
        Leaf(element="ResultAmountSterling", field="amount", kind=POUNDS),
        Nested(
            element="Duration",
            field="duration",
            shape=Shape(
                record=Duration,
                settle=_settled_duration,
                parts=(
                    _period("primary", ""),
                    _period("secondary", "Secondary"),
                    Edges(
                        field="dates",
                        elements={DurationEdge.START: "DurationStartDate", DurationEdge.END: "DurationEndDate"},
                        kind=DATE,
                    ),
                ),
            ),
        ),
    ),
)
NEXT_HEARING = Shape(
    record=NextHearing,
    parts=(
        Nested(element="NextHearingDetails", field="slot", shape=SLOT, required=True),
        Leaf(element="NextHearingReason", field="reason", kind=text(80)),
        Leaf(element="BailStatusOffence", field="custody_status", kind=coded("bail_status")),
    ),
)
RESULT = Shape(
    record=Result,
    parts=(
        Leaf(element="ResultCode", field="code", kind=worded("[0-9]{1,4}", 4)),
        Leaf(element="ResultText", field="text", kind=text(2500), required=True),
        Leaf(element="ResultCodeQualifier", field="qualifiers", kind=worded("[A-Z0-9]{1,2}", 2), many=True, most=4),
        Nested(element="NextHearing", field="next_hearing", shape=NEXT_HEARING, optional=True),
        Nested(element="Outcome", field="outcome", shape=OUTCOME),
    ),
)

# --- offences --------------------------------------------------------------------------------------------------------


def _initiated(offence: Offence, fit: Fit) -> str | None:
    """The day of the offence, as the known sender has it (police-spi 3)."""
    return None if offence.started_on is None else DATE.fit(offence.started_on, fit)


def _finding(offence: Offence, fit: Fit) -> str | None:
    """Guilty, where there is a conviction date (courts 1.7)."""
    return None if offence.convicted_on is None else "G"


OFFENCE = Shape(
    record=Offence,
    parts=(
        offence_details(width=3),
        Leaf(element="InitiatedDate", field="initiated_on", kind=DATE, default=_initiated, required=True),
        Leaf(element="Plea", field="plea", kind=coded("plea", "[0-9]")),
        Leaf(element="ModeOfTrial", field="mode_of_trial", kind=coded("mode_of_trial", "[0-9]{1,2}")),
        Leaf(
            element="FinalDisposalIndicator",
            field="finally_disposed",
            kind=coded("yes_no", "[YN]?"),
            required=True,
        ),
        Leaf(element="ConvictionDate", field="convicted_on", kind=DATE),
        Leaf(element="ConvictingCourt", field="convicting_court", kind=worded("[0-9]{4}", 4)),
        Leaf(element="Finding", field="finding", kind=coded("finding"), default=_finding),
        Nested(element="Result", field="results", shape=RESULT, many=True, required=True),
    ),
)


def _settled_defendant(held: Defendant, fit: Fit) -> Defendant:
    """Offences without a result are left out, as the known sender does (courts 1.7); one of person and organisation."""
    resulted = tuple(offence for offence in held.offences if offence.results)
    if len(resulted) < len(held.offences):
        fit.report(ReportKind.ADAPTED, "offences without a result are not sent", "Offence")
    if held.individual is None and held.organisation is None:
        fit.miss("CourtIndividualDefendant")
    organisation = None if held.individual is not None else held.organisation
    return replace(held, offences=resulted, organisation=organisation)


DEFENDANT = Shape(
    record=Defendant,
    settle=_settled_defendant,
    parts=(
        Leaf(
            element="ProsecutorReference", field="asn", kind=ASN, default=lambda defendant, fit: NO_ASN, required=True
        ),
        Nested(element="CourtIndividualDefendant", field="individual", shape=INDIVIDUAL),
        Nested(element="CourtCorporateDefendant", field="organisation", shape=ORGANISATION),
        Nested(element="Offence", field="offences", shape=OFFENCE, many=True, required=True, numbered=True),
    ),
)

# --- the session -----------------------------------------------------------------------------------------------------


def _no_ptiurn(hearing: HearingResulted, fit: Fit) -> str:
    return NO_PTIURN


def _settled_hearing(held: HearingResulted, fit: Fit) -> HearingResulted:
    fit.heard_on = None if held.slot.on is None else held.slot.on.value
    return held


HEARING = Shape(
    record=HearingResulted,
    settle=_settled_hearing,
    parts=(
        Group(
            element="Session",
            parts=(
                Group(
                    element="CourtHearing",
                    parts=(
                        Nested(element="Hearing", field="slot", shape=SLOT, always=True, required=True),
                        Leaf(element="PSAcode", field="psa_code", kind=worded("[0-9]{4}", 4), required=True),
                    ),
                ),
                Group(
                    element="Case",
                    chosen=True,
                    parts=(
                        Leaf(
                            element="PTIURN",
                            field="ptiurn",
                            kind=PTIURN,
                            default=lambda hearing, fit: NO_PTIURN,
                            required=True,
                        ),
                        Nested(element="Defendant", field="defendants", shape=DEFENDANT, many=True, required=True),
                    ),
                ),
            ),
        ),
    ),
)


def with_pleas(body: HearingResulted, code: str | None, tables: Tables) -> tuple[HearingResulted, tuple[Report, ...]]:
    """The result with this plea on every offence that has none, for a recipient that needs one, and what was filled."""
    if code is None:
        return body, ()
    plea, reports = tables.read("plea", code), []
    defendants = []
    for defendant in body.defendants:
        offences = []
        for offence in defendant.offences:
            if offence.plea is None:
                path = f"/ResultedCaseMessage/Session/Case/Defendant/Offence[{offence.position}]/Plea"
                reports.append(Report(kind=ReportKind.DEFAULTED, path=path, words="no plea given: filled in"))
            offences.append(offence if offence.plea is not None else replace(offence, plea=plea))
        defendants.append(replace(defendant, offences=tuple(offences)))
    return replace(body, defendants=tuple(defendants)), tuple(reports)
