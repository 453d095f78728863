"""`/capsules/{capsule}/runtimes`: the runtimes of an app's users, told by the app host."""

from collections import Counter
from datetime import UTC, datetime
from typing import Annotated, Literal

from fastapi import APIRouter
from pydantic import Field

from capsule.api.access import requires
from capsule.api.auth import CurrentActor
from capsule.api.context import CurrentContext
from capsule.apps.contract import HostedRuntime, RuntimeReport, RuntimeState
from capsule.apps.errors import AppNotFound
from capsule.control.policy import Action, Actor, can
from capsule.control.shapes.base import Input, Shape
from capsule.control.workload.capsules.schemas import DEFAULT_KEEP_WARM_SECONDS
from capsule.control.workload.capsules.service import ensure_type
from capsule.models import Capsule

router = APIRouter(prefix="/capsules/{capsule}/runtimes", tags=["runtimes"])

Environment = Literal["deploy", "serve"]


class RuntimeOf(Input):
    """Whose runtime, and in which environment."""

    user_id: str = Field(min_length=1, max_length=200, description="Whose runtime.")
    environment: Environment = "deploy"


class RuntimeShape(Shape):
    user_id: str = Field(description="Whose it is; its form means nothing.")
    email: str | None = Field(description="Of somebody signed in to the console; null for a visitor.")
    state: RuntimeState = Field(
        description="`waking` until its `boot` has finished, `warm` when the next message meets it at once, "
        "`cold` when the next message wakes it."
    )
    release: str = Field(description="The release that it runs, or ran last.")
    turns: int = Field(description="Turns that run now.")
    memory_bytes: int | None = Field(
        description="Memory of its own, beside what all runtimes share; null while cold."
    )
    wakes: int = Field(description="Wakes since the app host started.")
    wake_seconds: float | None = Field(description="How long its last wake took, `boot` included.")
    woken_at: datetime | None
    used_at: datetime | None = Field(description="End of its last turn.")
    last_end: str = Field(description="Why it ended the last time; empty when it was idle.")

    @classmethod
    def of(cls, runtime: HostedRuntime) -> "RuntimeShape":
        return cls(
            user_id=runtime.user_id,
            email=runtime.email,
            state=runtime.state,
            release=runtime.release,
            turns=runtime.turns,
            memory_bytes=runtime.memory_bytes,
            wakes=runtime.wakes,
            wake_seconds=runtime.wake_seconds,
            woken_at=_moment(runtime.woken_at),
            used_at=_moment(runtime.used_at),
            last_end=runtime.last_end,
        )


class RuntimeCounts(Shape):
    waking: int
    warm: int
    cold: int


class RuntimesShape(Shape):
    """Every runtime of an app in one environment."""

    environment: Environment
    is_hosted: bool = Field(description="False while there is no such app: never deployed, or not served.")
    is_forked: bool = Field(
        description="Whether runtimes are forked from the app loaded once; else each loads it anew."
    )
    keep_warm_seconds: float = Field(description="Idle time after which a runtime is stopped.")
    wake_p50_seconds: float | None = Field(description="Median of the last 200 wakes; null before the first.")
    wake_p95_seconds: float | None = Field(description="What 95 of 100 wakes stay under.")
    shared_bytes: int | None = Field(description="Memory that all runtimes share: the app, loaded once.")
    memory_bytes: int = Field(description="Memory of their own, all runtimes together.")
    notices: list[str] = Field(description="What is weaker or slower than it could be, and why.")
    counts: RuntimeCounts
    items: list[RuntimeShape] = Field(description="Those that run first, then the most recently used.")
    can: list[str]

    @classmethod
    def of(
        cls, report: RuntimeReport, capsule: Capsule, actor: Actor, *, environment: Environment
    ) -> "RuntimesShape":
        states = Counter(runtime.state for runtime in report.runtimes)
        return cls(
            environment=environment,
            is_hosted=True,
            is_forked=report.is_forked,
            keep_warm_seconds=report.keep_warm_seconds,
            wake_p50_seconds=report.wake_p50_seconds,
            wake_p95_seconds=report.wake_p95_seconds,
            shared_bytes=report.shared_bytes,
            memory_bytes=sum(runtime.memory_bytes or 0 for runtime in report.runtimes),
            notices=list(report.notices),
            counts=RuntimeCounts(**{state.value: states[state] for state in RuntimeState}),
            items=[RuntimeShape.of(runtime) for runtime in report.runtimes],
            can=_verbs(capsule, actor),
        )

    @classmethod
    def none(cls, capsule: Capsule, actor: Actor, *, environment: Environment) -> "RuntimesShape":
        """Return what is told of an app that is not hosted."""
        keep_warm = capsule.config.get("keep_warm_seconds")
        return cls(
            environment=environment,
            is_hosted=False,
            is_forked=True,
            keep_warm_seconds=DEFAULT_KEEP_WARM_SECONDS if keep_warm is None else keep_warm,
            wake_p50_seconds=None,
            wake_p95_seconds=None,
            shared_bytes=None,
            memory_bytes=0,
            notices=[],
            counts=RuntimeCounts(waking=0, warm=0, cold=0),
            items=[],
            can=_verbs(capsule, actor),
        )


# Both are detached: the app host may take its time, and no database session waits for it.


@router.get("")
async def list_runtimes(
    capsule: Annotated[Capsule, requires(Action.runtime_read, detached=True)],
    actor: CurrentActor,
    context: CurrentContext,
    environment: Environment = "deploy",
) -> RuntimesShape:
    """Tell which users' runtimes are warm, what they use and how fast they wake."""
    ensure_type(capsule, "app")
    try:
        report = await context.apps.runtimes(capsule.id, environment)
    except AppNotFound:
        return RuntimesShape.none(capsule, actor, environment=environment)
    return RuntimesShape.of(report, capsule, actor, environment=environment)


@router.post("/stop", status_code=204)
async def stop_runtime(
    wanted: RuntimeOf,
    capsule: Annotated[Capsule, requires(Action.runtime_stop, detached=True)],
    context: CurrentContext,
) -> None:
    """End the user's runtime, also in the middle of a turn; the next message wakes a new one.

    Stopping one that does not run changes nothing.
    """
    ensure_type(capsule, "app")
    try:
        await context.apps.stop_runtime(capsule.id, wanted.environment, wanted.user_id)
    except AppNotFound:
        return


@router.post("/clear", status_code=204)
async def clear_files(
    wanted: RuntimeOf,
    capsule: Annotated[Capsule, requires(Action.runtime_clear, detached=True)],
    context: CurrentContext,
) -> None:
    """Delete the user's private files for good. Their runtime is ended first; conversations stay."""
    ensure_type(capsule, "app")
    try:
        await context.apps.clear_files(capsule.id, wanted.environment, wanted.user_id)
    except AppNotFound:
        return


def _verbs(capsule: Capsule, actor: Actor) -> list[str]:
    return [verb for verb in can(actor, "runtime", capsule.team_id) if verb != "read"]


def _moment(seconds: float | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
