"""Nightly extracts of the invented force Westbeck: zips of linked CSV files, with as many cases as a test wants."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Collection, Mapping

from hub.message.identifiers import make_asn, make_ptiurn

WESTBECK = """
[party]
code = "force-41"
name = "A force"
agency = "police"
[sends]
dialects = ["westbeck-extract"]
"""
CASES = "CASE_ID;URN;INITIATION;UNIT;COURT;HEARING;CLERK\n"
DEFENDANTS = "CASE_ID;DEF_ID;KIND;SURNAME;NAME;DOB;SEX;BAIL;ADDR1;ADDR2;POSTCODE;ASN_YEAR;ASN_UNIT;ASN_NUMBER\n"
CHARGES = "DEF_ID;SEQ;CJS_CODE;WORDING;FROM;CHARGED;ARRESTED\n"


def urn(number: int) -> str:
    """The PTIURN of a case."""
    return make_ptiurn(force="41", unit="ZD", serial=number, year=26)


def extract(
    cases: int, without_urn: Collection[int] = (), lost: bool = False, renamed: Mapping[int, str] | None = None
) -> bytes:
    """A zip of cases numbered from 1.

    `without_urn` are refused, `lost` adds a charge that belongs to nobody, `renamed` gives cases other PTIURNs.
    """
    case_rows, people, charges = [CASES], [DEFENDANTS], [CHARGES]
    for number in range(1, cases + 1):
        key = f"{number:06d}"
        named = "" if number in without_urn else (renamed or {}).get(number, urn(number))
        asn = make_asn(year=26, force="41", unit="ZD", sequence=number)[8:].lstrip("0")
        case_rows.append(f"{key};{named};C;041ZD00;B41ZZ01;202703201000;\n")
        person = f"P;Sampleton;Ada {number};31/01/1990;2;U;{number} Made Up Row;Sampleford;ZZ9 9ZZ"
        people.append(f"{key};{key};{person};26;41ZD;{asn}\n")
        charges.append(f"{key};1;TH68010;Stole goods from shop {number}.;01/02/2026;02/02/2026;01/02/2026\n")
    if lost:
        charges.append("999999;1;TH68010;Stole goods.;01/02/2026;02/02/2026;01/02/2026\n")
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, rows in (("cases.csv", case_rows), ("defendants.csv", people), ("charges.csv", charges)):
            archive.writestr(name, "".join(rows))
    return made.getvalue()
