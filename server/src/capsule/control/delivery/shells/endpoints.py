"""`/replicas/{replica}/shells`: processes inside a running replica, such as a terminal.

The node agent keeps them: a client that was cut off, or this server when it was restarted, reads on by
offset. Only who opened a shell may use it.
"""

import base64
import binascii
import logging
from collections.abc import AsyncGenerator
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Header, Query
from fastapi.responses import StreamingResponse
from pydantic import Field

from capsule.api.access import requires
from capsule.api.auth import CurrentActor
from capsule.api.context import CurrentContext
from capsule.api.uow import DbSession
from capsule.control.delivery.replicas.repository import GONE
from capsule.control.delivery.runs.service import ensure_runs_commands
from capsule.control.delivery.sse import event, event_stream, last_event_id
from capsule.control.policy import Action, Actor
from capsule.control.shapes.base import Input, Items, Shape
from capsule.engines.contract import Exit, ReplicaNotFound
from capsule.engines.shells import MOST_INPUT, ShellNotFound, Shells, ShellSpec, ShellStatus, shells_of
from capsule.errors import InvalidInput
from capsule.kit.ids import new_id
from capsule.models import Capsule, Replica

router = APIRouter(prefix="/replicas/{replica}/shells", tags=["shells"])
log = logging.getLogger(__name__)

_WAIT_SECONDS = 20.0

Columns = Annotated[int, Field(ge=1, le=1000)]
Rows = Annotated[int, Field(ge=1, le=1000)]


class NewShell(Input):
    command: list[str] = Field(
        default=[], max_length=1000, description="Program and arguments; empty: an interactive shell."
    )
    terminal: bool = Field(default=True, description="Without, stdout and stderr are told apart.")
    columns: Columns = 80
    rows: Rows = 24


