"""Several engines as one: a replica is started on the first that can do what it needs, and found by id."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace

from capsule.engines.chosen_shells import ChosenShells
from capsule.engines.contract import (
    Capabilities,
    Engine,
    Exit,
    Fingerprint,
    ReplicaExists,
    ReplicaSpec,
    ReplicaStartFailed,
    ReplicaStats,
    ReplicaStatus,
    Restart,
    RuntimeSpec,
    RuntimeStatus,
    ZygoteStatus,
)


class ChosenEngine:
    """Implements `Engine`. The first of the engines is the one for all that is not asked for more."""

    name = "chosen"

    def __init__(self, engines: Mapping[str, Engine]) -> None:
        self._engines = dict(engines)
        self._first = next(iter(self._engines.values()))
        self._homes: dict[str, Engine] = {}
        """Replica → the engine that has it."""
        self.shells = ChosenShells(self._home)

    @property
    def capabilities(self) -> Capabilities:
        """What plain replicas can rely on, and whether images can be started at all."""
        can = any(engine.capabilities.images for engine in self._engines.values())
        return replace(self._first.capabilities, images=can)

    async def fingerprint(self) -> Fingerprint:
        """Say it for each engine; the health is the first one's, without which little works."""
        found = [await engine.fingerprint() for engine in self._engines.values()]
        return Fingerprint(
            engine=", ".join(item.engine for item in found),
            health=found[0].health,
            sentence=" ".join(item.sentence for item in found),
            notices=tuple(notice for item in found for notice in item.notices),
        )

    async def recover(self) -> list[ReplicaStatus]:
        found = []
        for engine in self._engines.values():
            for status in await engine.recover():
                self._homes[status.id] = engine
                found.append(status)
        return found

    async def start(self, spec: ReplicaSpec) -> ReplicaStatus:
        if spec.id in self._homes:
            raise ReplicaExists(f"Replica {spec.id} exists already.")
        engine = self._choose(spec)
        status = await engine.start(spec)
        self._homes[spec.id] = engine
        return status

    async def stop(self, replica_id: str) -> ReplicaStatus:
        return await self._home(replica_id).stop(replica_id)

    async def destroy(self, replica_id: str) -> None:
        await self._home(replica_id).destroy(replica_id)
        self._homes.pop(replica_id, None)

    async def set_restart(self, replica_id: str, restart: Restart) -> ReplicaStatus:
        return await self._home(replica_id).set_restart(replica_id, restart)

    async def inspect(self, replica_id: str) -> ReplicaStatus:
        return await self._home(replica_id).inspect(replica_id)

    async def list(self) -> list[ReplicaStatus]:
        found = await asyncio.gather(*(engine.list() for engine in self._engines.values()))
        return [status for statuses in found for status in statuses]

    async def wait(self, replica_id: str) -> Exit:
        return await self._home(replica_id).wait(replica_id)

    async def stats(self, replica_id: str) -> ReplicaStats:
        return await self._home(replica_id).stats(replica_id)

    async def ready(self, replica_id: str) -> ZygoteStatus:
        return await self._home(replica_id).ready(replica_id)

    async def wake(self, spec: RuntimeSpec) -> RuntimeStatus:
        return await self._home(spec.replica_id).wake(spec)

    async def stop_runtime(self, replica_id: str, runtime_id: str, *, grace_seconds: float = 10.0) -> None:
        await self._home(replica_id).stop_runtime(replica_id, runtime_id, grace_seconds=grace_seconds)

    async def wait_runtime(self, replica_id: str, runtime_id: str) -> RuntimeStatus:
        return await self._home(replica_id).wait_runtime(replica_id, runtime_id)

    async def runtimes(self, replica_id: str, *, measure: bool = False) -> Sequence[RuntimeStatus]:
        return await self._home(replica_id).runtimes(replica_id, measure=measure)

    async def delete_files(self, owner: str) -> None:
        for engine in self._engines.values():
            await engine.delete_files(owner)

    async def close(self) -> None:
        for engine in self._engines.values():
            await engine.close()
        self._homes.clear()

    def _choose(self, spec: ReplicaSpec) -> Engine:
        for engine in self._engines.values():
            if engine.capabilities.images == bool(spec.image):
                return engine
        if spec.image:
            raise ReplicaStartFailed(
                "No container can be started on this machine: there is no Docker daemon.",
                hint="`capsule doctor` tells what is missing; on Debian: apt-get install docker.io",
            )
        raise ReplicaStartFailed("No engine of this machine starts plain replicas.")

    def _home(self, replica_id: str) -> Engine:
        """Return the engine that has the replica; of unknown ones the first says that they are unknown."""
        return self._homes.get(replica_id, self._first)
