"""The first shape of the ledger."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create every table, each before those that refer to it, then close the audit against change."""
    _create_contents()
    _create_submissions()
    _create_messages()
    _create_message_keys()
    _create_cases()
    _create_case_keys()
    _create_defendants()
    _create_offences()
    _create_hearings()
    _create_custody()
    _create_endpoints()
    _create_lanes()
    _create_deliveries()
    _create_outbounds()
    _create_slips()
    _create_feed()
    _create_feed_audience()
    _create_audit()
    _create_seals()
    _create_leases()
    _create_party_keys()
    _protect_audit()


def downgrade() -> None:
    """There is nothing before the first shape."""
    raise NotImplementedError("the first shape cannot be taken back")


def _ticket(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False)


def _texts(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text(), nullable=False) for name in names]


def _optional(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text()) for name in names]


def _number(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.Integer(), nullable=False)


def _long(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), nullable=False)


def _refers(column: str, to: str, table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [to], name=f"fk_{table}_{column}")


def _index(name: str, table: str, columns: list[str], *, where: str | None = None, unique: bool = False) -> None:
    only = None if where is None else sa.text(where)
    said = None if where is None else sa.text(where.replace(" = 1", ""))  # a truth value, which SQLite keeps as 1
    op.create_index(name, table, columns, unique=unique, sqlite_where=only, postgresql_where=said)


def _create_contents() -> None:
    op.create_table(
        "contents",
        *_texts("sha256"),
        _long("size"),
        sa.Column("body", sa.LargeBinary()),
        _long("added_at"),
        sa.PrimaryKeyConstraint("sha256", name="pk_contents"),
    )


def _create_submissions() -> None:
    op.create_table(
        "submissions",
        *_texts("id", "party", "key", "sha256"),
        _long("size"),
        *_texts("media"),
        *_optional("dialect", "version"),
        *_texts("door"),
        _long("received_at"),
        *_texts("verdict", "faults"),
        sa.Column("receipt", sa.LargeBinary(), nullable=False),
        *_texts("correlation_id"),
        *_optional("cursor"),
        _long("rung_at"),
        _refers("sha256", "contents.sha256", "submissions"),
        sa.PrimaryKeyConstraint("id", name="pk_submissions"),
    )
    _index("ix_submissions_pending", "submissions", ["rung_at"], where="verdict = 'pending'")
    _index(
        "uq_submissions_key_in_force",
        "submissions",
        ["key", "party"],
        where="verdict IN ('accepted', 'pending')",
        unique=True,
    )


def _create_messages() -> None:
    op.create_table(
        "messages",
        _ticket("seq"),
        *_texts("id", "submission_id"),
        _number("ordinal"),
        *_texts("type", "party"),
        *_optional("dialect", "version", "reference"),
        *_texts("status"),
        *_optional("reason", "case_id"),
        *_texts("content_hash", "correlation_id", "mode"),
        *_optional("previous_version_of"),
        sa.Column("occurred_at", sa.BigInteger()),
        _long("accepted_at"),
        _long("status_at"),
        _long("rung_at"),
        _number("defects"),
        sa.Column("canonical", sa.LargeBinary()),
        _refers("submission_id", "submissions.id", "messages"),
        sa.PrimaryKeyConstraint("seq", name="pk_messages"),
        sa.UniqueConstraint("id", name="uq_messages_id"),
    )
    _index("ix_messages_case_id", "messages", ["case_id"])
    _index("ix_messages_content_hash", "messages", ["content_hash"])
    _index("ix_messages_party_seq", "messages", ["party", "seq"])
    _index("ix_messages_status_seq", "messages", ["status", "seq"])
    _index("ix_messages_submission_id", "messages", ["submission_id"])


def _create_message_keys() -> None:
    op.create_table(
        "message_keys",
        *_texts("kind", "value", "message_id"),
        _number("rank"),
        _refers("message_id", "messages.id", "message_keys"),
        sa.PrimaryKeyConstraint("kind", "value", "message_id", name="pk_message_keys"),
    )
    _index("ix_message_keys_message_id", "message_keys", ["message_id"])


def _create_cases() -> None:
    op.create_table(
        "cases",
        *_texts("id"),
        *_optional("ptiurn", "urn_root", "force", "cps_unit", "court"),
        *_texts("status"),
        _number("version"),
        _long("created_at"),
        _long("updated_at"),
        sa.PrimaryKeyConstraint("id", name="pk_cases"),
    )
    _index("ix_cases_urn_root", "cases", ["urn_root"])


