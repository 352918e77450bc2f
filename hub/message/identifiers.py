"""Read the identifiers of criminal justice: the text as received, its normal form, and what is wrong with it.

    PTIURN           01ZD0303208                reference-data 1.3, prisons-probation-cps 5.2
    ASN              1101ZD0100000448754K       reference-data 1.2
    PNC id           1979/0163001B              reference-data 1.4
    CRO number       065656/91H  SF83/50058Z    reference-data 1.5
    court case ref   97/1626/008395Q            reference-data 1.6
    NOMS number      A1234BC                    reference-data 1.7
    CRN              X320741                    reference-data 1.7
    offence code     TH68010                    reference-data 1.8
    OU code          B01LY00                    reference-data 1.10
    postcode         SW1A 1AA                   police-spi 2.3

Rule: a reader never raises and never alters the text. A wrong check letter, a dummy or an unusual form is a finding
beside a normal form; only what cannot be read at all has no normal form. A normal form reads as itself.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Self

CHECK_ALPHABET = "ZABCDEFGHJKLMNPQRTUVWXY"  # reference-data 1.1: the remainder is the index; I, O and S never occur
PNC_PIVOT = 39  # see read_pnc


class Reason(StrEnum):
    """Why an identifier is not sound. Each member carries its sentence in `words`."""

    words: str

    EMPTY = "empty", "nothing was given"
    FORMAT = "format", "this is not in the form of the identifier"
    LENGTH = "length", "a PTIURN has eleven characters: force, unit, five digits and a two-digit year"
    CHECK_LETTER = "check_letter", "the check letter does not belong to this number: one of its digits may be wrong"
    IMPOSSIBLE_LETTER = "impossible_letter", "I, O and S are never check letters: a letter was mistyped"
    DUMMY = "dummy", "this is a placeholder, given where the true value was not known"
    NOT_POLICE = "not_police", "this is not in the police form: another prosecutor's own reference"
    NOT_NATIONAL = "not_national", "this is not in the national form: only a local list can name it"
    OLD_FORM = "old_form", "two leading letters are the older form of a CRN"

    def __new__(cls, value: str, words: str = "") -> Self:
        member = str.__new__(cls, value)
        member._value_ = value
        member.words = words
        return member


@dataclass(frozen=True, slots=True)
class Identifier:
    """`text` is what was received, untouched; `value` its normal form, None where unreadable; `reason` None if sound.

    A value with a reason is usable and carries a finding. A value may be read again: it gives itself.
    """

    text: str
    value: str | None
    reason: Reason | None


# --- the check letter (reference-data 1.1) ---------------------------------------------------------------------------


def check_letter(number: int) -> str:
    """The letter for a number: modulo 23, into the alphabet without I, O and S."""
    return CHECK_ALPHABET[number % 23]


def asn_check_letter(asn: str) -> str:
    """The letter for a stored ASN, of which only the first 19 characters are looked at.

    The number is force and system, each only if it is two digits, then year and sequence. The unit takes no part, so
    an error in it is not seen (reference-data 1.2).
    """
    force, system = asn[2:4], asn[6:8]
    number = (force if force.isdigit() else "") + (system if system.isdigit() else "") + asn[:2] + asn[8:19]
    return check_letter(int(number))


def _judge_letter(given: str, expected: str) -> Reason | None:
    if given == expected:
        return None
    return Reason.CHECK_LETTER if given in CHECK_ALPHABET else Reason.IMPOSSIBLE_LETTER


# --- reading in general ----------------------------------------------------------------------------------------------


def _squeezed(text: str) -> str:
    """Upper case without blanks. Text outside ASCII gives nothing, since upper-casing could turn it into ASCII."""
    squeezed = "".join(text.split())
    return squeezed.upper() if squeezed.isascii() else ""


def _matched(pattern: re.Pattern[str], text: str) -> re.Match[str] | None:
    """The text as it stands, as most is, or else squeezed."""
    return pattern.fullmatch(text) or pattern.fullmatch(_squeezed(text))


def _unreadable(text: str) -> Identifier:
    return Identifier(text, None, Reason.FORMAT if text.strip() else Reason.EMPTY)


# --- PTIURN ----------------------------------------------------------------------------------------------------------

# FFUU, perhaps the slash of the PNC display, 3 to 7 digits (or 8: such URNs are met), perhaps a split or merge mark
_PTIURN = re.compile(r"([A-Z0-9]{4})/?([0-9]{3,8})((?:\(M\))?(?:/[1-9][0-9]{0,2})?)")
_OTHER_URN = re.compile(r"(?=[A-Z-]*[0-9])[A-Z0-9-]{8,36}")
_DUMMY_PTIURN = re.compile(r"00[NP]P|[0-9]{2}00")


def read_ptiurn(text: str) -> Identifier:
    """Read a case reference; sound when it is eleven characters, FFUUnnnnnYY, and not a dummy.

    Other lengths from 7 to 12 are read with a finding (the shorter ones pass the consumer's own rule, twelve are met
    in the field). The normal form has no blanks and no display slash; the marks of split and merged cases stay, since
    each part is a case of its own (`urn_root` takes them off). Text of 8 to 36 letters, digits and hyphens with a
    digit in it is another prosecutor's reference, which travels in the same field.
    """
    match = _matched(_PTIURN, text)
    if match is None:
        other = _matched(_OTHER_URN, text)
        return _unreadable(text) if other is None else Identifier(text, other.group(), Reason.NOT_POLICE)
    lead, rest, marks = match.groups()
    reason = None if len(rest) == 7 else Reason.LENGTH
    if _DUMMY_PTIURN.match(lead):
        reason = Reason.DUMMY
    return Identifier(text, lead + rest + marks, reason)


def is_dummy_ptiurn(text: str) -> bool:
    """Whether a PTIURN is a placeholder: 00NP or 00PP in front, or unit 00 (reference-data 1.3)."""
    match = _matched(_PTIURN, text)
    return match is not None and _DUMMY_PTIURN.match(match.group(1)) is not None


def urn_root(text: str) -> str:
    """The URN before `/` and `(M)`, which the parts of a split or merged case share (prisons-probation-cps 5.2).

    Text that is no URN is squeezed and cut in the same way.
    """
    value = read_ptiurn(text).value or _squeezed(text)
    return value.partition("/")[0].partition("(M)")[0]


def force_of_ptiurn(text: str) -> str | None:
    """The two digits of the force in front of a PTIURN, known or not; None where there are none.

    A dummy gives its two digits too: whoever looks for an owner asks `is_dummy_ptiurn` first (courts 2.2).
    """
    match = _matched(_PTIURN, text)
    if match is None:
        return None
    force = match.group(1)[:2]
    return force if force.isdigit() else None


def make_ptiurn(*, force: str, unit: str, serial: int, year: int) -> str:
    """Build a PTIURN; `year` is whole (2024). ValueError where a part does not fit."""
    built = f"{force}{unit}{serial:05d}{year % 100:02d}"
    if len(force) != 2 or len(unit) != 2 or read_ptiurn(built).value != built or len(built) != 11:
        raise ValueError("the parts do not fit a PTIURN")
    return built


# --- ASN -------------------------------------------------------------------------------------------------------------

_ASN = re.compile(r"[0-9]{2}[A-Z0-9]{6}[0-9]{11}[A-Z]")
_DUMMY_ASN = re.compile(  # police-spi 4; each alternative is 20 characters long
    r"0800[NP]P01[0-9]{11}[A-HJ-NP-RT-Z]|[0-9]{4}NRPR[A-Z0-9]{12}|[0-9]{2}"
    r"(?:12LN00[0-9]{11}|00NP00[0-9]{11}|6300[0-9]{13}|06SS[A-Z0-9]{2}[0-9]{11}|00XX[A-Z0-9]{2}[0-9]{11}"
    r"|50(?:11|12|21|41|42|43|OF|SJ)[A-Z0-9]{2}[0-9]{11})[A-HJ-NP-RT-Z]"
)


def read_asn(text: str) -> Identifier:
    """Read an ASN in any of its forms; the normal form is the stored one of 20 characters.

    Slashes go, the sequence is padded to 11, the third character of a 21-character ASN (a letter for the kind of
    organisation) goes. Text under 10 characters is never expanded. A wrong check letter is told before a dummy.
    """
    stored = text if _ASN.fullmatch(text) else _expanded_asn(text)
    if not stored:
        return _unreadable(text)
    reason = _judge_letter(stored[19], asn_check_letter(stored))
    if reason is None and _DUMMY_ASN.fullmatch(stored):
        reason = Reason.DUMMY
    return Identifier(text, stored, reason)


def _expanded_asn(text: str) -> str:
    """The 20-character form of any other form; nothing where it cannot be told."""
    compact = _squeezed(text).replace("/", "")
    if len(compact) == 21:
        compact = compact[:2] + compact[3:]
    sequence = compact[8:-1]
    if len(compact) < 10 or not sequence.isdigit():
        return ""
    stored = compact[:8] + sequence.zfill(11) + compact[-1]
    return stored if _ASN.fullmatch(stored) else ""


def is_dummy_asn(text: str) -> bool:
    """Whether an ASN is a placeholder, put there when none or a bad one was known (reference-data 1.2, police-spi 4).

    Its check letter may be right or wrong; one kind has letters in its sequence, and so is a dummy that has no value.
    """
    stored = text if _ASN.fullmatch(text) else _expanded_asn(text) or _squeezed(text).replace("/", "")
    return _DUMMY_ASN.search(stored) is not None


def force_of_asn(text: str) -> str | None:
    """The two characters of the force in an ASN, known or not; None where the ASN is unreadable."""
    value = read_asn(text).value
    return None if value is None else value[2:4]


def make_asn(*, year: int, force: str, unit: str, sequence: int, system: str = "00") -> str:
    """Build a stored ASN with its right check letter; `year` is whole (2024). ValueError where a part does not fit."""
    body = f"{year % 100:02d}{force}{unit}{system}{sequence:011d}"
    if (len(force), len(unit), len(system)) != (2, 2, 2) or not _ASN.fullmatch(body + "Z"):
        raise ValueError("the parts do not fit an ASN")
    return body + asn_check_letter(body)


# --- PNC id, CRO number, court case reference ------------------------------------------------------------------------

# a year of four digits when a slash follows it, or exactly seven digits and a letter; otherwise a year of two
_PNC = re.compile(r"((?:19|20)[0-9]{2}(?=/|[0-9]{7}[A-Z]\Z)|[0-9]{2})/?([0-9]{1,7})([A-Z])")
_CRO_STANDARD = re.compile(r"([0-9]{1,6})/([0-9]{2})([A-Z])")
_CRO_SMALL_FILE = re.compile(r"SF([0-9]{2})/([0-9]{1,6})([A-Z])")
_CCR = re.compile(r"([0-9]{2})/([0-9]{4})/([0-9]{1,6})([A-Z])")
_CRO_DUMMY = "000000/00Z"  # prisons-probation-cps 4.1


def read_pnc(text: str) -> Identifier:
    """Read a PNC id; the normal form is 1979/0163001B. With a slash the year is what stands before it; without one,
    twelve characters are 4 + 7 + 1, and anything shorter starts with a year of two digits.

    A two-digit year of 39 to 99 is 19xx, of 00 to 38 is 20xx, which is the prison services' rule (reference-data 1.4).
    The other rule in use, "up to this year is 20xx", would give the same text another normal form in another year, and
    a normal form is a key. The check letter does not cover the century, so nothing else can tell; the text is kept.
    """
    match = _matched(_PNC, text)
    if match is None:
        return _unreadable(text)
    year, serial, letter = match.groups()
    if len(year) == 2:
        year = ("19" if int(year) >= PNC_PIVOT else "20") + year
    serial = serial.zfill(7)
    reason = _judge_letter(letter, check_letter(int(year[2:] + serial)))
    return Identifier(text, f"{year}/{serial}{letter}", reason)


def read_cro(text: str) -> Identifier:
    """Read a CRO number: serial/year, padded to six digits, or SFyear/serial, left as written (reference-data 1.5).

    The sources dispute how a small-file serial enters the check: as written and padded to five both count as right.
    """
    match = _matched(_CRO_STANDARD, text)
    if match is not None:
        serial, year, letter = match.groups()
        serial = serial.zfill(6)
        value = f"{serial}/{year}{letter}"
        reason = _judge_letter(letter, check_letter(int(year + serial)))
        return Identifier(text, value, Reason.DUMMY if value == _CRO_DUMMY else reason)
    match = _matched(_CRO_SMALL_FILE, text)
    if match is None:
        return _unreadable(text)
    year, serial, letter = match.groups()
    reason = _judge_letter(letter, check_letter(int(year + serial)))
    if reason is not None and letter == check_letter(int(year + serial.zfill(5))):
        reason = None
    return Identifier(text, match.group(), reason)


def read_ccr(text: str) -> Identifier:
    """Read a court case reference, PNC's number for a court case: year/court/serial (reference-data 1.6)."""
    match = _matched(_CCR, text)
    if match is None:
        return _unreadable(text)
    year, court, serial, letter = match.groups()
    serial = serial.zfill(6)
    reason = _judge_letter(letter, check_letter(int(year + court + serial)))
    return Identifier(text, f"{year}/{court}/{serial}{letter}", reason)


