"""The docker engine: `Engine` over handles, one per replica. Speaks to no daemon before it has to."""

import asyncio
import contextlib
import functools
import logging
import shutil
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from capsule.docker.daemon import Daemon
from capsule.docker.errors import DockerRefused, DockerUnavailable
from capsule.docker.networks import INSTALLATION_LABEL, Networks
from capsule.engines.contract import (
    Capabilities,
    Exit,
    Fingerprint,
    Health,
    ReplicaExists,
    ReplicaNotFound,
    ReplicaSpec,
    ReplicaStartFailed,
    ReplicaStats,
    ReplicaStatus,
    Restart,
    RuntimeFailed,
    RuntimeSpec,
    RuntimeStatus,
    ZygoteStatus,
)
from capsule.engines.docker.addresses import Addresses
from capsule.engines.docker.container import REPLICA_LABEL, USUAL_PORT
from capsule.engines.docker.disk import DiskWatch, Watched
from capsule.engines.docker.handle import Handle, Surroundings
from capsule.engines.docker.shell import ContainerShell
from capsule.engines.docker.state import ContainerFolder, ContainerState
from capsule.engines.open_shells import OpenShells
from capsule.engines.process.storage_quota import StorageWatch, Writer
from capsule.engines.records import AppLogs
from capsule.engines.shells import Patience, ShellFailed, ShellSpec
from capsule.errors import InvalidInput
from capsule.paths import DataPaths

if TYPE_CHECKING:
    from capsule.docker.client import DockerClient

log = logging.getLogger(__name__)

_ID_CHARACTERS = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-")
_RETRY_SECONDS = 1.0


class DockerEngine:
    name = "docker"

    def __init__(self, paths: DataPaths, *, patience: Patience | None = None) -> None:
        """`patience` is that with shells."""
        self._paths = paths
        self._daemon = Daemon(paths)
        self._handles: dict[str, Handle] = {}
        self._starting: dict[str, Handle] = {}
        self._destroying: dict[str, asyncio.Task[None]] = {}
        self._tasks: list[asyncio.Task[None]] = []
        self._around = Surroundings(
            client=self._client,
            installation=self._daemon.installation,
            networks=Networks(self._daemon.installation),
            addresses=Addresses(),
            logs=AppLogs(paths.telemetry),
            network_changes=asyncio.Lock(),
        )
        self._listening = asyncio.Event()
        self.shells = OpenShells(self._open_shell, patience)

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

    async def start(self, spec: ReplicaSpec) -> ReplicaStatus:
        if not spec.id or not set(spec.id) <= _ID_CHARACTERS:
            raise InvalidInput(f"{spec.id!r} is no id of a replica.")
        if spec.id in self._handles or spec.id in self._starting:
            raise ReplicaExists(f"Replica {spec.id} exists already.")
        if not spec.image:
            raise ReplicaStartFailed(f"Replica {spec.id} names no image to start from.")
        folder = ContainerFolder(self._paths.container(spec.id))
        try:
            folder.root.mkdir(mode=0o700, parents=True)
        except FileExistsError:
            raise ReplicaExists(f"A folder of replica {spec.id} exists already.") from None
        state = ContainerState(restart=spec.restart, port=spec.port or USUAL_PORT)
        handle = Handle(spec, state, folder, self._around)
        self._starting[spec.id] = handle
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
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks.clear()
        self._listening.clear()
        await asyncio.gather(*self._destroying.values(), return_exceptions=True)
        await self.shells.let_go()
        for handle in self._handles.values():
            await handle.let_go()
        self._handles.clear()
        await self._daemon.close()

    async def _open_shell(self, spec: ShellSpec) -> ContainerShell:
        entrance = self._handle(spec.replica_id).entrance()
        if entrance is None:
            raise ShellFailed(f"Replica {spec.replica_id} does not run.", hint="Choose one that runs.")
        shell = ContainerShell(spec, lambda: self._is_enterable(spec.replica_id), await self._client())
        await shell.start(entrance)
        return shell

    def _is_enterable(self, replica_id: str) -> bool:
        handle = self._handles.get(replica_id)
        return handle is not None and handle.entrance() is not None

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
                for handle in list(self._handles.values()):
                    await handle.look(client)

    async def _destroy(self, replica_id: str) -> None:
        try:
            await self._clear(self._handles[replica_id])
            del self._handles[replica_id]
        finally:
            del self._destroying[replica_id]

    async def _clear(self, handle: Handle) -> None:
        await handle.destroy()
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
        for handle in list(self._handles.values()):
            mounts = tuple(mount for mount in handle.spec.mounts if mount.size_file and not mount.read_only)
            if mounts:
                pids = functools.partial(_processes, handle, self.shells)
                yield Writer(handle.spec.id, pids, handle.cpu_seconds, handle.kill, mounts)

    def _watched(self) -> Iterator[Watched]:
        for handle in list(self._handles.values()):
            if handle.entrance() is not None:
                pids = functools.partial(_processes, handle, self.shells)
                limit = handle.spec.limits.disk
                yield Watched(handle.state.container, limit, pids, handle.end_because)

    def _handle(self, replica_id: str) -> Handle:
        handle = self._handles.get(replica_id)
        if handle is None:
            raise ReplicaNotFound(f"There is no replica {replica_id}.")
        return handle

    def _no_runtimes(self, replica_id: str) -> RuntimeFailed | ReplicaNotFound:
        if replica_id not in self._handles:
            return ReplicaNotFound(f"There is no replica {replica_id}.")
        return RuntimeFailed(f"Replica {replica_id} is a container, which no runtimes come from.")


def _processes(handle: Handle, shells: OpenShells) -> list[int]:
    """Return the processes of a replica: its command's and those of its shells."""
    return [*handle.pids(), *shells.pids(handle.spec.id)]
