"""cjhub trace: what became of a message or a case, and where something stands still, why, and what to do next.

Rule: shows ids, codes, times and reasons; never a body. What it advises can be typed as it stands.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from hub.cli import options
from hub.cli.operating import STOPPED, Place, blocker_of, command, commands_for
from hub.cli.output import Code, add_row, json_line, say, show, table, warn

if TYPE_CHECKING:
    from hub.ledger import Ledger
    from hub.ledger.account import AuditRow, SubmissionRow
    from hub.ledger.admission import MessageRow, OrderKey
    from hub.ledger.attempt import DeliveryRow, EndpointRow

_MOST = 200
"""Messages of one case that are shown, the latest."""

_STILL = timedelta(seconds=60)
"""What waits longer than this, and for nothing, stands still."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """One delivery with what bears on it: its endpoint, what it waits behind, and how many wait behind it."""

    delivery: DeliveryRow
    endpoint: EndpointRow | None
    after: DeliveryRow | None
    behind: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """Everything about one message."""

    message: MessageRow
    timeline: tuple[AuditRow, ...]
    ways: tuple[Way, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """Why something stands still and what to do, and the commands that do it."""

    words: str
    commands: tuple[str, ...] = ()


def trace(
    wanted: Annotated[
        str,
        typer.Argument(
            metavar="ID|URN", help="Id of a message, submission, delivery or case; or a URN, ASN, NOMS, CRN."
        ),
    ],
    as_json: options.Json = False,
    config: options.Config = None,
    data: options.Data = None,
) -> None:
    """Show what happened to a message, or to every message of a case, and what stands still.

    Looks into the ledger beside a hub that runs. Exit code 0 where something was found, 1 where nothing was.
    """
    from hub.assemble import clock

    place = Place(config, data)
    with place.ledger() as ledger:
        submission = ledger.submission(wanted)
        many = submission is not None and submission.cursor is not None
        rows = () if many else messages_of(ledger, wanted)
        if submission is not None and not rows:
            _print_submission(submission, ledger.audit_of("submission", wanted), as_json)
            return
        stories = [story_of(ledger, row) for row in rows]
    if not stories:
        warn(f"nothing in this ledger is called {wanted}")
        raise typer.Exit(Code.NO)
    now = clock()
    for story in stories:
        _print_json(story, now, place) if as_json else _print(story, now, place)


# --- what is meant


def messages_of(ledger: Ledger, wanted: str) -> tuple[MessageRow, ...]:
    """The messages that an id or an identifier of a case means, in the order in which they were accepted."""
    from hub.ledger.account import MessageQuery

    one = ledger.message(wanted)
    if one is not None:
        return (one,)
    delivery = ledger.delivery(wanted)
    if delivery is not None:
        return messages_of(ledger, delivery.message_id)
    queries = [MessageQuery(submission_id=wanted), MessageQuery(case_id=wanted, limit=_MOST)]
    queries += [MessageQuery(case_id=case_id, limit=_MOST) for case_id in cases_of(ledger, wanted)]
    queries += [MessageQuery(key=key, limit=_MOST) for key in _keys(wanted)]
    found = {row.id: row for query in queries for row in ledger.find_messages(query).rows}
    return tuple(sorted(found.values(), key=lambda row: row.seq))


def _keys(wanted: str) -> Iterator[OrderKey]:
    """Every key of a case that a text may be, in normal form."""
    from hub.ledger.admission import OrderKey
    from hub.message.identifiers import read_asn, read_crn, read_noms, read_ptiurn

    readers = {"PTIURN": read_ptiurn, "ASN": read_asn, "NOMS": read_noms, "CRN": read_crn}
    for kind, read in readers.items():
        value = read(wanted).value
        if value is not None:
            yield OrderKey(kind, value)


def cases_of(ledger: Ledger, wanted: str) -> list[str]:
    """The ids of the cases that an identifier leads to."""
    found = (ledger.find_case(kind, value) for kind, value in _keys(wanted))
    return list(dict.fromkeys(case_id for case_id in found if case_id is not None))


def story_of(ledger: Ledger, message: MessageRow) -> Story:
    """Everything about one message."""
    deliveries = ledger.deliveries_of(message.id)
    return Story(
        message=message,
        timeline=ledger.timeline(message.id),
        ways=tuple(_way(ledger, delivery) for delivery in deliveries),
    )


def _way(ledger: Ledger, delivery: DeliveryRow) -> Way:
    from hub.message.lifecycle import SETTLED, DeliveryStatus

    waits = delivery.status is DeliveryStatus.WAITING
    return Way(
        delivery=delivery,
        endpoint=ledger.endpoint(delivery.endpoint),
        after=blocker_of(ledger, delivery) if waits else None,
        behind=0 if delivery.status in SETTLED else ledger.blocked_behind(delivery.id),
    )


# --- what to do next

_DOCTOR = (command("doctor", reason=False),)


def advice(story: Story, now: datetime) -> list[Advice]:
    """For whatever of a message stands still: why, and what to do next. Nothing where all goes its way."""
    about = _about_message(story.message, now)
    said = [about] if about is not None else []
    for way in story.ways:
        one = about_delivery(way, now)
        if one is not None:
            said.append(replace(one, words=f"delivery {way.delivery.id} to {way.delivery.endpoint}: {one.words}"))
    return said


def _about_message(message: MessageRow, now: datetime) -> Advice | None:
    from hub.message.lifecycle import MessageStatus as Status

    reason = message.reason or "no reason was kept"
    rerun = (command("message", "rerun", message.id),)
    match message.status:
        case Status.ACCEPTED if now - message.status_at > _STILL:
            words = (
                f"kept {ago(message.status_at, now)} ago and not recorded yet ({message.defects} failures of ours): "
                "see that a hub runs on this data folder, and read its log."
            )
            return Advice(words=words, commands=_DOCTOR)
        case Status.UNMATCHED:
            then = "It goes on by itself once a message links it to a case."
            return Advice(words=f"no case is known for it: {reason}. {then}")
        case Status.STRANDED:
            then = "Add a route to a party's file, start the hub anew, then run the message again."
            return Advice(words=f"nobody is entitled to it: {reason}. {then}", commands=rerun)
        case Status.BURIED:
            then = "After a release that mends it, run the message again."
            return Advice(words=f"a defect of ours stopped it: {reason}. {then}", commands=rerun)
        case _:
            return None


def about_delivery(way: Way, now: datetime) -> Advice | None:
    """Why a delivery stands still and what to do; None where it does not."""
    from hub.message.lifecycle import DeliveryStatus as Status

    status = way.delivery.status
    if status in STOPPED or status is Status.EXPIRED:
        return _about_stopped(way)
    if way.after is not None:
        first = f"delivery {way.after.id}, which is {way.after.status}"
        words = f"it waits its turn behind {first}: {way.after.reason or 'it is on its way'}."
        return Advice(words=words, commands=_trace_of(way.after) if way.after.status in STOPPED else ())
    if status in (Status.WAITING, Status.DUE):
        return _about_gate(way, now)
    lapsed = way.delivery.lease_until is not None and way.delivery.lease_until < now
    if status is Status.SENDING and lapsed:
        return Advice(words="its worker is gone: the next sweep takes it up again, if a hub runs.", commands=_DOCTOR)
    return None


def _about_stopped(way: Way) -> Advice:
    from hub.message.lifecycle import DeliveryStatus as Status

    reason = way.delivery.reason or "no reason was kept"
    behind = f" {way.behind} more {'waits' if way.behind == 1 else 'wait'} behind it." if way.behind else ""
    passing = ", or let the next ones pass" if way.behind else ""
    words = {
        Status.INVALID: f"the recipient cannot understand it: {reason}. Retry it where the recipient mends the cause "
        f"(the same bytes go), replay it where we do (they are made anew), give it up{passing}.",
        Status.DEAD: f"it cannot be delivered: {reason}. Retry it, give it up{passing}; "
        "replay it where its bytes are to be made anew.",
        Status.EXPIRED: f"its deadline passed: {reason}. Its sender was told; replay it if it is still wanted.",
    }
    return Advice(words=words[way.delivery.status] + behind, commands=commands_for(way.delivery, way.behind))


def _trace_of(delivery: DeliveryRow) -> tuple[str, ...]:
    return (command("trace", delivery.id, reason=False),)


def _about_gate(way: Way, now: datetime) -> Advice | None:
    delivery, endpoint = way.delivery, way.endpoint
    release = (command("endpoint", "release", delivery.endpoint),)
    if endpoint is not None and endpoint.gate.value == "held":
        held = f"the way out is held by an operator: {endpoint.reason or 'no reason was given'}."
        return Advice(words=f"{held} Release it to go on.", commands=release)
    if endpoint is not None and endpoint.gate.value == "broken":
        probe = f"tried again at {shown(endpoint.probe_at)}" if endpoint.probe_at else "tried again soon"
        away = f"the recipient cannot be reached: {endpoint.reason or 'no answer'}; {probe}."
        return Advice(words=f"{away} Ask the recipient; release it to try at once.", commands=release)
    if delivery.due_at > now:
        due = f"attempt {delivery.attempts + 1} is due at {shown(delivery.due_at)}: {delivery.reason or 'as planned'}."
        return Advice(words=due)
    if now - delivery.due_at > _STILL:
        words = f"due for {ago(delivery.due_at, now)}: see that a hub runs on this data folder."
        return Advice(words=words, commands=_DOCTOR)
    return None


# --- how it is shown


def shown(at: datetime | None) -> str | None:
    """A time in UTC, to the millisecond."""
    return None if at is None else at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def ago(since: datetime, now: datetime) -> str:
    """A length of time in its largest unit."""
    seconds = max(0, int((now - since).total_seconds()))
    for unit, size in (("days", 86400), ("hours", 3600), ("minutes", 60)):
        if seconds >= 2 * size:
            return f"{seconds // size} {unit}"
    return f"{seconds} seconds"


def _print(story: Story, now: datetime, place: Place) -> None:
    message = story.message
    say(f"message {message.id}", message.type, style="bold")
    say(message.status, message.status.words, *([message.reason] if message.reason else []))
    keys = ", ".join(f"{kind} {value}" for kind, value in message.keys) or "no identifier of a case"
    say(f"from {message.party} in {message.dialect}", f"case {message.case_id or 'none'}", keys)
    _print_timeline(story.timeline, message.accepted_at)
    if story.ways:
        _print_ways(story.ways)
    for one in advice(story, now):
        say("->", one.words, style="yellow")
        for typed in map(place.typed, one.commands):
            say(f"     {typed}")
    say("")


def _print_timeline(timeline: Sequence[AuditRow], start: datetime) -> None:
    made = table("at", "after", "step", "by", "about", "detail")
    for row in timeline:
        after = f"{(row.at - start).total_seconds():+.3f} s"
        about = row.subject_kind if row.subject_kind != "delivery" else f"delivery {row.subject_id}"
        add_row(made, shown(row.at), after, row.action, row.actor, about, _detail(row.detail))
    show(made)


def _print_ways(ways: Sequence[Way]) -> None:
    made = table("delivery", "to", "as", "status", "attempts", "due", "behind it", "reason")
    for way in ways:
        one = way.delivery
        due = shown(one.due_at) if one.settled_at is None else f"settled {shown(one.settled_at)}"
        behind = str(way.behind) if way.behind else None
        add_row(
            made, one.id, one.endpoint, one.dialect, one.status, one.attempts, due, behind, one.reason or one.answer
        )
    show(made)


def _detail(detail: Mapping[str, object]) -> str:
    given = {key: value if isinstance(value, str) else json.dumps(value) for key, value in detail.items()}
    return ", ".join(f"{key}={value}" for key, value in given.items() if value)


def _print_submission(row: SubmissionRow, audit: Sequence[AuditRow], as_json: bool) -> None:
    from hub.flow.cases import progress_of

    faults, progress = json.loads(row.faults), progress_of(row.cursor)
    if as_json:
        kept: dict[str, object] = {"id": row.id, "party": row.party, "verdict": row.verdict}
        kept["received_at"] = shown(row.received_at)
        if progress is not None:
            kept["cases"] = progress.counts()
        json_line({"submission": {**kept, "faults": faults}, "timeline": [_step(line) for line in audit]})
        return
    say(f"submission {row.id}", row.verdict, style="bold")
    say(
        f"from {row.party} in {row.dialect or 'no dialect'}",
        f"door {row.door}",
        f"{row.size} bytes",
        shown(row.received_at),
    )
    if progress is not None:
        far = f"{progress.judged} of {progress.total} cases judged"
        say(far, f"{progress.accepted} accepted", f"{progress.refused} refused")
    _print_timeline(audit, row.received_at)
    columns = (*["case"][: int(progress is not None)], "line", "severity", "rule", "path", "words")
    made = table(*columns)
    for fault in faults:
        add_row(made, *(fault.get(name) for name in columns))
    if faults:
        show(made)


def _print_json(story: Story, now: datetime, place: Place) -> None:
    message = story.message
    json_line(
        {
            "message": {
                "id": message.id,
                "type": message.type,
                "status": str(message.status),
                "reason": message.reason,
                "party": message.party,
                "dialect": message.dialect,
                "submission": message.submission_id,
                "case": message.case_id,
                "accepted_at": shown(message.accepted_at),
            },
            "timeline": [_step(row) for row in story.timeline],
            "deliveries": [_delivery(way) for way in story.ways],
            "advice": [
                {"words": one.words, "commands": [place.typed(typed) for typed in one.commands]}
                for one in advice(story, now)
            ],
        }
    )


def _step(row: AuditRow) -> dict[str, object]:
    return {
        "at": shown(row.at),
        "action": row.action,
        "actor": row.actor,
        "subject": {"kind": row.subject_kind, "id": row.subject_id},
        "detail": dict(row.detail),
    }


def _delivery(way: Way) -> dict[str, object]:
    one = way.delivery
    return {
        "id": one.id,
        "endpoint": one.endpoint,
        "dialect": one.dialect,
        "part": one.part,
        "status": str(one.status),
        "reason": one.reason,
        "answer": one.answer,
        "attempts": one.attempts,
        "due_at": shown(one.due_at),
        "settled_at": shown(one.settled_at),
        "waits_behind": way.after.id if way.after else None,
        "blocked_behind": way.behind,
    }
