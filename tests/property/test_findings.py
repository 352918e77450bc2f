"""The rules on results look at anything that can be read, and never fail on it."""

from dataclasses import replace

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.courts.findings import findings_of
from connectors.courts.findings.exceptions import EXCEPTIONS
from connectors.courts.findings.triggers import TRIGGERS
from hub.contract.reference import Reference
from hub.message.case import Defendant, Offence, Result
from hub.message.hearing import HearingResulted
from hub.message.values import Coded, Numbered
from tests.bodies import record
from tests.doubles.results import OFFENCES, REFERENCE, RESULTS, tables

OUT = {*TRIGGERS, *EXCEPTIONS, "TRPR0015", "TRPR0027"}
SLOW = settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
CODES = st.sampled_from([*(one[:4] for one in RESULTS.split()), "", "x", "4583", "9991", "-1", "٣", "1" * 30])
WORDS = st.sampled_from(
    ["Committed to Liverpool Crown Court", "until the Crown Court hearing", "granted", "", "x" * 3000]
)


@st.composite
def results(draw: st.DrawFn) -> Result:
    """A result with a code and a text that rules look at."""
    held = draw(record(Result))
    assert isinstance(held, Result)
    return replace(held, code=draw(st.none() | CODES.map(Coded)), text=draw(st.none() | WORDS))


@st.composite
def hearings(draw: st.DrawFn) -> HearingResulted:
    """A hearing whose values are anything, with codes that rules look at among them."""
    hearing = draw(record(HearingResulted))
    defendant = draw(record(Defendant))
    assert isinstance(hearing, HearingResulted)
    assert isinstance(defendant, Defendant)
    offences = []
    for position in range(draw(st.integers(0, 3))):
        offence = draw(record(Offence))
        assert isinstance(offence, Offence)
        given_results = tuple(draw(st.lists(results(), max_size=3)))
        sequence = draw(st.none() | st.sampled_from(["001", "0", "x", "1" * 30]).map(Numbered))
        offences.append(replace(offence, position=position + 1, sequence=sequence, results=given_results))
    return replace(hearing, defendants=(replace(defendant, offences=tuple(offences)),))


@SLOW
@given(hearings(), st.booleans())
def test_whatever_can_be_read_is_looked_at_without_failing(hearing: HearingResulted, loaded: bool) -> None:
    found = findings_of(hearing, tables(REFERENCE if loaded else Reference()))
    assert {one.code for one in found} <= OUT
    assert all(one.path.startswith("/ResultedCaseMessage/Session/") and one.words for one in found)
    tasks = [(one.code, one.offence) for one in found if one.code.startswith("TRPR")]
    assert len(set(tasks)) == len(tasks)


def test_the_offences_of_the_rows_are_found_by_their_own_codes() -> None:
    assert [code for code, *_ in OFFENCES if code not in REFERENCE.tables["offence_codes"]] == []
