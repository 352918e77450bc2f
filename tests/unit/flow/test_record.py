"""record: which case, is it news, and what is the case now."""

from dataclasses import replace
from datetime import date, timedelta

from hub.flow.record import Duplicate, Recorded, Unmatched, record
from hub.ledger.decision import Known, Link, Seen
from hub.ledger.register import CaseStatus, CaseView, HearingStage, RegisterChange
from hub.message.envelope import Body
from tests.examples import ASN, NOMS, NOW, URN, case_file, message, reception, remand_warrant, resulted, slot

CASE = "00000000-0000-7000-8000-0000000000ca"
NEW = "00000000-0000-7000-8000-0000000000fe"


def view(change: RegisterChange) -> CaseView:
    return CaseView(
        case=change.case,
        defendants=change.defendants,
        offences=change.offences,
        hearings=change.hearings,
        custody=change.custody,
    )


def recorded(body: Body, known: Known) -> Recorded:
    outcome = record(message(body), known, NOW)
    assert isinstance(outcome, Recorded)
    return outcome


def known_case() -> Known:
    opened = recorded(case_file(), Known(new_case_id=CASE))
    return Known(new_case_id=NEW, case=view(opened.change), links=(Link("PTIURN", URN, CASE), Link("ASN", ASN, CASE)))


def test_a_case_file_opens_a_case_with_its_keys_people_and_first_hearing() -> None:
    outcome = recorded(case_file(), Known(new_case_id=CASE))
    change = outcome.change
    assert outcome.case_id == CASE
    assert (change.case.ptiurn, change.case.force, change.case.court) == (URN, "41", "B41ZZ01")
    assert [(link.kind, link.value) for link in change.links] == [("PTIURN", URN), ("ASN", ASN)]
    assert [(row.key, row.family, row.gender) for row in change.defendants] == [(ASN, "Sampleton", "FEMALE")]
    assert [(row.defendant, row.position, row.code) for row in change.offences] == [(ASN, 1, "TH68010")]
    assert [(row.court, row.on, row.stage) for row in change.hearings] == [
        ("B41ZZ01", "2026-03-20", HearingStage.LISTED)
    ]


def test_another_urn_is_another_case_even_where_the_asn_is_known() -> None:
    outcome = recorded(case_file("41ZD0000226"), replace(known_case(), links=(Link("ASN", ASN, CASE),)))
    assert outcome.case_id == NEW


def test_a_result_joins_its_case_and_keeps_what_it_does_not_speak_of() -> None:
    outcome = recorded(resulted(), known_case())
    assert (outcome.case_id, outcome.change.case.version) == (CASE, 2)
    assert outcome.change.offences[0].result_codes == ("4028",)
    assert outcome.change.defendants[0].pnc == "2012/0004711V" or outcome.change.defendants[0].pnc is not None


def test_a_next_hearing_is_listed_and_moves_the_case_to_its_court() -> None:
    outcome = recorded(resulted(following=slot("C41ZZ00", date(2026, 5, 1))), known_case())
    stages = {(row.court, row.stage) for row in outcome.change.hearings}
    assert stages == {("B41ZZ01", HearingStage.RESULTED), ("C41ZZ00", HearingStage.LISTED)}
    assert outcome.change.case.court == "C41ZZ00"


def test_a_case_is_finalised_when_every_offence_is_and_open_again_when_a_result_says_so() -> None:
    done = recorded(resulted(disposed="Y"), known_case())
    assert done.change.case.status is CaseStatus.FINALISED
    again = recorded(resulted(disposed="N"), replace(known_case(), case=view(done.change)))
    assert again.change.case.status is CaseStatus.OPEN


def test_an_older_version_of_a_result_does_not_undo_a_newer_one() -> None:
    newer = recorded(resulted(disposed="Y", shared=NOW), known_case())
    held = replace(known_case(), case=view(newer.change))
    older = recorded(resulted(shared=NOW - timedelta(hours=1), following=slot("C41ZZ00", date(2026, 5, 1))), held)
    assert older.change.offences == ()
    assert (older.change.case.status, older.change.case.court) == (CaseStatus.FINALISED, "B41ZZ01")
    assert older.change.hearings == ()


def test_a_prison_event_without_a_known_person_is_unmatched() -> None:
    outcome = record(message(reception()), Known(new_case_id=NEW), NOW)
    assert isinstance(outcome, Unmatched)
    assert "NOMS" in outcome.reason


def test_a_warrant_links_the_prisoner_number_so_that_the_reception_finds_the_case() -> None:
    warrant = recorded(remand_warrant(), known_case())
    moved = [link for link in warrant.change.links if link.kind == "NOMS"]
    assert [(link.value, link.moves) for link in moved] == [(NOMS, True)]
    held = replace(known_case(), links=(Link("NOMS", NOMS, CASE),))
    outcome = recorded(reception(), held)
    assert outcome.case_id == CASE
    assert [(row.noms, row.prison, row.status) for row in outcome.change.custody] == [(NOMS, "BMI", "IN_CUSTODY")]


def test_a_repeat_is_a_duplicate_unless_something_was_said_since() -> None:
    seen = replace(known_case(), seen=Seen(message_id="first", superseded=False))
    assert record(message(resulted()), seen, NOW) == Duplicate("first")
    later = replace(known_case(), seen=Seen(message_id="first", superseded=True))
    assert isinstance(record(message(resulted()), later, NOW), Recorded)
