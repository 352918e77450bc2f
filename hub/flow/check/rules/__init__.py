"""Business rules on a case file: small pure functions, each with the field's own code, in one table (police-spi 5.6).

Which apply, from when, to which cases and how hard is data (config/rules.toml); they ship as warnings. A rule that
needs reference data is left out where that is not loaded.

Not here, since no case file can break them: rules on back-duty, on the court that a case came from, on the type of the
hearing, on nationality (the receiving side drops it), on a defendant's own initiation code, and on an accelerated
offer (AOCP), for none of which the interface has a field.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from hub.contract.tables import Tables
from hub.discovery.rules import RuleSetting
from hub.flow.check.rules import cases, offences, people
from hub.flow.check.rules.asked import Asked, Rule
from hub.message.case import CaseFileSubmission
from hub.message.envelope import Body
from hub.message.errors import Fault

UNKNOWN = "UNKNOWN"
"""What rules.toml calls a case whose initiation code is missing or not in the list."""

RULES: dict[str, Rule] = {
    # --- the case
    "CASE_INITIATION_CODE_INVALID": Rule(check=cases.initiation_known, example="CaseInitiation X"),
    "PROSECUTOR_OUCODE_NOT_RECOGNISED": Rule(
        check=cases.prosecutor_known,
        example="OriginatingOrganisation 098AA00",
        needs=(cases.UNITS,),
        asks=(cases.PROSECUTORS,),
    ),
    "PROSECUTOR_NOT_RECOGNISED_AS_AN_AUTHORISED_SJP_PROSECUTOR": Rule(
        check=cases.single_justice_prosecutor,
        example="CaseInitiation J from a prosecutor whose row has sjp N",
        needs=(cases.PROSECUTORS,),
    ),
    "SUMMONS_CODE_INVALID": Rule(check=cases.summons_known, example="InitiationCode S, SummonsCode X"),
    "CASE_MARKER_IS_INVALID": Rule(
        check=cases.markers_known, example="CaseMarker DVQQ, where QQ is no marker", needs=(cases.MARKERS,)
    ),
    "POLICE_FORCE_CODE_INVALID": Rule(check=cases.force_known, example="PTIURN 98ZD0000126"),
    "DUPLICATE_DEFENDANT": Rule(check=cases.defendants_differ, example="one ProsecutorReference on two defendants"),
    # --- the first hearing
    "COURT_HEARING_LOCATION_OUCODE_INVALID": Rule(
        check=cases.court_known, example="CourtHearingLocation B01LY", asks=(cases.COURTS,)
    ),
    "DATE_OF_HEARING_IN_THE_PAST": Rule(
        check=cases.hearing_to_come, example="DateOfHearing 2026-03-01, sent on 2026-03-02"
    ),
    "DATE_OF_HEARING_EARLIER_THAN_OFFENCE_COMMITTED_DATE": Rule(
        check=cases.hearing_after_offence, example="DateOfHearing 2026-03-20, OffenceDateStartDate 2026-03-21"
    ),
    # --- offences
    "CHARGE_DATE_IN_FUTURE": Rule(check=offences.charged, example="an offence without ChargeDate"),
    "ARREST_DATE_IN_FUTURE": Rule(check=offences.arrested, example="an offence without ArrestDate"),
    "OFFENCE_CODE_IS_INVALID": Rule(
        check=offences.offence_known, example="OffenceCode ZZ99999", needs=(offences.OFFENCES,)
    ),
    "OFFENCE_CODE_IS_GENERIC": Rule(check=offences.offence_specific, example="OffenceCode 998"),
    "OFFENCE_REQUIRES_A_LOCATION": Rule(
        check=offences.located, example="such an offence without LocationOfOffence", needs=(offences.REQUIREMENTS,)
    ),
    "ALCOHOL_DRUG_LEVEL_METHOD_MISSING": Rule(
        check=offences.level_method_given, example="drink-driving without a method", needs=(offences.REQUIREMENTS,)
    ),
    "ALCOHOL_DRUG_LEVEL_AMOUNT_MISSING": Rule(
        check=offences.level_amount_given, example="drink-driving without a level", needs=(offences.REQUIREMENTS,)
    ),
    "ALCOHOL_DRUG_LEVEL_METHOD_INVALID": Rule(check=offences.level_method_known, example="AlcoholLevelMethod X"),
    "DEFENDANT_OFFENCE_VEHICLE_CODE": Rule(check=offences.vehicle_known, example="VehicleCode X"),
    "STATEMENT_OF_FACTS_REQUIRED": Rule(
        check=offences.facts_stated, example="SummonsCode M, an offence without ProsecutionFacts"
    ),
    "STATEMENT_OF_FACTS_WELSH_REQUIRED": Rule(
        check=offences.facts_stated_in_welsh, example="SummonsCode M, DocumentationLanguage W, facts without ||"
    ),
    # --- defendants
    "BAIL_CONDITIONS_REQUIRED": Rule(check=people.bail_conditions, example="CustodyStatus B without BailConditions"),
    "DEFENDANT_CUSTODY_STATUS_INVALID": Rule(check=people.custody_status_known, example="CustodyStatus X"),
    "OFFENDER_CODE_IS_INVALID": Rule(check=people.offender_known, example="OffenderCode XX"),
    "DEFENDANT_OBSERVED_ETHNICITY_INVALID": Rule(check=people.observed_ethnicity_known, example="ObservedEthnicity 8"),
    "DEFENDANT_SELF_DEFINED_ETHNICITY_INVALID": Rule(
        check=people.self_defined_ethnicity_known, example="SelfDefinedEthnicity X9"
    ),
    "PARENT_GUARDIAN_OBSERVED_ETHNICITY_INVALID": Rule(
        check=people.guardian_observed_ethnicity_known, example="ObservedEthnicity 8"
    ),
    "PARENT_GUARDIAN_SELF_DEFINED_ETHNICITY_INVALID": Rule(
        check=people.guardian_self_defined_ethnicity_known, example="SelfDefinedEthnicity X9"
    ),
    "DEFENDANT_DOB_IN_FUTURE": Rule(check=people.born, example="Birthdate 2062-05-01"),
    "DEFENDANT_PERCEIVED_BIRTH_YEAR_IN_FUTURE": Rule(check=people.seems_born, example="PerceivedBirthYear 2062"),
    "PARENT_GUARDIAN_DOB_IN_FUTURE": Rule(check=people.guardian_born, example="Birthdate 2062-05-01"),
    "DEFENDANT_EMAIL_INVALID": Rule(check=people.reachable, example="EmailAddress1 kit@localhost"),
    "PARENT_GUARDIAN_EMAIL_INVALID": Rule(check=people.guardian_reachable, example="EmailAddress1 kit..s@example.org"),
    "INVALID_DEFENDANT_POST_CODE": Rule(check=people.organisation_postcode, example="PostCode QQ1 1AA"),
    "INVALID_DEFENDANT_INDIVIDUAL_POST_CODE": Rule(check=people.personal_postcode, example="PostCode QQ1 1AA"),
    "INVALID_GUARDIAN_POST_CODE": Rule(check=people.guardian_postcode, example="PostCode QQ1 1AA"),
    "INVALID_PNC_ID": Rule(check=people.pnc_formed, example="PNCidentifier 2005 0077121C"),
    "INVALID_CRO_NUMBER": Rule(check=people.cro_formed, example="CROnumber 0000123456/05X"),
}
"""Every rule by its code. Where the source gives a condition and no code, the rule says that the code is ours."""


@dataclass(frozen=True, slots=True)
class RuleBook:
    """The rules in force, how hard each is, and the tables that they may look at."""

    settings: Mapping[str, RuleSetting]
    tables: Tables = field(default_factory=lambda: Tables({}))

    def faults(self, body: Body, on: date) -> tuple[Fault, ...]:
        """Every breach of a rule in force on a date. Only case files have rules yet."""
        if not isinstance(body, CaseFileSubmission):
            return ()
        initiation = (body.initiation.value if body.initiation else None) or UNKNOWN
        asked = Asked(body, on, self.tables)
        found: list[Fault] = []
        for code, setting in self.settings.items():
            rule = RULES[code]
            if not setting.applies(on) or (setting.initiation and initiation not in setting.initiation):
                continue
            if not rule.needs or self.tables.reference.has(*rule.needs):
                found += [Fault(path=p, rule=code, words=w, severity=setting.severity) for p, w in rule.check(asked)]
        return tuple(found)