def make_pnc(*, year: int, serial: int) -> str:
    """Build a PNC id with its right check letter; `year` is whole (1979). ValueError where a part does not fit."""
    if not (1900 <= year <= 2099 and 0 <= serial <= 9_999_999):
        raise ValueError("the parts do not fit a PNC id")
    return f"{year}/{serial:07d}{check_letter(int(f'{year % 100:02d}{serial:07d}'))}"


def make_cro(*, year: int, serial: int, small_file: bool = False) -> str:
    """Build a CRO number with its right check letter; `year` is whole (1999). ValueError where a part does not fit."""
    if year < 0 or not 0 <= serial <= 999_999:
        raise ValueError("the parts do not fit a CRO number")
    short_year = f"{year % 100:02d}"
    if small_file:
        return f"SF{short_year}/{serial}{check_letter(int(f'{short_year}{serial}'))}"
    return f"{serial:06d}/{short_year}{check_letter(int(f'{short_year}{serial:06d}'))}"


# --- those without a check letter ------------------------------------------------------------------------------------

_OU_CODE = re.compile(r"[A-JZ0-9]?[A-Z0-9]{6}")
_NOMS = re.compile(r"[A-Z][0-9]{4}[A-Z]{2}")
_CRN = re.compile(r"[A-Z]{1,2}[0-9]{6}")
_OFFENCE_CODE = re.compile(r"[A-Z0-9]{1,8}")
_NATIONAL_OFFENCE = re.compile(r"(?:[A-Z]{2}[0-9]{2}|COML)[0-9]{3}[ABCI]?")
_POSTCODE = re.compile(r"([A-Z]{1,2}[0-9R][0-9A-Z]?|[A-Z]{4}(?= ?1ZZ)) ?([0-9][A-Z]{2})")
_POSTCODE_DUMMIES = frozenset({"NF1 1NF", "NF1 1FA"})  # prisons-probation-cps 4.1: dropped before matching


