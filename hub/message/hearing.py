"""What courts tell: hearings listed and hearings resulted."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from hub.message.case import Defendant, HearingSlot
from hub.message.people import Ptiurn
from hub.message.values import Coded, Moment


class ListType(StrEnum):
    """The kind of list that a hearing stands in."""

    DAILY = "DAILY"
    WARNED = "WARNED"
    FIRM = "FIRM"


@dataclass(frozen=True, slots=True, kw_only=True)
class HearingListed:
    """A case listed for a day, a court and a room. `case_number` and `court_case_id` are the court's own."""

    ptiurn: Ptiurn | None = None
    hearing_id: str | None = None
    court_case_id: str | None = None
    case_number: str | None = None
    slot: HearingSlot
    room: str | None = None
    hearing_type: Coded | None = None
    list_type: ListType | None = None
    list_number: str | None = None
    defendants: tuple[Defendant, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class HearingResulted:
    """What a court decided at one hearing of one case. A repeat for the same hearing replaces the earlier one."""

    ptiurn: Ptiurn
    hearing_id: str | None = None
    slot: HearingSlot
    psa_code: Coded | None = None
    shared_at: Moment | None = None
    amended: bool | None = None
    defendants: tuple[Defendant, ...] = ()
