"""Ask a git host by its documented REST API: who a token is, which repositories and branches there are.

Hosts differ in addresses and names of fields only; what goes wrong is told in one way.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import quote, urlsplit

import httpx2

from capsule.errors import InvalidInput, NotFound, Unavailable
from capsule.kit.outbound import client

PAGE = 30
_SEARCHED_PAGES = 5
_TIMEOUT = 15.0


class HostRefused(InvalidInput):
    """The host does not let the token do this."""

    code, title = "git_host_refused", "Refused by the git host"


class RepositoryNotFound(NotFound):
    code = "repository_not_found"


class HostUnavailable(Unavailable):
    code, title = "git_host_unavailable", "Git host unavailable"


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


class HostApi:
    """Calls of one host's API, as one token."""

    def __init__(self, base: str, headers: dict[str, str], *, allow_private: bool) -> None:
        self._base = base
        self._headers = {**headers, "Accept": "application/json", "User-Agent": "capsule"}
        self._allow_private = allow_private
        self._name = urlsplit(base).netloc

    async def get(self, path: str, **query: str | int) -> Any:
        return await self._call("GET", path, query=query)

    async def post(self, path: str, body: dict[str, Any]) -> Any:
        return await self._call("POST", path, body=body)

    async def _call(
        self, method: str, path: str, *, query: dict[str, str | int] | None = None, body: object = None
    ) -> Any:
        try:
            async with client(allow_private=self._allow_private, timeout=_TIMEOUT) as http:
                answer = await http.request(
                    method, f"{self._base}{path}", params=query, json=body, headers=self._headers
                )
        except httpx2.HTTPError as exc:
            raise HostUnavailable(
                f"{self._name} cannot be reached: {type(exc).__name__}.", hint="Check the host's address."
            ) from exc
        if answer.status_code == 401:
            raise HostRefused(
                f"{self._name} does not know the token.", hint="Make a new one there.", field="token"
            )
        if answer.status_code in (403, 429):
            raise HostRefused(
                f"{self._name} does not let the token do this.",
                hint="It has to read repositories and write webhooks; or too much was asked, so wait a bit.",
                field="token",
            )
        if answer.status_code == 404:
            raise RepositoryNotFound(f"{self._name} has no such repository for this token.")
        if answer.status_code >= 400:
            raise HostUnavailable(f"{self._name} answers with {answer.status_code}.", hint="Try again later.")
        try:
            return answer.json()
        except ValueError as exc:
            raise HostUnavailable(
                f"{self._name} does not answer as a git host does.", hint="Check the host's address."
            ) from exc


class GitHub:
    def __init__(self, url: str, token: str, *, allow_private: bool) -> None:
        base = "https://api.github.com" if urlsplit(url).hostname == "github.com" else f"{url}/api/v3"
        self._api = HostApi(base, {"Authorization": f"Bearer {token}"}, allow_private=allow_private)

    async def account(self) -> str:
        return str((await self._api.get("/user"))["login"])

    async def repositories(self, search: str, page: int) -> Repositories:
        if not search:
            rows = await self._api.get("/user/repos", sort="pushed", per_page=PAGE, page=page)
            return Repositories([_like_github(row) for row in rows], len(rows) == PAGE)
        # Its search knows no "mine and my organisations'", so the newest are looked through.
        found: list[Repository] = []
        for number in range(1, _SEARCHED_PAGES + 1):
            rows = await self._api.get("/user/repos", sort="pushed", per_page=100, page=number)
            found += [_like_github(row) for row in rows if search.lower() in str(row["full_name"]).lower()]
            if len(rows) < 100:
                break
        start = (page - 1) * PAGE
        return Repositories(found[start : start + PAGE], len(found) > start + PAGE)

    async def branches(self, repository: str, search: str, page: int) -> Branches:
        rows = await self._api.get(f"/repos/{_path(repository)}/branches", per_page=100, page=page)
        return _named(rows, search, most=100)

    async def install_webhook(self, repository: str, url: str, secret: str) -> None:
        config = {"url": url, "content_type": "json", "secret": secret}
        body = {"name": "web", "active": True, "events": ["push", "pull_request"], "config": config}
        await self._api.post(f"/repos/{_path(repository)}/hooks", body)


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
        self._api = HostApi(f"{url}/api/v4", {"PRIVATE-TOKEN": token}, allow_private=allow_private)

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
