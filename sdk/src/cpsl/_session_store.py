"""Small values kept by key, for a session, a user, an owner or the whole app."""

from __future__ import annotations

from typing import Any, get_args

from ._errors import NotYetAvailable
from ._types import CollectionScope, check_word

_SCOPES: tuple[str, ...] = get_args(CollectionScope)


class StoreCalls:
    """`session.get`, `session.set`, `session.delete`."""

    async def get(self, key: str, default: Any = None, *, scope: str = "session") -> Any:
        check_word(scope, _SCOPES, "scope")
        raise NotYetAvailable("session.get()")

    async def set(self, key: str, value: Any, *, scope: str = "session") -> None:
        check_word(scope, _SCOPES, "scope")
        raise NotYetAvailable("session.set()")

    async def delete(self, key: str, *, scope: str = "session") -> None:
        check_word(scope, _SCOPES, "scope")
        raise NotYetAvailable("session.delete()")
