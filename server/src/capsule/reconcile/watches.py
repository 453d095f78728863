"""Watch releases that went live a moment ago: finish their receipts, and go back when one does badly."""

import asyncio
import functools
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from capsule.control.delivery.deployments.repository import DeploymentRepository
from capsule.control.delivery.deployments.service import request_deployment
from capsule.control.delivery.replicas.repository import ReplicaRepository
from capsule.kit.clock import now
from capsule.models import Capsule, Deployment, Release, Replica
from capsule.reconcile.platform import Platform
from capsule.reconcile.rules import rules_of
from capsule.reconcile.verdict import served, worse

RETURNING = frozenset({"build", "config", "rollback"})
"""Triggers of deployments that bring something new, and so may be wrong."""
_CRASHES = 3
_LOOK_SECONDS = 2.0
_MINUTE = timedelta(seconds=60)


class Watches:
    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._looked: dict[str, datetime] = {}

    async def tend(self) -> None:
        """Look once at every release that is being watched."""
        async with self._platform.database.reading() as db_session:
            watched = await DeploymentRepository(db_session).watched()
        for row in watched:
            await self._look(row)
        self._looked = {key: at for key, at in self._looked.items() if any(row.id == key for row in watched)}

    async def _look(self, row: Deployment) -> None:
        async with self._platform.database.reading() as db_session:
            newest = await DeploymentRepository(db_session).newest(row.capsule_id)
            capsule = await db_session.get(Capsule, row.capsule_id)
            replicas = await ReplicaRepository(db_session).started_by(row.id)
            release = await db_session.get(Release, row.release_id)
        if capsule is None or release is None or not capsule.is_on or capsule.removed_at is not None:
            await self._close(row, "kept")
        elif newest is not None and newest.id != row.id:
            await self._close(row, "replaced")
        elif reason := await self._wrong(row, capsule, release, replicas):
            await self._go_back(row, reason)
        elif row.watch_until is None or row.watch_until <= now():
            await self._close(row, "kept")

    async def _wrong(
        self, row: Deployment, capsule: Capsule, release: Release, replicas: Sequence[Replica]
    ) -> str:
        """Return what is wrong with the new release and mended by going back, or nothing."""
        may_return = row.trigger in RETURNING and row.previous_release_id not in (None, row.release_id)
        if not may_return or rules_of(capsule, release).watch_seconds == 0:
            return ""
        for replica in replicas:
            if replica.state == "unhealthy" or replica.restarts >= _CRASHES:
                return replica.exit_reason or f"The app crashed {replica.restarts} times."
        if (looked := self._looked.get(row.id)) and (now() - looked).total_seconds() < _LOOK_SECONDS:
            return ""
        self._looked[row.id] = now()
        folder = self._platform.paths.telemetry(row.capsule_id)
        ids = [replica.id for replica in replicas]
        since = row.finished_at or row.created_at
        after = await asyncio.to_thread(served, folder, since=since, replicas=ids)
        began = row.started_at or row.created_at
        before = await asyncio.to_thread(served, folder, since=began - _MINUTE, until=began)
        return worse(after, before)

    async def _go_back(self, row: Deployment, reason: str) -> None:
        figures = await self._figures(row)
        async with self._platform.database.unit_of_work() as db_session:
            deployment = await self._open(db_session, row)
            if deployment is None or deployment.previous_release_id is None:
                return
            capsule = await db_session.get_one(Capsule, row.capsule_id)
            previous = await db_session.get(Release, deployment.previous_release_id)
            if previous is None or not self._platform.paths.artifact(previous.artifact_id).is_dir():
                _finish(deployment, figures, "kept", f"{reason} The release before is no longer kept.")
                return
            await request_deployment(db_session, capsule, previous, trigger="return")
            _finish(deployment, figures, "returned", reason)

    async def _close(self, row: Deployment, verdict: str) -> None:
        figures = await self._figures(row)
        async with self._platform.database.unit_of_work() as db_session:
            if deployment := await self._open(db_session, row):
                _finish(deployment, figures, verdict, None)

    async def _open(self, db_session: AsyncSession, row: Deployment) -> Deployment | None:
        deployment = await db_session.get(Deployment, row.id)
        return deployment if deployment is not None and deployment.watch_until is not None else None

    async def _figures(self, row: Deployment) -> dict[str, Any]:
        """Return what the access log says about the time before, of and after the switch."""
        sums = functools.partial(served, self._platform.paths.telemetry(row.capsule_id))
        began = row.started_at or row.created_at
        switched = row.finished_at or now()
        drain = sum(p["seconds"] for p in (row.receipt or {}).get("phases", ()) if p["name"] == "drain")
        before = await asyncio.to_thread(sums, since=began - _MINUTE, until=began)
        during = await asyncio.to_thread(sums, since=began, until=switched + timedelta(seconds=drain))
        after = await asyncio.to_thread(sums, since=switched)
        return {
            "requests": during.requests,
            "errors": during.errors,
            "p99_before_ms": before.p99_ms,
            "p99_after_ms": after.p99_ms,
        }


def _finish(deployment: Deployment, figures: dict[str, Any], verdict: str, reason: str | None) -> None:
    receipt = {**(deployment.receipt or {}), **figures, "verdict": verdict, "reason": reason}
    deployment.receipt = receipt
    deployment.watch_until = deployment.phase = None
