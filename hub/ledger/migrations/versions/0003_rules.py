"""What each submission breaks, counted by rule, place and unit; and a party's submissions by time."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table and both indexes."""
    op.create_index("ix_submissions_party_received_at_verdict", "submissions", ["party", "received_at", "verdict"])
    op.create_table(
        "submission_rules",
        sa.Column("party", sa.Text(), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("submission_id", "rule", "severity", "path", "unit")),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint(
            *("party", "received_at", "submission_id", "rule", "severity", "path", "unit"), name="pk_submission_rules"
        ),
        sa.ForeignKeyConstraint(["submission_id"], ["submissions.id"], name="fk_submission_rules_submission_id"),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    """Take the table and the index away."""
    op.drop_table("submission_rules")
    op.drop_index("ix_submissions_party_received_at_verdict", "submissions")
