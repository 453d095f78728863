"""`/capsules/{capsule}/env`: environment variables."""

from typing import Annotated, Literal

from fastapi import APIRouter
from pydantic import ConfigDict, Field
from sqlalchemy.ext.asyncio import AsyncSession

from capsule.api.access import requires
from capsule.api.auth import CurrentActor
from capsule.api.context import Context, CurrentContext
from capsule.api.uow import DbSession
from capsule.control.events import CapsuleChanged, Need
from capsule.control.policy import Action, Actor
from capsule.control.shapes.base import Input, Items, Shape
from capsule.control.workload.capsules.service import ensure_present
from capsule.control.workload.env.service import EnvService, InvalidVariable
from capsule.models import Capsule

router = APIRouter(prefix="/capsules/{capsule}/env", tags=["environment"])


class _Values(Input):
    # Values are kept as they were written, blanks included, and never repeated in an error.
    model_config = ConfigDict(extra="forbid", str_strip_whitespace=False, hide_input_in_errors=True)


class VariableInput(_Values):
    key: str
    value: str


class ReplaceVariables(_Values):
    items: list[VariableInput]


class ChangeVariables(_Values):
    set: dict[str, str] = Field(default_factory=dict)
    unset: list[str] = Field(default_factory=list)


class EnvVariableShape(Shape):
    key: str
    value: str
    set_by: Literal["user", "system"]


@router.get("")
async def list_variables(
    capsule: Annotated[Capsule, requires(Action.env_read)], db_session: DbSession, context: CurrentContext
) -> Items[EnvVariableShape]:
    return await _listed(db_session, context, capsule)


@router.put("")
async def replace_variables(
    wanted: ReplaceVariables,
    capsule: Annotated[Capsule, requires(Action.env_update)],
    actor: CurrentActor,
    db_session: DbSession,
    context: CurrentContext,
) -> Items[EnvVariableShape]:
    """Replace the whole list of your own variables. A live capsule is restarted with them."""
    ensure_present(capsule)
    variables = {item.key: item.value for item in wanted.items}
    if len(variables) < len(wanted.items):
        raise InvalidVariable("A variable is listed twice.", field="items")
    changed = await EnvService(db_session, context.box, context.site).replace(capsule, variables)
    return await _announced(db_session, context, capsule, actor, changed)


@router.patch("")
async def change_variables(
    wanted: ChangeVariables,
    capsule: Annotated[Capsule, requires(Action.env_update)],
    actor: CurrentActor,
    db_session: DbSession,
    context: CurrentContext,
) -> Items[EnvVariableShape]:
    """Set some variables and drop others. A live capsule is restarted with them."""
    ensure_present(capsule)
    service = EnvService(db_session, context.box, context.site)
    changed = await service.change(capsule, wanted.set, frozenset(wanted.unset) - wanted.set.keys())
    return await _announced(db_session, context, capsule, actor, changed)


async def _announced(
    db_session: AsyncSession, context: Context, capsule: Capsule, actor: Actor, changed: bool
) -> Items[EnvVariableShape]:
    if changed:
        # A frontend has no process that could read a variable: its values are built in.
        needs: Need = "build" if capsule.type == "frontend" else "deployment"
        change = CapsuleChanged(capsule, by=actor.user.id, needs=needs)
        await context.events.publish(db_session, change)
    return await _listed(db_session, context, capsule)


async def _listed(db_session: AsyncSession, context: Context, capsule: Capsule) -> Items[EnvVariableShape]:
    variables = await EnvService(db_session, context.box, context.site).listed(capsule)
    return Items(items=[EnvVariableShape.model_validate(variable) for variable in variables])
