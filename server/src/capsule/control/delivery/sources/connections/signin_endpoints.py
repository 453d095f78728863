"""`/teams/{team}/git-sign-ins` and `/git-sign-ins`: connect a team by signing in at a git host."""

from typing import Annotated, Literal

from fastapi import APIRouter
from pydantic import Field

from capsule.api.access import requires
from capsule.api.auth import CurrentActor
from capsule.api.context import Context, CurrentContext
from capsule.control.delivery.sources.connections.schemas import ConnectionShape
from capsule.control.delivery.sources.connections.signin import Finished, Return, SignIns
from capsule.control.policy import Action, Actor
from capsule.control.shapes.base import Input, Shape
from capsule.models import Team

router = APIRouter(tags=["git connections"])


class BeginSignIn(Input):
    git_app_id: str
    connection_id: str | None = Field(default=None, description="The connection to sign in again.")
    install: bool = Field(
        default=False, description="Install the GitHub App at an account; else choose where it is installed."
    )


class SignInShape(Shape):
    url: str = Field(description="Where to send the browser.")


class FinishSignIn(Input):
    """What the host put into the address that it sent the browser back to."""

    state: str = Field(max_length=200)
    code: str = Field(default="", max_length=4000)
    error: str = Field(default="", max_length=200)
    error_description: str = Field(default="", max_length=2000)
    installation_id: str = Field(default="", max_length=40)
    setup_action: str = Field(default="", max_length=40)


class ChooseInstallation(Input):
    state: str = Field(max_length=200, description="From what the sign-in came to.")
    installation_id: str = Field(max_length=40)


class InstallationShape(Shape):
    id: str
    account: str
    url: str = Field(description="Where it is configured at GitHub.")


class FinishedShape(Shape):
    outcome: Literal["registered", "connected", "choose", "requested"] = Field(
        description="`registered`: a GitHub App is; `connected`: the team is; `choose`: one of the "
        "`installations` is to be chosen; `requested`: an owner of the account has to approve the app."
    )
    connection: ConnectionShape | None = None
    installations: list[InstallationShape] = Field(default=[])
    state: str = Field(default="", description="For the choice.")


@router.post("/teams/{team}/git-sign-ins", status_code=201)
async def begin_sign_in(
    wanted: BeginSignIn,
    team: Annotated[Team, requires(Action.git_connection_sign_in, detached=True)],
    actor: CurrentActor,
    context: CurrentContext,
) -> SignInShape:
    """Begin a sign-in at a host, for this browser, once."""
    url = await _sign_ins(context).begin(
        actor, team.id, wanted.git_app_id, connection_id=wanted.connection_id, install=wanted.install
    )
    return SignInShape(url=url)


@router.post("/git-sign-ins/finish")
async def finish_sign_in(
    answer: FinishSignIn,
    actor: Annotated[Actor, requires(Action.git_sign_in_finish, detached=True)],
    context: CurrentContext,
) -> FinishedShape:
    """Take up what the host sent the browser back with."""
    finished = await _sign_ins(context).finish(actor, Return(**answer.model_dump()))
    return _shape(finished, actor)


@router.post("/git-sign-ins/choose")
async def choose_installation(
    choice: ChooseInstallation,
    actor: Annotated[Actor, requires(Action.git_sign_in_finish, detached=True)],
    context: CurrentContext,
) -> FinishedShape:
    """Connect one of the installations of a GitHub App that the sign-in found."""
    return _shape(await _sign_ins(context).choose(actor, choice.state, choice.installation_id), actor)


def _sign_ins(context: Context) -> SignIns:
    return SignIns(context.database, context.box, context.git, context.site)


def _shape(finished: Finished, actor: Actor) -> FinishedShape:
    return FinishedShape(
        outcome=finished.outcome,
        connection=ConnectionShape.of(finished.connection, actor) if finished.connection else None,
        installations=[InstallationShape.model_validate(found) for found in finished.installations],
        state=finished.state,
    )
