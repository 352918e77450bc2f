"""The contents of the documents that are attached to a message."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "message_documents",
        sa.Column("message_id", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("message_id", "sha256", name="pk_message_documents"),
        sa.ForeignKeyConstraint(["message_id"], ["messages.id"], name="fk_message_documents_message_id"),
        sa.ForeignKeyConstraint(["sha256"], ["contents.sha256"], name="fk_message_documents_sha256"),
    )
    op.create_index("ix_message_documents_sha256", "message_documents", ["sha256"])


def downgrade() -> None:
    """Take the table away."""
    op.drop_table("message_documents")
