"""What messages are called on the hops before and after the hub."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None
fits_from = "0009"

_ONCE = sa.text("request IS NOT NULL")
_FIRST = sa.text("reference IS NOT NULL AND repeats IS NULL")


def upgrade() -> None:
    """Add the tables."""
    op.create_table(
        "hops_in",
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("submission_id", "party")),
        *(sa.Column(name, sa.Text()) for name in ("request", "reference", "repeats", "answer")),
        sa.Column("block", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("submission_id", name="pk_hops_in"),
        sa.ForeignKeyConstraint(["submission_id"], ["submissions.id"], name="fk_hops_in_submission_id"),
    )
    for name, column, only in (
        ("uq_hops_in_request", "request", _ONCE),
        ("uq_hops_in_reference", "reference", _FIRST),
    ):
        op.create_index(name, "hops_in", [column, "party"], unique=True, sqlite_where=only, postgresql_where=only)
    op.create_table(
        "hops_out",
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("delivery_id", "party")),
        *(sa.Column(name, sa.Text()) for name in ("request", "reference")),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("delivery_id", name="pk_hops_out"),
        sa.ForeignKeyConstraint(["delivery_id"], ["deliveries.id"], name="fk_hops_out_delivery_id"),
    )
    op.create_index("ix_hops_out_reference_party", "hops_out", ["reference", "party"])


def downgrade() -> None:
    """Take the tables away."""
    op.drop_table("hops_out")
    op.drop_table("hops_in")
