"""Which phase a deployment is in, and how long each took; written as it happens, for whoever looks."""

import time
from typing import Any

from capsule.control.delivery.leases import Lease
from capsule.models import Deployment


class Phases:
    def __init__(self, lease: Lease[Deployment], receipt: dict[str, Any] | None) -> None:
        """`receipt`: what an earlier worker on this deployment has written."""
        self._lease = lease
        self._receipt: dict[str, Any] = {"phases": [], **(receipt or {})}
        self._current: str | None = None
        self._began = 0.0

    def has_had(self, name: str) -> bool:
        return any(phase["name"] == name for phase in self._receipt["phases"])

    async def begin(self, name: str) -> None:
        """End the phase before and begin this one. Raises LeaseLost."""
        self._close()
        self._current, self._began = name, time.monotonic()
        async with self._lease.unit_of_work() as (_, deployment):
            self.note(deployment)

    async def complain(self, sentence: str) -> None:
        """Say what is waited for, until the deployment has ended. Raises LeaseLost."""
        async with self._lease.unit_of_work() as (_, deployment):
            if not deployment.cancel_requested:
                deployment.reason = sentence

    async def finish(self) -> None:
        """End the phase: an earlier worker's successor will see that it was had. Raises LeaseLost."""
        self._close()
        async with self._lease.unit_of_work() as (_, deployment):
            self.note(deployment)

    def note(self, deployment: Deployment) -> None:
        """Write what is known so far into the row; the caller commits."""
        deployment.phase = self._current
        deployment.receipt = self._receipt

    def turn(self, name: str, deployment: Deployment) -> None:
        """Go on to the next phase in the caller's unit of work."""
        self._close()
        self._current, self._began = name, time.monotonic()
        self.note(deployment)

    def stop(self, deployment: Deployment) -> None:
        """End the phase because the deployment has failed; the caller commits."""
        self._close()
        self.note(deployment)

    async def settle(self) -> None:
        """After the deployment has ended well: write the last phase down, and that it is watched now."""
        self._close()
        async with self._lease.database.unit_of_work() as db_session:
            row = await db_session.get(Deployment, self._lease.row_id)
            if row is not None and row.watch_until is not None:
                row.receipt = {**(row.receipt or {}), "phases": self._receipt["phases"]}
                row.phase = "watch"

    def _close(self) -> None:
        if self._current is not None:
            seconds = round(time.monotonic() - self._began, 3)
            phases = [*self._receipt["phases"], {"name": self._current, "seconds": seconds}]
            self._receipt = {**self._receipt, "phases": phases}
            self._current = None
