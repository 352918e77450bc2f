"""cjhub delivery list, and retry and discard for many: deliveries found by status, endpoint, party, age and reason.

Rule: counts come first. What is done to many is a dry run unless `--apply` is given, and is done page by page.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from hub.cli import moments, options
from hub.cli.operating import STOPPED, Place, actor, allows, refuse, tell
from hub.cli.output import add_row, json_line, say, show, table
from hub.message.errors import Misconfigured
from hub.message.lifecycle import DeliveryStatus

if TYPE_CHECKING:
    from hub.ledger import Ledger
    from hub.ledger.account import Heap, Letters
    from hub.ledger.attempt import DeliveryRow

PAGE = 100

Statuses = Annotated[
    list[str] | None,
    typer.Option("--status", help="In this status; may be given several times. DEAD and INVALID where none is."),
]
Endpoint = Annotated[str | None, typer.Option("--endpoint", metavar="CODE", help="To this endpoint.")]
Party = Annotated[str | None, typer.Option("--party", metavar="CODE", help="To this party.")]
ReasonLike = Annotated[
    str | None, typer.Option("--reason-like", metavar="TEXT", help="Whose reason has this in it, in capitals or not.")
]
Each = Annotated[bool, typer.Option("--each", help="List each of them, not the counts.")]
After = Annotated[str | None, typer.Option("--after", metavar="CURSOR", help="With --each: go on after this page.")]
Limit = Annotated[int, typer.Option("--limit", min=1, max=1000, help="With --each: how many a page.")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Which deliveries the command line asks for."""

    statuses: Sequence[str] = ()
    endpoint: str | None = None
    party: str | None = None
    since: str | None = None
    reason_like: str | None = None

    @property
    def narrows(self) -> bool:
        """Whether any option was given."""
        return bool(self.statuses) or any((self.endpoint, self.party, self.since, self.reason_like))

    def expect_none(self) -> None:
        """Raises Misconfigured where an option was given beside the id of a delivery."""
        if self.narrows:
            raise Misconfigured(["give the id of a delivery, or options that select several: not both"])

    def letters(self, ledger: Ledger) -> Letters:
        """In the ledger's words. Raises Misconfigured for what is not known."""
        from hub.ledger.account import Letters

        unknown = [name for name in self.statuses if name not in DeliveryStatus.__members__]
        codes = {one.code for one in ledger.endpoints()}
        faults = [
            f"--status: there is no '{name}'; there are {', '.join(DeliveryStatus.__members__)}" for name in unknown
        ]
        if self.endpoint is not None and self.endpoint not in codes:
            faults.append(f"--endpoint: there is no '{self.endpoint}'; there are {', '.join(sorted(codes))}")
        if faults:
            raise Misconfigured(faults)
        return Letters(
            statuses=tuple(DeliveryStatus[name] for name in dict.fromkeys(self.statuses)) or STOPPED,
            endpoint=self.endpoint,
            party=self.party,
            since=moments.moment(self.since),
            reason_like=self.reason_like,
        )


def list_deliveries(
    status: Statuses = None,
    endpoint: Endpoint = None,
    party: Party = None,
    since: moments.Since = None,
    reason_like: ReasonLike = None,
    each: Each = False,
    after: After = None,
    limit: Limit = PAGE,
    as_json: options.Json = False,
    config: options.Config = None,
    data: options.Data = None,
) -> None:
    """Count the dead letters by endpoint and reason, or list --each of them.

    Those that are DEAD or INVALID, where no status is given. --since is when the delivery was made.
    """
    asked = Asked(statuses=status or (), endpoint=endpoint, party=party, since=since, reason_like=reason_like)
    with Place(config, data).ledger() as ledger:
        wanted = asked.letters(ledger)
        if not each:
            _print_heaps(ledger.count_letters(wanted), as_json)
            return
        rows, following = ledger.letters(wanted, after, limit)
        _print_each(rows, as_json)
    if following is not None:
        json_line({"next": following}) if as_json else say(f"more: --after {following}")


