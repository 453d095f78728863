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
    """`app`, `backend`, `frontend`, `agent` or `storage`."""
    is_on: Mapped[bool] = mapped_column(default=True)
    """The switch: what should be, not what is."""
    source: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """`{"kind": "git", "url", "branch", "path"}`, `{"kind": "upload", "upload_id", "path"}` or `{}`."""
    config: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """`run_command`, `build_command`, `output_directory`, `entry`, `cpu`, `memory`."""
    release_id: Mapped[str | None] = mapped_column(String(40))
    """The release that is live, or goes live when switched on."""
    removed_at: Mapped[datetime | None]
    """Set while removal is under way; the row goes when nothing is left."""


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
