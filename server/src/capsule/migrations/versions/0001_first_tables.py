"""First tables."""

import sqlalchemy as sa
from alembic import op

import capsule.models.base

revision = '0001'
down_revision = None


def upgrade() -> None:
    op.create_table('capsule_numbers',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_capsule_numbers')),
    sqlite_autoincrement=True
    )
    op.create_table('teams',
    sa.Column('name', sa.String(length=100), nullable=False),
    sa.Column('slug', sa.String(length=63), nullable=False),
    sa.Column('is_personal', sa.Boolean(), nullable=False),
    sa.Column('id', sa.String(length=40), nullable=False),
    sa.Column('created_at', capsule.models.base.UtcDateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_teams')),
    sa.UniqueConstraint('slug', name=op.f('uq_teams_slug'))
    )
    op.create_table('users',
    sa.Column('email', sa.String(length=320), nullable=False),
    sa.Column('name', sa.String(length=200), nullable=False),
    sa.Column('password_hash', sa.String(length=200), nullable=False),
    sa.Column('is_admin', sa.Boolean(), nullable=False),
    sa.Column('id', sa.String(length=40), nullable=False),
    sa.Column('created_at', capsule.models.base.UtcDateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_users')),
    sa.UniqueConstraint('email', name=op.f('uq_users_email'))
    )
    op.create_table('api_tokens',
    sa.Column('user_id', sa.String(length=40), nullable=False),
    sa.Column('name', sa.String(length=100), nullable=False),
    sa.Column('token_hash', sa.String(length=64), nullable=False),
    sa.Column('expires_at', capsule.models.base.UtcDateTime(timezone=True), nullable=True),
    sa.Column('last_used_at', capsule.models.base.UtcDateTime(timezone=True), nullable=True),
    sa.Column('id', sa.String(length=40), nullable=False),
    sa.Column('created_at', capsule.models.base.UtcDateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_api_tokens_user_id_users'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_api_tokens')),
    sa.UniqueConstraint('token_hash', name=op.f('uq_api_tokens_token_hash'))
    )
    with op.batch_alter_table('api_tokens', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_api_tokens_user_id'), ['user_id'], unique=False)

    op.create_table('cli_logins',
    sa.Column('poll_hash', sa.String(length=64), nullable=False),
    sa.Column('code', sa.String(length=12), nullable=False),
    sa.Column('host_name', sa.String(length=200), nullable=False),
    sa.Column('expires_at', capsule.models.base.UtcDateTime(timezone=True), nullable=False),
    sa.Column('user_id', sa.String(length=40), nullable=True),
    sa.Column('id', sa.String(length=40), nullable=False),
    sa.Column('created_at', capsule.models.base.UtcDateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_cli_logins_user_id_users'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_cli_logins'))
    )
    op.create_table('logins',
    sa.Column('user_id', sa.String(length=40), nullable=False),
    sa.Column('token_hash', sa.String(length=64), nullable=False),
    sa.Column('expires_at', capsule.models.base.UtcDateTime(timezone=True), nullable=False),
    sa.Column('last_seen_at', capsule.models.base.UtcDateTime(timezone=True), nullable=False),
    sa.Column('user_agent', sa.String(length=300), nullable=False),
    sa.Column('id', sa.String(length=40), nullable=False),
    sa.Column('created_at', capsule.models.base.UtcDateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_logins_user_id_users'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_logins')),
    sa.UniqueConstraint('token_hash', name=op.f('uq_logins_token_hash'))
    )
    with op.batch_alter_table('logins', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_logins_user_id'), ['user_id'], unique=False)

    op.create_table('memberships',
    sa.Column('team_id', sa.String(length=40), nullable=False),
    sa.Column('user_id', sa.String(length=40), nullable=False),
    sa.Column('role', sa.String(length=20), nullable=False),
    sa.Column('id', sa.String(length=40), nullable=False),
    sa.Column('created_at', capsule.models.base.UtcDateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['team_id'], ['teams.id'], name=op.f('fk_memberships_team_id_teams'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_memberships_user_id_users'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_memberships')),
    sa.UniqueConstraint('team_id', 'user_id', name=op.f('uq_memberships_team_id'))
    )
    with op.batch_alter_table('memberships', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_memberships_team_id'), ['team_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_memberships_user_id'), ['user_id'], unique=False)

    op.create_table('spaces',
    sa.Column('team_id', sa.String(length=40), nullable=False),
    sa.Column('name', sa.String(length=100), nullable=False),
    sa.Column('slug', sa.String(length=63), nullable=False),
    sa.Column('id', sa.String(length=40), nullable=False),
    sa.Column('created_at', capsule.models.base.UtcDateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['team_id'], ['teams.id'], name=op.f('fk_spaces_team_id_teams'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_spaces')),
    sa.UniqueConstraint('team_id', 'slug', name=op.f('uq_spaces_team_id'))
    )
    with op.batch_alter_table('spaces', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_spaces_team_id'), ['team_id'], unique=False)

    op.create_table('capsules',
    sa.Column('team_id', sa.String(length=40), nullable=False),
    sa.Column('space_id', sa.String(length=40), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(length=63), nullable=False),
    sa.Column('slug', sa.String(length=63), nullable=False),
    sa.Column('type', sa.String(length=20), nullable=False),
    sa.Column('is_on', sa.Boolean(), nullable=False),
    sa.Column('source', sa.JSON(), nullable=False),
    sa.Column('config', sa.JSON(), nullable=False),
    sa.Column('release_id', sa.String(length=40), nullable=True),
    sa.Column('removed_at', capsule.models.base.UtcDateTime(timezone=True), nullable=True),
    sa.Column('id', sa.String(length=40), nullable=False),
    sa.Column('created_at', capsule.models.base.UtcDateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['space_id'], ['spaces.id'], name=op.f('fk_capsules_space_id_spaces'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['team_id'], ['teams.id'], name=op.f('fk_capsules_team_id_teams'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_capsules')),
    sa.UniqueConstraint('number', name=op.f('uq_capsules_number')),
    sa.UniqueConstraint('slug', name=op.f('uq_capsules_slug')),
    sa.UniqueConstraint('space_id', 'name', name=op.f('uq_capsules_space_id'))
    )
    with op.batch_alter_table('capsules', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_capsules_space_id'), ['space_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_capsules_team_id'), ['team_id'], unique=False)

    op.create_table('secrets',
    sa.Column('team_id', sa.String(length=40), nullable=False),
    sa.Column('space_id', sa.String(length=40), nullable=False),
    sa.Column('name', sa.String(length=200), nullable=False),
    sa.Column('ciphertext', sa.String(), nullable=False),
    sa.Column('updated_at', capsule.models.base.UtcDateTime(timezone=True), nullable=False),
    sa.Column('id', sa.String(length=40), nullable=False),
    sa.Column('created_at', capsule.models.base.UtcDateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['space_id'], ['spaces.id'], name=op.f('fk_secrets_space_id_spaces'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['team_id'], ['teams.id'], name=op.f('fk_secrets_team_id_teams'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_secrets')),
    sa.UniqueConstraint('space_id', 'name', name=op.f('uq_secrets_space_id'))
    )
    with op.batch_alter_table('secrets', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_secrets_space_id'), ['space_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_secrets_team_id'), ['team_id'], unique=False)

    op.create_table('uploads',
    sa.Column('team_id', sa.String(length=40), nullable=False),
    sa.Column('space_id', sa.String(length=40), nullable=False),
    sa.Column('digest', sa.String(length=64), nullable=False),
    sa.Column('size_bytes', sa.Integer(), nullable=False),
    sa.Column('id', sa.String(length=40), nullable=False),
    sa.Column('created_at', capsule.models.base.UtcDateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['space_id'], ['spaces.id'], name=op.f('fk_uploads_space_id_spaces'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['team_id'], ['teams.id'], name=op.f('fk_uploads_team_id_teams'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_uploads'))
    )
    with op.batch_alter_table('uploads', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_uploads_space_id'), ['space_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_uploads_team_id'), ['team_id'], unique=False)

    op.create_table('builds',
    sa.Column('team_id', sa.String(length=40), nullable=False),
    sa.Column('capsule_id', sa.String(length=40), nullable=False),
    sa.Column('status', sa.String(length=20), nullable=False),
    sa.Column('trigger', sa.String(length=20), nullable=False),
    sa.Column('source', sa.JSON(), nullable=False),
    sa.Column('settings', sa.JSON(), nullable=False),
    sa.Column('source_digest', sa.String(length=64), nullable=True),
    sa.Column('plan', sa.JSON(), nullable=True),
    sa.Column('artifact_id', sa.String(length=40), nullable=True),
    sa.Column('manifest', sa.JSON(), nullable=True),
    sa.Column('reason', sa.String(), nullable=True),
    sa.Column('hint', sa.String(), nullable=True),
    sa.Column('cancel_requested', sa.Boolean(), nullable=False),
    sa.Column('requested_by', sa.String(length=40), nullable=True),
    sa.Column('started_at', capsule.models.base.UtcDateTime(timezone=True), nullable=True),
    sa.Column('finished_at', capsule.models.base.UtcDateTime(timezone=True), nullable=True),
    sa.Column('lease_owner', sa.String(length=40), nullable=True),
    sa.Column('lease_until', capsule.models.base.UtcDateTime(timezone=True), nullable=True),
    sa.Column('fence', sa.Integer(), nullable=False),
    sa.Column('id', sa.String(length=40), nullable=False),
    sa.Column('created_at', capsule.models.base.UtcDateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['capsule_id'], ['capsules.id'], name=op.f('fk_builds_capsule_id_capsules'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['team_id'], ['teams.id'], name=op.f('fk_builds_team_id_teams'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_builds'))
    )
    with op.batch_alter_table('builds', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_builds_artifact_id'), ['artifact_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_builds_capsule_id'), ['capsule_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_builds_status'), ['status'], unique=False)
        batch_op.create_index(batch_op.f('ix_builds_team_id'), ['team_id'], unique=False)

    op.create_table('env_variables',
    sa.Column('team_id', sa.String(length=40), nullable=False),
    sa.Column('capsule_id', sa.String(length=40), nullable=False),
    sa.Column('key', sa.String(length=200), nullable=False),
    sa.Column('ciphertext', sa.String(), nullable=False),
    sa.Column('set_by', sa.String(length=10), nullable=False),
    sa.Column('id', sa.String(length=40), nullable=False),
    sa.Column('created_at', capsule.models.base.UtcDateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['capsule_id'], ['capsules.id'], name=op.f('fk_env_variables_capsule_id_capsules'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['team_id'], ['teams.id'], name=op.f('fk_env_variables_team_id_teams'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_env_variables')),
    sa.UniqueConstraint('capsule_id', 'key', name=op.f('uq_env_variables_capsule_id'))
    )
    with op.batch_alter_table('env_variables', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_env_variables_capsule_id'), ['capsule_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_env_variables_team_id'), ['team_id'], unique=False)

    op.create_table('releases',
    sa.Column('team_id', sa.String(length=40), nullable=False),
    sa.Column('capsule_id', sa.String(length=40), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('build_id', sa.String(length=40), nullable=True),
    sa.Column('artifact_id', sa.String(length=40), nullable=False),
    sa.Column('config', sa.JSON(), nullable=False),
    sa.Column('manifest', sa.JSON(), nullable=True),
    sa.Column('id', sa.String(length=40), nullable=False),
    sa.Column('created_at', capsule.models.base.UtcDateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['capsule_id'], ['capsules.id'], name=op.f('fk_releases_capsule_id_capsules'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['team_id'], ['teams.id'], name=op.f('fk_releases_team_id_teams'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_releases')),
    sa.UniqueConstraint('capsule_id', 'number', name=op.f('uq_releases_capsule_id'))
    )
    with op.batch_alter_table('releases', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_releases_artifact_id'), ['artifact_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_releases_capsule_id'), ['capsule_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_releases_team_id'), ['team_id'], unique=False)

    op.create_table('replicas',
    sa.Column('team_id', sa.String(length=40), nullable=False),
    sa.Column('capsule_id', sa.String(length=40), nullable=False),
    sa.Column('release_id', sa.String(length=40), nullable=True),
    sa.Column('started_by', sa.String(length=40), nullable=False),
    sa.Column('environment', sa.String(length=10), nullable=False),
    sa.Column('state', sa.String(length=20), nullable=False),
    sa.Column('address', sa.String(length=200), nullable=True),
    sa.Column('restarts', sa.Integer(), nullable=False),
    sa.Column('exit_reason', sa.String(), nullable=True),
    sa.Column('started_at', capsule.models.base.UtcDateTime(timezone=True), nullable=True),
    sa.Column('stopped_at', capsule.models.base.UtcDateTime(timezone=True), nullable=True),
    sa.Column('id', sa.String(length=40), nullable=False),
    sa.Column('created_at', capsule.models.base.UtcDateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['capsule_id'], ['capsules.id'], name=op.f('fk_replicas_capsule_id_capsules'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['team_id'], ['teams.id'], name=op.f('fk_replicas_team_id_teams'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_replicas'))
    )
    with op.batch_alter_table('replicas', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_replicas_capsule_id'), ['capsule_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_replicas_release_id'), ['release_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_replicas_started_by'), ['started_by'], unique=False)
        batch_op.create_index(batch_op.f('ix_replicas_state'), ['state'], unique=False)
        batch_op.create_index(batch_op.f('ix_replicas_team_id'), ['team_id'], unique=False)

    op.create_table('serves',
    sa.Column('team_id', sa.String(length=40), nullable=False),
    sa.Column('capsule_id', sa.String(length=40), nullable=False),
    sa.Column('user_id', sa.String(length=40), nullable=False),
    sa.Column('status', sa.String(length=20), nullable=False),
    sa.Column('revision', sa.Integer(), nullable=False),
    sa.Column('build_id', sa.String(length=40), nullable=True),
    sa.Column('replica_id', sa.String(length=40), nullable=True),
    sa.Column('reason', sa.String(), nullable=True),
    sa.Column('heartbeat_at', capsule.models.base.UtcDateTime(timezone=True), nullable=False),
    sa.Column('id', sa.String(length=40), nullable=False),
    sa.Column('created_at', capsule.models.base.UtcDateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['capsule_id'], ['capsules.id'], name=op.f('fk_serves_capsule_id_capsules'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['team_id'], ['teams.id'], name=op.f('fk_serves_team_id_teams'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_serves'))
    )
    with op.batch_alter_table('serves', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_serves_capsule_id'), ['capsule_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_serves_team_id'), ['team_id'], unique=False)

    op.create_table('deployments',
    sa.Column('team_id', sa.String(length=40), nullable=False),
    sa.Column('capsule_id', sa.String(length=40), nullable=False),
    sa.Column('release_id', sa.String(length=40), nullable=False),
    sa.Column('status', sa.String(length=20), nullable=False),
    sa.Column('reason', sa.String(), nullable=True),
    sa.Column('hint', sa.String(), nullable=True),
    sa.Column('log_tail', sa.JSON(), nullable=False),
    sa.Column('started_at', capsule.models.base.UtcDateTime(timezone=True), nullable=True),
    sa.Column('finished_at', capsule.models.base.UtcDateTime(timezone=True), nullable=True),
    sa.Column('lease_owner', sa.String(length=40), nullable=True),
    sa.Column('lease_until', capsule.models.base.UtcDateTime(timezone=True), nullable=True),
    sa.Column('fence', sa.Integer(), nullable=False),
    sa.Column('id', sa.String(length=40), nullable=False),
    sa.Column('created_at', capsule.models.base.UtcDateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['capsule_id'], ['capsules.id'], name=op.f('fk_deployments_capsule_id_capsules'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['release_id'], ['releases.id'], name=op.f('fk_deployments_release_id_releases'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['team_id'], ['teams.id'], name=op.f('fk_deployments_team_id_teams'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_deployments'))
    )
    with op.batch_alter_table('deployments', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_deployments_capsule_id'), ['capsule_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_deployments_release_id'), ['release_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_deployments_status'), ['status'], unique=False)
        batch_op.create_index(batch_op.f('ix_deployments_team_id'), ['team_id'], unique=False)



def downgrade() -> None:
    with op.batch_alter_table('deployments', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_deployments_team_id'))
        batch_op.drop_index(batch_op.f('ix_deployments_status'))
        batch_op.drop_index(batch_op.f('ix_deployments_release_id'))
        batch_op.drop_index(batch_op.f('ix_deployments_capsule_id'))

    op.drop_table('deployments')
    with op.batch_alter_table('serves', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_serves_team_id'))
        batch_op.drop_index(batch_op.f('ix_serves_capsule_id'))

    op.drop_table('serves')
    with op.batch_alter_table('replicas', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_replicas_team_id'))
        batch_op.drop_index(batch_op.f('ix_replicas_state'))
        batch_op.drop_index(batch_op.f('ix_replicas_started_by'))
        batch_op.drop_index(batch_op.f('ix_replicas_release_id'))
        batch_op.drop_index(batch_op.f('ix_replicas_capsule_id'))

    op.drop_table('replicas')
    with op.batch_alter_table('releases', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_releases_team_id'))
        batch_op.drop_index(batch_op.f('ix_releases_capsule_id'))
        batch_op.drop_index(batch_op.f('ix_releases_artifact_id'))

    op.drop_table('releases')
    with op.batch_alter_table('env_variables', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_env_variables_team_id'))
        batch_op.drop_index(batch_op.f('ix_env_variables_capsule_id'))

    op.drop_table('env_variables')
    with op.batch_alter_table('builds', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_builds_team_id'))
        batch_op.drop_index(batch_op.f('ix_builds_status'))
        batch_op.drop_index(batch_op.f('ix_builds_capsule_id'))
        batch_op.drop_index(batch_op.f('ix_builds_artifact_id'))

    op.drop_table('builds')
    with op.batch_alter_table('uploads', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_uploads_team_id'))
        batch_op.drop_index(batch_op.f('ix_uploads_space_id'))

    op.drop_table('uploads')
    with op.batch_alter_table('secrets', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_secrets_team_id'))
        batch_op.drop_index(batch_op.f('ix_secrets_space_id'))

    op.drop_table('secrets')
    with op.batch_alter_table('capsules', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_capsules_team_id'))
        batch_op.drop_index(batch_op.f('ix_capsules_space_id'))

    op.drop_table('capsules')
    with op.batch_alter_table('spaces', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_spaces_team_id'))

    op.drop_table('spaces')
    with op.batch_alter_table('memberships', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_memberships_user_id'))
        batch_op.drop_index(batch_op.f('ix_memberships_team_id'))

    op.drop_table('memberships')
    with op.batch_alter_table('logins', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_logins_user_id'))

    op.drop_table('logins')
    op.drop_table('cli_logins')
    with op.batch_alter_table('api_tokens', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_api_tokens_user_id'))

    op.drop_table('api_tokens')
    op.drop_table('users')
    op.drop_table('teams')
    op.drop_table('capsule_numbers')
