"""Values that a developer's shell exports, kept with the serve."""

import sqlalchemy as sa
from alembic import op

revision = '0002'
down_revision = '0001'


def upgrade() -> None:
    with op.batch_alter_table('serves', schema=None) as batch_op:
        batch_op.add_column(sa.Column('shell', sa.String(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table('serves', schema=None) as batch_op:
        batch_op.drop_column('shell')
