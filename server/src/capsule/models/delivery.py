"""From source to running copies: builds, releases, deployments, replicas, serves.

States are shared words: build and deployment `queued running succeeded failed cancelled`; replica
`starting healthy unhealthy stopping stopped`; run as build. What somebody works on carries a lease: a worker
that dies loses it, and the work is taken up again under a higher `fence`.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from capsule.models.base import Record


class Leased:
    """Columns of a row that a worker works on."""

    lease_owner: Mapped[str | None] = mapped_column(String(40))
    lease_until: Mapped[datetime | None]
    fence: Mapped[int] = mapped_column(default=0)


class Build(Leased, Record):
    """One run of detect → plan → build (`bld_…`)."""

    __tablename__ = "builds"

    team_id: Mapped[str] = mapped_column(ForeignKey("teams.id", ondelete="CASCADE"), index=True)
    capsule_id: Mapped[str] = mapped_column(ForeignKey("capsules.id", ondelete="CASCADE"), index=True)
    status: Mapped[str] = mapped_column(String(20), default="queued", index=True)
    trigger: Mapped[str] = mapped_column(String(20), default="manual")
    """`manual`, `config`, `push` (to the platform), `webhook`, `poll`, `preview` or `serve`."""
    source: Mapped[dict[str, Any]]
    """Snapshot of the capsule's source, plus `commit` once known."""
    settings: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """Snapshot of the capsule's config."""
    source_digest: Mapped[str | None] = mapped_column(String(64))
    """Digest of tree + settings; an equal, succeeded build's artifact is used again."""
    plan: Mapped[dict[str, Any] | None]
    artifact_id: Mapped[str | None] = mapped_column(String(40), index=True)
    manifest: Mapped[dict[str, Any] | None]
    reason: Mapped[str | None]
    """Why it failed, one sentence."""
    hint: Mapped[str | None]
    cancel_requested: Mapped[bool] = mapped_column(default=False)
    requested_by: Mapped[str | None] = mapped_column(String(40))
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]


class Release(Record):
    """Immutable: artifact + config snapshot + number (`rel_…`)."""

    __tablename__ = "releases"
    __table_args__ = (UniqueConstraint("capsule_id", "number"),)

    team_id: Mapped[str] = mapped_column(ForeignKey("teams.id", ondelete="CASCADE"), index=True)
    capsule_id: Mapped[str] = mapped_column(ForeignKey("capsules.id", ondelete="CASCADE"), index=True)
    number: Mapped[int]
    build_id: Mapped[str | None] = mapped_column(String(40))
    artifact_id: Mapped[str] = mapped_column(String(40), index=True)
    config: Mapped[dict[str, Any]]
    """What a replica is started with: commands of each process, cpu, memory, mounts, secret names, plan's
    probe path, how it is deployed, and the encrypted environment."""
    manifest: Mapped[dict[str, Any] | None]
    made_by: Mapped[str] = mapped_column(String(20), default="build")
    """`build`, `config` (the same artifact with changed settings) or `rollback`."""
    based_on: Mapped[str | None] = mapped_column(String(40))
    """The release it took its artifact from, unless a build made it."""
    commit: Mapped[str | None] = mapped_column(String(64))
    subject: Mapped[str | None] = mapped_column(String(500))


class Deployment(Leased, Record):
    """One attempt to make a release live (`dpl_…`)."""

    __tablename__ = "deployments"

    team_id: Mapped[str] = mapped_column(ForeignKey("teams.id", ondelete="CASCADE"), index=True)
    capsule_id: Mapped[str] = mapped_column(ForeignKey("capsules.id", ondelete="CASCADE"), index=True)
    release_id: Mapped[str] = mapped_column(ForeignKey("releases.id", ondelete="CASCADE"), index=True)
    status: Mapped[str] = mapped_column(String(20), default="queued", index=True)
    trigger: Mapped[str] = mapped_column(String(20), default="build")
    """`build`, `config`, `start`, `restart`, `rollback`, `return` (the release before failed its watch) or
    `recovery` (its replicas were lost)."""
    requested_by: Mapped[str | None] = mapped_column(String(40))
    previous_release_id: Mapped[str | None] = mapped_column(String(40))
    """What was live when it began; where an automatic return leads."""
    phase: Mapped[str | None] = mapped_column(String(20))
    """What it does at the moment: `release`, `start`, `switch`, `canary`, `drain`, `watch`."""
    cancel_requested: Mapped[bool] = mapped_column(default=False)
    watch_until: Mapped[datetime | None]
    """Set while the new release is watched; it returns by itself when it fails before."""
    receipt: Mapped[dict[str, Any] | None]
    """How it went, see `control.shapes.delivery.Receipt`."""
    reason: Mapped[str | None]
    hint: Mapped[str | None]
    log_tail: Mapped[list[Any]] = mapped_column(default=list)
    """Last log lines of the replica that did not come up."""
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]


