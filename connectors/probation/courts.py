"""A court and a moment as Common Platform writes them (courts 4.1).    Rule: a court is known by its OU code only."""

from __future__ import annotations

from datetime import UTC, datetime

from hub.contract.reports import Reports
from hub.document import JsonValue
from hub.message.case import HearingSlot


def moment_json(at: datetime) -> str:
    """A moment as Common Platform writes it: UTC, milliseconds, Z."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def court_code(slot: HearingSlot) -> str:
    """The OU code of a court, in its normal form where it could be read."""
    return "" if slot.court is None else slot.court.value or slot.court.text.strip()


def court_centre(slot: HearingSlot, path: str, reports: Reports) -> dict[str, JsonValue]:
    """A court by its OU code, whose last two characters are the room; the names of courts are not ours to give."""
    code = court_code(slot)
    reports.defaulted(f"{path}/name", "the source names the court by its code only")
    reports.defaulted(f"{path}/roomName", "the room is the end of the OU code")
    return {
        "id": reports.derived_id(f"{path}/id", "court-centre", code[:5]),
        "code": code,
        "name": code,
        "roomId": reports.derived_id(f"{path}/roomId", "court-room", code),
        "roomName": code[5:7] or "00",
    }
