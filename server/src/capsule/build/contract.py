"""What a builder must do: execute a plan into an artifact, inside walls, within limits."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from capsule.build.plan import Plan
from capsule.errors import InvalidInput, PlatformError

ABOUT_IMAGE = "image.json"
"""In an artifact that is a container image: what it is called and where it listens."""


class SourceUnavailable(InvalidInput):
    """The repository, branch, upload or project path cannot be had."""

    code, title = "source_unavailable", "Source unavailable"


class ArchiveRefused(InvalidInput):
    """The archive is damaged, too large, or has an entry that leaves its root."""

    code, title = "archive_refused", "Archive refused"


class BuildFailed(PlatformError):
    """A step ended badly. `context` has `step` and `exit_code`."""

    code, title = "build_failed", "Build failed"


class BuildTimedOut(BuildFailed):
    code, title = "build_timed_out", "Build timed out"


@dataclass(frozen=True)
class BuildSettings:
    """What the user chose; everything empty is detected."""

    type: str
    """Capsule type: `app`, `backend`, `frontend`, `agent`, `docker`."""
    run_command: str = ""
    build_command: str = ""
    output_directory: str = ""
    entry: str = ""
    """`path/to/file.py:symbol`, for apps."""
    release_command: str = ""
    dockerfile: str = ""
    docker_context: str = ""
    image: str = ""
    """Public image, when the source is one."""
    port: int = 0
    """Where a container listens; 0: what its image exposes, else 3000."""
    env: dict[str, str] = field(default_factory=dict)
    """The user's variables; present while building."""


@dataclass(frozen=True)
class BuildLimits:
    cpu: float = 2.0
    memory: int = 4096
    """MiB."""
    seconds: float = 900.0
    processes: int = 1024
    free_disk: int = 512
    """MiB that must be free when a build starts."""


@dataclass(frozen=True)
class Artifact:
    path: Path
    size_bytes: int
    manifest: dict[str, object] | None = None
    """For apps: what the entry declared (spec: manifest keys)."""


class LogSink(Protocol):
    """Where build output goes, line by line, as it happens."""

    def write(self, text: str, *, stream: str = "stdout") -> None: ...


class Builder(Protocol):
    name: str

    async def build(
        self,
        plan: Plan,
        *,
        source: Path,
        artifact: Path,
        identity: int,
        env: dict[str, str],
        limits: BuildLimits,
        log: LogSink,
    ) -> Artifact:
        """Copy `source` into the new directory `artifact` and run the plan's steps there.

        `env` is the user's; it reaches every step, but what a step sets itself wins.

        Raises BuildFailed or BuildTimedOut; on these and on cancellation every process of the build is
        gone and `artifact` is removed. `identity` is the capsule's number (see `ReplicaSpec`).
        """

    async def keeps(self, artifact: Path) -> bool:
        """Tell whether replicas can be started from what was built into `artifact`."""

    async def collect(self, artifacts: Path) -> None:
        """Remove what lies elsewhere, such as images, of artifacts that are not in the folder any more."""

    async def sweep(self, artifacts: Path) -> None:
        """End and remove what builds into the folder `artifacts` left when their process was killed."""
