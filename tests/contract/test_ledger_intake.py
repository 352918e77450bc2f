"""Intake and the register: decisions are written whole, in order, and one bad message harms no other."""

from dataclasses import replace

from hub.ledger import Ledger
from hub.ledger.admission import Kept, OrderKey
from hub.ledger.decision import Decision, Known, NewDelivery, NewEvent, Note
from hub.ledger.register import (
    CustodyRow,
    DefendantRow,
    HearingRow,
    HearingStage,
    KeyLink,
    OffenceRef,
    OffenceRow,
    RegisterChange,
)
from hub.message.errors import Defect
from hub.message.lifecycle import MessageEvent, MessageStatus
from hub.message.slip import Lane
from tests.doubles.traffic import URN, Desk, admission, new_message, opens

ASN = OrderKey("ASN", "2101AB0100000012345R")
NOMS = OrderKey("NOMS", "A1234AA")


def slips(ledger: Ledger, lane: Lane) -> list[str]:
    """The subjects of every due slip of a lane, which are taken and finished."""
    claimed = ledger.claim_slips(lane, 1000, 60)
    ledger.finish_slips([one.number for one in claimed])
    return [one.slip.id for one in claimed]


def miss(kept: Kept, known: Known) -> Decision:
    return Decision(event=MessageEvent.MISS, reason="no case is known")


def test_intake_writes_a_decision_whole(desk: Desk, ledger: Ledger) -> None:
    ledger.admit(admission("1", new_message("m1", URN)))
    slips(ledger, Lane.INTAKE)
    (kept,) = ledger.to_intake(["m1"])
    made = Decision(
        event=MessageEvent.RECORD,
        case_id="case-1",
        change=opens("case-1", desk.clock.at, KeyLink(kind="PTIURN", value=URN.value)),
        deliveries=(NewDelivery(party="court", endpoint="court", dialect="spi", part="1", marks=("late",)),),
        events=(NewEvent(type="CaseFileSubmission", audience=("cps",), body="{}"),),
        notes=(Note(action="routed", detail={"rule": "R1"}),),
    )
    (taken,) = ledger.intake(["m1"], lambda given, known: made)
    (delivery,) = ledger.deliveries_of("m1")
    view = ledger.case_view("case-1")
    assert (kept.message.id, kept.canonical) == ("m1", b"<m>m1</m>")
    assert (taken.status, taken.error) == (MessageStatus.RECORDED, None)
    assert (delivery.order_key, delivery.lane_seq, delivery.marks) == ("case-1", 1, ("late",))
    assert view is not None
    assert view.links == (("PTIURN", URN.value),)
    assert ledger.find_case("PTIURN", URN.value) == "case-1"
    assert slips(ledger, Lane.SEND) == [delivery.id]
    assert [row.action for row in ledger.timeline("m1")] == ["accepted", "recorded", "routed", "queued"]


def test_a_message_that_is_past_intake_is_left_alone(desk: Desk, ledger: Ledger) -> None:
    desk.record(ledger, "m1", "court")
    (again,) = ledger.intake(["m1"], miss)
    assert (again.status, again.error) == (MessageStatus.RECORDED, None)
    assert len(ledger.deliveries_of("m1")) == 1


def test_earlier_messages_that_share_a_key_are_taken_first(ledger: Ledger) -> None:
    ledger.admit(admission("1", new_message("m1", URN)))
    ledger.admit(admission("2", new_message("m2", ASN)))
    ledger.admit(admission("3", new_message("m3", URN, ASN)))
    ledger.admit(admission("4", new_message("m4", NOMS)))
    ledger.admit(admission("5", new_message("m5", URN)))
    order: list[str] = []

    def decide(kept: Kept, known: Known) -> Decision:
        order.append(kept.message.id)
        return miss(kept, known)

    ledger.intake(["m3"], decide)
    assert order == ["m1", "m2", "m3"]


def test_what_one_message_changes_is_known_to_the_next_in_the_same_intake(desk: Desk, ledger: Ledger) -> None:
    for n in range(3):
        ledger.admit(admission(str(n), new_message(f"m{n}", URN)))
    versions: list[int] = []

    def decide(kept: Kept, known: Known) -> Decision:
        link = KeyLink(kind="PTIURN", value=URN.value)
        held = known.case
        change = opens(known.new_case_id, desk.clock.at, link)
        if held is not None:
            change = replace(change, case=replace(held.case, version=held.case.version + 1))
        versions.append(change.case.version)
        return Decision(event=MessageEvent.STRAND, case_id=change.case.id, change=change)

    ledger.intake(["m0", "m1", "m2"], decide)
    assert versions == [1, 2, 3]
    assert len({row.case_id for row in ledger.recent(10)}) == 1


