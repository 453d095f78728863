"""`/capsules/{capsule}/releases`."""

from typing import Annotated

from fastapi import APIRouter

from capsule.api.access import requires
from capsule.api.uow import DbSession
from capsule.control.delivery.releases.repository import ReleaseRepository
from capsule.control.policy import Action
from capsule.control.shapes.base import Items
from capsule.control.shapes.delivery import ReleaseShape
from capsule.models import Capsule

router = APIRouter(tags=["releases"])


@router.get("/capsules/{capsule}/releases")
async def list_releases(
    capsule: Annotated[Capsule, requires(Action.release_read)], db_session: DbSession
) -> Items[ReleaseShape]:
    """List the newest releases, the newest first."""
    releases = await ReleaseRepository(db_session).of_capsule(capsule.id)
    return Items(items=[ReleaseShape.of(release, live_id=capsule.release_id) for release in releases])
