"""Edge, app host and pipeline in memory, scriptable; the engine is the platform's own fake."""

import asyncio
import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

from capsule.apps.contract import HostedApp, RuntimeReport, RuntimeUnready
from capsule.build.contract import Artifact, BuildFailed, BuildLimits, BuildSettings, LogSink
from capsule.build.pipeline import Fetched
from capsule.build.plan import CannotPlan, Choice, Plan, Start, Step
from capsule.edge.contract import Probe, ProbeFailed, Route, RouteState, RouteStats
from capsule.errors import Unavailable
from capsule.paths import DataPaths


@dataclass
class MemoryEdge:
    """Probes succeed once it is not `silent`; a replaced upstream takes `drain` seconds to get rid of."""

    table: dict[str, Route] = field(default_factory=dict)
    silent: bool = False
    unavailable: bool = False
    refusals: int = 0
    """Calls that found it away."""
    drain: float = 0.0
    draining: int = 0
    history: list[tuple[str, RouteState]] = field(default_factory=list)

    async def put_route(
        self, route: Route, *, probe: Probe | None = None, drain_seconds: float = 30.0
    ) -> None:
        self._reach()
        before = self.table.get(route.id)
        new = set(route.upstreams) - set(before.upstreams if before else ())
        if probe is not None and new:
            await self._probe(probe.timeout_seconds)
        await asyncio.sleep(0.01)
        self.table[route.id] = route
        self.history.append((route.id, route.state))
        if before is not None and set(before.upstreams) - set(route.upstreams):
            self.draining += 1
            await asyncio.sleep(min(self.drain, drain_seconds))
            self.draining -= 1

    async def _probe(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                while self.silent:  # noqa: ASYNC110
                    await asyncio.sleep(0.01)
        except TimeoutError:
            raise ProbeFailed("No answer.") from None

    async def remove_route(self, route_id: str) -> None:
        self._reach()
        self.table.pop(route_id, None)

    async def routes(self) -> list[Route]:
        self._reach()
        return [*self.table.values()]

    async def stats(self) -> list[RouteStats]:
        return []

    def _reach(self) -> None:
        if self.unavailable:
            self.refusals += 1
            raise Unavailable("The edge cannot be reached.")


@dataclass
class MemoryAppHost:
    hosted: dict[tuple[str, str], HostedApp] = field(default_factory=dict)
    unready: str = ""
    """What a new runtime fails with."""
    deleted: list[tuple[str, str]] = field(default_factory=list)

    async def put_app(
        self, app: HostedApp, *, ready_seconds: float = 60.0, drain_seconds: float = 30.0
    ) -> None:
        await asyncio.sleep(0.01)
        hosted = self.hosted.get((app.capsule_id, app.environment))
        runs_already = hosted is not None and hosted.replica_id == app.replica_id
        if self.unready and app.replica_id is not None and not runs_already:
            raise RuntimeUnready(self.unready)
        self.hosted[app.capsule_id, app.environment] = app

    async def remove_app(self, capsule_id: str, environment: str, *, delete_data: bool = False) -> None:
        self.hosted.pop((capsule_id, environment), None)
        if delete_data:
            self.deleted.append((capsule_id, environment))

    async def apps(self) -> list[HostedApp]:
        return [*self.hosted.values()]

    async def runtimes(self, capsule_id: str, environment: str) -> RuntimeReport:
        return RuntimeReport(capsule_id, environment, (), 600.0, None, None, None, True)

    async def clear_files(self, capsule_id: str, environment: str, user_id: str) -> None:
        return None

    async def stop_runtime(self, capsule_id: str, environment: str, user_id: str) -> None:
        return None


@dataclass
class MemoryPipeline:
    """Builds an `app/` folder with one file; `argv` is what the plan starts."""

    paths: DataPaths
    argv: tuple[str, ...] = ("fake",)
    seconds: float = 0.0
    tree: str = "tree-1"
    fails: str = ""
    cannot_plan: str = ""
    raises: OSError | None = None
    """What the machine does to a build."""
    manifest: dict[str, object] | None = None
    processes: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Commands of the process types beside `web`."""
    release: tuple[str, ...] | None = None
    listens: bool = True
    built: list[str] = field(default_factory=list)
    last_env: dict[str, str] = field(default_factory=dict)
    most_at_once: int = 0
    _at_once: int = 0

    async def fetch(
        self,
        source: Mapping[str, object],
        *,
        capsule_id: str,
        build_id: str,
        log: LogSink,
        access: object = None,
    ) -> Fetched:
        return Fetched(tree=self.paths.root, digest=self.tree, commit="c0ffee", subject="A commit")

    async def plan(self, tree: object, settings: BuildSettings) -> Plan | CannotPlan:
        if self.cannot_plan:
            return CannotPlan((self.cannot_plan,), "Add a requirements.txt.")
        step = Step("install", ("true",))
        return Plan(
            "python",
            (Choice("python", "3.11", "default"),),
            (step,),
            Start(self.argv) if self.listens else None,
            processes={name: Start(argv) for name, argv in self.processes.items()},
            release=Start(self.release) if self.release is not None else None,
        )

    def key(self, fetched: Fetched, settings: BuildSettings) -> str:
        return hashlib.sha256(json.dumps([fetched.digest, asdict(settings)]).encode()).hexdigest()

    async def build(
        self,
        plan: Plan,
        *,
        tree: object,
        artifact_id: str,
        identity: int,
        env: dict[str, str],
        log: LogSink,
        limits: BuildLimits | None = None,
    ) -> Artifact:
        self.last_env = env
        self._at_once += 1
        self.most_at_once = max(self.most_at_once, self._at_once)
        try:
            log.write("building")
            await asyncio.sleep(self.seconds)
            if self.raises is not None:
                raise self.raises
            if self.fails:
                raise BuildFailed(self.fails, step="install", exit_code=1)
            path = self.paths.artifact(artifact_id)
            (path / "app").mkdir(parents=True)
            (path / "deps").mkdir()
            (path / "app" / "app.py").write_text("one")
            self.built.append(artifact_id)
            return Artifact(path, 10, self.manifest)
        finally:
            self._at_once -= 1

    async def forget(self, build_id: str) -> None:
        return None

    async def keeps(self, artifact_id: str) -> bool:
        return self.paths.artifact(artifact_id).is_dir()

    async def collect(self) -> None:
        return None

    async def sweep(self) -> None:
        return None
