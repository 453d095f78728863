"""Registrations at git hosts, sign-ins through them, deploy keys made before their capsule."""

import sqlalchemy as sa
from alembic import op

import capsule.models.base

revision = '0004'
down_revision = '0003'


def upgrade() -> None:
    op.create_table('git_apps',
    sa.Column('provider', sa.String(length=20), nullable=False),
    sa.Column('url', sa.String(length=500), nullable=False),
    sa.Column('name', sa.String(length=200), nullable=False),
    sa.Column('page', sa.String(length=500), nullable=True),
    sa.Column('number', sa.String(length=40), nullable=True),
    sa.Column('client_id', sa.String(length=300), nullable=False),
    sa.Column('secrets', sa.String(), nullable=False),
    sa.Column('id', sa.String(length=40), nullable=False),
    sa.Column('created_at', capsule.models.base.UtcDateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_git_apps')),
    sa.UniqueConstraint('url', name=op.f('uq_git_apps_url'))
    )
    op.create_table('git_sign_ins',
    sa.Column('state_hash', sa.String(length=64), nullable=False),
    sa.Column('kind', sa.String(length=20), nullable=False),
    sa.Column('user_id', sa.String(length=40), nullable=False),
    sa.Column('login_id', sa.String(length=40), nullable=False),
    sa.Column('team_id', sa.String(length=40), nullable=True),
    sa.Column('app_id', sa.String(length=40), nullable=True),
    sa.Column('connection_id', sa.String(length=40), nullable=True),
    sa.Column('url', sa.String(length=500), nullable=False),
    sa.Column('secret', sa.String(), nullable=False),
    sa.Column('expires_at', capsule.models.base.UtcDateTime(timezone=True), nullable=False),
    sa.Column('id', sa.String(length=40), nullable=False),
    sa.Column('created_at', capsule.models.base.UtcDateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['app_id'], ['git_apps.id'], name=op.f('fk_git_sign_ins_app_id_git_apps'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['team_id'], ['teams.id'], name=op.f('fk_git_sign_ins_team_id_teams'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_git_sign_ins')),
    sa.UniqueConstraint('state_hash', name=op.f('uq_git_sign_ins_state_hash'))
    )
    op.create_table('deploy_keys',
    sa.Column('team_id', sa.String(length=40), nullable=False),
    sa.Column('public_key', sa.String(), nullable=False),
    sa.Column('private_key', sa.String(), nullable=False),
    sa.Column('id', sa.String(length=40), nullable=False),
    sa.Column('created_at', capsule.models.base.UtcDateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['team_id'], ['teams.id'], name=op.f('fk_deploy_keys_team_id_teams'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_deploy_keys'))
    )
    with op.batch_alter_table('deploy_keys', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_deploy_keys_team_id'), ['team_id'], unique=False)

    with op.batch_alter_table('git_connections', schema=None) as batch_op:
        batch_op.add_column(sa.Column('app_id', sa.String(length=40), nullable=True))
        batch_op.add_column(sa.Column('installation_id', sa.String(length=40), nullable=True))
        batch_op.add_column(sa.Column('repository_ids', sa.JSON(), nullable=True))
        batch_op.add_column(sa.Column('refresh_token', sa.String(), nullable=True))
        batch_op.add_column(sa.Column('expires_at', capsule.models.base.UtcDateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column('renewing_until', capsule.models.base.UtcDateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column('status', sa.String(length=20), nullable=False, server_default='connected'))
        batch_op.add_column(sa.Column('problem', sa.String(), nullable=True))
        batch_op.create_index(batch_op.f('ix_git_connections_app_id'), ['app_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_git_connections_installation_id'), ['installation_id'], unique=False)


def downgrade() -> None:
    with op.batch_alter_table('git_connections', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_git_connections_installation_id'))
        batch_op.drop_index(batch_op.f('ix_git_connections_app_id'))
        batch_op.drop_column('problem')
        batch_op.drop_column('status')
        batch_op.drop_column('renewing_until')
        batch_op.drop_column('expires_at')
        batch_op.drop_column('refresh_token')
        batch_op.drop_column('repository_ids')
        batch_op.drop_column('installation_id')
        batch_op.drop_column('app_id')

    with op.batch_alter_table('deploy_keys', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_deploy_keys_team_id'))

    op.drop_table('deploy_keys')
    op.drop_table('git_sign_ins')
    op.drop_table('git_apps')
