"""`/capsules/{capsule}/releases` and going back to one."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter
from pydantic import Field

from capsule.api.access import requires
from capsule.api.auth import CurrentActor
from capsule.api.context import CurrentContext
from capsule.api.uow import DbSession
from capsule.control.delivery.deployments.view import deployment_shape
from capsule.control.delivery.releases.repository import ReleaseRepository
from capsule.control.delivery.releases.rollback import Config, differences, roll_back
from capsule.control.policy import Action
from capsule.control.shapes.base import Input, Items, Shape
from capsule.control.shapes.delivery import DeploymentShape, ReleaseShape
from capsule.models import Capsule, Release

router = APIRouter(tags=["releases"])


class RollBack(Input):
    config: Config = Field(
        default="restored",
        description="`restored`: with the variables and limits that the release had, which the capsule gets "
        "back; `kept`: with the present ones.",
    )


class ConfigChange(Shape):
    name: str
    then: Any
    now: Any


class ReleaseDifferences(Shape):
    variables: dict[str, Literal["added", "removed", "changed"]] = Field(
        description="What would happen to the capsule's variables."
    )
    config: list[ConfigChange] = Field(description="Limits and rules that were others then.")


@router.get("/capsules/{capsule}/releases")
async def list_releases(
    capsule: Annotated[Capsule, requires(Action.release_read)],
    actor: CurrentActor,
    db_session: DbSession,
    context: CurrentContext,
) -> Items[ReleaseShape]:
    """List the newest releases, the newest first."""
    releases = await ReleaseRepository(db_session).of_capsule(capsule.id)
    return Items(
        items=[
            ReleaseShape.of(
                release,
                actor,
                live_id=capsule.release_id,
                is_kept=context.paths.artifact(release.artifact_id).is_dir(),
            )
            for release in releases
        ]
    )


@router.get("/releases/{release}/differences")
async def read_differences(
    release: Annotated[Release, requires(Action.release_read)],
    db_session: DbSession,
    context: CurrentContext,
) -> ReleaseDifferences:
    """Say what going back to this release with its configuration would change."""
    capsule = await db_session.get_one(Capsule, release.capsule_id)
    variables, config = await differences(db_session, context.box, capsule, release)
    return ReleaseDifferences.model_validate({"variables": variables, "config": config})


@router.post("/releases/{release}/roll-back", status_code=202)
async def roll_back_to(
    wanted: RollBack,
    release: Annotated[Release, requires(Action.release_roll_back)],
    actor: CurrentActor,
    db_session: DbSession,
    context: CurrentContext,
) -> DeploymentShape:
    """Make this release live again, without building anything."""
    capsule = await db_session.get_one(Capsule, release.capsule_id)
    deployment = await roll_back(
        db_session,
        context.box,
        capsule,
        release,
        config=wanted.config,
        is_kept=context.paths.artifact(release.artifact_id).is_dir(),
        requested_by=actor.user.id,
    )
    return await deployment_shape(db_session, deployment, actor)
