"""The exceptions of a case: every check, and of several on one element the highest code alone (courts 2.3)."""

from __future__ import annotations

from connectors.courts.findings.exceptions import EXCEPTIONS, Raised, court, defendant, offences, results, values
from connectors.courts.findings.heard import Heard

MODULES = (court, defendant, offences, results, values)
"""Those that fill the table."""


def exceptions(case: Heard) -> list[Raised]:
    """What is left, by code. A case that reopens another is not looked at (courts 2.2)."""
    lists = case.groups("offence-lists")
    again = lists.get("reopened", frozenset()) | lists.get("declared", frozenset())
    if not case.offences or any(one.full_code in again for one in case.offences):
        return []
    standing: dict[tuple[str, str], Raised] = {}
    for code in sorted(EXCEPTIONS):
        row = EXCEPTIONS[code]
        if case.standing.loaded.issuperset(row.needs):
            for stumble in row.check(case):
                standing[stumble.path, stumble.element] = Raised(code, stumble)
    return sorted(standing.values(), key=lambda raised: raised.code)
