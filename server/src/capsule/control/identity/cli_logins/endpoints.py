"""`/auth/cli-logins`: sign a command line in through the browser."""

from datetime import datetime
from typing import Literal

from fastapi import APIRouter
from pydantic import Field

from capsule.api.access import public, requires
from capsule.api.auth import CurrentActor
from capsule.api.context import CurrentContext
from capsule.api.uow import DbSession
from capsule.control.identity.cli_logins import service
from capsule.control.identity.schemas import UserShape
from capsule.control.policy import Action
from capsule.control.shapes.base import Input, Shape

router = APIRouter(prefix="/auth/cli-logins", tags=["auth"])


class StartCliLogin(Input):
    host_name: str = Field(default="", max_length=200, description="Name of the machine that asks.")


class StartedCliLogin(Shape):
    id: str
    poll_secret: str
    code: str = Field(description="Shown in the terminal and in the browser, to be compared.")
    url: str = Field(description="Where a signed-in person says yes.")
    expires_at: datetime


class Poll(Input):
    poll_secret: str = Field(max_length=200)


class PollResult(Shape):
    status: Literal["pending", "approved"]
    token: str | None = None
    user: UserShape | None = None


class CliLoginShape(Shape):
    code: str
    host_name: str
    expires_at: datetime
    status: Literal["pending", "approved"]


@router.post("", status_code=201, dependencies=[public("the command line is not signed in yet")])
async def start_cli_login(
    wanted: StartCliLogin, db_session: DbSession, context: CurrentContext
) -> StartedCliLogin:
    login, poll_secret = await service.start(db_session, host_name=wanted.host_name)
    return StartedCliLogin(
        id=login.id,
        poll_secret=poll_secret,
        code=login.code,
        url=f"{context.site.url()}/cli-login/{login.id}",
        expires_at=login.expires_at,
    )


@router.post(
    "/{login_id}/poll",
    response_model_exclude_none=True,
    dependencies=[public("the poll secret is the credential")],
)
async def poll_cli_login(login_id: str, poll: Poll, db_session: DbSession) -> PollResult:
    """Ask whether somebody said yes; the first poll after that gets the token."""
    result = await service.poll(db_session, login_id, poll.poll_secret)
    if result is None:
        return PollResult(status="pending")
    token, user = result
    return PollResult(status="approved", token=token, user=UserShape.of(user))


@router.get("/{login_id}", dependencies=[requires(Action.cli_login_read)])
async def read_cli_login(login_id: str, db_session: DbSession) -> CliLoginShape:
    login = await service.find(db_session, login_id)
    return CliLoginShape(
        code=login.code,
        host_name=login.host_name,
        expires_at=login.expires_at,
        status="approved" if login.user_id else "pending",
    )


@router.post("/{login_id}/approve", status_code=204, dependencies=[requires(Action.cli_login_approve)])
async def approve_cli_login(login_id: str, actor: CurrentActor, db_session: DbSession) -> None:
    """Say yes: the command line that shows this code becomes you."""
    await service.approve(db_session, login_id, actor.user)
