"""A candidate reads beside the live mapping: its differences are counted, and nothing of it goes out."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from connectors.police.spi import CaseReader
from hub.assemble import Hub
from hub.contract import Opened
from hub.contract.tables import Tables
from hub.flow.accept import Arrival
from hub.flow.ruling import ruler
from hub.flow.shadow import Shadow
from hub.ledger.account import Tally
from hub.message.case import CaseFileSubmission
from hub.message.envelope import Decoded
from hub.message.errors import Fault, Refused
from hub.message.people import Telephones
from tests.hubs import COURT, FORCE, running_hub, wait_until
from tests.papers import case_file

CASES = 60


@dataclass(frozen=True, slots=True)
class Planted(CaseReader):
    """Reads as the live mapping does, but for what is planted: by the serial of the URN, so that it can be counted."""

    version: str = "2"

    def decode(self, opened: Opened, tables: Tables) -> Iterator[Decoded]:
        """Every fifth case loses its initiation, every tenth gains a telephone, every twentieth is refused."""
        for decoded in CaseReader.decode(self, opened, tables):
            body = decoded.body
            assert isinstance(body, CaseFileSubmission)
            serial = int(body.ptiurn.text[4:9])
            if serial % 20 == 0:
                raise Refused([Fault(path="/NewCaseMessage/Case/PTIURN", rule="planted", words="Planted.")])
            if serial % 5 == 0:
                body = replace(body, initiation=None)
            if serial % 10 == 0:
                [defendant] = body.defendants
                assert defendant.individual is not None
                person = replace(defendant.individual, telephones=Telephones(home="01632960001"))
                body = replace(body, defendants=(replace(defendant, individual=person),))
            yield replace(decoded, body=body)


def shadow_of(hub: Hub) -> Shadow:
    candidates = {"spi-case": Planted()}
    judge = replace(hub.judge, found=replace(hub.found, candidates=candidates))
    return Shadow(rule=ruler(judge), ledger=hub.ledger, candidates=candidates, trust_of=hub.flow.trust_of)


def submit(hub: Hub, serial: int) -> None:
    raw = case_file(correlation=f"c-{serial}", urn=f"41ZD{serial:05d}26", sequence=serial)
    arrival = Arrival(raw=raw, trust=hub.flow.trust_of("force-41"), door="test", dialects=("spi-case",))
    assert hub.flow.door(arrival).outcome == "accepted"


def run(shadow: Shadow) -> None:
    while shadow.step(7):
        pass


def test_a_shadow_run_finds_what_is_planted_and_nothing_else_and_touches_nothing(tmp_path: Path) -> None:
    with running_hub(tmp_path, {"force-41": FORCE, "court": COURT}) as hub:
        submit(hub, 999)  # before the run begins: not read
        shadow = shadow_of(hub)
        shadow.start()
        for serial in range(1, CASES + 1):
            submit(hub, serial)
        wait_until(lambda: len(list((tmp_path / "court").glob("*.xml"))) == CASES + 1)
        before = {path.name: path.read_bytes() for path in (tmp_path / "court").iterdir()}
        kept = {row.id: hub.ledger.canonical(row.id) for row in hub.ledger.recent(CASES + 5)}
        run(shadow)
        run(shadow)  # nothing is counted twice
        [found] = hub.ledger.shadow_runs()
        assert (found.read, found.same, found.refused) == (60, 48, 3)
        assert [(name, count) for name, count, _ in found.differences] == [
            ("CaseFileSubmission/Initiation", 9),
            ("CaseFileSubmission/Defendant/Individual/Telephones", 3),
            ("Refused/planted", 3),
        ]
        assert all(hub.ledger.message(example) for _, _, example in found.differences)
        assert {path.name: path.read_bytes() for path in (tmp_path / "court").iterdir()} == before
        assert {row.id: hub.ledger.canonical(row.id) for row in hub.ledger.recent(CASES + 5)} == kept


def test_a_step_that_was_covered_by_another_is_not_counted_again(tmp_path: Path) -> None:
    with running_hub(tmp_path, {"force-41": FORCE, "court": COURT}) as hub:
        shadow = shadow_of(hub)
        shadow.start()
        submit(hub, 1)
        run_before, ahead = hub.ledger.shadowed("spi-case/2", 10)
        assert run_before is not None
        run(shadow)
        assert not hub.ledger.count_shadow(run_before, Tally(read=1, same=1), ahead.reached)
        assert hub.ledger.shadow_runs()[0].read == 1


def test_a_run_that_is_forgotten_begins_anew(tmp_path: Path) -> None:
    with running_hub(tmp_path, {"force-41": FORCE, "court": COURT}) as hub:
        shadow = shadow_of(hub)
        shadow.start()
        submit(hub, 5)
        run(shadow)
        assert hub.ledger.forget_shadow("spi-case/2")
        assert not hub.ledger.forget_shadow("spi-case/2")
        shadow.start()
        [found] = hub.ledger.shadow_runs()
        assert (found.read, found.differences) == (0, ())
