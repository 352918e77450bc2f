"""Entries of the feed that are about no message: a file that was judged, a digest of quality."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Let an entry have no message."""
    with op.batch_alter_table("feed") as feed:
        feed.alter_column("message_id", existing_type=sa.Text(), nullable=True)


def downgrade() -> None:
    """Take away the entries that have no message."""
    op.execute("DELETE FROM feed WHERE message_id IS NULL")
    with op.batch_alter_table("feed") as feed:
        feed.alter_column("message_id", existing_type=sa.Text(), nullable=False)
