"""What is wrong, by the facts: a condition for each incident, in words that change seldom and hold nobody's data."""

from dataclasses import replace
from datetime import timedelta

import pytest

from hub.alerts.conditions import Kind, Limits, conditions
from hub.alerts.silence import Expected
from hub.ledger.attempt import EndpointRow, Gate, OnDead
from hub.ledger.incident import Condition, Facts, Heard, Stopped
from hub.message.lifecycle import DeliveryStatus
from hub.message.slip import Lane
from tests.examples import NOW

MINUTE = timedelta(minutes=1)
LIMITS = Limits(held=60 * MINUTE, queue=5 * MINUTE, pending=15 * MINUTE, sealer=MINUTE, free=1024**3)
COURT = EndpointRow(
    code="court", party="court", in_flight=4, on_dead=OnDead.STOP, gate=Gate.UP, reason=None, failures=0,
    probe_at=None, changed_at=NOW,
)  # fmt: skip


def found(facts: Facts, minutes: float = 0, free: int | None = None) -> list[tuple[str, str]]:
    return [(one.kind, one.subject) for one in said(facts, minutes, free)]


def said(facts: Facts, minutes: float = 0, free: int | None = None) -> tuple[Condition, ...]:
    return conditions(facts, NOW + minutes * MINUTE, LIMITS, {"north": Expected(every=timedelta(hours=24))}, free)


def test_nothing_is_wrong_where_all_goes_its_way() -> None:
    facts = Facts(
        endpoints=(COURT,),
        slips=((Lane.INTAKE, NOW), (Lane.SEND, NOW + 60 * MINUTE)),
        pending=("s1", NOW),
        unsealed=NOW,
        heard=(Heard(party="north", last=NOW, since=NOW),),
    )
    assert found(facts, free=2 * 1024**3) == []


def test_a_broken_endpoint_is_wrong_at_once_and_a_held_one_after_a_while() -> None:
    broken = replace(COURT, code="cps", gate=Gate.BROKEN, reason="5 attempts in a row did not reach it")
    held = replace(COURT, gate=Gate.HELD, reason="Mrs Invented asked for it")
    facts = Facts(endpoints=(broken, held))
    assert found(facts) == [("broken", "cps")]
    assert found(facts, 60) == [("broken", "cps")]
    assert found(facts, 61) == [("broken", "cps"), ("held", "court")]
    assert "Invented" not in said(facts, 61)[1].words, "what an operator wrote stays with the operators"


def test_the_words_of_a_broken_endpoint_stay_the_same_from_probe_to_probe() -> None:
    broken = replace(COURT, gate=Gate.BROKEN, reason="5 attempts in a row did not reach it")
    probed = replace(broken, failures=17, changed_at=NOW + 10 * MINUTE, probe_at=NOW + 11 * MINUTE)
    assert said(Facts(endpoints=(broken,)), 1) == said(Facts(endpoints=(probed,)), 10)


def test_stopped_deliveries_are_one_condition_an_endpoint_with_the_counts() -> None:
    of = {"DEAD": DeliveryStatus.DEAD, "INVALID": DeliveryStatus.INVALID}
    facts = Facts(
        stopped=(
            Stopped(endpoint="court", status=of["DEAD"], count=100, oldest="d1"),
            Stopped(endpoint="court", status=of["INVALID"], count=3, oldest="d2"),
            Stopped(endpoint="cps", status=of["INVALID"], count=1, oldest="d3"),
        )
    )
    court, cps = said(facts)
    assert (court.kind, court.subject, court.example) == (Kind.STOPPED, "court", "d1")
    assert court.words.endswith(": 100 DEAD, 3 INVALID")
    assert (cps.subject, cps.example) == ("cps", "d3")


def test_buried_messages_are_one_condition() -> None:
    (one,) = said(Facts(buried=(2, "m1")))
    assert (one.kind, one.subject, one.example, "2 BURIED" in one.words) == ("buried", "messages", "m1", True)


LATE = [
    (Facts(slips=((Lane.SEND, NOW),)), ("queue", "send"), 5),
    (Facts(pending=("s1", NOW)), ("pending", "documents"), 15),
    (Facts(unsealed=NOW), ("sealer", "audit"), 1),
]


@pytest.mark.parametrize(("facts", "kind", "limit"), LATE, ids=["queue", "pending", "sealer"])
def test_what_waits_is_wrong_once_it_waits_too_long_and_right_again_once_it_is_well_within(
    facts: Facts, kind: tuple[str, str], limit: int
) -> None:
    assert found(facts, limit) == []
    assert found(facts, limit * 1.01) == [kind]
    open_now = replace(facts, standing=frozenset({kind}))
    assert found(open_now, limit * 0.6) == [kind]
    assert found(open_now, limit * 0.5) == []


def test_the_words_of_a_long_wait_change_a_few_times_and_not_each_time() -> None:
    facts = Facts(slips=((Lane.SEND, NOW),))
    words = list(dict.fromkeys(one.words for minutes in range(6, 24 * 60) for one in said(facts, minutes)))
    assert [one.partition(":")[0].removeprefix("work has been due for more than ") for one in words] == [
        "5 minutes",
        "15 minutes",
        "1 hour",
        "4 hours",
    ]


def test_a_silent_party_is_told_with_when_it_was_last_heard_or_that_it_never_was() -> None:
    heard = Facts(heard=(Heard(party="north", last=NOW, since=NOW),))
    never = Facts(heard=(Heard(party="north", last=None, since=NOW),))
    assert found(heard, 24 * 60) == []
    (one,), (other,) = said(heard, 24 * 60 + 1), said(never, 24 * 60 + 1)
    assert (one.kind, one.subject) == ("silent", "north")
    assert one.words == f"nothing was submitted since {NOW:%Y-%m-%d %H:%M} UTC: expected once in 24 hours"
    assert other.words.startswith("nothing was submitted at all, waited for since")


def test_a_disk_that_fills_up_is_wrong_until_there_is_a_quarter_more() -> None:
    facts, open_now = Facts(), Facts(standing=frozenset({("disk", "data folder")}))
    assert found(facts, free=1024**3) == []
    assert found(facts, free=1024**3 - 1) == [("disk", "data folder")]
    assert found(open_now, free=1024**3 + 1) == [("disk", "data folder")]
    assert found(open_now, free=1024**3 * 5 // 4) == []
    assert said(facts, free=5) == said(facts, free=6)
