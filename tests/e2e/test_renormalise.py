"""Kept documents read again: what would differ, and the messages that follow those that do."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from connectors.police.spi import CaseReader
from hub.assemble import Hub
from hub.canonical.read import read
from hub.contract import Opened
from hub.contract.tables import Tables
from hub.document.xml import parse_own
from hub.flow.accept import Arrival
from hub.flow.judge import Terms
from hub.flow.reread import Again, read_again
from hub.ledger.account import ToReread
from hub.message.case import CaseFileSubmission
from hub.message.envelope import Decoded
from hub.message.lifecycle import MessageStatus
from hub.message.values import Coded
from tests.hubs import COURT, FORCE, running_hub, wait_until
from tests.papers import case_file

ALL = ToReread(dialect="spi-case")
LATER = datetime(2026, 3, 3, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Mended(CaseReader):
    """A later edition that reads one field differently."""

    version: str = "2"

    def decode(self, opened: Opened, tables: Tables) -> Iterator[Decoded]:
        """Every case file, with another initiation where its serial is even."""
        for decoded in CaseReader.decode(self, opened, tables):
            body = decoded.body
            assert isinstance(body, CaseFileSubmission)
            if int(body.ptiurn.text[4:9]) % 2 == 0:
                body = replace(body, initiation=Coded("S", "SUMMONS"))
            yield replace(decoded, body=body)


def submit(hub: Hub, serial: int) -> str:
    raw = case_file(correlation=f"c-{serial}", urn=f"41ZD{serial:05d}26", sequence=serial)
    arrival = Arrival(raw=raw, trust=hub.flow.trust_of("force-41"), door="test", dialects=("spi-case",))
    assert hub.flow.door(arrival).outcome == "accepted"
    return hub.ledger.recent(1)[0].id


def all_again(hub: Hub, wanted: ToReread = ALL) -> list[Again]:
    judge = replace(hub.judge, found=replace(hub.found, candidates={"spi-case": Mended()}))
    terms = Terms(candidate=True)
    made: list[Again] = []
    after = 0
    while (page := hub.ledger.to_reread(wanted, after, 2)).waiting:
        for one in page.waiting:
            made += read_again(judge, one, hub.flow.trust_of(one.party), terms, LATER)
        after = page.reached
    return made


def test_a_dry_run_names_the_fields_that_differ_and_changes_nothing(tmp_path: Path) -> None:
    with running_hub(tmp_path, {"force-41": FORCE, "court": COURT}) as hub:
        ids = [submit(hub, serial) for serial in range(1, 6)]
        again = all_again(hub)
        assert [one.message_ids for one in again] == [(id,) for id in ids]
        paths = [[found.path for found in one.differences] for one in again]
        assert paths == [[], ["CaseFileSubmission/Initiation"], [], ["CaseFileSubmission/Initiation"], []]
        assert [bool(one.replacements) for one in again] == [False, True, False, True, False]
        assert len(hub.ledger.recent(50)) == 5


def test_a_replacement_names_what_it_follows_and_is_recorded_and_sent(tmp_path: Path) -> None:
    with running_hub(tmp_path, {"force-41": FORCE, "court": COURT}) as hub:
        submit(hub, 1)
        before = submit(hub, 2)
        wait_until(lambda: len(list((tmp_path / "court").glob("*.xml"))) == 2)
        [one] = [again for again in all_again(hub) if again.replacements]
        [replacement] = one.replacements
        assert hub.ledger.supersede(before, replacement.message, "operator:test", "the law changed")
        wait_until(lambda: len(list((tmp_path / "court").glob("*.xml"))) == 3)
        row = hub.ledger.message(replacement.message.id)
        assert row is not None
        assert (row.status, row.previous_version_of, row.version) == (MessageStatus.RECORDED, before, "2")
        made = read(parse_own(hub.ledger.canonical(row.id) or b""))
        assert (made.envelope.version, made.envelope.previous_version_of) == (2, before)
        [line] = [line for line in hub.ledger.timeline(before) if line.action == "superseded"]
        assert (line.actor, line.detail["reason"]) == ("operator:test", "the law changed")


def test_what_was_replaced_once_is_compared_with_its_replacement_and_not_replaced_twice(tmp_path: Path) -> None:
    with running_hub(tmp_path, {"force-41": FORCE, "court": COURT}) as hub:
        before = submit(hub, 2)
        [one] = all_again(hub)
        [replacement] = one.replacements
        assert hub.ledger.supersede(before, replacement.message, "operator:test", "once")
        assert not hub.ledger.supersede(before, replacement.message, "operator:test", "twice")
        [again] = all_again(hub)
        assert again.message_ids == (replacement.message.id,)
        assert again.differences == ()


def test_a_run_can_be_narrowed_to_a_party_a_period_or_one_message(tmp_path: Path) -> None:
    with running_hub(tmp_path, {"force-41": FORCE, "court": COURT}) as hub:
        first, second = submit(hub, 1), submit(hub, 2)
        row = hub.ledger.message(second)
        assert row is not None

        def found(**narrowed: object) -> list[str]:
            return [one.message_ids[0] for one in all_again(hub, ToReread(dialect="spi-case", **narrowed))]

        assert found() == [first, second]
        assert found(message_id=second) == [second]
        assert found(party="force-99") == []
        assert found(since=row.accepted_at) == [second]
        assert found(until=row.accepted_at) == [first]
