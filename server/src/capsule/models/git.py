"""Git hosts: what the installation is registered as there, accounts of teams, sign-ins under way."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from capsule.models.base import Record


class GitApp(Record):
    """The installation's own registration at a git host, one per host (`gap_…`)."""

    __tablename__ = "git_apps"

    provider: Mapped[str] = mapped_column(String(20))
    """`github` (a GitHub App), `gitlab`, `bitbucket` or `gitea` (an OAuth application)."""
    url: Mapped[str] = mapped_column(String(500), unique=True)
    """Of the host, such as `https://gitlab.example`."""
    name: Mapped[str] = mapped_column(String(200))
    page: Mapped[str | None] = mapped_column(String(500))
    """Of a GitHub App, where it is installed."""
    number: Mapped[str | None] = mapped_column(String(40))
    """GitHub's id of the app."""
    client_id: Mapped[str] = mapped_column(String(300))
    secrets: Mapped[str]
    """Encrypted; `control.delivery.sources.gitapps.service.AppSecrets` as JSON."""


class GitConnection(Record):
    """A team's account at a git host (`gcn_…`)."""

    __tablename__ = "git_connections"

    team_id: Mapped[str] = mapped_column(ForeignKey("teams.id", ondelete="CASCADE"), index=True)
    provider: Mapped[str] = mapped_column(String(20))
    """`github`, `gitlab`, `bitbucket` or `gitea`."""
    url: Mapped[str] = mapped_column(String(500))
    """Of the host, such as `https://gitlab.example`."""
    account: Mapped[str] = mapped_column(String(200))
    token: Mapped[str]
    """Encrypted; of a sign-in the one that is valid now, empty before there is one."""
    app_id: Mapped[str | None] = mapped_column(String(40), index=True)
    """The registration it was signed in through; None for a token that somebody pasted."""
    installation_id: Mapped[str | None] = mapped_column(String(40), index=True)
    """Of a GitHub App at the account."""
    repository_ids: Mapped[list[Any] | None]
    """The only repositories of the installation that the team may reach; None: all of them."""
    refresh_token: Mapped[str | None]
    """Encrypted; many hosts take each one once."""
    expires_at: Mapped[datetime | None]
    """When `token` ends; None: it does not."""
    renewing_until: Mapped[datetime | None]
    """Set by the one who renews `token` now; nobody else may until then."""
    status: Mapped[str] = mapped_column(String(20), default="connected")
    """`connected` or `signed_out`."""
    problem: Mapped[str | None]
    """Why it is signed out, for people."""


class GitSignIn(Record):
    """Somebody is at a git host, and comes back with a state that is good once (`gsi_…`)."""

    __tablename__ = "git_sign_ins"

    state_hash: Mapped[str] = mapped_column(String(64), unique=True)
    kind: Mapped[str] = mapped_column(String(20))
    """`register` (of a GitHub App), `authorize`, or `choose` (of an installation, afterwards)."""
    user_id: Mapped[str] = mapped_column(String(40))
    login_id: Mapped[str] = mapped_column(String(40))
    """The login of the browser that it was begun in."""
    team_id: Mapped[str | None] = mapped_column(ForeignKey("teams.id", ondelete="CASCADE"))
    app_id: Mapped[str | None] = mapped_column(ForeignKey("git_apps.id", ondelete="CASCADE"))
    connection_id: Mapped[str | None] = mapped_column(String(40))
    """The connection that is signed in again."""
    url: Mapped[str] = mapped_column(String(500), default="")
    """Of the host that an app is registered at."""
    secret: Mapped[str]
    """Encrypted: the verifier of PKCE, or the user's token while an installation is chosen."""
    expires_at: Mapped[datetime]


class DeployKey(Record):
    """A key that was made before its capsule (`dky_…`); the capsule takes it over."""

    __tablename__ = "deploy_keys"

    team_id: Mapped[str] = mapped_column(ForeignKey("teams.id", ondelete="CASCADE"), index=True)
    public_key: Mapped[str]
    private_key: Mapped[str]
    """Encrypted."""
