"""cjhub delivery: what an operator does about one delivery that stands still or is no longer wanted.

Rule: the ledger decides what a delivery's status allows; here it is asked, and its answer put into words.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from hub.cli import letters, moments, options
from hub.cli.delivery_show import show_delivery
from hub.cli.operating import (
    STOPPED,
    Place,
    Reason,
    actor,
    allows,
    blocker_of,
    command,
    commands_for,
    lane_of,
    refuse,
    tell,
    when,
)
from hub.cli.output import json_line, say
from hub.cli.replay_desk import why_not
from hub.message.lifecycle import DeliveryStatus

if TYPE_CHECKING:
    from hub.ledger import Ledger
    from hub.ledger.attempt import DeliveryRow, EndpointRow

app = typer.Typer(help="List deliveries; retry, give up, let pass or replay them.", no_args_is_help=True)
app.command("list")(letters.list_deliveries)
app.command("show")(show_delivery)

DeliveryId = Annotated[str, typer.Argument(metavar="DELIVERY_ID", help="The delivery's id, as `cjhub trace` shows it.")]

OneOrMany = Annotated[
    str | None,
    typer.Argument(metavar="[DELIVERY_ID]", help="The delivery's id; without it, those that the options select."),
]

Apply = Annotated[bool, typer.Option("--apply", help="Without an id: do it; else it is a dry run.")]

Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask first.")]

DryRun = Annotated[bool, typer.Option("--dry-run", help="Only say what would happen.")]

_CANNOT = {
    "retry": "it cannot be retried",
    "discard": "it cannot be given up",
    "let-pass": "others cannot be let past it",
    "replay": "it cannot be replayed",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A delivery as it stands before an act: how many wait behind it, and which of them is the first."""

    delivery: DeliveryRow
    endpoint: EndpointRow | None
    behind: int
    following: DeliveryRow | None

    @property
    def name(self) -> str:
        """The delivery in words."""
        return f"delivery {self.delivery.id} to {self.delivery.endpoint}"

    @property
    def waiting(self) -> str:
        """How many wait behind it, in words."""
        return f"{self.behind} {'waits' if self.behind == 1 else 'wait'} behind it"


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """One act on one delivery: the ledger, which act, and how its end is told."""

    ledger: Ledger
    place: Place
    act: str
    delivery_id: str
    as_json: bool

    def standing(self) -> Standing:
        """The delivery as it stands; refuses where there is none, or where its status does not allow the act."""
        row = self.ledger.delivery(self.delivery_id)
        if row is None:
            refuse(f"no delivery has the id {self.delivery_id} (cjhub trace shows them)", self.as_json)
        behind = self.ledger.blocked_behind(row.id)
        standing = Standing(
            delivery=row,
            endpoint=self.ledger.endpoint(row.endpoint),
            behind=behind,
            following=self._following(row) if behind else None,
        )
        if not allows(row.status, self.act):
            self.refuse(standing, _CANNOT[self.act])
        return standing

    def _following(self, row: DeliveryRow) -> DeliveryRow | None:
        after = (one for one in lane_of(self.ledger, row) if one.lane_seq > row.lane_seq)
        return next((one for one in after if one.status is DeliveryStatus.WAITING), None)

    def insist(self, done: object) -> None:
        """Refuse where the ledger did nothing: the delivery has moved since it was read, or is let past already."""
        if not done:
            standing = self.standing()
            self.refuse(standing, "others pass it already" if self.act == "let-pass" else "nothing was done")

    def refuse(self, standing: Standing, why: str) -> NoReturn:
        """Say which status it is in, why the act is not possible, and what is."""
        row = standing.delivery
        possible = commands_for(row, standing.behind)
        words = f"{standing.name} is {row.status} ({row.status.words}): {why}"
        if row.status is DeliveryStatus.SENDING and row.lease_until is not None:
            words += f" before the attempt ends, by {row.lease_until:%H:%M:%S} UTC at the latest"
            possible = (command("trace", row.id, reason=False),)
        typed = tuple(self.place.typed(one) for one in possible)
        refuse(f"{words}. Possible is:", self.as_json, typed, delivery=row.id, status=str(row.status))

    def tell(self, words: str, standing: Standing, **more: object) -> None:
        """Say what was done and what comes next."""
        row = self.ledger.delivery(self.delivery_id) or standing.delivery
        facts = {"delivery": row.id, "endpoint": row.endpoint, "was": str(standing.delivery.status)}
        tell(words, self.as_json, **facts, status=str(row.status), behind=standing.behind, **more)

    def would(self, words: str, standing: Standing) -> None:
        """Say what a dry run found."""
        said, row = f"dry run: {words}; nothing was changed", standing.delivery
        following = standing.following.id if standing.following else None
        facts = {"delivery": row.id, "status": str(row.status), "behind": standing.behind, "next": following}
        json_line({"done": False, "dry_run": True, "words": said} | facts) if self.as_json else say(said)


