"""The runtimes of one replica: wake them through its zygote, mind them, find them again."""

import asyncio
import base64
import contextlib
import os
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from weakref import WeakValueDictionary

from capsule.engines.contract import (
    ReplicaSpec,
    RuntimeFailed,
    RuntimeSpec,
    RuntimeStatus,
    ZygoteStatus,
)
from capsule.engines.process.births import Births
from capsule.engines.process.network import Network
from capsule.engines.process.notes import RuntimeNote, RuntimeNotes
from capsule.engines.process.runtime import Runtime
from capsule.engines.process.state import ReplicaFolder
from capsule.engines.process.storage_quota import StorageWatch
from capsule.engines.process.zygote import ZygoteGone, ZygoteLink
from capsule.paths import DataPaths
from capsule.sandbox.cgroups import Cgroups
from capsule.sandbox.gate.gate import gate_program
from capsule.sandbox.gate.relay import NAMESERVER
from capsule.sandbox.machine import Machine
from cpsl.wire import (
    Abandon,
    Ended,
    Loaded,
    Nameserver,
    Prepare,
    Prepared,
    ZygoteMessage,
)

_RETRY_SECONDS = 0.01
_REMEMBERED = 200
_NO_LIMIT = 1 << 50
ZYGOTE_GROUP = "zygote"


@dataclass(frozen=True)
class Nursery:
    """What the runtimes of all replicas share."""

    machine: Machine
    paths: DataPaths
    storage: StorageWatch


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
        self._waking: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        """By owner, for as long as somebody wakes or waits."""
        self._minding: set[asyncio.Task[None]] = set()
        self._connecting: asyncio.Task[None] | None = None
        self._has_ended = False
        self._notes = RuntimeNotes(folder.runtimes)
        cgroups = nursery.machine.cgroups
        self._groups: Cgroups | None = cgroups.within(spec.id) if cgroups is not None else None
        self._births = Births(
            spec, folder, nursery.machine, nursery.paths, nursery.storage, self._groups, say
        )

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
        self._births.check_owner(spec.owner)
        lock = self._waking.setdefault(spec.owner, asyncio.Lock())
        async with lock:
            if (known := self._living.get(spec.id)) is not None:
                return known.status()
            for other in self.living:
                if other.spec.owner == spec.owner:
                    other.kill()
                    await asyncio.shield(other.ended)
            is_forked = (await self.ready()).is_forked
            runtime = await self._births.give_birth(spec, self._link, is_forked=is_forked)
            self._notes.save(RuntimeNote.of(runtime))
            self._mind(runtime)
            return runtime.status()

    def check_memory(self) -> None:
        """Say so when the kernel has ended a process of a runtime that lives on."""
        for runtime in self.living:
            if runtime.has_lost_a_process():
                self._say(f"Runtime {runtime.spec.id}: a process ran out of memory and was killed.")

    def find(self, runtime_id: str) -> Runtime | None:
        return self._living.get(runtime_id)

    def ended(self, runtime_id: str) -> RuntimeStatus | None:
        """Return how a runtime ended, as far back as that is remembered."""
        return self._ended.get(runtime_id)

    # Ends

    def _mind(self, runtime: Runtime) -> None:
        self._living[runtime.spec.id] = runtime
        task = asyncio.create_task(self._until_ended(runtime))
        self._minding.add(task)
        task.add_done_callback(self._minding.discard)

    async def _until_ended(self, runtime: Runtime) -> None:
        status = await runtime.mind()
        if runtime.has_full_files:
            self._births.full.add(runtime.spec.owner)
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
