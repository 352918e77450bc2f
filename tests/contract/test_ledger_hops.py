"""What messages are called on each hop, over both databases: a request is taken once, the first has a reference."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from hub.ledger import Ledger
from hub.ledger.admission import Admission, Conflict, Fresh, Judgement, Repeated, Verdict
from hub.message.hops import Hop
from tests.doubles.traffic import URN, admission, new_message


def came(number: int, request: str, reference: str | None = None) -> Admission:
    """A submission by a hop."""
    made = admission(f"s{number}", new_message(f"m{number}", URN, words=f"words {number}"))
    hop = Hop(
        request=request, reference=reference, answer="spi-answer", block=(("CorrelationID", "é"), ("RouteId", ""))
    )
    return replace(made, key=f"request:{request}", hop=hop)


def test_what_a_submission_is_called_is_kept_whole(ledger: Ledger) -> None:
    one = came(1, "r-1", "ref-1")
    ledger.admit(one)
    held = ledger.hop_of(one.submission_id)
    assert held is not None
    assert (held.party, held.hop, held.repeats) == (one.party, one.hop, None)
    assert ledger.hop_of("no-such") is None


def test_a_request_stays_taken_when_what_came_with_it_is_refused(ledger: Ledger) -> None:
    one = replace(came(1, "r-1", "ref-1"), verdict=Verdict.PENDING, messages=())
    assert isinstance(ledger.admit(one), Fresh)
    assert ledger.judge(one.submission_id, Judgement(verdict=Verdict.REFUSED))
    again = replace(one, submission_id="again")
    other = replace(came(2, "r-1", "ref-2"), sha256="f" * 64)
    assert isinstance(ledger.admit(again), Repeated)
    assert isinstance(ledger.admit(other), Conflict)


def test_a_request_that_was_refused_at_once_is_free(ledger: Ledger) -> None:
    one = came(1, "r-1", "ref-1")
    ledger.admit(replace(one, verdict=Verdict.REFUSED, messages=(), hop=None))
    assert isinstance(ledger.admit(replace(one, submission_id="second")), Fresh)


def test_a_reference_that_came_before_leaves_its_submission_pending_and_names_the_first(ledger: Ledger) -> None:
    first, second = came(1, "r-1", "ref-1"), came(2, "r-2", "ref-1")
    ledger.admit(first)
    ledger.admit(second)
    row, held = ledger.submission(second.submission_id), ledger.hop_of(second.submission_id)
    assert row is not None
    assert held is not None
    assert (row.verdict, held.repeats) == (Verdict.PENDING, first.submission_id)
    assert ledger.messages_of(second.submission_id, 0, 5) == ()


@pytest.mark.parametrize("same", ["request", "reference"])
def test_of_many_at_once_one_is_the_first(ledger: Ledger, same: str) -> None:
    made = [
        came(n, "r" if same == "request" else f"r-{n}", "ref" if same == "reference" else f"ref-{n}") for n in range(12)
    ]
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(ledger.admit, made))
    fresh = [one for one in answers if isinstance(one, Fresh)]
    hops = [hop for one in made if (hop := ledger.hop_of(one.submission_id)) is not None]
    assert len(fresh) == len(hops) == (1 if same == "request" else 12)
    assert sum(hop.repeats is None for hop in hops) == 1
