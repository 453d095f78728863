"""Declare which accounts of a user an app may ask for, and what a connected one looks like."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import Any
from urllib.parse import urlsplit

from ._secrets import Secret, secret_name

INTEGRATION_GOOGLE = "google"
INTEGRATION_GMAIL = "gmail"
INTEGRATION_GCAL = "gcal"
INTEGRATION_GDRIVE = "gdrive"
INTEGRATION_OUTLOOK = "outlook"
INTEGRATION_GITHUB = "github"
INTEGRATION_LINEAR = "linear"
INTEGRATION_TAILSCALE = "tailscale"
INTEGRATION_AWS = "aws"

MODE_OAUTH = "oauth"
MODE_SECRET = "secret"
MODE_PIPEDREAM = "pipedream"

KNOWN_SECRET_INTEGRATIONS: dict[str, list[str]] = {
    INTEGRATION_TAILSCALE: ["auth_key"],
    INTEGRATION_AWS: ["access_key_id", "secret_access_key", "region"],
}


class Integration(str, Enum):  # noqa: UP042 - StrEnum needs Python 3.11
    """The integrations with a factory; each member equals its type string."""

    GOOGLE = INTEGRATION_GOOGLE
    GMAIL = INTEGRATION_GMAIL
    GCAL = INTEGRATION_GCAL
    GDRIVE = INTEGRATION_GDRIVE
    OUTLOOK = INTEGRATION_OUTLOOK
    GITHUB = INTEGRATION_GITHUB
    LINEAR = INTEGRATION_LINEAR
    TAILSCALE = INTEGRATION_TAILSCALE
    AWS = INTEGRATION_AWS

    def __str__(self) -> str:
        return str(self.value)

    __hash__ = str.__hash__


KNOWN_MODES: dict[str, str] = {
    member.value: MODE_SECRET if member.value in KNOWN_SECRET_INTEGRATIONS else MODE_OAUTH
    for member in Integration
}
"""How an account of each known type is connected."""

_URLS = ("authorize_url", "token_url", "revoke_url", "profile_url")

_DISPLAY_NAMES = {
    INTEGRATION_GCAL: "Google Calendar",
    INTEGRATION_GDRIVE: "Google Drive",
    INTEGRATION_GITHUB: "GitHub",
    INTEGRATION_AWS: "AWS",
}


def display_name(kind: str) -> str:
    """Return an integration's type as people write it: `GitHub`, `Google Drive`, `Acme`."""
    return _DISPLAY_NAMES.get(kind) or " ".join(kind.replace("_", " ").split()).capitalize()


@dataclass
class IntegrationConfig:
    """One declared integration. `mode` follows from the type and the fields when it is not given."""

    type: str | Integration
    client_id: str | Secret = ""
    client_secret: str | Secret = ""
    scopes: list[str] = field(default_factory=list)
    fields: list[str] | None = None
    mode: str = ""
    authorize_url: str = field(default="", kw_only=True)
    token_url: str = field(default="", kw_only=True)
    revoke_url: str = field(default="", kw_only=True)
    profile_url: str = field(default="", kw_only=True)

    def __post_init__(self) -> None:
        self.type = integration_type(self.type)
        known = KNOWN_SECRET_INTEGRATIONS.get(self.type)
        if self.fields is None and known is not None:
            self.fields = list(known)
        if not self.mode:
            self.mode = MODE_SECRET if self.fields or known is not None else MODE_OAUTH

    def to_dict(self) -> dict[str, Any]:
        """Return the wire form; credentials travel as the names of secrets."""
        if self.mode != MODE_OAUTH:
            return {"type": self.type, "mode": self.mode, "fields": list(self.fields or [])}
        return {
            "type": self.type,
            "mode": self.mode,
            "scopes": list(self.scopes),
            "client_id_secret": secret_name(self.client_id),
            "client_secret_secret": secret_name(self.client_secret),
            **self.urls(),
        }

    def urls(self) -> dict[str, str]:
        """Return the addresses that are set, by field."""
        return {name: getattr(self, name) for name in _URLS if getattr(self, name)}


@dataclass
class IntegrationCredentials:
    """What a connected account gives: a token for OAuth, `fields` for secret forms."""

    access_token: str = ""
    token_type: str = "Bearer"
    scopes: list[str] = field(default_factory=list)
    expires_at: int = 0
    fields: dict[str, str] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.access_token or self.fields)


IntegrationLike = str | Integration | IntegrationConfig


def integration_type(integration: IntegrationLike) -> str:
    """Return the type string of anything that names an integration."""
    if isinstance(integration, IntegrationConfig):
        integration = integration.type
    if isinstance(integration, Enum):
        integration = str(integration.value)
    if not isinstance(integration, str) or not integration.strip():
        raise ValueError(f"An integration is named by its type, such as 'github'; got {integration!r}.")
    return integration.strip()


