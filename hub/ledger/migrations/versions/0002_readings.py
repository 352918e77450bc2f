"""Which mapping read a message; and readings by candidates beside the live ones."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column, the index and the two tables."""
    op.add_column("messages", sa.Column("mapping", sa.Text()))
    only = sa.text("previous_version_of IS NOT NULL")
    op.create_index(
        "ix_messages_previous_version_of",
        "messages",
        ["previous_version_of"],
        sqlite_where=only,
        postgresql_where=only,
    )
    op.create_table(
        "shadow_runs",
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("candidate", "dialect", "version")),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in ("after", "cursor", "read", "same", "refused")),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in ("started_at", "read_at")),
        sa.PrimaryKeyConstraint("candidate", name="pk_shadow_runs"),
    )
    op.create_table(
        "shadow_differences",
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("candidate", "field")),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.Column("example", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("candidate", "field", name="pk_shadow_differences"),
    )


def downgrade() -> None:
    """Take both tables and the column away."""
    op.drop_table("shadow_differences")
    op.drop_table("shadow_runs")
    op.drop_index("ix_messages_previous_version_of", "messages")
    op.drop_column("messages", "mapping")