def read_ou_code(text: str) -> Identifier:
    """Read an OU code of 7 characters, or of 6 for police without the first level (reference-data 1.10).

    Z000000 and 0000... are placeholders of route headers and name nobody (reference-data, trap 27). O, I and S may
    stand in a code, so nothing is corrected.
    """
    match = _matched(_OU_CODE, text)
    if match is None:
        return _unreadable(text)
    value = match.group()
    placeholder = value.startswith("0000") or value == "Z000000"
    return Identifier(text, value, Reason.DUMMY if placeholder else None)


def read_noms(text: str) -> Identifier:
    """Read a prisoner number: a letter, four digits, two letters."""
    match = _matched(_NOMS, text)
    return _unreadable(text) if match is None else Identifier(text, match.group(), None)


def read_crn(text: str) -> Identifier:
    """Read a probation CRN: a letter and six digits; two letters are the older rule, read with a finding."""
    match = _matched(_CRN, text)
    if match is None:
        return _unreadable(text)
    value = match.group()
    return Identifier(text, value, None if len(value) == 7 else Reason.OLD_FORM)


def read_offence_code(text: str) -> Identifier:
    """Read a CJS offence code of up to 8 characters; sound when it has the national form (courts 2.2).

    Act and source, year, reason, and perhaps a qualifier (A attempt, B aid and abet, C conspire, I incite). Anything
    else can only be a force's own code. Tables look codes up in exact case, and one local code is in mixed case: where
    the normal form is not found, the text is worth a second look-up.
    """
    match = _matched(_OFFENCE_CODE, text)
    if match is None:
        return _unreadable(text)
    value = match.group()
    return Identifier(text, value, None if _NATIONAL_OFFENCE.fullmatch(value) else Reason.NOT_NATIONAL)


def read_postcode(text: str) -> Identifier:
    """Read a postcode; the normal form has exactly one space (police-spi 2.3).

    GIR 0AA is read, and four letters with 1ZZ for the overseas territories; those are wider than the SPI schema.
    """
    match = _matched(_POSTCODE, text)
    if match is None:
        return _unreadable(text)
    value = f"{match.group(1)} {match.group(2)}"
    return Identifier(text, value, Reason.DUMMY if value in _POSTCODE_DUMMIES else None)
