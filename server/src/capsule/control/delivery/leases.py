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
from capsule.models import Build, Deployment

log = logging.getLogger(__name__)

LEASE = timedelta(seconds=15)
_RENEW_SECONDS = 4.0

Row = TypeVar("Row", Build, Deployment)


class LeaseLost(Conflict):
    """Somebody else holds the row now, or it is no longer worked on; leave everything as it is."""

    code = "lease_lost"


def take(row: Build | Deployment, owner: str) -> None:
    """Make `owner` the one who works on `row`. The caller's unit of work decides who was first."""
    row.status = "running"
    row.lease_owner = owner
    row.lease_until = now() + LEASE
    row.fence += 1
    row.started_at = row.started_at or now()


def end(row: Build | Deployment, status: str, reason: str | None = None, hint: str | None = None) -> None:
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

        async def renew() -> None:
            nonlocal lost
            async for is_ours in self._renewals():
                if not is_ours:
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
            renewal.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await renewal

    async def _renewals(self) -> AsyncIterator[bool]:
        """Prolong the lease for as long as it is asked to; yield whether it was still held."""
        while True:
            try:
                async with self.unit_of_work() as (_, row):
                    row.lease_until = now() + LEASE
                yield True
            except LeaseLost:
                yield False
            except SQLAlchemyError:
                log.exception("the lease of %s could not be renewed and is tried again", self.row_id)
            await asyncio.sleep(_RENEW_SECONDS)
