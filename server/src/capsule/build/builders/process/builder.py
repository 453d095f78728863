"""Execute a plan with processes: copy the source, run each step inside the walls, keep what came out.

All happens in `<artifact>.partial`, which gets its name at the very end: an artifact that exists is whole.
"""

import asyncio
import contextlib
import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import ParamSpec, TypeVar

from capsule.build.builders.process.caches import CacheBudget, Caches
from capsule.build.builders.process.output import Output
from capsule.build.builders.process.places import Places, lay_out
from capsule.build.builders.process.step import MARK, end_the_rest, run_step
from capsule.build.builders.process.surroundings import build_env
from capsule.build.builders.progress import Progress
from capsule.build.contract import Artifact, BuildFailed, BuildLimits, LogSink
from capsule.build.plan import MANIFEST, Plan, Step
from capsule.build.toolchain import Toolchain
from capsule.build.trees import copy_tree, give_tree, remove_tree, tree_size
from capsule.sandbox.box import Box, BoxLimits
from capsule.sandbox.cgroups import Group
from capsule.sandbox.machine import Machine

DEFAULT_BUDGET = CacheBudget()
_GROUP = "build-"
_MAX_MANIFEST = 8 * 1024 * 1024
_P = ParamSpec("_P")
_T = TypeVar("_T")


class ProcessBuilder:
    """Implements `build.contract.Builder`. Several builds may run at a time."""

    name = "process"

    def __init__(
        self,
        *,
        cache: Path,
        toolchain: Toolchain,
        machine: Machine,
        server_env: Mapping[str, str],
        budget: CacheBudget = DEFAULT_BUDGET,
    ) -> None:
        """`cache` is where package caches are kept, one folder per capsule, within the `budget`.

        A cache is written by the user's own build scripts, so no capsule ever reads another one's.
        """
        self._caches = Caches(cache, budget)
        self._toolchain = toolchain
        self._machine = machine
        self._env = build_env(server_env)

    async def build(
        self,
        plan: Plan,
        *,
        source: Path,
        artifact: Path,
        identity: int,
        env: dict[str, str],
        limits: BuildLimits,
        log: LogSink,
    ) -> Artifact:
        try:
            with self._caches.using(identity, plan) as cache:
                return await self._build(plan, cache, source, artifact, identity, env, limits, log)
        finally:
            for name in await _to_the_end(self._caches.trim_after, identity):
                log.write(f"The caches of builds were too large; {name} begins anew.", stream="platform")

    async def _build(
        self,
        plan: Plan,
        cache: Path,
        source: Path,
        artifact: Path,
        identity: int,
        env: dict[str, str],
        limits: BuildLimits,
        log: LogSink,
    ) -> Artifact:
        folder = artifact.with_name(artifact.name + ".partial")
        places = lay_out(folder, cache, self._toolchain, self._machine)
        run = _Run(self._machine, places, plan, folder, identity, {**self._env, **env}, limits, log)
        try:
            async with run.progress.in_time():
                await _to_the_end(run.prepare, source)
                for step in plan.steps:
                    await run.step(step)
            manifest = _read_manifest(places)
            size = await _kept(run, artifact)
        finally:
            await _to_the_end(run.clear)
        return Artifact(path=artifact, size_bytes=size, manifest=manifest)

    async def keeps(self, artifact: Path) -> bool:
        return artifact.is_dir()

    async def collect(self, artifacts: Path) -> None:
        """Keep the caches within their budget; everything else it makes lies in the artifact."""
        await _to_the_end(self._caches.trim)

    async def sweep(self, artifacts: Path) -> None:
        await _to_the_end(self._sweep, artifacts)

    def _sweep(self, artifacts: Path) -> None:
        cgroups = self._machine.cgroups
        for name in cgroups.names() if cgroups is not None else ():
            if cgroups is not None and name.startswith(_GROUP):
                end_the_rest(cgroups.group(name), "")
                with contextlib.suppress(OSError):
                    cgroups.group(name).remove()
        for partial in artifacts.glob("*.partial"):
            end_the_rest(None, partial.name)
            remove_tree(partial)


