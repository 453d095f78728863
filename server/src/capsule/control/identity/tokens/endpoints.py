"""`/auth/tokens`, and `/auth/token` by which a command line signs in with email and password."""

from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Request
from pydantic import Field, StringConstraints

from capsule.api.access import public, requires
from capsule.api.auth import CurrentActor
from capsule.api.client import client_of
from capsule.api.context import CurrentContext
from capsule.api.uow import DbSession
from capsule.control.identity.schemas import UserShape
from capsule.control.identity.tokens import service
from capsule.control.identity.tokens.repository import TokenRepository
from capsule.control.identity.users import service as users
from capsule.control.policy import Action
from capsule.control.shapes.base import Input, Items, Shape

router = APIRouter(prefix="/auth", tags=["auth"])


class CreateToken(Input):
    name: str = Field(min_length=1, max_length=100)
    expires_in_days: int | None = Field(default=None, ge=1, le=3650)


class TokenShape(Shape):
    id: str
    name: str
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None


class NewToken(TokenShape):
    token: str = Field(description="Shown this once.")


class TokenCredentials(Input):
    email: str = Field(max_length=320)
    password: Annotated[str, StringConstraints(strip_whitespace=False, max_length=10_000)]
    name: str = Field(default="command line", min_length=1, max_length=100)


class TokenForUser(Shape):
    token: str
    user: UserShape


@router.post("/tokens", status_code=201, dependencies=[requires(Action.token_create)])
async def create_token(wanted: CreateToken, actor: CurrentActor, db_session: DbSession) -> NewToken:
    expires_in = timedelta(days=wanted.expires_in_days) if wanted.expires_in_days else None
    if actor.via == "token":
        await service.check_made_by(db_session, actor.credential_id, expires_in=expires_in)
    token, clear = await service.create(db_session, actor.user, name=wanted.name, expires_in=expires_in)
    return NewToken(**TokenShape.model_validate(token).model_dump(), token=clear)


@router.get("/tokens", dependencies=[requires(Action.token_list)])
async def list_tokens(actor: CurrentActor, db_session: DbSession) -> Items[TokenShape]:
    tokens = await TokenRepository(db_session).of_user(actor.user.id)
    return Items(items=[TokenShape.model_validate(token) for token in tokens])


@router.delete("/tokens/{token_id}", status_code=204, dependencies=[requires(Action.token_delete)])
async def delete_token(token_id: str, actor: CurrentActor, db_session: DbSession) -> None:
    await service.delete(db_session, actor.user.id, token_id)


@router.post("/token", status_code=201, dependencies=[public("this is how a command line signs in")])
async def token_for_credentials(
    credentials: TokenCredentials, request: Request, db_session: DbSession, context: CurrentContext
) -> TokenForUser:
    """Exchange email and password for a token."""
    user = await users.sign_in(
        context.database,
        context.attempts,
        email=credentials.email,
        password=credentials.password,
        client=client_of(request),
    )
    _, clear = await service.create(db_session, user, name=credentials.name)
    return TokenForUser(token=clear, user=UserShape.of(user))
