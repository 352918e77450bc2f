"""Every table of the ledger, its keys and its indexes.

Rule: a table is defined here, or in `hop_tables`, and nowhere else; `migrations/` brings a database to this shape, and
a test compares both.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    TextClause,
    UniqueConstraint,
    text,
    true,
)

from hub.ledger.columns import Instant, Json

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _ticket(name: str) -> Column[int]:
    """A number that the database gives out, rising."""
    return Column(name, BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True)


def _partial(name: str, where: ColumnElement[bool] | TextClause, *columns: Column[Any], unique: bool = False) -> None:
    """An index of only those rows that are looked for by it."""
    Index(name, *columns, unique=unique, sqlite_where=where, postgresql_where=where)


def _texts(*names: str) -> list[Column[str]]:
    return [Column(name, Text) for name in names]


def _needed(*names: str) -> list[Column[str]]:
    return [Column(name, Text, nullable=False) for name in names]


contents = Table(
    "contents",
    metadata,
    Column("sha256", Text, primary_key=True),
    Column("size", BigInteger, nullable=False),
    Column("body", LargeBinary),  # null once erased
    Column("added_at", Instant, nullable=False),
)

submissions = Table(
    "submissions",
    metadata,
    Column("id", Text, primary_key=True),
    *_needed("party", "key"),
    Column("sha256", Text, ForeignKey("contents.sha256"), nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("media", Text, nullable=False),
    Column("dialect", Text),
    Column("version", Text),
    Column("door", Text, nullable=False),
    Column("received_at", Instant, nullable=False),
    *_needed("verdict", "faults"),
    Column("receipt", LargeBinary, nullable=False),
    Column("correlation_id", Text, nullable=False),
    Column("cursor", Text),
    Column("rung_at", Instant, nullable=False),
)
_partial(
    "uq_submissions_key_in_force",
    text("verdict IN ('accepted', 'pending')"),
    submissions.c.key,  # first, because many keys are looked for at once
    submissions.c.party,
    unique=True,
)
_partial("ix_submissions_pending", text("verdict = 'pending'"), submissions.c.rung_at)
Index(None, submissions.c.party, submissions.c.received_at, submissions.c.verdict)

submission_rules = Table(  # what a submission breaks, counted: nothing for one that breaks nothing
    "submission_rules",
    metadata,
    Column("party", Text, primary_key=True),
    Column("received_at", Instant, primary_key=True),  # these two first: a party's period is read at one stretch
    Column("submission_id", Text, ForeignKey("submissions.id"), primary_key=True),
    *(Column(name, Text, primary_key=True) for name in ("rule", "severity", "path")),
    Column("unit", Text, primary_key=True),  # empty where none was readable
    Column("times", Integer, nullable=False),
    sqlite_with_rowid=False,
)

messages = Table(
    "messages",
    metadata,
    _ticket("seq"),
    Column("id", Text, nullable=False),
    Column("submission_id", Text, ForeignKey("submissions.id"), nullable=False),
    Column("ordinal", Integer, nullable=False),
    *_needed("type", "party"),
    *_texts("dialect", "version", "reference"),
    Column("status", Text, nullable=False),
    Column("reason", Text),
    Column("case_id", Text),
    *_needed("content_hash", "correlation_id", "mode"),
    Column("previous_version_of", Text),
    Column("occurred_at", Instant),
    Column("accepted_at", Instant, nullable=False),
    Column("status_at", Instant, nullable=False),
    Column("rung_at", Instant, nullable=False),
    Column("defects", Integer, nullable=False),
    Column("canonical", LargeBinary),  # null once erased
    Column("mapping", Text),  # the hash of the mapping that read it
    UniqueConstraint("id"),
    Index(None, "submission_id"),
    Index(None, "content_hash"),
    Index(None, "case_id"),
    Index(None, "status", "seq"),
    Index(None, "party", "seq"),
)
_partial("ix_messages_previous_version_of", text("previous_version_of IS NOT NULL"), messages.c.previous_version_of)

message_keys = Table(
    "message_keys",
    metadata,
    Column("kind", Text, primary_key=True),
    Column("value", Text, primary_key=True),
    Column("message_id", Text, ForeignKey("messages.id"), primary_key=True),
    Column("rank", Integer, nullable=False),  # order of precedence within the message
    Index(None, "message_id"),
)

message_documents = Table(  # the contents that a message refers to
    "message_documents",
    metadata,
    Column("message_id", Text, ForeignKey("messages.id"), primary_key=True),
    Column("sha256", Text, ForeignKey("contents.sha256"), primary_key=True),
    Index(None, "sha256"),
)

cases = Table(
    "cases",
    metadata,
    Column("id", Text, primary_key=True),
    Column("ptiurn", Text),
    Column("urn_root", Text),
    Column("force", Text),
    Column("cps_unit", Text),
    Column("court", Text),
    Column("status", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("updated_at", Instant, nullable=False),
    Index(None, "urn_root"),
)

case_keys = Table(
    "case_keys",
    metadata,
    Column("kind", Text, primary_key=True),
    Column("value", Text, primary_key=True),
    Column("case_id", Text, ForeignKey("cases.id"), nullable=False),
    Index(None, "case_id"),
)

defendants = Table(
    "defendants",
    metadata,
    Column("case_id", Text, ForeignKey("cases.id"), primary_key=True),
    Column("key", Text, primary_key=True),
    Column("position", Integer, nullable=False),
    *_texts(
        "asn",
        "title",
        "given",
        "given_2",
        "given_3",
        "family",
        "display",
        "organisation",
        "born_on",
        "gender",
        "pnc",
        "cro",
        "noms",
        "crn",
        "custody_status",
        "bail_conditions",
        "source_message",
    ),
)

offences = Table(
    "offences",
    metadata,
    Column("case_id", Text, ForeignKey("cases.id"), primary_key=True),
    Column("defendant", Text, primary_key=True),
    Column("position", Integer, primary_key=True),
    *_texts(
        "code",
        "title",
        "wording",
        "started_on",
        "plea",
        "finding",
        "finally_disposed",
        "convicted_on",
        "source_message",
    ),
    Column("result_codes", Json, nullable=False),  # list
)

hearings = Table(
    "hearings",
    metadata,
    Column("case_id", Text, ForeignKey("cases.id"), primary_key=True),
    Column("key", Text, primary_key=True),
    *_texts("hearing_id", "court", "on", "at", "room", "kind", "source_message"),
    Column("stage", Text, nullable=False),
    Column("shared_at", Instant),
)

custody = Table(
    "custody",
    metadata,
    Column("case_id", Text, ForeignKey("cases.id"), primary_key=True),
    Column("noms", Text, primary_key=True),
    *_texts("prison", "status", "source_message"),
    Column("since", Instant),
)

endpoints = Table(
    "endpoints",
    metadata,
    Column("code", Text, primary_key=True),
    Column("party", Text, nullable=False),
    Column("in_flight", Integer, nullable=False),
    *_needed("on_dead", "gate"),
    Column("reason", Text),
    Column("failures", Integer, nullable=False),
    Column("probe_at", Instant),
    Column("probe", Text),  # the delivery that may pass a broken gate
    Column("changed_at", Instant, nullable=False),
)

lanes = Table(
    "lanes",
    metadata,
    Column("order_key", Text, primary_key=True),
    Column("endpoint", Text, ForeignKey("endpoints.code"), primary_key=True),
    Column("next", Integer, nullable=False),  # the number that the next delivery gets
    Column("open", Integer, nullable=False),  # the number whose turn it is
)

deliveries = Table(
    "deliveries",
    metadata,
    _ticket("seq"),
    Column("id", Text, nullable=False),
    Column("message_id", Text, ForeignKey("messages.id"), nullable=False),
    *_needed("part", "party"),
    Column("endpoint", Text, ForeignKey("endpoints.code"), nullable=False),
    *_needed("dialect", "order_key"),
    Column("lane_seq", Integer, nullable=False),
    Column("blocking", Boolean, nullable=False),  # what is later in its lane must wait for it
    Column("parked", Boolean, nullable=False),  # its turn has come, but its gate was closed or its endpoint full
    Column("status", Text, nullable=False),
    Column("reason", Text),
    Column("answer", Text),
    Column("attempts", Integer, nullable=False),
    Column("fence", Integer, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("due_at", Instant, nullable=False),
    Column("lease_until", Instant),
    Column("first_attempt_at", Instant),
    Column("settled_at", Instant),
    Column("deadline", Instant),
    Column("rung_at", Instant, nullable=False),
    Column("marks", Json, nullable=False),  # list
    Column("replays", Text),
    Column("run", Text),  # the replay run that made it
    UniqueConstraint("id"),
    UniqueConstraint("order_key", "endpoint", "lane_seq"),
    Index(None, "message_id"),
    Index(None, "endpoint", "status", "created_at"),
    Index(None, "status", "due_at"),
)
_partial(
    "ix_deliveries_blocking",
    deliveries.c.blocking == true(),
    deliveries.c.order_key,
    deliveries.c.endpoint,
    deliveries.c.lane_seq,
)
_partial("ix_deliveries_parked", deliveries.c.parked == true(), deliveries.c.endpoint, deliveries.c.due_at)
_partial(
    "uq_deliveries_run",
    text("run IS NOT NULL"),
    *(deliveries.c[name] for name in ("run", "message_id", "endpoint", "dialect", "part")),
    unique=True,
)
_partial("ix_deliveries_deadline", text("deadline IS NOT NULL AND settled_at IS NULL"), deliveries.c.deadline)

outbounds = Table(
    "outbounds",
    metadata,
    Column("delivery_id", Text, ForeignKey("deliveries.id"), primary_key=True),
    Column("body", LargeBinary),  # null once erased
    Column("content_type", Text, nullable=False),
    Column("headers", Json, nullable=False),  # list of pairs
    Column("name", Text),
    *_needed("method", "path", "reports"),
    Column("kept_at", Instant, nullable=False),
)

slips = Table(
    "slips",
    metadata,
    _ticket("number"),
    *_needed("lane", "subject"),
    Column("due_at", Instant, nullable=False),  # a claim moves it to the end of the lease
    Index(None, "lane", "due_at", "number"),
    Index(None, "subject"),
    sqlite_autoincrement=True,  # a finished number is never given again
)

feed = Table(
    "feed",
    metadata,
    _ticket("row"),
    Column("position", BigInteger),  # null until sealed
    *_needed("id", "type"),
    Column("message_id", Text),  # null where an entry is about no message
    Column("case_id", Text),
    Column("at", Instant, nullable=False),
    Column("occurred_at", Instant),
    Column("audience", Json, nullable=False),  # list
    Column("body", Text, nullable=False),
    UniqueConstraint("position"),
)
feed_audience = Table(
    "feed_audience",
    metadata,
    Column("party", Text, primary_key=True),
    Column("position", BigInteger, primary_key=True, autoincrement=False),
)

audit = Table(
    "audit",
    metadata,
    _ticket("row"),
    Column("number", BigInteger),  # null until sealed
    Column("at", Instant, nullable=False),
    *_needed("actor", "action", "subject_kind", "subject_id"),
    *_texts("submission_id", "message_id", "delivery_id", "case_id"),
    Column("detail", Json, nullable=False),  # object
    Column("row_hash", Text),
    UniqueConstraint("number"),
    Index(None, "subject_id"),
)
_partial("ix_audit_unsealed", audit.c.number.is_(None), audit.c.row)
_partial("ix_feed_unsealed", feed.c.position.is_(None), feed.c.row)
for _name in ("submission_id", "message_id", "case_id"):
    _partial(f"ix_audit_{_name}", audit.c[_name].is_not(None), audit.c[_name])

seals = Table(
    "seals",
    metadata,
    Column("batch", BigInteger, primary_key=True, autoincrement=False),
    *(Column(name, BigInteger, nullable=False) for name in ("first", "last")),
    *_needed("previous_hash", "hash"),
    Column("sealed_at", Instant, nullable=False),
)

shadow_runs = Table(
    "shadow_runs",
    metadata,
    Column("candidate", Text, primary_key=True),  # the hash of its mapping
    *_needed("dialect", "version"),
    *(Column(name, BigInteger, nullable=False) for name in ("after", "cursor", "read", "same", "refused")),
    *(Column(name, Instant, nullable=False) for name in ("started_at", "read_at")),
)
shadow_differences = Table(
    "shadow_differences",
    metadata,
    *(Column(name, Text, primary_key=True) for name in ("candidate", "field")),
    Column("count", BigInteger, nullable=False),
    Column("example", Text, nullable=False),  # a message that differs in it
)

alerts = Table(
    "alerts",
    metadata,
    Column("id", Text, primary_key=True),
    *_needed("kind", "subject", "words"),
    Column("example", Text),
    *(Column(name, Instant, nullable=False) for name in ("opened_at", "updated_at")),
    Column("closed_at", Instant),
    Column("times", Integer, nullable=False),
    *(Column(name, Boolean, nullable=False) for name in ("owes_opened", "owes_closed")),  # still to be told elsewhere
)
_partial("uq_alerts_open", text("closed_at IS NULL"), alerts.c.kind, alerts.c.subject, unique=True)
_partial("ix_alerts_owed", text("owes_opened OR owes_closed"), alerts.c.opened_at)

replay_runs = Table(
    "replay_runs",
    metadata,
    Column("id", Text, primary_key=True),
    *_needed("request", "actor", "reason", "state"),
    *(Column(name, BigInteger, nullable=False) for name in ("last", "cursor", "made")),
    *(Column(name, Instant, nullable=False) for name in ("started_at", "changed_at")),
)
_partial("uq_replay_runs_open", text("state = 'open'"), replay_runs.c.request, unique=True)

steps = Table("steps", metadata, Column("step", Text, primary_key=True), Column("fits_from", Text, nullable=False))

leases = Table(
    "leases",
    metadata,
    Column("name", Text, primary_key=True),
    Column("holder", Text, nullable=False),
    Column("until", Instant, nullable=False),
)

party_keys = Table(
    "party_keys",
    metadata,
    Column("id", Text, primary_key=True),
    *_needed("party", "key_hash", "label"),
    Column("scopes", Json, nullable=False),  # list
    Column("added_at", Instant, nullable=False),
    Column("revoked_at", Instant),
    UniqueConstraint("key_hash"),
    Index(None, "party"),
)
