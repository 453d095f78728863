"""The app host as the server sees it, over its control socket."""

from pathlib import Path

import msgspec

from capsule.apps.contract import HostedApp, RuntimeReport
from capsule.kit.rpc import RpcClient

_MARGIN_SECONDS = 15.0


class AppHostClient:
    """Implements `contract.AppHost` by calling the app host's process."""

    def __init__(self, socket: Path) -> None:
        self._rpc = RpcClient(socket, name="app host")

    async def put_app(
        self, app: HostedApp, *, ready_seconds: float = 60.0, drain_seconds: float = 30.0
    ) -> None:
        params = {
            "app": msgspec.to_builtins(app),
            "ready_seconds": ready_seconds,
            "drain_seconds": drain_seconds,
        }
        await self._rpc.call("put_app", params, timeout=ready_seconds + drain_seconds + _MARGIN_SECONDS)

    async def remove_app(self, capsule_id: str, environment: str, *, delete_data: bool = False) -> None:
        params = {"capsule_id": capsule_id, "environment": environment, "delete_data": delete_data}
        await self._rpc.call("remove_app", params)

    async def apps(self) -> list[HostedApp]:
        return msgspec.convert(await self._rpc.call("apps"), list[HostedApp])

    async def runtimes(self, capsule_id: str, environment: str) -> RuntimeReport:
        params = {"capsule_id": capsule_id, "environment": environment}
        return msgspec.convert(await self._rpc.call("runtimes", params), RuntimeReport)

    async def stop_runtime(self, capsule_id: str, environment: str, user_id: str) -> None:
        params = {"capsule_id": capsule_id, "environment": environment, "user_id": user_id}
        await self._rpc.call("stop_runtime", params)

    async def clear_files(self, capsule_id: str, environment: str, user_id: str) -> None:
        params = {"capsule_id": capsule_id, "environment": environment, "user_id": user_id}
        await self._rpc.call("clear_files", params, timeout=None)

    async def ping(self) -> None:
        """Raise Unavailable unless the process answers."""
        await self._rpc.call("health", timeout=5.0)

    async def close(self) -> None:
        await self._rpc.close()
