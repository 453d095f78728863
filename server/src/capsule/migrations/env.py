"""Alembic's entry: run the revisions on the connection that `migrate` handed over."""

from alembic import context

from capsule.models import Model

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Model.metadata,
    render_as_batch=True,
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()
