"""A real OAuth server: authorization code with PKCE, refresh with rotation, revocation, a consent page.

    python oauth_server.py --port 9000        prints its address once it listens

Answers under the paths of the catalogue's providers, so that `base_url` of the installation's settings leads
here. What it should do wrong is told to it by `POST /knobs`; `GET /knobs` tells that and what it has seen.
"""

import argparse
import os
import threading
import time
from dataclasses import asdict, dataclass, field
from typing import Any

os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"  # it is only ever called on this machine

from authlib.common.security import generate_token
from authlib.integrations.flask_oauth2 import AuthorizationServer
from authlib.oauth2.rfc6749 import ClientMixin, TokenMixin, grants
from authlib.oauth2.rfc6749.models import AuthorizationCodeMixin
from authlib.oauth2.rfc6750 import BearerTokenGenerator
from authlib.oauth2.rfc7009 import RevocationEndpoint
from authlib.oauth2.rfc7636 import CodeChallenge
from flask import Flask, Response, jsonify, make_response, request
from markupsafe import escape
from werkzeug.serving import make_server

CLIENT_ID, CLIENT_SECRET = "demo-client", "demo-secret"
CALLBACK = "/api/connections/callback"

AUTHORIZE = ("/login/oauth/authorize", "/o/oauth2/v2/auth", "/common/oauth2/v2.0/authorize")
TOKEN = ("/login/oauth/access_token", "/token", "/common/oauth2/v2.0/token", "/oauth/token")
PROFILES = ("/user", "/v1/userinfo", "/v1.0/me", "/gmail/v1/users/me/profile", "/drive/v3/about")


@dataclass
class Knobs:
    expires_in: int = 3600
    rotates: bool = True
    refuses_refresh: bool = False
    fails: int = 0
    """Status of the token endpoint, with a body that is no JSON."""
    delay: float = 0.0
    """Seconds before the token endpoint answers."""
    profile_fails: bool = False
    auth_method: str = ""
    """The only way in which a client may prove who it is: `client_secret_basic` or `client_secret_post`."""
    omits_scope: bool = False


@dataclass
class Seen:
    exchanges: int = 0
    refreshes: int = 0
    revoked: int = 0
    challenges: list[str] = field(default_factory=list)
    """Methods of PKCE."""


class Client(ClientMixin):  # type: ignore[misc]
    def __init__(self, knobs: Knobs) -> None:
        self._knobs = knobs

    def get_client_id(self) -> str:
        return CLIENT_ID

    def get_default_redirect_uri(self) -> None:
        return None

    def get_allowed_scope(self, scope: str) -> str:
        return scope

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        return redirect_uri.endswith(CALLBACK)

    def check_client_secret(self, client_secret: str) -> bool:
        return client_secret == CLIENT_SECRET

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        return method == self._knobs.auth_method or (not self._knobs.auth_method and method != "none")

    def check_response_type(self, response_type: str) -> bool:
        return response_type == "code"

    def check_grant_type(self, grant_type: str) -> bool:
        return True


@dataclass
class Code(AuthorizationCodeMixin):  # type: ignore[misc]
    code: str
    user: str
    scope: str
    redirect_uri: str
    code_challenge: str
    code_challenge_method: str
    made_at: float = field(default_factory=time.time)

    def get_redirect_uri(self) -> str:
        return self.redirect_uri

    def get_scope(self) -> str:
        return self.scope


@dataclass
class Issued(TokenMixin):  # type: ignore[misc]
    access: str
    refresh: str
    user: str
    scope: str
    expires_at: float
    is_access_dead: bool = False
    is_refresh_dead: bool = False

    def check_client(self, client: Client) -> bool:
        return True

    def get_scope(self) -> str:
        return self.scope

    def get_expires_in(self) -> int:
        return int(self.expires_at - time.time())

    def is_expired(self) -> bool:
        return time.time() >= self.expires_at

    def is_revoked(self) -> bool:
        return self.is_access_dead


class Provider:
    """All that the server remembers."""

    def __init__(self) -> None:
        self.knobs = Knobs()
        self.seen = Seen()
        self.codes: dict[str, Code] = {}
        self.issued: list[Issued] = []
        self.lock = threading.Lock()

    def client(self, client_id: str) -> Client | None:
        return Client(self.knobs) if client_id == CLIENT_ID else None

    def save(self, token: dict[str, Any], asked: Any) -> None:
        old = getattr(asked, "refresh_token", None)
        refresh = token.get("refresh_token") or (old.refresh if old is not None else "")
        with self.lock:
            expires_at = time.time() + token["expires_in"]
            self.issued.append(
                Issued(token["access_token"], refresh, asked.user, token.get("scope", ""), expires_at)
            )
        if self.knobs.omits_scope:
            token.pop("scope", None)

    def find(self, *, access: str = "", refresh: str = "") -> Issued | None:
        for item in reversed(self.issued):
            if (access and item.access == access) or (refresh and item.refresh == refresh):
                return item
        return None


