"""Small values kept by key for the whole app: `app.get`, `app.set`, `app.delete`."""

from __future__ import annotations

from typing import Any, Literal, Protocol

from ._ambient import active_session
from ._checks import check_text, to_stored_json


class AppBackend(Protocol):
    """Where the values of an app are kept. The runtime sets one as `app._backend`."""

    async def get_value(self, scope: Literal["app"], key: str, default: Any) -> Any: ...

    async def set_value(self, scope: Literal["app"], key: str, value: Any) -> None: ...

    async def delete_value(self, scope: Literal["app"], key: str) -> None: ...


class AppStore:
    """The part of `App` that keeps values."""

    _backend: AppBackend | None = None

    async def get(self, key: str, default: Any = None) -> Any:
        """Return a value kept for the whole app. Raises RuntimeError outside a running app."""
        key = check_text(key, "The key of a value")
        return await self._store("app.get()").get_value("app", key, default)

    async def set(self, key: str, value: Any) -> None:
        """Keep a value for the whole app. Raises TypeError or ValueError when it is no JSON."""
        key = check_text(key, "The key of a value")
        stored = to_stored_json(value, f"The value of {key!r}")
        await self._store("app.set()").set_value("app", key, stored)

    async def delete(self, key: str) -> None:
        """Forget a value kept for the whole app."""
        key = check_text(key, "The key of a value")
        await self._store("app.delete()").delete_value("app", key)

    def _store(self, call: str) -> AppBackend:
        # Inside a handler through its session, so that a turn that is run again finds what it found before.
        session = active_session.get()
        if session is not None and session._backend is not None:
            return session._backend
        if self._backend is None:
            raise RuntimeError(f"{call} can be used once the app is running, not at import.")
        return self._backend
