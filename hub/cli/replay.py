"""cjhub replay: many messages sent again, to those who had them or to others who are entitled; and taken back.

Rule: a dry run unless `--apply` is given. Each recipient's routes are asked again: nobody gets what they may not have.
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from hub.cli import moments, options
from hub.cli.operating import Place, actor, command, refuse, tell
from hub.cli.output import Code, add_row, json_line, say, show, table, warn
from hub.cli.replay_desk import LATEST, PAGE, Desk, Sum, planner_of
from hub.message.errors import Misconfigured
from hub.message.lifecycle import DeliveryStatus

if TYPE_CHECKING:
    from hub.flow.replay import Replaying
    from hub.ledger import Ledger
    from hub.ledger.replay import Wanted

PER_SECOND = 50


@dataclass(frozen=True, slots=True)
class Asked:
    """What the command line asks for."""

    message: str | None
    case: str | None
    endpoint: str | None
    sender: str | None
    kind: str | None
    status: str | None
    since: datetime | None
    until: datetime | None
    to: str

    def nothing_but(self, option: str) -> None:
        """Raises Misconfigured where anything else is asked for."""
        if self.narrows() or self.to != "own":
            raise Misconfigured([f"{option} takes no other selection"])

    def narrows(self) -> bool:
        """Whether it is less than everything."""
        return any(getattr(self, name) is not None for name in self.__slots__ if name != "to")

    def desk(self, ledger: Ledger, place: Place) -> Desk:
        """What is wanted, in the ledger's words. Raises Misconfigured, with every fault, for what is not known."""
        from hub.ledger.replay import Wanted

        if not self.narrows():
            raise Misconfigured(["say what is to be replayed: --message, --case, --endpoint, --from, --type, --since"])
        planner = planner_of(place, ledger)
        self._expect_known(planner)
        wanted = Wanted(
            message=self.message,
            cases=self._cases(ledger),
            sender=self.sender,
            type=self.kind,
            since=self.since,
            until=self.until,
            endpoint=self.endpoint,
            status=DeliveryStatus[self.status] if self.status else None,
        )
        return Desk(ledger=ledger, place=place, replaying=planner, wanted=wanted, to=self.to)

    def _expect_known(self, planner: Replaying) -> None:
        from hub.message.catalogue import CATALOGUE

        somebody = {*planner.endpoints, *planner.live, *planner.planned}
        known = {
            "--type": (self.kind, set(CATALOGUE)),
            "--status": (self.status, set(DeliveryStatus.__members__)),
            "--endpoint": (self.endpoint, somebody),
            "--to": (self.to, {"own", "all", *somebody}),
        }
        faults = [
            f"{option}: there is no '{value}'; there are {', '.join(sorted(names))}"
            for option, (value, names) in known.items()
            if value is not None and value not in names
        ]
        if faults:
            raise Misconfigured(faults)

    def _cases(self, ledger: Ledger) -> tuple[str, ...]:
        from hub.cli.trace import cases_of

        if self.case is None:
            return ()
        found = [self.case] if ledger.case_view(self.case) is not None else cases_of(ledger, self.case)
        if not found:
            raise Misconfigured([f"--case: no case in this ledger is called {self.case}"])
        return tuple(sorted(found))


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """How it is told, and whether somebody at a terminal is asked first."""

    ask: bool
    as_json: bool


# --- the command


Message = Annotated[str | None, typer.Option("--message", metavar="ID", help="Only this message.")]
Case = Annotated[
    str | None, typer.Option("--case", metavar="URN|ID", help="Only this case: PTIURN, ASN, NOMS, CRN, or its id.")
]
Endpoint = Annotated[
    str | None, typer.Option("--endpoint", metavar="CODE", help="Only what this recipient had, or was to have.")
]
Sender = Annotated[str | None, typer.Option("--from", metavar="PARTY", help="Only what this party sent.")]
Kind = Annotated[str | None, typer.Option("--type", metavar="TYPE", help="Only messages of this type.")]
Status = Annotated[
    str | None, typer.Option("--status", help="Only where the delivery is in this status, DEAD for example.")
]
To = Annotated[
    str,
    typer.Option("--to", metavar="own|all|CODE", help="To those who had it, to all entitled, or to one of them."),
]
Apply = Annotated[bool, typer.Option("--apply", help="Do it; without it, a dry run.")]
Why = Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why, for the audit; with --apply.")]
PerSecond = Annotated[
    int, typer.Option("--per-second", min=1, max=100_000, help="How many are made a second, at most.")
]
Undo = Annotated[
    str | None, typer.Option("--undo", metavar="RUN", help="Give up what this run made and is not sent yet.")
]
Runs = Annotated[bool, typer.Option("--runs", help="List the latest runs.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask first.")]


