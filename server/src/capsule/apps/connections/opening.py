"""Make the connections of each app out of what all apps share: the key, the HTTP clients, the settings."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from capsule.apps.connections.calls import ProviderCalls
from capsule.apps.connections.connections import Connections
from capsule.apps.connections.safe import Safe
from capsule.apps.options import ProviderUrls
from capsule.kit.crypto import SecretBox

if TYPE_CHECKING:
    from capsule.apps.liveapp import LiveApp


class ConnectionKeeper:
    """One for the whole app host; each app's `Connections` are closed before it is."""

    def __init__(self, key_file: Path, providers: Mapping[str, ProviderUrls]) -> None:
        self._box = SecretBox.open(key_file)
        self._providers = providers
        self._calls = ProviderCalls()

    def open(self, live: "LiveApp") -> Connections:
        """Return the connections of one app. `live` has its log, vault and prompts by now."""
        app = live.app
        safe = Safe(live.log, self._box, app.capsule_id, app.environment)

        async def read_secret(name: str) -> str | None:
            return await live.vault.secret(app.capsule_id, app.environment, name)

        found = Connections(
            live.log, safe, self._calls, self._providers, lambda: live.app.manifest, read_secret
        )
        found.on_connected = live.prompts.connected
        return found

    async def close(self) -> None:
        await self._calls.close()