class Replica(Record):
    """One running copy of a release (`rpl_…`)."""

    __tablename__ = "replicas"

    team_id: Mapped[str] = mapped_column(ForeignKey("teams.id", ondelete="CASCADE"), index=True)
    capsule_id: Mapped[str] = mapped_column(ForeignKey("capsules.id", ondelete="CASCADE"), index=True)
    release_id: Mapped[str | None] = mapped_column(String(40), index=True)
    """None for replicas of a serve."""
    started_by: Mapped[str] = mapped_column(String(40), default="", index=True)
    """The deployment or serve that started it; a resumed one finds its half-made replicas by this."""
    environment: Mapped[str] = mapped_column(String(10), default="deploy")
    """`deploy`, `serve`, `run` (one command, once), or `spare`: started ahead for the next change of a
    serve."""
    process: Mapped[str] = mapped_column(String(40), default="web")
    """Process type."""
    state: Mapped[str] = mapped_column(String(20), default="starting", index=True)
    address: Mapped[str | None] = mapped_column(String(200))
    restarts: Mapped[int] = mapped_column(default=0)
    exit_reason: Mapped[str | None]
    started_at: Mapped[datetime | None]
    stopped_at: Mapped[datetime | None]


class Run(Leased, Record):
    """One command, run once in a fresh replica of a release (`run_…`)."""

    __tablename__ = "runs"
    __table_args__ = (UniqueConstraint("cron_job_id", "due_at"),)

    team_id: Mapped[str] = mapped_column(ForeignKey("teams.id", ondelete="CASCADE"), index=True)
    capsule_id: Mapped[str] = mapped_column(ForeignKey("capsules.id", ondelete="CASCADE"), index=True)
    release_id: Mapped[str | None] = mapped_column(String(40))
    """Set when it starts: the release that was live then."""
    cron_job_id: Mapped[str | None] = mapped_column(String(40), index=True)
    command: Mapped[str]
    """A shell line."""
    status: Mapped[str] = mapped_column(String(20), default="queued", index=True)
    trigger: Mapped[str] = mapped_column(String(20), default="manual")
    """`manual` or `cron`."""
    due_at: Mapped[datetime | None]
    """The time of the schedule that a cron job's run belongs to; one run per job and time."""
    timeout_seconds: Mapped[float] = mapped_column(default=3600.0)
    replica_id: Mapped[str | None] = mapped_column(String(40))
    """Its lines in the capsule's log carry this."""
    exit_code: Mapped[int | None]
    reason: Mapped[str | None]
    hint: Mapped[str | None]
    cancel_requested: Mapped[bool] = mapped_column(default=False)
    requested_by: Mapped[str | None] = mapped_column(String(40))
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]


class Serve(Record):
    """A developer's `capsule serve` of an app (`srv_…`); ends when its heartbeat stops."""

    __tablename__ = "serves"

    team_id: Mapped[str] = mapped_column(ForeignKey("teams.id", ondelete="CASCADE"), index=True)
    capsule_id: Mapped[str] = mapped_column(ForeignKey("capsules.id", ondelete="CASCADE"), index=True)
    user_id: Mapped[str] = mapped_column(String(40))
    status: Mapped[str] = mapped_column(String(20), default="starting")
    """`starting`, `running`, `failed` or `stopped`."""
    revision: Mapped[int] = mapped_column(default=0)
    """Counts the reloads."""
    build_id: Mapped[str | None] = mapped_column(String(40))
    replica_id: Mapped[str | None] = mapped_column(String(40))
    reason: Mapped[str | None]
    shell: Mapped[str | None]
    """Values of secrets that the developer's shell exports, encrypted JSON; gone when the serve ends."""
    heartbeat_at: Mapped[datetime]
