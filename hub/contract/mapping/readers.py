"""The named readers of a mapping: what a text means. `read = "date:%d/%m/%Y"` is the reader `date` with an argument.

Rule: a reader never raises and never alters the text; what it cannot read is a finding beside the text. Each makes one
kind of value, which must be the kind of the field that it is given to.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from difflib import get_close_matches
from typing import TypeVar

from hub.contract.findings import KINDS, decimal_of, moment_of, unsound
from hub.contract.mapping.clocks import DATES, TIMES, BadForm, form_of, in_london, in_utc
from hub.contract.mapping.run import Run
from hub.contract.tables import Tables
from hub.document import Element
from hub.message import identifiers
from hub.message.identifiers import Identifier, Reason
from hub.message.values import Coded, Dated, Moment, Numbered, Timed

Value = TypeVar("Value")

Read = Callable[[str, Element, Run], object]
"""Reads a text that stands at an element."""


class BadReader(Exception):
    """An argument that a reader does not take; its words say why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """A reader: the type that it makes, what it does, and how it is made from its argument (None: no argument)."""

    makes: type
    words: str
    make: Callable[[str | None, Tables], Read]


def _plain(read: Callable[[str], object], words: str, makes: type) -> Reader:
    def make(argument: str | None, tables: Tables) -> Read:
        if argument is not None:
            raise BadReader("takes no argument")
        return lambda text, node, run: read(text)

    return Reader(makes=makes, words=words, make=make)


def _identifier(read: Callable[[str], Identifier]) -> Reader:
    def make(argument: str | None, tables: Tables) -> Read:
        if argument is not None:
            raise BadReader("takes no argument")

        def identifier(text: str, node: Element, run: Run) -> Identifier:
            made = read(text)
            if made.reason is not None and made.reason is not Reason.EMPTY:
                run.note(unsound(read, made.reason), node, made.reason.words)
            return made

        return identifier

    words = f"an identifier ({KINDS[read].replace('_', ' ')}), beside its normal form"
    return Reader(makes=Identifier, words=words, make=make)


def _code(argument: str | None, tables: Tables) -> Read:
    if argument is None:
        return lambda text, node, run: Coded(text)
    if argument not in tables.lists:
        near = nearest(argument, tables.lists)
        raise BadReader(f"there is no code table '{argument}'{near}")
    table = tables.lists[argument]

    def code(text: str, node: Element, run: Run) -> Coded:
        value = table.value(text.strip())
        if value is None and text.strip():
            run.note("UNKNOWN_CODE", node, f"this code is not in the list '{table.name}'")
        return Coded(text, value)

    return code


def _form(argument: str | None, default: str, letters: str = "") -> Callable[[str], datetime | None]:
    """Reads texts in a form, which must hold one of these letters."""
    form = argument or default
    if letters and not any(f"%{letter}" in form for letter in letters):
        raise BadReader(f"'{form}' holds nothing of what this reader reads")
    try:
        return form_of(form)
    except BadForm as cause:
        raise BadReader(f"'{form}' is not a form of date or time, such as %d/%m/%Y or %H:%M: {cause}") from None


_UTC_FORM = "%Y-%m-%dT%H:%M:%S%z"

Clock = Callable[[str, Run], "datetime | None"]


def _as_written(at: Callable[[str], datetime | None]) -> Clock:
    return lambda text, run: at(text)


def _date(argument: str | None, tables: Tables) -> Read:
    return _day_of(_as_written(_form(argument, "%Y-%m-%d", DATES)), "a date in the form of this mapping")


def _time(argument: str | None, tables: Tables) -> Read:
    return _clock_of(_as_written(_form(argument, "%H:%M", TIMES)), "a time of day in the form of this mapping")


def _utc_date(argument: str | None, tables: Tables) -> Read:
    return _day_of(_local(_form(argument, _UTC_FORM, DATES)), "a date and time in UTC")


def _utc_time(argument: str | None, tables: Tables) -> Read:
    return _clock_of(_local(_form(argument, _UTC_FORM, TIMES)), "a date and time in UTC")


def _day_of(at: Clock, expected: str) -> Read:
    def read(text: str, node: Element, run: Run) -> Dated:
        found = at(text, run)
        value = None if found is None else found.date()
        return Dated(text, _noted(value, "DATE", expected, text, node, run))

    return read


def _clock_of(at: Clock, expected: str) -> Read:
    def read(text: str, node: Element, run: Run) -> Timed:
        found = at(text, run)
        value = None if found is None else found.time()
        return Timed(text, _noted(value, "TIME", expected, text, node, run))

    return read


def _local(at: Callable[[str], datetime | None]) -> Clock:
    """The clock in London at a moment; the clock as it stands where the sender marks local times as UTC.

    The trait is `times_are_local` of the party (police-spi 6).
    """

    def local(text: str, run: Run) -> datetime | None:
        found = at(text)
        if found is None:
            return None
        return found.replace(tzinfo=None) if run.traits.get("times_are_local") == "true" else in_london(found)

    return local


