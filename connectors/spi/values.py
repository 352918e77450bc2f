"""The kinds of value in the Standard Prosecution Interface: how each text is read, and what text says a value.

Rule: reading never alters the text. It gives our reading beside it, and notes what cannot be read; an empty element is
a value of its own and no fault, except where the field is known for it. The lexical rules are those of police-spi 2.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, time
from decimal import ROUND_DOWN, Decimal
from operator import attrgetter
from typing import Any

from connectors.spi.fitting import Fit, carried, restricted
from connectors.spi.reading import Reading
from hub.contract import ReportKind
from hub.document import Element
from hub.message import identifiers
from hub.message.identifiers import Identifier, Reason
from hub.message.values import Coded, Dated, Numbered, Timed

Read = Callable[[str, Element, Reading], Any]
Show = Callable[[Any], str]
Fitted = Callable[[Any, Fit], str | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One kind of value. `show` is its text as received; `fit` a text for a recipient, None where none says it.

    A text has at most `limit` characters and at least `least`; `empty` tells whether the schema takes one of none.
    """

    read: Read
    show: Show
    fit: Fitted
    limit: int | None = None
    least: int = 0
    empty: bool = False


_shown: Show = attrgetter("text")

# --- texts -----------------------------------------------------------------------------------------------------------


def _as_is(text: str, node: Element, run: Reading) -> str:
    return text


def text(limit: int, least: int = 0) -> Kind:
    """Any text up to so many characters."""
    return Kind(read=_as_is, show=str, fit=lambda held, fit: carried(held), limit=limit, least=least, empty=least == 0)


def name(limit: int) -> Kind:
    """A text in the restricted alphabet, of at least one character (RS in police-spi 2)."""

    def fitted(held: str, fit: Fit) -> str:
        plain = restricted(held)
        if plain != held:
            fit.report(ReportKind.ADAPTED, "spelt without the characters that this interface has not")
        return plain

    return Kind(read=_as_is, show=str, fit=fitted, limit=limit, least=1)


def patterned(pattern: str, tidy: Callable[[str], str] = str) -> Kind:
    """A text that must have a form; `tidy` may bring it there, and otherwise it cannot be said."""
    form = re.compile(pattern, re.ASCII)

    def fitted(held: str, fit: Fit) -> str | None:
        tidied = held if form.fullmatch(held) else tidy(held)
        return tidied if form.fullmatch(tidied) else None

    return Kind(read=_as_is, show=str, fit=fitted)


def _dialled(number: str) -> str:
    return re.sub(r"[^0-9 \-]", "", number.replace("+", "00"))[:20].strip()


TELEPHONE = patterned(r"[0-9 \-]{1,20}", _dialled)
EMAIL = patterned(r"[0-9A-Za-z'.\-_]{1,127}@[0-9A-Za-z'.\-_]{1,127}", str.strip)
DRIVER_NUMBER = patterned(
    r"[A-Z,0-9]{5}[0-9][0,1,5,6][0-9](0[1-9]|[1-2][0-9]|3[0,1])[0-9][A-Z,0-9]{3}[A-Z]{2}",
    lambda number: "".join(number.split()).upper(),
)


# --- dates and times -------------------------------------------------------------------------------------------------

_DATE = re.compile(r"\s*([0-9]{4}-[0-9]{2}-[0-9]{2})(?:Z|[+-][0-9]{2}:[0-9]{2})?\s*", re.ASCII)
_TIME = re.compile(r"\s*([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:\.([0-9]+))?)?(?:Z|[+-][0-9]{2}:[0-9]{2})?\s*", re.ASCII)


def date_of(text: str) -> date | None:
    """The date that a text says, with or without a zone; None where it is none of the calendar."""
    match = _DATE.fullmatch(text)
    if match is None:
        return None
    try:
        return date.fromisoformat(match[1])
    except ValueError:
        return None


