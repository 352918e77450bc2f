"""Which releases can work on the tables: each step says so, from this one on."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None
fits_from = "0008"


def upgrade() -> None:
    """Add the table: `env.py` writes a row for each step, this one too."""
    op.create_table(
        "steps",
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("step", "fits_from")),
        sa.PrimaryKeyConstraint("step", name="pk_steps"),
    )


def downgrade() -> None:
    """Take the table away."""
    op.drop_table("steps")
