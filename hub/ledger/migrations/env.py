"""What Alembic runs: the steps, on the connection that it is given. Rule: it opens no database by itself."""

from alembic import context

from hub.ledger.tables import metadata

given = context.config.attributes
if context.is_offline_mode():
    context.configure(dialect_name=given["dialect"], target_metadata=metadata, transaction_per_migration=True)
else:
    context.configure(
        connection=given["connection"], target_metadata=metadata, transaction_per_migration=given["one_by_one"]
    )
with context.begin_transaction():
    context.run_migrations()
