"""cjhub quality: what a force's submissions failed on, by rule, unit and week.

Rule: it reads counts alone; no body is opened and no value of a document is shown.
"""

from __future__ import annotations

import csv
import sys
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hub.cli import options
from hub.cli.operating import Place, actor
from hub.cli.output import Code, add_row, clean, json_line, say, show, table, warn
from hub.message.errors import Misconfigured

if TYPE_CHECKING:
    from hub.discovery.mending import Mending
    from hub.quality import Report
    from hub.quality.weeks import Week

MOST_WEEKS = 520


def quality(
    force: Annotated[str, typer.Option(metavar="CODE", help="The party's code, as in its file.", show_default=False)],
    weeks: Annotated[
        int, typer.Option(min=1, max=MOST_WEEKS, help="So many weeks, the running one the last of them.")
    ] = 8,
    since: Annotated[
        datetime | None,
        typer.Option("--from", formats=["%Y-%m-%d"], metavar="DATE", help="From this day on, instead of --weeks."),
    ] = None,
    until: Annotated[
        datetime | None,
        typer.Option("--to", formats=["%Y-%m-%d"], metavar="DATE", help="To this day, which is the last one counted."),
    ] = None,
    digest: Annotated[bool, typer.Option("--digest", help="A letter to the force, in plain text.")] = False,
    send: Annotated[
        bool, typer.Option("--send", help="With --digest: put it in the force's feed, once for each week.")
    ] = False,
    again: Annotated[bool, typer.Option("--again", help="With --send: though it was sent for this week.")] = False,
    as_csv: Annotated[
        bool, typer.Option("--csv", help="A row for each week, unit, rule and place, for spreadsheets.")
    ] = False,
    as_json: options.Json = False,
    config: options.Config = None,
    data: options.Data = None,
) -> None:
    """Show what a force's submissions were refused for, warned of or questioned, by rule, unit and week."""
    from hub.discovery.bundle import Bundle
    from hub.discovery.mending import load_mending

    if digest + as_csv + as_json > 1:
        raise Misconfigured(["--digest, --csv and --json: give one of them"])
    if send and not digest:
        raise Misconfigured(["--send: it is the digest that is sent; add --digest"])
    mending = load_mending(Bundle(config))
    report = _report(force, _weeks(weeks, since, until), config, data)
    if send:
        _send(report, mending, Place(config, data), again)
    else:
        (_letter if digest else _rows if as_csv else _lines if as_json else _tables)(report, mending)


def _weeks(count: int, since: datetime | None, until: datetime | None) -> tuple[Week, ...]:
    from datetime import timedelta

    from hub.assemble import clock
    from hub.quality.weeks import LONDON, last_weeks, weeks_between

    now = clock()
    if since is None and until is None:
        return last_weeks(count, now)
    last = now.astimezone(LONDON).date() if until is None else until.date()
    monday = last - timedelta(days=last.weekday() + 7 * (count - 1))
    made = weeks_between(monday if since is None else since.date(), last, now)
    if not 1 <= len(made) <= MOST_WEEKS:
        raise Misconfigured([f"--from and --to: give a first and a last day, at most {MOST_WEEKS} weeks apart"])
    return made


def _report(force: str, weeks: tuple[Week, ...], config: Path | None, data: Path | None) -> Report:
    from hub.cli.documents import named
    from hub.cli.folder import ledger_in
    from hub.discovery.connectors import discover
    from hub.quality import Report, WeekQuality

    party = named(discover(config).parties, force, "no party has the code")
    with ledger_in(config, data) as ledger:
        read = tuple(
            WeekQuality(
                week=week,
                verdicts=ledger.submitted(force, week.since, week.until),
                rows=ledger.quality(force, week.since, week.until),
            )
            for week in weeks
        )
    return Report(party=force, name=party.party.name, weeks=read)


def _letter(report: Report, mending: Mending) -> None:
    from hub.quality.digest import digest

    sys.stdout.write("\n".join(map(clean, digest(report, mending.of).split("\n"))))


def _send(report: Report, mending: Mending, place: Place, again: bool) -> None:
    """Put the letter in the force's feed, where its system reads it as an event of type QualityDigest."""
    import json

    from hub.ledger.account import NewAudit
    from hub.ledger.decision import NewEvent
    from hub.quality.digest import digest, week_of

    week = week_of(report).label
    name = f"{report.party}/{week}"
    body = {"type": "QualityDigest", "week": week, "text": digest(report, mending.of)}
    event = NewEvent(type="QualityDigest", audience=(report.party,), body=json.dumps(body))
    with place.ledger() as ledger:
        before = ledger.audit_of("digest", name)
        if before and not again:
            warn(f"the digest for week {week} was sent at {before[-1].at:%Y-%m-%d %H:%M} UTC; add --again to send it")
            raise typer.Exit(Code.NO)
        ledger.announce(event, NewAudit(actor=actor(), action="sent", subject_kind="digest", subject_id=name))
    say(f"sent the digest for week {week} to {report.party}: it stands in its feed (GET /v1/feed)")


def _rows(report: Report, _mending: Mending) -> None:
    from hub.quality import NOT_KNOWN

    out = csv.writer(sys.stdout, lineterminator="\n")
    out.writerow(["week", "unit", "severity", "rule", "path", "documents", "times"])
    for each in report.weeks:
        for row in each.rows:
            start = [each.week.label, row.unit or NOT_KNOWN, row.severity, row.rule]
            for place in row.places:
                out.writerow([*map(clean, [*start, place.path or "/"]), place.submissions, place.times])


def _lines(report: Report, mending: Mending) -> None:
    for each in report.weeks:
        json_line(
            {
                "force": report.party,
                "week": each.week.label,
                "from": each.week.first.isoformat(),
                "to": each.week.last.isoformat(),
                "whole": each.week.whole,
                "submitted": each.submitted,
                "refused": each.refused,
                "rules": [
                    {
                        "unit": row.unit,
                        "severity": row.severity,
                        "rule": row.rule,
                        "documents": row.submissions,
                        "times": row.times,
                        "places": [
                            {"path": place.path or "/", "documents": place.submissions, "times": place.times}
                            for place in row.places
                        ],
                        "mend": mending.of(row.rule),
                    }
                    for row in each.rows
                ],
            }
        )


def _tables(report: Report, mending: Mending) -> None:
    from hub.quality import NOT_KNOWN

    weeks = [each.week for each in report.weeks]
    names = [f"{week.label}{'' if week.whole else '*'}" for week in weeks]
    say(f"{report.name} ({report.party}), {weeks[0].first} to {weeks[-1].last}: documents a week")
    counts = table("severity", "rule", "unit", *names, "all")
    for words, figures in (
        ("submitted", [each.submitted for each in report.weeks]),
        ("refused", [each.refused for each in report.weeks]),
    ):
        add_row(counts, words, None, None, *figures, sum(figures))
    for line in report.lines():
        add_row(
            counts, line.severity, line.rule, line.unit or NOT_KNOWN, *(n or "" for n in line.documents), line.total
        )
    for column in counts.columns[3:]:
        column.justify = "right"
    show(counts)
    if not all(week.whole for week in weeks):
        say("* not a whole week")
    if not report.rules():
        warn("nothing was refused, warned of or questioned in this time")
        return
    help_ = table("rule", "mostly at", "how to mend it")
    for rule in report.rules():
        add_row(help_, rule, report.places(rule)[0][0], mending.of(rule))
    show(help_)
