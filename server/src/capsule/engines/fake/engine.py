"""The fake engine: the whole contract, in memory. Times are real but tiny; nothing listens anywhere."""

import asyncio
import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from capsule.engines.contract import (
    Capabilities,
    Exit,
    Fingerprint,
    Health,
    MountMissing,
    Phase,
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
from capsule.engines.fake.script import Script
from capsule.engines.fake.shells import FakeShells
from capsule.errors import Unavailable
from capsule.kit.clock import now
from capsule.telemetry.segments import SegmentWriter

_BACK_OFF_SECONDS = 0.05


@dataclass
class FakeReplica:
    spec: ReplicaSpec
    script: Script
    status: ReplicaStatus
    restart: Restart
    wanted: bool = True
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    """Of the run that is on, or was last."""
    minding: asyncio.Task[None] | None = None


@dataclass
class FakeWorld:
    """What lives on when an engine object is dropped; give it to the next one."""

    replicas: dict[str, FakeReplica] = field(default_factory=dict)
    runtimes: dict[str, dict[str, RuntimeStatus]] = field(default_factory=dict)
    """By replica and id."""
    ended_runtimes: dict[str, RuntimeStatus] = field(default_factory=dict)
    ports: Iterator[int] = field(default_factory=lambda: itertools.count(20_000))


class FakeEngine:
    name = "fake"

    def __init__(
        self,
        *,
        world: FakeWorld | None = None,
        telemetry: Callable[[str], Path] | None = None,
        capabilities: Capabilities | None = None,
    ) -> None:
        self.world = world or FakeWorld()
        self.scripts: dict[str, Script] = {}
        """By release id; wins over what the argv says."""
        self.unavailable = False
        """Every call raises Unavailable, as when the node agent cannot be reached."""
        self.unhealthy = ""
        """A sentence: what the fingerprint says is wrong."""
        self.calls: list[str] = []
        """`start rpl_1`, in order, for tests that care."""
        self.shells = FakeShells(self._replica)
        self._telemetry = telemetry
        self._capabilities = capabilities or Capabilities(memory_limit=True)

    @property
    def capabilities(self) -> Capabilities:
        return self._capabilities

    async def fingerprint(self) -> Fingerprint:
        self._called("fingerprint")
        if self.unhealthy:
            return Fingerprint(self.name, Health.unhealthy, self.unhealthy)
        return Fingerprint(self.name, Health.healthy, "Nothing really runs.")

    async def recover(self) -> list[ReplicaStatus]:
        self._called("recover")
        for replica in self.world.replicas.values():
            if replica.minding is None and replica.wanted:
                replica.minding = asyncio.create_task(self._mind(replica))
        return await self.list()

    async def start(self, spec: ReplicaSpec) -> ReplicaStatus:
        self._called(f"start {spec.id}")
        if spec.id in self.world.replicas:
            raise ReplicaExists(f"Replica {spec.id} exists already.")
        for mount in spec.mounts:
            if not Path(mount.source).is_dir():
                raise MountMissing(f"Nothing to mount at {mount.target}: {mount.source} does not exist.")
        script = self.scripts.get(spec.release_id) or Script.from_argv(spec.argv)
        await asyncio.sleep(script.start_seconds)
        if script.start_error:
            raise ReplicaStartFailed(script.start_error)
        address = f"tcp:127.0.0.1:{next(self.world.ports)}"
        if spec.listens_on_socket:
            address = f"unix:/nowhere/{spec.id}/replica.sock"
        status = ReplicaStatus(
            spec.id, spec.capsule_id, spec.release_id, Phase.running, address, pid=1, started_at=now()
        )
        replica = FakeReplica(spec, script, status, spec.restart)
        self.world.replicas[spec.id] = replica
        self._say(replica, "platform", "Started.")
        if script.prints:
            self._say(replica, "stdout", script.prints)
        replica.minding = asyncio.create_task(self._mind(replica))
        return replica.status

    async def stop(self, replica_id: str) -> ReplicaStatus:
        self._called(f"stop {replica_id}")
        replica = self._replica(replica_id)
        replica.wanted = False
        if replica.status.phase is Phase.running:
            replica.status = replace(replica.status, phase=Phase.stopping)
            if replica.script.ignores_sigterm:
                await asyncio.sleep(replica.spec.grace_seconds)
            await self._stop_minding(replica)
            self._end(replica, Exit(signal="SIGKILL" if replica.script.ignores_sigterm else "SIGTERM"))
        await self._stop_minding(replica)
        replica.status = replace(replica.status, phase=Phase.exited, next_start_at=None)
        return replica.status

    async def destroy(self, replica_id: str) -> None:
        self._called(f"destroy {replica_id}")
        if replica_id in self.world.replicas:
            await self.stop(replica_id)
            self.world.replicas.pop(replica_id, None)

    async def set_restart(self, replica_id: str, restart: Restart) -> ReplicaStatus:
        self._called(f"set_restart {replica_id}")
        replica = self._replica(replica_id)
        replica.restart = restart
        if replica.status.phase is Phase.exited and replica.wanted and restart is Restart.always:
            replica.minding = asyncio.create_task(self._restart(replica))
        return replica.status

    async def inspect(self, replica_id: str) -> ReplicaStatus:
        self._called("inspect")
        return self._replica(replica_id).status

    async def list(self) -> list[ReplicaStatus]:
        self._called("list")
        return [replica.status for replica in self.world.replicas.values()]

    async def wait(self, replica_id: str) -> Exit:
        self._called("wait")
        replica = self._replica(replica_id)
        await replica.ended.wait()
        return replica.status.last_exit or Exit()

    async def stats(self, replica_id: str) -> ReplicaStats:
        self._called("stats")
        is_running = self._replica(replica_id).status.phase is Phase.running
        return ReplicaStats(replica_id, 0.0, 1024 if is_running else 0, int(is_running))

    async def ready(self, replica_id: str) -> ZygoteStatus:
        self._called(f"ready {replica_id}")
        if self._replica(replica_id).spec.runtimes is None:
            raise RuntimeFailed(f"Replica {replica_id} is no app that runtimes come from.")
        return ZygoteStatus(True)

    async def wake(self, spec: RuntimeSpec) -> RuntimeStatus:
        self._called(f"wake {spec.owner}")
        await self.ready(spec.replica_id)
        runtimes = self.world.runtimes.setdefault(spec.replica_id, {})
        for other in [item for item in runtimes.values() if item.owner == spec.owner and item.id != spec.id]:
            self._end_runtime(other, Exit(signal="SIGKILL"))
        address = f"unix:/nowhere/{spec.id}.sock"
        status = RuntimeStatus(spec.id, spec.replica_id, spec.owner, True, address, pid=1)
        return runtimes.setdefault(spec.id, status)

    async def stop_runtime(self, replica_id: str, runtime_id: str, *, grace_seconds: float = 10.0) -> None:
        self._called(f"stop_runtime {runtime_id}")
        if (known := self.world.runtimes.get(replica_id, {}).get(runtime_id)) is not None:
            self._end_runtime(known, Exit(code=0))

    async def wait_runtime(self, replica_id: str, runtime_id: str) -> RuntimeStatus:
        self._called(f"wait_runtime {runtime_id}")
        while runtime_id in self.world.runtimes.get(replica_id, {}):  # noqa: ASYNC110 - a fake has no news
            await asyncio.sleep(0.01)
        unknown = RuntimeStatus(runtime_id, replica_id, "", False, "", end=Exit())
        return self.world.ended_runtimes.get(runtime_id, unknown)

    async def runtimes(self, replica_id: str, *, measure: bool = False) -> Sequence[RuntimeStatus]:
        self._called(f"runtimes {replica_id}")
        self._replica(replica_id)
        return [*self.world.runtimes.get(replica_id, {}).values()]

    async def delete_files(self, owner: str) -> None:
        self._called(f"delete_files {owner}")

    def _end_runtime(self, status: RuntimeStatus, end: Exit) -> None:
        self.world.runtimes[status.replica_id].pop(status.id, None)
        self.world.ended_runtimes[status.id] = replace(status, is_running=False, end=end)

    async def close(self) -> None:
        for replica in self.world.replicas.values():
            await self._stop_minding(replica)

    def crash(self, replica_id: str, ended: Exit | None = None) -> None:
        """End a running replica now, as if by itself."""
        replica = self._replica(replica_id)
        assert replica.minding is not None
        replica.minding.cancel()
        replica.minding = asyncio.create_task(self._after(replica, ended or Exit(code=1)))

    async def _mind(self, replica: FakeReplica) -> None:
        script = replica.script
        if replica.status.phase is not Phase.running:
            await self._restart(replica)
            return
        if script.exit_after is None:
            await asyncio.Event().wait()
        await asyncio.sleep(script.exit_after or 0)
        if script.out_of_memory:
            await self._after(replica, Exit(signal="SIGKILL", out_of_memory=True))
        else:
            await self._after(replica, Exit(code=script.exit_code))

    async def _after(self, replica: FakeReplica, ended: Exit) -> None:
        self._end(replica, ended)
        if replica.wanted and replica.restart is Restart.always:
            await self._restart(replica)

    async def _restart(self, replica: FakeReplica) -> None:
        status = replica.status
        replica.status = replace(
            status, phase=Phase.backing_off, restarts=status.restarts + 1, next_start_at=now()
        )
        await asyncio.sleep(_BACK_OFF_SECONDS)
        replica.status = replace(replica.status, phase=Phase.running, next_start_at=None, started_at=now())
        replica.ended.clear()
        self._say(replica, "platform", "Started.")
        await self._mind(replica)

    def _end(self, replica: FakeReplica, ended: Exit) -> None:
        ended = replace(ended, at=now())
        replica.status = replace(replica.status, phase=Phase.exited, last_exit=ended, pid=None)
        replica.ended.set()
        self.shells.replica_ended(replica.spec.id)
        sentence = ended.sentence()
        self._say(replica, "platform", sentence[0].upper() + sentence[1:] + ".")

    async def _stop_minding(self, replica: FakeReplica) -> None:
        if replica.minding is not None:
            replica.minding.cancel()
            await asyncio.gather(replica.minding, return_exceptions=True)
            replica.minding = None

    def _say(self, replica: FakeReplica, stream: str, text: str) -> None:
        if self._telemetry is None:
            return
        writer = SegmentWriter(self._telemetry(replica.spec.capsule_id), "app")
        at = now().isoformat(timespec="milliseconds")
        writer.append(
            {"at": at, "replica": replica.spec.id, "stream": stream, "text": text, **replica.spec.labels}
        )
        writer.close()

    def _called(self, what: str) -> None:
        self.calls.append(what)
        if self.unavailable:
            raise Unavailable("The node agent cannot be reached.", hint="capsule status")

    def _replica(self, replica_id: str) -> FakeReplica:
        replica = self.world.replicas.get(replica_id)
        if replica is None:
            raise ReplicaNotFound(f"There is no replica {replica_id}.")
        return replica
