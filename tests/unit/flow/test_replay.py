"""Planning a replay: routing is asked again, each recipient gets what it is entitled to now, and the rest is said."""

from dataclasses import replace
from datetime import timedelta

import pytest

from hub.canonical.write import write
from hub.flow.replay import ALL, OWN, LeftOut, Plan, Replaying
from hub.flow.route import RoutingTable, routing_table
from hub.ledger.admission import MessageRow
from hub.ledger.attempt import DeliveryRow
from hub.ledger.register import CaseRow
from hub.ledger.replay import Candidate, Wanted
from hub.message.lifecycle import DeliveryStatus, MessageStatus
from tests.examples import NOW, message, resulted
from tests.unit.flow.test_route import PlainWriter, party

D = DeliveryStatus
HEARD = message(resulted(), party="court")
PARTS = len(HEARD.body.defendants)  # type: ignore[union-attr]
ROUTE = {"message": "HearingResulted", "as": "plain"}


def row(id: str, code: str, status: DeliveryStatus = D.ACKNOWLEDGED, **more: object) -> DeliveryRow:
    values: dict[str, object] = {
        "id": id, "message_id": "m1", "part": "0", "party": code, "endpoint": code, "dialect": "plain",
        "order_key": "c", "lane_seq": 1, "status": status, "reason": None, "answer": None, "attempts": 1, "fence": 1,
        "created_at": NOW, "due_at": NOW, "lease_until": None, "first_attempt_at": NOW, "deadline": None, "marks": (),
        "settled_at": NOW if status in (D.ACKNOWLEDGED, D.DISCARDED, D.EXPIRED) else None, "replays": None,
    } | more  # fmt: skip
    return DeliveryRow(**values)  # type: ignore[arg-type]


def candidate(*deliveries: DeliveryRow, status: MessageStatus = MessageStatus.RECORDED) -> Candidate:
    held = MessageRow(
        seq=1, id="m1", submission_id="s1", ordinal=0, type="HearingResulted", party="court", dialect="exchange",
        version="1", reference=None, status=status, reason=None, case_id="c", content_hash="x", correlation_id="x",
        mode="LIVE", previous_version_of=None, occurred_at=None, accepted_at=NOW, status_at=NOW, defects=0, mapping=None,
        keys=(),
    )  # fmt: skip
    case = CaseRow(id="c", force="41", created_at=NOW, updated_at=NOW)
    return Candidate(message=held, canonical=write(HEARD), case=case, deliveries=deliveries)


def routes(*codes: str, dialect: str = "plain") -> RoutingTable:
    parties = {code: party(code, "cps", ROUTE | {"as": dialect}) for code in codes}
    return routing_table(parties, {"plain": PlainWriter(), "newer": PlainWriter()}, timedelta(hours=72))


def planner(table: RoutingTable, **more: object) -> Replaying:
    values: dict[str, object] = {"live": {"cps", "other"}, "planned": {}, "endpoints": {"cps", "other", "late"}} | more
    return Replaying(routing=table, **values)  # type: ignore[arg-type]


def plan(table: RoutingTable, one: Candidate, to: str = OWN, **more: object) -> Plan:
    return planner(table).plan(one, Wanted(**more), to, NOW)  # type: ignore[arg-type]


def made(found: Plan) -> list[tuple[str, str, str | None]]:
    return [(one.new.endpoint, one.new.part, one.replays) for one in found.targets]


def whys(found: Plan) -> list[tuple[str | None, LeftOut]]:
    return [(one.recipient, one.why) for one in found.left]


def test_who_had_it_gets_it_again_if_a_route_still_gives_it() -> None:
    found = plan(routes("cps"), candidate(row("d1", "cps"), row("d2", "other")))
    assert made(found) == [("cps", "0", "d1")]
    assert whys(found) == [("other", LeftOut.NOT_ENTITLED)]
    assert (found.targets[0].new.deadline, found.targets[0].new.marks) == (None, ("replay:d1",))


