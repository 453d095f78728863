"""Run one command once, in a fresh replica of a release: start it or find it again, wait for its end.

The command never runs twice. The row of its replica is written before the replica is started, and a replica
that an earlier process of the server may have started is looked for, never started again.
"""

import asyncio
import contextlib
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from capsule.control.delivery.logs.streams import APP_LOG
from capsule.control.delivery.releases.service import processes_of
from capsule.control.delivery.replicas.repository import RUN, ReplicaRepository
from capsule.control.delivery.replicas.service import stopped
from capsule.engines.contract import Exit, Phase, ReplicaExists, ReplicaNotFound, ReplicaSpec, Restart
from capsule.errors import PlatformError, Unavailable
from capsule.kit.clock import now
from capsule.kit.ids import new_id
from capsule.models import Capsule, Release, Replica
from capsule.reconcile.platform import Platform
from capsule.reconcile.specs import release_spec
from capsule.telemetry.segments import tail

_LOG_LINES = 30
_AWAY_SECONDS = 0.3


class OneOffLost(PlatformError):
    """The replica is gone, and with it how its command ended."""

    code, title = "one_off_lost", "How the command ended is not known"


@dataclass(frozen=True)
class Ended:
    exit: Exit
    log_tail: list[dict[str, Any]]
    """Last lines, as in the capsule's log."""
    timed_out: bool = False

    @property
    def code(self) -> int:
        """Return the exit code as shells have it."""
        code = self.exit.shell_code
        assert code is not None  # an unknown end is OneOffLost
        return code

    @property
    def is_good(self) -> bool:
        return self.code == 0 and not self.timed_out


def shell_command(release: Release, line: str) -> dict[str, Any]:
    """Return the command that runs a shell line with what the release's own commands find around them."""
    processes = processes_of(release.config)
    own = processes.get("web") or next(iter(processes.values()), {})
    return {"argv": ["/bin/sh", "-c", line], "env": own.get("env", {})}


class OneOff:
    """One replica with one command.

    Use: `ended`, then write down how it ended, then `destroy`. In this order a crash loses nothing: whoever
    goes on finds the replica with `found` and waits for the same end. A cancelled `ended` leaves the command
    running; end it with `destroy`, or leave it to be found again.
    """

    def __init__(self, platform: Platform, replica: Replica, spec: ReplicaSpec | None = None) -> None:
        """`spec` is given for a replica that has not been started; without it there must be one."""
        self._platform = platform
        self._capsule_id = replica.capsule_id
        self._spec = spec
        self._has_started = replica.state != "starting"
        self.replica_id = replica.id

    @classmethod
    async def add(
        cls,
        platform: Platform,
        db_session: AsyncSession,
        capsule: Capsule,
        release: Release,
        *,
        started_by: str,
        command: Mapping[str, Any],
        process: str = "run",
    ) -> "OneOff":
        """Write the row of the replica; it is started by `ended`, after the unit of work has committed.

        `command` is `{"argv", "env"}`; `process` names it in the log. Raises SecretMissing or
        FilesystemMissing when one was deleted since the release was made.
        """
        replica = Replica(
            id=new_id("rpl"),
            team_id=capsule.team_id,
            capsule_id=capsule.id,
            release_id=release.id,
            started_by=started_by,
            environment=RUN,
            process=process,
            state="starting",
            started_at=now(),
        )
        db_session.add(replica)
        spec = await release_spec(
            platform,
            db_session,
            capsule,
            release,
            replica_id=replica.id,
            process=process,
            command=command,
        )
        spec = replace(
            spec,
            restart=Restart.never,
            runtimes=None,
            listens_on_socket=False,
            labels={"environment": RUN, "process": process},
        )
        return cls(platform, replica, spec)

    @classmethod
    async def found(cls, platform: Platform, db_session: AsyncSession, started_by: str) -> "OneOff | None":
        """Return the one that an earlier worker on `started_by` has added, unless it was destroyed."""
        replicas = await ReplicaRepository(db_session).started_by(started_by, environment=RUN)
        return cls(platform, replicas[-1]) if replicas else None

    async def ended(self, *, until: datetime | None = None) -> Ended:
        """Start the command unless that was done, and return when it has ended.

        At `until` it is ended (SIGTERM, SIGKILL). Raises OneOffLost, what `Engine.start` raises, and
        Unavailable when the node agent stays away.
        """
        if self._spec is not None:
            spec, self._spec = self._spec, None
            await _whole(self._start(spec))
        exit, timed_out = await self._exit(until)
        if exit.code is None and exit.signal is None:
            raise OneOffLost("The machine was restarted while the command ran; how it ended is not known.")
        return Ended(exit, await self.last_lines(), timed_out)

    async def destroy(self) -> None:
        """End every process of it and remove its traces, whatever it is at. May be called again."""
        engine = self._platform.engine
        await self._platform.patiently(lambda: engine.destroy(self.replica_id))
        await self._mark(lambda replica: stopped(replica))

    async def last_lines(self) -> list[dict[str, Any]]:
        folder = self._platform.paths.telemetry(self._capsule_id)
        return await asyncio.to_thread(
            tail, folder, APP_LOG, limit=_LOG_LINES, match={"replica": self.replica_id}
        )

    async def _start(self, spec: ReplicaSpec) -> None:
        try:
            await self._platform.patiently(lambda: self._platform.engine.start(spec))
        except ReplicaExists:  # the first call arrived, only its answer was lost
            pass
        except PlatformError as exc:
            reason = exc.detail
            await self._mark(lambda replica: stopped(replica, reason))
            raise
        self._has_started = True
        await self._mark(_healthy)

    async def _exit(self, until: datetime | None) -> tuple[Exit, bool]:
        """Return the end of the command, and whether that was because its time was up."""
        engine = self._platform.engine
        while True:
            try:
                status = await engine.inspect(self.replica_id)
                if status.phase is Phase.exited:
                    exit = status.last_exit or Exit()
                    is_late = until is not None and exit.at is not None and exit.at >= until
                    return exit, is_late and exit.signal is not None  # ended by an earlier worker
                left = None if until is None else max(0.0, (until - now()).total_seconds())
                try:
                    # Not wait_for: in Python 3.11 it can lose a cancellation.
                    async with asyncio.timeout(left):
                        return await engine.wait(self.replica_id), False
                except TimeoutError:
                    status = await engine.stop(self.replica_id)
                    return status.last_exit or Exit(), True
            except ReplicaNotFound:
                raise self._lost() from None
            except Unavailable:  # the node agent is being restarted; replicas do not notice
                await asyncio.sleep(_AWAY_SECONDS)

    def _lost(self) -> OneOffLost:
        if self._has_started:
            return OneOffLost("The replica was lost while the command ran; how it ended is not known.")
        return OneOffLost(
            "The server was stopped just when the command was being started. Whether it ran is not known, "
            "so it was not started again."
        )

    async def _mark(self, change: Callable[[Replica], None]) -> None:
        async with self._platform.database.unit_of_work() as db_session:
            if replica := await db_session.get(Replica, self.replica_id):
                change(replica)


def _healthy(replica: Replica) -> None:
    replica.state = "healthy"


async def _whole(work: Coroutine[Any, Any, None]) -> None:
    """Await work that a cancellation must not cut in two: it is waited for all the same."""
    task = asyncio.ensure_future(work)
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        with contextlib.suppress(PlatformError):
            await task
        raise
