"""Capsules as callers send them and as the API answers them."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field, field_validator

from capsule.control.shapes.base import Input, Shape
from capsule.control.shapes.delivery import BuildShape, DeploymentShape, ReplicaShape
from capsule.control.workload.capsules.access import AccessConfig, AccessShape
from capsule.control.workload.capsules.network import NetworkConfig, NetworkShape
from capsule.control.workload.capsules.rules import (
    Canary,
    Health,
    Previews,
    ProcessType,
    Replicas,
    Strategy,
)
from capsule.control.workload.capsules.source import Source, project_path
from capsule.control.workload.capsules.status import Status

CapsuleType = Literal["app", "backend", "frontend", "agent", "docker", "storage"]

DEFAULT_CPU = 1.0
DEFAULT_MEMORY = 512
DEFAULT_KEEP_WARM_SECONDS = 600

_NETWORK = "Where an app may connect to; empty: every public address."
_KEEP_WARM = (
    "Idle time after which a user's runtime is stopped; empty: what the app declares, else ten minutes."
)
_ACCESS = (
    "Who may use an app and how people sign in to it, in effect at once; empty: everybody may, with or "
    "without an account."
)
_SIZE = "MiB that a storage capsule may hold; empty: 10240."
_RELEASE_COMMAND = (
    "Runs once before a new release gets requests, such as a migration; when it fails, the release before "
    "stays. Empty: the Procfile's `release`."
)
_DOCKERFILE = "Of a docker capsule, relative to the project; empty: `Dockerfile`."
_DOCKER_CONTEXT = "Build context of a docker capsule, relative to the project; empty: the project itself."
_PORT = "Where the container of a docker capsule listens; empty: what its image exposes, else 3000."
_SCALE = 'Replicas of each process type, such as `{"web": 2, "worker": 1}`; who is not named has one.'
_STRATEGY = (
    "`rolling`: the new release answers before the old one stops. `recreate`: the old one stops first, and "
    "requests wait meanwhile. Empty: `rolling`."
)
_HEALTH = "When a new replica counts as good; empty: it answers `/`."
_CANARY = "Share of the requests that tries a new release first; empty: none."
_WATCH = (
    "So long after it went live, a release that crashes or mostly answers with errors is replaced by the one "
    "before; 0: never. Empty: 120."
)
_AUTO_DEPLOY = "Whether a push to the branch is built and deployed; empty: yes."
_WATCH_PATHS = (
    "Patterns such as `api/**`: only a push that changes one of these is built; empty: the project's folder."
)
_PREVIEWS = "A capsule of its own for each pull request or branch; empty: none."
_PUBLIC_ACCESS = (
    "Whether its address answers, in effect at once; empty: yes. Off: every request is refused, and "
    "everything else goes on."
)
_RUNTIME_FILES = "MiB of private files that each user of an app may have; empty: 1024."


class ConfigInput(Input):
    """What is absent stays as it is (or takes the default in a new capsule).

    So does null, except for what says of itself that it may be empty.
    """

    run_command: str | None = Field(default=None, max_length=4000, description="Empty: detected.")
    build_command: str | None = Field(default=None, max_length=4000, description="Empty: detected.")
    output_directory: str | None = Field(default=None, max_length=1000, description="Of the built site.")
    project_path: str | None = Field(default=None, max_length=1000, description="Folder of the project.")
    entry: str | None = Field(default=None, max_length=1000, description="Of an app: `file.py:symbol`.")
    cpu: float | None = Field(
        default=None, ge=0.05, le=256, description="Cores a replica may use, and each runtime of an app."
    )
    memory: int | None = Field(
        default=None, ge=32, le=1024**2, description="MiB a replica may use, and each runtime of an app."
    )
    network: NetworkConfig | None = Field(default=None, description=_NETWORK)
    keep_warm_seconds: int | None = Field(default=None, ge=0, le=86400, description=_KEEP_WARM)
    runtime_files: int | None = Field(default=None, ge=16, le=1024**2, description=_RUNTIME_FILES)
    size: int | None = Field(default=None, ge=1, le=1024**3, description=_SIZE)
    public_access: bool | None = Field(default=None, description=_PUBLIC_ACCESS)
    access: AccessConfig | None = Field(default=None, description=_ACCESS)
    release_command: str | None = Field(default=None, max_length=4000, description=_RELEASE_COMMAND)
    dockerfile: str | None = Field(default=None, max_length=1000, description=_DOCKERFILE)
    docker_context: str | None = Field(default=None, max_length=1000, description=_DOCKER_CONTEXT)
    port: int | None = Field(default=None, ge=1, le=65535, description=_PORT)
    scale: dict[ProcessType, Replicas] | None = Field(default=None, max_length=20, description=_SCALE)
    strategy: Strategy | None = Field(default=None, description=_STRATEGY)
    health: Health | None = Field(default=None, description=_HEALTH)
    canary: Canary | None = Field(default=None, description=_CANARY)
    watch_seconds: float | None = Field(default=None, ge=0, le=3600, description=_WATCH)
    auto_deploy: bool | None = Field(default=None, description=_AUTO_DEPLOY)
    watch_paths: list[Annotated[str, Field(max_length=300)]] | None = Field(
        default=None, max_length=50, description=_WATCH_PATHS
    )
    previews: Previews | None = Field(default=None, description=_PREVIEWS)

    @field_validator("run_command", "build_command", "entry", "release_command")
    @classmethod
    def _line(cls, line: str | None) -> str | None:
        if line is not None and "\0" in line:
            raise ValueError("has a zero byte")
        return line

    @field_validator("project_path", "output_directory", "dockerfile", "docker_context")
    @classmethod
    def _path(cls, path: str | None) -> str | None:
        return None if path is None else project_path(path)


class ConfigShape(Shape):
    run_command: str = ""
    build_command: str = ""
    output_directory: str = ""
    project_path: str = ""
    entry: str = ""
    cpu: float = DEFAULT_CPU
    memory: int = DEFAULT_MEMORY
    network: NetworkShape | None = Field(default=None, description=_NETWORK)
    keep_warm_seconds: int | None = Field(default=None, description=_KEEP_WARM)
    runtime_files: int | None = Field(default=None, description=_RUNTIME_FILES)
    size: int | None = Field(default=None, description=_SIZE)
    public_access: bool | None = Field(default=None, description=_PUBLIC_ACCESS)
    access: AccessShape | None = Field(default=None, description=_ACCESS)
    release_command: str = Field(default="", description=_RELEASE_COMMAND)
    dockerfile: str = Field(default="", description=_DOCKERFILE)
    docker_context: str = Field(default="", description=_DOCKER_CONTEXT)
    port: int | None = Field(default=None, description=_PORT)
    scale: dict[str, int] | None = Field(default=None, description=_SCALE)
    strategy: Strategy | None = Field(default=None, description=_STRATEGY)
    health: Health | None = Field(default=None, description=_HEALTH)
    canary: Canary | None = Field(default=None, description=_CANARY)
    watch_seconds: float | None = Field(default=None, description=_WATCH)
    auto_deploy: bool | None = Field(default=None, description=_AUTO_DEPLOY)
    watch_paths: list[str] | None = Field(default=None, description=_WATCH_PATHS)
    previews: Previews | None = Field(default=None, description=_PREVIEWS)


class CreateCapsule(Input):
    space_id: str = Field(description="Id or slug of the space.")
    name: str
    type: CapsuleType
    source: Source | None = None
    config: ConfigInput = ConfigInput()
    access_token: str = Field(default="", description="Of a private repository; never shown again.")
    connection_id: str | None = Field(
        default=None,
        description="Connection to the git host: its token is used, and its webhook set up.",
    )
    deploy_key_id: str | None = Field(
        default=None, description="A key of the team that was made before; the capsule takes it over."
    )
    deploy: bool = Field(default=True, description="Build and deploy at once when there is a source.")


class UpdateCapsule(Input):
    name: str | None = None
    source: Source | None = None
    config: ConfigInput = ConfigInput()


class LiveRelease(Shape):
    id: str
    number: int
    created_at: datetime


class CapsuleShape(Shape):
    id: str
    team_id: str
    space_id: str
    name: str
    slug: str
    type: str
    is_on: bool
    status: Status
    status_reason: str | None
    url: str | None
    hosts: list[str]
    source: dict[str, Any]
    config: ConfigShape
    release: LiveRelease | None
    replicas: list[ReplicaShape]
    current_build: BuildShape | None = Field(description="The newest build.")
    current_deployment: DeploymentShape | None = Field(description="The newest deployment.")
    created_at: datetime
    parent_id: str | None = Field(description="Of a preview: the capsule that it is a preview of.")
    preview_of: str | None = Field(description="Of a preview: its branch, or `#12` for a pull request.")
    expires_at: datetime | None = Field(description="Of a preview: when it is removed.")
    can: list[str]