def _print_heaps(heaps: Sequence[Heap], as_json: bool) -> None:
    made = table("endpoint", "status", "how many", "oldest", "newest", "reason")
    for one in heaps:
        oldest, newest = moments.told(one.oldest_at), moments.told(one.newest_at)
        if as_json:
            facts = {"endpoint": one.endpoint, "status": str(one.status), "reason": one.reason, "count": one.count}
            json_line(facts | {"oldest": oldest, "newest": newest})
        else:
            add_row(made, one.endpoint, one.status, one.count, oldest, newest, one.reason)
    if not as_json:
        show(made)
        say(f"{sum(one.count for one in heaps)} deliveries")


def _print_each(rows: Sequence[DeliveryRow], as_json: bool) -> None:
    made = table("delivery", "endpoint", "status", "attempts", "made", "message", "reason")
    for one in rows:
        at = moments.told(one.created_at)
        if as_json:
            facts = {"id": one.id, "message": one.message_id, "endpoint": one.endpoint, "party": one.party}
            more = {"status": str(one.status), "attempts": one.attempts, "created_at": at, "reason": one.reason}
            json_line(facts | more | {"replays": one.replays, "run": one.run})
        else:
            add_row(made, one.id, one.endpoint, one.status, one.attempts, at, one.message_id, one.reason)
    if not as_json:
        show(made)


# --- many at once


@dataclass(frozen=True, slots=True, kw_only=True)
class Many:
    """An act on many deliveries: which act, why, and whether it is done, asked about first, and how it is told."""

    act: str
    reason: str
    apply: bool
    yes: bool
    as_json: bool

    def run(self, asked: Asked, place: Place) -> None:
        """Count, ask where somebody is there to answer, and act. Raises Misconfigured for no selection."""
        if not asked.narrows:
            raise Misconfigured(
                ["give the id of a delivery, or say which: --endpoint, --party, --reason-like, --since"]
            )
        with place.ledger() as ledger:
            wanted = asked.letters(ledger)
            unfit = [str(status) for status in wanted.statuses if not allows(status, self.act)]
            if unfit:
                raise Misconfigured([f"--status: a delivery that is {unfit[0]} allows no {self.act}"])
            heaps = ledger.count_letters(wanted)
            total = sum(heap.count for heap in heaps)
            words = f"{total} deliveries ({_counted(heaps)})"
            if not self.apply or not total:
                self._would(words, heaps)
                return
            if not self.yes and sys.stdin.isatty() and not typer.confirm(f"{_VERB[self.act]} {words}?", err=True):
                refuse("nothing was done", self.as_json)
            done = sum(self._done(ledger, ids) for ids in _pages(ledger, wanted, total))
        tell(f"{_DONE[self.act]} {done} of {words}", self.as_json, count=done, asked_for=total)
        place.note_idle()

    def _would(self, words: str, heaps: Sequence[Heap]) -> None:
        said = f"dry run: would {_VERB[self.act].lower()} {words}; nothing was changed: add --apply to do it"
        if self.as_json:
            counts = [{"endpoint": one.endpoint, "status": str(one.status), "reason": one.reason} for one in heaps]
            counted = [each | {"count": one.count} for each, one in zip(counts, heaps, strict=True)]
            json_line({"done": False, "dry_run": True, "words": said, "counts": counted})
            return
        _print_heaps(heaps, as_json=False)
        say(said)

    def _done(self, ledger: Ledger, ids: Sequence[str]) -> int:
        act: Callable[[Sequence[str], str, str], int] = (
            ledger.revive_many if self.act == "retry" else ledger.discard_many
        )
        return act(ids, actor(), self.reason)


_VERB = {"retry": "Send again", "discard": "Give up, for good,"}
_DONE = {"retry": "due again:", "discard": "gave up"}


def _counted(heaps: Sequence[Heap]) -> str:
    by: Counter[str] = Counter()
    for heap in heaps:
        by[f"{heap.status} to {heap.endpoint}"] += heap.count
    return ", ".join(f"{count} {name}" for name, count in sorted(by.items())) or "none"


def _pages(ledger: Ledger, wanted: Letters, total: int) -> Iterator[list[str]]:
    """Page after page of their ids, no more than were counted: nobody was told of those that came since."""
    after: str | None = None
    while total > 0:
        rows, after = ledger.letters(wanted, after, min(PAGE, total))
        total -= len(rows)
        if rows:
            yield [row.id for row in rows]
        if after is None:
            return