class _Run:
    """One build under way."""

    def __init__(
        self,
        machine: Machine,
        places: Places,
        plan: Plan,
        folder: Path,
        identity: int,
        env: dict[str, str],
        limits: BuildLimits,
        log: LogSink,
    ) -> None:
        self._machine = machine
        self._places = places
        self._plan = plan
        self._folder = folder
        self._identity = identity
        self._env = env
        self._limits = limits
        self._log = log
        self._group: Group | None = None
        self.progress = Progress(log, limits, step="prepare")

    def prepare(self, source: Path) -> None:
        remove_tree(self._folder)
        for name in ("deps", "tmp", "scratch"):
            (self._folder / name).mkdir(parents=True)
        copy_tree(source, self._folder / "app")
        (self._folder / "app").chmod(0o755)
        for path, text in self._plan.files.items():
            file = self._places.on_host(path)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(self._places.fill(text))
        cache = self._places.host["cache"]
        cache.mkdir(parents=True, exist_ok=True)
        uid = self._machine.uid(self._identity)
        if self._machine.drops_to_own_user:
            for name in ("app", "deps", "tmp"):
                give_tree(self._folder / name, uid)
            os.chown(cache, uid, uid)
        cache.chmod(0o700)
        self._group = self._make_group()

    async def step(self, step: Step) -> None:
        """Run one step; raises BuildFailed."""
        self.progress.begin(step.name)
        output = Output(self._log)
        outcome = await run_step(self._box(step), self._machine, self._group, output)
        if outcome.exit_code == 0:
            return
        if outcome.out_of_memory:
            detail = f"The step `{step.name}` ran out of memory ({self._limits.memory} MiB)."
            raise self.progress.out_of_memory(detail, outcome.exit_code)
        raise self.progress.ended(f"The step `{step.name}`", outcome.exit_code, output.last_words())

    def keep(self, artifact: Path) -> int:
        """Give the artifact its name and return its size."""
        for name in ("tmp", "scratch"):
            remove_tree(self._folder / name)
        size = tree_size(self._folder)
        self._folder.rename(artifact)
        return size

    def clear(self) -> None:
        """Remove the cgroup and, unless `keep` took it, the folder."""
        if self._group is not None:
            self._group.kill()
            with contextlib.suppress(OSError):
                self._group.remove()
        remove_tree(self._folder)

    def _box(self, step: Step) -> Box:
        tmp = self._places.inside["tmp"]
        env = {**self._env, "HOME": tmp, "TMPDIR": tmp, MARK: self._folder.name}
        env |= {name: self._places.fill(value) for name, value in step.env.items()}
        return Box(
            argv=tuple(self._places.fill(argument) for argument in step.argv),
            scratch=str(self._folder / "scratch"),
            cwd=self._places.fill(step.cwd),
            identity=self._identity,
            env=env,
            binds=self._places.binds(self._plan),
            limits=self._box_limits(),
            hostname="build",
            home=tmp,
        )

    def _box_limits(self) -> BoxLimits:
        return BoxLimits(self._limits.memory * 1024 * 1024, self._limits.cpu, self._limits.processes)

    def _make_group(self) -> Group | None:
        if self._machine.cgroups is None:
            return None
        group = self._machine.cgroups.group(f"{_GROUP}{self._folder.name.removesuffix('.partial')}")
        group.create(self._box_limits())
        # Whoever serves users goes first: a build only gets a small share while others want the processor.
        for folder in group.folders:
            for name, value in (("cpu.shares", "128"), ("cpu.weight", "12")):
                if (file := Path(folder, name)).exists():
                    file.write_text(value)
        return group


def _read_manifest(places: Places) -> dict[str, object] | None:
    try:
        # The build could have put a link there, to a file that only the platform may read.
        handle = os.open(places.on_host(MANIFEST), os.O_RDONLY | os.O_NOFOLLOW)
    except FileNotFoundError:
        return None
    except OSError as exc:
        raise BuildFailed(f"The manifest cannot be read: {exc.strerror}.", step="read the manifest") from exc
    with os.fdopen(handle, "rb") as file:
        text = file.read(_MAX_MANIFEST + 1)
    try:
        manifest = json.loads(text) if len(text) <= _MAX_MANIFEST else None
    except ValueError:
        manifest = None
    if not isinstance(manifest, dict):
        raise BuildFailed("The manifest is no JSON object, or is too large.", step="read the manifest")
    return manifest


async def _kept(run: _Run, artifact: Path) -> int:
    try:
        return await _to_the_end(run.keep, artifact)
    except BaseException:
        await _to_the_end(remove_tree, artifact)  # cancelled just when it was ready
        raise


async def _to_the_end(work: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> _T:
    """Run `work` in a thread; a cancellation waits until it is done, so that it never runs on unseen."""
    task = asyncio.ensure_future(asyncio.to_thread(work, *args, **kwargs))
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait([task])
        raise
