"""`/capsules`: list, create, read, change, remove."""

from typing import Annotated

from fastapi import APIRouter, Query

from capsule.api.access import requires
from capsule.api.auth import CurrentActor
from capsule.api.context import CurrentContext
from capsule.api.uow import DbSession
from capsule.control.policy import Action
from capsule.control.shapes.base import Items
from capsule.control.workload.capsules.repository import CapsuleRepository
from capsule.control.workload.capsules.schemas import CapsuleShape, CreateCapsule, UpdateCapsule
from capsule.control.workload.capsules.service import CapsuleService
from capsule.control.workload.capsules.view import capsule_shape, capsule_shapes
from capsule.control.workload.env.service import EnvService
from capsule.control.workload.files.size import write_size
from capsule.models import Capsule, Space

router = APIRouter(prefix="/capsules", tags=["capsules"])


@router.get("")
async def list_capsules(
    space: Annotated[Space | None, requires(Action.capsule_list, query="space", kind="space", optional=True)],
    actor: CurrentActor,
    db_session: DbSession,
    context: CurrentContext,
) -> Items[CapsuleShape]:
    """List the capsules of a space, or of all your teams."""
    capsules = await CapsuleRepository(db_session).visible(
        actor.team_ids, space_id=space.id if space else None
    )
    return Items(items=await capsule_shapes(db_session, capsules, actor=actor, site=context.site))


@router.post("", status_code=201)
async def create_capsule(
    wanted: CreateCapsule,
    space: Annotated[Space, requires(Action.capsule_create, field="space_id", kind="space")],
    actor: CurrentActor,
    db_session: DbSession,
    context: CurrentContext,
) -> CapsuleShape:
    """Create a capsule; with a source it is built and deployed at once."""
    capsule = await CapsuleService(db_session, context.events).create(space, wanted, actor=actor)
    await EnvService(db_session, context.box, context.site).make_system_variables(capsule)
    if capsule.type == "storage":
        context.paths.storage(capsule.id).mkdir(parents=True, exist_ok=True, mode=0o755)
        write_size(context.paths, capsule)
    return await capsule_shape(db_session, capsule, actor=actor, site=context.site)


@router.get("/{capsule}")
async def read_capsule(
    capsule: Annotated[Capsule, requires(Action.capsule_read)],
    actor: CurrentActor,
    db_session: DbSession,
    context: CurrentContext,
) -> CapsuleShape:
    return await capsule_shape(db_session, capsule, actor=actor, site=context.site)


@router.patch("/{capsule}")
async def update_capsule(
    changes: UpdateCapsule,
    capsule: Annotated[Capsule, requires(Action.capsule_update)],
    actor: CurrentActor,
    db_session: DbSession,
    context: CurrentContext,
) -> CapsuleShape:
    """Change name, source or config. A changed source or build setting queues a build."""
    await CapsuleService(db_session, context.events).update(capsule, changes, actor=actor)
    if capsule.type == "storage":
        write_size(context.paths, capsule)
    return await capsule_shape(db_session, capsule, actor=actor, site=context.site)


@router.delete("/{capsule}", status_code=202)
async def remove_capsule(
    capsule: Annotated[Capsule, requires(Action.capsule_delete)],
    actor: CurrentActor,
    db_session: DbSession,
    context: CurrentContext,
    confirm: Annotated[str, Query(description="The capsule's name.")] = "",
) -> CapsuleShape:
    """Remove the capsule with everything it holds."""
    await CapsuleService(db_session, context.events).remove(capsule, confirm=confirm, actor=actor)
    return await capsule_shape(db_session, capsule, actor=actor, site=context.site)