def replay(
    message: Message = None,
    case: Case = None,
    endpoint: Endpoint = None,
    sender: Sender = None,
    kind: Kind = None,
    status: Status = None,
    since: moments.Since = None,
    until: moments.Until = None,
    to: To = "own",
    apply: Apply = False,
    reason: Why = "",
    per_second: PerSecond = PER_SECOND,
    undo: Undo = None,
    runs: Runs = False,
    yes: Yes = False,
    as_json: options.Json = False,
    config: options.Config = None,
    data: options.Data = None,
) -> None:
    """Replay messages: new deliveries, with new ids and bytes made anew, which name what they replay.

    A dry run unless --apply is given. What --since and --until say is when the message was accepted. Killed half way,
    the same command goes on where it stopped. Exit code 0; 1 where nothing is to be replayed, or you say no.
    """
    asked = Asked(message, case, endpoint, sender, kind, status, moments.moment(since), moments.moment(until), to)
    place, why = Place(config, data), _why(apply, reason)
    with place.ledger() as ledger:
        if runs:
            _list(ledger, as_json)
        elif undo is not None:
            asked.nothing_but("--undo")
            _undo(ledger, place, undo, why, as_json)
        else:
            _replay(asked.desk(ledger, place), why, per_second, Way(ask=not yes, as_json=as_json))


def _why(apply: bool, reason: str) -> str | None:
    """Why it is done; None for a dry run. Raises Misconfigured for none."""
    if not apply:
        return None
    if not reason.strip(" ."):
        raise Misconfigured(["--reason: say why, for the audit"])
    return reason.strip()


def _replay(desk: Desk, why: str | None, per_second: int, way: Way) -> None:
    if why is None:
        total = desk.dry_run()
        _print(total, desk.wanted, way.as_json, {"done": False, "dry_run": True})
        if not way.as_json:
            say("dry run: nothing was changed; add --apply --reason to do it")
        raise typer.Exit(Code.DONE if total.all.count else Code.NO)
    if way.ask and sys.stdin.isatty():
        _ask(desk, way)
    run, before = desk.ledger.start_replay(desk.request, actor(), why)
    words = f"goes on where it stopped, with {run.made} replayed by then" if before else "begins"
    warn(f"run {run.id} {words}; if it is stopped, the same command goes on with it")
    run, total = desk.apply(run, per_second)
    undo = desk.place.typed(command("replay", "--undo", run.id, reason=False))
    _print(total, desk.wanted, way.as_json, {"done": True, "run": run.id, "state": run.state, "made": run.made})
    if not way.as_json:
        say(f"run {run.id} is {run.state}: {run.made} replayed; what is not sent yet can be taken back: {undo}")
    desk.place.note_idle()
    raise typer.Exit(Code.DONE if run.made else Code.NO)


def _ask(desk: Desk, way: Way) -> None:
    total = desk.dry_run()
    _print(total, desk.wanted, False, {})
    if not total.all.count or not typer.confirm(f"Replay {total.all.count} deliveries?", err=True):
        refuse("nothing was done", way.as_json)


def _undo(ledger: Ledger, place: Place, run_id: str, why: str | None, as_json: bool) -> None:
    run = ledger.replay_run(run_id)
    if run is None:
        refuse(f"no replay run has the id {run_id} (cjhub replay --runs lists them)", as_json)
    found = ledger.replayed(run_id)
    others = ", ".join(f"{count} {status}" for status, count in sorted(found.others.items(), key=str)) or "none"
    facts: dict[str, object] = {"run": run_id, "others": {str(status): count for status, count in found.others.items()}}
    if why is None:
        words = f"would give up {found.unsent} of the run that are not sent yet; the others stay as they are: {others}"
        facts = {"done": False, "dry_run": True, "words": words, "unsent": found.unsent} | facts
        json_line(facts) if as_json else say(f"dry run: {words}; nothing was changed: add --apply --reason to do it")
        return
    given_up = 0
    while some := ledger.undo_replay(run_id, actor(), why, PAGE):
        given_up += some
    words = f"gave up {given_up} of run {run_id}, which makes no more; the others stay as they are: {others}"
    tell(words, as_json, given_up=given_up, **facts)


def _list(ledger: Ledger, as_json: bool) -> None:
    made = table("run", "began", "state", "replayed", "by", "reason", "asked for")
    for run in ledger.replay_runs(LATEST):
        began = moments.told(run.started_at)
        if as_json:
            facts = {"run": run.id, "began": began, "state": str(run.state), "made": run.made, "by": run.actor}
            json_line(facts | {"reason": run.reason, "request": json.loads(run.request)})
        else:
            add_row(made, run.id, began, run.state, run.made, run.actor, run.reason, run.request)
    if not as_json:
        show(made)


# --- in words


def _print(total: Sum, wanted: Wanted, as_json: bool, facts: dict[str, object]) -> None:
    if as_json:
        json_line(facts | total.facts())
        return
    if wanted.since is not None or wanted.until is not None:
        say(f"accepted from {_both(wanted.since)} until {_both(wanted.until)}")
    made = table("recipient", "as", "type", "day (UTC)", "deliveries", "first", "last")
    for row, one in sorted(total.made.items()):
        add_row(made, *row, one.count, moments.told(one.first), moments.told(one.last))
    if total.made:
        show(made)
    out = table("left out", "why", "how many", "a message")
    for (recipient, why), (count, example) in sorted(total.left.items()):
        add_row(out, recipient, why, count, example)
    if total.left:
        show(out)
    if total.waits:
        warn(f"{total.waits} wait behind the stopped delivery that they replay, until that is given up")
    left = sum(count for count, _ in total.left.values())
    say(f"{total.messages} messages, {total.all.count} deliveries to be made, {left} left out")


def _both(at: datetime | None) -> str:
    """A moment by both clocks."""
    if at is None:
        return "the beginning or the end"
    return f"{at:%Y-%m-%d %H:%M:%S} UTC ({at.astimezone(moments.LONDON):%Y-%m-%d %H:%M:%S} London)"
