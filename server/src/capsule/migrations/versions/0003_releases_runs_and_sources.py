"""Releases that can be rolled back, runs and cron jobs, access to sources, previews."""

import sqlalchemy as sa
from alembic import op

import capsule.models.base

revision = '0003'
down_revision = '0002'


def upgrade() -> None:
    op.create_table('git_connections',
    sa.Column('team_id', sa.String(length=40), nullable=False),
    sa.Column('provider', sa.String(length=20), nullable=False),
    sa.Column('url', sa.String(length=500), nullable=False),
    sa.Column('account', sa.String(length=200), nullable=False),
    sa.Column('token', sa.String(), nullable=False),
    sa.Column('id', sa.String(length=40), nullable=False),
    sa.Column('created_at', capsule.models.base.UtcDateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['team_id'], ['teams.id'], name=op.f('fk_git_connections_team_id_teams'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_git_connections'))
    )
    with op.batch_alter_table('git_connections', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_git_connections_team_id'), ['team_id'], unique=False)

    op.create_table('cron_jobs',
    sa.Column('team_id', sa.String(length=40), nullable=False),
    sa.Column('capsule_id', sa.String(length=40), nullable=False),
    sa.Column('name', sa.String(length=63), nullable=False),
    sa.Column('schedule', sa.String(length=100), nullable=False),
    sa.Column('timezone', sa.String(length=60), nullable=False),
    sa.Column('command', sa.String(), nullable=False),
    sa.Column('concurrency', sa.String(length=10), nullable=False),
    sa.Column('missed', sa.String(length=10), nullable=False),
    sa.Column('timeout_seconds', sa.Double(), nullable=False),
    sa.Column('is_on', sa.Boolean(), nullable=False),
    sa.Column('next_at', capsule.models.base.UtcDateTime(timezone=True), nullable=True),
    sa.Column('id', sa.String(length=40), nullable=False),
    sa.Column('created_at', capsule.models.base.UtcDateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['capsule_id'], ['capsules.id'], name=op.f('fk_cron_jobs_capsule_id_capsules'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['team_id'], ['teams.id'], name=op.f('fk_cron_jobs_team_id_teams'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_cron_jobs')),
    sa.UniqueConstraint('capsule_id', 'name', name=op.f('uq_cron_jobs_capsule_id'))
    )
    with op.batch_alter_table('cron_jobs', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_cron_jobs_capsule_id'), ['capsule_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_cron_jobs_team_id'), ['team_id'], unique=False)

    op.create_table('runs',
    sa.Column('team_id', sa.String(length=40), nullable=False),
    sa.Column('capsule_id', sa.String(length=40), nullable=False),
    sa.Column('release_id', sa.String(length=40), nullable=True),
    sa.Column('cron_job_id', sa.String(length=40), nullable=True),
    sa.Column('command', sa.String(), nullable=False),
    sa.Column('status', sa.String(length=20), nullable=False),
    sa.Column('trigger', sa.String(length=20), nullable=False),
    sa.Column('due_at', capsule.models.base.UtcDateTime(timezone=True), nullable=True),
    sa.Column('timeout_seconds', sa.Double(), nullable=False),
    sa.Column('replica_id', sa.String(length=40), nullable=True),
    sa.Column('exit_code', sa.Integer(), nullable=True),
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
    sa.ForeignKeyConstraint(['capsule_id'], ['capsules.id'], name=op.f('fk_runs_capsule_id_capsules'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['team_id'], ['teams.id'], name=op.f('fk_runs_team_id_teams'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_runs')),
    sa.UniqueConstraint('cron_job_id', 'due_at', name=op.f('uq_runs_cron_job_id'))
    )
    with op.batch_alter_table('runs', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_runs_capsule_id'), ['capsule_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_runs_cron_job_id'), ['cron_job_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_runs_status'), ['status'], unique=False)
        batch_op.create_index(batch_op.f('ix_runs_team_id'), ['team_id'], unique=False)

    op.create_table('source_accesses',
    sa.Column('team_id', sa.String(length=40), nullable=False),
    sa.Column('capsule_id', sa.String(length=40), nullable=False),
    sa.Column('connection_id', sa.String(length=40), nullable=True),
    sa.Column('token', sa.String(), nullable=True),
    sa.Column('private_key', sa.String(), nullable=True),
    sa.Column('public_key', sa.String(), nullable=True),
    sa.Column('webhook_secret', sa.String(), nullable=False),
    sa.Column('last_hook_at', capsule.models.base.UtcDateTime(timezone=True), nullable=True),
    sa.Column('last_hook', sa.JSON(), nullable=True),
    sa.Column('id', sa.String(length=40), nullable=False),
    sa.Column('created_at', capsule.models.base.UtcDateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['capsule_id'], ['capsules.id'], name=op.f('fk_source_accesses_capsule_id_capsules'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['team_id'], ['teams.id'], name=op.f('fk_source_accesses_team_id_teams'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_source_accesses')),
    sa.UniqueConstraint('capsule_id', name=op.f('uq_source_accesses_capsule_id'))
    )
    with op.batch_alter_table('source_accesses', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_source_accesses_team_id'), ['team_id'], unique=False)

    with op.batch_alter_table('capsules', schema=None) as batch_op:
        batch_op.add_column(sa.Column('parent_id', sa.String(length=40), nullable=True))
        batch_op.add_column(sa.Column('preview_of', sa.String(length=250), nullable=True))
        batch_op.add_column(sa.Column('expires_at', capsule.models.base.UtcDateTime(timezone=True), nullable=True))
        batch_op.create_index(batch_op.f('ix_capsules_parent_id'), ['parent_id'], unique=False)

    with op.batch_alter_table('deployments', schema=None) as batch_op:
        batch_op.add_column(sa.Column('trigger', sa.String(length=20), nullable=False, server_default='build'))
        batch_op.add_column(sa.Column('requested_by', sa.String(length=40), nullable=True))
        batch_op.add_column(sa.Column('previous_release_id', sa.String(length=40), nullable=True))
        batch_op.add_column(sa.Column('phase', sa.String(length=20), nullable=True))
        batch_op.add_column(sa.Column('cancel_requested', sa.Boolean(), nullable=False, server_default=sa.false()))
        batch_op.add_column(sa.Column('watch_until', capsule.models.base.UtcDateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column('receipt', sa.JSON(), nullable=True))

    with op.batch_alter_table('releases', schema=None) as batch_op:
        batch_op.add_column(sa.Column('made_by', sa.String(length=20), nullable=False, server_default='build'))
        batch_op.add_column(sa.Column('based_on', sa.String(length=40), nullable=True))
        batch_op.add_column(sa.Column('commit', sa.String(length=64), nullable=True))
        batch_op.add_column(sa.Column('subject', sa.String(length=500), nullable=True))

    with op.batch_alter_table('replicas', schema=None) as batch_op:
        batch_op.add_column(sa.Column('process', sa.String(length=40), nullable=False, server_default='web'))


def downgrade() -> None:
    with op.batch_alter_table('replicas', schema=None) as batch_op:
        batch_op.drop_column('process')

    with op.batch_alter_table('releases', schema=None) as batch_op:
        batch_op.drop_column('subject')
        batch_op.drop_column('commit')
        batch_op.drop_column('based_on')
        batch_op.drop_column('made_by')

    with op.batch_alter_table('deployments', schema=None) as batch_op:
        batch_op.drop_column('receipt')
        batch_op.drop_column('watch_until')
        batch_op.drop_column('cancel_requested')
        batch_op.drop_column('phase')
        batch_op.drop_column('previous_release_id')
        batch_op.drop_column('requested_by')
        batch_op.drop_column('trigger')

    with op.batch_alter_table('capsules', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_capsules_parent_id'))
        batch_op.drop_column('expires_at')
        batch_op.drop_column('preview_of')
        batch_op.drop_column('parent_id')

    with op.batch_alter_table('source_accesses', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_source_accesses_team_id'))

    op.drop_table('source_accesses')
    with op.batch_alter_table('runs', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_runs_team_id'))
        batch_op.drop_index(batch_op.f('ix_runs_status'))
        batch_op.drop_index(batch_op.f('ix_runs_cron_job_id'))
        batch_op.drop_index(batch_op.f('ix_runs_capsule_id'))

    op.drop_table('runs')
    with op.batch_alter_table('cron_jobs', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_cron_jobs_team_id'))
        batch_op.drop_index(batch_op.f('ix_cron_jobs_capsule_id'))

    op.drop_table('cron_jobs')
    with op.batch_alter_table('git_connections', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_git_connections_team_id'))

    op.drop_table('git_connections')