@app.command()
def retry(
    reason: Reason,
    delivery_id: OneOrMany = None,
    status: letters.Statuses = None,
    endpoint: letters.Endpoint = None,
    party: letters.Party = None,
    since: moments.Since = None,
    reason_like: letters.ReasonLike = None,
    dry_run: DryRun = False,
    apply: Apply = False,
    yes: Yes = False,
    as_json: options.Json = False,
    config: options.Config = None,
    data: options.Data = None,
) -> None:
    """Send a DEAD or INVALID delivery again, or all that the options select, with the same ids and the same bytes.

    Exit code 0; 1 where there is no such delivery or it is in another status.
    """
    asked = letters.Asked(statuses=status or (), endpoint=endpoint, party=party, since=since, reason_like=reason_like)
    many = letters.Many(act="retry", reason=reason, apply=apply and not dry_run, yes=yes, as_json=as_json)
    if delivery_id is None:
        many.run(asked, Place(config, data))
        return
    asked.expect_none()
    with _desk("retry", delivery_id, as_json, Place(config, data), idle=not dry_run) as desk:
        before = desk.standing()
        if dry_run:
            desk.would(f"would send {before.name}, which is {before.delivery.status}, again", before)
            return
        desk.insist(desk.ledger.revive(delivery_id, actor(), reason))
        row, waiting = before.delivery, f"; {before.waiting}" if before.behind else ""
        desk.tell(
            f"{before.name}, which was {row.status}, is due again: "
            f"attempt {row.attempts + 1} goes {when(before.endpoint, desk.place)}{waiting}",
            before,
        )


@app.command()
def discard(
    reason: Reason,
    delivery_id: OneOrMany = None,
    status: letters.Statuses = None,
    endpoint: letters.Endpoint = None,
    party: letters.Party = None,
    since: moments.Since = None,
    reason_like: letters.ReasonLike = None,
    dry_run: DryRun = False,
    apply: Apply = False,
    yes: Yes = False,
    as_json: options.Json = False,
    config: options.Config = None,
    data: options.Data = None,
) -> None:
    """Give a delivery up for good, or all that the options select; what waits behind goes on. Asks first at a terminal.

    Exit code 0; 1 where there is no such delivery, an attempt is under way, it is settled already, or you say no.
    """
    asked = letters.Asked(statuses=status or (), endpoint=endpoint, party=party, since=since, reason_like=reason_like)
    many = letters.Many(act="discard", reason=reason, apply=apply and not dry_run, yes=yes, as_json=as_json)
    if delivery_id is None:
        many.run(asked, Place(config, data))
        return
    asked.expect_none()
    with _desk("discard", delivery_id, as_json, Place(config, data), idle=not dry_run) as desk:
        before = desk.standing()
        words = f"{before.name}, which is {before.delivery.status}"
        if dry_run:
            desk.would(f"would give up {words}; {_opened(before, desk.place)}", before)
            return
        if not yes:
            _ask(desk, f"Give up {words}, for good ({_opened(before, desk.place)})?", before.delivery.status)
        desk.insist(desk.ledger.discard(delivery_id, actor(), reason))
        desk.tell(f"gave up {before.name}, which was {before.delivery.status}; {_opened(before, desk.place)}", before)


