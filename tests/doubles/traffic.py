"""Invented traffic for tests of the ledger and of what stands on it: admissions, decisions, a ledger with its clock."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from pathlib import Path

from sqlalchemy import Connection, create_engine, make_url

from hub.ledger import Ledger
from hub.ledger.admission import Admission, Fresh, NewMessage, OrderKey, Verdict
from hub.ledger.attempt import Claimed, EndpointConfig, Outcome, Settlement
from hub.ledger.decision import Decision, NewDelivery
from hub.ledger.engine import open_ledger
from hub.ledger.register import CaseRow, KeyLink, RegisterChange
from hub.message.lifecycle import DeliveryEvent, MessageEvent
from tests.doubles.clock import Clock, Ids

URN = OrderKey("PTIURN", "01AA0000126")

DRIVERS = {"sqlite": "sqlite", "postgresql": "postgresql+psycopg"}


def new_message(id: str, *keys: OrderKey, words: str | None = None, **more: object) -> NewMessage:
    """A message whose body says `words`."""
    text = (words or id).encode()
    values = {"ordinal": 0, "type": "CaseFileSubmission", "canonical": b"<m>" + text + b"</m>"} | more
    return NewMessage(id=id, content_hash=sha256(text).hexdigest(), keys=keys, **values)  # type: ignore[arg-type]


def admission(id: str, *messages: NewMessage, raw: bytes | None = None, **more: object) -> Admission:
    """An accepted submission of one message, unless said otherwise."""
    body = raw if raw is not None else f"<raw>{id}</raw>".encode()
    values: dict[str, object] = {
        "party": "42", "key": id, "media": "xml", "dialect": "spi", "version": "1", "door": "http",
        "received_at": Clock().at, "verdict": Verdict.ACCEPTED, "receipt": f"receipt of {id}".encode(),
        "correlation_id": f"c-{id}", "sha256": sha256(body).hexdigest(), "messages": messages,
    } | more  # fmt: skip
    return Admission(submission_id=f"s-{id}", raw=body, **values)  # type: ignore[arg-type]


def opens(case_id: str, at: datetime, *links: KeyLink) -> RegisterChange:
    """A change that opens a case, or writes it again."""
    return RegisterChange(case=CaseRow(id=case_id, ptiurn=URN.value, created_at=at, updated_at=at), links=links)


@dataclass(frozen=True, slots=True)
class Desk:
    """A ledger at an address, or in a file, its clock, and the steps that most tests start with."""

    place: str | Path
    clock: Clock = field(default_factory=Clock)
    ids: Ids = field(default_factory=Ids)

    @property
    def url(self) -> str:
        """The address of the database."""
        return f"sqlite:///{self.place}" if isinstance(self.place, Path) else self.place

    @property
    def path(self) -> Path:
        """The file of the database, where it is one."""
        assert isinstance(self.place, Path)
        return self.place

    @contextmanager
    def behind(self) -> Iterator[Connection]:
        """A connection to the database behind the ledger's back; what is done is committed."""
        engine = create_engine(make_url(self.url).set(drivername=DRIVERS[self.url.partition(":")[0]]))
        try:
            with engine.begin() as connection:
                yield connection
        finally:
            engine.dispose()

    def open(self, *endpoints: str, in_flight: int = 8) -> Ledger:
        """Open the ledger and bring these endpoints in."""
        ledger = open_ledger(self.url, self.clock, self.ids)
        ledger.upsert_endpoints([EndpointConfig(code=code, party=code, in_flight=in_flight) for code in endpoints])
        return ledger

    def record(self, ledger: Ledger, id: str, *endpoints: str, urn: OrderKey = URN, **more: object) -> list[str]:
        """Admit a message of a case and record it with a delivery to each endpoint: the ids of these."""
        given = {"canonical": more.pop("canonical")} if "canonical" in more else {}
        assert isinstance(ledger.admit(admission(id, new_message(id, urn, **given))), Fresh)
        values = {"dialect": "spi"} | more
        to = tuple(NewDelivery(party=code, endpoint=code, **values) for code in endpoints)  # type: ignore[arg-type]
        change = opens(urn.value, self.clock.at, KeyLink(kind=urn.kind, value=urn.value))
        made = Decision(event=MessageEvent.RECORD, case_id=urn.value, change=change, deliveries=to)
        (taken,) = ledger.intake([id], lambda kept, known: made)
        assert taken.error is None, taken.error
        return [row.id for row in ledger.deliveries_of(id)]


def end(claimed: Claimed, event: DeliveryEvent, **more: object) -> Settlement:
    """How an attempt ended."""
    outcome = Outcome(event=event, **more)  # type: ignore[arg-type]
    return Settlement(delivery_id=claimed.delivery_id, fence=claimed.fence, outcome=outcome)
