"""People and teams as the API answers them."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from capsule.control.policy import Actor, can
from capsule.control.shapes.base import Shape
from capsule.models import Team, User


class UserShape(Shape):
    id: str
    email: str
    name: str
    is_admin: bool
    created_at: datetime

    @classmethod
    def of(cls, user: User) -> "UserShape":
        return cls.model_validate(user)


class TeamShape(Shape):
    id: str
    name: str
    slug: str
    is_personal: bool
    role: str = Field(description="Your role in it: `owner` or `member`.")
    created_at: datetime
    can: list[str]

    @classmethod
    def of(cls, team: Team, actor: Actor) -> "TeamShape":
        return cls(
            id=team.id,
            name=team.name,
            slug=team.slug,
            is_personal=team.is_personal,
            role=actor.memberships[team.id],
            created_at=team.created_at,
            can=can(actor, "team", team.id),
        )


class ServerShape(Shape):
    version: str
    domain: str
    port: int
    url: str


class Me(Shape):
    user: UserShape
    teams: list[TeamShape]
    via: Literal["login", "token"]
    server: ServerShape
