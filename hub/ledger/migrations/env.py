"""What Alembic runs: the steps, on the connection that it is given. Rule: it opens no database by itself."""

from alembic import context

from hub.ledger.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
with context.begin_transaction():
    context.run_migrations()
