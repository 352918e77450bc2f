"""A Writer that fails on one message: that delivery is dead with a reason, and no other is kept waiting."""

from pathlib import Path
from typing import Any

from hub.contract import Trust
from hub.flow.accept import Arrival
from hub.message.lifecycle import DeliveryStatus
from tests.hubs import COURT, FORCE, running_hub, wait_until
from tests.papers import case_file

TRUST = Trust(party="force-41", agency="police")


class Poisoned:
    """The court's Writer, but wrong for one sender's id."""

    def __init__(self, writer: Any) -> None:
        self._writer = writer

    def __getattr__(self, name: str) -> Any:
        return getattr(self._writer, name)

    def encode(self, part: Any, *more: Any) -> Any:
        if part.message.body.ptiurn.value == "41ZD0000226":
            raise KeyError("poison")
        return self._writer.encode(part, *more)


def test_a_poison_message_is_dead_with_its_reason_and_the_others_arrive(tmp_path: Path) -> None:
    with running_hub(tmp_path, {"force-41": FORCE, "court": COURT}) as hub:
        writers = dict(hub.sending.writers)
        writers["spi-case"] = Poisoned(writers["spi-case"])
        object.__setattr__(hub.sending, "writers", writers)
        for number in range(1, 5):
            raw = case_file(f"c-{number}", f"41ZD0000{number}26", sequence=number)
            assert hub.flow.door(Arrival(raw=raw, trust=TRUST, door="test")).outcome == "accepted"

        def settled() -> dict[str, DeliveryStatus]:
            rows = [one for message in hub.ledger.recent(9) for one in hub.ledger.deliveries_of(message.id)]
            done = {DeliveryStatus.ACKNOWLEDGED, DeliveryStatus.DEAD}
            return {one.id: one.status for one in rows} if len(rows) == 4 and {r.status for r in rows} <= done else {}

        statuses = wait_until(settled)
        assert sorted(str(status) for status in statuses.values()) == ["ACKNOWLEDGED"] * 3 + ["DEAD"]
        [dead] = [id for id, status in statuses.items() if status is DeliveryStatus.DEAD]
        row = hub.ledger.delivery(dead)
        assert row is not None
        assert "cannot be encoded: KeyError" in (row.reason or "")
        assert "poison" not in (row.reason or "")
