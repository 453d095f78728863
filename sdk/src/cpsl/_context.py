"""What handlers of HTTP requests know of the caller."""

from __future__ import annotations

from typing import Any

from ._ambient import current_session
from ._identity import UserInfo
from ._integrations import IntegrationCredentials, IntegrationLike
from ._pipedream import PipedreamProxySession


class RequestContext:
    """The caller of a data handler or an endpoint."""

    def __init__(
        self,
        user: UserInfo,
        integrations: dict[str, IntegrationCredentials],
        authenticated: bool = False,
        request: Any = None,
        session_stub: Any = None,
        app_id: str = "",
        env: str = "",
    ) -> None:
        self.user = user
        self.integrations = integrations
        self.authenticated = authenticated
        self.request = request
        self._stub = session_stub

    def pipedream(self, integration: IntegrationLike) -> PipedreamProxySession:
        """Return a session that makes requests as the caller's account."""
        if self._stub is None:
            raise RuntimeError("pipedream() works inside a running app.")
        return PipedreamProxySession(
            stub=self._stub,
            app_id="",
            user_email=self.user.email or "",
            owner_id=self.user.owner_id,
            integration=integration,
        )


class HomeContext(RequestContext):
    """The visitor of the landing page."""

    def __init__(
        self,
        *,
        user: UserInfo,
        integrations: dict[str, IntegrationCredentials],
        authenticated: bool = False,
        request: Any = None,
        db: Any = None,
        app: Any = None,
    ) -> None:
        super().__init__(user, integrations, authenticated, request)
        self.db = db
        self.app = app


def pipedream(integration: IntegrationLike) -> PipedreamProxySession:
    """Return a session that makes requests as the account of the running handler's user."""
    session = current_session()
    if session is None:
        raise RuntimeError("cpsl.pipedream() works inside a handler.")
    return session.pipedream(integration)
