"""A git host that people sign in at, as documented: GitHub with its apps, GitLab, Gitea, Bitbucket.

It is strict: what a real host would refuse is refused here, and a wrong signature, code or refresh token is
kept in `complaints`. People agree by `visit` and `register`, or in a browser at its pages.
"""

import base64
import hashlib
import json
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey

CLIENT_ID, CLIENT_SECRET = "Iv1.client", "client/secret+"
HOOK_SECRET = "hook-secret"

_AUTHORIZE = {
    "/login/oauth/authorize": "github",
    "/oauth/authorize": "gitlab",
    "/site/oauth2/authorize": "bitbucket",
}
_TOKEN = ("/login/oauth/access_token", "/oauth/token", "/site/oauth2/access_token")


@dataclass
class Installed:
    """A GitHub App at an account."""

    id: int
    account: str
    repositories: dict[int, str]
    seen_by: dict[str, list[int]]
    """User → repositories that they may see; who is not named has no access at all."""
    suspended: bool = False


@dataclass
class SignInHost:
    url: str
    back: str = "http://localhost:8080/git/return"
    """The callback address that was entered here."""
    user: str = "ada"
    """Who is signed in at the host."""
    pem: str = field(repr=False, default="")
    public: RSAKey | None = None
    number: int = 4711
    installations: dict[int, Installed] = field(default_factory=dict)
    lifetime: int = 7200
    rotates: bool = True
    """Each refresh token is good once."""
    is_away: bool = False
    denies: bool = False
    app_is_gone: bool = False
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    manifests: dict[str, dict[str, Any]] = field(default_factory=dict)
    access: dict[str, dict[str, Any]] = field(default_factory=dict)
    refresh: dict[str, str] = field(default_factory=dict)
    """Refresh token → user."""
    spent: set[str] = field(default_factory=set)
    refreshes: int = 0
    revoked: list[str] = field(default_factory=list)
    hooks: list[dict[str, Any]] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def visit(self, url: str) -> str:
        """Sign in and agree, as a person in a browser would; return where the host sends them."""
        parts = urlsplit(url)
        asked = dict(parse_qsl(parts.query))
        if parts.path.endswith("/installations/new"):
            assert parts.path == "/github-apps/capsule/installations/new"
            newest = max(self.installations)
            code = self._code({"redirect_uri": self.back, "client_id": CLIENT_ID})
            return self._back(
                {"code": code, "installation_id": str(newest), "setup_action": "install"}, asked
            )
        provider = _AUTHORIZE[parts.path]
        assert asked["client_id"] == CLIENT_ID
        assert asked["redirect_uri"] == self.back
        assert asked["response_type"] == "code"
        assert asked["code_challenge_method"] == "S256" or provider == "bitbucket"
        if provider == "gitlab":
            assert asked["scope"] == "api"
        if self.denies:
            return self._back({"error": "access_denied", "error_description": "No."}, asked)
        return self._back({"code": self._code(asked)}, asked)

    def register(self, action_url: str, manifest: dict[str, Any]) -> str:
        """Make an app of a manifest, as GitHub does when somebody posts one; return where it sends them."""
        parts = urlsplit(action_url)
        assert parts.path in ("/settings/apps/new", "/organizations/team/settings/apps/new")
        assert set(manifest) <= {
            "name",
            "url",
            "hook_attributes",
            "redirect_url",
            "callback_urls",
            "public",
            "default_permissions",
            "default_events",
            "request_oauth_on_install",
        }
        assert manifest["redirect_url"] == self.back
        code = secrets.token_hex(20)
        self.manifests[code] = manifest
        return self._back({"code": code}, dict(parse_qsl(parts.query)))

    def _code(self, asked: dict[str, str]) -> str:
        code = secrets.token_hex(10)
        self.codes[code] = {**asked, "user": self.user}
        return code

    def _back(self, values: dict[str, str], asked: dict[str, str]) -> str:
        return f"{self.back}?{urlencode({**values, 'state': asked['state']})}"

    def grant(self, user: str, **about: Any) -> dict[str, Any]:
        """Give tokens."""
        access, refresh = secrets.token_hex(8), secrets.token_hex(8)
        self.access[access] = {"user": user, "ends": time.time() + self.lifetime, **about}
        self.refresh[refresh] = user
        return {
            "access_token": access,
            "refresh_token": refresh,
            "token_type": "bearer",
            "expires_in": self.lifetime,
        }

    def exchange(self, form: dict[str, str], basic: str) -> tuple[int, Any]:
        """Answer at the token endpoint."""
        given = (form.get("client_id"), form.get("client_secret"))
        in_header = base64.b64encode(b"Iv1.client:client%2Fsecret%2B").decode()
        if given != (CLIENT_ID, CLIENT_SECRET) and basic != f"Basic {in_header}":
            return 401, {"error": "invalid_client"}
        if form["grant_type"] == "refresh_token":
            return self._refreshed(form["refresh_token"])
        asked = self.codes.pop(form["code"], None)
        if asked is None:
            return self._complain("code was used before or is none")
        if form["redirect_uri"] != asked["redirect_uri"]:
            return self._complain("another redirect_uri")
        verifier = form.get("code_verifier", "")
        digest = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
        if digest != asked.get("code_challenge", digest) or bool(verifier) != ("code_challenge" in asked):
            return self._complain("the verifier does not fit the challenge")
        return 200, self.grant(asked["user"])

    def _refreshed(self, token: str) -> tuple[int, Any]:
        self.refreshes += 1
        if token in self.spent:
            return self._complain("a refresh token came twice")
        user = self.refresh.get(token)
        if user is None:
            return 400, {"error": "invalid_grant", "error_description": "The token was revoked"}
        if self.rotates:
            self.spent.add(token)
            del self.refresh[token]
        return 200, self.grant(user)

    def _complain(self, about: str) -> tuple[int, Any]:
        self.complaints.append(about)
        return 400, {"error": "invalid_grant", "error_description": about}

    def is_app(self, token: str) -> bool:
        """Check the signature of a GitHub App."""
        assert self.public is not None
        try:
            claims = jwt.decode(token, self.public, algorithms=["RS256"]).claims
        except (JoseError, ValueError) as exc:
            self.complaints.append(f"a signature is wrong: {exc}")
            return False
        is_right = (
            claims["iss"] == str(self.number)
            and claims["iat"] <= time.time() < claims["exp"] <= time.time() + 600
        )
        if not is_right:
            self.complaints.append(f"claims are wrong: {claims}")
        return is_right and not self.app_is_gone

    def convert(self, code: str) -> tuple[int, Any]:
        manifest = self.manifests.pop(code, None)
        if manifest is None:
            return 404, {"message": "Not Found"}
        return 201, {
            **self.about(),
            "client_id": CLIENT_ID,
            "client_secret": CLIENT_SECRET,
            "webhook_secret": HOOK_SECRET if "hook_attributes" in manifest else None,
            "pem": self.pem,
        }

    def about(self) -> dict[str, Any]:
        page = f"{self.url}/github-apps/capsule"
        return {"id": self.number, "slug": "capsule", "name": "Capsule", "html_url": page}

    def row(self, number: int, name: str) -> dict[str, Any]:
        return {
            "id": number,
            "full_name": name,
            "private": True,
            "clone_url": f"{self.url}/{name}.git",
            "default_branch": "main",
        }


