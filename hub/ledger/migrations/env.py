"""What Alembic runs: the steps, on the connection that it is given; and with each, which releases can work after it.

Rule: it opens no database by itself. A step and what it says of older releases are one transaction.
"""

from typing import Any

from alembic import context
from alembic.runtime.migration import MigrationContext, MigrationInfo

from hub.ledger.tables import metadata, steps


def keep_fitness(ctx: MigrationContext, step: MigrationInfo, **_: Any) -> None:
    """Write down the oldest step whose release can work after this one; nothing for a step that names none."""
    made = step.up_revision if step.is_upgrade else None
    fits_from = getattr(getattr(made, "module", None), "fits_from", None)
    if made is not None and fits_from is not None:
        ctx.impl.execute(steps.insert().values(step=made.revision, fits_from=fits_from))


given = context.config.attributes
asked: dict[str, Any] = {"target_metadata": metadata, "on_version_apply": keep_fitness}
if context.is_offline_mode():
    context.configure(dialect_name=given["dialect"], transaction_per_migration=True, literal_binds=True, **asked)
else:
    context.configure(connection=given["connection"], transaction_per_migration=given["one_by_one"], **asked)
with context.begin_transaction():
    context.run_migrations()
