"""The digest: a letter in plain text that tells a force what its submissions failed on and how to mend it.

Rule: it speaks of the last whole week and compares it with the whole weeks before in which something was sent; a week
that still runs is not compared with any.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from textwrap import fill

from hub.ledger.account import QualityRow
from hub.quality import NOT_KNOWN, SEVERITIES, Report, WeekQuality, places
from hub.quality.weeks import Week

WIDTH = 76
_PLACES = 3  # of a rule, at most

_TITLES = {
    "error": "REFUSED. These documents were not taken: mend them and send them again.",
    "warning": "WARNINGS. These documents broke a rule that only warns.",
    "finding": "FINDINGS. These documents were taken as they are; something in them is questionable.",
}
_COUNTED = (
    "How this is counted: a document counts once for each rule that it breaks, however often it does. A unit is the"
    " first four characters of the PTIURN, or the force and unit of the ASN; it is not known where a document was"
    " refused before these could be read. Weeks run from Monday to Sunday in London; weeks in which nothing was sent"
    " are not compared. A path names the field without positions."
)


@dataclass(frozen=True, slots=True)
class _Span:
    """The week that is told of, and those that it is compared with."""

    now: WeekQuality
    before: tuple[WeekQuality, ...]

    @property
    def weeks(self) -> str:
        """The weeks before, in words."""
        return "the week before" if len(self.before) == 1 else f"the {len(self.before)} weeks before"


def digest(report: Report, mend: Callable[[str], str]) -> str:
    """The letter. `mend` gives the words that say how to mend a rule."""
    span = _span(report.weeks)
    week = span.now.week
    lines = [
        f"To: {report.name} ({report.party})",
        f"About: your submissions in week {week.label}",
        f"Days: {_day(week.first)} to {_day(week.last)}{'' if week.over else ', so far'}",
        "",
        *_wrapped(_summary(span)),
    ]
    for severity in SEVERITIES:
        lines += _section(severity, span, mend)
    lines += _mended(span)
    return "\n".join([*lines, "", *_wrapped(_COUNTED), ""])


def week_of(report: Report) -> Week:
    """The week that the letter speaks of."""
    return _span(report.weeks).now.week


def _span(weeks: Sequence[WeekQuality]) -> _Span:
    whole = [each for each in weeks if each.week.whole]
    if not whole:
        return _Span(weeks[-1], ())
    return _Span(whole[-1], tuple(each for each in whole[:-1] if each.submitted))


def _summary(span: _Span) -> str:
    sent, refused = span.now.submitted, span.now.refused
    if not sent:
        return "You sent no documents in this time."
    words = f"You sent {_documents(sent)}; {refused or 'none'} {'was' if refused == 1 else 'were'} refused"
    rate, before = refused / sent, sum(each.submitted for each in span.before)
    if not before:
        return f"{words}{f', {_share(rate)}' if refused else ''}. There are no weeks before to compare with."
    earlier = sum(each.refused for each in span.before) / before
    return f"{words}, {_share(rate)}; in {span.weeks} it was {_share(earlier)}."


def _section(severity: str, span: _Span, mend: Callable[[str], str]) -> Iterator[str]:
    rules = _by_rule([span.now], severity)
    if not rules:
        return
    yield from ("", *_wrapped(_TITLES[severity]))
    earlier = _by_rule(span.before, severity)
    ordered = sorted(rules, key=lambda rule: (-_held(rules[rule]), rule))
    for number, rule in enumerate(ordered, 1):
        rows = rules[rule]
        count = _held(rows)
        yield ""
        yield from _wrapped(
            f"{rule}: {_documents(count)}, {_trend(count, earlier.get(rule, ()), span)}.", f"{number}. "
        )
        yield from _wrapped(f"Units: {', '.join(_units(rows))}.", "   ")
        told = places(rows)
        for path, times in told[:_PLACES]:
            yield f"   At: {path} ({_times(times)})"
        if len(told) > _PLACES:
            yield f"   and at {len(told) - _PLACES} more"
        yield from _wrapped(f"To mend it: {mend(rule)}", "   ")


def _mended(span: _Span) -> Iterator[str]:
    """Rules that were broken in the weeks before and are not any more."""
    gone = [
        (rule, severity, _held(rows))
        for severity in SEVERITIES
        for rule, rows in sorted(_by_rule(span.before, severity).items())
        if rule not in _by_rule([span.now], severity)
    ]
    if gone and span.now.submitted:
        yield from ("", f"NO LONGER. Broken in {span.weeks}, and not in this one:")
        yield from (f"   {rule} ({severity}, {_documents(count)} then)" for rule, severity, count in gone)


def _by_rule(weeks: Iterable[WeekQuality], severity: str) -> dict[str, list[QualityRow]]:
    found: dict[str, list[QualityRow]] = defaultdict(list)
    for week in weeks:
        for row in week.rows:
            if row.severity == severity:
                found[row.rule].append(row)
    return found


def _held(rows: Iterable[QualityRow]) -> int:
    return sum(row.submissions for row in rows)


def _units(rows: Iterable[QualityRow]) -> Iterator[str]:
    for row in sorted(rows, key=lambda row: (-row.submissions, row.unit or "~")):
        yield f"{row.unit or NOT_KNOWN} {row.submissions}"


def _trend(count: int, earlier: Iterable[QualityRow], span: _Span) -> str:
    if not span.before:
        return "with no weeks before to compare with"
    mean = _held(earlier) / len(span.before)
    if not mean:
        return f"none in {span.weeks}"
    how = "up from" if count > mean else "down from" if count < mean else "as before:"
    return f"{how} {mean:.1f} a week in {span.weeks}"


def _documents(count: int) -> str:
    return f"{count} document{'' if count == 1 else 's'}"


def _times(count: int) -> str:
    return {1: "once", 2: "twice"}.get(count, f"{count} times")


def _share(rate: float) -> str:
    return f"{rate * 100:.1f} in 100"


def _day(day: date) -> str:
    return f"{day.day} {day:%B %Y}"


def _wrapped(words: str, lead: str = "") -> list[str]:
    rest = " " * len(lead)
    made = fill(
        words, WIDTH, initial_indent=lead, subsequent_indent=rest, break_long_words=False, break_on_hyphens=False
    )
    return made.split("\n")