def test_who_never_had_it_gets_it_only_if_named_and_entitled() -> None:
    held = candidate(row("d1", "cps"))
    assert made(plan(routes("cps", "other"), held)) == [("cps", "0", "d1")]
    assert made(plan(routes("cps", "other"), held, "other")) == [("other", str(n), None) for n in range(PARTS)]
    assert {one[0] for one in made(plan(routes("cps", "other"), held, ALL))} == {"cps", "other"}
    denied = plan(routes("cps"), held, "other")
    assert (made(denied), whys(denied)) == ([], [("other", LeftOut.NOT_ENTITLED)])


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"planned": {"other": party("other", "cps")}, "live": {"cps"}}, LeftOut.PLANNED),
        ({"live": {"cps"}}, LeftOut.NO_PARTY),
        ({}, LeftOut.NOT_ENTITLED),
    ],
)
def test_why_nobody_may_have_it_is_said(more: dict[str, object], why: LeftOut) -> None:
    found = planner(routes("cps"), **more).plan(candidate(row("d1", "other")), Wanted(), OWN, NOW)
    assert (made(found), whys(found)) == ([], [("other", why)])


def test_an_endpoint_that_the_hub_does_not_know_yet_is_left_out() -> None:
    found = planner(routes("cps"), endpoints=set()).plan(candidate(row("d1", "cps")), Wanted(), OWN, NOW)
    assert (made(found), whys(found)) == ([], [("cps", LeftOut.NOT_STARTED)])


@pytest.mark.parametrize("status", [D.WAITING, D.DUE, D.SENDING])
def test_what_is_on_its_way_is_left_out_also_when_it_is_a_replay(status: DeliveryStatus) -> None:
    found = plan(routes("cps"), candidate(row("d1", "cps"), row("d2", "cps", status, replays="d1")))
    assert (made(found), whys(found)) == ([], [("cps", LeftOut.ON_ITS_WAY)])
    assert whys(plan(routes("cps"), candidate(row("d2", "cps", status)), status=D.ACKNOWLEDGED)) == []


def test_of_several_deliveries_of_a_part_the_last_one_stands() -> None:
    twice = candidate(row("d1", "cps", D.DEAD), row("d2", "cps", replays="d1"))
    assert made(plan(routes("cps"), twice)) == [("cps", "0", "d2")]
    replayed_since = plan(routes("cps"), twice, status=D.DEAD)
    assert (replayed_since.targets, replayed_since.left) == ((), ())


def test_a_status_and_a_recipient_choose_among_the_deliveries_of_a_message() -> None:
    held = candidate(row("d1", "cps", D.DEAD), row("d2", "other"), row("d3", "cps", D.ACKNOWLEDGED, part="1"))
    both = routes("cps", "other")
    assert made(plan(both, held, status=D.DEAD)) == [("cps", "0", "d1")]
    assert made(plan(both, held, endpoint="other")) == [("other", "0", "d2")]
    assert plan(both, held, status=D.DEAD).waits == 1
    assert plan(both, held, endpoint="other").waits == 0


def test_a_part_goes_in_the_dialect_that_its_route_names_now() -> None:
    found = plan(routes("cps", dialect="newer"), candidate(row("d1", "cps")))
    assert [(one.new.dialect, one.new.part, one.replays) for one in found.targets] == [("newer", "0", "d1")]


@pytest.mark.parametrize("status", [one for one in MessageStatus if one is not MessageStatus.RECORDED])
def test_what_is_not_recorded_is_replayed_to_nobody(status: MessageStatus) -> None:
    assert whys(plan(routes("cps"), candidate(status=status), ALL)) == [(None, LeftOut.NOT_RECORDED)]


def test_what_was_erased_or_cannot_be_read_is_replayed_to_nobody() -> None:
    held = candidate(row("d1", "cps"))
    assert whys(plan(routes("cps"), replace(held, canonical=b""))) == [(None, LeftOut.ERASED)]
    assert whys(plan(routes("cps"), replace(held, canonical=b"<x/>"))) == [(None, LeftOut.CANNOT_BE_MADE)]
