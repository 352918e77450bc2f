"""A candidate mapping over five thousand messages: exactly the differences planted in it, and the live output as it was."""

from pathlib import Path

import pytest

from hub.assemble import Hub
from hub.flow.accept import Arrival
from hub.message.lifecycle import DeliveryStatus
from tests.hubs import COURT, running_hub, wait_until

LIVE = """
[dialect]
name = "a-rms"
version = "1"
lift = "xml"
[recognise]
root = "F"
[case]
ptiurn = "U"
initiation = { at = "I", read = "code:initiation" }
informant = "N"
[case.first_hearing]
court = "C"
on = { at = "D", read = "date:%d/%m/%Y" }
at = "T"
"""

CANDIDATE = LIVE.replace('version = "1"', 'version = "2"\ncandidate = true')
PLANTED = (
    ('informant = "N"', 'informant = ["M", "N"]'),  # differs where M is given: every tenth
    (
        'read = "date:%d/%m/%Y"',
        'read = "date:%m/%d/%Y"',
    ),  # the day for the month: a difference where the day is over 12
    ('ptiurn = "U"', "ptiurn = \"U[@checked='y']\""),  # refused where it is not: every hundredth
)
FORCE = """
[party]
code = "force-41"
name = "A force"
agency = "police"
[sends]
dialects = ["a-rms"]
"""
COUNT = 5000


def candidate() -> str:
    text = CANDIDATE
    for live, other in PLANTED:
        assert live in text
        text = text.replace(live, other)
    return text.replace('informant = ["M", "N"]', 'informant = { at = ["M", "N"] }')


def document(number: int) -> bytes:
    mine = "<M>Other</M>" if number % 10 == 0 else ""
    checked = "" if number % 100 == 0 else " checked='y'"
    day = 1 + number % 28
    return (
        f"<F><U{checked}>41ZD{number:05d}26</U><I>C</I><N>Force</N>{mine}<C>B41ZZ01</C><D>{day:02d}/03/2027</D><T>10:00</T></F>"
    ).encode()


def submit(hub: Hub, number: int) -> None:
    arrival = Arrival(raw=document(number), trust=hub.flow.trust_of("force-41"), door="test", dialects=("a-rms",))
    assert hub.flow.door(arrival).outcome == "accepted"


@pytest.mark.slow
def test_a_run_over_five_thousand_messages_shows_what_is_planted_and_touches_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "config" / "dialects" / "a-rms"
    folder.mkdir(parents=True)
    (folder / "mapping.toml").write_text(LIVE)
    (folder / "mapping-2.toml").write_text(candidate())
    with running_hub(tmp_path, {"force-41": FORCE, "court": COURT}) as hub:
        for number in range(1, COUNT + 1):
            submit(hub, number)
        wait_until(lambda: (runs := hub.ledger.shadow_runs()) and runs[0].read == COUNT, 200)
        wait_until(lambda: hub.ledger.counts().deliveries.get(DeliveryStatus.ACKNOWLEDGED) == COUNT, 240)
        [run] = hub.ledger.shadow_runs()
        refused = COUNT // 100
        others = sum(1 for n in range(1, COUNT + 1) if n % 10 == 0 and n % 100)
        wrong = sum(1 for n in range(1, COUNT + 1) if n % 100 and 1 + n % 28 != 3)
        unreadable = sum(1 for n in range(1, COUNT + 1) if n % 100 and 1 + n % 28 > 12)
        assert (run.dialect, run.version, run.read, run.refused) == ("a-rms", "2", COUNT, refused)
        assert {name: count for name, count, _ in run.differences} == {
            "CaseFileSubmission/FirstHearing/On": wrong,
            "CaseFileSubmission/Informant": others,
            "Findings": unreadable,
            "Unmapped": COUNT - refused,  # the candidate reads an attribute that the live mapping does not
            "Refused/required": refused,
        }
        sent = {path.read_bytes() for path in (tmp_path / "court").glob("*.xml")}
        assert len(sent) == COUNT
        assert not any(b"Other" in body for body in sent)
