"""Values read while their oddities are noted: what a Reader uses so that nothing questionable goes unsaid.

Rule: the text stays as received; a value that cannot be read, or that is not sound, makes one finding with its path.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from decimal import Decimal

from hub.contract.tables import Tables
from hub.message import identifiers
from hub.message.envelope import Finding
from hub.message.identifiers import Identifier, Reason
from hub.message.values import Coded, Dated, Moment, Numbered, Timed

KINDS: dict[Callable[[str], Identifier], str] = {
    identifiers.read_asn: "ASN",
    identifiers.read_pnc: "PNC",
    identifiers.read_cro: "CRO",
    identifiers.read_ptiurn: "PTIURN",
    identifiers.read_ou_code: "OU_CODE",
    identifiers.read_noms: "NOMS",
    identifiers.read_crn: "CRN",
    identifiers.read_offence_code: "OFFENCE_CODE",
    identifiers.read_postcode: "POSTCODE",
}
"""What findings call each kind of identifier."""

MOST_DIGITS = 40
_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)", re.ASCII)


@dataclass(slots=True)
class Findings:
    """What is questionable in one message, gathered while it is read. `offence` is the position being read, if any."""

    noted: list[Finding] = field(default_factory=list)
    offence: int | None = None

    def note(self, code: str, path: str, words: str) -> None:
        """Add one finding at the offence being read."""
        self.noted.append(Finding(code=code, path=path, words=words, offence=self.offence))

    def identifier(self, read: Callable[[str], Identifier], text: str, path: str) -> Identifier:
        """An identifier; a finding where it is unreadable or unsound. An empty one is empty, without a finding."""
        identifier = read(text)
        if identifier.reason is not None and identifier.reason is not Reason.EMPTY:
            self.note(unsound(read, identifier.reason), path, identifier.reason.words)
        return identifier

    def day(self, text: str, path: str, form: str = "%Y-%m-%d") -> Dated:
        """A date in the form given; an empty one is empty, without a finding."""
        try:
            return Dated(text, datetime.strptime(text.strip(), form).date())  # noqa: DTZ007 - a day has no zone
        except ValueError:
            self._unreadable("DATE", text, path, "a date of the calendar in the form of this dialect")
            return Dated(text)

    def clock(self, text: str, path: str) -> Timed:
        """A time of day as HH:MM or HH:MM:SS."""
        try:
            return Timed(text, time.fromisoformat(text.strip()).replace(tzinfo=None))
        except ValueError:
            self._unreadable("TIME", text, path, "a time of day as HH:MM")
            return Timed(text)

    def number(self, text: str, path: str) -> Numbered:
        """A number, whole or decimal."""
        value = decimal_of(text)
        if value is None:
            self._unreadable("NUMBER", text, path, "a number in digits")
        return Numbered(text, value)

    def code(self, tables: Tables, table: str, text: str, path: str) -> Coded:
        """A code of a list; a finding where the list does not have it."""
        coded = tables.read(table, text)
        if coded.value is None and text.strip():
            self.note("UNKNOWN_CODE", path, f"this code is not in the list '{table}'")
        return coded

    def _unreadable(self, what: str, text: str, path: str, expected: str) -> None:
        if text.strip():
            self.note(f"UNREADABLE_{what}", path, f"this is not {expected}")


def unsound(read: Callable[[str], Identifier], reason: Reason) -> str:
    """The code of a finding about an identifier: which kind it is, and why it is not sound."""
    return f"{KINDS[read]}_{reason.value.upper()}"


def decimal_of(text: str) -> Decimal | None:
    """The number in digits that a text is, or None: no exponents, of which nine characters can name a gigabyte."""
    digits = text.strip()
    return Decimal(digits) if len(digits) <= MOST_DIGITS and _NUMBER.fullmatch(digits) else None


def day_of(text: str) -> date | None:
    """The date that an ISO 8601 text is, or None."""
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        return None


def clock_of(text: str) -> time | None:
    """The time of day that an ISO 8601 text without a zone is, or None."""
    try:
        read = time.fromisoformat(text.strip())
    except ValueError:
        return None
    return read if read.tzinfo is None else None


def moment_of(text: str) -> datetime | None:
    """The moment in UTC that an ISO 8601 text with an offset is, or None."""
    try:
        read = datetime.fromisoformat(text.strip())
        return None if read.tzinfo is None else read.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def moment(text: str) -> Moment:
    """A date and time as received, beside its reading."""
    return Moment(text, moment_of(text))
