"""Accounts connected through Pipedream, and the requests made with them."""

from __future__ import annotations

import json as jsonlib
from typing import Any

from ._errors import NotYetAvailable
from ._integrations import MODE_PIPEDREAM, IntegrationConfig, IntegrationLike, integration_type
from ._secrets import Secret, secret_name


def Pipedream(
    app_slug: str,
    *,
    client_id: str | Secret = "",
    client_secret: str | Secret = "",
    project_id: str | Secret = "",
    environment: str = "",
    api_base_url: str = "",
    oauth_app_id: str = "",
    connect_scopes: list[str] | None = None,
) -> IntegrationConfig:
    """Declare an account connected through Pipedream, with own project credentials or the platform's."""
    slug = app_slug.strip() if isinstance(app_slug, str) else ""
    if not slug:
        raise ValueError("Pipedream needs the slug of an app, such as 'google_sheets'.")
    own = (client_id, client_secret, project_id)
    if any(own) and not all(own):
        raise ValueError("Pipedream needs client_id, client_secret and project_id together, or none of them.")
    extras = {
        "project_id_secret": secret_name(project_id),
        "environment": environment,
        "api_base_url": api_base_url,
        "oauth_app_id": oauth_app_id,
        "connect_scope": " ".join(connect_scopes or []),
    }
    fields = [f"{key}:{value}" for key, value in extras.items() if value]
    return IntegrationConfig(slug, client_id, client_secret, fields=fields, mode=MODE_PIPEDREAM)


class PipedreamProxySession:
    """Make requests as a connected account; shaped like a `requests` session, synchronous."""

    def __init__(
        self,
        *,
        stub: Any,
        app_id: str,
        user_email: str,
        owner_id: str,
        integration: IntegrationLike,
        env: str = "",
    ) -> None:
        self.headers: dict[str, str] = {}
        self._integration = integration_type(integration)

    def request(
        self,
        method: str,
        url: str,
        *,
        params: Any = None,
        headers: dict[str, str] | None = None,
        data: Any = None,
        json: Any = None,
        timeout: float | tuple[float, float] | None = None,
        **kwargs: Any,
    ) -> PipedreamProxyResponse:
        if kwargs.get("files") is not None:
            raise NotImplementedError("Pipedream requests take no files.")
        raise NotYetAvailable(f"Calling {self._integration!r} through Pipedream")

    def get(self, url: str, **kwargs: Any) -> PipedreamProxyResponse:
        return self.request("GET", url, **kwargs)

    def post(self, url: str, **kwargs: Any) -> PipedreamProxyResponse:
        return self.request("POST", url, **kwargs)

    def put(self, url: str, **kwargs: Any) -> PipedreamProxyResponse:
        return self.request("PUT", url, **kwargs)

    def patch(self, url: str, **kwargs: Any) -> PipedreamProxyResponse:
        return self.request("PATCH", url, **kwargs)

    def delete(self, url: str, **kwargs: Any) -> PipedreamProxyResponse:
        return self.request("DELETE", url, **kwargs)

    def head(self, url: str, **kwargs: Any) -> PipedreamProxyResponse:
        return self.request("HEAD", url, **kwargs)

    def options(self, url: str, **kwargs: Any) -> PipedreamProxyResponse:
        return self.request("OPTIONS", url, **kwargs)


class PipedreamProxyResponse:
    """The answer to a `PipedreamProxySession` request."""

    def __init__(self, *, status_code: int, headers: dict[str, str] | None, body: bytes) -> None:
        self.status_code = status_code
        self.headers = dict(headers or {})
        self.content = body

    @property
    def ok(self) -> bool:
        return 200 <= self.status_code < 400

    @property
    def reason(self) -> str:
        from http import HTTPStatus

        try:
            return HTTPStatus(self.status_code).phrase
        except ValueError:
            return ""

    @property
    def text(self) -> str:
        return self.content.decode("utf-8", "replace")

    def json(self) -> Any:
        return jsonlib.loads(self.content)

    def raise_for_status(self) -> None:
        """Raise `requests.HTTPError` (RuntimeError where requests is not installed) for 400 and above."""
        if self.status_code < 400:
            return
        text = f"{self.status_code} {self.reason}: {self.text[:200]}"
        try:
            import requests  # type: ignore[import-untyped, unused-ignore]
        except ImportError:
            raise RuntimeError(text) from None
        raise requests.HTTPError(text, response=self)
