"""Alerts: a row an incident, at most one of a kind and subject at a time."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_OPEN, _OWED = "closed_at IS NULL", "owes_opened OR owes_closed"


def upgrade() -> None:
    """Add the table and both indexes: it is new, so that nobody waits for them."""
    op.create_table(
        "alerts",
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("id", "kind", "subject", "words")),
        sa.Column("example", sa.Text()),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in ("opened_at", "updated_at")),
        sa.Column("closed_at", sa.BigInteger()),
        sa.Column("times", sa.Integer(), nullable=False),
        *(sa.Column(name, sa.Boolean(), nullable=False) for name in ("owes_opened", "owes_closed")),
        sa.PrimaryKeyConstraint("id", name="pk_alerts"),
    )
    for name, columns, only, unique in (
        ("uq_alerts_open", ["kind", "subject"], _OPEN, True),
        ("ix_alerts_owed", ["opened_at"], _OWED, False),
    ):
        where = sa.text(only)
        op.create_index(name, "alerts", columns, unique=unique, sqlite_where=where, postgresql_where=where)


def downgrade() -> None:
    """Take the table away."""
    op.drop_table("alerts")
