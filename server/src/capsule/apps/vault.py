"""Secrets as the app host gets them: asked of the server at each use, so that a new value counts at once."""

import asyncio
from pathlib import Path

from capsule.errors import Unavailable
from capsule.kit.rpc import RpcClient

_RETRY_SECONDS = 0.2


class ServerVault:
    """Implements `contract.Vault` over the server's control socket. Remembers nothing."""

    def __init__(self, socket: Path, *, patience_seconds: float = 10.0) -> None:
        """`patience_seconds`: how long a server that is being restarted is waited for."""
        self._rpc = RpcClient(socket, name="server")
        self._patience = patience_seconds

    async def secret(self, capsule_id: str, environment: str, name: str) -> str | None:
        params = {"capsule_id": capsule_id, "environment": environment, "name": name}
        loop = asyncio.get_running_loop()
        deadline = loop.time() + self._patience
        while True:
            try:
                value = await self._rpc.call("secret", params, timeout=self._patience)
                return None if value is None else str(value)
            except Unavailable as exc:
                if loop.time() + _RETRY_SECONDS >= deadline:
                    raise Unavailable(
                        "The platform's server is away, so no secret can be read now. Try again soon.",
                        hint="capsule status",
                    ) from exc
            await asyncio.sleep(_RETRY_SECONDS)

    async def close(self) -> None:
        await self._rpc.close()
