"""Connections to git hosts as callers send them and as the API answers them."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from capsule.control.policy import Actor, can
from capsule.control.shapes.base import Input, Shape
from capsule.models import GitConnection


class ConnectionShape(Shape):
    id: str
    team_id: str
    provider: str
    url: str
    account: str = Field(description="Whose token it is.")
    git_app_id: str | None = Field(description="What it was signed in through; null for a pasted token.")
    is_limited: bool = Field(
        description="Whether it reaches only the repositories that its signer could see, not all of the "
        "installation."
    )
    status: Literal["connected", "signed_out"] = Field(
        description="`signed_out`: somebody has to sign in again, or give another token."
    )
    problem: str | None = Field(description="Why it is signed out.")
    created_at: datetime
    can: list[str]

    @classmethod
    def of(cls, connection: GitConnection, actor: Actor) -> "ConnectionShape":
        return cls(
            id=connection.id,
            team_id=connection.team_id,
            provider=connection.provider,
            url=connection.url,
            account=connection.account,
            git_app_id=connection.app_id,
            is_limited=connection.repository_ids is not None,
            status="connected" if connection.status == "connected" else "signed_out",
            problem=connection.problem,
            created_at=connection.created_at,
            can=[verb for verb in can(actor, "git_connection", connection.team_id) if verb != "read"],
        )


class CreateConnection(Input):
    provider: Literal["github", "gitlab", "bitbucket", "gitea"]
    url: str = Field(default="", max_length=500, description="Of the host; empty: the provider's public one.")
    token: str = Field(min_length=1, description="Access token: reads repositories, writes webhooks.")


class RepositoryShape(Shape):
    full_name: str
    url: str = Field(description="For the capsule's source.")
    default_branch: str
    is_private: bool


class RepositoriesShape(Shape):
    items: list[RepositoryShape]
    has_more: bool = Field(description="Whether there is another page.")


class BranchesShape(Shape):
    items: list[str]
    has_more: bool = Field(description="Whether there is another page.")
