"""Make one runtime: its private files, its walls, its control group, and the way from the fork to the walls.

Knows the zygote only as a connection to give orders on; what has been made is minded by `runtimes`.
"""

import asyncio
import contextlib
import os
from collections.abc import Callable
from pathlib import Path

from capsule.engines.contract import PrivateFilesFull, ReplicaSpec, RuntimeFailed, RuntimeSpec
from capsule.engines.process import private_files
from capsule.engines.process.files import inside, users_folder
from capsule.engines.process.runtime import Runtime
from capsule.engines.process.state import ReplicaFolder
from capsule.engines.process.storage_quota import StorageWatch
from capsule.engines.process.zygote import BirthChannel, ZygoteGone, ZygoteLink
from capsule.kit import diskuse
from capsule.paths import DataPaths
from capsule.sandbox.box import BoxLimits
from capsule.sandbox.cgroups import Cgroups, Group
from capsule.sandbox.machine import Machine
from capsule.sandbox.runtime_walls import RuntimePlaces, plan_walls
from cpsl.wire import Abandon, Outfit, Step, Wake, WallPlan

_BIRTH_SECONDS = 20.0


class Births:
    """Makes the runtimes of one replica."""

    def __init__(
        self,
        spec: ReplicaSpec,
        folder: ReplicaFolder,
        machine: Machine,
        paths: DataPaths,
        storage: StorageWatch,
        groups: Cgroups | None,
        say: Callable[[str], None],
    ) -> None:
        assert spec.runtimes is not None
        self.full: set[str] = set()
        """Owners whose private files were over their limit."""
        self._spec = spec
        self._terms = spec.runtimes
        self._folder = folder
        self._machine = machine
        self._paths = paths
        self._storage = storage
        self._groups = groups
        self._say = say

    def check_owner(self, owner: str) -> None:
        """Raise InvalidInput for whoever is no user of this app."""
        private_files.check_owner(owner, app=users_folder(self._spec, self._paths).name)

    async def give_birth(self, spec: RuntimeSpec, link: ZygoteLink | None, *, is_forked: bool) -> Runtime:
        """Raises RuntimeFailed or PrivateFilesFull; nothing is left behind then."""
        group = self._groups.group(spec.id) if self._groups is not None else None
        limits = self._box_limits()
        socket_name = f"{spec.id}.sock"
        places = inside(self._spec, self._folder, self._machine)
        own_files = await asyncio.to_thread(self._make_own_files, spec.owner)
        plan = self._plan(spec, own_files)
        if spec.owner in self.full:
            await self._restrict_full(spec, plan, own_files)
        await self._restrict_storage(spec, plan)
        home = places.home if plan["namespaces"] else places.user_files(own_files)
        env = {**spec.env, "HOME": home, "CAPSULE_RUNTIME_ID": spec.id}
        channel = BirthChannel()
        try:
            if link is None:
                raise ZygoteGone("The app is being started again.")
            channel.send(Outfit(f"{places.run}/{socket_name}", plan, env))
            link.send(Wake(spec.id, has_envoy="pid" in plan["namespaces"]), [channel.other.fileno()])
            channel.hand_over()
            if group is not None:  # while the zygote forks; the newborn waits until it has joined
                group.create(limits)
            async with asyncio.timeout(_BIRTH_SECONDS):
                pid = await self._walk(channel, group, plan["out_of_memory_score"])
            address = f"unix:{self._folder.run / socket_name}"
            return Runtime(spec, pid, address, is_forked=is_forked, group=group)
        except BaseException as exc:
            if link is not None and not link.closed.is_set():
                with contextlib.suppress(ZygoteGone):
                    link.send(Abandon(spec.id))
            if group is not None:
                await asyncio.shield(asyncio.to_thread(_remove, group))
            (self._folder.run / socket_name).unlink(missing_ok=True)
            if isinstance(exc, ZygoteGone | OSError | TimeoutError):
                raise RuntimeFailed(f"The runtime could not be made: {exc or 'it took too long'}.") from exc
            raise
        finally:
            channel.close()

    async def _restrict_full(self, spec: RuntimeSpec, plan: WallPlan, own_files: Path) -> None:
        """Wake who was over the limit so that it can remove files, but not write any more of them.

        Raises PrivateFilesFull when it is so far over that waking it again and again is what it wants.
        """
        terms = self._terms
        most_bytes, most_files = terms.files_mb * 1024 * 1024, terms.files_count
        size = await asyncio.to_thread(diskuse.measure, own_files, most_bytes * 2, most_files * 2)
        if size.is_over:
            raise PrivateFilesFull(
                f"The private files are far over their limit of {terms.files_mb} MiB or {terms.files_count} "
                "files; whoever runs this app has to delete them first.",
                hint="capsule runtimes clear NAME USER",
            )
        if size.bytes <= most_bytes and size.files <= most_files:
            self.full.discard(spec.owner)
            return
        plan["limits"]["RLIMIT_FSIZE"] = 0
        self._say(f"Runtime {spec.id}: its private files are over their limit; it can only remove some.")

    async def _restrict_storage(self, spec: RuntimeSpec, plan: WallPlan) -> None:
        """Let a runtime only remove files where a filesystem is over its size."""
        for mount in self._spec.mounts:
            if mount.target in plan["writable"] and await self._storage.is_full(mount):
                plan["writable"].remove(mount.target)
                plan["removable"].append(mount.target)
                self._say(
                    f"Runtime {spec.id}: the filesystem '{mount.name}' is over its size; it can only remove "
                    "files there."
                )

    async def _walk(self, channel: BirthChannel, group: Group | None, score: int) -> int:
        """Accompany a newborn until its walls stand; return the pid with which it ends."""
        while True:
            step, pid = await channel.step()
            if not isinstance(step, Step) or step.name == "failed":
                reason = step.reason if isinstance(step, Step) else "an unknown answer"
                raise ZygoteGone(reason)
            if step.name == "walled":
                if group is not None and not group.has(pid):
                    group.add(pid)
                return pid
            descriptors = group.open_for_joining() if group is not None else []
            try:
                if group is not None:
                    if not descriptors:
                        group.add(pid)
                    with contextlib.suppress(OSError):  # by root: the app cannot lower the score then
                        Path(f"/proc/{pid}/oom_score_adj").write_text(str(score))
                channel.go(descriptors)
            finally:
                for descriptor in descriptors:
                    os.close(descriptor)

    def _plan(self, spec: RuntimeSpec, own_files: Path) -> WallPlan:
        places = inside(self._spec, self._folder, self._machine)
        return plan_walls(
            self._machine,
            RuntimePlaces(
                app=places.app,
                home=places.home,
                tmp=places.tmp,
                run=places.run,
                users=places.users,
                own_files=places.user_files(own_files),
                mounts=tuple(mount.target for mount in self._spec.mounts if not mount.read_only),
            ),
            self._box_limits(),
            scratch_mb=self._terms.scratch_mb,
            hostname=self._spec.capsule_id.replace("_", "-")[:60],
        )

    def _box_limits(self) -> BoxLimits:
        limits = self._spec.limits
        return BoxLimits(limits.memory * 1024 * 1024, limits.cpu, limits.processes)

    def _make_own_files(self, owner: str) -> Path:
        folder = self._paths.user_files(owner)
        if not folder.is_dir():
            folder.mkdir(parents=True, mode=0o700, exist_ok=True)
            if self._machine.drops_to_own_user:
                uid = self._machine.uid(self._spec.identity)
                os.chown(folder, uid, uid)
        return folder


def _remove(group: Group) -> None:
    group.kill()
    with contextlib.suppress(OSError):
        group.remove()
