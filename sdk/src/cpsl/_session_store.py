"""Small values kept by key, for a session, a user, an owner or the whole app."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, get_args

from ._checks import check_text, to_stored_json
from ._session_part import SessionPart
from ._types import CollectionScope, check_word

if TYPE_CHECKING:
    from ._backend import SessionBackend

_SCOPES: tuple[str, ...] = get_args(CollectionScope)


class StoreCalls(SessionPart):
    """`session.get`, `session.set`, `session.delete`: four scopes, each with keys of its own."""

    async def get(self, key: str, default: Any = None, *, scope: str = "session") -> Any:
        """Return the value kept under `key`, or `default`. Raises RuntimeError outside a running app."""
        key = _checked(key, scope)
        return await self._store("get", scope).get_value(scope, key, default)

    async def set(self, key: str, value: Any, *, scope: str = "session") -> None:
        """Keep `value` under `key`. Raises TypeError or ValueError when it is no JSON."""
        key = _checked(key, scope)
        stored = to_stored_json(value, f"The value of {key!r}")
        await self._store("set", scope).set_value(scope, key, stored)

    async def delete(self, key: str, *, scope: str = "session") -> None:
        """Forget what is kept under `key`, if anything is."""
        key = _checked(key, scope)
        await self._store("delete", scope).delete_value(scope, key)

    def _store(self, call: str, scope: str) -> SessionBackend:
        if self._backend is None:
            raise RuntimeError(f"session.{call}() works inside a running app.")
        owner = {"session": self.id, "user": self.user.id, "owner": self.user.owner_id}.get(scope, "app")
        if not owner:
            raise RuntimeError(f"session.{call}(scope={scope!r}): there is no {scope} here.")
        return self._backend


def _checked(key: str, scope: str) -> str:
    check_word(scope, _SCOPES, "scope")
    return check_text(key, "The key of a value")