def _moment(argument: str | None, tables: Tables) -> Read:
    if argument is None:
        return lambda text, node, run: Moment(
            text, _noted(moment_of(text), "MOMENT", "a date and time with its offset", text, node, run)
        )
    at = _form(argument, "", DATES)

    def read(text: str, node: Element, run: Run) -> Moment:
        found = at(text)
        value = None if found is None else in_utc(found)
        return Moment(text, _noted(value, "MOMENT", "a date and time in the form of this mapping", text, node, run))

    return read


def _number(argument: str | None, tables: Tables) -> Read:
    if argument is not None and not re.fullmatch(r"10{1,6}", argument):
        raise BadReader("is divided by its argument, which is 10, 100 and so on")
    places = 0 if argument is None else len(argument) - 1

    def read(text: str, node: Element, run: Run) -> Numbered:
        value = _noted(decimal_of(text), "NUMBER", "a number in digits", text, node, run)
        return Numbered(text, value if value is None or not places else _moved(value, places))

    return read


def _moved(number: Decimal, places: int) -> Decimal:
    """A number with its point so many places to the left, to the last digit."""
    sign, digits, exponent = number.as_tuple()
    return Decimal((sign, digits, int(exponent) - places))


def _flag(argument: str | None, tables: Tables) -> Read:
    yes, slash, no = (argument or "Y/N").partition("/")
    if not (yes and slash and no):
        raise BadReader("takes two texts, what is true and what is false: flag:Y/N")
    said = {yes: True, no: False}

    def read(text: str, node: Element, run: Run) -> bool | None:
        found = said.get(text.strip())
        if found is None:
            run.fault(node, "value", f"This is neither {yes} nor {no}.", text)
        return found

    return read


def _words(argument: str | None, tables: Tables) -> Read:
    """Some of the words of a text: `word:1`, `word:-1` for the last, `word:2..-2` for those between."""
    match = re.fullmatch(r"(-?[1-9]\d?)(?:\.\.(-?[1-9]\d?))?", argument or "")
    if match is None:
        raise BadReader("takes the places of words: word:1, word:-1 for the last, word:2..-2 for those between")
    first = int(match[1])
    last = first if match[2] is None else int(match[2])

    def read(text: str, node: Element, run: Run) -> str | None:
        words = text.split()
        start, end = (place - 1 if place > 0 else len(words) + place for place in (first, last))
        return " ".join(words[start : end + 1]) or None if start >= 0 and end >= start else None

    return read


def _noted(value: Value | None, what: str, expected: str, text: str, node: Element, run: Run) -> Value | None:
    if value is None and text.strip():
        run.note(f"UNREADABLE_{what}", node, f"this is not {expected}")
    return value


READERS: dict[str, Reader] = {
    "text": _plain(lambda text: text, "the text as it stands", str),
    "trimmed": _plain(str.strip, "the text without white space around it", str),
    "upper": _plain(lambda text: text.strip().upper(), "the text in capitals, without white space around it", str),
    "date": Reader(makes=Dated, words="a date; the argument is its form, by default %Y-%m-%d", make=_date),
    "time": Reader(makes=Timed, words="a local time of day; the argument is its form, by default %H:%M", make=_time),
    "utc-date": Reader(makes=Dated, words="the date in London at a date and time in UTC", make=_utc_date),
    "utc-time": Reader(makes=Timed, words="the clock in London at a date and time in UTC", make=_utc_time),
    "moment": Reader(makes=Moment, words="a date and time with its offset; with a form, local time", make=_moment),
    "code": Reader(makes=Coded, words="a code; the argument is the table in config/codes that it is in", make=_code),
    "number": Reader(makes=Numbered, words="a number; the argument, 10 or 100..., divides it", make=_number),
    "word": Reader(makes=str, words="words of a text by their places: word:1, word:-1, word:2..-2", make=_words),
    "flag": Reader(makes=bool, words="yes or no; the argument says how each is written, by default Y/N", make=_flag),
    "asn": _identifier(identifiers.read_asn),
    "pnc": _identifier(identifiers.read_pnc),
    "cro": _identifier(identifiers.read_cro),
    "ptiurn": _identifier(identifiers.read_ptiurn),
    "ou-code": _identifier(identifiers.read_ou_code),
    "noms": _identifier(identifiers.read_noms),
    "crn": _identifier(identifiers.read_crn),
    "offence-code": _identifier(identifiers.read_offence_code),
    "postcode": _identifier(identifiers.read_postcode),
}

BY_MARK = {
    "Asn": "asn",
    "PncId": "pnc",
    "CroNumber": "cro",
    "Ptiurn": "ptiurn",
    "OuCode": "ou-code",
    "NomsNumber": "noms",
    "Crn": "crn",
    "OffenceCode": "offence-code",
    "Postcode": "postcode",
}
"""The reader of each kind of identifier, where a mapping names none."""

BY_TYPE: dict[type, str] = {
    str: "text",
    Dated: "date",
    Timed: "time",
    Moment: "moment",
    Coded: "code",
    Numbered: "number",
    bool: "flag",
}
"""The reader of each kind of value, where a mapping names none."""


def nearest(name: str, known: Iterable[str]) -> str:
    """A hint at the nearest name that there is, empty where none is near."""
    near = get_close_matches(name, list(known), 1)
    return f"; did you mean '{near[0]}'?" if near else ""
