"""Values of the whole app outside of any turn, as `boot` uses them: `cpsl._app_store.AppBackend`."""

from __future__ import annotations

from typing import Any, Literal

from cpsl.wire import DeleteValue, GetValue, SetValue

from .link import Link


class AppValues:
    """Over the newest connection of the app host."""

    def __init__(self, link: Link) -> None:
        self.link = link

    async def get_value(self, scope: Literal["app"], key: str, default: Any) -> Any:
        found = await self.link.request(lambda id: GetValue("", id, "", scope, key))
        return found["value"] if found["found"] else default

    async def set_value(self, scope: Literal["app"], key: str, value: Any) -> None:
        await self.link.request(lambda id: SetValue("", id, "", scope, key, value))

    async def delete_value(self, scope: Literal["app"], key: str) -> None:
        await self.link.request(lambda id: DeleteValue("", id, "", scope, key))
