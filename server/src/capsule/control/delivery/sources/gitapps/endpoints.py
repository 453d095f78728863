"""`/git-apps`: what the administrator registered at git hosts, so that teams can sign in there."""

from dataclasses import replace
from typing import Annotated
from urllib.parse import quote, urlsplit

from fastapi import APIRouter, Path

from capsule.api.access import requires
from capsule.api.auth import CurrentActor
from capsule.api.context import Context, CurrentContext
from capsule.api.uow import DbSession
from capsule.control.delivery.sources.connections.hosts import DEFAULT_URLS
from capsule.control.delivery.sources.connections.service import check_host, is_private_host
from capsule.control.delivery.sources.connections.signin import SignIns
from capsule.control.delivery.sources.gitapps.github import GitHubApp, manifest
from capsule.control.delivery.sources.gitapps.schemas import (
    CreateGitApp,
    GitAppShape,
    ManifestShape,
    UpdateGitApp,
    WantManifest,
    hook_url,
)
from capsule.control.delivery.sources.gitapps.service import AppSecrets, GitAppService
from capsule.control.policy import Action, Actor
from capsule.control.shapes.base import Items
from capsule.control.site import Site
from capsule.errors import InvalidInput
from capsule.kit.addresses import parse, why_closed
from capsule.kit.ids import new_id
from capsule.models import GitApp

router = APIRouter(prefix="/git-apps", tags=["git connections"])

AppId = Annotated[str, Path(max_length=40)]


@router.get("", dependencies=[requires(Action.git_app_list)])
async def list_git_apps(
    actor: CurrentActor, db_session: DbSession, context: CurrentContext
) -> Items[GitAppShape]:
    """List the hosts at which teams can sign in."""
    service = GitAppService(db_session, context.box)
    return Items(items=[_shape(app, service, actor, context) for app in await service.all()])


@router.post("", status_code=201)
async def create_git_app(
    wanted: CreateGitApp,
    actor: Annotated[Actor, requires(Action.git_app_create, detached=True)],
    context: CurrentContext,
) -> GitAppShape:
    """Enter a registration by hand; that of a GitHub App is tried first."""
    url = check_host(wanted.url or DEFAULT_URLS[wanted.provider])
    name, number, page = wanted.name or urlsplit(url).netloc, None, None
    if wanted.provider == "github":
        if not wanted.number or not wanted.private_key:
            raise InvalidInput(
                "A GitHub App has an App ID and a private key.",
                hint="Both are on the app's page at GitHub.",
                field="private_key" if wanted.number else "number",
            )
        is_private = is_private_host(url, context.git)
        about = await GitHubApp(url, wanted.number, wanted.private_key, is_private).about()
        name, number, page = str(about["name"]), wanted.number, str(about["html_url"])
    secrets = AppSecrets(
        wanted.client_secret,
        wanted.private_key if number else "",
        wanted.webhook_secret if number else "",
    )
    async with context.database.unit_of_work() as db_session:
        service = GitAppService(db_session, context.box)
        app = await service.add(
            provider=wanted.provider,
            url=url,
            name=name,
            client_id=wanted.client_id,
            secrets=secrets,
            number=number,
            page=page,
        )
        return _shape(app, service, actor, context)


@router.post("/manifest")
async def make_manifest(
    wanted: WantManifest,
    actor: Annotated[Actor, requires(Action.git_app_create, detached=True)],
    context: CurrentContext,
) -> ManifestShape:
    """Begin to register a GitHub App: the browser posts the manifest there, and comes back with a code."""
    url = check_host(wanted.url or DEFAULT_URLS["github"])
    app_id, site = new_id("gap"), context.site.url()
    sign_ins = SignIns(context.database, context.box, context.git, context.site)
    state = await sign_ins.begin_registration(actor, url, app_id)
    owner = f"/organizations/{quote(wanted.organization)}" if wanted.organization else ""
    hook = hook_url(site, app_id) if is_reachable(context.site) else None
    return ManifestShape(
        action_url=f"{url}{owner}/settings/apps/new?state={state}",
        manifest=manifest(wanted.name, site, hook=hook, is_public=wanted.is_public),
    )


@router.patch("/{git_app_id}")
async def update_git_app(
    git_app_id: AppId,
    changes: UpdateGitApp,
    actor: Annotated[Actor, requires(Action.git_app_update)],
    db_session: DbSession,
    context: CurrentContext,
) -> GitAppShape:
    """Change credentials, such as after they were made anew at the host."""
    service = GitAppService(db_session, context.box)
    app = await service.get(git_app_id)
    given = changes.model_dump(exclude_none=True)
    app.client_id = given.pop("client_id", app.client_id)
    service.put_secrets(app, replace(service.secrets(app), **given))
    return _shape(app, service, actor, context)


@router.delete("/{git_app_id}", status_code=204, dependencies=[requires(Action.git_app_delete)])
async def delete_git_app(git_app_id: AppId, db_session: DbSession, context: CurrentContext) -> None:
    """Forget the registration; connections through it are signed out. At the host it stays."""
    service = GitAppService(db_session, context.box)
    await service.remove(await service.get(git_app_id))


def is_reachable(site: Site) -> bool:
    """Tell whether a host on the internet could send webhooks here; GitHub refuses other addresses."""
    name = site.domain.lower()
    try:
        return not why_closed(parse(name))
    except ValueError:
        return "." in name and not name.endswith((".localhost", ".local", ".lan", ".internal", ".home.arpa"))


def _shape(app: GitApp, service: GitAppService, actor: Actor, context: Context) -> GitAppShape:
    has_secret = bool(service.secrets(app).webhook_secret)
    return GitAppShape.of(app, actor, site=context.site.url(), has_webhook_secret=has_secret)
