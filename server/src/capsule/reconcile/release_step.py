"""Run a release's own step (migrations) once, to its end, before the release gets requests."""

import asyncio
from collections.abc import Callable
from datetime import timedelta

from capsule.control.delivery.leases import Lease
from capsule.errors import PlatformError
from capsule.kit.clock import now
from capsule.models import Capsule, Deployment, Release
from capsule.reconcile.diagnosis import ReplicaFailed
from capsule.reconcile.one_off import Ended, OneOff
from capsule.reconcile.phases import Phases
from capsule.reconcile.platform import Platform

_LONGEST = timedelta(hours=1)
_HINT = "Its output is in the log; the release before is as it was."


class ReleaseStep:
    def __init__(
        self,
        platform: Platform,
        lease: Lease[Deployment],
        capsule: Capsule,
        release: Release,
        phases: Phases,
        *,
        goes_on_later: Callable[[], bool],
    ) -> None:
        """`goes_on_later`: whether a cancellation only means that another process will go on with it."""
        self._platform = platform
        self._lease = lease
        self._capsule = capsule
        self._release = release
        self._phases = phases
        self._goes_on_later = goes_on_later
        self._one_off: OneOff | None = None

    async def run(self) -> None:
        """Return when the command has ended well and that is written down.

        Raises ReplicaFailed; whoever has written that down calls `clear`. In this order a crash at any
        point has the next worker find the same end, and the command is never run twice.
        """
        await self._phases.begin("release")
        self._one_off = await self._found_or_added()
        try:
            ended = await self._one_off.ended(until=now() + _LONGEST)
        except asyncio.CancelledError:
            if not self._goes_on_later():
                await self.clear()
            raise
        except PlatformError as exc:
            raise ReplicaFailed(f"The release step failed: {exc.detail}", exc.hint or _HINT) from exc
        if not ended.is_good:
            raise ReplicaFailed(_sentence(ended), _HINT, ended.log_tail)
        await self._phases.finish()
        await self.clear()

    async def abandon(self) -> None:
        """End a command that an earlier worker has begun, if there is one. Raises LeaseLost."""
        async with self._lease.unit_of_work() as (db_session, deployment):
            self._one_off = await OneOff.found(self._platform, db_session, deployment.id)
        await self.clear()

    async def clear(self) -> None:
        """Take away what is left of the command."""
        if self._one_off is not None:
            await self._one_off.destroy()

    async def _found_or_added(self) -> OneOff:
        async with self._lease.unit_of_work() as (db_session, deployment):
            found = await OneOff.found(self._platform, db_session, deployment.id)
            return found or await OneOff.add(
                self._platform,
                db_session,
                self._capsule,
                self._release,
                started_by=deployment.id,
                command=self._release.config["release"],
                process="release",
            )


def _sentence(ended: Ended) -> str:
    if ended.timed_out:
        return f"The release step took longer than {_LONGEST.total_seconds() / 60:g} minutes and was ended."
    return f"The release step {ended.exit.sentence()}."
