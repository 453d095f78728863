"""Shells over RPC: both ends."""

from collections.abc import Sequence
from typing import Any

import msgspec

from capsule.engines.shells import ShellOutput, Shells, ShellSpec, ShellStatus
from capsule.kit.rpc import Handler, RpcClient

_MARGIN_SECONDS = 10.0


class ShellsClient:
    """`Shells` of the node agent. Every call raises Unavailable while it cannot be reached."""

    def __init__(self, rpc: RpcClient) -> None:
        self._rpc = rpc

    async def open(self, spec: ShellSpec) -> ShellStatus:
        return msgspec.convert(await self._rpc.call("open_shell", {"spec": spec}), ShellStatus)

    async def inspect(self, replica_id: str, shell_id: str) -> ShellStatus:
        answer = await self._rpc.call("inspect_shell", {"replica_id": replica_id, "shell_id": shell_id})
        return msgspec.convert(answer, ShellStatus)

    async def list(self, replica_id: str) -> Sequence[ShellStatus]:
        answer = await self._rpc.call("list_shells", {"replica_id": replica_id})
        return msgspec.convert(answer, list[ShellStatus])

    async def read(
        self, replica_id: str, shell_id: str, *, after: int, wait_seconds: float = 20.0
    ) -> ShellOutput:
        params = {
            "replica_id": replica_id,
            "shell_id": shell_id,
            "after": after,
            "wait_seconds": wait_seconds,
        }
        answer = await self._rpc.call("read_shell", params, timeout=wait_seconds + _MARGIN_SECONDS)
        return msgspec.convert(answer, ShellOutput)

    async def write(self, replica_id: str, shell_id: str, data: bytes, *, is_last: bool = False) -> None:
        params = {"replica_id": replica_id, "shell_id": shell_id, "data": data, "is_last": is_last}
        await self._rpc.call("write_shell", params, timeout=None)

    async def resize(self, replica_id: str, shell_id: str, columns: int, rows: int) -> None:
        params = {"replica_id": replica_id, "shell_id": shell_id, "columns": columns, "rows": rows}
        await self._rpc.call("resize_shell", params)

    async def close(self, replica_id: str, shell_id: str) -> None:
        await self._rpc.call("close_shell", {"replica_id": replica_id, "shell_id": shell_id})


class _Input(msgspec.Struct):
    replica_id: str
    shell_id: str
    data: bytes
    is_last: bool


def shell_handlers(shells: Shells) -> dict[str, Handler]:
    async def open_shell(params: dict[str, Any]) -> object:
        return await shells.open(msgspec.convert(params["spec"], ShellSpec))

    async def inspect_shell(params: dict[str, Any]) -> object:
        return await shells.inspect(params["replica_id"], params["shell_id"])

    async def list_shells(params: dict[str, Any]) -> object:
        return await shells.list(params["replica_id"])

    async def read_shell(params: dict[str, Any]) -> object:
        return await shells.read(**params)

    async def write_shell(params: dict[str, Any]) -> object:
        given = msgspec.convert(params, _Input)
        await shells.write(given.replica_id, given.shell_id, given.data, is_last=given.is_last)
        return None

    async def resize_shell(params: dict[str, Any]) -> object:
        await shells.resize(**params)
        return None

    async def close_shell(params: dict[str, Any]) -> object:
        await shells.close(params["replica_id"], params["shell_id"])
        return None

    return {
        "open_shell": open_shell,
        "inspect_shell": inspect_shell,
        "list_shells": list_shells,
        "read_shell": read_shell,
        "write_shell": write_shell,
        "resize_shell": resize_shell,
        "close_shell": close_shell,
    }
