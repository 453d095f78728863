"""The services that apps can connect to by name: where they are, and in what they differ from the standard.

Facts of each provider's public documentation. Which addresses count for an app is decided in `provider.py`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType


class ClientAuth(StrEnum):
    """How a client proves who it is at the token endpoint."""

    post = "post"
    """`client_id` and `client_secret` in the form."""
    either = "either"
    """HTTP Basic, which every server has to know; in the form if that is refused."""


class Revocation(StrEnum):
    """How a token is given back."""

    standard = "standard"
    """RFC 7009: the token in a form, with the client's credentials."""
    token_alone = "token_alone"
    bearer = "bearer"
    """The token in a form, and the access token as proof."""
    github = "github"
    """`DELETE` with the client's credentials; the access token stands in the body."""


@dataclass(frozen=True)
class Service:
    """What is known of a provider beforehand. Empty URLs: there is no such endpoint, or nobody knows it."""

    label: str
    authorize_url: str = ""
    token_url: str = ""
    revoke_url: str = ""
    profile_url: str = ""
    profile_query: str = ""
    """GraphQL to post to `profile_url`; without it the profile is fetched by GET."""
    account: tuple[str, ...] = ()
    """Where in the profile the account's name stands, as dotted paths, the best first."""
    scope_joiner: str = " "
    default_scopes: tuple[str, ...] = ()
    """Asked for when the app names none and the provider would refuse that."""
    always_scopes: tuple[str, ...] = ()
    """Asked for in any case, since without them access ends within hours."""
    authorize_params: Mapping[str, str] = field(default_factory=dict)
    client_auth: ClientAuth = ClientAuth.post
    revocation: Revocation = Revocation.standard


_GOOGLE_SCOPE = "https://www.googleapis.com/auth/"
_EMAIL = ("email", "emailAddress", "user.emailAddress", "id")

STANDARD = Service(
    label="",
    account=("email", "login", "username", "preferred_username", "name", "sub"),
    client_auth=ClientAuth.either,
)
"""A provider that is given by its URLs alone."""


def _google(label: str, profile_url: str, scopes: tuple[str, ...]) -> Service:
    return Service(
        label,
        authorize_url="https://accounts.google.com/o/oauth2/v2/auth",
        token_url="https://oauth2.googleapis.com/token",
        revoke_url="https://oauth2.googleapis.com/revoke",
        profile_url=profile_url,
        account=_EMAIL,
        default_scopes=scopes,
        # Without both, a second connect brings no refresh token, and access ends after an hour.
        authorize_params={"access_type": "offline", "prompt": "consent"},
        revocation=Revocation.token_alone,
    )


SERVICES: Mapping[str, Service] = MappingProxyType(
    {
        "google": _google(
            "Google", "https://openidconnect.googleapis.com/v1/userinfo", ("openid", "email", "profile")
        ),
        "gmail": _google(
            "Gmail",
            "https://gmail.googleapis.com/gmail/v1/users/me/profile",
            (_GOOGLE_SCOPE + "gmail.readonly",),
        ),
        "gcal": _google(
            "Google Calendar",
            "https://www.googleapis.com/calendar/v3/calendars/primary",
            (_GOOGLE_SCOPE + "calendar.readonly",),
        ),
        "gdrive": _google(
            "Google Drive",
            "https://www.googleapis.com/drive/v3/about?fields=user",
            (_GOOGLE_SCOPE + "drive.readonly",),
        ),
        "outlook": Service(
            "Outlook",
            authorize_url="https://login.microsoftonline.com/common/oauth2/v2.0/authorize",
            token_url="https://login.microsoftonline.com/common/oauth2/v2.0/token",
            profile_url="https://graph.microsoft.com/v1.0/me",
            account=("mail", "userPrincipalName"),
            default_scopes=("User.Read", "Mail.Read"),
            always_scopes=("offline_access",),
        ),
        "github": Service(
            "GitHub",
            authorize_url="https://github.com/login/oauth/authorize",
            token_url="https://github.com/login/oauth/access_token",
            revoke_url="https://api.github.com/applications/{client_id}/token",
            profile_url="https://api.github.com/user",
            account=("login",),
            revocation=Revocation.github,
        ),
        "linear": Service(
            "Linear",
            authorize_url="https://linear.app/oauth/authorize",
            token_url="https://api.linear.app/oauth/token",
            revoke_url="https://api.linear.app/oauth/revoke",
            profile_url="https://api.linear.app/graphql",
            profile_query="{ viewer { email name } }",
            account=("data.viewer.email", "data.viewer.name"),
            scope_joiner=",",
            default_scopes=("read",),
            authorize_params={"prompt": "consent"},
            revocation=Revocation.bearer,
        ),
        "aws": Service("AWS"),
        "tailscale": Service("Tailscale"),
    }
)
