"""The part of an engine that is the same for all which mind each replica with a handle of its own."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Generic, TypeVar

from capsule.engines.contract import Exit, ReplicaExists, ReplicaNotFound, ReplicaSpec, ReplicaStatus, Restart
from capsule.engines.minded import MindedReplica
from capsule.engines.open_shells import OpenShells
from capsule.engines.running_shell import RunningShell
from capsule.engines.shells import Patience, ShellSpec
from capsule.errors import InvalidInput

_ID_CHARACTERS = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-")

H = TypeVar("H", bound=MindedReplica[Any])


class HandledEngine(ABC, Generic[H]):
    """Finds replicas by id, makes each once, ends it for good. The methods are those of `Engine`."""

    def __init__(self, patience: Patience | None) -> None:
        """`patience` is that with shells."""
        self._handles: dict[str, H] = {}
        self._starting: dict[str, H] = {}
        self._destroying: dict[str, asyncio.Task[None]] = {}
        self._tasks: list[asyncio.Task[None]] = []
        """What goes on beside all replicas; ended by `close`."""
        self.shells = OpenShells(self._enter, patience)

    async def start(self, spec: ReplicaSpec) -> ReplicaStatus:
        if not spec.id or not set(spec.id) <= _ID_CHARACTERS:
            raise InvalidInput(f"{spec.id!r} is no id of a replica.")
        if spec.id in self._handles or spec.id in self._starting:
            raise ReplicaExists(f"Replica {spec.id} exists already.")
        self._check(spec)
        root = self._folder(spec.id)
        try:
            root.mkdir(mode=0o700, parents=True)
        except FileExistsError:
            raise ReplicaExists(f"A folder of replica {spec.id} exists already.") from None
        handle = self._starting[spec.id] = self._new_handle(spec, root)
        try:
            await handle.start()
        except BaseException:
            await asyncio.shield(self._clear(handle))
            raise
        finally:
            del self._starting[spec.id]
        self._handles[spec.id] = handle
        return handle.status()

    async def stop(self, replica_id: str) -> ReplicaStatus:
        handle = self._handle(replica_id)
        # Once begun it goes on to the end, also when the caller goes away.
        await asyncio.shield(asyncio.ensure_future(handle.stop()))
        return handle.status()

    async def destroy(self, replica_id: str) -> None:
        if replica_id in self._handles and replica_id not in self._destroying:
            self._destroying[replica_id] = asyncio.create_task(self._destroy(replica_id))
        if task := self._destroying.get(replica_id):
            await asyncio.shield(task)

    async def set_restart(self, replica_id: str, restart: Restart) -> ReplicaStatus:
        handle = self._handle(replica_id)
        await handle.set_restart(restart)
        return handle.status()

    async def inspect(self, replica_id: str) -> ReplicaStatus:
        return self._handle(replica_id).status(look=True)

    async def list(self) -> list[ReplicaStatus]:
        return [handle.status() for handle in self._handles.values()]

    async def wait(self, replica_id: str) -> Exit:
        return await self._handle(replica_id).wait()

    async def close(self) -> None:
        await asyncio.gather(*self._destroying.values(), return_exceptions=True)
        await self.shells.let_go()
        for handle in self._handles.values():
            await handle.let_go()
        self._handles.clear()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks.clear()

    @abstractmethod
    def _check(self, spec: ReplicaSpec) -> None:
        """Raise for what can be known before anything is made."""

    @abstractmethod
    def _folder(self, replica_id: str) -> Path: ...

    @abstractmethod
    def _new_handle(self, spec: ReplicaSpec, root: Path) -> H: ...

    async def _clear(self, handle: H) -> None:
        """Remove every trace of a replica."""
        await handle.destroy()

    def _known(self) -> Iterator[H]:
        """Yield the handles of all that have started, also while others come and go."""
        yield from tuple(self._handles.values())

    def _handle(self, replica_id: str) -> H:
        handle = self._handles.get(replica_id)
        if handle is None:
            raise ReplicaNotFound(f"There is no replica {replica_id}.")
        return handle

    async def _enter(self, spec: ShellSpec) -> RunningShell:
        return await self._handle(spec.replica_id).enter(spec)

    async def _destroy(self, replica_id: str) -> None:
        try:
            await self._clear(self._handles[replica_id])
            del self._handles[replica_id]
        finally:
            del self._destroying[replica_id]
