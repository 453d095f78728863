"""`/capsules/{capsule}/previews`: previews by hand; a preview itself is a capsule and removed as one."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import Field, field_validator

from capsule.api.access import requires
from capsule.api.auth import CurrentActor
from capsule.api.context import CurrentContext
from capsule.api.uow import DbSession
from capsule.control.delivery.sources.previews.service import Previewing, previews_of
from capsule.control.policy import Action
from capsule.control.shapes.base import Input, Items
from capsule.control.workload.capsules.schemas import CapsuleShape
from capsule.control.workload.capsules.service import ensure_present
from capsule.control.workload.capsules.source import branch_name
from capsule.control.workload.capsules.view import capsule_shape, capsule_shapes
from capsule.models import Capsule

router = APIRouter(prefix="/capsules/{capsule}/previews", tags=["previews"])


class CreatePreview(Input):
    branch: str = Field(min_length=1, max_length=250)
    hours: int | None = Field(
        default=None,
        ge=1,
        le=24 * 90,
        description="Removed when nobody pushed for so long; empty: as the capsule's previews are set.",
    )

    _check_branch = field_validator("branch")(branch_name)


@router.get("")
async def list_previews(
    capsule: Annotated[Capsule, requires(Action.capsule_read)],
    actor: CurrentActor,
    db_session: DbSession,
    context: CurrentContext,
) -> Items[CapsuleShape]:
    previews = await previews_of(db_session, capsule.id)
    return Items(items=await capsule_shapes(db_session, previews, actor=actor, site=context.site))


@router.post("", status_code=201)
async def create_preview(
    wanted: CreatePreview,
    capsule: Annotated[Capsule, requires(Action.preview_create)],
    actor: CurrentActor,
    db_session: DbSession,
    context: CurrentContext,
) -> CapsuleShape:
    """Build a branch as a capsule of its own; once more builds it again and lets it live on."""
    ensure_present(capsule)
    previews = Previewing(db_session, context.box, context.site, context.events)
    preview = await previews.make(
        capsule, wanted.branch, wanted.branch, hours=wanted.hours, requested_by=actor.user.id
    )
    return await capsule_shape(db_session, preview, actor=actor, site=context.site)
