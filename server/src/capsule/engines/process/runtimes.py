"""The runtimes of one replica: wake them through its zygote, mind them, find them again."""

import asyncio
import base64
import contextlib
import os
import re
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from pathlib import Path
from weakref import WeakValueDictionary

from capsule.engines.contract import (
    ReplicaSpec,
    RuntimeFailed,
    RuntimeSpec,
    RuntimeStatus,
    ZygoteStatus,
)
from capsule.engines.process.files import inside, users_folder
from capsule.engines.process.network import Network
from capsule.engines.process.notes import RuntimeNote, RuntimeNotes
from capsule.engines.process.private_files import measure
from capsule.engines.process.runtime import Runtime
from capsule.engines.process.state import ReplicaFolder
from capsule.engines.process.zygote import BirthChannel, ZygoteGone, ZygoteLink
from capsule.errors import InvalidInput
from capsule.paths import DataPaths
from capsule.sandbox.box import BoxLimits
from capsule.sandbox.cgroups import Cgroups, Group
from capsule.sandbox.gate.gate import gate_program
from capsule.sandbox.gate.relay import NAMESERVER
from capsule.sandbox.machine import Machine
from capsule.sandbox.runtime_walls import RuntimePlaces, plan_walls
from cpsl.wire import (
    Abandon,
    Ended,
    Loaded,
    Nameserver,
    Outfit,
    Prepare,
    Prepared,
    Step,
    Wake,
    WallPlan,
    ZygoteMessage,
)

_OWNER = re.compile(r"^[A-Za-z0-9_.-]+/[A-Za-z0-9_-]+$")

_BIRTH_SECONDS = 20.0
_RETRY_SECONDS = 0.01
_REMEMBERED = 200
_NO_LIMIT = 1 << 50
ZYGOTE_GROUP = "zygote"


@dataclass(frozen=True)
class Nursery:
    """What the runtimes of all replicas share."""

    machine: Machine
    paths: DataPaths


