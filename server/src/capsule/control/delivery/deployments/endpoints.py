"""`/capsules/{capsule}/deployments`, its switch, and `/capsules/{capsule}/events/stream`."""

from collections.abc import AsyncGenerator
from typing import Annotated

from fastapi import APIRouter
from fastapi.responses import StreamingResponse

from capsule.api.access import requires
from capsule.api.auth import CurrentActor
from capsule.api.context import Context, CurrentContext
from capsule.api.uow import DbSession
from capsule.control.delivery.deployments import service
from capsule.control.delivery.deployments.repository import DeploymentRepository
from capsule.control.delivery.deployments.view import deployment_shape
from capsule.control.delivery.sse import event, event_stream
from capsule.control.policy import Action, Actor
from capsule.control.shapes.base import Items
from capsule.control.shapes.delivery import DeploymentShape
from capsule.control.workload.capsules.schemas import CapsuleShape
from capsule.control.workload.capsules.view import capsule_shape
from capsule.models import Capsule, Deployment

router = APIRouter(tags=["deployments"])


@router.get("/capsules/{capsule}/deployments")
async def list_deployments(
    capsule: Annotated[Capsule, requires(Action.deployment_read)], actor: CurrentActor, db_session: DbSession
) -> Items[DeploymentShape]:
    """List the newest deployments, the newest first."""
    deployments = await DeploymentRepository(db_session).of_capsule(capsule.id)
    return Items(items=[await deployment_shape(db_session, deployment, actor) for deployment in deployments])


@router.get("/deployments/{deployment}")
async def read_deployment(
    deployment: Annotated[Deployment, requires(Action.deployment_read)],
    actor: CurrentActor,
    db_session: DbSession,
) -> DeploymentShape:
    return await deployment_shape(db_session, deployment, actor)


@router.post("/deployments/{deployment}/cancel", status_code=202)
async def cancel_deployment(
    deployment: Annotated[Deployment, requires(Action.deployment_cancel)],
    actor: CurrentActor,
    db_session: DbSession,
) -> DeploymentShape:
    """Give up a queued or running deployment; the release before stays live."""
    service.cancel_deployment(deployment)
    return await deployment_shape(db_session, deployment, actor)


@router.post("/capsules/{capsule}/start", status_code=202)
async def start_capsule(
    capsule: Annotated[Capsule, requires(Action.capsule_start)],
    actor: CurrentActor,
    db_session: DbSession,
    context: CurrentContext,
) -> CapsuleShape:
    """Switch on: deploy the live release with the present configuration."""
    await service.start(db_session, context.box, capsule, by=actor.user.id)
    return await capsule_shape(db_session, capsule, actor=actor, site=context.site)


@router.post("/capsules/{capsule}/stop", status_code=202)
async def stop_capsule(
    capsule: Annotated[Capsule, requires(Action.capsule_stop)],
    actor: CurrentActor,
    db_session: DbSession,
    context: CurrentContext,
) -> CapsuleShape:
    """Switch off: requests meet a page that says so, and nothing runs."""
    await service.stop(db_session, capsule)
    return await capsule_shape(db_session, capsule, actor=actor, site=context.site)


@router.post("/capsules/{capsule}/restart", status_code=202)
async def restart_capsule(
    capsule: Annotated[Capsule, requires(Action.capsule_restart)],
    actor: CurrentActor,
    db_session: DbSession,
    context: CurrentContext,
) -> CapsuleShape:
    """Replace the running replica by a fresh one, without a gap."""
    await service.restart(db_session, context.box, capsule, by=actor.user.id)
    return await capsule_shape(db_session, capsule, actor=actor, site=context.site)


@router.get("/capsules/{capsule}/events/stream")
async def follow_capsule(
    capsule: Annotated[Capsule, requires(Action.capsule_read, detached=True)],
    actor: CurrentActor,
    context: CurrentContext,
) -> StreamingResponse:
    """Server-sent events: `capsule` with the whole record now and after each change, `removed` at the end."""
    return event_stream(_follow(context, capsule.id, actor))


async def _follow(context: Context, capsule_id: str, actor: Actor) -> AsyncGenerator[bytes, None]:
    told: object = None
    with context.changes.listening(capsule_id) as news:
        while True:
            news.clear()
            async with context.database.reading() as db_session:
                capsule = await db_session.get(Capsule, capsule_id)
                if capsule is None:
                    yield event("removed", {"id": capsule_id})
                    return
                shape = await capsule_shape(db_session, capsule, actor=actor, site=context.site)
                data = shape.model_dump(mode="json")
            if data != told:
                told = data
                yield event("capsule", data)
            await news.wait()
