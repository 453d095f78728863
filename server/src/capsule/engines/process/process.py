"""One run of a replica's command: the shim and what is under it, from its start to its end."""

import asyncio
import contextlib
import os
import signal
import subprocess
import time

from capsule.engines.contract import Exit, ReplicaStartFailed
from capsule.engines.process import tree
from capsule.engines.process.shim import MARK, ShimFiles, shim_argv
from capsule.errors import Unavailable
from capsule.kit.clock import now
from capsule.sandbox.cgroups import Group
from capsule.sandbox.command import Command

_START_SECONDS = 10.0
_DRAIN_SECONDS = 1.0
_SHELL_SECONDS = 0.5
"""Time a shell gets to finish its script after the program it waited for was ended."""
_COMPLAINTS = ("setpriv: ", "bwrap: ", "env: ", "/usr/bin/env: ", "capsule-box: ", "unshare: ", "mount: ")


class ReplicaStuck(Unavailable):
    """A process survives SIGKILL (it hangs in the kernel)."""

    code, title = "replica_stuck", "Replica cannot be ended"


class Process:
    """Knows the shim by its pid; whether it is our child makes no difference after a restart of the agent."""

    def __init__(self, files: ShimFiles, pid: int, *, child: subprocess.Popen[bytes] | None = None) -> None:
        self.pid = pid
        self.started = tree.start_time(pid) or 0
        self._files = files
        self._child = child
        self._loop = asyncio.get_running_loop()
        self._ended: asyncio.Future[None] = self._loop.create_future()
        self._command_ended = asyncio.Event()
        self._pidfd = -1
        try:
            self._pidfd = os.pidfd_open(pid)
        except ProcessLookupError:
            self._ended.set_result(None)
            self._command_ended.set()
        else:
            self._loop.add_reader(self._pidfd, self._on_end)

    @classmethod
    def launch(cls, files: ShimFiles, command: Command, uid: int) -> "Process":
        """Start the command under a shim. What an earlier run left in the files must have been read."""
        files.folder.mkdir(mode=0o700, exist_ok=True)
        for path in (files.exit, files.pid, *files.pipes, *files.outputs.values()):
            path.unlink(missing_ok=True)
        for path in files.pipes:
            os.mkfifo(path, 0o600)
            if uid != os.getuid():
                os.chown(path, uid, uid)  # so that the replica may open its own /dev/stdout
        for path in files.outputs.values():
            path.touch(0o600)
        child = subprocess.Popen(
            shim_argv(files, command.argv),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=command.env,
            cwd=command.cwd,
            start_new_session=True,
        )
        return cls(files, child.pid, child=child)

    @classmethod
    def find(cls, files: ShimFiles, pid: int, started: int, boot: str) -> "Process | None":
        """Return the run that an earlier process of the node agent launched, if it still lives."""
        if not pid:  # the agent died between launching and noting it
            pid = files.shim_pid() or 0
            started = (tree.start_time(pid) or 0) if pid else 0
            boot = tree.boot_id()
        if not pid or boot != tree.boot_id() or tree.start_time(pid) != started:
            return None
        line = tree.argv(pid)
        return cls(files, pid) if line[3:5] == [MARK, str(files.folder)] else None

    def command_ended(self) -> None:
        """Take note that the exit file has appeared."""
        self._command_ended.set()

    async def running(self) -> int | None:
        """Return the pid of the user's own process once it runs; None when it was too quick to be seen.

        Raises ReplicaStartFailed when the walls could not be built or the program does not exist.
        """
        give_up = time.monotonic() + _START_SECONDS
        while time.monotonic() < give_up:
            if (pid := tree.main_process(self.pid)) is not None:
                return pid
            if self._command_ended.is_set():
                with contextlib.suppress(TimeoutError):  # the last words are still on their way
                    await asyncio.wait_for(asyncio.shield(self._ended), _DRAIN_SECONDS)
                if complaint := self._complaint():
                    raise ReplicaStartFailed(complaint, hint="Check the run command.")
                return None
            await asyncio.sleep(0.003)
        raise ReplicaStartFailed(f"The command did not start within {_START_SECONDS:g} s.")

    async def ended(self) -> None:
        """Return when the command has ended (its leftovers may live)."""
        await self._command_ended.wait()

    async def clean_up(self, group: Group | None, replica_id: str) -> None:
        """Kill what the command left behind and wait until the last output is in the files.

        Raises ReplicaStuck when processes cannot be killed.
        """
        await asyncio.to_thread(self._kill_box, group, replica_id)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(asyncio.shield(self._ended), _DRAIN_SECONDS)
        if not self._ended.done():
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.pid, signal.SIGKILL)
            try:
                await asyncio.wait_for(asyncio.shield(self._ended), 5)
            except TimeoutError:
                raise ReplicaStuck(f"The shim of {replica_id} cannot be killed.") from None

    def exit(self) -> Exit:
        return self.last_exit(self._files)

    @staticmethod
    def last_exit(files: ShimFiles) -> Exit:
        """Return how the command ended. Codes above 128 are signals, as shells have it."""
        code = files.exit_code()
        if code is not None and code > 128:
            with contextlib.suppress(ValueError):
                return Exit(signal=signal.Signals(code - 128).name, at=now())
        return Exit(code=code, at=now())

    async def stop(self, grace_seconds: float) -> None:
        """Ask the command to end; return when it has, or when its time is up."""
        give_up = self._loop.time() + grace_seconds
        asked = self._terminate()
        idle_since: float | None = None
        while not self._command_ended.is_set() and (left := give_up - self._loop.time()) > 0:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._command_ended.wait(), min(0.1, left))
                return
            if any(tree.start_time(pid) is not None for pid in asked):
                idle_since = None
            elif idle_since is None:
                idle_since = self._loop.time()
            elif self._loop.time() - idle_since > _SHELL_SECONDS:
                # What a shell waited for has gone, and the shell went on with its script: now the shell.
                main = tree.main_process(self.pid)
                if main is not None and main not in asked:
                    asked = [main]
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(main, signal.SIGTERM)

    def _terminate(self) -> list[int]:
        pid = tree.main_process(self.pid)
        if pid is not None:
            return tree.terminate(pid)
        for child in tree.boxes(self.pid):  # still building its walls: nothing to be gentle with
            with contextlib.suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
        return []

    def pids(self) -> list[int]:
        """Return every process of the command."""
        return [pid for box in tree.boxes(self.pid) for pid in (box, *tree.descendants(box))]

    def let_go(self) -> None:
        """Stop watching; the processes live on."""
        if self._pidfd >= 0:
            self._loop.remove_reader(self._pidfd)
            os.close(self._pidfd)
            self._pidfd = -1
        if self._child is not None:
            # Silences Popen's warning about a child that still runs; init, or the next agent, reaps it.
            self._child.returncode = self._child.returncode or 0

    def _kill_box(self, group: Group | None, replica_id: str) -> None:
        for _ in range(500):
            left = set(self.pids())
            if group is not None:
                left |= set(group.pids())
            else:
                left |= set(tree.marked("CAPSULE_REPLICA_ID", replica_id))
                left -= {self.pid, *tree.children(self.pid)} - set(tree.boxes(self.pid))
            left = {pid for pid in left if tree.start_time(pid) is not None}
            if not left:
                return
            for pid in left:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            time.sleep(0.01)
        raise ReplicaStuck(f"Processes of {replica_id} cannot be killed.")

    def _on_end(self) -> None:
        self._loop.remove_reader(self._pidfd)
        os.close(self._pidfd)
        self._pidfd = -1
        if self._child is not None:
            self._child.wait()
        if not self._ended.done():
            self._ended.set_result(None)
        self._command_ended.set()

    def _complaint(self) -> str:
        try:
            lines = self._files.outputs["stderr"].read_text(errors="replace").splitlines()
        except FileNotFoundError:
            return ""
        found = [line for line in lines if line.startswith(_COMPLAINTS)]
        return found[-1] if found and self._files.exit_code() not in (0, None) else ""
