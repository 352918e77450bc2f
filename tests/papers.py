"""Documents as senders write them: invented people, valid identifiers."""

from xml.sax.saxutils import escape

from hub.message.identifiers import make_asn

PAYLOAD = """<NewCaseMessage xmlns="http://www.dca.gov.uk/xmlschemas/libra" xmlns:a="http://www.govtalk.gov.uk/people/bs7666" \
Flow="NewCasesFromThePolice" Interface="LibraStandardProsecutorPolice" SchemaVersion="0.6g"><Case><PTIURN>{urn}</PTIURN>\
<OriginatingOrganisation>041ZD00</OriginatingOrganisation><CaseInitiation>C</CaseInitiation><InitialHearing>\
<CourtHearingLocation>B41ZZ01</CourtHearingLocation><DateOfHearing>2027-03-20</DateOfHearing><TimeOfHearing>10:00:00</TimeOfHearing>\
</InitialHearing><OtherPartyOfficerInCase><OfficerName><PersonFamilyName>Constable</PersonFamilyName></OfficerName>\
<PoliceOfficerRank>PC</PoliceOfficerRank><PoliceWorkerReferenceNumber>7</PoliceWorkerReferenceNumber>\
<PoliceWorkerLocationCode>041ZD00</PoliceWorkerLocationCode></OtherPartyOfficerInCase><Defendant>\
<ProsecutorReference>{asn}</ProsecutorReference><PoliceIndividualDefendant><PersonDefendant><BasePersonDetails><PersonName>\
<PersonGivenName1>Ada</PersonGivenName1><PersonFamilyName>{family}</PersonFamilyName></PersonName><Birthdate>1990-01-31</Birthdate>\
<Gender>2</Gender></BasePersonDetails></PersonDefendant><Address><a:PAON>   7 </a:PAON><a:StreetDescription>Made Up Row</a:StreetDescription>\
<a:Town>Sampleford</a:Town></Address><CustodyStatus>U</CustodyStatus><LanguageOptions><DocumentationLanguage>E</DocumentationLanguage>\
<HearingLanguage>E</HearingLanguage></LanguageOptions></PoliceIndividualDefendant><Offence><BaseOffenceDetails>\
<OffenceSequenceNumber>1</OffenceSequenceNumber><OffenceCode>TH68010</OffenceCode><OffenceWording>Stole goods.</OffenceWording>\
<OffenceTiming><OffenceDateCode>1</OffenceDateCode><OffenceStart><OffenceDateStartDate>2026-02-01</OffenceDateStartDate></OffenceStart>\
</OffenceTiming><ChargeDate>2026-02-02</ChargeDate><ArrestDate>2026-02-01</ArrestDate></BaseOffenceDetails></Offence></Defendant></Case>\
</NewCaseMessage>"""

ROUTE_DATA = """<RouteData xmlns="http://schemas.cjse.gov.uk/common/operations" xmlns:e="http://schemas.cjse.gov.uk/common/businessentities" \
VersionNumber="1.0" RequestResponse="Request"><RequestFromSystem VersionNumber="1.0"><CorrelationID>{id}</CorrelationID>\
<SystemID>Z00CJSE</SystemID></RequestFromSystem><DataStream VersionNumber="1.0"><e:System>04101PoliceCaseSystem</e:System>\
<e:DataStreamType>SPINewCase</e:DataStreamType><e:SystemDataStreamID>{id}</e:SystemDataStreamID>\
<e:DataStreamContent>{payload}</e:DataStreamContent></DataStream><Routes VersionNumber="1.0"><Route VersionNumber="1.0"><RouteID>1</RouteID>\
<RouteSourceSystem>04101PoliceCaseSystem</RouteSourceSystem><RouteDestinationSystem>C00CommonPlatform</RouteDestinationSystem></Route></Routes>\
</RouteData>"""


def case_payload(urn: str = "41ZD0000126", family: str = "Sampleton", sequence: int = 17) -> str:
    """A NewCaseMessage."""
    asn = make_asn(year=2026, force="41", unit="ZD", sequence=sequence)
    return PAYLOAD.format(urn=urn, asn=asn, family=family)


def case_file(
    correlation: str = "c-1", urn: str = "41ZD0000126", family: str = "Sampleton", sequence: int = 17
) -> bytes:
    """A NewCaseMessage in RouteData."""
    return ROUTE_DATA.format(id=correlation, payload=escape(case_payload(urn, family, sequence))).encode()
