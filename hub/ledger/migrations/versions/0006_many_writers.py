"""What waits for the sealer is found by an index of its own; PostgreSQL tidies up sooner where most is changed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_UNSEALED = (("ix_audit_unsealed", "audit", "number IS NULL"), ("ix_feed_unsealed", "feed", "position IS NULL"))


def upgrade() -> None:
    """Add both indexes, on PostgreSQL without holding the tables."""
    if op.get_context().dialect.name != "postgresql":
        for name, table, only in _UNSEALED:
            op.create_index(name, table, ["row"], sqlite_where=sa.text(only))
        return
    for table, changes in (("slips", 1000), ("deliveries", 5000)):
        op.execute(
            f"ALTER TABLE {table} SET (autovacuum_vacuum_scale_factor = 0.01, "
            f"autovacuum_vacuum_threshold = {changes}, autovacuum_vacuum_cost_delay = 0)"
        )
    with op.get_context().autocommit_block():
        op.execute("SET lock_timeout = 0")  # it waits for transactions under way, and nobody waits for it
        for name, table, only in _UNSEALED:
            op.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")  # what an attempt that was cut off left behind
            op.create_index(name, table, ["row"], postgresql_where=sa.text(only), postgresql_concurrently=True)
        op.execute("SET lock_timeout = '2s'")


def downgrade() -> None:
    """Take the indexes away."""
    for name, table, _ in _UNSEALED:
        op.drop_index(name, table)
