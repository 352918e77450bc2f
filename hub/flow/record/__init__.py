"""record: is it news, which case is it, and what is the case now. Pure: it decides, the ledger writes.

Rule: a case is found by PTIURN alone where the message has one, else by ASN, else by NOMS number or CRN (design 2).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from hub.flow.record.keys import OPENS_CASE, keys_of
from hub.flow.record.register import change
from hub.ledger.decision import Known
from hub.ledger.register import RegisterChange
from hub.message.envelope import Message


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """The message is part of a case; this is what it changes."""

    case_id: str
    change: RegisterChange


@dataclass(frozen=True, slots=True)
class Duplicate:
    """An earlier message said the same and nothing has been said since."""

    of: str


@dataclass(frozen=True, slots=True)
class Unmatched:
    """No case is known for it, and a message of this type does not open one."""

    reason: str


def record(message: Message, known: Known, at: datetime) -> Recorded | Duplicate | Unmatched:
    """What a message does to the register."""
    if known.seen is not None and not known.seen.superseded:
        return Duplicate(known.seen.message_id)
    case_id = case_of(message, known)
    if case_id is None and not isinstance(message.body, OPENS_CASE):
        kinds = ", ".join(dict.fromkeys(key.kind for key in keys_of(message.body))) or "none given"
        return Unmatched(f"no case is known by its identifiers ({kinds})")
    chosen = case_id or known.new_case_id
    held = known.case if known.case is not None and known.case.case.id == chosen else None
    return Recorded(case_id=chosen, change=change(message, held, chosen, at))


def case_of(message: Message, known: Known) -> str | None:
    """The case that a message belongs to, None where none is known."""
    linked = {(link.kind, link.value): link.case_id for link in known.links}
    keys = keys_of(message.body)
    named = [key for key in keys if key.kind == "PTIURN"] or keys
    return next((linked[key] for key in named if key in linked), None)
