"""Teams, their members and their spaces."""

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from capsule.models.base import Record


class Team(Record):
    """People who own spaces together (`team_…`)."""

    __tablename__ = "teams"

    name: Mapped[str] = mapped_column(String(100))
    slug: Mapped[str] = mapped_column(String(63), unique=True)
    is_personal: Mapped[bool] = mapped_column(default=False)


class Membership(Record):
    """A person's role in a team (`mbr_…`): `owner` or `member`."""

    __tablename__ = "memberships"
    __table_args__ = (UniqueConstraint("team_id", "user_id"),)

    team_id: Mapped[str] = mapped_column(ForeignKey("teams.id", ondelete="CASCADE"), index=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    role: Mapped[str] = mapped_column(String(20))


class Space(Record):
    """A group of capsules that belong together (`spc_…`)."""

    __tablename__ = "spaces"
    __table_args__ = (UniqueConstraint("team_id", "slug"),)

    team_id: Mapped[str] = mapped_column(ForeignKey("teams.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(String(100))
    slug: Mapped[str] = mapped_column(String(63))
