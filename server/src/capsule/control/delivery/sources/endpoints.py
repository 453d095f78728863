"""`/capsules/{capsule}/source-access`: how the platform gets at a repository, and its host at us."""

import asyncio
from typing import Annotated

from fastapi import APIRouter

from capsule.api.access import requires
from capsule.api.context import Context, CurrentContext
from capsule.api.uow import DbSession
from capsule.control.delivery.sources.keys import DeployKeys
from capsule.control.delivery.sources.repository import SourceRepository
from capsule.control.delivery.sources.schemas import (
    DeployKeyShape,
    HookShape,
    SourceAccessShape,
    UpdateSourceAccess,
    WebhookSecretShape,
)
from capsule.control.delivery.sources.service import SourceService
from capsule.control.policy import Action
from capsule.control.workload.capsules.service import ensure_present
from capsule.models import Capsule, SourceAccess, Space

router = APIRouter(prefix="/capsules/{capsule}/source-access", tags=["sources"])
deploy_keys = APIRouter(tags=["sources"])


@router.get("")
async def read_source_access(
    capsule: Annotated[Capsule, requires(Action.source_read)],
    db_session: DbSession,
    context: CurrentContext,
) -> SourceAccessShape:
    access = await SourceRepository(db_session).access_of(capsule.id)
    return await _shape(context, capsule, access)


@router.patch("")
async def update_source_access(
    changes: UpdateSourceAccess,
    capsule: Annotated[Capsule, requires(Action.source_update)],
    db_session: DbSession,
    context: CurrentContext,
) -> SourceAccessShape:
    """Set or forget the token, choose a connection, forget pinned host keys."""
    ensure_present(capsule)
    service = SourceService(db_session, context.box)
    if changes.token is not None:
        await service.set_token(capsule, changes.token)
    if changes.connection_id is not None:
        await service.set_connection(capsule, changes.connection_id)
    if changes.forget_hosts:
        await asyncio.to_thread(context.paths.known_hosts(capsule.id).unlink, missing_ok=True)
    return await _shape(context, capsule, await service.access_of(capsule))


@router.post("/deploy-key")
async def make_deploy_key(
    capsule: Annotated[Capsule, requires(Action.source_update)],
    db_session: DbSession,
    context: CurrentContext,
) -> SourceAccessShape:
    """Make a new ed25519 key; its public half goes into the repository's settings."""
    ensure_present(capsule)
    access = await SourceService(db_session, context.box).make_deploy_key(capsule)
    return await _shape(context, capsule, access)


@router.post("/webhook-secret")
async def make_webhook_secret(
    capsule: Annotated[Capsule, requires(Action.source_update)],
    db_session: DbSession,
    context: CurrentContext,
) -> WebhookSecretShape:
    """Make a new secret for webhooks; it is shown this once, and the old one counts no more."""
    ensure_present(capsule)
    secret = await SourceService(db_session, context.box).make_webhook_secret(capsule)
    return WebhookSecretShape(webhook_url=webhook_url(context, capsule), secret=secret)


@deploy_keys.post("/spaces/{space}/deploy-keys", status_code=201)
async def make_deploy_key_ahead(
    space: Annotated[Space, requires(Action.deploy_key_create)],
    db_session: DbSession,
    context: CurrentContext,
) -> DeployKeyShape:
    """Make a deploy key before its capsule: a plan can use it, and the capsule takes it over.

    It is forgotten when no capsule took it within a week.
    """
    return DeployKeyShape.model_validate(await DeployKeys(db_session, context.box).make(space.team_id))


def webhook_url(context: Context, capsule: Capsule) -> str:
    return f"{context.site.url()}/api/v1/hooks/{capsule.id}"


async def _shape(context: Context, capsule: Capsule, access: SourceAccess | None) -> SourceAccessShape:
    hosts = context.paths.known_hosts(capsule.id)
    known = await asyncio.to_thread(lambda: hosts.read_text().splitlines() if hosts.exists() else [])
    return SourceAccessShape(
        push_url=f"{context.site.url()}/git/{capsule.slug}.git",
        webhook_url=webhook_url(context, capsule),
        has_webhook_secret=access is not None and bool(access.webhook_secret),
        has_token=access is not None and access.token is not None,
        public_key=access.public_key if access else None,
        connection_id=access.connection_id if access else None,
        known_hosts=len(known),
        last_hook_at=access.last_hook_at if access else None,
        last_hook=HookShape.model_validate(access.last_hook) if access and access.last_hook else None,
    )
