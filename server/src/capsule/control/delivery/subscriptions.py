"""What delivery does when the tiers below say that a capsule was made, changed or removed."""

from sqlalchemy.ext.asyncio import AsyncSession

from capsule.control.delivery.builds.repository import BuildRepository
from capsule.control.delivery.builds.service import has_code, request_build
from capsule.control.delivery.changes import touch
from capsule.control.delivery.deployments.repository import DeploymentRepository
from capsule.control.delivery.deployments.service import redeploy_changed
from capsule.control.delivery.leases import end
from capsule.control.delivery.runs.repository import RunRepository
from capsule.control.delivery.runs.service import REMOVED
from capsule.control.delivery.sources.previews.service import previews_of, remove_preview
from capsule.control.delivery.sources.service import SourceService
from capsule.control.events import CapsuleChanged, CapsuleCreated, CapsuleRemoved, Events
from capsule.kit.crypto import SecretBox


def subscribe(events: Events, box: SecretBox) -> None:
    """Connect delivery to the events of workload. Called once by whoever assembles the server."""

    async def created(db_session: AsyncSession, event: CapsuleCreated) -> None:
        if event.access_token:
            await SourceService(db_session, box).set_token(event.capsule, event.access_token)
        if event.connection_id:
            await SourceService(db_session, box).set_connection(event.capsule, event.connection_id)
        if event.deploy_key_id:
            await SourceService(db_session, box).take_deploy_key(event.capsule, event.deploy_key_id)
        if event.deploy and event.capsule.type != "storage" and await has_code(db_session, event.capsule):
            await request_build(db_session, event.capsule, trigger="manual", requested_by=event.by)

    async def changed(db_session: AsyncSession, event: CapsuleChanged) -> None:
        capsule = event.capsule
        touch(db_session, capsule.id)
        if capsule.type == "storage" or event.needs == "reconcile":
            return
        if event.needs == "build":
            if await has_code(db_session, capsule):
                await request_build(db_session, capsule, trigger="config", requested_by=event.by)
        else:
            await redeploy_changed(db_session, box, capsule)

    async def removed(db_session: AsyncSession, event: CapsuleRemoved) -> None:
        touch(db_session, event.capsule.id)
        for preview in await previews_of(db_session, event.capsule.id):
            await remove_preview(db_session, events, preview)
        for build in await BuildRepository(db_session).with_status("queued", capsule_id=event.capsule.id):
            end(build, "cancelled", "The capsule was removed.")
        for deployment in await DeploymentRepository(db_session).with_status(
            "queued", capsule_id=event.capsule.id
        ):
            end(deployment, "cancelled", "The capsule was removed.")
        for run in await RunRepository(db_session).with_status("queued", capsule_id=event.capsule.id):
            end(run, "cancelled", REMOVED)

    events.subscribe(CapsuleCreated, created)
    events.subscribe(CapsuleChanged, changed)
    events.subscribe(CapsuleRemoved, removed)
