"""cjhub renormalise: kept documents read again by another edition of their dialect.

Rule: a dry run unless `--apply` is given; what it prints is what `--apply` would do.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from hub.cli import options
from hub.cli.operating import actor
from hub.cli.output import Code, add_row, json_line, say, show, table, warn
from hub.message.errors import Fault, Misconfigured, Refused

if TYPE_CHECKING:
    from hub.flow.judge import Judge
    from hub.flow.reread import Again
    from hub.flow.scan import Scan
    from hub.ledger import Ledger
    from hub.ledger.account import ToReread

PAGE = 100


@dataclass(slots=True)
class _Sum:
    """What a run found: by field how many submissions differ, and a message that does."""

    read: int = 0
    same: int = 0
    refused: int = 0
    left: int = 0  # differ, but cannot be replaced
    replaced: int = 0
    fields: Counter[str] = field(default_factory=Counter)
    examples: dict[str, str] = field(default_factory=dict)

    def count(self, again: Again) -> None:
        """One more submission."""
        from hub.canonical.compare import field_of

        self.read += 1
        self.refused += bool(again.faults)
        self.same += not again.faults and not again.differences
        self.left += bool(again.differences) and not again.replacements
        names = [f"Refused/{fault.rule}" for fault in again.faults]
        for name in dict.fromkeys([*names, *(field_of(one.path) for one in again.differences)]):
            self.fields[name] += 1
            self.examples.setdefault(name, again.message_ids[0])


def renormalise(
    dialect: Annotated[str, typer.Argument(help="The dialect whose documents are read again.")],
    edition: Annotated[
        str | None,
        typer.Option("--with", metavar="VERSION", help="The version to read with; else the candidate."),
    ] = None,
    since: Annotated[datetime | None, typer.Option(help="Accepted from this time on (UTC).")] = None,
    until: Annotated[datetime | None, typer.Option(help="Accepted before this time (UTC).")] = None,
    party: Annotated[str | None, typer.Option(help="Only what this party sent.")] = None,
    message: Annotated[str | None, typer.Option(help="Only the document of this message.")] = None,
    apply: Annotated[bool, typer.Option("--apply", help="Replace what differs; without it, a dry run.")] = False,
    reason: Annotated[str, typer.Option(help="Why, for the audit; needed with --apply.")] = "",
    as_json: options.Json = False,
    config: options.Config = None,
    data: options.Data = None,
) -> None:
    """Read kept documents again with another edition of their mapping, and show what would differ, field by field.

    With --apply each message that differs is followed by a new version, which is recorded, routed and sent. To go back,
    run it again with the version before. Exit code 0; 1 where something differs and cannot be replaced.
    """
    from hub.assemble import scanning
    from hub.cli.documents import judging
    from hub.cli.folder import ledger_in, settings_of
    from hub.ledger.account import ToReread

    if apply and not reason.strip():
        raise Misconfigured(["--reason: replacing messages needs a reason, for the audit"])
    wanted = ToReread(dialect=dialect, party=party, since=_utc(since), until=_utc(until), message_id=message)
    with judging(config) as judge, ledger_in(config, data) as ledger:
        if edition is None and dialect not in judge.found.candidates:
            raise Misconfigured([f"{dialect} has no candidate; name the version to read with: --with VERSION"])
        if edition is not None and judge.found.edition(dialect, edition) is None:
            raise Misconfigured([f"{dialect} has no version '{edition}'"])
        total, scan = _Sum(), scanning(settings_of(config, data=data))
        for again in _all(judge, ledger, wanted, edition):
            total.count(again)
            total.replaced += _replace(ledger, scan, again, reason) if apply else 0
    _print(total, apply, as_json)
    raise typer.Exit(Code.NO if total.left or total.refused else Code.DONE)


def _all(judge: Judge, ledger: Ledger, wanted: ToReread, edition: str | None) -> Iterator[Again]:
    """Every submission that is wanted, read again, with progress."""
    from hub.assemble import clock, truster
    from hub.cli.output import warner
    from hub.flow.judge import Terms
    from hub.flow.reread import read_again

    trust_of, terms = truster(judge.found.parties), Terms(candidate=edition is None, edition=edition)
    after, done = 0, 0
    with warner().status("reading again ...") as status:
        while (page := ledger.to_reread(wanted, after, PAGE)).waiting:
            for one in page.waiting:
                for again in read_again(judge, one, trust_of(one.party), terms, clock()):
                    yield again
                    done += 1
            after = page.reached
            status.update(f"{done} documents read again ...")


def _replace(ledger: Ledger, scan: Scan, again: Again, reason: str) -> int:
    """Replace what differs; how many. Raises Refused for a document that holds malware, Unavailable for no scanner."""
    found = scan.infected(document for one in again.replacements for document in one.message.documents)
    if found:
        words = f"submission {again.submission_id} has a document that holds malware: {', '.join(found.values())}"
        raise Refused([Fault(path="", rule="attachment-malware", words=words)])
    return sum(ledger.supersede(one.message_id, one.message, actor(), reason) for one in again.replacements)


def _print(total: _Sum, apply: bool, as_json: bool) -> None:
    if as_json:
        json_line(
            {
                "read": total.read,
                "same": total.same,
                "refused": total.refused,
                "cannot_be_replaced": total.left,
                "replaced": total.replaced,
                "fields": [
                    {"field": name, "documents": count, "example": total.examples[name]}
                    for name, count in total.fields.most_common()
                ],
            }
        )
        return
    made = table("field", "documents", "a message that differs")
    for name, count in total.fields.most_common():
        add_row(made, name, str(count), total.examples[name])
    show(made)
    say(f"{total.read} documents read again: {total.same} the same, {total.refused} would be refused,")
    say(f"{total.replaced} messages replaced" if apply else "nothing was changed: add --apply --reason to replace")
    if total.left:
        warn(f"{total.left} differ in how many messages they make, and are left for a person to look at")


def _utc(at: datetime | None) -> datetime | None:
    from datetime import UTC

    return None if at is None else at.replace(tzinfo=UTC)
