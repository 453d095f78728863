"""Try one new replica: start it, move the traffic to it, and say in people's words why it did not work.

Used by deployments and by serves. Knows engine, edge and app host; knows no database.
"""

import asyncio
import contextlib
from collections.abc import Callable
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
from capsule.kit.complaint import complaint, remedy
from capsule.reconcile.platform import Platform
from capsule.reconcile.traffic import Traffic
from capsule.telemetry.segments import tail

_LOG_LINES = 30
_WATCH_SECONDS = 0.1


class ReplicaFailed(Exception):
    """The new replica did not come up; the old one is as it was."""

    def __init__(
        self, reason: str, hint: str | None = None, log_tail: list[dict[str, Any]] | None = None
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.hint = hint
        self.log_tail = log_tail or []


class _Exited(ReplicaFailed):
    """The program ended by itself; its last words may say why."""

    def told_by(self, lines: list[dict[str, Any]]) -> ReplicaFailed:
        said = [line["text"] for line in lines if line.get("stream") != "platform"]
        words = complaint(said, only_telling=True)
        if not words:
            return ReplicaFailed(self.reason, self.hint, lines)
        return ReplicaFailed(f"{self.reason.rstrip('.')}: {words}", remedy(words) or self.hint, lines)


class Trial:
    """One attempt to make a replica the one that gets the traffic. Leaves nothing behind when it fails."""

    def __init__(
        self,
        platform: Platform,
        spec: ReplicaSpec,
        traffic: Callable[[ReplicaStatus], Traffic],
        *,
        started: ReplicaStatus | None = None,
    ) -> None:
        """`started`: how the replica is, when it runs already."""
        self._started = started
        self._platform = platform
        self._spec = spec
        self._traffic = traffic

    async def run(self) -> tuple[ReplicaStatus, asyncio.Task[None]]:
        """Return once new requests go to the replica, with the task that is still draining the old one.

        Raises ReplicaFailed. On cancellation the replica is destroyed, unless it has the traffic already:
        then the cancellation came too late and is dropped.
        """
        try:
            status = self._started or await self._start()
            draining = await self._move(status, self._traffic(status))
        except ReplicaFailed as failure:
            await self._destroy()
            await asyncio.sleep(0.3)  # the last lines are on their way to the log
            lines = await asyncio.to_thread(self._last_lines)
            if isinstance(failure, _Exited):
                raise failure.told_by(lines) from None
            raise ReplicaFailed(failure.reason, failure.hint, lines) from None
        except BaseException:
            await self._destroy()
            raise
        await self._platform.patiently(
            lambda: self._platform.engine.set_restart(self._spec.id, Restart.always)
        )
        return status, draining

    async def _start(self) -> ReplicaStatus:
        engine = self._platform.engine
        try:
            return await self._platform.patiently(lambda: engine.start(self._spec))
        except ReplicaExists:  # the first call arrived, only its answer was lost
            return await self._platform.patiently(lambda: engine.inspect(self._spec.id))
        except MountMissing as exc:
            raise ReplicaFailed(exc.detail, exc.hint) from exc
        except ReplicaStartFailed as exc:
            raise ReplicaFailed(f"The start command could not be run: {exc.detail}", exc.hint) from exc

    async def _move(self, status: ReplicaStatus, traffic: Traffic) -> asyncio.Task[None]:
        moving = asyncio.create_task(traffic.move())
        exiting = asyncio.create_task(self._exit())
        try:
            while True:
                await asyncio.wait(
                    {moving, exiting}, timeout=_WATCH_SECONDS, return_when=asyncio.FIRST_COMPLETED
                )
                if moving.done():
                    await self._judge(moving, status)
                    return moving
                if await traffic.has_moved():
                    return moving
                if exiting.done():
                    raise self._exited(exiting.result())
        except BaseException as exc:
            # Whoever cancels may come too late: a replica that has the traffic stays.
            if isinstance(exc, asyncio.CancelledError) and await self._came_too_late(moving, traffic):
                return moving
            moving.cancel()
            await asyncio.wait({moving})
            raise
        finally:
            exiting.cancel()
            await asyncio.wait({exiting})

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

    async def _judge(self, moving: asyncio.Task[None], status: ReplicaStatus) -> None:
        try:
            moving.result()
        except ProbeFailed as exc:
            raise await self._unanswered(status, exc) from exc
        except RuntimeUnready as exc:
            raise ReplicaFailed(exc.detail, exc.hint or "Look at the last log lines.") from exc

    async def _exit(self) -> Exit:
        engine = self._platform.engine
        while True:
            try:
                return await engine.wait(self._spec.id)
            except ReplicaNotFound:
                return Exit()
            except Unavailable:
                await asyncio.sleep(0.3)

    def _exited(self, exit: Exit) -> ReplicaFailed:
        reason = f"The start command {exit.sentence()} before it answered."
        if exit.out_of_memory:
            return ReplicaFailed(
                reason, f"Give the capsule more than {self._spec.limits.memory} MiB of memory."
            )
        if self._spec.listens_on_socket:
            hint = "Look at the last log lines."
        else:
            hint = "Look at the last log lines; the start command has to keep running and listen on $PORT."
        return _Exited(reason, hint)

    async def _unanswered(self, status: ReplicaStatus, exc: ProbeFailed) -> ReplicaFailed:
        seconds = self._platform.pace.answer
        listening: tuple[str, ...] = ()
        with contextlib.suppress(PlatformError):
            listening = (await self._platform.engine.inspect(self._spec.id)).listening
        port = (status.address or "").rpartition(":")[2]
        hosts = {host for host, _, number in (a.rpartition(":") for a in listening) if number == port}
        if hosts == {"[::1]"}:
            return ReplicaFailed(
                f"The app listens on [::1]:{port} only, which requests do not reach.",
                "Listen on 0.0.0.0, or on 127.0.0.1.",
            )
        if hosts:
            return ReplicaFailed(
                f"The app listens on port {port} but gave no good answer within {seconds:g} s: {exc.detail}",
                "Look at the last log lines.",
            )
        instead = f"; it listens on {', '.join(listening)}" if listening else "; it listens on no port"
        return ReplicaFailed(
            f"The app did not answer on port {port} within {seconds:g} s{instead}.",
            "Listen on the port in the PORT environment variable.",
        )

    async def _destroy(self) -> None:
        engine = self._platform.engine
        with contextlib.suppress(Unavailable):  # the mirror destroys what has no row
            await self._platform.patiently(lambda: engine.destroy(self._spec.id))

    def _last_lines(self) -> list[dict[str, Any]]:
        folder = self._platform.paths.telemetry(self._spec.capsule_id)
        return tail(folder, APP_LOG, limit=_LOG_LINES, match={"replica": self._spec.id})
