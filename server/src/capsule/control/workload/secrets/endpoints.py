"""`/spaces/{space}/secrets`: write-only values."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter
from pydantic import ConfigDict, Field

from capsule.api.access import requires
from capsule.api.context import CurrentContext
from capsule.api.uow import DbSession
from capsule.control.policy import Action
from capsule.control.shapes.base import Input, Items, Shape
from capsule.control.workload.secrets import service
from capsule.control.workload.secrets.repository import SecretRepository
from capsule.models import Space

router = APIRouter(prefix="/spaces/{space}/secrets", tags=["secrets"])


class PutSecret(Input):
    model_config = ConfigDict(extra="forbid", str_strip_whitespace=False, hide_input_in_errors=True)

    name: str
    value: str = Field(description="Cannot be read back.")


class SecretShape(Shape):
    name: str
    created_at: datetime
    updated_at: datetime


@router.get("")
async def list_secrets(
    space: Annotated[Space, requires(Action.secret_list)], db_session: DbSession
) -> Items[SecretShape]:
    """List names and times, never values."""
    rows = await SecretRepository(db_session).of_space(space.id)
    return Items(items=[SecretShape.model_validate(row) for row in rows])


@router.post("", status_code=201)
async def put_secret(
    wanted: PutSecret,
    space: Annotated[Space, requires(Action.secret_set)],
    db_session: DbSession,
    context: CurrentContext,
) -> SecretShape:
    """Create a secret or replace its value. Running capsules get it at their next deployment."""
    secret = await service.put(db_session, context.box, space, name=wanted.name, value=wanted.value)
    return SecretShape.model_validate(secret)


@router.delete("/{name}", status_code=204)
async def delete_secret(
    name: str, space: Annotated[Space, requires(Action.secret_delete)], db_session: DbSession
) -> None:
    await service.delete(db_session, space, name)
