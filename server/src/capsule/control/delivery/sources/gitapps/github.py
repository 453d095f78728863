"""What only GitHub Apps have: a manifest, a key that signs, installations and their short-lived tokens."""

import time
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import quote

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey

from capsule.control.delivery.sources.connections.hostapi import HostApi
from capsule.control.delivery.sources.connections.hosts import github_api
from capsule.errors import Forbidden, InvalidInput

MOST_REPOSITORIES = 500
"""GitHub restricts a token to at most so many."""
_PAGE = 100
_MOST_PAGES = 20
_SKEW_SECONDS, _JWT_SECONDS = 60, 540


class InvalidKey(InvalidInput):
    code, title = "invalid_private_key", "Invalid private key"


class InstallationRefused(Forbidden):
    """Whoever signed in has no access to the installation at the host."""

    code, title = "git_installation_refused", "Not your installation"


@dataclass(frozen=True)
class Installation:
    """A GitHub App at one account."""

    id: str
    account: str
    url: str
    """Where it is configured at GitHub."""


@dataclass(frozen=True)
class Registered:
    """A GitHub App as GitHub tells it, with secrets that it tells once."""

    number: str
    name: str
    page: str
    client_id: str
    client_secret: str = field(repr=False)
    webhook_secret: str = field(repr=False)
    private_key: str = field(repr=False)


def manifest(name: str, site: str, *, hook: str | None, is_public: bool) -> dict[str, Any]:
    """Return what GitHub makes an app of. `hook` is None where GitHub could not reach it."""
    back = f"{site}/git/return"
    wanted: dict[str, Any] = {
        "name": name,
        "url": site,
        "redirect_url": back,
        "callback_urls": [back],
        "public": is_public,
        "request_oauth_on_install": True,
        "default_permissions": {"contents": "read", "metadata": "read", "pull_requests": "read"},
    }
    if hook is not None:
        wanted["hook_attributes"] = {"url": hook, "active": True}
        wanted["default_events"] = ["push", "pull_request"]
    return wanted


async def convert(url: str, code: str, *, allow_private: bool) -> Registered:
    """Return the app that the manifest's code stands for; it is good once, for an hour."""
    api = HostApi(github_api(url), {}, allow_private=allow_private)
    made = await api.post(f"/app-manifests/{quote(code, safe='')}/conversions", {})
    return Registered(
        number=str(made["id"]),
        name=str(made["name"]),
        page=str(made["html_url"]),
        client_id=str(made["client_id"]),
        client_secret=str(made["client_secret"]),
        webhook_secret=str(made.get("webhook_secret") or ""),
        private_key=str(made["pem"]),
    )


@dataclass(frozen=True)
class GitHubApp:
    """One app, by its key."""

    url: str
    number: str
    private_key: str = field(repr=False)
    allow_private: bool = False

    async def about(self) -> dict[str, Any]:
        """Return how GitHub describes the app. Raises TokenUnknown when key and id do not fit."""
        found: dict[str, Any] = await self._api().get("/app")
        return found

    async def token(
        self, installation_id: str, repository_ids: list[int] | None = None
    ) -> tuple[str, datetime]:
        """Return an installation's token and when it ends.

        Raises RepositoryNotFound when the installation is gone, HostDisagrees when one of the repositories
        is none of the installation's any more.
        """
        body = {} if repository_ids is None else {"repository_ids": repository_ids}
        made = await self._api().post(f"/app/installations/{_number(installation_id)}/access_tokens", body)
        return str(made["token"]), datetime.fromisoformat(made["expires_at"])

    async def repositories(self, installation_id: str) -> set[int]:
        """Return the ids of all that the installation reaches."""
        api = await self.installed(installation_id)
        rows = await _all(api, "/installation/repositories", "repositories")
        await api.delete("/installation/token")
        return {int(row["id"]) for row in rows}

    async def installed(self, installation_id: str) -> HostApi:
        """Return the API as the whole installation; `DELETE /installation/token` ends that."""
        token, _ = await self.token(installation_id)
        headers = {"Authorization": f"Bearer {token}"}
        return HostApi(github_api(self.url), headers, allow_private=self.allow_private)

    def _api(self) -> HostApi:
        headers = {"Authorization": f"Bearer {sign(self.number, self.private_key)}"}
        return HostApi(github_api(self.url), headers, allow_private=self.allow_private)


class GitHubUser:
    """What somebody may see of the app's installations, by the token of a sign-in."""

    def __init__(self, url: str, token: str, *, allow_private: bool) -> None:
        headers = {"Authorization": f"Bearer {token}"}
        self._api = HostApi(github_api(url), headers, allow_private=allow_private)

    async def installations(self) -> list[Installation]:
        rows = await _all(self._api, "/user/installations", "installations")
        return [
            Installation(str(row["id"]), str(row["account"]["login"]), str(row.get("html_url") or ""))
            for row in rows
        ]

    async def installation(self, installation_id: str) -> Installation:
        """Return the installation if it is one of theirs. Raises InstallationRefused."""
        for found in await self.installations():
            if found.id == installation_id:
                return found
        raise InstallationRefused(
            "Your account at GitHub has no access to this installation.",
            hint="Sign in at GitHub as somebody who may use it, or install the app at your own account.",
        )

    async def repositories(self, installation_id: str) -> list[int]:
        """Return the ids of those that the person may see."""
        path = f"/user/installations/{_number(installation_id)}/repositories"
        return [int(row["id"]) for row in await _all(self._api, path, "repositories")]


async def _all(api: HostApi, path: str, key: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for page in range(1, _MOST_PAGES + 1):
        rows = (await api.get(path, per_page=_PAGE, page=page))[key]
        found += rows
        if len(rows) < _PAGE:
            break
    return found


async def reach(app: GitHubApp, user: GitHubUser, installation_id: str) -> list[int] | None:
    """Return the repositories that the person may see, None when these are all of the installation.

    An installation can reach more than a member of the account may; the team gets no more than its member.
    """
    api = await app.installed(installation_id)
    total = int((await api.get("/installation/repositories", per_page=1, page=1))["total_count"])
    await api.delete("/installation/token")
    seen = await user.repositories(installation_id)
    if len(seen) >= total:
        return None
    if not seen or len(seen) > MOST_REPOSITORIES:
        raise InstallationRefused(
            f"Your account may see {len(seen)} of the installation's {total} repositories.",
            hint=f"It has to be one at least and {MOST_REPOSITORIES} at most, or all of them: let an owner"
            " of the account sign in.",
        )
    return seen


def sign(number: str, private_key: str) -> str:
    """Return a token that says which app calls. Raises InvalidKey."""
    at = int(time.time())
    claims = {"iat": at - _SKEW_SECONDS, "exp": at + _JWT_SECONDS, "iss": number}
    try:
        key = RSAKey.import_key(private_key)
        if not key.is_private:
            raise ValueError("not a private key")
        return jwt.encode({"alg": "RS256"}, claims, key)
    except (ValueError, TypeError, JoseError) as exc:
        raise InvalidKey(
            "The private key cannot be used.",
            hint="Paste the whole .pem file that GitHub made.",
            field="private_key",
        ) from exc


def _number(installation_id: str) -> str:
    if not installation_id.isdigit():
        raise InstallationRefused("That is no installation of a GitHub App.", hint="Press Install again.")
    return installation_id
