"""Results of courts in the making, about invented people, and a few rows of reference data to judge them by."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from itertools import chain

from connectors.courts.spi import ResultReader
from hub.contract import Trust
from hub.contract.reference import Reference, ReferenceTable
from hub.contract.tables import Tables
from hub.discovery.connectors import discover
from hub.document.escape import escape
from hub.document.lift import lift
from hub.message.envelope import Finding

ASN = "2601ZZ0100000000123B"
PTIURN = "01ZZ0000123"
ON = "2026-03-04"
COURT = "B01LY00"
CROWN = "C05LV00"

OFFENCES = (
    ("TH68010", "Theft from a shop", "CE", "Y", "N"),
    ("RT88191", "Using a vehicle without insurance", "CM", "N", "N"),
    ("SX03001", "Rape", "CI", "Y", "N"),
    ("CD98019", "Breach of an order", "CB", "N", "N"),
    ("BA76004", "Failing to surrender to bail", "CS", "Y", "N"),
    ("MC80524", "Application to reopen a case", "B7", "N", "Y"),
    ("MC80527", "Statutory declaration", "B7", "N", "Y"),
    ("AS14504", "Civil order", "B7", "N", "Y"),
    ("AS14501", "Application for a civil order", "B7", "N", "Y"),
    ("PL84504", "Application to extend bail before charge", "B7", "N", "Y"),
    ("LA12509", "An offence of an odd category", "CO", "N", "N"),
    ("01TH9XYZ", "A local offence", "CS", "N", "N"),
    ("01SX03002", "A local offence with a national form", "CS", "N", "N"),
    ("0101UNTIT", "", "CS", "N", "N"),
)
COURTS = (
    ("B000000", "B", "00", "00", "", ""),
    ("B01LY00", "B", "01", "LY", "Lavender Hill", "2577"),
    ("B04PR00", "B", "04", "PR", "Preston", "1992"),
    ("C01CE00", "C", "01", "CE", "Central Criminal Court", "0413"),
    ("C05LV00", "C", "05", "LV", "Liverpool", "0433"),
    ("C16GG00", "C", "16", "GG", "Grimsby", "0425"),
)
UNITS = (("01ZZ00", "01", "ZZ"), ("04ZZ00", "04", "ZZ"), ("010000", "01", "00"), ("0800NP", "00", "NP"))
RESULTS = "1000F 1002F 1015F 1016F 1040F 1029F 2004F 2007I 3008P 3052P 4027I 4028I 4559I 1052F 4575I 4592P 4584P 3049P"
QUALIFIERS = "A BA DA EO LG LH LI"


def _table(name: str, columns: str, rows: Sequence[tuple[str, ...]]) -> ReferenceTable:
    return ReferenceTable(name, columns.split(), rows)


REFERENCE = Reference(
    {
        "offence_codes": _table("offence_codes", "code title category recordable bichard_ignored", OFFENCES),
        "courts": _table("courts", "ou_code level1 area_code level3 court_name psa_code", COURTS),
        "police_units": _table("police_units", "ou_code force_code unit_code", UNITS),
        "result_codes": _table("result_codes", "code type", [(one[:4], one[4:]) for one in RESULTS.split()]),
        "result_qualifiers": _table("result_qualifiers", "code", [(one,) for one in QUALIFIERS.split()]),
    }
)


@cache
def shipped() -> Tables:
    """The tables and groups that ship."""
    return discover().tables


def tables(reference: Reference = REFERENCE, groups: Mapping[str, object] | None = None) -> Tables:
    """The shipped tables with reference data."""
    held = shipped()
    return Tables(held.lists, {**held.groups, **(groups or {})}, reference)  # type: ignore[dict-item]


def element(name: str, text: str | None) -> str:
    """An element with a text; nothing where there is none."""
    return "" if text is None else f"<{name}>{escape(text)}</{name}>"


def next_hearing(
    court: str | None = CROWN, on: str | None = "2026-04-01", at: str = "10:00:00", bail: str | None = None
) -> str:
    """A next hearing."""
    details = element("CourtHearingLocation", court) + element("DateOfHearing", on) + element("TimeOfHearing", at)
    return f"<NextHearing><NextHearingDetails>{details}</NextHearingDetails>{element('BailStatusOffence', bail)}</NextHearing>"


def result(code: str | None = "1015", text: str = "Fined.", *qualifiers: str, after: str = "") -> str:
    """A result; `after` is what follows its qualifiers: a next hearing, an outcome."""
    given = "".join(element("ResultCodeQualifier", one) for one in qualifiers)
    return f"<Result>{element('ResultCode', code)}{element('ResultText', text)}{given}{after}</Result>"


def duration(value: str, unit: str | None, prefix: str = "") -> str:
    """A duration of an outcome."""
    inner = element(f"{prefix}DurationValue", value) + element(f"{prefix}DurationUnit", unit)
    return f"<Outcome><Duration>{inner}</Duration></Outcome>"


def offence(code: str = "TH68010", *results: str, **changed: str | None) -> str:
    """An offence with results; a change gives an element another text, or leaves it out (None)."""
    held: dict[str, str | None] = {
        "OffenceSequenceNumber": "001",
        "OffenceWording": "On 01/02/2026 at Anytown took goods.",
        "OffenceDateCode": "1",
        "OffenceDateStartDate": "2026-02-01",
        "OffenceStartTime": None,
        "OffenceEndTime": None,
        "LocationOfOffence": "Anytown",
        "AlcoholLevelAmount": None,
        "Plea": "1",
        "ModeOfTrial": "01",
        "ConvictionDate": ON,
        "Finding": "G",
        **changed,
    }
    one = {name: element(name, text) for name, text in held.items()}
    end = f"<OffenceEnd>{one['OffenceEndTime']}</OffenceEnd>" if held["OffenceEndTime"] is not None else ""
    alcohol = f"<AlcoholRelatedOffence>{one['AlcoholLevelAmount']}<AlcoholLevelMethod>B</AlcoholLevelMethod></AlcoholRelatedOffence>"
    return (
        f"<Offence><BaseOffenceDetails>{one['OffenceSequenceNumber']}{element('OffenceCode', code)}{one['OffenceWording']}"
        f"<OffenceTiming>{one['OffenceDateCode']}<OffenceStart>{one['OffenceDateStartDate']}{one['OffenceStartTime']}"
        f"</OffenceStart>{end}</OffenceTiming>{one['LocationOfOffence']}"
        f"{alcohol if held['AlcoholLevelAmount'] is not None else ''}</BaseOffenceDetails><InitiatedDate>2026-02-02</InitiatedDate>"
        f"{one['Plea']}{one['ModeOfTrial']}<FinalDisposalIndicator>Y</FinalDisposalIndicator>{one['ConvictionDate']}"
        f"{one['Finding']}{''.join(results or (result(),))}</Offence>"
    )


def message(*offences: str, organisation: bool = False, **changed: str | None) -> str:
    """A result about one invented defendant; changes as for `offence`."""
    held: dict[str, str | None] = {
        "CourtHearingLocation": COURT,
        "DateOfHearing": ON,
        "TimeOfHearing": "10:00:00",
        "PSAcode": "2577",
        "PTIURN": PTIURN,
        "ProsecutorReference": ASN,
        "PersonTitle": "Ms",
        "PersonGivenName1": "Testa",
        "PersonFamilyName": "Example",
        "PNCidentifier": None,
        "BailConditions": None,
        "BailStatus": "A",
        "AddressLine1": "1 Sample Street",
        "AddressLine2": None,
        "ReasonForBailConditionsOrCustody": None,
        "OrganisationName": "Example Limited",
        **changed,
    }
    one = {name: element(name, text) for name, text in held.items()}
    address = f"<Address><SimpleAddress>{one['AddressLine1']}{one['AddressLine2']}</SimpleAddress></Address><PresentAtHearing>Y</PresentAtHearing>"
    names = chain(("PersonTitle",), (f"PersonGivenName{number}" for number in (1, 2, 3)), ("PersonFamilyName",))
    person = (
        "<CourtIndividualDefendant><PersonDefendant><BasePersonDetails><PersonName>"
        f"{''.join(one.get(name, '') for name in names)}</PersonName><Gender>2</Gender></BasePersonDetails>"
        f"{one['PNCidentifier']}{one['BailConditions']}</PersonDefendant>{one['BailStatus']}{address}"
        f"{one['ReasonForBailConditionsOrCustody']}</CourtIndividualDefendant>"
    )
    body = (
        f"<CourtCorporateDefendant><OrganisationName>{one['OrganisationName']}</OrganisationName>{one['PNCidentifier']}"
        f"{address}{one['BailStatus']}</CourtCorporateDefendant>"
    )
    return (
        '<ResultedCaseMessage xmlns="http://www.dca.gov.uk/xmlschemas/libra" Flow="ResultedCasesForThePolice" '
        'Interface="LibraStandardProsecutorPolice" SchemaVersion="0.6g"><Session><CourtHearing><Hearing>'
        f"{one['CourtHearingLocation']}{one['DateOfHearing']}{one['TimeOfHearing']}</Hearing>{one['PSAcode']}</CourtHearing>"
        f"<Case>{one['PTIURN']}<Defendant>{one['ProsecutorReference']}{body if organisation else person}"
        f"{''.join(offences or (offence(),))}</Defendant></Case></Session></ResultedCaseMessage>"
    )


def findings(text: str, held: Tables | None = None) -> list[Finding]:
    """What is noticed of a result: the triggers and exceptions of its rules."""
    reader = ResultReader()
    opened = reader.open(lift(text.encode()), Trust(party="court", agency="court"))
    assert opened.faults == ()
    return [
        one
        for decoded in reader.decode(opened, tables() if held is None else held)
        for one in decoded.findings
        if one.code.startswith(("TRPR", "HO"))
    ]


def told(text: str, held: Tables | None = None) -> list[tuple[str, int | None]]:
    """Code and offence number of each."""
    return [(one.code, one.offence) for one in findings(text, held)]