def test_a_message_that_fails_is_reported_and_its_neighbours_go_on(ledger: Ledger) -> None:
    ledger.admit(admission("1", new_message("m1", URN)))
    ledger.admit(admission("2", new_message("m2", ASN)))
    ledger.admit(admission("3", new_message("m3", URN)))

    def decide(kept: Kept, known: Known) -> Decision:
        if kept.message.id == "m1":
            raise KeyError("ours")
        return miss(kept, known)

    taken = {one.message_id: one for one in ledger.intake(["m1", "m2", "m3"], decide)}
    assert isinstance(taken["m1"].error, KeyError)
    assert taken["m2"].status is MessageStatus.UNMATCHED
    assert (taken["m3"].status, taken["m3"].behind) == (MessageStatus.ACCEPTED, True)


def test_a_decision_that_cannot_be_written_is_undone_alone(desk: Desk, ledger: Ledger) -> None:
    ledger.admit(admission("1", new_message("m1", URN)))
    ledger.admit(admission("2", new_message("m2", ASN)))

    def decide(kept: Kept, known: Known) -> Decision:
        endpoint = "nowhere" if kept.message.id == "m1" else "court"
        to = NewDelivery(party="court", endpoint=endpoint, dialect="spi")
        change = opens(kept.message.id, desk.clock.at)
        return Decision(event=MessageEvent.RECORD, case_id=kept.message.id, change=change, deliveries=(to,))

    taken = {one.message_id: one for one in ledger.intake(["m1", "m2"], decide)}
    assert isinstance(taken["m1"].error, Defect)
    assert ledger.case_view("m1") is None
    assert taken["m2"].status is MessageStatus.RECORDED
    assert len(ledger.deliveries_of("m2")) == 1


def test_a_buried_message_rings_for_those_behind_it_and_can_run_again(ledger: Ledger) -> None:
    ledger.admit(admission("1", new_message("m1", URN)))
    ledger.admit(admission("2", new_message("m2", URN)))
    slips(ledger, Lane.INTAKE)
    assert (ledger.count_defect("m1"), ledger.count_defect("m1")) == (1, 2)
    assert ledger.bury("m1", "KeyError at x.py:1")
    assert not ledger.bury("m1", "again")
    assert slips(ledger, Lane.INTAKE) == ["m2"]
    assert ledger.rerun("m1", "ops", "release 1.2")
    assert not ledger.rerun("m1", "ops", "twice")
    assert slips(ledger, Lane.INTAKE) == ["m1"]
    assert [row.action for row in ledger.timeline("m1")] == ["accepted", "stumbled", "stumbled", "bury", "rerun"]


def test_a_link_that_appears_sends_what_waits_for_it_through_intake_again(desk: Desk, ledger: Ledger) -> None:
    ledger.admit(admission("1", new_message("m1", NOMS)))
    ledger.intake(["m1"], miss)
    ledger.admit(admission("2", new_message("m2", URN, NOMS)))
    slips(ledger, Lane.INTAKE)
    change = opens("case-1", desk.clock.at, KeyLink(kind="NOMS", value=NOMS.value, moves=True))
    made = Decision(event=MessageEvent.STRAND, case_id="case-1", change=change)
    ledger.intake(["m2"], lambda kept, known: made)
    message = ledger.message("m1")
    assert message is not None
    assert message.status is MessageStatus.ACCEPTED
    assert slips(ledger, Lane.INTAKE) == ["m1"]


def test_a_key_moves_to_another_case_only_where_that_is_said(desk: Desk, ledger: Ledger) -> None:
    stays, moves = KeyLink(kind="ASN", value=ASN.value), KeyLink(kind="NOMS", value=NOMS.value, moves=True)
    for n, case in enumerate(("case-1", "case-2")):
        ledger.admit(admission(str(n), new_message(f"m{n}")))
        made = Decision(event=MessageEvent.STRAND, case_id=case, change=opens(case, desk.clock.at, stays, moves))
        ledger.intake([f"m{n}"], lambda kept, known, made=made: made)
    assert ledger.find_case(*ASN) == "case-1"
    assert ledger.find_case(*NOMS) == "case-2"


