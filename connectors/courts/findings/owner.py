"""Whose result is it: the force that owns it, which decides the triggers that are wanted (courts 2.2).

Rule: PTIURN, then ASN, then the area of the hearing court; a police record would come first, and there is none here.
"""

from __future__ import annotations

import re

from connectors.courts.findings.heard import Heard, second_level
from connectors.courts.findings.standing import COURTS, UNITS
from hub.message.identifiers import asn_check_letter, is_dummy_asn

ASN_FORM = re.compile(r"[0-9]{2}[A-Z0-9]{6,7}[0-9]{11}[A-HJ-NP-RT-Z]", re.ASCII)
_DUMMY_URN = re.compile(r"00[NP]P")
_UNIT_00 = re.compile(r"[0-9]{2}00", re.ASCII)


def is_sound_asn(asn: str) -> bool:
    """Whether a stored ASN has its form and its check letter.

    The letter of one of 21 characters is worked out as it stands, so that such an ASN practically always fails (2.3).
    """
    return ASN_FORM.fullmatch(asn) is not None and asn[8:19].isdigit() and asn_check_letter(asn) == asn[-1]


def force_owner(case: Heard) -> str | None:
    """The two characters of the owning force; None where nothing tells, or the tables that would tell are not loaded.

    A PTIURN whose unit is 00 is a dummy only where its force has a unit 00, so that such a one needs the OU list.
    """
    forces = case.groups("accepted-values").get("force", frozenset())
    units_known = case.standing.reference.has(COURTS, UNITS)
    urn = case.ptiurn
    if urn[:2] in forces and not _DUMMY_URN.match(urn):
        if not _UNIT_00.match(urn):
            return urn[:2]
        if not units_known:
            return None
        if not case.standing.knows_unit(urn[:4]):
            return urn[:2]
    if is_sound_asn(case.asn) and not is_dummy_asn(case.asn) and case.asn[-18:][:2] in forces:
        if not units_known:
            return None
        if case.standing.knows_unit(case.asn[2:6]):
            return case.asn[-18:][:2]
    return second_level(case.court) or None
