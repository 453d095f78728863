"""`/system`: how the platform's own processes are, and what this machine can do."""

import asyncio
import os
from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter

from capsule.api.access import requires
from capsule.api.context import Context, CurrentContext
from capsule.control.policy import Action
from capsule.control.shapes.base import Shape
from capsule.errors import Unavailable

router = APIRouter(tags=["system"])


class ProcessShape(Shape):
    pid: int | None
    health: str


class EngineShape(Shape):
    name: str
    health: str
    sentence: str
    notices: list[str]


class FindingShape(Shape):
    part: str
    found: bool
    version: str | None = None
    enables: str
    hint: str | None = None


class SystemShape(Shape):
    version: str
    processes: dict[str, ProcessShape]
    engine: EngineShape
    doctor: list[FindingShape]


@router.get("/system", dependencies=[requires(Action.system_read)])
async def system(context: CurrentContext) -> SystemShape:
    """Tell how the platform is: its processes, its engine, the optional parts of the machine."""
    processes, engine, findings = await asyncio.gather(
        _processes(context), _engine(context), asyncio.to_thread(context.doctor or list)
    )
    return SystemShape(
        version=context.version,
        processes={name: ProcessShape.model_validate(about) for name, about in processes.items()},
        engine=engine,
        doctor=[FindingShape.model_validate(finding) for finding in findings],
    )


async def _processes(context: Context) -> Mapping[str, Mapping[str, Any]]:
    server = {"server": {"pid": os.getpid(), "health": "healthy"}}
    return {**server, **(await context.processes() if context.processes else {})}


async def _engine(context: Context) -> EngineShape:
    try:
        found = await context.engine.fingerprint()
    except Unavailable as away:
        return EngineShape(name="", health="unhealthy", sentence=away.detail, notices=[])
    return EngineShape(
        name=found.engine,
        health=str(found.health),
        sentence=found.sentence,
        notices=list(found.notices),
    )