@app.command("let-pass")
def let_pass(
    delivery_id: DeliveryId,
    reason: Reason,
    dry_run: DryRun = False,
    as_json: options.Json = False,
    config: options.Config = None,
    data: options.Data = None,
) -> None:
    """Let what waits behind a DEAD or INVALID delivery go past it, marked. It stays as it is, and may be retried.

    Exit code 0; 1 where there is no such delivery, it is in another status, or others pass it already.
    """
    with _desk("let-pass", delivery_id, as_json, Place(config, data), idle=not dry_run) as desk:
        before = desk.standing()
        words = f"{before.name}, which stays {before.delivery.status}; {_opened(before, desk.place)}"
        if dry_run:
            if _is_passed(desk.ledger, before):
                desk.refuse(before, "others pass it already")
            desk.would(f"would let others pass {words}", before)
            return
        desk.insist(desk.ledger.let_pass(delivery_id, actor(), reason))
        desk.tell(f"others may pass {words}", before)


@app.command()
def replay(
    delivery_id: DeliveryId,
    reason: Reason,
    as_json: options.Json = False,
    config: options.Config = None,
    data: options.Data = None,
) -> None:
    """Make a new delivery of the same message, with bytes made anew, which names the one it replays.

    Exit code 0; 1 where there is no such delivery, it is still on its way, or no route gives it to its recipient now.
    """
    with _desk("replay", delivery_id, as_json, Place(config, data)) as desk:
        before = desk.standing()
        barred = why_not(desk.place, desk.ledger, before.delivery)
        if barred is not None:
            desk.refuse(before, f"it cannot be replayed: {barred}")
        made = desk.ledger.replay(delivery_id, actor(), reason)
        desk.insist(made)
        words = f"{before.name}, which is {before.delivery.status}, is replayed as delivery {made}: "
        desk.tell(words + _turn(desk, str(made), before.endpoint), before, replay=made)


# --- in words


@contextmanager
def _desk(act: str, delivery_id: str, as_json: bool, place: Place, *, idle: bool = True) -> Iterator[Desk]:
    with place.ledger() as ledger:
        yield Desk(ledger=ledger, place=place, act=act, delivery_id=delivery_id, as_json=as_json)
    if idle:
        place.note_idle()


def _ask(desk: Desk, question: str, status: DeliveryStatus) -> None:
    """Ask at a terminal. Whatever changed while somebody thought about the answer makes it void."""
    if not sys.stdin.isatty():
        return
    if not typer.confirm(question, err=True):
        refuse("nothing was done", desk.as_json, delivery=desk.delivery_id, status=str(status))
    now = desk.standing()
    if now.delivery.status is not status:
        desk.refuse(now, f"it was {status} when you were asked, so nothing was done")


def _opened(before: Standing, place: Place) -> str:
    """What goes on once this delivery is in the way no more."""
    if not before.behind:
        return "nothing waits behind it"
    if before.delivery.status is DeliveryStatus.WAITING:
        return f"{before.waiting}; what goes before it still goes first"
    first = f"delivery {before.following.id}" if before.following else "the first of them"
    return f"{before.waiting}: {first} goes {when(before.endpoint, place)}"


def _is_passed(ledger: Ledger, standing: Standing) -> bool:
    """Whether others go past a stopped delivery already, by an operator's word or by the endpoint's setting."""
    if standing.behind or standing.delivery.status not in STOPPED:
        return False
    by_setting = standing.endpoint is not None and standing.endpoint.on_dead.value == "pass"
    return by_setting or any(row.action == "passed" for row in ledger.audit_of("delivery", standing.delivery.id))


def _turn(desk: Desk, made: str, endpoint: EndpointRow | None) -> str:
    """What comes of a delivery that a replay has made."""
    row = desk.ledger.delivery(made)
    first = blocker_of(desk.ledger, row) if row is not None else None
    if first is None:
        return f"it goes {when(endpoint, desk.place)}"
    words = f"it waits its turn behind delivery {first.id}, which is {first.status}"
    if first.status not in STOPPED:
        return words
    return f"{words}, until that is given up ({desk.place.typed(command('delivery', 'discard', first.id))})"
