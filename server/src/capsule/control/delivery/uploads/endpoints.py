"""`/spaces/{space}/uploads` and `/plans`: source archives, and what would be made of a source."""

import asyncio
from dataclasses import replace
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Request
from pydantic import Field
from starlette.requests import ClientDisconnect

from capsule.api.access import requires
from capsule.api.auth import CurrentActor
from capsule.api.context import CurrentContext
from capsule.build.contract import BuildSettings
from capsule.build.sources.access import GitAccess
from capsule.build.trees import remove_tree
from capsule.control.delivery.sources.connections.accounts import Accounts
from capsule.control.delivery.sources.keys import DeployKeys
from capsule.control.delivery.sources.service import check_token
from capsule.control.delivery.uploads.service import add_upload
from capsule.control.events import Events
from capsule.control.policy import Action
from capsule.control.shapes.base import Input, Shape
from capsule.control.workload.capsules.schemas import CapsuleType, ConfigInput
from capsule.control.workload.capsules.service import CapsuleService
from capsule.control.workload.capsules.source import Source, UploadSource
from capsule.errors import InvalidInput, Unavailable
from capsule.kit.ids import new_id
from capsule.models import Space

router = APIRouter(tags=["uploads"])

_MAX_ARCHIVE_BYTES = 10 * 1024**3
"""Far above any configured limit, which is checked while the body comes in."""
_PLAN_SECONDS = 120.0


class UploadShape(Shape):
    id: str
    digest: str = Field(description="SHA-256 over paths and contents: equal trees are one upload.")
    size_bytes: int


class WantPlan(Input):
    space_id: str
    upload_id: str | None = None
    source: Source | None = None
    access_token: str = Field(default="", description="Of a private repository; used for this once.")
    connection_id: str | None = Field(default=None, description="Connection to the source's git host.")
    deploy_key_id: str | None = Field(
        default=None, description="A key of the team that was made before its capsule."
    )
    type: CapsuleType
    config: ConfigInput = ConfigInput()


@router.post("/spaces/{space}/uploads", status_code=201, max_body_size=_MAX_ARCHIVE_BYTES)
async def upload_source(
    space: Annotated[Space, requires(Action.upload_create, detached=True)],
    context: CurrentContext,
    request: Request,
) -> UploadShape:
    """Send a source tree as .tar.gz or .zip; its id can then be deployed or served."""
    try:
        upload = await add_upload(
            context.database,
            context.paths,
            space,
            request.stream(),
            max_bytes=context.max_upload_bytes,
        )
    except ClientDisconnect as exc:
        raise InvalidInput("The upload broke off; nothing was kept.") from exc
    return UploadShape.model_validate(upload)


@router.post("/plans")
async def make_plan(
    wanted: WantPlan,
    space: Annotated[Space, requires(Action.plan_create, field="space_id", kind="space", detached=True)],
    actor: CurrentActor,
    context: CurrentContext,
) -> dict[str, Any]:
    """Say how a source would be built and started, and why, without building it."""
    pipeline = context.pipeline
    if pipeline is None:
        raise Unavailable("This server makes no plans.")
    source = wanted.source
    if wanted.upload_id is not None:
        source = UploadSource(kind="upload", upload_id=wanted.upload_id)
    async with context.database.reading() as db_session:
        checked = await CapsuleService(db_session, Events()).checked_source(
            source, type=wanted.type, team_id=space.team_id, actor=actor
        )
        check_token(wanted.access_token)
        access = GitAccess(wanted.access_token)
        if wanted.deploy_key_id:
            pair = await DeployKeys(db_session, context.box).pair(wanted.deploy_key_id, space.team_id)
            access = replace(access, private_key=pair.private)
    if wanted.connection_id and not wanted.access_token:
        accounts = Accounts(context.database, context.box, context.git)
        url = str(checked.get("url", ""))
        connected = await accounts.connected(wanted.connection_id, space.team_id, url)
        access = replace(access, token=connected.token, user=connected.user)
    if not checked:
        raise InvalidInput("A plan needs a source or an upload.", field="source")
    config = wanted.config
    settings = BuildSettings(
        type=wanted.type,
        run_command=config.run_command or "",
        build_command=config.build_command or "",
        output_directory=config.output_directory or "",
        entry=config.entry or "",
        release_command=config.release_command or "",
        dockerfile=config.dockerfile or "",
        docker_context=config.docker_context or "",
        image=str(checked.get("image") or ""),
        port=config.port or 0,
    )
    checked["path"] = checked.get("path") or config.project_path or ""
    plan_id = new_id("plan")
    try:
        async with asyncio.timeout(_PLAN_SECONDS):
            fetched = await pipeline.fetch(
                checked, capsule_id=plan_id, build_id=plan_id, log=_Silence(), access=access
            )
            plan = await pipeline.plan(fetched.tree, settings)
    except TimeoutError:
        raise Unavailable(f"The source could not be had within {_PLAN_SECONDS:g} s.") from None
    finally:
        await pipeline.forget(plan_id)
        for place in (context.paths.git_mirror(plan_id), context.paths.build(plan_id)):
            await asyncio.to_thread(remove_tree, place)
    answer: dict[str, Any] = msgspec.to_builtins(plan)
    return answer


class _Silence:
    def write(self, text: str, *, stream: str = "stdout") -> None:
        return None