def test_the_same_words_are_seen_until_the_sender_says_something_else(desk: Desk, ledger: Ledger) -> None:
    seen: list[tuple[str, bool] | None] = []

    def decide(kept: Kept, known: Known) -> Decision:
        seen.append((known.seen.message_id, known.seen.superseded) if known.seen else None)
        change = opens("case-1", desk.clock.at, KeyLink(kind="PTIURN", value=URN.value))
        repeat = known.seen is not None and not known.seen.superseded
        event = MessageEvent.REPEAT if repeat else MessageEvent.RECORD
        return Decision(event=event, case_id="case-1", change=change)

    for n, words in enumerate(("guilty", "guilty", "not guilty", "guilty")):
        ledger.admit(admission(str(n), new_message(f"m{n}", URN, words=words)))
    ledger.admit(admission("5", new_message("m5", URN, words="guilty"), party="43"))
    ledger.intake([f"m{n}" for n in range(6)], decide)
    assert seen == [None, ("m0", False), None, ("m0", True), None]


def test_what_nobody_was_entitled_to_have_may_be_said_again(ledger: Ledger) -> None:
    seen: list[object] = []

    def decide(kept: Kept, known: Known) -> Decision:
        seen.append(known.seen)
        return Decision(event=MessageEvent.STRAND, case_id="case-1")

    for n in range(2):
        ledger.admit(admission(str(n), new_message(f"m{n}", words="the same")))
    ledger.intake(["m0", "m1"], decide)
    assert seen == [None, None]


def test_the_register_gives_back_what_was_written_into_it(desk: Desk, ledger: Ledger) -> None:
    defendant = DefendantRow(key="A", position=1, asn="A", family="EXAMPLE", born_on="1990-01-02", source_message="m1")
    first = OffenceRow(defendant="A", position=1, code="TH68001", result_codes=("1002", "3034"))
    second = OffenceRow(defendant="A", position=2, code="RT88191")
    hearing = HearingRow(key="h1", court="B01AB00", on="2026-04-01", at="10:00", stage=HearingStage.LISTED)
    custody = CustodyRow(noms="A1234AA", prison="LEI", since=desk.clock.at)
    change = replace(
        opens("case-1", desk.clock.at),
        defendants=(defendant,),
        offences=(first, second),
        hearings=(hearing,),
        custody=(custody,),
    )
    gone = replace(opens("case-1", desk.clock.at), removed_offences=(OffenceRef("A", 2),))
    resulted = replace(gone, hearings=(replace(hearing, stage=HearingStage.RESULTED, shared_at=desk.clock.at),))
    for n, made in enumerate((change, resulted)):
        ledger.admit(admission(str(n), new_message(f"m{n}")))
        decision = Decision(event=MessageEvent.STRAND, case_id="case-1", change=made)
        ledger.intake([f"m{n}"], lambda kept, known, decision=decision: decision)
    view = ledger.case_view("case-1")
    assert view is not None
    assert (view.defendants, view.offences) == ((defendant,), (first,))
    assert (view.hearings, view.custody) == (resulted.hearings, (custody,))


def test_a_decision_may_not_change_the_case_of_another(desk: Desk, ledger: Ledger) -> None:
    ledger.admit(admission("1", new_message("m1")))
    change: RegisterChange = opens("case-2", desk.clock.at)
    made = Decision(event=MessageEvent.RECORD, case_id="case-1", change=change)
    (taken,) = ledger.intake(["m1"], lambda kept, known: made)
    assert isinstance(taken.error, Defect)


def test_a_message_without_a_case_says_that_it_is_unordered(ledger: Ledger) -> None:
    ledger.admit(admission("1", new_message("m1")))
    to = NewDelivery(party="court", endpoint="court", dialect="spi")
    ledger.intake(["m1"], lambda kept, known: Decision(event=MessageEvent.RECORD, deliveries=(to,)))
    (delivery,) = ledger.deliveries_of("m1")
    assert delivery.order_key == "m1"
    assert ledger.timeline("m1")[1].detail == {"order": "unordered"}
