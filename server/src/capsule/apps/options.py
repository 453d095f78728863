"""What the settings of an installation tell the app host, as values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar


@dataclass(frozen=True)
class ProviderUrls:
    """Where a provider of connections is, when it is not where everybody's is. Empty: as known or declared.

    These addresses may be private ones; those in an app's declaration may not.
    """

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}
    """For the settings that are read into this: a misspelt name must not pass for none."""

    base_url: str = ""
    """Put in place of scheme, host and port of every address that is not given by itself."""
    authorize_url: str = ""
    token_url: str = ""
    revoke_url: str = ""
    profile_url: str = ""


@dataclass(frozen=True)
class AppHostOptions:
    """The defaults are those of an installation that was told nothing."""

    smtp_url: str = field(default="", repr=False)
    """Where mail is handed in: `smtp://user:password@host:port?starttls=1` or `smtps://…`; empty: no mail."""
    mail_from: str = ""
    """Sender of the mail; empty: `no-reply@` and the host that the app is reached by."""
    providers: Mapping[str, ProviderUrls] = field(default_factory=dict)
    """Addresses of providers of connections, by type (`github`)."""
    session_idle_days: float = 30.0
    """Without a message, after which a conversation is closed."""
    upload_bytes: int = 2 * 1024**3
    """Of one file that a user uploads."""
    private_issuers: tuple[str, ...] = ()
    """OpenID issuers that apps may use although their addresses are private or not https."""
