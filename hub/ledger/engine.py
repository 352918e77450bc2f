"""Opening the ledger, and its one face: each method hands its work to the writer or to a reading connection.

Rule: how a database is opened and what it promises is in `sqlite.py` and `postgres.py`; nothing else here knows which.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy import Engine
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError

from hub.ledger import (
    Clock,
    Decide,
    Ledger,
    NewId,
    figures,
    outbox,
    postgres,
    rereading,
    seal,
    shadow,
    sqlite,
    sweep,
)
from hub.ledger import claims as claiming
from hub.ledger import endpoints as gates
from hub.ledger import keys as party_keys
from hub.ledger import messages as admitting
from hub.ledger.account import (
    Ahead,
    AuditRow,
    AuditVerdict,
    ChainHead,
    ClaimedSlip,
    Counts,
    Event,
    Figures,
    MessagePage,
    MessageQuery,
    NewAudit,
    PartyKey,
    QualityRow,
    ShadowRun,
    SubmissionRow,
    Swept,
    Tally,
    ToReread,
    Undelivered,
)
from hub.ledger.acts import Acts
from hub.ledger.admission import (
    Admission,
    Admitted,
    HopIn,
    Judgement,
    Kept,
    MessageRow,
    NewMessage,
    OrderKey,
    Verdict,
)
from hub.ledger.alerts import SqlAlerts
from hub.ledger.attempt import Claimed, DeliveryRow, EndpointConfig, EndpointRow, HopOut, KeptOutbound, Settlement
from hub.ledger.audit import read_audit_of, read_timeline, write_entry, write_notes
from hub.ledger.cases import find_links, read_cases
from hub.ledger.decision import Intaken, NewEvent
from hub.ledger.deliveries import read_deliveries, read_deliveries_of, settle
from hub.ledger.documents import read_document
from hub.ledger.feed import read_feed, read_feed_head
from hub.ledger.hops import find_sent, read_hop
from hub.ledger.intake import intake, read_to_intake
from hub.ledger.migrations import Shape, shape
from hub.ledger.pooled import PooledWriter
from hub.ledger.quality import read_quality, read_submitted
from hub.ledger.reading import (
    find_messages,
    read_canonicals,
    read_correlations,
    read_counts,
    read_messages,
    read_messages_of,
    read_raw,
    read_submissions,
    read_undelivered,
    takes_part,
)
from hub.ledger.register import CaseView
from hub.ledger.writer import Writer, Writing
from hub.message.errors import HubError, Misconfigured
from hub.message.slip import Lane
from hub.settings import shown

_ADDRESSES = "sqlite:///PATH or postgresql://USER@HOST/NAME"


def open_ledger(url: str, clock: Clock, new_id: NewId, *, connections: int = postgres.CONNECTIONS) -> Ledger:
    """Open the ledger at a database URL, `sqlite:///PATH` or `postgresql://USER@HOST/NAME`, and start its writer.

    The tables of SQLite are brought up to date. On PostgreSQL, which others may be using, they must be already; there
    are so many connections to write, and as many to read. Raises Misconfigured, and Unavailable where nobody answers.
    """
    if backend_of(url) == "postgresql":
        return _open_postgres(url, clock, new_id, connections)
    writing, reading = sqlite.open_engines(url)
    return SqlLedger(writing, reading, clock, new_id)


def backend_of(url: str) -> str:
    """Which database an address is of: "sqlite" or "postgresql". Raises Misconfigured for any other."""
    try:
        backend = make_url(url).get_backend_name()
    except (ArgumentError, ValueError) as cause:
        raise Misconfigured([f"database_url: not an address of a database: write {_ADDRESSES}"]) from cause
    backend = "postgresql" if backend == "postgres" else backend
    if backend not in ("sqlite", "postgresql"):
        raise Misconfigured([f"database_url: {backend} is not supported, use {_ADDRESSES}"])
    return backend


def _open_postgres(url: str, clock: Clock, new_id: NewId, connections: int) -> Ledger:
    writing, reading = postgres.open_engines(url, connections)
    try:
        with reading.connect() as connection:
            postgres.expect_server(connection)
            found = shape(connection)
            _expect_shape(found, shown(url))
    except DBAPIError as error:
        raise postgres.away(url, error) from error
    except HubError:
        reading.dispose()
        raise
    return SqlLedger(writing, reading, clock, new_id)


def _expect_shape(found: Shape, where: str) -> None:
    if found.steps:
        has = f"is at step {found.current}" if found.current else "has no tables yet"
        raise Misconfigured([f"{where} {has}, and this release needs {found.target}: run cjhub migrate"])


class SqlLedger(Acts, Ledger):
    """The ledger in a SQL database; what operators do is in `Acts`."""

    def __init__(self, writing: Engine, reading: Engine, clock: Clock, new_id: NewId) -> None:
        self.writing = writing
        self.reading = reading
        self.shared = writing.dialect.name != "sqlite"
        self._clock, self._holder = clock, new_id()
        kind = PooledWriter if self.shared else Writer
        self._writer: Writing[Admission, Admitted] = kind(writing, clock, new_id, admitting.admit_all)
        self.alerts = SqlAlerts(self._read, self._writer.write, self._holder)

    def close(self) -> None:
        self._writer.close()
        self.reading.dispose()
        self.writing.dispose()

    def on_slips(self, ring: Callable[[frozenset[Lane]], None]) -> None:
        self._writer.on_slips(ring)

    # --- the door

    def admit(self, admission: Admission) -> Admitted:
        return self._writer.write_bulk(admission)

    def judge(self, submission_id: str, judgement: Judgement) -> bool:
        return self._writer.write(lambda unit: admitting.judge(unit, submission_id, judgement))

    def pending(self, ids: Sequence[str]) -> tuple[SubmissionRow, ...]:
        found = self._read(lambda connection: read_submissions(connection, ids))
        return tuple(row for row in found if row.verdict is Verdict.PENDING)

    # --- intake

    def to_intake(self, message_ids: Sequence[str]) -> tuple[Kept, ...]:
        return self._read(lambda connection: read_to_intake(connection, message_ids))

    def intake(self, message_ids: Sequence[str], decide: Decide, before: Sequence[Kept] = ()) -> tuple[Intaken, ...]:
        return self._writer.write(lambda unit: intake(unit, message_ids, decide, before))

    def count_defect(self, message_id: str) -> int:
        return self._writer.write(lambda unit: admitting.count_defect(unit, message_id))

    def bury(self, message_id: str, reason: str) -> bool:
        return self._writer.write(lambda unit: admitting.bury(unit, message_id, reason))

    def rerun(self, message_id: str, actor: str, reason: str) -> bool:
        return self._writer.write(lambda unit: admitting.rerun(unit, message_id, actor, reason))

    # --- deliveries

    def claim_delivery(self, delivery_id: str, lease_seconds: float) -> Claimed | None:
        claimed = self.claim_many([delivery_id], lease_seconds)
        return claimed[0] if claimed else None

    def claim_many(self, delivery_ids: Sequence[str], lease_seconds: float) -> tuple[Claimed, ...]:
        rows = self._writer.write(lambda unit: claiming.claim(unit, delivery_ids, lease_seconds))
        return self._read(lambda connection: claiming.read_claimed(connection, rows))

    def claim_due(self, limit: int, lease_seconds: float) -> tuple[Claimed, ...]:
        rows = self._writer.write(lambda unit: claiming.claim_due(unit, limit, lease_seconds))
        return self._read(lambda connection: claiming.read_claimed(connection, rows))

    def keep_outbound(self, delivery_id: str, fence: int, outbound: KeptOutbound) -> bool:
        return self.keep_outbound_many([(delivery_id, fence, outbound)])[0]

    def keep_outbound_many(self, kept: Sequence[tuple[str, int, KeptOutbound]]) -> tuple[bool, ...]:
        return self._writer.write(lambda unit: claiming.keep_outbounds(unit, kept))

    def settle(self, settlement: Settlement) -> bool:
        return self.settle_many([settlement])[0]

    def settle_many(self, settlements: Sequence[Settlement]) -> tuple[bool, ...]:
        return self._writer.write(lambda unit: settle(unit, settlements))

    # --- endpoints

    def upsert_endpoints(self, configured: Sequence[EndpointConfig]) -> None:
        self._writer.write(lambda unit: gates.upsert_endpoints(unit, configured))

    def endpoint(self, code: str) -> EndpointRow | None:
        return self._read(lambda connection: gates.read_endpoint(connection, code))

    def endpoints(self) -> tuple[EndpointRow, ...]:
        return self._read(gates.read_endpoints)

    def hold(self, code: str, actor: str, reason: str) -> bool:
        return self._writer.write(lambda unit: gates.hold(unit, code, actor, reason))

    def release(self, code: str, actor: str, reason: str) -> bool:
        return self._writer.write(lambda unit: gates.release(unit, code, actor, reason))

    def break_gate(self, code: str, probe_at: datetime, reason: str) -> bool:
        return self._writer.write(lambda unit: gates.break_gate(unit, code, probe_at, reason))

    # --- slips and what stands still

    def claim_slips(self, lane: Lane, limit: int, lease_seconds: float) -> tuple[ClaimedSlip, ...]:
        return self._writer.write(lambda unit: outbox.claim_slips(unit, lane, limit, lease_seconds))

    def finish_slips(self, numbers: Sequence[int]) -> None:
        if numbers:
            self._writer.submit(lambda unit: outbox.finish_slips(unit, numbers))

    def next_slip_due(self, lane: Lane) -> datetime | None:
        return self._read(lambda connection: outbox.next_slip_due(connection, lane))

    def next_slips_due(self) -> Mapping[Lane, datetime]:
        return self._read(outbox.next_slips_due)

    def sweep(self, grace_seconds: float, limit: int) -> Swept:
        return sweep.sweep(self._writer.write, grace_seconds, limit)

    def recover(self) -> Swept:
        return Swept() if self.shared else self._writer.write(sweep.recover)

    # --- candidates beside the live mappings

    def start_shadow(self, candidate: str, dialect: str, version: str) -> None:
        self._writer.write(lambda unit: shadow.start_shadow(unit, candidate, dialect, version))

    def shadowed(self, candidate: str, limit: int) -> tuple[ShadowRun | None, Ahead]:
        return self._read(lambda connection: shadow.read_shadowed(connection, candidate, limit, self._clock()))

    def count_shadow(self, run: ShadowRun, tally: Tally, reached: int) -> bool:
        return self._writer.write(lambda unit: shadow.count_shadow(unit, run, tally, reached))

    def pass_over(self, run: ShadowRun) -> None:
        self._writer.write(lambda unit: shadow.pass_over(unit, run))

    def shadow_runs(self) -> tuple[ShadowRun, ...]:
        return self._read(shadow.read_shadow_runs)

    def forget_shadow(self, candidate: str) -> bool:
        return self._writer.write(lambda unit: shadow.forget_shadow(unit, candidate))

    def to_reread(self, wanted: ToReread, after: int, limit: int) -> Ahead:
        return self._read(lambda connection: rereading.find_to_reread(connection, wanted, after, limit))

    def supersede(self, message_id: str, message: NewMessage, actor: str, reason: str) -> bool:
        return self._writer.write(lambda unit: rereading.supersede(unit, message_id, message, (actor, reason)))

    # --- feed and audit

    def seal_once(self, limit: int) -> int:
        waiting = self._read(lambda connection: seal.read_unsealed(connection, limit))
        return self._writer.write(lambda unit: seal.seal(unit, waiting, self._holder)) if waiting.count else 0

    def feed_after(self, position: int, party: str | None, limit: int) -> tuple[Event, ...]:
        return self._read(lambda connection: read_feed(connection, position, party, limit))

    def feed_head(self) -> int:
        return self._read(read_feed_head)

    def announce(self, event: NewEvent, note: NewAudit) -> None:
        self._writer.write(lambda unit: write_entry(unit, event, note))

    def note(self, rows: Sequence[NewAudit]) -> None:
        self._writer.write(lambda unit: write_notes(unit, rows))

    def verify_audit(self, anchor: ChainHead | None = None) -> AuditVerdict:
        return self._read(lambda connection: seal.verify(connection, anchor))

    def timeline(self, message_id: str) -> tuple[AuditRow, ...]:
        return self._read(lambda connection: read_timeline(connection, message_id))

    def audit_of(self, kind: str, subject_id: str) -> tuple[AuditRow, ...]:
        return self._read(lambda connection: read_audit_of(connection, kind, subject_id))

    # --- keys of parties

    def add_key(self, party: str, key_hash: str, label: str, scopes: Collection[str]) -> str:
        return self._writer.write(lambda unit: party_keys.add_key(unit, party, key_hash, label, scopes))

    def find_key(self, key_hash: str) -> PartyKey | None:
        return self._read(lambda connection: party_keys.find_key(connection, key_hash))

    def list_keys(self, party: str | None = None) -> tuple[PartyKey, ...]:
        return self._read(lambda connection: party_keys.read_party_keys(connection, party))

    def revoke_key(self, key_id: str, actor: str) -> bool:
        return self._writer.write(lambda unit: party_keys.revoke_key(unit, key_id, actor))

    # --- reading

    def submission(self, submission_id: str) -> SubmissionRow | None:
        found = self._read(lambda connection: read_submissions(connection, [submission_id]))
        return found[0] if found else None

    def raw(self, submission_id: str) -> bytes | None:
        return self._read(lambda connection: read_raw(connection, submission_id))

    def hop_of(self, submission_id: str) -> HopIn | None:
        return self._read(lambda connection: read_hop(connection, submission_id))

    def find_sent(self, party: str, reference: str) -> HopOut | None:
        return self._read(lambda connection: find_sent(connection, party, reference))

    def messages_of(self, submission_id: str, place: int, limit: int) -> tuple[tuple[int, str], ...]:
        return self._read(lambda connection: read_messages_of(connection, submission_id, place, limit))

    def message(self, message_id: str) -> MessageRow | None:
        return self._read(lambda connection: read_messages(connection, [message_id])).get(message_id)

    def correlations(self, message_ids: Sequence[str]) -> Mapping[str, str]:
        return self._read(lambda connection: read_correlations(connection, message_ids)) if message_ids else {}

    def canonical(self, message_id: str) -> bytes | None:
        return self._read(lambda connection: read_canonicals(connection, [message_id])).get(message_id)

    def document(self, message_id: str, sha256: str) -> bytes | None:
        return self._read(lambda connection: read_document(connection, message_id, sha256))

    def find_messages(self, query: MessageQuery) -> MessagePage:
        return self._read(lambda connection: find_messages(connection, query))

    def recent(self, limit: int) -> tuple[MessageRow, ...]:
        return self.find_messages(MessageQuery(limit=limit)).rows

    def delivery(self, delivery_id: str) -> DeliveryRow | None:
        return self._read(lambda connection: read_deliveries(connection, [delivery_id])).get(delivery_id)

    def outbound(self, delivery_id: str) -> KeptOutbound | None:
        return self._read(lambda connection: claiming.read_outbounds(connection, [delivery_id])).get(delivery_id)

    def deliveries_of(self, message_id: str) -> tuple[DeliveryRow, ...]:
        return self._read(lambda connection: read_deliveries_of(connection, message_id))

    def case_view(self, case_id: str) -> CaseView | None:
        return self._read(lambda connection: read_cases(connection, [case_id])).get(case_id)

    def find_case(self, kind: str, value: str) -> str | None:
        key = OrderKey(kind, value)
        return self._read(lambda connection: find_links(connection, [key])).get(key)

    def takes_part(self, party: str, case_id: str) -> bool:
        return self._read(lambda connection: takes_part(connection, party, case_id))

    def counts(self) -> Counts:
        return self._read(read_counts)

    def submitted(self, party: str, since: datetime, until: datetime) -> Mapping[Verdict, int]:
        return self._read(lambda connection: read_submitted(connection, party, since, until))

    def quality(self, party: str, since: datetime, until: datetime) -> tuple[QualityRow, ...]:
        return self._read(lambda connection: read_quality(connection, party, since, until))

    def ping(self) -> None:
        self._read(figures.ping)

    def figures(self) -> Figures:
        return self._read(lambda connection: figures.read_figures(connection, self._clock()))

    def undelivered(self) -> tuple[Undelivered, ...]:
        return self._read(read_undelivered)
