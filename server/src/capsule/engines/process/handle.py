"""Mind one replica: start its command, tell how it is, start it again after a crash, end it."""

import asyncio
import logging
import signal
from collections.abc import Callable
from dataclasses import dataclass, replace

from capsule.engines.contract import (
    Exit,
    Phase,
    ReplicaSpec,
    ReplicaStats,
)
from capsule.engines.minded import MindedReplica, finish
from capsule.engines.process import files, private_files, tree
from capsule.engines.process.groups import ReplicaGroups
from capsule.engines.process.logs import ReplicaLogs
from capsule.engines.process.process import Process
from capsule.engines.process.runtimes import Nursery, Runtimes
from capsule.engines.process.shell import Entrance, Shell
from capsule.engines.process.state import ReplicaFolder, ReplicaState
from capsule.engines.process.watch import Watcher, punch_hole
from capsule.engines.records import AppLogs
from capsule.engines.running_shell import send
from capsule.engines.shells import ShellSpec
from capsule.kit.clock import now
from capsule.paths import DataPaths
from capsule.sandbox.cgroups import WALL_PROCESSES
from capsule.sandbox.command import enclose
from capsule.sandbox.machine import Machine, Walls

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Surroundings:
    """What all replicas of an engine share."""

    machine: Machine
    paths: DataPaths
    watcher: Watcher
    logs: AppLogs
    free_port: Callable[[], int]
    nursery: Nursery


