"""Mind one replica, whatever its command runs in: start it again after a crash, end it, tell how it is."""

import asyncio
import logging
from abc import ABC, abstractmethod
from collections.abc import Callable, Coroutine
from datetime import datetime, timedelta
from typing import Any, Generic, TypeVar

from capsule.engines.contract import Exit, Phase, ReplicaSpec, ReplicaStatus, Restart
from capsule.engines.kept import KeptFolder, S
from capsule.engines.running_shell import RunningShell
from capsule.engines.shells import ShellFailed, ShellSpec
from capsule.errors import PlatformError
from capsule.kit.clock import now

log = logging.getLogger(__name__)

T = TypeVar("T")

_BACK_OFF_SECONDS = (0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0)
_HEALTHY_AFTER_SECONDS = 30.0


class MindedReplica(ABC, Generic[S]):
    """A run is one life of the command: from its launch until its end was noted."""

    def __init__(
        self, spec: ReplicaSpec, state: S, folder: KeptFolder[S], say: Callable[[str], None]
    ) -> None:
        """`say` writes a line of the platform's own into the replica's log."""
        self.spec = spec
        self.state = state
        self._kept = folder
        self._say = say
        self._phase = Phase.starting
        self._minding: asyncio.Task[None] | None = None
        self._stopping: asyncio.Task[None] | None = None
        self._run_ended = asyncio.Event()
        self._next_start_at: datetime | None = None
        self._changing = asyncio.Lock()

    async def start(self) -> None:
        """Start for the first time. On failure nothing runs; the folder is the caller's to remove."""
        self._kept.save_spec(self.spec)
        self._save()
        await self._launch()
        self._begin_minding()

    async def stop(self) -> None:
        self.state.wanted = False
        self._save()
        async with self._changing:  # a restart in the making is waited for, then ended
            if self._runs():
                self._phase = Phase.stopping
                self._say("Stopping.")
                await self._end_run()
            elif self._minding is not None and self._phase is Phase.backing_off:
                self._minding.cancel()
            if self._minding is not None:
                await asyncio.gather(self._minding, return_exceptions=True)
                self._minding = None
            self._next_start_at = None
            self._phase = Phase.exited

    async def set_restart(self, restart: Restart) -> None:
        self.state.restart = restart
        self._save()
        if self._minding is None or self._minding.done():
            self._begin_minding_if_wanted()

    async def wait(self) -> Exit:
        await self._run_ended.wait()
        return self.state.last_exit or Exit()

    def status(self, *, look: bool = False) -> ReplicaStatus:
        """Tell how the replica is; with `look`, also what it listens on."""
        state = self.state
        return ReplicaStatus(
            id=self.spec.id,
            capsule_id=self.spec.capsule_id,
            release_id=self.spec.release_id,
            phase=self._phase,
            address=self._address() if state.started_at is not None else None,
            pid=self._main() or None,
            started_at=state.started_at,
            restarts=state.restarts,
            last_exit=state.last_exit,
            next_start_at=self._next_start_at,
            listening=self._listening() if look else (),
        )

    @property
    def is_running(self) -> bool:
        return self.entrance() is not None

    async def enter(self, spec: ShellSpec) -> RunningShell:
        """Start a process inside. Raises ShellFailed."""
        if not self.is_running:
            raise ShellFailed(f"Replica {self.spec.id} does not run.", hint="Choose one that runs.")
        return await self._start_shell(spec)

    async def let_go(self) -> None:
        """Stop minding without stopping; a later process of the node agent recovers the replica."""
        for task in (self._stopping, self._minding):
            if task is not None:
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)

    @abstractmethod
    def entrance(self) -> object | None:
        """Return where another process can join the command; None while it does not run."""

    @abstractmethod
    async def _start_shell(self, spec: ShellSpec) -> RunningShell:
        """Raises ShellFailed; nothing is left behind then."""

    @abstractmethod
    async def destroy(self) -> None:
        """Stop, and remove every trace."""

    @abstractmethod
    async def _launch(self) -> None:
        """Begin a run. Raises PlatformError and OSError; no run has begun then."""

    @abstractmethod
    def _runs(self) -> bool:
        """Tell whether there is a run to be ended."""

    @abstractmethod
    async def _end_run(self) -> None:
        """Ask the command to end, wait, insist. Whoever minds the replica notes the end."""

    @abstractmethod
    async def _run_over(self) -> None:
        """Wait for the end of the run, if there is one, and note it."""

    @abstractmethod
    def _address(self) -> str: ...

    @abstractmethod
    def _main(self) -> int | None:
        """Return the pid of the user's own command, as this machine counts."""

    @abstractmethod
    def _listening(self) -> tuple[str, ...]:
        """Return the addresses that its processes listen on."""

    def _save(self) -> None:
        self._kept.save_state(self.state)

    def _go_on(self) -> None:
        """Mind a run that an earlier process of the node agent has begun."""
        self._begin_minding()
        if not self.state.wanted:  # the agent died while it stopped this one
            self._stopping = asyncio.create_task(self.stop())

    def _found_ended(self) -> None:
        """Take notice that nothing runs any more of what an earlier process of the node agent has begun."""
        self._phase = Phase.exited
        self._run_ended.set()
        self._begin_minding_if_wanted()

    def _note_exit(self, ended: Exit) -> None:
        state = self.state
        lasted = now() - state.started_at if state.started_at is not None else timedelta()
        if lasted.total_seconds() >= _HEALTHY_AFTER_SECONDS:
            state.crashes = 0
        state.last_exit = ended
        self._save()
        sentence = ended.sentence()
        self._say(sentence[0].upper() + sentence[1:] + ".")
        self._run_ended.set()

    def _begin_minding_if_wanted(self) -> None:
        if self._wants_restart():
            self._begin_minding()

    def _begin_minding(self) -> None:
        self._minding = asyncio.create_task(self._mind())
        self._minding.add_done_callback(self._on_minded)

    def _on_minded(self, task: "asyncio.Task[None]") -> None:
        if not task.cancelled() and (failure := task.exception()) is not None:
            log.error("replica %s is not minded any more", self.spec.id, exc_info=failure)

    async def _mind(self) -> None:
        """Wait for each end of the command and start it again for as long as that is wanted."""
        while True:
            await self._run_over()
            if not self._wants_restart():
                self._phase = Phase.exited
                self._save()
                return
            delay = _BACK_OFF_SECONDS[min(self.state.crashes, len(_BACK_OFF_SECONDS) - 1)]
            self._phase = Phase.backing_off
            self._next_start_at = now() + timedelta(seconds=delay)
            self.state.crashes += 1
            self.state.restarts += 1
            self._save()
            self._say(f"Restarting in {delay:g} s.")
            await asyncio.sleep(delay)
            self._next_start_at = None
            async with self._changing:
                if not self._wants_restart():
                    continue
                try:
                    await self._launch()
                except (PlatformError, OSError) as exc:
                    self._say(f"Could not be started: {exc}")

    def _wants_restart(self) -> bool:
        return self.state.wanted and self.state.restart is Restart.always


async def finish(work: Coroutine[Any, Any, T]) -> T:
    """Await work that must not go on after a cancellation: it is waited for all the same."""
    task = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.gather(task, return_exceptions=True)
        raise
