"""The engine of a node agent, called from another process: the same contract over a unix socket."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from capsule.engines.contract import (
    Capabilities,
    Exit,
    Fingerprint,
    ReplicaSpec,
    ReplicaStats,
    ReplicaStatus,
    Restart,
    RuntimeSpec,
    RuntimeStatus,
    ZygoteStatus,
)
from capsule.kit.rpc import RpcClient
from capsule.node.shells import ShellsClient

_START_SECONDS = 120.0
"""Copying a large artifact takes its time."""


class NodeClient:
    """`Engine` over RPC. Every call raises Unavailable while the agent cannot be reached."""

    name = "node"

    def __init__(self, socket: Path) -> None:
        self._rpc = RpcClient(socket, name="node agent")
        self._capabilities = Capabilities()
        self.shells = ShellsClient(self._rpc)

    @property
    def capabilities(self) -> Capabilities:
        """What the agent's engine can do; nothing at all until `fingerprint` or `recover` has asked it."""
        return self._capabilities

    async def fingerprint(self) -> Fingerprint:
        self._capabilities = msgspec.convert(await self._rpc.call("capabilities"), Capabilities)
        return msgspec.convert(await self._rpc.call("fingerprint"), Fingerprint)

    async def recover(self) -> list[ReplicaStatus]:
        """Return what the agent minds; it recovered when it started."""
        await self.fingerprint()
        return await self.list()

    async def start(self, spec: ReplicaSpec) -> ReplicaStatus:
        return _status(await self._rpc.call("start", {"spec": spec}, timeout=_START_SECONDS))

    async def stop(self, replica_id: str) -> ReplicaStatus:
        return _status(await self._rpc.call("stop", {"id": replica_id}, timeout=None))

    async def destroy(self, replica_id: str) -> None:
        await self._rpc.call("destroy", {"id": replica_id}, timeout=None)

    async def set_restart(self, replica_id: str, restart: Restart) -> ReplicaStatus:
        return _status(await self._rpc.call("set_restart", {"id": replica_id, "restart": restart}))

    async def inspect(self, replica_id: str) -> ReplicaStatus:
        return _status(await self._rpc.call("inspect", {"id": replica_id}))

    async def list(self) -> list[ReplicaStatus]:
        return msgspec.convert(await self._rpc.call("list"), list[ReplicaStatus])

    async def wait(self, replica_id: str) -> Exit:
        return msgspec.convert(await self._rpc.call("wait", {"id": replica_id}, timeout=None), Exit)

    async def stats(self, replica_id: str) -> ReplicaStats:
        return msgspec.convert(await self._rpc.call("stats", {"id": replica_id}), ReplicaStats)

    async def ready(self, replica_id: str) -> ZygoteStatus:
        return msgspec.convert(await self._rpc.call("ready", {"id": replica_id}, timeout=None), ZygoteStatus)

    async def wake(self, spec: RuntimeSpec) -> RuntimeStatus:
        answer = await self._rpc.call("wake", {"spec": spec}, timeout=_START_SECONDS)
        return msgspec.convert(answer, RuntimeStatus)

    async def stop_runtime(self, replica_id: str, runtime_id: str, *, grace_seconds: float = 10.0) -> None:
        params = {"id": replica_id, "runtime_id": runtime_id, "grace_seconds": grace_seconds}
        await self._rpc.call("stop_runtime", params, timeout=None)

    async def wait_runtime(self, replica_id: str, runtime_id: str) -> RuntimeStatus:
        params = {"id": replica_id, "runtime_id": runtime_id}
        return msgspec.convert(await self._rpc.call("wait_runtime", params, timeout=None), RuntimeStatus)

    async def runtimes(self, replica_id: str, *, measure: bool = False) -> Sequence[RuntimeStatus]:
        params = {"id": replica_id, "measure": measure}
        return msgspec.convert(await self._rpc.call("runtimes", params), list[RuntimeStatus])

    async def delete_files(self, owner: str) -> None:
        await self._rpc.call("delete_files", {"owner": owner}, timeout=None)

    async def health(self) -> dict[str, Any]:
        """Return `{status, pid, engine}`."""
        answer: dict[str, Any] = await self._rpc.call("health", timeout=3.0)
        return answer

    async def shutdown(self, *, stop_replicas: bool) -> None:
        """End the agent, and its replicas for good if asked."""
        await self._rpc.call("shutdown", {"stop_replicas": stop_replicas}, timeout=60.0)

    async def close(self) -> None:
        await self._rpc.close()


def _status(answer: object) -> ReplicaStatus:
    return msgspec.convert(answer, ReplicaStatus)
