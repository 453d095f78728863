"""From a source to an artifact, in the order it happens: fetch → digest → plan → build.

Knows folders, not rows: the caller decides when a build runs, keeps its state and says where logs go.
"""

import asyncio
import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from capsule.build.contract import (
    Artifact,
    Builder,
    BuildLimits,
    BuildSettings,
    LogSink,
    SourceUnavailable,
)
from capsule.build.detect import make_plan
from capsule.build.plan import CannotPlan, Plan
from capsule.build.sources.access import GitAccess
from capsule.build.sources.address import public_url
from capsule.build.sources.commits import Commit
from capsule.build.sources.git import checkout
from capsule.build.sources.pushed import PushRepository, sweep_quarantines
from capsule.build.sources.tree import digest, project_folder
from capsule.build.toolchain import Toolchain
from capsule.build.trees import remove_tree
from capsule.paths import DataPaths

_ORIGINS = {"push": "What was pushed", "upload": "The upload"}


@dataclass(frozen=True)
class Fetched:
    """A source tree on disk, ready to be planned and built. Nobody writes into it."""

    tree: Path
    """The project's root: the checkout or upload, with the project path applied."""
    digest: str
    """SHA-256 over paths, modes and contents of `tree`."""
    commit: str | None = None
    subject: str | None = None
    """First line of the commit's message."""


class Pipeline:
    """One installation's way from source to artifact. Safe for several builds at a time."""

    def __init__(
        self,
        paths: DataPaths,
        builder: Builder,
        toolchain: Toolchain,
        *,
        most_source_bytes: int = 2 * 1024**3,
    ) -> None:
        self._most_source_bytes = most_source_bytes
        self._paths = paths
        self._builder = builder
        self._toolchain = toolchain

    async def fetch(
        self,
        source: Mapping[str, object],
        *,
        capsule_id: str,
        build_id: str,
        log: LogSink,
        access: GitAccess | None = None,
    ) -> Fetched:
        """Bring `source` (see `models.workload.Capsule.source`) onto the disk.

        Raises SourceUnavailable. Git sources are checked out into `paths.checkout(build_id)`, which
        `forget(build_id)` removes; uploads are used where they lie. `access` is for a repository that is
        not public.
        """
        path = str(source.get("path") or "")
        found: Commit | None = None
        if source.get("kind") == "git":
            root = self._paths.checkout(build_id)
            found = await checkout(
                str(source["url"]),
                branch=str(source.get("branch") or ""),
                mirror=self._paths.git_mirror(capsule_id),
                target=root,
                log=log,
                access=access,
                path=path,
                most_bytes=self._most_source_bytes,
            )
        elif source.get("kind") == "image":
            return await self._fetch_image(str(source["image"]), build_id)
        elif source.get("kind") == "push":
            root = self._paths.checkout(build_id)
            found = await self._pushed(source, root, capsule_id=capsule_id)
        elif source.get("kind") == "upload":
            root = self._paths.upload(str(source["upload_id"]))
            if not root.is_dir():
                raise SourceUnavailable("The uploaded files are gone.", hint="Deploy again from your folder.")
        else:
            raise SourceUnavailable(
                "The capsule has no source.", hint="Set a git repository, or deploy a folder with the CLI."
            )
        origin = _ORIGINS.get(str(source["kind"])) or f"The repository {public_url(str(source['url']))}"
        tree = project_folder(root, path, origin=origin)
        return Fetched(
            tree=tree,
            digest=await asyncio.to_thread(digest, tree),
            commit=found.id if found else None,
            subject=found.subject if found else None,
        )

    async def _fetch_image(self, image: str, build_id: str) -> Fetched:
        """The builder fetches it. What a name without a digest stands for may change from build to build."""
        tree = self._paths.checkout(build_id)
        await asyncio.to_thread(tree.mkdir, parents=True, exist_ok=True)
        return Fetched(tree=tree, digest=image if "@" in image else f"{image} {build_id}")

    async def _pushed(self, source: Mapping[str, object], root: Path, *, capsule_id: str) -> Commit:
        """Return the commit in `root`, where a push has put it; else the newest that was accepted."""
        branch = str(source.get("branch") or "main")
        if root.is_dir() and source.get("commit"):
            return Commit(str(source["commit"]), str(source.get("subject") or ""))
        repository = PushRepository(self._paths.pushed(str(source.get("repository") or capsule_id)))
        found = await repository.find(f"refs/heads/{branch}")
        if found is None:
            raise SourceUnavailable(
                f"Nothing has been pushed to the branch '{branch}' yet.",
                hint=f"capsule git remote NAME, then git push capsule {branch}",
                field="branch",
            )
        await asyncio.to_thread(remove_tree, root)
        await repository.write(found.id, root)
        return found

    async def plan(self, tree: Path, settings: BuildSettings) -> Plan | CannotPlan:
        """Detect what `tree` is and write the plan. Runs nothing of the project."""
        return await asyncio.to_thread(make_plan, tree, settings, self._toolchain)

    def key(self, fetched: Fetched, settings: BuildSettings) -> str:
        """Return the digest under which an artifact may be used again: tree, settings and tools."""
        parts = [fetched.digest, asdict(settings), self._toolchain.fingerprint]
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()

    async def build(
        self,
        plan: Plan,
        *,
        tree: Path,
        artifact_id: str,
        identity: int,
        env: dict[str, str],
        log: LogSink,
        limits: BuildLimits | None = None,
    ) -> Artifact:
        """Execute `plan` into `paths.artifact(artifact_id)`.

        Raises BuildFailed or BuildTimedOut; then, and on cancellation, no process and no file is left.
        """
        return await self._builder.build(
            plan,
            source=tree,
            artifact=self._paths.artifact(artifact_id),
            identity=identity,
            env=env,
            limits=limits or BuildLimits(),
            log=log,
        )

    async def keeps(self, artifact_id: str) -> bool:
        """Tell whether replicas can still be started from an artifact."""
        return await self._builder.keeps(self._paths.artifact(artifact_id))

    async def collect(self) -> None:
        """Remove what is left of artifacts that are gone. Called after their folders were removed."""
        await self._builder.collect(self._paths.artifact("x").parent)

    async def forget(self, build_id: str) -> None:
        """Remove the checkout of a finished build. Its log stays."""
        await asyncio.to_thread(remove_tree, self._paths.checkout(build_id))

    async def sweep(self) -> None:
        """Remove what builds of an earlier process left half made. Called once, before the first build."""
        await self._builder.sweep(self._paths.artifact("x").parent)
        await asyncio.to_thread(sweep_quarantines, self._paths.pushed("x").parent)
