"""Try new replicas: start them, move the traffic to them, and say why it did not work.

Used by deployments and by serves. Knows engine, edge and app host; knows no database.
"""

import asyncio
import contextlib
import functools
from collections.abc import Callable, Sequence
from typing import Any

from capsule.apps.contract import RuntimeUnready
from capsule.control.delivery.logs.streams import APP_LOG
from capsule.edge.contract import ProbeFailed
from capsule.engines.contract import (
    Exit,
    MountMissing,
    ReplicaExists,
    ReplicaNotFound,
    ReplicaSpec,
    ReplicaStartFailed,
    ReplicaStatus,
    Restart,
)
from capsule.errors import PlatformError, Unavailable
from capsule.reconcile.diagnosis import ReplicaFailed, exited, unanswered, waited_for
from capsule.reconcile.platform import Platform
from capsule.reconcile.traffic import CanaryFailed, Told, Traffic
from capsule.telemetry.segments import tail

_LOG_LINES = 30
_WATCH_SECONDS = 0.1
_Exits = dict["asyncio.Task[Exit]", ReplicaSpec]


async def _tell_nobody(_what: str) -> None:
    return None


class Trial:
    """One attempt to give replicas the traffic. Leaves none of them behind when it fails."""

    def __init__(
        self,
        platform: Platform,
        specs: Sequence[ReplicaSpec],
        traffic: Callable[[Sequence[ReplicaStatus]], Traffic],
        *,
        started: Sequence[ReplicaStatus] | None = None,
        steady_seconds: float = 0.0,
        answer_seconds: float | None = None,
        tell: Told = _tell_nobody,
        complain: Told = _tell_nobody,
    ) -> None:
        """`traffic` is given the replicas of the `web` process; the others have to run for `steady_seconds`.

        `started`: how the replicas are, when they run already. `tell` is told each phase, `complain` what is
        waited for when it takes long.
        """
        self._platform = platform
        self._specs = {spec.id: spec for spec in specs}
        self._traffic = traffic
        self._started = started
        self._steady_seconds = steady_seconds
        self._answer_seconds = answer_seconds or platform.pace.answer
        self._tell = tell
        self._complain = complain

    async def run(self) -> tuple[list[ReplicaStatus], asyncio.Task[None]]:
        """Return once new requests go to the replicas, with the task that is still draining the old ones.

        Raises ReplicaFailed. On cancellation the replicas are destroyed, unless they have the traffic
        already: then the cancellation came too late and is dropped.
        """
        culprits: list[str] = []
        traffic: Traffic | None = None
        try:
            await self._tell("start")
            statuses = [*self._started] if self._started is not None else await self._start_all()
            traffic = self._traffic([one for one in statuses if self._specs[one.id].process == "web"])
            await self._tell("switch")
            draining = await self._move(traffic, culprits)
        except ReplicaFailed as failure:
            await self._undo(traffic)
            await asyncio.sleep(0.3)  # the last lines are on their way to the log
            raise failure.told_by(await asyncio.to_thread(self._last_lines, culprits)) from None
        except BaseException:
            await self._undo(traffic)
            raise
        for replica_id in self._specs:
            await self._keep_running(replica_id)
        return statuses, draining

    async def _start_all(self) -> list[ReplicaStatus]:
        starting = [asyncio.create_task(self._start(spec)) for spec in self._specs.values()]
        try:
            return list(await asyncio.gather(*starting))
        except BaseException:
            for task in starting:
                task.cancel()
            await asyncio.wait(starting)
            raise

    async def _start(self, spec: ReplicaSpec) -> ReplicaStatus:
        engine = self._platform.engine
        try:
            return await self._platform.patiently(lambda: engine.start(spec))
        except ReplicaExists:  # the first call arrived, only its answer was lost
            return await self._platform.patiently(lambda: engine.inspect(spec.id))
        except MountMissing as exc:
            raise ReplicaFailed(exc.detail, exc.hint) from exc
        except ReplicaStartFailed as exc:
            what = (
                "The container could not be started" if spec.image else "The start command could not be run"
            )
            raise ReplicaFailed(f"{what}: {exc.detail}", exc.hint) from exc

    async def _move(self, traffic: Traffic, culprits: list[str]) -> asyncio.Task[None]:
        moving = asyncio.create_task(self._move_when_steady(traffic))
        exits: _Exits = {asyncio.create_task(self._exit(spec.id)): spec for spec in self._specs.values()}
        complaining = asyncio.create_task(self._complain_in_time())
        try:
            while True:
                await asyncio.wait(
                    {moving, *exits}, timeout=_WATCH_SECONDS, return_when=asyncio.FIRST_COMPLETED
                )
                if moving.done():
                    await self._judge(moving, culprits)
                    return moving
                if await traffic.has_moved():
                    return moving
                for task, spec in exits.items():
                    if task.done():
                        culprits.append(spec.id)
                        raise exited(spec, task.result())
        except BaseException as exc:
            # Whoever cancels may come too late: replicas that have the traffic stay.
            if isinstance(exc, asyncio.CancelledError) and await self._came_too_late(moving, traffic):
                return moving
            moving.cancel()
            await asyncio.wait({moving})
            raise
        finally:
            ending: set[asyncio.Task[Any]] = {complaining, *exits}
            for task in ending:
                task.cancel()
            await asyncio.wait(ending)

    async def _move_when_steady(self, traffic: Traffic) -> None:
        if any(spec.process != "web" for spec in self._specs.values()):
            await asyncio.sleep(self._steady_seconds)
        await traffic.move()

    async def _came_too_late(self, moving: asyncio.Task[None], traffic: Traffic) -> bool:
        if not await traffic.has_moved():
            moving.cancel()
            await asyncio.wait({moving})
            if not await traffic.has_moved():
                return False
        task = asyncio.current_task()
        assert task is not None
        task.uncancel()
        return True

    async def _judge(self, moving: asyncio.Task[None], culprits: list[str]) -> None:
        try:
            moving.result()
        except ProbeFailed as exc:
            spec = self._specs.get(str(exc.context.get("upstream"))) or next(iter(self._specs.values()))
            culprits.append(spec.id)
            raise await self._unanswered(spec, exc) from exc
        except (RuntimeUnready, CanaryFailed) as exc:
            raise ReplicaFailed(exc.detail, exc.hint or "Look at the last log lines.") from exc

    async def _exit(self, replica_id: str) -> Exit:
        engine = self._platform.engine
        while True:
            try:
                return await engine.wait(replica_id)
            except ReplicaNotFound:
                return Exit()
            except Unavailable:
                await asyncio.sleep(0.3)

    async def _complain_in_time(self) -> None:
        await asyncio.sleep(self._platform.pace.silent)
        for spec in self._specs.values():
            if spec.process == "web" and not spec.listens_on_socket:
                address, listening = await self._listening(spec)
                await self._complain(waited_for(spec, address, listening))
                return  # the others are of the same release

    async def _unanswered(self, spec: ReplicaSpec, exc: ProbeFailed) -> ReplicaFailed:
        address, listening = await self._listening(spec)
        return unanswered(spec, address, listening, exc, self._answer_seconds)

    async def _listening(self, spec: ReplicaSpec) -> tuple[str | None, tuple[str, ...]]:
        """Return where the replica should listen, and where it does."""
        with contextlib.suppress(PlatformError):
            status = await self._platform.engine.inspect(spec.id)
            return status.address, status.listening
        return None, ()

    async def _keep_running(self, replica_id: str) -> None:
        engine = self._platform.engine
        await self._platform.patiently(lambda: engine.set_restart(replica_id, Restart.always))

    async def _undo(self, traffic: Traffic | None) -> None:
        engine = self._platform.engine
        with contextlib.suppress(Unavailable):  # the mirror destroys what has no row
            if traffic is not None:
                await traffic.give_back()
            for replica_id in self._specs:
                await self._platform.patiently(functools.partial(engine.destroy, replica_id))

    def _last_lines(self, replica_ids: Sequence[str]) -> list[dict[str, Any]]:
        """Return the last lines of the replica that is to blame; of any, when none is."""
        replica_id = replica_ids[0] if replica_ids else next(iter(self._specs))
        folder = self._platform.paths.telemetry(self._specs[replica_id].capsule_id)
        return tail(folder, APP_LOG, limit=_LOG_LINES, match={"replica": replica_id})