@contextmanager
def sign_in_host() -> Iterator[SignInHost]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer()

        do_POST = do_DELETE = do_GET

        def _answer(self) -> None:
            length = int(self.headers.get("content-length") or 0)
            content = self.rfile.read(length)
            if host.is_away:
                self.close_connection = True
                return
            page = _page_for_people(host, self.path, content)
            status, answer = (
                (200, page)
                if page
                else _route(host, self.command, urlsplit(self.path), self.headers, content)
            )
            body = b"" if status == 204 else (page or json.dumps(answer)).encode()
            self.send_response(status)
            self.send_header("Content-Type", "text/html" if page else "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            return None

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()).decode()
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    host = SignInHost(f"http://127.0.0.1:{server.server_port}", pem=pem, public=RSAKey.import_key(public))
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield host
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _page_for_people(host: SignInHost, path: str, content: bytes) -> str:
    """Return the page with one link that agrees; empty for what programs call."""
    parts = urlsplit(path)
    if parts.path.endswith("/settings/apps/new"):
        manifest = json.loads(dict(parse_qsl(content.decode()))["manifest"])
        return _link(host.register(path, manifest), "Create GitHub App")
    if parts.path in _AUTHORIZE or parts.path.endswith("/installations/new"):
        return _link(host.visit(path), "Install & Authorize")
    return ""


def _link(url: str, text: str) -> str:
    return f'<!doctype html><title>host</title><a href="{escape(url)}">{escape(text)}</a>'


