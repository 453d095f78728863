"""Where each kind of git host lets people sign in, for the calls of `capsule.apps.connections.oauth`."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from capsule.apps.connections.calls import ProviderCalls
from capsule.apps.connections.catalogue import ClientAuth, Revocation, Service
from capsule.apps.connections.errors import AccessRefused, ProviderIncomplete, ProviderUnavailable
from capsule.apps.connections.provider import Endpoint, Provider
from capsule.control.delivery.sources.connections.hostapi import HostUnavailable
from capsule.control.delivery.sources.connections.hosts import github_api
from capsule.errors import Conflict

LABELS = {"github": "GitHub", "gitlab": "GitLab", "bitbucket": "Bitbucket", "gitea": "Gitea"}


class SignInRefused(Conflict):
    """The host does not accept a sign-in, or what came of one."""

    code, title = "git_sign_in_refused", "Refused by the git host"


class GitAppRefused(Conflict):
    """The host does not accept the installation's own registration."""

    code, title = "git_app_refused", "Registration refused"


@dataclass(frozen=True)
class _Paths:
    authorize: str
    token: str
    revoke: str = ""
    scopes: tuple[str, ...] = ()
    client_auth: ClientAuth = ClientAuth.post


_PATHS = {
    "github": _Paths("/login/oauth/authorize", "/login/oauth/access_token"),
    # GitLab opens webhooks and git over http with this scope alone.
    "gitlab": _Paths("/oauth/authorize", "/oauth/token", "/oauth/revoke", ("api",)),
    "gitea": _Paths(
        "/login/oauth/authorize", "/login/oauth/access_token", scopes=("read:user", "write:repository")
    ),
    # Bitbucket's scopes are those of the consumer.
    "bitbucket": _Paths("/site/oauth2/authorize", "/site/oauth2/access_token", client_auth=ClientAuth.either),
}


def provider_at(kind: str, url: str, *, is_trusted: bool) -> Provider:
    """Return the host as the OAuth calls take it."""
    paths = _PATHS[kind]
    revoke = paths.revoke and f"{url}{paths.revoke}"
    if kind == "github":
        revoke = f"{github_api(url)}/applications/{{client_id}}/token"
    service = Service(
        LABELS[kind],
        client_auth=paths.client_auth,
        revocation=Revocation.github if kind == "github" else Revocation.standard,
    )
    return Provider(
        LABELS[kind],
        service,
        Endpoint(f"{url}{paths.authorize}", is_trusted),
        Endpoint(f"{url}{paths.token}", is_trusted),
        Endpoint(revoke, is_trusted) if revoke else None,
        None,
    )


def scopes_of(kind: str) -> tuple[str, ...]:
    return _PATHS[kind].scopes


@asynccontextmanager
async def calling() -> AsyncIterator[ProviderCalls]:
    """Yield the HTTP client; what goes wrong is told in words of git hosts.

    Raises SignInRefused, GitAppRefused, HostUnavailable.
    """
    calls = ProviderCalls()
    try:
        yield calls
    except AccessRefused as exc:
        raise SignInRefused(exc.detail, hint="Sign in again.") from exc
    except ProviderIncomplete as exc:
        raise GitAppRefused(
            exc.detail.replace("the app's ", "the "),
            hint="The administrator has to check client id, secret and callback address of the registration.",
        ) from exc
    except ProviderUnavailable as exc:
        raise HostUnavailable(exc.detail, hint=exc.hint or "Try again in a moment.") from exc
    finally:
        await calls.close()
