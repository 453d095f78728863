"""Registrations at git hosts as callers send them and as the API answers them."""

from datetime import datetime
from typing import Any, Literal

from pydantic import Field

from capsule.control.policy import Actor, can
from capsule.control.shapes.base import Input, Shape
from capsule.models import GitApp

ProviderName = Literal["github", "gitlab", "bitbucket", "gitea"]

_URL = "Of the host; empty: the provider's public one."


class GitAppShape(Shape):
    id: str
    provider: str = Field(description="`github`, `gitlab`, `bitbucket` or `gitea`.")
    url: str
    name: str
    client_id: str
    page: str | None = Field(description="Of a GitHub App at GitHub.")
    callback_url: str = Field(description="Where the host sends people back to.")
    webhook_url: str | None = Field(description="Where a GitHub App sends the webhooks of all repositories.")
    has_webhook_secret: bool = Field(description="Whether webhooks of the app are taken.")
    created_at: datetime
    can: list[str]

    @classmethod
    def of(cls, app: GitApp, actor: Actor, *, site: str, has_webhook_secret: bool) -> "GitAppShape":
        return cls(
            id=app.id,
            provider=app.provider,
            url=app.url,
            name=app.name,
            client_id=app.client_id,
            page=app.page,
            callback_url=f"{site}/git/return",
            webhook_url=hook_url(site, app.id) if app.provider == "github" else None,
            has_webhook_secret=has_webhook_secret,
            created_at=app.created_at,
            can=can(actor, "git_app", ""),
        )


class CreateGitApp(Input):
    provider: ProviderName
    url: str = Field(default="", max_length=500, description=_URL)
    name: str = Field(default="", max_length=200, description="For people; a GitHub App tells its own.")
    client_id: str = Field(min_length=1, max_length=300)
    client_secret: str = Field(min_length=1, max_length=4000)
    number: str = Field(default="", pattern=r"^\d{0,20}$", description="App ID of a GitHub App.")
    private_key: str = Field(default="", max_length=20_000, description="Of a GitHub App, as PEM.")
    webhook_secret: str = Field(default="", max_length=500, description="Of a GitHub App's webhook.")


class UpdateGitApp(Input):
    """What is absent stays as it is."""

    client_id: str | None = Field(default=None, min_length=1, max_length=300)
    client_secret: str | None = Field(default=None, min_length=1, max_length=4000)
    private_key: str | None = Field(default=None, min_length=1, max_length=20_000)
    webhook_secret: str | None = Field(default=None, max_length=500)


class WantManifest(Input):
    url: str = Field(default="", max_length=500, description=_URL)
    organization: str = Field(
        default="",
        pattern=r"^[A-Za-z0-9-]{0,100}$",
        description="That owns the app; empty: who registers it.",
    )
    name: str = Field(min_length=1, max_length=34, description="Of the app; no other app at GitHub has it.")
    is_public: bool = Field(
        default=True, description="Whether it can be installed at other accounts than its owner's."
    )


class ManifestShape(Shape):
    """The browser posts `manifest` to `action_url` as a form field of that name."""

    action_url: str
    manifest: dict[str, Any]


def hook_url(site: str, app_id: str) -> str:
    return f"{site}/api/v1/hooks/apps/{app_id}"