class Handle(MindedReplica[ReplicaState]):
    def __init__(
        self, spec: ReplicaSpec, state: ReplicaState, folder: ReplicaFolder, around: Surroundings
    ) -> None:
        self._log = ReplicaLogs(
            spec.id,
            spec.labels,
            spec.redact,
            around.logs.open(spec.capsule_id),
            folder.shim.outputs,
            folder.consumed,
            punch_hole,
        )
        super().__init__(spec, state, folder, self._log.say)
        self._folder = folder
        self._around = around
        self._process: Process | None = None
        self._pid: int | None = None
        self._groups = ReplicaGroups(around.machine.cgroups, spec)
        self.runtimes: Runtimes | None = None
        """Of a replica whose command is a zygote."""
        if spec.runtimes is not None:
            self.runtimes = Runtimes(spec, folder, around.nursery, self._say)
        self._watch: int | None = None

    async def recover(self) -> None:
        """Go on with what an earlier process of the node agent left."""
        process = Process.find(
            self._folder.shim, self.state.shim_pid, self.state.shim_started, self.state.boot
        )
        if process is not None:
            self._watch_files()
            self._log.attach()
            self._log.changed()
            self._process = process
            self._pid = tree.main_process(process.pid)
            self._phase = Phase.running
            if self._folder.shim.exit_code() is not None:
                process.command_ended()
            if self.runtimes is not None and not self.state.is_held:
                self.runtimes.recover()
            self._go_on()
            return
        await asyncio.to_thread(self._groups.kill)
        if self.state.shim_pid and self._folder.shim.folder.is_dir():
            self._log.attach()
            self._log.detach(drain=True)
            self._note_end(Process.last_exit(self._folder.shim))
        self._found_ended()

    async def destroy(self) -> None:
        await self.stop()
        self._detach(drain=True)
        self._around.logs.close(self.spec.capsule_id)
        await asyncio.to_thread(self._remove)

    async def load(self) -> None:
        """Have a zygote that was started ahead load the app, from the files as they are now."""
        if not self.state.is_held:
            return
        async with self._changing:
            if not self.state.is_held or self._process is None:
                return
            await finish(
                asyncio.to_thread(files.follow_artifact, self.spec, self._folder, self._around.machine)
            )
            self.state.is_held = False
            self._save()
            self._begin()

    def stats(self) -> ReplicaStats:
        if self._process is None:
            return ReplicaStats(self.spec.id, 0.0, 0, 0)
        if self._groups.whole is not None:
            used = self._groups.whole.usage()
            own = WALL_PROCESSES if self._around.machine.walls is not Walls.plain else 0
            count = max(0, used.processes - own)
            return ReplicaStats(
                self.spec.id, used.cpu_seconds, used.memory_bytes, count, used.throttled_seconds
            )
        seconds, memory, count = tree.usage(self._process.pids())
        return ReplicaStats(self.spec.id, seconds, memory, count)

    def entrance(self) -> Entrance | None:
        if self._process is None or self._phase is not Phase.running:
            return None
        machine = self._around.machine
        has_walls = machine.walls is not Walls.plain
        box = tree.box_init(self._process.pid) if has_walls else self._pid
        if box is None:
            return None
        inside = files.describe(
            self.spec, self._folder, machine, self._around.paths, port=self.state.port, overlay=False
        )
        return Entrance(
            pid=box,
            has_walls=has_walls,
            groups=self._groups.folders,
            uid=machine.uid(self.spec.identity) if machine.drops_to_own_user else None,
            env=inside.env,
            cwd=inside.cwd,
        )

    async def _start_shell(self, spec: ShellSpec) -> Shell:
        entrance = self.entrance()
        assert entrance is not None
        shell = Shell(spec, lambda: self.is_running)
        await shell.start(entrance)
        return shell

    def pids(self) -> list[int]:
        """Return the processes of the command, without its runtimes where those have groups of their own."""
        if self._process is None:
            return []
        group = self._groups.command
        return group.pids() if group is not None else self._process.pids()

    def cpu_seconds(self, pids: list[int]) -> float:
        """Return the processor time that the command has used so far; `pids` are its processes."""
        group = self._groups.command
        return group.cpu_seconds() if group is not None else tree.usage(pids)[0]

    def end(self, reason: str) -> None:
        """Kill the command; it is started again if that is wanted. `reason` goes into the log."""
        self._say(reason)
        send(self.pids(), signal.SIGKILL)

    def check_memory(self) -> None:
        """Say so when the kernel has killed a process of a replica or a runtime that lives on."""
        if self.runtimes is not None:
            self.runtimes.check_memory()
        kills = self._groups.oom_kills() if self._process is not None else 0
        if kills > self.state.oom_seen:
            self.state.oom_seen = kills
            self._save()
            self._say("A process ran out of memory and was killed.")

    async def let_go(self) -> None:
        await super().let_go()
        if self.runtimes is not None:
            await self.runtimes.let_go()
        if self._process is not None:
            self._process.let_go()
        self._detach(drain=False)
        self._around.logs.close(self.spec.capsule_id)

    async def _launch(self) -> None:
        machine, folder, state = self._around.machine, self._folder, self.state
        self._phase = Phase.starting
        files.check(self.spec, machine)
        overlay = await finish(
            asyncio.to_thread(files.lay_out, self.spec, folder, machine, self._around.paths)
        )
        if not state.port and not self.spec.listens_on_socket:
            state.port = self._around.free_port()
        box = files.describe(self.spec, folder, machine, self._around.paths, port=state.port, overlay=overlay)
        self._groups.create()
        state.oom_seen = self._groups.oom_kills()
        command = enclose(box, machine, self._groups.command)
        folder.consumed.unlink(missing_ok=True)
        process = Process.launch(folder.shim, command, machine.uid(self.spec.identity))
        self._process = process
        self._run_ended.clear()
        state.shim_pid, state.shim_started, state.boot = process.pid, process.started, tree.boot_id()
        self._save()
        self._watch_files()
        self._log.attach()
        try:
            self._pid = await process.running()
        except BaseException:
            await asyncio.shield(self._end_process())
            raise
        self._phase = Phase.running
        state.started_at = now()
        self._save()
        if not self.state.is_held:
            self._begin()

    def _begin(self) -> None:
        self._say("Started.")
        if self.runtimes is not None:
            self.runtimes.begin()

    def _runs(self) -> bool:
        return self._process is not None

    async def _end_run(self) -> None:
        process = self._process
        assert process is not None
        await process.stop(self.spec.grace_seconds)
        await process.clean_up(self._groups.whole, self.spec.id)

    async def _run_over(self) -> None:
        if self._process is not None:
            await self._process.ended()
            await self._end_process()

    def _address(self) -> str:
        return f"tcp:127.0.0.1:{self.state.port}" if self.state.port else f"unix:{self._folder.socket}"

    def _main(self) -> int | None:
        return self._pid if self._process is not None else None

    def _listening(self) -> tuple[str, ...]:
        return tree.listening(self._process.pids()) if self._process is not None else ()

    async def _end_process(self) -> None:
        process = self._process
        assert process is not None
        await process.clean_up(self._groups.whole, self.spec.id)
        if self.runtimes is not None:
            await self.runtimes.end()
        self._detach(drain=True)
        process.let_go()
        self._process, self._pid = None, None
        self._note_end(process.exit())

    def _note_end(self, ended: Exit) -> None:
        state = self.state
        kills = self._groups.oom_kills()
        if kills > state.oom_seen and state.wanted and ended.code != 0:
            ended = replace(ended, out_of_memory=True)
        state.oom_seen = max(kills, state.oom_seen)
        state.shim_pid = 0
        self._note_exit(ended)

    def _watch_files(self) -> None:
        if self._watch is None:
            self._watch = self._around.watcher.add(self._folder.shim.folder, self._on_file)

    def _on_file(self, name: str) -> None:
        if name in ("exit", "") and self._process is not None and self._folder.shim.exit_code() is not None:
            self._process.command_ended()
        if name in ("out", "err", ""):
            self._log.changed()

    def _detach(self, *, drain: bool) -> None:
        if self._watch is not None:
            self._around.watcher.remove(self._watch)
            self._watch = None
        self._log.detach(drain=drain)

    def _remove(self) -> None:
        self._groups.remove()
        private_files.remove(self._folder.root)