def create_app(provider: Provider) -> Flask:
    app = Flask("oauth-server")
    server = AuthorizationServer(app, query_client=provider.client, save_token=provider.save)
    make = BearerTokenGenerator(
        lambda **_: generate_token(42),
        lambda **_: generate_token(48),
        lambda client, grant_type: provider.knobs.expires_in,
    )
    server.register_token_generator("default", make)
    server.register_grant(_code_grant(provider), [CodeChallenge(required=True)])
    server.register_grant(_refresh_grant(provider))
    server.register_endpoint(_revocation(provider))

    def authorize() -> Any:
        if request.method == "GET":
            grant = server.get_consent_grant(end_user=None)
            return _consent_page(grant.request.payload.scope or "")
        user = request.form.get("user", "ada") if request.form.get("decision") == "allow" else None
        return server.create_authorization_response(grant_user=user)

    def token() -> Any:
        knobs = provider.knobs
        time.sleep(knobs.delay)
        kind = request.form.get("grant_type")
        with provider.lock:
            provider.seen.exchanges += kind == "authorization_code"
            provider.seen.refreshes += kind == "refresh_token"
        if knobs.fails:
            return Response("<h1>Sorry</h1>", knobs.fails)
        answer = server.create_token_response()
        if request.path == "/login/oauth/access_token" and answer.status_code == 400:
            answer.status_code = 200  # as GitHub does
        return answer

    def profile() -> Any:
        held = provider.find(access=request.headers.get("Authorization", "").removeprefix("Bearer "))
        if provider.knobs.profile_fails or held is None or held.is_revoked() or held.is_expired():
            return jsonify(error="invalid_token"), 401
        email = f"{held.user}@example.com"
        return jsonify(
            login=held.user, email=email, mail=email, emailAddress=email, user={"emailAddress": email}
        )

    def github_revoke(client_id: str) -> Any:
        proof = request.authorization
        is_client = proof is not None and (proof.username, proof.password) == (CLIENT_ID, CLIENT_SECRET)
        held = provider.find(access=str((request.json or {}).get("access_token")))
        if client_id != CLIENT_ID or not is_client or held is None:
            return "", 404
        _kill(provider, held)
        return "", 204

    def knobs() -> Any:
        if request.method == "POST":
            changed = {**asdict(provider.knobs), **(request.json or {})}
            for name, value in changed.items():
                setattr(provider.knobs, name, value)
        if request.args.get("forget"):
            provider.seen = Seen()
        return jsonify(**asdict(provider.knobs), seen=asdict(provider.seen))

    for path in (*AUTHORIZE, "/oauth/authorize"):
        app.add_url_rule(path, path, authorize, methods=["GET", "POST"])
    for path in TOKEN:
        app.add_url_rule(path, path, token, methods=["POST"])
    for path in ("/revoke", "/oauth/revoke"):
        app.add_url_rule(path, path, lambda: server.create_endpoint_response("revocation"), methods=["POST"])
    for path in PROFILES:
        app.add_url_rule(path, path, profile)
    app.add_url_rule("/applications/<client_id>/token", "github", github_revoke, methods=["DELETE"])
    app.add_url_rule("/knobs", "knobs", knobs, methods=["GET", "POST"])
    return app


def _kill(provider: Provider, held: Issued) -> None:
    held.is_access_dead = held.is_refresh_dead = True
    provider.seen.revoked += 1


def _code_grant(provider: Provider) -> Any:
    class CodeGrant(grants.AuthorizationCodeGrant):  # type: ignore[misc]
        TOKEN_ENDPOINT_AUTH_METHODS = ("client_secret_basic", "client_secret_post")

        def save_authorization_code(self, code: str, asked: Any) -> None:
            data = asked.payload.data
            method = data.get("code_challenge_method", "")
            provider.seen.challenges.append(method)
            provider.codes[code] = Code(
                code,
                asked.user,
                asked.payload.scope or "",
                asked.payload.redirect_uri,
                data.get("code_challenge", ""),
                method,
            )

        def query_authorization_code(self, code: str, client: Client) -> Code | None:
            return provider.codes.get(code)

        def delete_authorization_code(self, authorization_code: Code) -> None:
            del provider.codes[authorization_code.code]

        def authenticate_user(self, authorization_code: Code) -> str:
            return authorization_code.user

    return CodeGrant


def _refresh_grant(provider: Provider) -> Any:
    class RefreshGrant(grants.RefreshTokenGrant):  # type: ignore[misc]
        TOKEN_ENDPOINT_AUTH_METHODS = ("client_secret_basic", "client_secret_post")

        @property
        def INCLUDE_NEW_REFRESH_TOKEN(self) -> bool:
            return provider.knobs.rotates

        def authenticate_refresh_token(self, refresh_token: str) -> Issued | None:
            held = provider.find(refresh=refresh_token)
            return None if held is None or held.is_refresh_dead or provider.knobs.refuses_refresh else held

        def authenticate_user(self, refresh_token: Issued) -> str:
            return refresh_token.user

        def revoke_old_credential(self, refresh_token: Issued) -> None:
            refresh_token.is_access_dead = True
            refresh_token.is_refresh_dead = provider.knobs.rotates

    return RefreshGrant


def _revocation(provider: Provider) -> Any:
    class Revocation(RevocationEndpoint):  # type: ignore[misc]
        CLIENT_AUTH_METHODS = ("client_secret_basic", "client_secret_post")

        def query_token(self, token_string: str, token_type_hint: str | None) -> Issued | None:
            return provider.find(access=token_string) or provider.find(refresh=token_string)

        def revoke_token(self, token: Issued, asked: Any) -> None:
            _kill(provider, token)

    return Revocation


def _consent_page(scope: str) -> Response:
    return make_response(
        f"""<!doctype html><html lang="en"><title>Provider</title><h1>Allow the app to use your account?</h1>
<p>It asks for: {escape(scope) or "nothing"}</p>
<form method="post"><input type="hidden" name="user" value="ada">
<button name="decision" value="allow">Allow</button> <button name="decision" value="deny">Deny</button></form>
</html>"""
    )


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=0)
    server = make_server("127.0.0.1", parser.parse_args().port, create_app(Provider()), threaded=True)
    print(f"http://127.0.0.1:{server.server_port}", flush=True)  # noqa: T201
    server.serve_forever()


if __name__ == "__main__":
    main()
