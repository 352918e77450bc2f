"""The triggers of a case, in the working order of courts 2.4: raise, exclude, out of area, personal details, once each.

Rule: without a known owner nothing can be said of exclusions, and so no trigger is told.
"""

from __future__ import annotations

from connectors.courts.findings.heard import Heard
from connectors.courts.findings.owner import force_owner
from connectors.courts.findings.triggers import TRIGGERS, Raised, cases, offences
from connectors.courts.findings.triggers.cases import first_result
from connectors.courts.findings.triggers.exclusions import Left, exclusions_of

MODULES = (cases, offences)
"""Those that fill the table."""

DETAILS_CHANGED = "TRPR0015"


def triggers(case: Heard, owner: str | None = None) -> list[Raised]:
    """The triggers left, each code once for an offence number. `owner` is the force on record, where that is known."""
    owner = owner or force_owner(case)
    if owner is None or not case.offences:
        return []
    left = Left(exclusions_of(case, owner))
    for trigger in TRIGGERS.values():
        if case.standing.loaded.issuperset(trigger.needs):
            left.put(trigger.raised(case))
    left.tell_of_others(case.place)
    path = first_result(case, DETAILS_CHANGED)
    if path is not None and (case.recordable or left.kept):
        left.put([Raised(DETAILS_CHANGED, None, path, "Personal details changed")])
        left.tell_of_others(case.place)
    once = {(one.code, one.offence): one for one in reversed(left.kept)}
    return sorted(once.values(), key=lambda one: (one.code, one.offence or 0))