def _read_date(text: str, node: Element, run: Reading) -> Dated:
    found = date_of(text)
    if found is None and text.strip():
        run.note(node, "UNREADABLE_DATE", "this is not a date of the calendar as yyyy-mm-dd")
    return Dated(text, found)


def _read_time(text: str, node: Element, run: Reading) -> Timed:
    """The clock as written: a zone stays in the text (police-spi 6; up to seven fractional digits).

    The time of a hearing is read in `connectors.spi.hearingtime`, which knows the sender's traits.
    """
    match = _TIME.fullmatch(text)
    if match is not None:
        hour, minute, second, fraction = match.groups()
        try:
            return Timed(text, time(int(hour), int(minute), int(second or 0), int((fraction or "0")[:6].ljust(6, "0"))))
        except ValueError:
            pass
    if text.strip():
        run.note(node, "UNREADABLE_TIME", "this is not a time of day as hh:mm:ss")
    return Timed(text)


def _fit_date(held: Dated, fit: Fit) -> str | None:
    found = date_of(held.text) if held.value is None else held.value
    return None if found is None else found.isoformat()


def _fit_time(held: Timed, fit: Fit) -> str | None:
    return None if held.value is None else held.value.replace(tzinfo=None).isoformat(timespec="seconds")


DATE = Kind(read=_read_date, show=_shown, fit=_fit_date)
TIME = Kind(read=_read_time, show=_shown, fit=_fit_time)

# --- numbers ---------------------------------------------------------------------------------------------------------


_NUMBER = re.compile(r"\s*([+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+))\s*", re.ASCII)


def _read_number(text: str, node: Element, run: Reading) -> Numbered:
    match = _NUMBER.fullmatch(text)
    if match is not None:
        return Numbered(text, Decimal(match[1]))
    if text.strip():
        run.note(node, "UNREADABLE_NUMBER", "this is not a number in digits")
    return Numbered(text)


def whole(low: int, high: int, width: int = 0) -> Kind:
    """A whole number within bounds, written with at least `width` digits."""

    def fitted(held: Numbered, fit: Fit) -> str | None:
        number = held.value
        if number is None or number != number.to_integral_value() or not low <= number <= high:
            return None
        return f"{int(number):0{width}d}"

    return Kind(read=_read_number, show=_shown, fit=fitted)


def _fit_pounds(held: Numbered, fit: Fit) -> str | None:
    """Two places, rounded down, and a plus sign where there is something to pay (police-spi 3)."""
    if held.value is None or not 0 <= held.value < Decimal(10) ** 12:
        return None
    pounds = held.value.quantize(Decimal("0.01"), rounding=ROUND_DOWN)
    if pounds != held.value:
        fit.report(ReportKind.TRUNCATED, "rounded down to whole pence")
    return f"+{pounds:f}" if pounds else "0.00"


POUNDS = Kind(read=_read_number, show=_shown, fit=_fit_pounds)

# --- codes -----------------------------------------------------------------------------------------------------------


def coded(listed: str, pattern: str = ".?") -> Kind:
    """A code of one of our lists (config/codes)."""
    form = re.compile(pattern, re.ASCII | re.DOTALL)

    def read(text: str, node: Element, run: Reading) -> Coded:
        held = run.tables.read(listed, text)
        if held.value is None and text.strip():
            run.note(node, "UNKNOWN_CODE", f"this code is not in the list {listed}")
        return held

    def fitted(held: Coded, fit: Fit) -> str | None:
        if held.value is None and not held.text:
            return "" if form.fullmatch("") else None
        code = fit.code(listed, held)
        return code if code is not None and form.fullmatch(code) else None

    return Kind(read=read, show=_shown, fit=fitted, empty=form.fullmatch("") is not None)


