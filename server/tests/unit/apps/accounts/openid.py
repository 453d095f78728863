"""A real OpenID provider on a port of its own, which can be told to misbehave."""

import base64
import hashlib
import secrets
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, unquote, urlencode

import uvicorn
from joserfc import jwt
from joserfc.jwk import RSAKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

CLIENT, SECRET = "client-1", "s:e c/ret"


@dataclass
class Provider:
    """Says yes to everybody who is sent to it."""

    person: dict[str, Any] = field(default_factory=lambda: {"sub": "ada"})
    """Claims of whoever signs in next."""
    spoil: Callable[[dict[str, Any]], None] = lambda claims: None
    """Changes the claims of the next id tokens."""
    discovery: dict[str, Any] = field(default_factory=dict)
    """What its description says otherwise."""
    has_userinfo: bool = False
    """Whether e-mails are told by the userinfo endpoint only."""
    codes: dict[str, dict[str, str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.key = RSAKey.generate_key(2048, {"use": "sig"}, auto_kid=True)
        self.signs_with = self.key
        routes = [
            Route("/.well-known/openid-configuration", self._describe),
            Route("/authorize", self._authorize),
            Route("/token", self._token, methods=["POST"]),
            Route("/keys", self._keys),
            Route("/userinfo", self._userinfo),
        ]
        listener = socket.create_server(("127.0.0.1", 0))
        self.issuer = f"http://127.0.0.1:{listener.getsockname()[1]}"
        self._server = uvicorn.Server(uvicorn.Config(Starlette(routes=routes), log_config=None))
        self._thread = threading.Thread(target=self._server.run, args=([listener],), daemon=True)
        self._thread.start()
        while not self._server.started:
            time.sleep(0.01)

    def rotate(self) -> None:
        self.key = self.signs_with = RSAKey.generate_key(2048, {"use": "sig"}, auto_kid=True)

    def close(self) -> None:
        self._server.should_exit = True
        self._thread.join(10)

    def _describe(self, _request: Request) -> Response:
        found = {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
        }
        if self.has_userinfo:
            found["userinfo_endpoint"] = f"{self.issuer}/userinfo"
        return JSONResponse({**found, **self.discovery})

    def _authorize(self, request: Request) -> Response:
        query = dict(request.query_params)
        assert query["response_type"] == "code"
        assert query["client_id"] == CLIENT
        assert query["code_challenge_method"] == "S256"
        code = secrets.token_urlsafe(16)
        self.codes[code] = query
        answer = urlencode({"code": code, "state": query["state"]})
        return RedirectResponse(f"{query['redirect_uri']}?{answer}", 302)

    async def _token(self, request: Request) -> Response:
        form = {key: values[0] for key, values in parse_qs((await request.body()).decode()).items()}
        asked = self.codes.pop(form["code"], None)
        kind, _, pair = request.headers.get("authorization", "").partition(" ")
        user, _, secret = base64.b64decode(pair).decode().partition(":")
        digest = base64.urlsafe_b64encode(hashlib.sha256(form["code_verifier"].encode()).digest())
        if (
            asked is None
            or (kind, unquote(user), unquote(secret)) != ("Basic", CLIENT, SECRET)
            or digest.rstrip(b"=").decode() != asked["code_challenge"]
            or form["redirect_uri"] != asked["redirect_uri"]
        ):
            return JSONResponse({"error": "invalid_grant"}, 400)
        now = int(time.time())
        said = {"sub": self.person["sub"]} if self.has_userinfo else self.person
        claims = {
            "iss": self.issuer,
            "aud": CLIENT,
            "iat": now,
            "exp": now + 300,
            "nonce": asked["nonce"],
            **said,
        }
        self.spoil(claims)
        token = jwt.encode({"alg": "RS256", "kid": self.signs_with.kid}, claims, self.signs_with)
        return JSONResponse({"id_token": token, "access_token": "access", "token_type": "Bearer"})

    def _keys(self, _request: Request) -> Response:
        return JSONResponse({"keys": [self.key.as_dict(private=False)]})

    def _userinfo(self, request: Request) -> Response:
        assert request.headers["authorization"] == "Bearer access"
        return JSONResponse(self.person)
