"""Common Platform's own event of a result for police: `public.results.police-result-generated` (courts 1.7 and 4.2).

Rule: one event is one hearing of one defendant in one case. What Common Platform would make of it on its way to police
is read here only where values mean something else than they say: a result for notices alone is none for police, and a
qualifier whose question was answered with no does not hold. Cuts and defaults are the Writer's, which reports them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from connectors.courts.resultsof import offence_of, slot_of
from connectors.courts.spi import COMMON_PLATFORM, moment_of
from connectors.courts.told import Told
from hub.contract import Answers, Opened, Outbound, Reply, Stamp, Trust
from hub.contract.answers import json_reply
from hub.contract.fields import Fields
from hub.contract.tables import Tables
from hub.document import Document, JsonValue
from hub.message.case import Defendant, HearingSlot, Offence
from hub.message.envelope import Decoded
from hub.message.errors import Refused
from hub.message.hearing import HearingResulted
from hub.message.identifiers import read_asn, read_pnc, read_postcode, read_ptiurn
from hub.message.people import (
    Address,
    AddressLines,
    Emails,
    Individual,
    Organisation,
    ParentGuardian,
    PersonName,
    PncId,
    Telephones,
)
from hub.message.values import Coded

EVENT = "public.results.police-result-generated"
ALWAYS = frozenset({"urn", "sessionDays", "courtCentreWithLJA", "defendant"})
"""What tells the event where its metadata do not come with it."""

PARENT = "parentguardian"
_NOT_LETTERS = re.compile(r"[^a-z]")


@dataclass(frozen=True, slots=True)
class PoliceResult:
    """Reads the event as it is published, with its `_metadata` or without."""

    dialect: str = "cp-result"
    version: str = "1"
    answers: Answers = Answers.AT_ONCE

    def recognise(self, document: Document) -> bool:
        """Whether its metadata name the event, or it has what every such event has."""
        data = document.data
        if not isinstance(data, dict):
            return False
        named = _metadata(data).get("name")
        return named == EVENT if named is not None else data.keys() >= ALWAYS

    def open(self, document: Document, trust: Trust) -> Opened:
        """The event as it is: its only envelope are its metadata, whose id is the sender's reference."""
        data = document.data
        held = _metadata(data).get("id") if isinstance(data, dict) else None
        return Opened(layers=(), data=data, reference=held if isinstance(held, str) and held else None)

    def decode(self, opened: Opened, tables: Tables) -> Iterator[Decoded]:
        """One HearingResulted. Raises Refused with everything that is needed and not there."""
        if not isinstance(opened.data, dict):
            raise Refused(at="", rule="a JSON object")
        told = Told(fields=Fields(opened.data), tables=tables)
        body = _hearing(told)
        if told.fields.faults:
            raise Refused(tuple(dict.fromkeys(told.fields.faults)))
        yield Decoded(
            body=body,
            reference=opened.reference,
            system=COMMON_PLATFORM,
            occurred_at=moment_of(body.slot),
            findings=tuple(told.findings.noted),
            unmapped=tuple(told.rest()),
        )

    def reply(self, opened: Opened | None, reply: Reply, stamp: Stamp) -> Outbound:
        """A receipt, or every fault, as JSON."""
        return json_reply(reply, stamp)


def _metadata(data: dict[str, JsonValue]) -> dict[str, JsonValue]:
    held = data.get("_metadata")
    return held if isinstance(held, dict) else {}


def _hearing(told: Told) -> HearingResulted:
    """The court, the first day listed of those on which it sat, and the defendant (courts 4.2)."""
    note = told.findings
    court = told.inner("courtCentreWithLJA", needed=True)
    psa = court.said("psaCode")
    urn = told.text("urn", needed=True) or ""
    defendant = told.inner("defendant", needed=True)
    days = told.each("sessionDays")
    if not days:
        told.wants("sessionDays", "required", "'sessionDays' is needed, with a day on which the court sat")
    return HearingResulted(
        ptiurn=note.identifier(read_ptiurn, urn, told.at("urn")),
        hearing_id=told.text("id", needed=True),
        slot=slot_of(days[0], "sittingDay", court) if days else HearingSlot(),
        psa_code=None if psa is None else Coded(psa, psa if re.fullmatch("[0-9]{4}", psa) else None),
        defendants=(_defendant(defendant),),
    )


