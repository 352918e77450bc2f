"""What the acts of operators share: who acts, why, what may be done to a delivery, and the commands to type for it.

Rule: no act without a reason. Who acts is the user that the process belongs to, whatever the environment says.
"""

from __future__ import annotations

import os
import pwd
import shlex
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from hub.cli.output import Code, json_line, say, warn
from hub.message.lifecycle import DELIVERY_TABLE, SETTLED, DeliveryEvent, DeliveryStatus

if TYPE_CHECKING:
    from hub.ledger import Ledger
    from hub.ledger.attempt import DeliveryRow, EndpointRow

STOPPED = (DeliveryStatus.DEAD, DeliveryStatus.INVALID)
"""Statuses of a delivery that only an operator ends."""

ON_ITS_WAY = (DeliveryStatus.WAITING, DeliveryStatus.DUE, DeliveryStatus.SENDING)

_MOST = 200  # messages of one case that are looked through for its lane, the latest


def _reason(text: str) -> str:
    if not text.strip(" ."):  # nor the dots of a command copied from `cjhub trace`
        raise typer.BadParameter("say why: it is kept in the audit")
    return text.strip()


Reason = Annotated[
    str,
    typer.Option("--reason", metavar="TEXT", help="Why; it is kept in the audit.", callback=_reason),
]


def actor() -> str:
    """Who acts, as the audit names him: the user of the operating system."""
    try:
        return f"operator:{pwd.getpwuid(os.getuid()).pw_name}"
    except KeyError:  # a user without a name, as in some containers
        return f"operator:{os.getuid()}"


# --- commands to type


def command(*words: str, reason: bool = True) -> str:
    """A command as it is typed, with room for the reason where it takes one."""
    return shlex.join(("cjhub", *words)) + (' --reason "..."' if reason else "")


@dataclass(frozen=True, slots=True)
class Place:
    """Where the hub is, as it was given on the command line: the next command to type needs it as well."""

    config: Path | None
    data: Path | None

    def ledger(self) -> AbstractContextManager[Ledger]:
        """The ledger there. Raises Misconfigured where there is none."""
        from hub.cli.folder import ledger_in

        return ledger_in(self.config, self.data)

    def typed(self, one: str) -> str:
        """A command with what says where the hub is, unless the environment says it."""
        config = None if str(self.config) == os.environ.get("CJHUB_CONFIG") else self.config
        given = {"--config": config, "--data": self.data}
        return one + "".join(f" {name} {shlex.quote(str(path))}" for name, path in given.items() if path is not None)

    def note_idle(self) -> None:
        """Say so where no hub runs on the data folder, for then nothing goes on."""
        from hub.cli.folder import is_held, lock_of, settings_of

        lock = lock_of(settings_of(self.config, data=self.data))
        if lock is not None and not is_held(lock):
            warn("no hub runs on this data folder: nothing goes on until one does (cjhub serve)")


def allows(status: DeliveryStatus, act: str) -> bool:
    """Whether a delivery in this status may be retried, discarded, let past ("let-pass") or replayed."""
    match act:
        case "retry":
            return (status, DeliveryEvent.REVIVE) in DELIVERY_TABLE
        case "discard":
            return (status, DeliveryEvent.DISCARD) in DELIVERY_TABLE
        case "let-pass":
            return status in STOPPED
        case _:
            return status not in ON_ITS_WAY


def commands_for(delivery: DeliveryRow, behind: int) -> tuple[str, ...]:
    """Every command that makes sense for a delivery as it is, with so many waiting behind it."""
    acts = [act for act in ("retry", "discard", "let-pass", "replay") if allows(delivery.status, act)]
    return tuple(command("delivery", act, delivery.id) for act in acts if act != "let-pass" or behind)


# --- what bears on a delivery


def lane_of(ledger: Ledger, delivery: DeliveryRow) -> list[DeliveryRow]:
    """What goes to the same endpoint for the same case and is not settled, in its order: this delivery too."""
    from hub.ledger.account import MessageQuery

    message = ledger.message(delivery.message_id)
    if message is None or message.case_id is None:
        ids = [delivery.message_id]
    else:
        ids = [row.id for row in ledger.find_messages(MessageQuery(case_id=message.case_id, limit=_MOST)).rows]
    lane = [
        one
        for id in ids
        for one in ledger.deliveries_of(id)
        if (one.order_key, one.endpoint) == (delivery.order_key, delivery.endpoint) and one.status not in SETTLED
    ]
    return sorted(lane, key=lambda one: one.lane_seq)


def blocker_of(ledger: Ledger, delivery: DeliveryRow) -> DeliveryRow | None:
    """The first of its lane that is in the way of a delivery; what others are let past is not."""
    before = (one for one in lane_of(ledger, delivery) if one.lane_seq < delivery.lane_seq)
    return next((one for one in before if ledger.blocked_behind(one.id)), None)


def when(endpoint: EndpointRow | None, place: Place) -> str:
    """When something goes whose turn has come."""
    gate = endpoint.gate.value if endpoint is not None else "up"
    if endpoint is not None and gate == "held":
        release = place.typed(command("endpoint", "release", endpoint.code))
        return f"once the endpoint, which is held, is released ({release})"
    if gate == "broken":
        return "once the recipient, who cannot be reached, answers again"
    return "as soon as a worker is free"


# --- what is told


def tell(words: str, as_json: bool, **facts: object) -> None:
    """What was done: a line for people, or an object for programs."""
    json_line({"done": True, "words": words} | facts) if as_json else say(words)


def refuse(words: str, as_json: bool, possible: tuple[str, ...] = (), **facts: object) -> NoReturn:
    """Why nothing was done and what may be done instead; ends with exit code 1."""
    warn(words)
    for one in possible:
        warn(f"    {one}")
    if as_json:
        json_line({"done": False, "words": words, "possible": list(possible)} | facts)
    raise typer.Exit(Code.NO)
