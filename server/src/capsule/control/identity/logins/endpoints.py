"""`/auth/login`, `/auth/logout`, `/auth/me`."""

from typing import Annotated

from fastapi import APIRouter, Request, Response
from pydantic import Field, StringConstraints
from sqlalchemy.ext.asyncio import AsyncSession

from capsule.api.access import public, requires
from capsule.api.auth import LOGIN_COOKIE, CurrentActor, OptionalActor
from capsule.api.client import client_of
from capsule.api.context import Context, CurrentContext
from capsule.api.uow import DbSession
from capsule.control.identity.logins import service
from capsule.control.identity.schemas import Me, ServerShape, TeamShape, UserShape
from capsule.control.identity.teams.repository import TeamRepository
from capsule.control.identity.tokens import service as tokens
from capsule.control.identity.users import service as users
from capsule.control.policy import Action, Actor
from capsule.control.shapes.base import Input

router = APIRouter(prefix="/auth", tags=["auth"])


class Credentials(Input):
    email: str = Field(max_length=320)
    password: Annotated[str, StringConstraints(strip_whitespace=False, max_length=10_000)]


@router.post("/login", dependencies=[public("this is how somebody signs in")])
async def sign_in(
    credentials: Credentials,
    request: Request,
    response: Response,
    db_session: DbSession,
    context: CurrentContext,
) -> Me:
    """Sign this browser in with a cookie."""
    user = await users.sign_in(
        context.database,
        context.attempts,
        email=credentials.email,
        password=credentials.password,
        client=client_of(request),
    )
    login, cookie = await service.start(db_session, user, user_agent=request.headers.get("user-agent", ""))
    response.set_cookie(
        LOGIN_COOKIE,
        cookie,
        max_age=int(service.LIFETIME.total_seconds()),
        httponly=True,
        samesite="lax",
        secure=context.scheme == "https",
    )
    memberships = await TeamRepository(db_session).roles_of(user.id)
    actor = Actor(user=user, via="login", credential_id=login.id, memberships=memberships)
    return await _me(db_session, actor, context)


@router.post("/logout", status_code=204, dependencies=[public("without a login there is nothing to end")])
async def sign_out(request: Request, response: Response, actor: OptionalActor, db_session: DbSession) -> None:
    """Sign this browser out; called with a token, end that token."""
    if actor is not None and actor.via == "token":
        await tokens.delete(db_session, actor.user.id, actor.credential_id)
    elif cookie := request.cookies.get(LOGIN_COOKIE):
        await service.end(db_session, cookie)
    response.delete_cookie(LOGIN_COOKIE, httponly=True, samesite="lax")


@router.get("/me", dependencies=[requires(Action.profile_read)])
async def me(actor: CurrentActor, db_session: DbSession, context: CurrentContext) -> Me:
    """Tell who you are and where this is."""
    return await _me(db_session, actor, context)


async def _me(db_session: AsyncSession, actor: Actor, context: Context) -> Me:
    found = await TeamRepository(db_session).visible(actor.team_ids)
    return Me(
        user=UserShape.of(actor.user),
        teams=[TeamShape.of(team, actor) for team in found],
        via=actor.via,
        server=ServerShape(
            version=context.version, domain=context.domain, port=context.port, url=context.site.url()
        ),
    )
