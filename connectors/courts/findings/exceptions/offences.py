"""Exceptions on offences: code, wording, place, numbers (courts 2.3)."""

from __future__ import annotations

from collections.abc import Iterator

from connectors.courts.findings.exceptions import Stumble, beyond, exception, in_offence
from connectors.courts.findings.heard import Heard
from connectors.courts.findings.standing import OFFENCES

_LOCATION, _TITLE, _WORDING, _NUMBER = 80, 120, 2500, range(1000)
_CODE = "BaseOffenceDetails/OffenceCode"


@exception("HO100232")
def location(case: Heard) -> Iterator[Stumble]:
    """The place of an offence, if there, has 1 to 80 characters (courts 2.3)."""
    for offence in case.offences:
        if beyond(offence.source.location, 1, _LOCATION):
            yield in_offence(offence, "BaseOffenceDetails/LocationOfOffence", "the place has 1 to 80 characters")


@exception("HO100233", OFFENCES)
def title(case: Heard) -> Iterator[Stumble]:
    """The title that the offence table gives has 1 to 120 characters; some local offences have none (courts 2.3)."""
    for offence in case.offences:
        if offence.found is not None and beyond(offence.found.row["title"], 1, _TITLE):
            yield in_offence(offence, _CODE, "the offence has no title in the table of offences", "title")


@exception("HO100234")
def wording(case: Heard) -> Iterator[Stumble]:
    """The wording of an offence has 1 to 2500 characters (courts 2.3)."""
    for offence in case.offences:
        if beyond(offence.source.wording, 1, _WORDING):
            yield in_offence(offence, "BaseOffenceDetails/OffenceWording", "the wording has 1 to 2500 characters")


@exception("HO100237")
def alcohol(case: Heard) -> Iterator[Stumble]:
    """A level of alcohol is a number from 0 to 999 (courts 2.3)."""
    for offence in case.offences:
        amount = None if offence.source.alcohol is None else offence.source.alcohol.amount
        if amount is not None and amount.value is not None and not 0 <= amount.value <= 999:
            inside = "BaseOffenceDetails/AlcoholRelatedOffence/AlcoholLevelAmount"
            yield in_offence(offence, inside, "the level is a number from 0 to 999")


@exception("HO100239")
def sequence(case: Heard) -> Iterator[Stumble]:
    """The court's number of an offence is from 0 to 999 (courts 2.3)."""
    for offence in case.offences:
        if offence.number is not None and offence.number not in _NUMBER:
            yield in_offence(offence, "BaseOffenceDetails/OffenceSequenceNumber", "the number is from 0 to 999")


@exception("HO100306", OFFENCES)
def unknown_offence(case: Heard) -> Iterator[Stumble]:
    """An offence code that is in the table neither as a national nor as a local one (courts 2.2, 2.3)."""
    ignored = case.groups("offence-lists").get("ignored", frozenset())
    for offence in case.offences:
        code = "" if offence.source.code is None else offence.source.code.text
        if code and code not in ignored and offence.found is None:
            yield in_offence(offence, _CODE, "no offence has this code")
