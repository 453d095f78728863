"""The images of one installation: how they are called and labelled, and which of them can go.

Only what carries this installation's label is ever touched: a daemon may be shared.
"""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from capsule.docker.errors import DockerRefused

if TYPE_CHECKING:
    from capsule.docker.client import DockerClient

_BY, _FOR = "capsule.built-by", "capsule.built-for"
_REPLICA = "capsule.replica"
"""On containers of replicas, which inherit the labels of their image."""
_TRIES, _RETRY_SECONDS = 50, 0.1
_HALF_BUILT = "24h"
"""So long layers of builds that failed are kept: the next attempt goes on from there."""


class Images:
    ARTIFACT = "capsule.artifact"

    def __init__(self, installation: str) -> None:
        self._by = f"{_BY}={installation}"
        self._installation = installation

    def reference(self, identity: int, artifact_id: str) -> str:
        return f"capsule/{identity}:{artifact_id}"

    def labels(self, identity: int) -> dict[str, str]:
        """Labels of everything that a build makes, half-built layers too: capsules share none."""
        return {_BY: self._installation, _FOR: str(identity)}

    async def end_builds(self, client: "DockerClient", identity: int | None = None) -> None:
        """Remove containers of builds: those of one capsule with its half-built layers, or all."""
        labels = [self._by] if identity is None else [self._by, f"{_FOR}={identity}"]
        for _ in range(_TRIES):  # the daemon itself may just be removing them
            containers = [item for item in await client.containers(labels[-1]) if self._is_build(item)]
            if not containers:
                break
            for container in containers:
                await client.remove_container(container["Id"])
            await asyncio.sleep(_RETRY_SECONDS)
        if identity is not None:
            await client.prune_images(labels)

    async def collect(self, client: "DockerClient", artifacts: Path, *, at_once: bool = False) -> None:
        """Remove images of artifacts that are gone, and layers that have been half-built for long."""
        for image in await client.images(self._by):
            for reference in image.get("RepoTags") or ():
                name, _, artifact_id = reference.partition(":")
                if name.startswith("capsule/") and not _is_there(artifacts, artifact_id):
                    await self._remove(client, reference)
        await client.prune_images([self._by], until=None if at_once else _HALF_BUILT)

    def _is_build(self, container: Mapping[str, Any]) -> bool:
        labels = container["Labels"]
        return _REPLICA not in labels and labels.get(_BY) == self._installation

    async def _remove(self, client: "DockerClient", reference: str) -> None:
        try:
            await client.remove_image(reference)
        except DockerRefused as exc:
            if exc.answer != 409:  # a container is still started from it; it goes the next time
                raise


def _is_there(artifacts: Path, artifact_id: str) -> bool:
    return any((artifacts / name).is_dir() for name in (artifact_id, f"{artifact_id}.partial"))
