"""One run of a command, from claimed to its end."""

from datetime import datetime, timedelta

from capsule.control.delivery.leases import Lease, LeaseLost, end
from capsule.control.delivery.runs.service import REMOVED
from capsule.errors import PlatformError
from capsule.kit.complaint import complaint
from capsule.kit.remedies import remedy
from capsule.models import Capsule, Release, Run
from capsule.reconcile.one_off import Ended, OneOff, OneOffLost, shell_command
from capsule.reconcile.platform import Platform


class CommandRun:
    """`run` may be called again by the next process after a crash, and goes on."""

    def __init__(self, platform: Platform, lease: Lease[Run], run: Run) -> None:
        self._platform = platform
        self._lease = lease
        self._run = run

    async def run(self) -> None:
        """Run the command, and write how it ended. Only LeaseLost and cancellation come out of it."""
        try:
            async with self._lease.kept():
                one_off = await self._find_or_add()
                ended = await one_off.ended(until=self._until())
            await self._write(ended)
            await one_off.destroy()
        except LeaseLost:
            raise
        except PlatformError as exc:
            await self._fail(exc.detail, exc.hint)

    async def cancel(self) -> None:
        """End every process of it, then write that it was cancelled."""
        async with self._platform.database.reading() as db_session:
            one_off = await OneOff.found(self._platform, db_session, self._lease.row_id)
        if one_off is not None:
            await one_off.destroy()
        async with self._lease.unit_of_work() as (db_session, run):
            capsule = await db_session.get(Capsule, run.capsule_id)
            is_removed = capsule is None or capsule.removed_at is not None
            end(run, "cancelled", REMOVED if is_removed else run.reason or "Cancelled.")

    async def _find_or_add(self) -> OneOff:
        async with self._lease.unit_of_work() as (db_session, run):
            if found := await OneOff.found(self._platform, db_session, run.id):
                return found
            if run.replica_id is not None:
                raise OneOffLost("The replica was lost while the command ran; how it ended is not known.")
            capsule = await db_session.get_one(Capsule, run.capsule_id)
            release = await db_session.get(Release, capsule.release_id or "")
            if release is None:
                raise OneOffLost(f"'{capsule.name}' has no release.")
            one_off = await OneOff.add(
                self._platform,
                db_session,
                capsule,
                release,
                started_by=run.id,
                command=shell_command(release, run.command),
            )
            run.replica_id, run.release_id = one_off.replica_id, release.id
            return one_off

    def _until(self) -> datetime | None:
        started = self._run.started_at
        return None if started is None else started + timedelta(seconds=self._run.timeout_seconds)

    async def _write(self, ended: Ended) -> None:
        async with self._lease.unit_of_work() as (_, run):
            run.exit_code = ended.code
            if ended.is_good:
                end(run, "succeeded")
            elif ended.timed_out:
                reason = f"The command took longer than {run.timeout_seconds:g} s and was ended."
                end(run, "failed", reason, "Give it more time.")
            else:
                end(run, "failed", *_explained(ended))

    async def _fail(self, reason: str, hint: str | None) -> None:
        async with self._lease.unit_of_work() as (_, run):
            end(run, "failed", reason, hint)


def _explained(ended: Ended) -> tuple[str, str | None]:
    reason = f"The command {ended.exit.sentence()}."
    if ended.exit.out_of_memory:
        return reason, "Give the capsule more memory."
    said = [line["text"] for line in ended.log_tail if line.get("stream") != "platform"]
    words = complaint(said, only_telling=True)
    return (f"{reason.rstrip('.')}: {words}", remedy(words)) if words else (reason, None)
