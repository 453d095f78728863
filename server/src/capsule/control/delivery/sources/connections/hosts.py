"""Ask a git host by its documented REST API: who a token is, which repositories and branches there are.

Hosts differ in addresses and names of fields only; what goes wrong is told in one way.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import quote, urlsplit

from capsule.control.delivery.sources.connections.hostapi import HostApi

PAGE = 30
_SEARCHED_PAGES = 5


@dataclass(frozen=True)
class Repository:
    full_name: str
    url: str
    """For git, over http."""
    default_branch: str
    is_private: bool


@dataclass(frozen=True)
class Repositories:
    items: list[Repository]
    has_more: bool


@dataclass(frozen=True)
class Branches:
    items: list[str]
    has_more: bool


class GitHost(Protocol):
    async def account(self) -> str:
        """Return whose token it is. Raises HostRefused for a token that is none."""

    async def repositories(self, search: str, page: int) -> Repositories: ...

    async def branches(self, repository: str, search: str, page: int) -> Branches:
        """Raises RepositoryNotFound."""

    async def install_webhook(self, repository: str, url: str, secret: str) -> None:
        """Let the repository send pushes and pull requests to `url`. Raises HostRefused."""


class GitHub:
    def __init__(self, url: str, token: str, *, allow_private: bool) -> None:
        headers = {"Authorization": f"Bearer {token}"}
        self._api = HostApi(github_api(url), headers, allow_private=allow_private)

    async def account(self) -> str:
        return str((await self._api.get("/user"))["login"])

    async def repositories(self, search: str, page: int) -> Repositories:
        if not search:
            rows = await self._listed(PAGE, page)
            return Repositories([_like_github(row) for row in rows], len(rows) == PAGE)
        # Its search knows no "mine and my organisations'", so the newest are looked through.
        found: list[Repository] = []
        for number in range(1, _SEARCHED_PAGES + 1):
            rows = await self._listed(100, number)
            found += [_like_github(row) for row in rows if search.lower() in str(row["full_name"]).lower()]
            if len(rows) < 100:
                break
        start = (page - 1) * PAGE
        return Repositories(found[start : start + PAGE], len(found) > start + PAGE)

    async def _listed(self, size: int, page: int) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = await self._api.get(
            "/user/repos", sort="pushed", per_page=size, page=page
        )
        return rows

    async def branches(self, repository: str, search: str, page: int) -> Branches:
        rows = await self._api.get(f"/repos/{_path(repository)}/branches", per_page=100, page=page)
        return _named(rows, search, most=100)

    async def install_webhook(self, repository: str, url: str, secret: str) -> None:
        config = {"url": url, "content_type": "json", "secret": secret}
        body = {"name": "web", "active": True, "events": ["push", "pull_request"], "config": config}
        await self._api.post(f"/repos/{_path(repository)}/hooks", body)


class GitHubInstallation(GitHub):
    """What a GitHub App reaches at one account, by the app's token for it."""

    async def _listed(self, size: int, page: int) -> list[dict[str, Any]]:
        answer = await self._api.get("/installation/repositories", per_page=size, page=page)
        rows: list[dict[str, Any]] = answer["repositories"]
        return rows

    async def revoke(self) -> None:
        """Let the token end now; the app stays installed."""
        await self._api.delete("/installation/token")


class Gitea:
    """Also Forgejo."""

    def __init__(self, url: str, token: str, *, allow_private: bool) -> None:
        headers = {"Authorization": f"token {token}"}
        self._api = HostApi(f"{url}/api/v1", headers, allow_private=allow_private)

    async def account(self) -> str:
        return str((await self._api.get("/user"))["login"])

    async def repositories(self, search: str, page: int) -> Repositories:
        user = (await self._api.get("/user"))["id"]
        answer = await self._api.get(
            "/repos/search", q=search, uid=user, sort="updated", order="desc", limit=PAGE, page=page
        )
        return Repositories([_like_github(row) for row in answer["data"]], len(answer["data"]) == PAGE)

    async def branches(self, repository: str, search: str, page: int) -> Branches:
        rows = await self._api.get(f"/repos/{_path(repository)}/branches", limit=50, page=page)
        return _named(rows, search, most=50)

    async def install_webhook(self, repository: str, url: str, secret: str) -> None:
        config = {"url": url, "content_type": "json", "secret": secret}
        body = {"type": "gitea", "active": True, "events": ["push", "pull_request"], "config": config}
        await self._api.post(f"/repos/{_path(repository)}/hooks", body)


