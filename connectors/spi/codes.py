"""The codes of this interface, one table for each of its two layers (police-spi 1.2 and 5.3).

Rule: the numbers 306 to 309 mean different things in the two, so a code never stands without its layer: a rule of ours
is called MDI-306 or OI-306.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from hub.message.errors import Fault, Severity

SUBMIT_TEXTS = {
    1: "Success",
    200: "Error",
    201: "TemporaryProblem",
    202: "ServerFailure",
    300: "FatalError",
    304: "WrongSource",
    305: "WrongDestination",
    306: "InvalidRequestID",
    307: "ModeError",
    308: "FutureMessage",
    309: "InvalidOffenceCode",
}
"""What a submit is answered with; on a retrieve 309 is RETRIEVE_NOT_AVAILABLE."""

RETRIEVE_NOT_AVAILABLE = (309, "RetrieveNotAvailable")
INVALID_OFFENCE_CODE = 309
"""The one code of a submit that speaks of the content (police-spi 1.2)."""

TEMPORARY_PROBLEM = 201

ROUTE_TEXTS = {
    301: "UnknownSystem",
    302: "PreviouslySent",
    306: "InvalidCorrelationID",
    307: "InvalidDataController",
    308: "InvalidOrganizationalUnitID",
    1310: "UnusableDataStream",
    1317: "UnknownRouteSourceSystem",
    1318: "UnknownRouteDestinationSystem",
    1321: "SameSourceAndDestinationSystem",
    1359: "DisallowedDataStreamType",
}
UNUSABLE = 1310
DISALLOWED = 1359

_CODE = re.compile(r"(MDI|OI)-([0-9]{1,9})")
_RULES = {"repeated-reference": 302, "dialect-not-allowed": DISALLOWED}
"""Rules of the hub that have a code of the routing layer."""


def submit_code(faults: Iterable[Fault]) -> int:
    """The code that a submit is answered with: the first of its own layer, 1 where there is none."""
    return min((code for code, layer in map(_of, _errors(faults)) if layer == "MDI"), default=1)


def route_code(rule: str) -> int:
    """The code of the routing layer for a rule: what is wrong with the content, by whatever rule, is 1310."""
    match = _CODE.fullmatch(rule)
    if match is not None and match[1] == "OI":
        return int(match[2])
    return _RULES.get(rule, UNUSABLE)


def _errors(faults: Iterable[Fault]) -> Iterable[str]:
    return (fault.rule for fault in faults if fault.severity is Severity.ERROR)


def _of(rule: str) -> tuple[int, str]:
    match = _CODE.fullmatch(rule)
    return (0, "") if match is None else (int(match[2]), match[1])
