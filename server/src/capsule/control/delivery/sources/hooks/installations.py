"""`/hooks/apps/{git_app_id}`: the one webhook of a GitHub App, for every repository that it reaches."""

import json
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request
from sqlalchemy import select

from capsule.api.access import public
from capsule.api.context import Context, CurrentContext
from capsule.control.delivery.sources.connections.hosts import repository_of
from capsule.control.delivery.sources.connections.service import sign_out
from capsule.control.delivery.sources.gitapps.service import GitAppService
from capsule.control.delivery.sources.hooks.delivery import Delivery
from capsule.control.delivery.sources.hooks.endpoints import MOST_BYTES, HookAnswer, HookRefused
from capsule.control.delivery.sources.hooks.payloads import MalformedHook, read_delivery
from capsule.control.delivery.sources.hooks.reaction import Reacting
from capsule.control.delivery.sources.hooks.signatures import is_signed
from capsule.control.delivery.sources.previews.service import Previewing
from capsule.control.delivery.sources.repository import SourceRepository
from capsule.control.delivery.sources.service import SourceService
from capsule.models import Capsule, GitApp, GitConnection, SourceAccess

router = APIRouter(prefix="/hooks/apps", tags=["sources"])

_ENDED = {
    "deleted": "The app was removed from {account}.",
    "suspend": "The app was suspended at {account}.",
}


@router.post(
    "/{git_app_id}",
    status_code=202,
    max_body_size=MOST_BYTES,
    dependencies=[public("GitHub signs it with the app's secret")],
)
async def receive_app_hook(
    git_app_id: Annotated[str, Path(max_length=40)], context: CurrentContext, request: Request
) -> HookAnswer:
    """Take a webhook of a GitHub App: a push, a pull request, or the end of an installation."""
    body = await request.body()
    secret = await _secret(context, git_app_id)
    if not secret or not is_signed("github", request.headers, body, secret):
        raise HookRefused(
            "The webhook's signature does not fit.",
            hint="The app at GitHub and its registration here need the same webhook secret.",
        )
    event = request.headers.get("x-github-event", "")
    try:
        payload: dict[str, Any] = json.loads(body)
        installation_id = str((payload.get("installation") or {}).get("id") or "")
        if event == "installation":
            detail = await _installation(context, git_app_id, installation_id, str(payload["action"]))
            return HookAnswer(outcome="answered", detail=detail)
        repository = payload.get("repository") or {}
        name, number = str(repository.get("full_name") or ""), int(repository.get("id") or 0)
    except (ValueError, KeyError, TypeError, AttributeError) as exc:
        raise MalformedHook(f"The webhook is not one of GitHub's: {type(exc).__name__}.") from exc
    delivery = read_delivery("github", request.headers, body)
    if delivery.event == "ping":
        return HookAnswer(outcome="answered", detail="The webhook is set up.")
    reached = await _reached(context, git_app_id, installation_id, name, number)
    outcomes = [await _react(context, capsule_id, delivery) for capsule_id in reached]
    return next(
        (answer for answer in outcomes if answer.outcome in ("built", "previewed")),
        next(iter(outcomes), HookAnswer(outcome="ignored", detail="Ignored: no capsule is made from it.")),
    )


async def _secret(context: Context, app_id: str) -> str:
    async with context.database.reading() as db_session:
        app = await db_session.get(GitApp, app_id)
        return GitAppService(db_session, context.box).secrets(app).webhook_secret if app is not None else ""


async def _installation(context: Context, app_id: str, installation_id: str, action: str) -> str:
    """Note what became of an installation."""
    async with context.database.unit_of_work() as db_session:
        connections = await SourceRepository(db_session).through_installation(app_id, installation_id)
        for connection in connections:
            if action in _ENDED:
                sign_out(connection, _ENDED[action].format(account=connection.account))
            elif action == "unsuspend":
                connection.status, connection.problem = "connected", None
    return f"{len(connections)} connections use the installation."


async def _reached(context: Context, app_id: str, installation_id: str, name: str, number: int) -> list[str]:
    """Return the capsules that are made from the repository through the installation."""
    async with context.database.reading() as db_session:
        found = await SourceRepository(db_session).through_installation(app_id, installation_id)
        connections = {connection.id: connection for connection in found if _may_see(connection, number)}
        query = (
            select(Capsule, SourceAccess.connection_id)
            .join(SourceAccess, SourceAccess.capsule_id == Capsule.id)
            .where(SourceAccess.connection_id.in_(connections), Capsule.removed_at.is_(None))
            .order_by(Capsule.id)
        )
        return [
            capsule.id
            for capsule, connection_id in await db_session.execute(query)
            if (connection := connections[connection_id or ""]).team_id == capsule.team_id
            and _is_from(capsule, connection.url, name)
        ]


async def _react(context: Context, capsule_id: str, delivery: Delivery) -> HookAnswer:
    async with context.database.unit_of_work() as db_session:
        capsule = await db_session.get_one(Capsule, capsule_id)
        kept = await SourceService(db_session, context.box).access_of(capsule)
        previews = Previewing(db_session, context.box, context.site, context.events)
        reaction = await Reacting(db_session, capsule, previews).react(kept, delivery)
    return HookAnswer(outcome=reaction.outcome, detail=reaction.sentence)


def _may_see(connection: GitConnection, number: int) -> bool:
    return connection.status == "connected" and (
        connection.repository_ids is None or number in connection.repository_ids
    )


def _is_from(capsule: Capsule, host: str, name: str) -> bool:
    found = repository_of(str(capsule.source.get("url", "")), host)
    return bool(name) and found.lower() == name.lower()