class ShellInput(Input):
    data: str = Field(default="", max_length=MOST_INPUT * 4 // 3 + 4, description="Base64, up to 64 KiB.")
    end: bool = Field(default=False, description="No more input follows; without a terminal only.")


class Size(Input):
    columns: Columns
    rows: Rows


class ShellShape(Shape):
    id: str
    replica_id: str
    is_running: bool
    opened_at: datetime
    exit_code: int | None
    reason: str | None = Field(description="Why it has ended.")

    @classmethod
    def of(cls, status: ShellStatus) -> "ShellShape":
        return cls(
            id=status.id,
            replica_id=status.replica_id,
            is_running=status.is_running,
            opened_at=status.opened_at,
            exit_code=status.end.shell_code if status.end is not None else None,
            reason=_reason(status),
        )


@router.post("", status_code=201)
async def open_shell(
    wanted: NewShell,
    replica: Annotated[Replica, requires(Action.shell_open)],
    actor: CurrentActor,
    context: CurrentContext,
    db_session: DbSession,
) -> ShellShape:
    """Start a process inside a running replica, with its files, user, limits and environment.

    It ends with the replica, after half an hour in which nothing happened, and when nobody has read it for
    five minutes. Every opening is written to the server's log.
    """
    capsule = await db_session.get_one(Capsule, replica.capsule_id)
    ensure_runs_commands(capsule)
    if replica.state == GONE:
        raise ReplicaNotFound(f"Replica {replica.id} has ended.", hint="Choose one that runs.")
    spec = ShellSpec(
        id=new_id("shl"),
        replica_id=replica.id,
        argv=tuple(wanted.command),
        has_terminal=wanted.terminal,
        columns=wanted.columns,
        rows=wanted.rows,
        owner=actor.user.id,
    )
    status = await shells_of(context.engine).open(spec)
    what = " ".join(wanted.command) or "a terminal"
    who = f"{actor.user.email} ({actor.via})"
    log.info("%s opened %s in %s of %s: %r", who, spec.id, replica.id, capsule.slug, what)
    return ShellShape.of(status)


@router.get("")
async def list_shells(
    replica: Annotated[Replica, requires(Action.shell_open)], actor: CurrentActor, context: CurrentContext
) -> Items[ShellShape]:
    """List the caller's own that run."""
    statuses = await shells_of(context.engine).list(replica.id)
    return Items(items=[ShellShape.of(status) for status in statuses if status.owner == actor.user.id])


@router.get("/{shell}")
async def read_shell(
    shell: str,
    replica: Annotated[Replica, requires(Action.shell_open)],
    actor: CurrentActor,
    context: CurrentContext,
) -> ShellShape:
    shells = shells_of(context.engine)
    return ShellShape.of(await _own(shells, replica, shell, actor))


@router.get("/{shell}/stream")
async def follow_shell(
    shell: str,
    replica: Annotated[Replica, requires(Action.shell_open, detached=True)],
    actor: CurrentActor,
    context: CurrentContext,
    last: Annotated[str | None, Header(alias="Last-Event-ID")] = None,
    after: Annotated[int, Query(ge=0, description="Id of the event read last.")] = 0,
) -> StreamingResponse:
    """Server-sent events: `output` with base64 data, its offset and stream; `end` with code and reason."""
    shells = shells_of(context.engine)
    await _own(shells, replica, shell, actor)
    return event_stream(_follow(shells, replica.id, shell, last_event_id(last) or after))


@router.post("/{shell}/input", status_code=204)
async def write_input(
    wanted: ShellInput,
    shell: str,
    replica: Annotated[Replica, requires(Action.shell_open, detached=True)],
    actor: CurrentActor,
    context: CurrentContext,
) -> None:
    """Give input; the answer comes when it was taken."""
    shells = shells_of(context.engine)
    await _own(shells, replica, shell, actor)
    try:
        data = base64.b64decode(wanted.data, validate=True)
    except binascii.Error:
        raise InvalidInput("The data is not base64.", field="data") from None
    await shells.write(replica.id, shell, data, is_last=wanted.end)


@router.post("/{shell}/resize", status_code=204)
async def resize(
    wanted: Size,
    shell: str,
    replica: Annotated[Replica, requires(Action.shell_open, detached=True)],
    actor: CurrentActor,
    context: CurrentContext,
) -> None:
    shells = shells_of(context.engine)
    await _own(shells, replica, shell, actor)
    await shells.resize(replica.id, shell, wanted.columns, wanted.rows)


@router.delete("/{shell}", status_code=204)
async def close_shell(
    shell: str,
    replica: Annotated[Replica, requires(Action.shell_open, detached=True)],
    actor: CurrentActor,
    context: CurrentContext,
) -> None:
    """End every process of it."""
    shells = shells_of(context.engine)
    await _own(shells, replica, shell, actor)
    await shells.close(replica.id, shell)


async def _own(shells: Shells, replica: Replica, shell_id: str, actor: Actor) -> ShellStatus:
    status = await shells.inspect(replica.id, shell_id)
    if status.owner != actor.user.id:
        raise ShellNotFound(f"There is no shell {shell_id}.")
    return status


async def _follow(shells: Shells, replica_id: str, shell_id: str, after: int) -> AsyncGenerator[bytes, None]:
    while True:
        output = await shells.read(replica_id, shell_id, after=after, wait_seconds=_WAIT_SECONDS)
        after = output.next
        for piece in output.pieces:
            data = {
                "offset": piece.offset,
                "data": base64.b64encode(piece.data).decode(),
                "stream": piece.stream,
            }
            yield event("output", data, id=piece.offset + len(piece.data))
        if output.ended is not None:
            end = output.ended.end or Exit()
            yield event("end", {"exit_code": end.shell_code, "reason": _reason(output.ended)})
            return


def _reason(status: ShellStatus) -> str | None:
    if status.is_running:
        return None
    return status.end_reason or f"It {(status.end or Exit()).sentence()}."