def _create_case_keys() -> None:
    op.create_table(
        "case_keys",
        *_texts("kind", "value", "case_id"),
        _refers("case_id", "cases.id", "case_keys"),
        sa.PrimaryKeyConstraint("kind", "value", name="pk_case_keys"),
    )
    _index("ix_case_keys_case_id", "case_keys", ["case_id"])


def _create_defendants() -> None:
    op.create_table(
        "defendants",
        *_texts("case_id", "key"),
        _number("position"),
        *_optional(
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
        _refers("case_id", "cases.id", "defendants"),
        sa.PrimaryKeyConstraint("case_id", "key", name="pk_defendants"),
    )


def _create_offences() -> None:
    op.create_table(
        "offences",
        *_texts("case_id", "defendant"),
        _number("position"),
        *_optional(
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
        *_texts("result_codes"),
        _refers("case_id", "cases.id", "offences"),
        sa.PrimaryKeyConstraint("case_id", "defendant", "position", name="pk_offences"),
    )


def _create_hearings() -> None:
    op.create_table(
        "hearings",
        *_texts("case_id", "key"),
        *_optional("hearing_id", "court", "on", "at", "room", "kind", "source_message"),
        *_texts("stage"),
        sa.Column("shared_at", sa.BigInteger()),
        _refers("case_id", "cases.id", "hearings"),
        sa.PrimaryKeyConstraint("case_id", "key", name="pk_hearings"),
    )


def _create_custody() -> None:
    op.create_table(
        "custody",
        *_texts("case_id", "noms"),
        *_optional("prison", "status", "source_message"),
        sa.Column("since", sa.BigInteger()),
        _refers("case_id", "cases.id", "custody"),
        sa.PrimaryKeyConstraint("case_id", "noms", name="pk_custody"),
    )


def _create_endpoints() -> None:
    op.create_table(
        "endpoints",
        *_texts("code", "party"),
        _number("in_flight"),
        *_texts("on_dead", "gate"),
        *_optional("reason"),
        _number("failures"),
        sa.Column("probe_at", sa.BigInteger()),
        *_optional("probe"),
        _long("changed_at"),
        sa.PrimaryKeyConstraint("code", name="pk_endpoints"),
    )


def _create_lanes() -> None:
    op.create_table(
        "lanes",
        *_texts("order_key", "endpoint"),
        _number("next"),
        _number("open"),
        _refers("endpoint", "endpoints.code", "lanes"),
        sa.PrimaryKeyConstraint("order_key", "endpoint", name="pk_lanes"),
    )


def _create_deliveries() -> None:
    op.create_table(
        "deliveries",
        _ticket("seq"),
        *_texts("id", "message_id", "part", "party", "endpoint", "dialect", "order_key"),
        _number("lane_seq"),
        sa.Column("blocking", sa.Boolean(), nullable=False),
        sa.Column("parked", sa.Boolean(), nullable=False),
        *_texts("status"),
        *_optional("reason", "answer"),
        _number("attempts"),
        _number("fence"),
        _long("created_at"),
        _long("due_at"),
        sa.Column("lease_until", sa.BigInteger()),
        sa.Column("first_attempt_at", sa.BigInteger()),
        sa.Column("settled_at", sa.BigInteger()),
        sa.Column("deadline", sa.BigInteger()),
        _long("rung_at"),
        *_texts("marks"),
        *_optional("replays"),
        _refers("endpoint", "endpoints.code", "deliveries"),
        _refers("message_id", "messages.id", "deliveries"),
        sa.PrimaryKeyConstraint("seq", name="pk_deliveries"),
        sa.UniqueConstraint("id", name="uq_deliveries_id"),
        sa.UniqueConstraint("order_key", "endpoint", "lane_seq", name="uq_deliveries_order_key_endpoint_lane_seq"),
    )
    _index("ix_deliveries_blocking", "deliveries", ["order_key", "endpoint", "lane_seq"], where="blocking = 1")
    _index("ix_deliveries_deadline", "deliveries", ["deadline"], where="deadline IS NOT NULL AND settled_at IS NULL")
    _index("ix_deliveries_endpoint_status_created_at", "deliveries", ["endpoint", "status", "created_at"])
    _index("ix_deliveries_message_id", "deliveries", ["message_id"])
    _index("ix_deliveries_parked", "deliveries", ["endpoint", "due_at"], where="parked = 1")
    _index("ix_deliveries_status_due_at", "deliveries", ["status", "due_at"])


def _create_outbounds() -> None:
    op.create_table(
        "outbounds",
        *_texts("delivery_id"),
        sa.Column("body", sa.LargeBinary()),
        *_texts("content_type", "headers"),
        *_optional("name"),
        *_texts("method", "path", "reports"),
        _long("kept_at"),
        _refers("delivery_id", "deliveries.id", "outbounds"),
        sa.PrimaryKeyConstraint("delivery_id", name="pk_outbounds"),
    )


def _create_slips() -> None:
    op.create_table(
        "slips",
        _ticket("number"),
        *_texts("lane", "subject"),
        _long("due_at"),
        sa.PrimaryKeyConstraint("number", name="pk_slips"),
        sqlite_autoincrement=True,
    )
    _index("ix_slips_lane_due_at_number", "slips", ["lane", "due_at", "number"])
    _index("ix_slips_subject", "slips", ["subject"])


def _create_feed() -> None:
    op.create_table(
        "feed",
        _ticket("row"),
        sa.Column("position", sa.BigInteger()),
        *_texts("id", "type", "message_id"),
        *_optional("case_id"),
        _long("at"),
        sa.Column("occurred_at", sa.BigInteger()),
        *_texts("audience", "body"),
        sa.PrimaryKeyConstraint("row", name="pk_feed"),
        sa.UniqueConstraint("position", name="uq_feed_position"),
    )


def _create_feed_audience() -> None:
    op.create_table(
        "feed_audience",
        *_texts("party"),
        sa.Column("position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("party", "position", name="pk_feed_audience"),
    )


def _create_audit() -> None:
    op.create_table(
        "audit",
        _ticket("row"),
        sa.Column("number", sa.BigInteger()),
        _long("at"),
        *_texts("actor", "action", "subject_kind", "subject_id"),
        *_optional("submission_id", "message_id", "delivery_id", "case_id"),
        *_texts("detail"),
        *_optional("row_hash"),
        sa.PrimaryKeyConstraint("row", name="pk_audit"),
        sa.UniqueConstraint("number", name="uq_audit_number"),
    )
    _index("ix_audit_case_id", "audit", ["case_id"], where="case_id IS NOT NULL")
    _index("ix_audit_message_id", "audit", ["message_id"], where="message_id IS NOT NULL")
    _index("ix_audit_subject_id", "audit", ["subject_id"])
    _index("ix_audit_submission_id", "audit", ["submission_id"], where="submission_id IS NOT NULL")


def _create_seals() -> None:
    op.create_table(
        "seals",
        sa.Column("batch", sa.BigInteger(), autoincrement=False, nullable=False),
        _long("first"),
        _long("last"),
        *_texts("previous_hash", "hash"),
        _long("sealed_at"),
        sa.PrimaryKeyConstraint("batch", name="pk_seals"),
    )


def _create_leases() -> None:
    op.create_table(
        "leases",
        *_texts("name", "holder"),
        _long("until"),
        sa.PrimaryKeyConstraint("name", name="pk_leases"),
    )


def _create_party_keys() -> None:
    op.create_table(
        "party_keys",
        *_texts("id", "party", "key_hash", "label", "scopes"),
        _long("added_at"),
        sa.Column("revoked_at", sa.BigInteger()),
        sa.PrimaryKeyConstraint("id", name="pk_party_keys"),
        sa.UniqueConstraint("key_hash", name="uq_party_keys_key_hash"),
    )
    _index("ix_party_keys_party", "party_keys", ["party"])


_GUARDS_SQLITE = (
    """CREATE TRIGGER audit_keeps_rows BEFORE DELETE ON audit
    BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END""",
    """CREATE TRIGGER audit_keeps_sealed BEFORE UPDATE ON audit WHEN OLD.number IS NOT NULL
    BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END""",
    """CREATE TRIGGER seals_stay BEFORE UPDATE ON seals
    BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END""",
    """CREATE TRIGGER seals_keep BEFORE DELETE ON seals
    BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END""",
)

_GUARDS_POSTGRESQL = (
    """CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION 'the audit is append-only'; END $$""",
    """CREATE TRIGGER audit_keeps_rows BEFORE DELETE ON audit
    FOR EACH ROW EXECUTE FUNCTION refuse_change()""",
    """CREATE TRIGGER audit_keeps_sealed BEFORE UPDATE ON audit
    FOR EACH ROW WHEN (OLD.number IS NOT NULL) EXECUTE FUNCTION refuse_change()""",
    """CREATE TRIGGER seals_stay BEFORE UPDATE OR DELETE ON seals
    FOR EACH ROW EXECUTE FUNCTION refuse_change()""",
)


def _protect_audit() -> None:
    """The database itself refuses to alter or remove what was sealed."""
    sqlite = op.get_context().dialect.name == "sqlite"
    for statement in _GUARDS_SQLITE if sqlite else _GUARDS_POSTGRESQL:
        op.execute(statement)
