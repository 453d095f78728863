"""Mind one replica: start its container, tell how it is, start it again after a crash, end it."""

import asyncio
import contextlib
import logging
import signal
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from capsule.docker.errors import DockerRefused, DockerUnavailable
from capsule.docker.networks import Networks, space_network
from capsule.engines.contract import (
    Phase,
    ReplicaSpec,
    ReplicaStartFailed,
    ReplicaStats,
)
from capsule.engines.docker.addresses import Addresses
from capsule.engines.docker.container import brings_init, check_mounts, describe, stop_signal
from capsule.engines.docker.exits import KILLED, exit_of
from capsule.engines.docker.kept_shells import KeptShells
from capsule.engines.docker.logs import ContainerLogs
from capsule.engines.docker.shell import ContainerShell, Entrance
from capsule.engines.docker.state import ContainerFolder, ContainerState
from capsule.engines.docker.stats import read_stats
from capsule.engines.minded import MindedReplica, finish
from capsule.engines.process import private_files, tree
from capsule.engines.records import AppLogs, Records
from capsule.engines.running_shell import send
from capsule.engines.shells import ShellSpec
from capsule.kit.clock import now

if TYPE_CHECKING:
    from capsule.docker.client import DockerClient

log = logging.getLogger(__name__)

_ADDRESS_TRIES = 20
_OOM_SECONDS = 0.5
"""So long after each other the daemon may tell of a killed process and of the end it led to."""
_RETRY_SECONDS = 1.0
_INIT = "/sbin/docker-init"
_LOOK_SECONDS = 0.005


@dataclass(frozen=True)
class Surroundings:
    """What all replicas of an engine share."""

    client: Callable[[], Awaitable["DockerClient"]]
    """Raises DockerUnavailable."""
    installation: str
    networks: Networks
    addresses: Addresses
    logs: AppLogs
    network_changes: asyncio.Lock


