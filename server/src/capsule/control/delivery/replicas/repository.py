"""Queries on replicas: rows that mirror what the node agent says."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from capsule.models import Replica

GONE = "stopped"
RUN = "run"
"""Environment of a replica that runs one command, once."""
SPARE = "spare"
"""Environment of a replica that waits for the next change of a serve."""


class ReplicaRepository:
    def __init__(self, db_session: AsyncSession) -> None:
        self._db_session = db_session

    async def get(self, replica_id: str) -> Replica | None:
        return await self._db_session.get(Replica, replica_id)

    async def of_capsule(self, capsule_id: str, *, environment: str | None = None) -> Sequence[Replica]:
        """Return the replicas that are not stopped, without spares unless they are asked for."""
        query = select(Replica).where(Replica.capsule_id == capsule_id, Replica.state != GONE)
        if environment is None:
            query = query.where(Replica.environment != SPARE)
        else:
            query = query.where(Replica.environment == environment)
        return (await self._db_session.scalars(query.order_by(Replica.created_at))).all()

    async def present(self) -> Sequence[Replica]:
        """Return every replica that is not stopped."""
        return (await self._db_session.scalars(select(Replica).where(Replica.state != GONE))).all()

    async def started_by(self, starter_id: str, *, environment: str | None = None) -> Sequence[Replica]:
        """Return the replicas of a starter that are not stopped; one-off commands only when asked for."""
        query = select(Replica).where(Replica.started_by == starter_id, Replica.state != GONE)
        if environment is None:
            query = query.where(Replica.environment != RUN)
        else:
            query = query.where(Replica.environment == environment)
        return (await self._db_session.scalars(query.order_by(Replica.created_at))).all()