def _route(host: SignInHost, method: str, parts: Any, headers: Any, content: bytes) -> tuple[int, Any]:
    path, query = unquote(parts.path), dict(parse_qsl(parts.query))
    authorization = headers.get("authorization") or ""
    if path in _TOKEN:
        return host.exchange(dict(parse_qsl(content.decode())), authorization)
    if path == "/oauth/revoke":
        form = dict(parse_qsl(content.decode()))
        host.revoked.append(form["token"])
        host.refresh.pop(form["token"], None)
        return 200, {}
    token = authorization.rpartition(" ")[2]
    body = json.loads(content) if content else {}
    if path.startswith("/api/v3"):
        return _github(host, method, path.removeprefix("/api/v3"), query, body, token)
    return _elsewhere(host, method, path, body, token)


def _github(
    host: SignInHost, method: str, path: str, query: dict[str, str], body: dict[str, Any], token: str
) -> tuple[int, Any]:
    if path.startswith("/app-manifests/"):
        return host.convert(path.split("/")[2])
    if path == f"/applications/{CLIENT_ID}/token":
        host.revoked.append(body["access_token"])
        host.access.pop(body["access_token"], None)
        return 204, None
    if path == "/app" or path.startswith("/app/"):
        if not host.is_app(token):
            return 401, {"message": "A JSON web token could not be decoded"}
        if path == "/app":
            return 200, host.about()
        return _installation_token(host, int(path.split("/")[3]), body)
    held = host.access.get(token)
    if held is None or held["ends"] < time.time():
        return 401, {"message": "Bad credentials"}
    if path == "/installation/token":
        host.revoked.append(token)
        del host.access[token]
        return 204, None
    if path == "/installation/repositories":
        rows = [host.row(number, name) for number, name in held["repositories"].items()]
        return 200, {"total_count": len(rows), "repositories": _page(rows, query)}
    theirs = {key: one for key, one in host.installations.items() if held["user"] in one.seen_by}
    if path == "/user/installations":
        found = [
            {"id": one.id, "account": {"login": one.account}, "html_url": f"{host.url}/settings/{one.id}"}
            for one in theirs.values()
        ]
        return 200, {"total_count": len(found), "installations": _page(found, query)}
    if path.startswith("/user/installations/"):
        one = theirs[int(path.split("/")[3])]
        rows = [host.row(number, one.repositories[number]) for number in one.seen_by[held["user"]]]
        return 200, {"total_count": len(rows), "repositories": _page(rows, query)}
    if path.startswith("/repos/") and path.endswith("/branches"):
        name = path.removeprefix("/repos/").removesuffix("/branches")
        is_seen = name in held.get("repositories", {}).values()
        return (200, [{"name": "main"}]) if is_seen else (404, {"message": "Not Found"})
    return 404, {"message": "Not Found"}


def _installation_token(host: SignInHost, number: int, body: dict[str, Any]) -> tuple[int, Any]:
    one = host.installations.get(number)
    if one is None:
        return 404, {"message": "Not Found"}
    if one.suspended:
        return 403, {"message": "This installation has been suspended"}
    wanted = body.get("repository_ids", list(one.repositories))
    if not set(wanted) <= set(one.repositories):
        return 422, {"message": "There is at least one repository that does not exist"}
    granted = {key: one.repositories[key] for key in wanted}
    token = host.grant("", repositories=granted)["access_token"]
    host.access[token]["ends"] = time.time() + 3600
    ends = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 3600))
    return 201, {"token": token, "expires_at": ends}


def _elsewhere(host: SignInHost, method: str, path: str, body: dict[str, Any], token: str) -> tuple[int, Any]:
    held = host.access.get(token)
    if held is None or held["ends"] < time.time():
        return 401, {"message": "401 Unauthorized"}
    if path.endswith("/user"):
        user = held["user"]
        return 200, {"username": user, "login": user, "id": 7, "display_name": user}
    if method == "POST" and path.endswith("/hooks"):
        host.hooks.append({**body, "path": path})
        return 201, {"id": 1}
    if path == "/api/v4/projects":
        return 200, [
            {
                "path_with_namespace": "team/shop",
                "http_url_to_repo": f"{host.url}/team/shop.git",
                "default_branch": "main",
                "visibility": "private",
            }
        ]
    if path == "/api/v1/repos/search":
        return 200, {"ok": True, "data": [host.row(1, "team/shop")]}
    if path == "/2.0/repositories":
        link = {"name": "https", "href": f"{host.url}/team/shop.git"}
        row = {"full_name": "team/shop", "is_private": True, "links": {"clone": [link]}}
        return 200, {"values": [{**row, "mainbranch": {"name": "main"}}]}
    return 404, {}


def _page(rows: list[Any], query: dict[str, str]) -> list[Any]:
    number, most = int(query.get("page", "1")), int(query.get("per_page", "30"))
    return rows[(number - 1) * most : number * most]
