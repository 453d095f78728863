"""The docker engine: `Engine` over handles, one per replica. Speaks to no daemon before it has to."""

import asyncio
import contextlib
import functools
import logging
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from capsule.docker.daemon import Daemon
from capsule.docker.errors import DockerRefused, DockerUnavailable
from capsule.docker.networks import INSTALLATION_LABEL, Networks
from capsule.engines.contract import (
    Capabilities,
    Exit,
    Fingerprint,
    Health,
    ReplicaNotFound,
    ReplicaSpec,
    ReplicaStartFailed,
    ReplicaStats,
    ReplicaStatus,
    RuntimeFailed,
    RuntimeSpec,
    RuntimeStatus,
    ZygoteStatus,
)
from capsule.engines.docker.addresses import Addresses
from capsule.engines.docker.container import REPLICA_LABEL, USUAL_PORT
from capsule.engines.docker.disk import DiskWatch, Watched
from capsule.engines.docker.handle import Handle, Surroundings
from capsule.engines.docker.state import ContainerFolder, ContainerState
from capsule.engines.handled import HandledEngine
from capsule.engines.open_shells import OpenShells
from capsule.engines.process.storage_quota import StorageWatch, Writer
from capsule.engines.records import AppLogs
from capsule.engines.shells import Patience
from capsule.paths import DataPaths

if TYPE_CHECKING:
    from capsule.docker.client import DockerClient

log = logging.getLogger(__name__)

_RETRY_SECONDS = 1.0


