"""`/capsules/{capsule}/replicas`."""

from typing import Annotated

from fastapi import APIRouter

from capsule.api.access import requires
from capsule.api.uow import DbSession
from capsule.control.delivery.replicas.repository import ReplicaRepository
from capsule.control.policy import Action
from capsule.control.shapes.base import Items
from capsule.control.shapes.delivery import ReplicaShape
from capsule.models import Capsule

router = APIRouter(tags=["replicas"])


@router.get("/capsules/{capsule}/replicas")
async def list_replicas(
    capsule: Annotated[Capsule, requires(Action.replica_read)], db_session: DbSession
) -> Items[ReplicaShape]:
    """List what runs now."""
    replicas = await ReplicaRepository(db_session).of_capsule(capsule.id)
    return Items(items=[ReplicaShape.of(replica) for replica in replicas])
