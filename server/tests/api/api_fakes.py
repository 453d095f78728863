"""Stand-ins for the other processes, scriptable by tests of the API. They remember what they were told."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from capsule.apps.contract import HostedApp, RuntimeReport
from capsule.apps.errors import AppNotFound
from capsule.edge.contract import Probe, Route, RouteStats
from capsule.engines.contract import (
    Capabilities,
    Exit,
    Fingerprint,
    Health,
    Phase,
    ReplicaNotFound,
    ReplicaSpec,
    ReplicaStats,
    ReplicaStatus,
    Restart,
    RuntimeSpec,
    RuntimeStatus,
    ZygoteStatus,
)
from capsule.engines.fake.shells import FakeShells


@dataclass
class FakeEngine:
    """Every start works at once; nothing runs."""

    name: str = "fake"
    replicas: dict[str, ReplicaStatus] = field(default_factory=dict)
    specs: dict[str, ReplicaSpec] = field(default_factory=dict)
    shells: FakeShells = field(default_factory=lambda: FakeShells(lambda _replica_id: None))

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities()

    async def fingerprint(self) -> Fingerprint:
        return Fingerprint(self.name, Health.healthy, "A stand-in runs nothing.", ("It has no walls.",))

    async def recover(self) -> list[ReplicaStatus]:
        return await self.list()

    async def start(self, spec: ReplicaSpec) -> ReplicaStatus:
        status = ReplicaStatus(
            spec.id, spec.capsule_id, spec.release_id, Phase.running, address="tcp:127.0.0.1:1"
        )
        self.specs[spec.id] = spec
        self.replicas[spec.id] = status
        return status

    async def stop(self, replica_id: str) -> ReplicaStatus:
        return await self.inspect(replica_id)

    async def destroy(self, replica_id: str) -> None:
        self.replicas.pop(replica_id, None)

    async def set_restart(self, replica_id: str, restart: Restart) -> ReplicaStatus:
        return await self.inspect(replica_id)

    async def inspect(self, replica_id: str) -> ReplicaStatus:
        if replica_id not in self.replicas:
            raise ReplicaNotFound(f"There is no replica '{replica_id}'.")
        return self.replicas[replica_id]

    async def list(self) -> list[ReplicaStatus]:
        return [*self.replicas.values()]

    async def wait(self, replica_id: str) -> Exit:
        return Exit(code=0)

    async def stats(self, replica_id: str) -> ReplicaStats:
        return ReplicaStats(replica_id, 0.0, 0, 0)

    async def ready(self, replica_id: str) -> ZygoteStatus:
        return ZygoteStatus(is_ready=True)

    async def wake(self, spec: RuntimeSpec) -> RuntimeStatus:
        return RuntimeStatus(spec.id, spec.replica_id, spec.owner, is_running=True, address="unix:/none")

    async def stop_runtime(self, replica_id: str, runtime_id: str, *, grace_seconds: float = 10.0) -> None:
        return None

    async def wait_runtime(self, replica_id: str, runtime_id: str) -> RuntimeStatus:
        return RuntimeStatus(runtime_id, replica_id, "", is_running=False, address="", end=Exit())

    async def runtimes(self, replica_id: str, *, measure: bool = False) -> Sequence[RuntimeStatus]:
        return ()

    async def delete_files(self, owner: str) -> None:
        return None

    async def close(self) -> None:
        return None


@dataclass
class FakeEdge:
    """Every probe succeeds at once."""

    table: dict[str, Route] = field(default_factory=dict)

    async def put_route(
        self, route: Route, *, probe: Probe | None = None, drain_seconds: float = 30.0
    ) -> None:
        self.table[route.id] = route

    async def remove_route(self, route_id: str) -> None:
        self.table.pop(route_id, None)

    async def routes(self) -> list[Route]:
        return [*self.table.values()]

    async def stats(self) -> list[RouteStats]:
        return [RouteStats(route_id, 0, 0) for route_id in self.table]


@dataclass
class FakeAppHost:
    hosted: dict[tuple[str, str], HostedApp] = field(default_factory=dict)
    reports: dict[tuple[str, str], RuntimeReport] = field(default_factory=dict)
    orders: list[tuple[str, str, str, str]] = field(default_factory=list)
    """`stop` or `clear`, and whose."""

    async def put_app(
        self, app: HostedApp, *, ready_seconds: float = 60.0, drain_seconds: float = 30.0
    ) -> None:
        self.hosted[app.capsule_id, app.environment] = app

    async def remove_app(self, capsule_id: str, environment: str, *, delete_data: bool = False) -> None:
        self.hosted.pop((capsule_id, environment), None)

    async def apps(self) -> list[HostedApp]:
        return [*self.hosted.values()]

    async def runtimes(self, capsule_id: str, environment: str) -> RuntimeReport:
        if (capsule_id, environment) not in self.reports:
            raise AppNotFound(f"There is no app for capsule '{capsule_id}' ({environment}).")
        return self.reports[capsule_id, environment]

    async def clear_files(self, capsule_id: str, environment: str, user_id: str) -> None:
        await self.runtimes(capsule_id, environment)
        self.orders.append(("clear", capsule_id, environment, user_id))

    async def stop_runtime(self, capsule_id: str, environment: str, user_id: str) -> None:
        await self.runtimes(capsule_id, environment)
        self.orders.append(("stop", capsule_id, environment, user_id))
