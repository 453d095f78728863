"""Access to sources as callers send it and as the API answers it."""

from datetime import datetime

from pydantic import Field

from capsule.control.shapes.base import Input, Shape


class HookShape(Shape):
    """The webhook that came last."""

    provider: str = ""
    event: str = ""
    branch: str = ""
    commit: str = ""
    outcome: str = Field(default="", description="`built`, `ignored`, `previewed`, `refused` or `answered`.")
    sentence: str = Field(default="", description="What was done about it, and why.")
    refused: int = Field(default=0, description="Webhooks with a wrong signature since the last good one.")


class SourceAccessShape(Shape):
    push_url: str = Field(description="For `git push` to the platform itself.")
    webhook_url: str = Field(description="For the settings of the repository at its host.")
    has_webhook_secret: bool
    has_token: bool
    public_key: str | None = Field(description="Of the deploy key, to be put into the repository's settings.")
    connection_id: str | None
    known_hosts: int = Field(description="Keys of hosts that were pinned when they were first met.")
    last_hook_at: datetime | None
    last_hook: HookShape | None


class UpdateSourceAccess(Input):
    """What is absent stays as it is."""

    token: str | None = Field(default=None, description="Access token of the repository; empty: forget it.")
    connection_id: str | None = Field(default=None, description="Connection to use; empty: none.")
    forget_hosts: bool = Field(default=False, description="Trust whatever key the host shows next.")


class WebhookSecretShape(Shape):
    webhook_url: str
    secret: str = Field(description="Shown this once.")


class DeployKeyShape(Shape):
    id: str = Field(description="For the plan and the capsule that use it.")
    public_key: str = Field(description="To be put into the repository's settings.")
