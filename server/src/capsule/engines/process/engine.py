"""The process engine: `Engine` over handles, one per replica."""

import asyncio
import logging
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from capsule.engines.contract import (
    Capabilities,
    Exit,
    Fingerprint,
    Health,
    ReplicaSpec,
    ReplicaStats,
    ReplicaStatus,
    RuntimeFailed,
    RuntimeSpec,
    RuntimeStatus,
    ZygoteStatus,
)
from capsule.engines.handled import HandledEngine
from capsule.engines.process import files, private_files, tree
from capsule.engines.process.handle import Handle, Surroundings
from capsule.engines.process.ports import free_port
from capsule.engines.process.quota import QuotaWatch, Watched
from capsule.engines.process.runtimes import Nursery, Runtimes
from capsule.engines.process.state import ReplicaFolder, ReplicaState
from capsule.engines.process.storage_quota import StorageWatch, Writer
from capsule.engines.process.watch import Watcher
from capsule.engines.records import AppLogs
from capsule.engines.shells import Patience
from capsule.paths import DataPaths
from capsule.sandbox.machine import Machine, Walls
from capsule.sandbox.probe import probe

log = logging.getLogger(__name__)

_MEMORY_CHECK_SECONDS = 5.0


class ProcessEngine(HandledEngine[Handle]):
    name = "process"

    def __init__(
        self, paths: DataPaths, *, machine: Machine | None = None, patience: Patience | None = None
    ) -> None:
        """`machine` is found out by probing unless given; `patience` is that with shells."""
        super().__init__(patience)
        self._paths = paths
        paths.replicas.mkdir(parents=True, exist_ok=True)
        self._machine = machine if machine is not None else probe(paths.root)
        self._logs = AppLogs(paths.telemetry)
        self._around: Surroundings | None = None

    @property
    def walls(self) -> Walls:
        return self._machine.walls

    @property
    def capabilities(self) -> Capabilities:
        has_walls = self._machine.walls is not Walls.plain
        has_groups = self._machine.cgroups is not None
        return Capabilities(
            mounts=has_walls,
            private_files=has_walls,
            private_processes=has_walls,
            private_network=False,
            memory_limit=has_groups,
            cpu_limit=has_groups,
            process_limit=has_groups,
            own_user=self._machine.drops_to_own_user,
            private_runtimes=self._machine.can_divide,
            filtered_network=self._machine.can_filter_network,
        )

    async def fingerprint(self) -> Fingerprint:
        walls = {
            Walls.root: "Each replica has its own files, processes and operating-system user",
            Walls.user: "Each replica has its own files and processes",
            Walls.plain: "Replicas run as ordinary processes",
        }[self._machine.walls]
        cgroups = self._machine.cgroups
        limits = f"cgroups v{cgroups.version} limit memory and processor" if cgroups else "no cgroups"
        users = "; app users have runtimes walled from each other" if self._machine.can_divide else ""
        gate = "; apps connect through a gate" if self._machine.can_filter_network else ""
        sentence = f"{walls}{users}{gate}; {limits}."
        return Fingerprint(self.name, Health.healthy, sentence, self._machine.notices)

    async def recover(self) -> list[ReplicaStatus]:
        around = self._surroundings()
        for path in sorted(self._paths.replicas.iterdir()):
            folder = ReplicaFolder(path)
            loaded = folder.load()
            if loaded is None:
                await asyncio.to_thread(self._remove_remains, path.name)
                continue
            handle = Handle(*loaded, folder, around)
            self._handles[path.name] = handle
            await handle.recover()
        self._remove_lost_groups()
        return await self.list()

    async def stats(self, replica_id: str) -> ReplicaStats:
        return self._handle(replica_id).stats()

    async def ready(self, replica_id: str) -> ZygoteStatus:
        runtimes = self._runtimes(replica_id)
        await self._handle(replica_id).load()
        status = await runtimes.ready()
        status = replace(status, memory_bytes=tree.shared_memory(self._handle(replica_id).status().pid))
        if self._machine.can_divide:
            return status
        notice = "This machine keeps the users of an app apart by nothing but separate processes."
        return replace(status, notices=(*status.notices, notice))

    async def wake(self, spec: RuntimeSpec) -> RuntimeStatus:
        runtimes = self._runtimes(spec.replica_id)
        await self._handle(spec.replica_id).load()
        return await runtimes.wake(spec)

    async def stop_runtime(self, replica_id: str, runtime_id: str, *, grace_seconds: float = 10.0) -> None:
        handle = self._handles.get(replica_id)
        runtime = handle.runtimes.find(runtime_id) if handle is not None and handle.runtimes else None
        if runtime is not None:
            await asyncio.shield(asyncio.ensure_future(runtime.stop(grace_seconds)))

    async def wait_runtime(self, replica_id: str, runtime_id: str) -> RuntimeStatus:
        handle = self._handles.get(replica_id)
        known = handle.runtimes if handle is not None else None
        if known is not None:
            if (ended := known.ended(runtime_id)) is not None:
                return ended
            if (runtime := known.find(runtime_id)) is not None:
                return await asyncio.shield(runtime.ended)
        return RuntimeStatus(runtime_id, replica_id, "", is_running=False, address="", end=Exit())

    async def runtimes(self, replica_id: str, *, measure: bool = False) -> Sequence[RuntimeStatus]:
        living = self._runtimes(replica_id).living
        if not measure:
            return [runtime.status() for runtime in living]
        memory = await asyncio.to_thread(lambda: [runtime.own_memory() for runtime in living])
        return [
            replace(runtime.status(), memory_bytes=size) for runtime, size in zip(living, memory, strict=True)
        ]

    async def delete_files(self, owner: str) -> None:
        private_files.check_owner(owner)
        await asyncio.to_thread(private_files.remove, self._paths.user_files(owner))

    async def close(self) -> None:
        await super().close()
        if self._around is not None:
            self._around.watcher.close()
            self._around = None

    def _check(self, spec: ReplicaSpec) -> None:
        files.check(spec, self._machine)

    def _folder(self, replica_id: str) -> Path:
        return self._paths.replica(replica_id)

    def _new_handle(self, spec: ReplicaSpec, root: Path) -> Handle:
        state = ReplicaState(restart=spec.restart, is_held=spec.loads_when_asked)
        return Handle(spec, state, ReplicaFolder(root), self._surroundings())

    def _surroundings(self) -> Surroundings:
        if self._around is None:  # not in __init__: the watcher belongs to the running loop
            storage = StorageWatch()
            nursery = Nursery(self._machine, self._paths, storage)
            self._around = Surroundings(
                self._machine, self._paths, Watcher(), self._logs, self._free_port, nursery
            )
            quota = QuotaWatch(self._paths.root, self._watched)
            self._tasks = [
                asyncio.create_task(self._check_memory()),
                asyncio.create_task(quota.run()),
                asyncio.create_task(storage.run(self._writers)),
            ]
        return self._around

    def _runtimes(self, replica_id: str) -> Runtimes:
        runtimes = self._handle(replica_id).runtimes
        if runtimes is None:
            raise RuntimeFailed(f"Replica {replica_id} is no app that runtimes come from.")
        return runtimes

    def _watched(self) -> Iterator[Watched]:
        for handle in self._known():
            terms = handle.spec.runtimes
            if handle.runtimes is not None and terms is not None:
                for runtime in handle.runtimes.living:
                    yield Watched(runtime, terms, self._paths.user_files(runtime.spec.owner))

    def _writers(self) -> Iterator[Writer]:
        for handle in self._known():
            mounts = tuple(mount for mount in handle.spec.mounts if mount.size_file and not mount.read_only)
            if not mounts:
                continue
            yield Writer(handle.spec.id, handle.pids, handle.cpu_seconds, handle.end, mounts)
            for runtime in handle.runtimes.living if handle.runtimes is not None else ():
                yield Writer(runtime.spec.id, runtime.pids, runtime.cpu_seconds, runtime.kill, mounts)

    def _free_port(self) -> int:
        handles = (*self._handles.values(), *self._starting.values())
        return free_port({handle.state.port for handle in handles})

    async def _check_memory(self) -> None:
        while True:
            await asyncio.sleep(_MEMORY_CHECK_SECONDS)
            for handle in self._known():
                handle.check_memory()

    def _remove_remains(self, replica_id: str) -> None:
        log.warning("removing the remains of replica %s: its state cannot be read", replica_id)
        if self._machine.cgroups is not None:
            group = self._machine.cgroups.group(replica_id)
            group.kill()
            group.remove()
        shutil.rmtree(self._paths.replica(replica_id), ignore_errors=True)

    def _remove_lost_groups(self) -> None:
        cgroups = self._machine.cgroups
        for name in cgroups.names() if cgroups is not None else ():
            if name.startswith("rpl_") and name not in self._handles:
                assert cgroups is not None
                group = cgroups.group(name)
                group.kill()
                group.remove()
