"""Capsules and what configures them. Every row carries its team."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from capsule.kit.clock import now
from capsule.models.base import Model, Record


class CapsuleNumber(Model):
    """Hands out `Capsule.number`; a number is never given twice, even when its capsule is gone."""

    __tablename__ = "capsule_numbers"
    __table_args__ = ({"sqlite_autoincrement": True},)

    id: Mapped[int] = mapped_column(primary_key=True)


class Capsule(Record):
    """One deployable workload (`cap_…`)."""

    __tablename__ = "capsules"
    __table_args__ = (UniqueConstraint("space_id", "name"),)

    team_id: Mapped[str] = mapped_column(ForeignKey("teams.id", ondelete="CASCADE"), index=True)
    space_id: Mapped[str] = mapped_column(ForeignKey("spaces.id", ondelete="CASCADE"), index=True)
    number: Mapped[int] = mapped_column(unique=True)
    """Counts up over the whole installation, is never used again; engines derive an OS user from it."""
    name: Mapped[str] = mapped_column(String(63))
    slug: Mapped[str] = mapped_column(String(63), unique=True)
    """Host label, unique on the installation; fixed once made."""
    type: Mapped[str] = mapped_column(String(20))
    """`app`, `backend`, `frontend`, `agent`, `docker` or `storage`."""
    is_on: Mapped[bool] = mapped_column(default=True)
    """The switch: what should be, not what is."""
    source: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """`{"kind": "git", "url", "branch", "path"}`, `{"kind": "push", "branch", "path"}` (pushed to the
    platform itself), `{"kind": "upload", "upload_id", "path"}`, `{"kind": "image", "image"}` or `{}`."""
    config: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """What `control.workload.capsules.schemas.ConfigInput` documents."""
    release_id: Mapped[str | None] = mapped_column(String(40))
    """The release that is live, or goes live when switched on."""
    removed_at: Mapped[datetime | None]
    """Set while removal is under way; the row goes when nothing is left."""
    parent_id: Mapped[str | None] = mapped_column(String(40), index=True)
    """Set for a preview: the capsule that it is a preview of."""
    preview_of: Mapped[str | None] = mapped_column(String(250))
    """The branch, or `#12` for a pull request; one preview per capsule and name."""
    expires_at: Mapped[datetime | None]
    """When a preview is removed."""


class EnvVariable(Record):
    """One environment variable of a capsule (`env_…`)."""

    __tablename__ = "env_variables"
    __table_args__ = (UniqueConstraint("capsule_id", "key"),)

    team_id: Mapped[str] = mapped_column(ForeignKey("teams.id", ondelete="CASCADE"), index=True)
    capsule_id: Mapped[str] = mapped_column(ForeignKey("capsules.id", ondelete="CASCADE"), index=True)
    key: Mapped[str] = mapped_column(String(200))
    ciphertext: Mapped[str]
    """Values may be credentials, so they are encrypted like secrets."""
    set_by: Mapped[str] = mapped_column(String(10), default="user")
    """`user` or `system`; system variables cannot be edited."""


class SourceAccess(Record):
    """How the platform gets at a capsule's repository, and its host at the platform (`sac_…`)."""

    __tablename__ = "source_accesses"

    team_id: Mapped[str] = mapped_column(ForeignKey("teams.id", ondelete="CASCADE"), index=True)
    capsule_id: Mapped[str] = mapped_column(ForeignKey("capsules.id", ondelete="CASCADE"), unique=True)
    connection_id: Mapped[str | None] = mapped_column(String(40))
    """The team's connection to a git host whose token is used."""
    token: Mapped[str | None]
    """Access token of this capsule alone, encrypted."""
    private_key: Mapped[str | None]
    """Of the deploy key, encrypted."""
    public_key: Mapped[str | None]
    webhook_secret: Mapped[str]
    """Encrypted; what the repository's host signs its webhooks with."""
    last_hook_at: Mapped[datetime | None]
    last_hook: Mapped[dict[str, Any] | None]
    """What came and what was done about it, for people."""


class CronJob(Record):
    """A command that a capsule runs by the clock, each time in a fresh replica (`crn_…`)."""

    __tablename__ = "cron_jobs"
    __table_args__ = (UniqueConstraint("capsule_id", "name"),)

    team_id: Mapped[str] = mapped_column(ForeignKey("teams.id", ondelete="CASCADE"), index=True)
    capsule_id: Mapped[str] = mapped_column(ForeignKey("capsules.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(String(63))
    schedule: Mapped[str] = mapped_column(String(100))
    """Five fields, or a name such as `@daily`."""
    timezone: Mapped[str] = mapped_column(String(60), default="UTC")
    command: Mapped[str]
    concurrency: Mapped[str] = mapped_column(String(10), default="forbid")
    """While the run before goes on: `forbid` leaves the new one out, `allow` runs both, `replace` ends the
    old one."""
    missed: Mapped[str] = mapped_column(String(10), default="skip")
    """Times that passed while the platform was away: `skip` them, or run `once` for all of them."""
    timeout_seconds: Mapped[float] = mapped_column(default=3600.0)
    is_on: Mapped[bool] = mapped_column(default=True)
    next_at: Mapped[datetime | None]


class Secret(Record):
    """A write-only value of a space (`sec_…`)."""

    __tablename__ = "secrets"
    __table_args__ = (UniqueConstraint("space_id", "name"),)

    team_id: Mapped[str] = mapped_column(ForeignKey("teams.id", ondelete="CASCADE"), index=True)
    space_id: Mapped[str] = mapped_column(ForeignKey("spaces.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(String(200))
    ciphertext: Mapped[str]
    updated_at: Mapped[datetime] = mapped_column(default=now)


class Upload(Record):
    """A source archive somebody sent (`upl_…`); its tree lies in `DataPaths.upload`."""

    __tablename__ = "uploads"

    team_id: Mapped[str] = mapped_column(ForeignKey("teams.id", ondelete="CASCADE"), index=True)
    space_id: Mapped[str] = mapped_column(ForeignKey("spaces.id", ondelete="CASCADE"), index=True)
    digest: Mapped[str] = mapped_column(String(64))
    """SHA-256 over the sorted paths and contents: equal trees are equal uploads."""
    size_bytes: Mapped[int]