def _defendant(told: Told) -> Defendant:
    asn = told.text("prosecutorReference", needed=True) or ""
    if "offences" not in told.fields.value:
        told.wants("offences", "required", "'offences' is needed")
    given = told.fields.value
    persons = [name for name in ("individualDefendant", "corporateDefendant") if given.get(name) is not None]
    if len(persons) != 1:
        words = "give one of 'individualDefendant' and 'corporateDefendant'"
        told.wants("individualDefendant", "ONE_DEFENDANT", words)
    corporate = persons == ["corporateDefendant"]
    return Defendant(
        asn=told.findings.identifier(read_asn, asn, told.at("prosecutorReference")),
        individual=None if corporate else _individual(told),
        organisation=_organisation(told) if corporate else None,
        offences=tuple(_offences(told)),
    )


def _offences(told: Told) -> Iterator[Offence]:
    for position, one in enumerate(told.each("offences"), 1):
        told.findings.offence = position
        yield offence_of(one, position)
    told.findings.offence = None


def _individual(told: Told) -> Individual:
    held = told.inner("individualDefendant")
    person = held.inner("person")
    nationality = person.said("nationalityCode")
    return Individual(
        name=_name(person),
        telephones=_telephones(person.inner("contact")),
        emails=_emails(person.inner("contact")),
        born_on=person.day("dateOfBirth"),
        gender=person.code("gender", "common_platform_gender"),
        pnc_id=_pnc(told),
        nationality=None if nationality is None else Coded(nationality, nationality),
        bail_conditions=held.text("bailConditions"),
        bail_reason=held.text("reasonForBailConditionsOrCustody"),
        address=_address(person.inner("address")),
        custody_status=held.inner("bailStatus").code("code", "bail_status"),
        present=held.code("presentAtHearing", "present"),
        parent_guardian=_parent(told),
    )


def _organisation(told: Told) -> Organisation:
    held = told.inner("corporateDefendant")
    return Organisation(
        name=held.said("organisationName"),
        telephone=held.said("telephoneNumberBusiness"),
        emails=_emails(held.inner("contact")),
        pnc_id=_pnc(told),
        address=_address(held.inner("address")),
        custody_status=held.inner("bailStatus").code("code", "bail_status"),
        present=held.code("presentAtHearing", "present"),
    )


def _pnc(told: Told) -> PncId | None:
    held = told.said("pncId")
    return None if held is None else told.findings.identifier(read_pnc, held, told.at("pncId"))


def _parent(told: Told) -> ParentGuardian | None:
    """The first associated person who is a parent or guardian (courts 1.7)."""
    for one in told.each("associatedPerson"):
        if _NOT_LETTERS.sub("", str(one.fields.value.get("role", "")).lower()) != PARENT:
            continue
        one.at("role")
        person = one.inner("person")
        return ParentGuardian(
            name=_name(person),
            telephones=_telephones(person.inner("contact")),
            emails=_emails(person.inner("contact")),
            born_on=person.day("dateOfBirth"),
            gender=person.code("gender", "common_platform_gender"),
            address=_address(person.inner("address")),
        )
    return None


def _name(person: Told) -> PersonName:
    return PersonName(
        title=person.said("title"),
        given=person.said("firstName"),
        given_2=person.said("middleName"),
        family=person.said("lastName"),
    )


def _telephones(contact: Told) -> Telephones | None:
    found = Telephones(business=contact.said("work"), home=contact.said("home"), mobile=contact.said("mobile"))
    return None if found == Telephones() else found


def _emails(contact: Told) -> Emails | None:
    found = Emails(primary=contact.said("primaryEmail"), secondary=contact.said("secondaryEmail"))
    return None if found == Emails() else found


def _address(told: Told) -> Address | None:
    """The lines; a blank one is none."""
    postcode = told.said("postcode")
    lines = AddressLines(
        line_1=told.said("address1"),
        line_2=told.said("address2"),
        line_3=told.said("address3"),
        line_4=told.said("address4"),
        line_5=told.said("address5"),
        postcode=None if postcode is None else told.findings.identifier(read_postcode, postcode, told.at("postcode")),
    )
    return None if lines == AddressLines() else Address(lines=lines)
