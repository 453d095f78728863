"""Read and write the declared settings of an app."""

from __future__ import annotations

from typing import Any

from ._errors import NotYetAvailable


class SettingsAccessor:
    """`app.settings`; usable while the app runs."""

    def __init__(self, app: Any) -> None:
        self._app = app

    async def get(self, key: str) -> Any:
        """Return the stored value, else the declared default, else None."""
        self._check_running()
        raise NotYetAvailable("Reading settings")

    async def get_all(self, keys: list[str] | None = None) -> dict[str, Any]:
        self._check_running()
        raise NotYetAvailable("Reading settings")

    async def set(self, key: str, value: Any) -> None:
        self._check_running()
        raise NotYetAvailable("Writing settings")

    def _check_running(self) -> None:
        if not self._app._is_running:
            raise RuntimeError("app.settings can be used once the app is running, not at import.")
