"""The letter to a force: what was refused most, the trend, and how to mend each rule."""

from collections.abc import Mapping
from datetime import UTC, datetime

from hub.ledger.account import Place, QualityRow
from hub.ledger.admission import Verdict
from hub.quality import Report, WeekQuality
from hub.quality.digest import WIDTH, digest
from hub.quality.weeks import Week, last_weeks

WEEKS = last_weeks(4, datetime(2026, 3, 4, 12, tzinfo=UTC))  # three whole ones, and the one that runs


def row(rule: str, count: int = 1, **more: object) -> QualityRow:
    values: dict[str, object] = {"unit": "41ZD", "severity": "error", "times": count, "submissions": count}
    values["places"] = (Place(path="/Case/PTIURN", submissions=count, times=count),)
    return QualityRow(rule=rule, **(values | more))  # type: ignore[arg-type]


def quality(week: Week, *rows: QualityRow, accepted: int = 0, refused: int = 0) -> WeekQuality:
    verdicts: Mapping[Verdict, int] = {Verdict.ACCEPTED: accepted, Verdict.REFUSED: refused}
    return WeekQuality(week=week, verdicts=verdicts, rows=rows)


def letter(*weeks: WeekQuality) -> str:
    return digest(Report(party="force-41", name="A force", weeks=weeks), lambda rule: f"Mend {rule}.")


LETTER = """\
To: A force (force-41)
About: your submissions in week 2026-W09
Days: 23 February 2026 to 1 March 2026

You sent 100 documents; 8 were refused, 8.0 in 100; in the 2 weeks before it
was 3.0 in 100.

REFUSED. These documents were not taken: mend them and send them again.

1. schema-missing: 7 documents, up from 3.0 a week in the 2 weeks before.
   Units: 41ZD 5, not known 2.
   At: /Case/PTIURN (7 times)
   To mend it: Mend schema-missing.

2. key-conflict: 1 document, none in the 2 weeks before.
   Units: not known 1.
   At: / (once)
   To mend it: Mend key-conflict.

WARNINGS. These documents broke a rule that only warns.

1. OFFENCE_CODE_IS_GENERIC: 2 documents, as before: 2.0 a week in the 2
   weeks before.
   Units: 41ZD 2.
   At: /Case/PTIURN (twice)
   To mend it: Mend OFFENCE_CODE_IS_GENERIC.

NO LONGER. Broken in the 2 weeks before, and not in this one:
   HO100206 (finding, 4 documents then)

"""


def test_the_letter_tells_the_last_whole_week_its_trend_and_how_to_mend_each_rule() -> None:
    document = (Place(path="", submissions=1, times=1),)
    told = letter(
        quality(WEEKS[0], row("schema-missing", 2), row("OFFENCE_CODE_IS_GENERIC", 3, severity="warning"), accepted=98, refused=2),
        quality(
            WEEKS[1],
            row("schema-missing", 4),
            row("OFFENCE_CODE_IS_GENERIC", 1, severity="warning"),
            row("HO100206", 4, severity="finding"),
            accepted=96,
            refused=4,
        ),
        quality(
            WEEKS[2],
            row("schema-missing", 5),
            row("schema-missing", 2, unit=None),
            row("key-conflict", 1, unit=None, places=document),
            row("OFFENCE_CODE_IS_GENERIC", 2, severity="warning"),
            accepted=92,
            refused=8,
        ),
        quality(WEEKS[3], row("xml-malformed", 50), refused=50),
    )  # fmt: skip
    assert told.startswith(LETTER)
    assert told[len(LETTER) :].startswith("How this is counted: ")


def test_a_week_in_which_nothing_was_sent_is_not_compared() -> None:
    nothing, ten = quality(WEEKS[0]), quality(WEEKS[1], row("R", 2), accepted=8, refused=2)
    told = letter(nothing, ten, quality(WEEKS[2], row("R"), accepted=9, refused=1))
    words = "You sent 10 documents; 1 was refused, 10.0 in 100; in the week before it was 20.0 in 100."
    assert words in " ".join(told.split())
    assert "R: 1 document, down from 2.0 a week in the week before." in told


def test_a_part_of_a_week_is_told_of_alone_where_there_is_no_whole_one() -> None:
    told = letter(quality(WEEKS[3], row("R"), accepted=1, refused=1))
    assert "2 March 2026 to 8 March 2026, so far" in told
    assert "You sent 2 documents; 1 was refused, 50.0 in 100. There are no weeks before" in " ".join(told.split())
    assert "R: 1 document, with no weeks before to compare with." in told


def test_a_week_without_documents_and_one_without_faults_say_so() -> None:
    assert "You sent no documents in this time." in letter(quality(WEEKS[0]))
    assert "You sent 5 documents; none were refused, 0.0 in 100; in" in letter(quality(WEEKS[0], accepted=3), quality(WEEKS[1], accepted=5))  # fmt: skip


def test_the_letter_is_narrow_enough_to_read_but_breaks_no_path() -> None:
    path = "/NewCaseMessage/Case/Defendant/PoliceIndividualDefendant/PersonDefendant/BasePersonDetails/PersonName"
    places = tuple(Place(path=f"{path}/{n}", submissions=1, times=5 - n) for n in range(5))
    told = letter(quality(WEEKS[0], row("schema-empty", 1, places=places), accepted=1, refused=1))
    assert f"   At: {path}/0 (5 times)\n" in told
    assert "   and at 2 more\n" in told
    assert all(len(line) <= WIDTH for line in told.split("\n") if path not in line)


def test_the_lines_of_the_report_put_what_refuses_first_and_then_the_most_frequent() -> None:
    weeks = (
        quality(WEEKS[0], row("B", 1), row("W", 9, severity="warning")),
        quality(WEEKS[1], row("A", 2), row("A", 1, unit=None), row("B", 3)),
    )
    report = Report(party="force-41", name="A force", weeks=weeks)
    assert [(line.rule, line.unit, line.documents, line.total) for line in report.lines()] == [
        ("B", "41ZD", (1, 3), 4),
        ("A", "41ZD", (0, 2), 2),
        ("A", None, (0, 1), 1),
        ("W", "41ZD", (9, 0), 9),
    ]
    assert report.rules() == ("B", "A", "W")
    assert report.places("A") == (("/Case/PTIURN", 3),)