class DockerEngine(HandledEngine[Handle]):
    name = "docker"

    def __init__(self, paths: DataPaths, *, patience: Patience | None = None) -> None:
        """`patience` is that with shells."""
        super().__init__(patience)
        self._paths = paths
        self._daemon = Daemon(paths)
        self._around = Surroundings(
            client=self._client,
            installation=self._daemon.installation,
            networks=Networks(self._daemon.installation),
            addresses=Addresses(),
            logs=AppLogs(paths.telemetry),
            network_changes=asyncio.Lock(),
        )
        self._listening = asyncio.Event()

    @property
    def capabilities(self) -> Capabilities:
        if not self._daemon.is_possible():
            return Capabilities()
        return Capabilities(
            mounts=True,
            private_files=True,
            private_processes=True,
            private_network=True,
            memory_limit=True,
            cpu_limit=True,
            process_limit=True,
            disk_limit=True,
            images=True,
        )

    async def fingerprint(self) -> Fingerprint:
        client = await self._daemon.running()
        if client is not None:
            with contextlib.suppress(DockerUnavailable, DockerRefused):
                version = (await client.info()).get("ServerVersion", "")
                sentence = f"Docker {version} runs containers; each space has a network of its own."
                return Fingerprint(self.name, Health.healthy, sentence)
        reason = self._daemon.why_not()
        if reason is not None:
            return Fingerprint(self.name, Health.undetected, reason)
        return Fingerprint(self.name, Health.healthy, "Docker is started with the first container.")

    async def recover(self) -> list[ReplicaStatus]:
        self._paths.containers.mkdir(mode=0o700, parents=True, exist_ok=True)
        for path in sorted(self._paths.containers.iterdir()):
            folder = ContainerFolder(path)
            loaded = folder.load()
            if loaded is None:
                log.warning("removing the remains of replica %s: its state cannot be read", path.name)
                await asyncio.to_thread(shutil.rmtree, path, ignore_errors=True)
                continue
            self._handles[path.name] = Handle(*loaded, folder, self._around)
        for handle in self._handles.values():
            try:
                await handle.recover()
            except (DockerUnavailable, DockerRefused) as exc:
                log.error("replica %s could not be found again: %s", handle.spec.id, exc.detail)
                handle.lost()
        await self._remove_strays()
        return await self.list()

    async def stats(self, replica_id: str) -> ReplicaStats:
        return await self._handle(replica_id).stats()

    async def ready(self, replica_id: str) -> ZygoteStatus:
        raise self._no_runtimes(replica_id)

    async def wake(self, spec: RuntimeSpec) -> RuntimeStatus:
        raise self._no_runtimes(spec.replica_id)

    async def stop_runtime(self, replica_id: str, runtime_id: str, *, grace_seconds: float = 10.0) -> None:
        """There are none."""

    async def wait_runtime(self, replica_id: str, runtime_id: str) -> RuntimeStatus:
        return RuntimeStatus(runtime_id, replica_id, "", is_running=False, address="", end=Exit())

    async def runtimes(self, replica_id: str, *, measure: bool = False) -> Sequence[RuntimeStatus]:
        raise self._no_runtimes(replica_id)

    async def delete_files(self, owner: str) -> None:
        """Containers have no private files of users."""

    async def close(self) -> None:
        await super().close()
        self._listening.clear()
        await self._daemon.close()

    def _check(self, spec: ReplicaSpec) -> None:
        if not spec.image:
            raise ReplicaStartFailed(f"Replica {spec.id} names no image to start from.")

    def _folder(self, replica_id: str) -> Path:
        return self._paths.container(replica_id)

    def _new_handle(self, spec: ReplicaSpec, root: Path) -> Handle:
        state = ContainerState(restart=spec.restart, port=spec.port or USUAL_PORT)
        return Handle(spec, state, ContainerFolder(root), self._around)

    async def _client(self) -> "DockerClient":
        client = await self._daemon.client()
        if not self._tasks:
            self._tasks = [
                asyncio.create_task(self._listen()),
                asyncio.create_task(StorageWatch().run(self._writers)),
                asyncio.create_task(DiskWatch(self._daemon.client).run(self._watched)),
            ]
        await self._listening.wait()  # an end that came before would never be heard of
        return client

    async def _listen(self) -> None:
        """Pass on what the daemon tells of our containers; go on when it was away."""
        label = f"{INSTALLATION_LABEL}={self._daemon.installation}"
        filters = {"type": ["container"], "event": ["die", "oom"], "label": [label]}
        while True:
            try:
                client = await self._daemon.client()
                async for event in client.events(filters, on_open=self._listening.set):
                    replica_id = event["Actor"]["Attributes"].get(REPLICA_LABEL, "")
                    handle = self._handles.get(replica_id) or self._starting.get(replica_id)
                    if handle is not None and event["Actor"]["ID"] == handle.state.container:
                        handle.on_event(event["Action"])
            except (DockerUnavailable, DockerRefused) as exc:
                log.warning("the Docker daemon is away: %s", exc.detail)
            self._listening.set()  # who waits shall be told that there is no daemon
            await asyncio.sleep(_RETRY_SECONDS)
            with contextlib.suppress(DockerUnavailable, DockerRefused):
                client = await self._daemon.client()
                for handle in self._known():
                    await handle.look(client)

    async def _clear(self, handle: Handle) -> None:
        await super()._clear(handle)
        async with self._around.network_changes:
            if self._around.addresses.is_used(handle.network):
                return
            with contextlib.suppress(DockerUnavailable, DockerRefused):  # somebody is just joining it
                if client := await self._daemon.running():
                    await client.remove_network(handle.network)

    async def _remove_strays(self) -> None:
        """Remove containers whose replica nobody knows any more."""
        with contextlib.suppress(DockerUnavailable, DockerRefused):
            client = await self._daemon.running()
            if client is None:
                return
            for container in await client.containers(f"{INSTALLATION_LABEL}={self._daemon.installation}"):
                if container["Labels"].get(REPLICA_LABEL) not in self._handles:
                    await client.remove_container(container["Id"])

    def _writers(self) -> Iterator[Writer]:
        for handle in self._known():
            mounts = tuple(mount for mount in handle.spec.mounts if mount.size_file and not mount.read_only)
            if mounts:
                pids = functools.partial(_processes, handle, self.shells)
                yield Writer(handle.spec.id, pids, handle.cpu_seconds, handle.kill, mounts)

    def _watched(self) -> Iterator[Watched]:
        for handle in self._known():
            if handle.is_running:
                pids = functools.partial(_processes, handle, self.shells)
                limit = handle.spec.limits.disk
                yield Watched(handle.state.container, limit, pids, handle.end_because)

    def _no_runtimes(self, replica_id: str) -> RuntimeFailed | ReplicaNotFound:
        if replica_id not in self._handles:
            return ReplicaNotFound(f"There is no replica {replica_id}.")
        return RuntimeFailed(f"Replica {replica_id} is a container, which no runtimes come from.")


def _processes(handle: Handle, shells: OpenShells) -> list[int]:
    """Return the processes of a replica: its command's and those of its shells."""
    return [*handle.pids(), *shells.pids(handle.spec.id)]
