"""A git host that speaks the documented REST APIs of GitHub, GitLab, Bitbucket and Gitea, for one token."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

TOKEN = "good-token"
_NAMES = [f"team/shop-{number:02}" for number in range(1, 41)]
_BRANCHES = ["main", "feature/blue", "feature/red"]


@dataclass
class FakeGitHost:
    url: str
    hooks: list[dict[str, Any]] = field(default_factory=list)
    """Bodies of webhooks that were installed, with their `path`."""
    broken: bool = False


@contextmanager
def fake_git_host() -> Iterator[FakeGitHost]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer(None)

        def do_POST(self) -> None:
            self._answer(json.loads(self.rfile.read(int(self.headers["content-length"]))))

        def _answer(self, body: dict[str, Any] | None) -> None:
            parts = urlsplit(self.path)
            status, answer = self._route(parts.path, dict(parse_qsl(parts.query)), body)
            content = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def _route(self, path: str, query: dict[str, str], body: dict[str, Any] | None) -> tuple[int, Any]:
            given = self.headers.get("authorization") or self.headers.get("private-token") or ""
            if given.rpartition(" ")[2] != TOKEN:
                return 401, {"message": "Bad credentials"}
            if host.broken:
                return 502, {}
            if body is not None:
                if "forbidden" in path:
                    return 403, {"message": "Resource not accessible by personal access token"}
                host.hooks.append({**body, "path": unquote(path)})
                return 201, {"id": 1}
            for prefix, provider in _PREFIXES.items():
                if path.startswith(prefix):
                    return provider(host.url, unquote(path.removeprefix(prefix)), query)
            return 404, {}

        def log_message(self, format: str, *args: object) -> None:
            return None

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    host = FakeGitHost(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield host
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _page(rows: list[Any], query: dict[str, str], size: str) -> list[Any]:
    number, most = int(query.get("page", "1")), int(query.get(size, "30"))
    return rows[(number - 1) * most : number * most]


def _github_row(url: str, name: str) -> dict[str, Any]:
    return {
        "id": 1,
        "full_name": name,
        "private": True,
        "clone_url": f"{url}/{name}.git",
        "default_branch": "main",
    }


def _github(url: str, path: str, query: dict[str, str]) -> tuple[int, Any]:
    if path == "/user":
        return 200, {"login": "ada", "id": 7}
    if path == "/user/repos":
        return 200, _page([_github_row(url, name) for name in _NAMES], query, "per_page")
    if path.startswith("/repos/team/shop") and path.endswith("/branches"):
        return 200, _page([{"name": name, "protected": False} for name in _BRANCHES], query, "per_page")
    return 404, {"message": "Not Found"}


def _gitea(url: str, path: str, query: dict[str, str]) -> tuple[int, Any]:
    if path == "/repos/search":
        assert query["uid"] == "7"
        rows = [_github_row(url, name) for name in _NAMES if query.get("q", "") in name]
        return 200, {"ok": True, "data": _page(rows, query, "limit")}
    return _github(url, path, {**query, "per_page": query.get("limit", "30")})


def _gitlab(url: str, path: str, query: dict[str, str]) -> tuple[int, Any]:
    if path == "/user":
        return 200, {"username": "ada", "id": 7}
    if path == "/projects":
        rows = [
            {
                "path_with_namespace": name,
                "http_url_to_repo": f"{url}/{name}.git",
                "default_branch": "main",
                "visibility": "private",
            }
            for name in _NAMES
            if query.get("search", "") in name
        ]
        return 200, _page(rows, query, "per_page")
    if path.startswith("/projects/team/shop") and path.endswith("/repository/branches"):
        return 200, [{"name": name} for name in _BRANCHES if query.get("search", "") in name]
    return 404, {"message": "404 Project Not Found"}


def _bitbucket(url: str, path: str, query: dict[str, str]) -> tuple[int, Any]:
    wanted = query.get("q", '""').split('"')[1]
    if path == "/user":
        return 200, {"username": "ada", "display_name": "Ada"}
    if path == "/repositories":
        rows = [
            {
                "full_name": name,
                "is_private": True,
                "mainbranch": {"name": "main", "type": "branch"},
                "links": {
                    "clone": [
                        {"name": "https", "href": f"{url.replace('//', '//ada@')}/{name}.git"},
                        {"name": "ssh", "href": f"git@host:{name}.git"},
                    ]
                },
            }
            for name in _NAMES
            if wanted in name
        ]
        values = _page(rows, query, "pagelen")
        is_last = int(query["page"]) * int(query["pagelen"]) >= len(rows)
        return 200, {"values": values, **({} if is_last else {"next": "there is more"})}
    if path.startswith("/repositories/team/shop") and path.endswith("/refs/branches"):
        return 200, {"values": [{"name": name} for name in _BRANCHES if wanted in name]}
    return 404, {"type": "error"}


_PREFIXES = {"/api/v3": _github, "/api/v4": _gitlab, "/api/v1": _gitea, "/2.0": _bitbucket}
