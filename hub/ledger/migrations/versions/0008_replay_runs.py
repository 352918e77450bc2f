"""Replay runs: what was asked for, how far it came, and which deliveries each of them made."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_UNIQUE = "uq_deliveries_run"
_COLUMNS = ["run", "message_id", "endpoint", "dialect", "part"]
_ONLY = sa.text("run IS NOT NULL")
_OPEN = sa.text("state = 'open'")


def upgrade() -> None:
    """Add the table, the column, and the index by which a run makes each delivery once."""
    op.create_table(
        "replay_runs",
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("id", "request", "actor", "reason", "state")),
        *(
            sa.Column(name, sa.BigInteger(), nullable=False)
            for name in ("last", "cursor", "made", "started_at", "changed_at")
        ),
        sa.PrimaryKeyConstraint("id", name="pk_replay_runs"),
        if_not_exists=True,  # an attempt that was cut off has made it already
    )
    op.create_index(
        "uq_replay_runs_open",
        "replay_runs",
        ["request"],
        unique=True,
        sqlite_where=_OPEN,
        postgresql_where=_OPEN,
        if_not_exists=True,
    )
    if op.get_context().dialect.name != "postgresql":
        op.add_column("deliveries", sa.Column("run", sa.Text()))
        op.create_index(_UNIQUE, "deliveries", _COLUMNS, unique=True, sqlite_where=_ONLY)
        return
    op.execute("ALTER TABLE deliveries ADD COLUMN IF NOT EXISTS run TEXT")
    with op.get_context().autocommit_block():
        op.execute("SET lock_timeout = 0")  # it waits for transactions under way, and nobody waits for it
        op.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {_UNIQUE}")  # what an attempt that was cut off left behind
        op.create_index(
            _UNIQUE, "deliveries", _COLUMNS, unique=True, postgresql_where=_ONLY, postgresql_concurrently=True
        )
        op.execute("SET lock_timeout = '2s'")


def downgrade() -> None:
    """Take the index, the column and the table away."""
    op.drop_index(_UNIQUE, "deliveries")
    op.drop_column("deliveries", "run")
    op.drop_table("replay_runs")
