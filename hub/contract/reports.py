"""What Writers share: the reports of what was done to a value, and values in the forms that agencies expect.

Rule: a report says where and why, never the value itself; what is derived is derived from stable keys, always the same.
"""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass, field
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from hub.contract import Outbound, Report, ReportKind, Stamp
from hub.contract.tables import Tables
from hub.document import JsonValue
from hub.message.case import HearingSlot
from hub.message.people import Address, AddressLines, Individual, StructuredAddress
from hub.message.values import Coded

LONDON = ZoneInfo("Europe/London")
ADULT = 18
USUAL_START = time(10, 0)

MADE_HERE = uuid.uuid5(uuid.NAMESPACE_URL, "urn:cjhub:exchange:1")
"""The space of the ids that Writers derive: the same keys always give the same id."""


@dataclass(slots=True)
class Reports:
    """What was done to the values of one delivery, gathered while it is written."""

    made: list[Report] = field(default_factory=list)

    def defaulted(self, path: str, words: str) -> None:
        """A value that the source does not have was filled in."""
        self.made.append(Report(kind=ReportKind.DEFAULTED, path=path, words=words))

    def adapted(self, path: str, words: str) -> None:
        """A value was put in another form."""
        self.made.append(Report(kind=ReportKind.ADAPTED, path=path, words=words))

    def derived_id(self, path: str, *keys: str | None) -> str:
        """A UUID for something that the source gives no UUID: version 5 of its stable keys."""
        self.defaulted(path, "the source has no id: made from what identifies it, always the same")
        return str(uuid.uuid5(MADE_HERE, "\n".join(key or "" for key in keys)))


def is_uuid(text: str | None) -> bool:
    """Whether a text is a UUID as everybody writes it."""
    try:
        return text is not None and str(uuid.UUID(text)) == text.lower()
    except ValueError:
        return False


def code_for(tables: Tables, table: str, coded: Coded | None) -> str | None:
    """The code of a list for a value of ours: the one received where the list has it, else the first that means it."""
    if coded is None:
        return None
    rows = tables.lists[table].rows
    if coded.text.strip() in rows and rows[coded.text.strip()]["value"] == coded.value:
        return coded.text.strip()
    return next((code for code, row in rows.items() if row["value"] == coded.value), None)


def lines_of(address: Address | None) -> tuple[AddressLines | None, bool]:
    """An address as lines, and whether its parts had to be put together."""
    if address is None or address.structured is None:
        return (None if address is None else address.lines), False
    parts: StructuredAddress = address.structured
    house = " ".join((part or "").strip() for part in (parts.paon, parts.street)).strip()
    given = (
        (parts.saon or "").strip(),
        house,
        parts.locality,
        parts.town or parts.post_town,
        parts.administrative_area,
    )
    lines = [line for line in given if line]
    lines += [""] * (5 - len(lines))
    first, second, third, fourth, fifth = (line or None for line in lines)
    return (
        AddressLines(line_1=first, line_2=second, line_3=third, line_4=fourth, line_5=fifth, postcode=parts.postcode),
        True,
    )


def is_youth(person: Individual | None, on: date) -> bool:
    """Whether somebody is known to be under 18 on a day: by date of birth, or else by the age given."""
    if person is None:
        return False
    born = None if person.born_on is None else person.born_on.value
    if born is not None:
        return on.year - born.year - ((on.month, on.day) < (born.month, born.day)) < ADULT
    age = None if person.age is None else person.age.value
    return age is not None and age < ADULT


def local_moment(slot: HearingSlot) -> datetime | None:
    """When a hearing starts, by the clock of its court; ten where no time is known, None where no day is.

    Not midnight, which in summer would be the day before in UTC.
    """
    day = None if slot.on is None else slot.on.value
    if day is None:
        return None
    at = None if slot.at is None else slot.at.value
    return datetime.combine(day, USUAL_START if at is None else at, LONDON)


def given(**values: JsonValue) -> dict[str, JsonValue]:
    """A JSON object of what is there: an absent value has no field, which is not the same as null (courts 4.1)."""
    return {name: value for name, value in values.items() if value is not None}


def as_json(content: JsonValue, stamp: Stamp, reports: Reports) -> Outbound:
    """A JSON delivery; the same content always gives the same bytes."""
    body = json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
    return Outbound(body=body, content_type="application/json", name=f"{stamp.id}.json", reports=tuple(reports.made))