class GitLab:
    def __init__(self, url: str, token: str, *, allow_private: bool) -> None:
        # Tokens of people and of sign-ins alike are taken in this header.
        headers = {"Authorization": f"Bearer {token}"}
        self._api = HostApi(f"{url}/api/v4", headers, allow_private=allow_private)

    async def account(self) -> str:
        return str((await self._api.get("/user"))["username"])

    async def repositories(self, search: str, page: int) -> Repositories:
        rows = await self._api.get(
            "/projects",
            membership="true",
            order_by="last_activity_at",
            per_page=PAGE,
            page=page,
            **({"search": search} if search else {}),
        )
        items = [
            Repository(
                str(row["path_with_namespace"]),
                str(row["http_url_to_repo"]),
                str(row.get("default_branch") or "main"),
                row.get("visibility") != "public",
            )
            for row in rows
        ]
        return Repositories(items, len(items) == PAGE)

    async def branches(self, repository: str, search: str, page: int) -> Branches:
        path = f"/projects/{quote(repository, safe='')}/repository/branches"
        rows = await self._api.get(path, per_page=100, page=page, **({"search": search} if search else {}))
        return _named(rows, "", most=100)

    async def install_webhook(self, repository: str, url: str, secret: str) -> None:
        body = {"url": url, "token": secret, "push_events": True, "merge_requests_events": True}
        await self._api.post(f"/projects/{quote(repository, safe='')}/hooks", body)


class Bitbucket:
    def __init__(self, url: str, token: str, *, allow_private: bool) -> None:
        is_cloud = urlsplit(url).hostname == "bitbucket.org"
        base = "https://api.bitbucket.org/2.0" if is_cloud else f"{url}/2.0"
        self._api = HostApi(base, {"Authorization": f"Bearer {token}"}, allow_private=allow_private)

    async def account(self) -> str:
        about = await self._api.get("/user")
        return str(about.get("username") or about["display_name"])

    async def repositories(self, search: str, page: int) -> Repositories:
        wanted = {"q": f'name ~ "{_quoted(search)}"'} if search else {}
        answer = await self._api.get(
            "/repositories", role="member", sort="-updated_on", pagelen=PAGE, page=page, **wanted
        )
        items = [
            Repository(
                str(row["full_name"]),
                _without_user(
                    next(str(link["href"]) for link in row["links"]["clone"] if link["name"] == "https")
                ),
                str((row.get("mainbranch") or {}).get("name") or "main"),
                bool(row.get("is_private")),
            )
            for row in answer["values"]
        ]
        return Repositories(items, "next" in answer)

    async def branches(self, repository: str, search: str, page: int) -> Branches:
        wanted = {"q": f'name ~ "{_quoted(search)}"'} if search else {}
        path = f"/repositories/{_path(repository)}/refs/branches"
        answer = await self._api.get(path, pagelen=100, page=page, **wanted)
        return Branches([str(row["name"]) for row in answer["values"]], "next" in answer)

    async def install_webhook(self, repository: str, url: str, secret: str) -> None:
        events = [
            "repo:push",
            *(f"pullrequest:{kind}" for kind in ("created", "updated", "fulfilled", "rejected")),
        ]
        body = {"description": "Capsule", "url": url, "active": True, "secret": secret, "events": events}
        await self._api.post(f"/repositories/{_path(repository)}/hooks", body)


def github_api(url: str) -> str:
    """Return where a GitHub's API is: GitHub's own, or an Enterprise server's."""
    return "https://api.github.com" if urlsplit(url).hostname == "github.com" else f"{url}/api/v3"


HOSTS: dict[str, Callable[..., GitHost]] = {
    "github": GitHub,
    "gitlab": GitLab,
    "bitbucket": Bitbucket,
    "gitea": Gitea,
}
DEFAULT_URLS = {
    "github": "https://github.com",
    "gitlab": "https://gitlab.com",
    "bitbucket": "https://bitbucket.org",
    "gitea": "https://codeberg.org",
}


def repository_of(url: str, host: str) -> str:
    """Return `team/shop` of `https://git.example/team/shop.git`; empty for another host."""
    there, here = urlsplit(host), urlsplit(url)
    if there.netloc.lower() != here.netloc.lower() or not here.path.startswith(there.path.rstrip("/") + "/"):
        return ""
    return here.path.removeprefix(there.path.rstrip("/")).strip("/").removesuffix(".git")


def _like_github(row: dict[str, Any]) -> Repository:
    return Repository(
        str(row["full_name"]),
        str(row["clone_url"]),
        str(row.get("default_branch") or "main"),
        bool(row.get("private")),
    )


def _named(rows: list[dict[str, Any]], search: str, *, most: int) -> Branches:
    names = [str(row["name"]) for row in rows]
    return Branches([name for name in names if search.lower() in name.lower()], len(rows) == most)


def _path(repository: str) -> str:
    return quote(repository, safe="/")


def _quoted(search: str) -> str:
    return search.replace("\\", "\\\\").replace('"', '\\"')


def _without_user(url: str) -> str:
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