class Handle(MindedReplica[ContainerState]):
    def __init__(
        self, spec: ReplicaSpec, state: ContainerState, folder: ContainerFolder, around: Surroundings
    ) -> None:
        records = Records(spec.id, spec.labels, spec.redact, around.logs.open(spec.capsule_id))
        self._log = ContainerLogs(folder, records)
        super().__init__(spec, state, folder, self._log.say)
        self.network = space_network(around.installation, spec.space_id or spec.capsule_id)
        self._folder = folder
        self._around = around
        self._shells = KeptShells(state, self._save)
        self._image: dict[str, Any] = {}
        self._pid = 0
        """On this machine; 0: none runs."""
        self._has_init = False
        self._ended = asyncio.Event()
        """The container has ended."""
        self._killed_process = asyncio.Event()
        self._because = ""
        """Why we have ended what runs."""

    @property
    def name(self) -> str:
        """Of the container."""
        return f"capsule-{self._around.installation}-{self.spec.id}"

    async def recover(self) -> None:
        """Go on with what an earlier process of the node agent left. Raises DockerUnavailable."""
        client = await self._around.client()
        container = await client.container(self.state.container) if self.state.container else None
        if self.state.ip:
            subnet = await self._around.networks.ensure(client, self.network)
            self._around.addresses.take(self.network, subnet, self.spec.id, wanted=self.state.ip)
        if container is not None:
            self._image = await client.image(container["Image"]) or {}
            self._log.follow(client.logs(self.state.container, since=self._log.since))
            if container["State"]["Running"]:
                self._note_running(container)
                await self._shells.end(client)
                self._go_on()
                return
        if self.state.container:
            await self._note_end(client)
        self._found_ended()

    def lost(self) -> None:
        """Take notice that the daemon cannot be had at all: nothing runs."""
        self._ended.set()
        self._found_ended()

    def on_event(self, action: str) -> None:
        """Take notice of what the daemon tells of the container: `oom` or `die`."""
        if action == "oom":
            self._killed_process.set()
            asyncio.get_running_loop().call_later(_OOM_SECONDS, self._say_killed, self.state.container)
        elif action == "die":
            self._ended.set()

    async def look(self, client: "DockerClient") -> None:
        """Find out what happened while the daemon could not be heard."""
        if not self.state.container or self._ended.is_set():
            return
        container = await client.container(self.state.container)
        if container is None or not container["State"]["Running"]:
            self._ended.set()
        else:
            await self._log.let_go()
            self._log.follow(client.logs(self.state.container, since=self._log.since))

    async def destroy(self) -> None:
        """Stop, and remove container and folder."""
        with contextlib.suppress(DockerUnavailable):  # then nothing runs
            await self.stop()
            await (await self._around.client()).remove_container(self.name)
        if self._minding is not None:
            self._minding.cancel()
            await asyncio.gather(self._minding, return_exceptions=True)
        await self._log.let_go()
        self._around.logs.close(self.spec.capsule_id)
        self._around.addresses.give_back(self.spec.id)
        await asyncio.to_thread(private_files.remove, self._folder.root)

    async def stats(self) -> ReplicaStats:
        if not self._pid:
            return ReplicaStats(self.spec.id, 0.0, 0, 0)
        client = await self._around.client()
        try:
            answer = await client.stats(self.state.container)
        except DockerRefused:
            return ReplicaStats(self.spec.id, 0.0, 0, 0)
        return read_stats(self.spec.id, answer, helpers=1 if self._has_init else 0)

    def entrance(self) -> Entrance | None:
        if self._phase is not Phase.running or not self._pid or self._ended.is_set():
            return None
        return Entrance(self.state.container, self._shells)

    async def _start_shell(self, spec: ShellSpec) -> ContainerShell:
        entrance = self.entrance()
        assert entrance is not None
        shell = ContainerShell(spec, lambda: self.is_running, await self._around.client())
        await shell.start(entrance)
        return shell

    def pids(self) -> list[int]:
        return [self._pid, *tree.descendants(self._pid)] if self._pid else []

    def cpu_seconds(self, pids: list[int]) -> float:
        return tree.usage(pids)[0]

    def kill(self, reason: str) -> None:
        """End its processes; it is started again if that is wanted. `reason` goes into the log."""
        self._say(reason)
        send(self.pids(), signal.SIGKILL)

    def end_because(self, reason: str) -> None:
        """End its processes; `reason` is told as that of the end."""
        self._because = reason
        send(self.pids(), signal.SIGKILL)

    async def let_go(self) -> None:
        await super().let_go()
        await self._log.let_go()
        self._around.logs.close(self.spec.capsule_id)

    async def _launch(self) -> None:
        self._phase = Phase.starting
        check_mounts(self.spec)
        try:
            await finish(self._create())
        except DockerUnavailable as exc:
            raise ReplicaStartFailed(exc.detail, hint=exc.hint) from exc
        except DockerRefused as exc:
            raise ReplicaStartFailed(_plain(exc.detail)) from exc

    async def _create(self) -> None:
        client = await self._around.client()
        image = await client.image(self.spec.image)
        if image is None:
            raise ReplicaStartFailed(
                f"The image of release {self.spec.release_id} is gone: {self.spec.image}.",
                hint="Build it again: deploy the capsule.",
            )
        self._image = image
        has_init = await client.has_init()
        self._has_init = has_init and not brings_init(image)
        for _ in range(_ADDRESS_TRIES):
            async with self._around.network_changes:  # a network with an address in use is not removed
                subnet = await self._around.networks.ensure(client, self.network)
                self.state.ip = self._around.addresses.take(
                    self.network, subnet, self.spec.id, wanted=self.state.ip
                )
            await client.remove_container(self.name)
            config = describe(
                self.spec,
                image,
                installation=self._around.installation,
                network=self.network,
                ip=self.state.ip,
                port=self.state.port,
                has_init=has_init,
            )
            self.state.container = await client.create_container(self.name, config)
            self._ended.clear()
            self._killed_process.clear()
            try:
                await client.start_container(self.state.container)
                break
            except DockerRefused as exc:
                await client.remove_container(self.name)
                self.state.container = ""
                if "Address already in use" not in exc.detail:
                    raise
                self._around.addresses.avoid(self.network, self.state.ip)
        else:
            raise ReplicaStartFailed("The network of the space has no free address.")
        self.state.started_at = now()
        self._save()
        self._run_ended.clear()
        self._log.begin()
        self._say("Started.")
        self._log.follow(client.logs(self.state.container, since="0"))
        container = await client.container(self.state.container)
        if container is not None and container["State"]["Running"]:
            self._note_running(container)
            await self._command_begun()
        else:
            self._ended.set()
        self._phase = Phase.running
        if self._ended.is_set():
            await self._drain_log(client)
        if reason := self._log.init_complaint:
            await client.remove_container(self.name)
            self.state.container, self._pid = "", 0
            raise ReplicaStartFailed(f"The command of the image cannot be run: {reason}.")

    async def _command_begun(self) -> None:
        """Wait until the little init process has become two, of which one is the image's command."""
        while self._has_init and not self._ended.is_set():
            below = tree.children(self._pid)
            if below and tree.argv(below[0])[:1] not in ([], [_INIT]):
                return
            await asyncio.sleep(_LOOK_SECONDS)

    def _note_running(self, container: dict[str, Any]) -> None:
        self._pid = int(container["State"]["Pid"])
        self._has_init = bool((container.get("HostConfig") or {}).get("Init"))
        self._phase = Phase.running
        self._run_ended.clear()

    def _runs(self) -> bool:
        return bool(self.state.container) and not self._ended.is_set()

    async def _end_run(self) -> None:
        client = await self._around.client()
        await self._ask_to_end(client)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self.spec.grace_seconds):
                await self._ended.wait()
        if not self._ended.is_set():
            await client.kill_container(self.state.container, "SIGKILL")
            await self.look(client)
            await self._ended.wait()

    async def _run_over(self) -> None:
        if self.state.container:
            await self._ended.wait()
            await self._note_end_patiently()

    def _address(self) -> str:
        return f"tcp:{self.state.ip}:{self.state.port}"

    async def _note_end_patiently(self) -> None:
        while True:
            try:
                return await self._note_end(await self._around.client())
            except DockerUnavailable as exc:
                log.warning("replica %s has ended, and nobody can tell how: %s", self.spec.id, exc.detail)
                await asyncio.sleep(_RETRY_SECONDS)

    async def _note_end(self, client: "DockerClient") -> None:
        container = await client.container(self.state.container)
        code = ((container or {}).get("State") or {}).get("ExitCode")
        if code == KILLED and self.state.wanted and not self._because and not self._killed_process.is_set():
            with contextlib.suppress(TimeoutError):  # that it ran out of memory may be told a bit later
                async with asyncio.timeout(_OOM_SECONDS):
                    await self._killed_process.wait()
        await self._drain_log(client)
        ended = exit_of(container, out_of_memory=self._killed_process.is_set() and self.state.wanted)
        ended = replace(ended, because=self._because)
        self._because = ""
        # The next start has fresh files; what this one wrote is not kept.
        await client.remove_container(self.name)
        self.state.container, self._pid = "", 0
        self.state.shells.clear()
        self._note_exit(ended)

    async def _drain_log(self, client: "DockerClient") -> None:
        container = self.state.container
        await self._log.drain(lambda since: client.logs(container, since=since, follow=False))

    async def _ask_to_end(self, client: "DockerClient") -> None:
        name = stop_signal(self._image)
        main = self._main()
        if name == "SIGTERM" and main:
            # A shell or npm as the main process would not pass it on.
            with contextlib.suppress(PermissionError):
                tree.terminate(main)
                return
        await client.kill_container(self.state.container, name)

    def _main(self) -> int:
        """Return the pid of the image's own command; 0 when that cannot be seen."""
        if not self._has_init:
            return self._pid
        below = tree.children(self._pid) if self._pid else []
        return below[0] if below else 0

    def _listening(self) -> tuple[str, ...]:
        found = tree.listening_in_network_of(self._pid) if self._pid else ()
        return tuple(address for address in found if not address.startswith("127.0.0.11:"))

    def _say_killed(self, container: str) -> None:
        if self._pid and self.state.container == container and not self._ended.is_set():
            self._killed_process.clear()
            self._say("A process ran out of memory and was killed.")


def _plain(detail: str) -> str:
    """Leave out what the layers of the daemon put before what went wrong."""
    for marker in ("starting container process caused: ", "runtime create failed: "):
        detail = detail.rpartition(marker)[2]
    return detail.removesuffix(": unknown").strip()
