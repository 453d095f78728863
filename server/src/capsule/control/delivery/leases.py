"""Hold a row that one worker works on. A worker that dies loses it; a newer holder has a higher fence."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Generic, TypeVar

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from capsule.db import Database
from capsule.errors import Conflict
from capsule.kit.clock import now
from capsule.models import Build, Deployment, Run

log = logging.getLogger(__name__)

LEASE = timedelta(seconds=15)
_RENEW_SECONDS = 4.0

Row = TypeVar("Row", Build, Deployment, Run)


class LeaseLost(Conflict):
    """Somebody else holds the row now, or it is no longer worked on; leave everything as it is."""

    code = "lease_lost"


def take(row: Build | Deployment | Run, owner: str) -> None:
    """Make `owner` the one who works on `row`. The caller's unit of work decides who was first."""
    row.status = "running"
    row.lease_owner = owner
    row.lease_until = now() + LEASE
    row.fence += 1
    row.started_at = row.started_at or now()


def end(
    row: Build | Deployment | Run, status: str, reason: str | None = None, hint: str | None = None
) -> None:
    """Let go of `row` for good."""
    row.status, row.reason, row.hint = status, reason, hint
    row.lease_owner = row.lease_until = None
    row.finished_at = now()


@dataclass(frozen=True)
class Lease(Generic[Row]):
    """The right to work on one row until somebody else takes it."""

    database: Database
    model: type[Row]
    row_id: str
    fence: int

    @contextlib.asynccontextmanager
    async def unit_of_work(self) -> AsyncIterator[tuple[AsyncSession, Row]]:
        """Yield a session and the row, fenced.

        Raises LeaseLost when the row is in other hands; nothing is written then.
        """
        async with self.database.unit_of_work() as db_session:
            row = await db_session.get(self.model, self.row_id)
            if row is None or row.fence != self.fence or row.status != "running":
                raise LeaseLost(f"{self.row_id} is in other hands.")
            yield db_session, row

    @contextlib.asynccontextmanager
    async def kept(self) -> AsyncIterator[None]:
        """Renew inside the block; cancel the task that runs the block when the lease is lost.

        Raises LeaseLost in that case.
        """
        task = asyncio.current_task()
        assert task is not None
        lost = False
        over = asyncio.Event()

        async def renew() -> None:
            nonlocal lost
            async for is_ours in self._renewals(over):
                if not is_ours and not over.is_set():
                    lost = True
                    task.cancel()
                    return

        renewal = asyncio.create_task(renew())
        try:
            yield
        except asyncio.CancelledError:
            if not lost:
                raise
            task.uncancel()
            raise LeaseLost(f"{self.row_id} is in other hands.") from None
        finally:
            over.set()
            # Not cancelled: a statement cut in two could leave a connection behind that holds a lock.
            await asyncio.wait({renewal})

    async def _renewals(self, over: asyncio.Event) -> AsyncIterator[bool]:
        """Prolong the lease until `over`; yield whether it was still held."""
        while not over.is_set():
            try:
                async with self.unit_of_work() as (_, row):
                    row.lease_until = now() + LEASE
                yield True
            except LeaseLost:
                yield False
            except SQLAlchemyError:
                log.exception("the lease of %s could not be renewed and is tried again", self.row_id)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_RENEW_SECONDS):
                    await over.wait()