def worded(pattern: str, limit: int | None = None) -> Kind:
    """A code of a list that we do not carry: where it has its form it is its own reading."""
    form = re.compile(pattern, re.ASCII)

    def read(text: str, node: Element, run: Reading) -> Coded:
        stripped = text.strip()
        return Coded(text, stripped if form.fullmatch(stripped) else None)

    def fitted(held: Coded, fit: Fit) -> str | None:
        for candidate in (held.text.strip(), held.value or ""):
            if form.fullmatch(candidate):
                return candidate
        return None

    return Kind(read=read, show=_shown, fit=fitted, limit=limit)


def _read_markers(text: str, node: Element, run: Reading) -> Coded:
    """Two-letter markers, run together or apart, each once (police-spi 5.7); read as `DV VI`."""
    words = text.upper().split()
    if len(words) == 1:
        words = [words[0][at : at + 2] for at in range(0, len(words[0]), 2)]
    value = " ".join(dict.fromkeys(words))
    readable = value and all(len(word) == 2 and word.isascii() and word.isalnum() for word in value.split())
    return Coded(text, value if readable else None)


def _fit_markers(held: Coded, fit: Fit) -> str:
    value = held.value or carried(held.text)
    return value if len(value) <= 10 else value.replace(" ", "")


MARKERS = Kind(read=_read_markers, show=_shown, fit=_fit_markers, limit=10)

# --- identifiers -----------------------------------------------------------------------------------------------------

_BICHARD_URN = re.compile(r"[A-Z0-9]{4}[0-9]{3,7}", re.ASCII)
_ALWAYS_WANTED = frozenset({"ASN", "PTIURN"})


def finding_code(kind: str, held: Identifier) -> str:
    """The code for an identifier with a reason: the field's own for ASN and PTIURN (courts 2.3), else ours."""
    reason = held.reason or Reason.FORMAT
    if kind == "ASN" and reason is not Reason.DUMMY:
        return "HO100206"
    if kind == "PTIURN" and not _BICHARD_URN.fullmatch(held.text.upper()):
        return "HO100201"
    return f"{kind}_{reason.value.upper()}"


def identifier(kind: str, read_text: Callable[[str], Identifier], fitted: Callable[[str], str | None]) -> Kind:
    """An identifier; `fitted` makes the recipient's spelling from our normal form, or from the text without one."""

    def read(text: str, node: Element, run: Reading) -> Identifier:
        held = read_text(text)
        reason = held.reason
        if reason is not None and (reason is not Reason.EMPTY or kind in _ALWAYS_WANTED):
            run.note(node, finding_code(kind, held), reason.words)
        return held

    return Kind(
        read=read, show=_shown, fit=lambda held, fit: fitted(carried(held.text if held.value is None else held.value))
    )


def _limited(kind: str, read_text: Callable[[str], Identifier], limit: int, least: int = 0) -> Kind:
    return replace(identifier(kind, read_text, str), limit=limit, least=least, empty=least == 0)


def _matching(pattern: str, tidy: Callable[[str], str] = str) -> Callable[[str], str | None]:
    form = re.compile(pattern, re.ASCII)

    def fitted(value: str) -> str | None:
        tidied = tidy(value)
        return tidied if form.fullmatch(tidied) else None

    return fitted


PTIURN = _limited("PTIURN", identifiers.read_ptiurn, 11, 1)
ASN = _limited("ASN", identifiers.read_asn, 20, 1)
OU_CODE = _limited("OU_CODE", identifiers.read_ou_code, 10)
OFFENCE_CODE = _limited("OFFENCE_CODE", identifiers.read_offence_code, 8)
CRO_NUMBER = _limited("CRO", identifiers.read_cro, 12)
PNC_ID = identifier(
    "PNC",
    identifiers.read_pnc,
    _matching(r"[0-9A-Za-z'.\-_]{0,13}", lambda value: value.replace("/", "")),  # police-spi 4: without the slash
)
POSTCODE = identifier("POSTCODE", identifiers.read_postcode, _matching(r"[A-Z]{1,2}[0-9R][0-9A-Z]? [0-9][A-Z]{2}"))