def declare(
    integration: IntegrationLike,
    *,
    client_id: str | Secret,
    client_secret: str | Secret,
    scopes: list[str] | None,
    fields: list[str] | None,
    urls: dict[str, str],
) -> IntegrationConfig:
    """Check the arguments of `App.add_integration` and return the config they mean."""
    if isinstance(integration, IntegrationConfig):
        if client_id or client_secret or scopes is not None or fields is not None or any(urls.values()):
            raise ValueError("Put every option into the config object, or none of them.")
        config = integration
    else:
        config = IntegrationConfig(
            integration,
            client_id,
            client_secret,
            list(scopes or []),
            list(fields) if fields else None,
            **urls,
        )
        if fields is not None and not fields and config.type not in KNOWN_SECRET_INTEGRATIONS:
            raise ValueError(f"Integration {config.type!r} needs the names of its fields.")
    check(config)
    return config


def check(config: IntegrationConfig) -> None:
    """Raise ValueError when a config cannot work."""
    name, has_id, has_secret = config.type, bool(config.client_id), bool(config.client_secret)
    if config.mode != MODE_OAUTH and config.urls():
        raise ValueError(f"Integration {name!r}: only OAuth takes {next(iter(config.urls()))}.")
    if config.mode == MODE_SECRET:
        if has_id or has_secret:
            raise ValueError(
                f"Integration {name!r} is filled in by the user; it takes no client credentials."
            )
        if not config.fields:
            raise ValueError(f"Integration {name!r} needs the names of its fields.")
    elif config.mode == MODE_PIPEDREAM:
        if config.scopes:
            raise ValueError(f"Integration {name!r} is connected by Pipedream; it takes no scopes.")
        if has_id != has_secret:
            raise ValueError(f"Integration {name!r} needs both client_id and client_secret, or neither.")
    elif not (has_id and has_secret):
        raise ValueError(
            f"Integration {name!r} needs client_id and client_secret,"
            f" such as cpsl.Secret.from_name('{str(name).upper()}_CLIENT_ID')."
        )
    else:
        _check_urls(config)


def _check_urls(config: IntegrationConfig) -> None:
    given = config.urls()
    for key, url in given.items():
        parts = urlsplit(url) if isinstance(url, str) else None
        if parts is None or parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(f"Integration {config.type!r}: {key} is no http(s) URL: {url!r}.")
    if ("authorize_url" in given) != ("token_url" in given):
        raise ValueError(f"Integration {config.type!r} needs authorize_url and token_url together.")
    if "authorize_url" not in given and KNOWN_MODES.get(str(config.type)) != MODE_OAUTH:
        raise ValueError(
            f"Integration {config.type!r} is not one that Capsule knows. For an OAuth provider give"
            " authorize_url= and token_url=; for a form that the user fills in give fields=[...]."
        )


def _oauth(
    kind: Integration, client_id: str | Secret, client_secret: str | Secret, scopes: list[str] | None
) -> IntegrationConfig:
    return IntegrationConfig(kind, client_id, client_secret, list(scopes or []))


def Google(
    *, client_id: str | Secret, client_secret: str | Secret, scopes: list[str] | None = None
) -> IntegrationConfig:
    return _oauth(Integration.GOOGLE, client_id, client_secret, scopes)


def Gmail(
    *, client_id: str | Secret, client_secret: str | Secret, scopes: list[str] | None = None
) -> IntegrationConfig:
    return _oauth(Integration.GMAIL, client_id, client_secret, scopes)


def GoogleCalendar(
    *, client_id: str | Secret, client_secret: str | Secret, scopes: list[str] | None = None
) -> IntegrationConfig:
    return _oauth(Integration.GCAL, client_id, client_secret, scopes)


def GoogleDrive(
    *, client_id: str | Secret, client_secret: str | Secret, scopes: list[str] | None = None
) -> IntegrationConfig:
    return _oauth(Integration.GDRIVE, client_id, client_secret, scopes)


def Outlook(
    *, client_id: str | Secret, client_secret: str | Secret, scopes: list[str] | None = None
) -> IntegrationConfig:
    """Declare Outlook; `offline_access` is added, without it access ends after an hour."""
    asked = list(scopes or [])
    if "offline_access" not in asked:
        asked.append("offline_access")
    return _oauth(Integration.OUTLOOK, client_id, client_secret, asked)


def GitHub(
    *, client_id: str | Secret, client_secret: str | Secret, scopes: list[str] | None = None
) -> IntegrationConfig:
    return _oauth(Integration.GITHUB, client_id, client_secret, scopes)


def Linear(
    *, client_id: str | Secret, client_secret: str | Secret, scopes: list[str] | None = None
) -> IntegrationConfig:
    return _oauth(Integration.LINEAR, client_id, client_secret, scopes)


def AWS() -> IntegrationConfig:
    return IntegrationConfig(Integration.AWS)


def Tailscale(*, advertise_tags: bool = False) -> IntegrationConfig:
    fields = list(KNOWN_SECRET_INTEGRATIONS[INTEGRATION_TAILSCALE])
    return IntegrationConfig(
        Integration.TAILSCALE, fields=[*fields, "advertise_tags"] if advertise_tags else fields
    )
