"""Turn deployments into what the API answers."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from capsule.control.policy import Actor
from capsule.control.shapes.delivery import DeploymentShape
from capsule.models import Deployment, Release


async def deployment_shape(db_session: AsyncSession, deployment: Deployment, actor: Actor) -> DeploymentShape:
    ids = {deployment.release_id, deployment.previous_release_id or ""}
    query = select(Release.id, Release.number).where(Release.id.in_(ids))
    numbers = {row.id: row.number for row in await db_session.execute(query)}
    return DeploymentShape.of(deployment, actor, numbers=numbers)
