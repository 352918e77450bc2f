"""What the receiving side of a result would notice, told to its sender: triggers and exceptions (courts 2.3 to 2.5).

Rule: they inform and never refuse. Everything is worked out from one message and the tables that are loaded; what
needs the police record is out of reach, and what needs a table that is not loaded is left out (docs/findings.md).
"""

from __future__ import annotations

from connectors.courts.findings.exceptions.work import exceptions
from connectors.courts.findings.heard import heard
from connectors.courts.findings.triggers.work import triggers
from hub.contract.tables import Tables
from hub.message.envelope import Finding
from hub.message.hearing import HearingResulted

CASE = "/ResultedCaseMessage/Session/Case"


def findings_of(
    hearing: HearingResulted, tables: Tables, place: str = CASE, owner: str | None = None
) -> tuple[Finding, ...]:
    """The triggers, then the exceptions of one result. `place` is the path of its Case where there are several.

    `owner` is the force that a police record names, which goes before what the message tells (courts 2.2).
    `offence` of a finding is the number that the message gives the offence, as the receiving side numbers them.
    """
    case = heard(hearing, tables, place)
    if case is None or not tables.groups:
        return ()
    tasks = [
        Finding(code=one.code, path=one.path, words=one.words, offence=one.offence, task=True)
        for one in triggers(case, owner)
    ]
    return (
        *tasks,
        *(
            Finding(code=one.code, path=one.at.path, words=one.at.words, offence=one.at.offence)
            for one in exceptions(case)
        ),
    )
