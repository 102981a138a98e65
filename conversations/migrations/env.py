"""Runs the migrations on the connection, and in the transaction, that the store hands over."""

from alembic import context

from conversations.tables import SCHEMA_TABLE, metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    version_table=SCHEMA_TABLE,
    render_as_batch=True,
    transactional_ddl=True,
)
context.run_migrations()
