"""People and how they prove who they are."""

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from capsule.models.base import Record


class User(Record):
    """A person with an account on this installation (`usr_…`)."""

    __tablename__ = "users"

    email: Mapped[str] = mapped_column(String(320), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    password_hash: Mapped[str] = mapped_column(String(200))
    is_admin: Mapped[bool] = mapped_column(default=False)


class Login(Record):
    """One browser's sign-in (`lgn_…`); the cookie holds the token, the row its hash."""

    __tablename__ = "logins"

    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    expires_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    user_agent: Mapped[str] = mapped_column(String(300), default="")


class ApiToken(Record):
    """A token for programs (`tok_…`); shown once, kept as a hash."""

    __tablename__ = "api_tokens"

    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(String(100))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    expires_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime | None]


class CliLogin(Record):
    """A command line waiting for a signed-in browser to say yes (`cli_…`)."""

    __tablename__ = "cli_logins"

    poll_hash: Mapped[str] = mapped_column(String(64))
    """Hash of the secret that only the waiting command line knows."""
    code: Mapped[str] = mapped_column(String(12))
    """Short code shown on both screens."""
    host_name: Mapped[str] = mapped_column(String(200), default="")
    expires_at: Mapped[datetime]
    user_id: Mapped[str | None] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    """Set when approved."""
