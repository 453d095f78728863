"""How releases of a capsule become live and what a push leads to, as a caller may say it."""

from typing import Annotated, Literal

from pydantic import Field

from capsule.control.shapes.base import Input

Strategy = Literal["rolling", "recreate"]

ProcessType = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,40}$")]
Replicas = Annotated[int, Field(ge=0, le=20)]


class Health(Input):
    """When a new replica counts as good."""

    path: str = Field(
        default="",
        max_length=500,
        pattern=r"^(/.*)?$",
        description="Asked over HTTP; answers below 400 are good. Empty: `/`, where those below 500 are.",
    )
    timeout_seconds: float | None = Field(
        default=None,
        ge=1,
        le=1800,
        description="A new replica has to answer within; empty: the installation's own limit.",
    )
    grace_seconds: float = Field(
        default=10,
        ge=0,
        le=300,
        description="Between the request to end and the end by force, and how long a process that listens on "
        "no port must run before it counts as good, up to two seconds.",
    )


class Canary(Input):
    """A share of the requests goes to the new release first."""

    percent: int = Field(default=10, ge=1, le=50)
    seconds: float = Field(default=60, ge=1, le=3600)


class Previews(Input):
    """A capsule of its own for each branch or pull request."""

    is_on: bool = False
    hours: int = Field(default=72, ge=1, le=24 * 90, description="Removed when nobody pushed for so long.")
    branches: list[Annotated[str, Field(max_length=250)]] = Field(
        default=[],
        max_length=20,
        description="Patterns such as `feature/*`; empty: pull requests only.",
    )
    forks: bool = Field(
        default=False,
        description="Whether pull requests from forks are built: strangers' code then sees the variables.",
    )
