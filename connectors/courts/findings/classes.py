"""What kind of decision is a result: an adjournment, a judgement, a sentence (courts 2.2, result class)."""

from __future__ import annotations

from enum import StrEnum

from connectors.courts.findings.heard import Heard, HeardOffence, HeardResult

NOT_CONVICTED = frozenset({"NG", "NC", "NA"})
_ADMITTED = frozenset({"7", "ADM"})


class ResultClass(StrEnum):
    """The classes of courts 5.7 that a result can have here."""

    ADJOURNED_AFTER = "Adjournment post Judgement"
    ADJOURNED_WITH = "Adjournment with Judgement"
    ADJOURNED_BEFORE = "Adjournment pre Judgement"
    FINAL = "Judgement with final result"
    SENTENCE = "Sentence"
    UNRESULTED = "Unresulted"


def adjourns_by_code(result: HeardResult, case: Heard) -> bool:
    """Whether the code alone is an adjournment; the warrants are not among these."""
    return str(result.code) in case.groups("result-classes").get("adjournment", frozenset())


def adjourns(result: HeardResult, case: Heard) -> bool:
    """A next court is known, or the code is an adjournment's or a warrant's."""
    warrant = case.groups("result-classes").get("warrant", frozenset())
    return result.next_court is not None or adjourns_by_code(result, case) or str(result.code) in warrant


def is_final_by_code(result: HeardResult, case: Heard) -> bool:
    """Whether the code is one that is final whatever the verdict (rule 4)."""
    return str(result.code) in case.groups("result-classes").get("final", frozenset())


def admitted(offence: HeardOffence) -> bool:
    """Whether the plea is ADM: sent as 7."""
    return offence.source.plea is not None and offence.source.plea.text.strip() in _ADMITTED


def class_of(offence: HeardOffence, result: HeardResult, case: Heard) -> ResultClass:
    """The first rule of courts 2.2 that fits; a conviction after the hearing falls through to the third."""
    adjourned = adjourns(result, case)
    convicted, on = offence.convicted_on, case.on
    if convicted is not None and on is not None and convicted < on:
        return ResultClass.ADJOURNED_AFTER if adjourned else ResultClass.SENTENCE
    if convicted is not None and convicted == on:
        return ResultClass.ADJOURNED_WITH if adjourned else ResultClass.FINAL
    if admitted(offence) and not adjourned:
        return ResultClass.FINAL
    if is_final_by_code(result, case) or offence.verdict in NOT_CONVICTED:
        return ResultClass.UNRESULTED if adjourned else ResultClass.FINAL
    if offence.verdict is None and adjourned:
        return ResultClass.ADJOURNED_BEFORE
    return ResultClass.UNRESULTED
