"""The ledger: the truth of the hub. What is in it has happened; what is not has not.

Rule: no other package speaks SQL. Every method that writes is one transaction (`sweep` is several) and returns after
its commit; it raises Unavailable where the commit failed, and then nothing of it was written. (Where the connection to
a server was lost at the commit itself it may have been: whoever tries again finds it.) `open_ledger` is in
`hub.ledger.engine`; the values are in `admission`, `decision`, `register`, `attempt`, `incident` and `account`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from hub.ledger.account import (
    Ahead,
    AuditRow,
    AuditVerdict,
    ChainHead,
    ClaimedSlip,
    Counts,
    Event,
    Figures,
    Heap,
    LetterPage,
    Letters,
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
from hub.ledger.admission import Admission, Admitted, HopIn, Judgement, Kept, MessageRow, NewMessage, Verdict
from hub.ledger.attempt import (
    Claimed,
    DeliveryRow,
    EndpointConfig,
    EndpointRow,
    HopOut,
    KeptOutbound,
    Settlement,
)
from hub.ledger.decision import Decision, Intaken, Known, NewEvent
from hub.ledger.incident import Alert, Condition, Facts
from hub.ledger.register import CaseView
from hub.ledger.replay import Candidates, ReplayRun, Target, Undone, Wanted
from hub.message.slip import Lane

Clock = Callable[[], datetime]
"""Tells the time: aware, UTC."""

NewId = Callable[[], str]
"""Gives an id that was never given before. Ids that sort by time keep the indexes compact."""

Decide = Callable[[Kept, Known], Decision]
"""Record and route for one message: pure, quick, no I/O; it runs inside the transaction."""


class Alerts(Protocol):
    """What goes wrong and stays wrong, an alert an incident."""

    def facts(self, parties: Collection[str]) -> Facts:
        """How things stand at one moment; of these parties, when they were last heard from."""

    def reconcile(self, conditions: Sequence[Condition], lease: timedelta, *, owed: bool) -> tuple[Alert, ...]:
        """Make the open alerts be these conditions: open what has none, put in other words what changed, close what no
        longer holds. Those that this call opened or closed. Nothing is done where another process has the lease.

        `owed` says that what was opened or closed is still to be told elsewhere.
        """

    def standing(self) -> tuple[Alert, ...]:
        """The alerts that are open, the oldest first."""

    def newest(self, limit: int) -> tuple[Alert, ...]:
        """The alerts that were opened last, closed or not, the newest first."""

    def owed(self, limit: int, lease: timedelta) -> tuple[tuple[str, Alert], ...]:
        """What of the last day is still to be told elsewhere ("opened", "closed"), the oldest alert first.

        Nothing where another process has the lease.
        """

    def told(self, alert_id: str, state: str) -> None:
        """That an alert was opened, or closed, has been told elsewhere."""


class Ledger(Protocol):
    """Everything that the hub keeps."""

    shared: bool
    """Whether other processes may write to it too: then slips appear that `on_slips` does not ring for."""

    alerts: Alerts

    def close(self) -> None:
        """Finish what is queued, then close. Writing after this raises Unavailable."""

    def on_slips(self, ring: Callable[[frozenset[Lane]], None]) -> None:
        """Call `ring` with the lanes concerned after each commit that added slips. It must be quick and never raise."""

    # --- the door

    def admit(self, admission: Admission) -> Admitted:
        """Keep a submission with everything that came of it; admissions that arrive together share one commit.

        A key that was accepted (or is pending) with the same bytes gives Repeated, with other bytes Conflict, whatever
        the verdict is now. A refused submission is kept and does not burn its key. A request of a hop that was taken
        stays taken, and where a reference came before, the submission is kept as pending, to be judged with that known.
        """

    def judge(self, submission_id: str, judgement: Judgement) -> bool:
        """Write what lane intake found in a pending submission. False where it was judged before."""

    def pending(self, ids: Sequence[str]) -> tuple[SubmissionRow, ...]:
        """Those of the ids that are submissions still to be judged (a slip of lane intake may name either kind)."""

    # --- intake

    def to_intake(self, message_ids: Sequence[str]) -> tuple[Kept, ...]:
        """What `intake` would take up for these ids, in order of acceptance, so that slow reading is done before it.

        These are the ids still ACCEPTED and every earlier ACCEPTED message that shares a key with them.
        """

    def intake(self, message_ids: Sequence[str], decide: Decide, before: Sequence[Kept] = ()) -> tuple[Intaken, ...]:
        """Decide and write, in order of acceptance, for these messages and the earlier ones that share a key with them.

        `before` is what `to_intake` said a moment ago; it saves reading it again and decides nothing.

        A message that is no longer ACCEPTED is left alone and reported with its status. One that fails is rolled back
        alone and reported with its error; later messages that share a key with it then wait (`behind`).
        """

    def count_defect(self, message_id: str) -> int:
        """Count one more failure of ours on a message and say how many there are."""

    def bury(self, message_id: str, reason: str) -> bool:
        """Take an ACCEPTED message that we cannot process out of the way, and ring for those behind it."""

    def rerun(self, message_id: str, actor: str, reason: str) -> bool:
        """Send an UNMATCHED, STRANDED or BURIED message through intake again. False where it is none of these."""

    # --- deliveries

    def claim_delivery(self, delivery_id: str, lease_seconds: float) -> Claimed | None:
        """Take a due delivery for one attempt. None where it is not due, its gate is closed or its endpoint is full."""

    def claim_many(self, delivery_ids: Sequence[str], lease_seconds: float) -> tuple[Claimed, ...]:
        """`claim_delivery` for several in one commit; those that cannot be had are left out."""

    def claim_due(self, limit: int, lease_seconds: float) -> tuple[Claimed, ...]:
        """Take what is due, the longest due first, without slips."""

    def keep_outbound(self, delivery_id: str, fence: int, outbound: KeptOutbound) -> bool:
        """Keep the bytes of the first attempt before any is sent. What is kept stays. False where the fence is old."""

    def keep_outbound_many(self, kept: Sequence[tuple[str, int, KeptOutbound]]) -> tuple[bool, ...]:
        """`keep_outbound` for several in one commit: (delivery id, fence, outbound)."""

    def settle(self, settlement: Settlement) -> bool:
        """Write how an attempt ended and let the next of its lane go. False, and nothing written, for an old fence."""

    def settle_many(self, settlements: Sequence[Settlement]) -> tuple[bool, ...]:
        """`settle` for several in one commit."""

    def discard(self, delivery_id: str, actor: str, reason: str) -> bool:
        """An operator gives a delivery up; the next of its lane goes. False where its status does not allow it."""

    def discard_many(self, delivery_ids: Sequence[str], actor: str, reason: str) -> int:
        """`discard` for several in one commit; how many were given up."""

    def revive(self, delivery_id: str, actor: str, reason: str) -> bool:
        """An operator sends a DEAD or INVALID delivery again, with the same id and bytes."""

    def revive_many(self, delivery_ids: Sequence[str], actor: str, reason: str) -> int:
        """`revive` for several in one commit; how many were due again."""

    def let_pass(self, delivery_id: str, actor: str, reason: str) -> bool:
        """An operator lets what waits behind a DEAD or INVALID delivery go past it, marked."""

    def replay(self, delivery_id: str, actor: str, reason: str) -> str | None:
        """A new delivery that names the one it replays, at the end of the lane. Its id; None where there is no such."""

    def blocked_behind(self, delivery_id: str) -> int:
        """How many deliveries of its lane wait behind it."""

    def count_letters(self, wanted: Letters) -> tuple[Heap, ...]:
        """How many deliveries there are by endpoint, status and reason; of an endpoint the most first."""

    def letters(self, wanted: Letters, after: str | None, limit: int) -> LetterPage:
        """A page of deliveries, by endpoint and status and the oldest first, from a cursor on (None: the first).

        Raises Misconfigured for a cursor that is none.
        """

    # --- replays of many

    def last_ticket(self) -> int:
        """The ticket of the message accepted last, 0 where there is none."""

    def to_replay(self, wanted: Wanted, after: int, last: int, limit: int) -> Candidates:
        """The next messages that are wanted, after one ticket and up to another, in order of acceptance."""

    def start_replay(self, request: str, actor: str, reason: str) -> tuple[ReplayRun, bool]:
        """The open run of a request, or a new one over all that was accepted till now; and whether it went before."""

    def replay_page(self, run: ReplayRun, targets: Sequence[Target], reached: int) -> ReplayRun | None:
        """Make these deliveries at the ends of their lanes, in this order, and move the run on: as it is then.

        None, and nothing is made, where the run has moved since it was read. What has come to be on its way to its
        recipient meanwhile is left out. A run that has reached its last ticket is done.
        """

    def replay_run(self, run_id: str) -> ReplayRun | None:
        """A run."""

    def replay_runs(self, most: int) -> tuple[ReplayRun, ...]:
        """The runs that began last, the latest first."""

    def replayed(self, run_id: str) -> Undone:
        """Where the deliveries of a run stand."""

    def undo_replay(self, run_id: str, actor: str, reason: str, limit: int) -> int:
        """End a run and give up the next of its deliveries of which no attempt was made. How many; 0 at the end."""

    # --- endpoints

    def upsert_endpoints(self, configured: Sequence[EndpointConfig]) -> None:
        """Bring the endpoints of the configuration in; their gates stay as they are."""

    def endpoint(self, code: str) -> EndpointRow | None:
        """One endpoint."""

    def endpoints(self) -> tuple[EndpointRow, ...]:
        """Every endpoint, by code."""

    def hold(self, code: str, actor: str, reason: str) -> bool:
        """An operator closes a gate. False where it is held already or unknown."""

    def release(self, code: str, actor: str, reason: str) -> bool:
        """An operator opens a gate, held or broken. What waits is released in pages, the first at once."""

    def break_gate(self, code: str, probe_at: datetime, reason: str) -> bool:
        """The breaker closes a gate that is up, or puts the next probe of a broken one off. False where it is held.

        From `probe_at` the sweeper lets one delivery through. An answer of any kind to it opens the gate.
        """

    # --- slips and what stands still

    def claim_slips(self, lane: Lane, limit: int, lease_seconds: float) -> tuple[ClaimedSlip, ...]:
        """Take due slips, the longest due first. One that is not finished within the lease is due again."""

    def finish_slips(self, numbers: Sequence[int]) -> None:
        """Take slips out of the outbox. Nobody waits for the disk: a slip that comes back does no harm."""

    def next_slip_due(self, lane: Lane) -> datetime | None:
        """When the first slip of a lane is due (it may be past), None where there is none."""

    def next_slips_due(self) -> Mapping[Lane, datetime]:
        """`next_slip_due` of each lane that has any slip, in one reading."""

    def sweep(self, grace_seconds: float, limit: int) -> Swept:
        """Set going again what stands still, at most `limit` of each kind.

        Lapses leases, expires what is past its deadline, reaches heads of lanes whose gate is open, lets probes
        through, and rings for messages, deliveries and submissions that have had no slip for `grace_seconds`.
        """

    def recover(self) -> Swept:
        """Give back every lease and ring anew for all that is to be done. For a process that has the database alone,
        at its start: whoever held a lease is gone, so nothing need wait for its end. Of a ledger that is shared nothing
        is taken: there each lease lapses in its own time.
        """

    # --- candidates beside the live mappings

    def start_shadow(self, candidate: str, dialect: str, version: str) -> None:
        """Begin a candidate's run with the next message that is accepted; nothing where it has begun."""

    def shadowed(self, candidate: str, limit: int) -> tuple[ShadowRun | None, Ahead]:
        """The run as it is, and the submissions that it is to read next."""

    def count_shadow(self, run: ShadowRun, tally: Tally, reached: int) -> bool:
        """Write what a step of a run found, and where it came to. False where that ground was covered already."""

    def pass_over(self, run: ShadowRun) -> None:
        """Nothing is there to read: start the next look later on."""

    def shadow_runs(self) -> tuple[ShadowRun, ...]:
        """Every run, with its differences by field, the most frequent first."""

    def forget_shadow(self, candidate: str) -> bool:
        """Take a run and its counts away. False where there is none."""

    def to_reread(self, wanted: ToReread, after: int, limit: int) -> Ahead:
        """Accepted submissions to read again, in order of acceptance, from the first ticket after `after` on."""

    def supersede(self, message_id: str, message: NewMessage, actor: str, reason: str) -> bool:
        """Put another reading of the same document in a message's place: a new message, linked, that goes through
        intake. False where there is no such message or it was superseded before.
        """

    # --- feed and audit

    def seal_once(self, limit: int) -> int:
        """Number committed audit and feed rows and append them to the chain. How many; 0 where another seals."""

    def feed_after(self, position: int, party: str | None, limit: int) -> tuple[Event, ...]:
        """Sealed events after a position that `party` may see (None: all of them), in order."""

    def feed_head(self) -> int:
        """The position of the last sealed event, 0 where there is none."""

    def announce(self, event: NewEvent, note: NewAudit) -> None:
        """Put an entry in the feed that is about no message, with the line of the audit that says who did."""

    def note(self, rows: Sequence[NewAudit]) -> None:
        """Write audit rows by themselves: reads, disclosures, an operator's acts."""

    def verify_audit(self, anchor: ChainHead | None = None) -> AuditVerdict:
        """Check the whole chain, and that it still holds the anchor kept elsewhere, where one is given."""

    def timeline(self, message_id: str) -> tuple[AuditRow, ...]:
        """Everything that happened to a message, its submission and its deliveries, in order."""

    def audit_of(self, kind: str, subject_id: str) -> tuple[AuditRow, ...]:
        """The audit of one "submission", "message", "delivery", "case" or other kind of subject, in order."""

    # --- keys of parties

    def add_key(self, party: str, key_hash: str, label: str, scopes: Collection[str]) -> str:
        """Keep the hash of a new hub key; the id of the key."""

    def find_key(self, key_hash: str) -> PartyKey | None:
        """The key with this hash, unless it was revoked."""

    def list_keys(self, party: str | None = None) -> tuple[PartyKey, ...]:
        """All keys, or those of one party, revoked ones too."""

    def revoke_key(self, key_id: str, actor: str) -> bool:
        """End a key. False where there is no such key in force."""

    # --- reading

    def submission(self, submission_id: str) -> SubmissionRow | None:
        """A submission."""

    def raw(self, submission_id: str) -> bytes | None:
        """The bytes as received."""

    def hop_of(self, submission_id: str) -> HopIn | None:
        """What a submission is called by its sender, None where it came by no hop."""

    def find_sent(self, party: str, reference: str) -> HopOut | None:
        """The delivery that a party calls so on its hop, None where it was sent none."""

    def messages_of(self, submission_id: str, place: int, limit: int) -> tuple[tuple[int, str], ...]:
        """The place in its document (from 0) and the id of each message of a submission, from a place on."""

    def message(self, message_id: str) -> MessageRow | None:
        """A message."""

    def correlations(self, message_ids: Sequence[str]) -> Mapping[str, str]:
        """The correlation id of each of these messages."""

    def canonical(self, message_id: str) -> bytes | None:
        """The canonical bytes of a message."""

    def document(self, message_id: str, sha256: str) -> bytes | None:
        """The content of a document that is attached to a message; None where it is not this message's."""

    def find_messages(self, query: MessageQuery) -> MessagePage:
        """A page of the messages that the query wants, newest first."""

    def recent(self, limit: int) -> tuple[MessageRow, ...]:
        """The messages accepted last, newest first."""

    def delivery(self, delivery_id: str) -> DeliveryRow | None:
        """A delivery."""

    def outbound(self, delivery_id: str) -> KeptOutbound | None:
        """The bytes of a delivery, None before its first attempt."""

    def deliveries_of(self, message_id: str) -> tuple[DeliveryRow, ...]:
        """The deliveries of a message, in the order in which they were made."""

    def case_view(self, case_id: str) -> CaseView | None:
        """A case as it is now."""

    def find_case(self, kind: str, value: str) -> str | None:
        """The id of the case that a key leads to."""

    def takes_part(self, party: str, case_id: str) -> bool:
        """Whether a party has sent a message of the case or was to receive one."""

    def counts(self) -> Counts:
        """How much stands where."""

    def submitted(self, party: str, since: datetime, until: datetime) -> Mapping[Verdict, int]:
        """How many submissions of a party had each verdict, received from `since` on and before `until`."""

    def quality(self, party: str, since: datetime, until: datetime) -> tuple[QualityRow, ...]:
        """What a party's submissions of a period broke, by unit, rule and severity."""

    def ping(self) -> None:
        """Raises Unavailable where nothing can be read."""

    def figures(self) -> Figures:
        """What stands and waits now, by way of indexes alone: it may be asked often."""

    def undelivered(self) -> tuple[Undelivered, ...]:
        """Per endpoint what it has not got yet, by code."""