class Runtimes:
    """Minds the runtimes of a replica while its command runs."""

    def __init__(
        self, spec: ReplicaSpec, folder: ReplicaFolder, nursery: Nursery, say: Callable[[str], None]
    ) -> None:
        assert spec.runtimes is not None
        self._spec = spec
        self._terms = spec.runtimes
        self._folder = folder
        self._nursery = nursery
        self._say = say
        self._link: ZygoteLink | None = None
        self._network: Network | None = None
        if nursery.machine.can_filter_network:
            self._network = Network(spec.runtimes.egress, say)
        self._errands: set[asyncio.Task[None]] = set()
        self._loaded: Loaded | None = None
        self._news = asyncio.Event()
        self._living: dict[str, Runtime] = {}
        self._ended: dict[str, RuntimeStatus] = {}
        self._full: set[str] = set()
        """Owners whose private files were over their limit."""
        self._waking: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        """By owner, for as long as somebody wakes or waits."""
        self._minding: set[asyncio.Task[None]] = set()
        self._connecting: asyncio.Task[None] | None = None
        self._has_ended = False
        self._notes = RuntimeNotes(folder.runtimes)
        cgroups = nursery.machine.cgroups
        self._groups: Cgroups | None = cgroups.within(spec.id) if cgroups is not None else None

    @property
    def living(self) -> list[Runtime]:
        return list(self._living.values())

    def begin(self) -> None:
        """The replica's command has been started: keep a connection to it."""
        self._has_ended = False
        self._loaded = None
        self._notes.clear()
        self._connecting = asyncio.create_task(self._keep_connected())

    def recover(self) -> None:
        """The replica's command runs since before: mind the runtimes that an earlier agent woke."""
        for note in self._notes.load():
            group = self._groups.group(note.spec.id) if self._groups is not None else None
            self._mind(Runtime(note.spec, note.pid, note.address, is_forked=note.is_forked, group=group))
        self._connecting = asyncio.create_task(self._keep_connected())

    async def end(self) -> None:
        """The replica's command has ended, and every runtime with it."""
        self._has_ended = True
        await self._disconnect()
        for runtime in self.living:
            runtime.kill()
            runtime.note_exit(None, None)
        await asyncio.gather(*self._minding, return_exceptions=True)
        self._announce()

    async def let_go(self) -> None:
        """Stop minding; everything lives on."""
        await self._disconnect()
        for task in self._minding:
            task.cancel()
        await asyncio.gather(*self._minding, return_exceptions=True)
        for runtime in self.living:
            runtime.let_go()
        self._living.clear()

    async def ready(self) -> ZygoteStatus:
        """Raises RuntimeFailed when the replica ends before it is ready."""
        while self._loaded is None:
            if self._has_ended:
                raise RuntimeFailed(f"The app of replica {self._spec.id} ended before it was loaded.")
            await self._wait()
        notices = tuple(
            f"At import the app {obstacle}: its runtimes are not copies of the loaded app but load it anew, "
            "which takes longer and more memory."
            for obstacle in self._loaded.obstacles
        )
        return ZygoteStatus(True, self._loaded.is_forked, notices)

    async def wake(self, spec: RuntimeSpec) -> RuntimeStatus:
        self._check_owner(spec.owner)
        lock = self._waking.setdefault(spec.owner, asyncio.Lock())
        async with lock:
            if (known := self._living.get(spec.id)) is not None:
                return known.status()
            for other in self.living:
                if other.spec.owner == spec.owner:
                    other.kill()
                    await asyncio.shield(other.ended)
            await self.ready()
            return (await self._give_birth(spec)).status()

    def find(self, runtime_id: str) -> Runtime | None:
        return self._living.get(runtime_id)

    def ended(self, runtime_id: str) -> RuntimeStatus | None:
        """Return how a runtime ended, as far back as that is remembered."""
        return self._ended.get(runtime_id)

    # Births

    async def _give_birth(self, spec: RuntimeSpec) -> Runtime:
        machine = self._nursery.machine
        group = self._groups.group(spec.id) if self._groups is not None else None
        limits = self._box_limits()
        socket_name = f"{spec.id}.sock"
        places = inside(self._spec, self._folder, machine)
        own_files = await asyncio.to_thread(self._make_own_files, spec.owner)
        plan = self._plan(spec, own_files)
        if spec.owner in self._full:
            await self._restrict_full(spec, plan, own_files)
        home = places.home if plan["namespaces"] else places.user_files(own_files)
        env = {**spec.env, "HOME": home, "CAPSULE_RUNTIME_ID": spec.id}
        channel = BirthChannel()
        link = self._link
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
            assert self._loaded is not None
            address = f"unix:{self._folder.run / socket_name}"
            runtime = Runtime(spec, pid, address, is_forked=self._loaded.is_forked, group=group)
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
        self._notes.save(RuntimeNote.of(runtime))
        self._mind(runtime)
        return runtime

    async def _restrict_full(self, spec: RuntimeSpec, plan: WallPlan, own_files: Path) -> None:
        """Wake who was over the limit so that it can remove files, but not write any more of them.

        Raises RuntimeFailed when it is so far over that waking it again and again is what it wants.
        """
        terms = self._terms
        most_bytes, most_files = terms.files_mb * 1024 * 1024, terms.files_count
        size = await asyncio.to_thread(measure, own_files, most_bytes * 2, most_files * 2)
        if size.is_over:
            raise RuntimeFailed("The private files are far over their limit; they have to be deleted first.")
        if size.bytes <= most_bytes and size.files <= most_files:
            self._full.discard(spec.owner)
            return
        plan["limits"]["RLIMIT_FSIZE"] = 0
        self._say(f"Runtime {spec.id}: its private files are over their limit; it can only remove some.")

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
        machine = self._nursery.machine
        places = inside(self._spec, self._folder, machine)
        return plan_walls(
            machine,
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

    def _check_owner(self, owner: str) -> None:
        folder = users_folder(self._spec, self._nursery.paths).name
        if not _OWNER.match(owner) or owner.partition("/")[0] != folder:
            raise InvalidInput(f"{owner!r} is no owner of private files of {folder}.")

    def _make_own_files(self, owner: str) -> Path:
        folder = self._nursery.paths.user_files(owner)
        if not folder.is_dir():
            folder.mkdir(parents=True, mode=0o700, exist_ok=True)
            machine = self._nursery.machine
            if machine.drops_to_own_user:
                uid = machine.uid(self._spec.identity)
                os.chown(folder, uid, uid)
        return folder

    # Ends

    def _mind(self, runtime: Runtime) -> None:
        self._living[runtime.spec.id] = runtime
        task = asyncio.create_task(self._until_ended(runtime))
        self._minding.add(task)
        task.add_done_callback(self._minding.discard)

    async def _until_ended(self, runtime: Runtime) -> None:
        status = await runtime.mind()
        if runtime.has_full_files:
            self._full.add(runtime.spec.owner)
        self._living.pop(runtime.spec.id, None)
        self._notes.remove(runtime.spec.id)
        if self._network is not None:
            await self._network.end(runtime.spec.id)
        self._ended[runtime.spec.id] = status
        while len(self._ended) > _REMEMBERED:
            del self._ended[next(iter(self._ended))]
        (self._folder.run / f"{runtime.spec.id}.sock").unlink(missing_ok=True)
        if status.end is not None and (status.end.out_of_memory or status.end_reason):
            reason = status.end_reason or (
                f"It ran out of memory ({self._spec.limits.memory} MiB) and was ended."
            )
            self._say(f"Runtime {runtime.spec.id}: {reason}")

    # The zygote

    async def _keep_connected(self) -> None:
        while True:
            try:
                link = await ZygoteLink.connect(self._folder.socket, self._receive)
            except OSError:
                await asyncio.sleep(_RETRY_SECONDS)
                continue
            self._link = link
            with contextlib.suppress(ZygoteGone):
                link.send(self._preparation())
            await link.closed.wait()
            self._link = None
            await asyncio.sleep(_RETRY_SECONDS)

    def _preparation(self) -> Prepare:
        if self._network is None:
            return Prepare()
        program = base64.b64encode(gate_program()).decode()
        return Prepare(network_filter=program, nameserver=NAMESERVER[0])

    def _receive(self, message: ZygoteMessage, descriptors: list[int]) -> None:
        network = self._network
        if isinstance(message, Prepared):
            if network is not None and len(descriptors) == 3:
                listener, udp, tcp = descriptors
                descriptors = []
                self._run(network.open(listener))
                self._run(network.resolve_for(ZYGOTE_GROUP, udp, tcp))
            self._disown(message)
        elif isinstance(message, Nameserver):
            if network is not None and len(descriptors) == 2:
                udp, tcp = descriptors
                descriptors = []
                self._run(network.resolve_for(message.id, udp, tcp))
        elif isinstance(message, Loaded):
            self._loaded = message
            self._widen_zygote()
            self._announce()
        elif isinstance(message, Ended) and (runtime := self._living.get(message.id)) is not None:
            runtime.note_exit(message.code, message.signal)
        for descriptor in descriptors:
            os.close(descriptor)

    def _widen_zygote(self) -> None:
        """Lift the memory limit that the app was loaded under; that of all together stays.

        What a runtime shares with the zygote, and what either changes of it until the runtime has joined
        its own group, is counted as the zygote's: 1 MB and more for each. With the limit of a single user,
        some hundred of them would be the end of the zygote, and so of them all.
        """
        if self._groups is not None:
            with contextlib.suppress(OSError):  # it has ended meanwhile
                self._groups.group(ZYGOTE_GROUP).limit_memory(_NO_LIMIT)

    def _run(self, errand: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(errand)
        self._errands.add(task)
        task.add_done_callback(self._errands.discard)

    def _disown(self, message: Prepared) -> None:
        """End what an agent that died in the middle of a birth left behind."""
        for runtime_id in message.runtimes:
            if runtime_id not in self._living and self._link is not None:
                with contextlib.suppress(ZygoteGone):
                    self._link.send(Abandon(runtime_id))

    def _announce(self) -> None:
        self._news.set()
        self._news = asyncio.Event()

    async def _wait(self) -> None:
        await self._news.wait()

    async def _disconnect(self) -> None:
        if self._connecting is not None:
            self._connecting.cancel()
            await asyncio.gather(self._connecting, return_exceptions=True)
            self._connecting = None
        if self._link is not None:
            self._link.close()
            self._link = None
        await asyncio.gather(*self._errands, return_exceptions=True)
        if self._network is not None:
            await self._network.close()


def _remove(group: Group) -> None:
    group.kill()
    with contextlib.suppress(OSError):
        group.remove()
