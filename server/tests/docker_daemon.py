"""One Docker daemon for all tests, whose images outlive the run; where there is none, the reason."""

import asyncio
import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

from capsule.docker.bases.bases import PREFIX, Bases
from capsule.docker.client import DockerClient
from capsule.docker.daemon import Daemon, installation_id
from capsule.docker.errors import DockerRefused, DockerUnavailable
from capsule.docker.networks import Networks
from capsule.docker.own import start_own, stop_own, why_not
from capsule.paths import DataPaths

FOLDER = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "capsule-tests" / "docker"
PATHS = DataPaths(FOLDER)


class NoDocker(Exception):
    """The reason why tests with containers cannot run here."""


@contextlib.contextmanager
def running_daemon() -> Iterator[Path]:
    """Yield the socket of a daemon. Several test runs may share it; the last one ends it."""
    if reason := why_not(PATHS):
        raise NoDocker(reason)
    FOLDER.mkdir(parents=True, exist_ok=True)
    users = os.open(FOLDER / "users", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(users, fcntl.LOCK_SH)
        try:
            start_own(PATHS)
        except DockerUnavailable as exc:
            raise NoDocker(exc.detail) from exc
        yield PATHS.docker_socket
        with contextlib.suppress(BlockingIOError):
            fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
            asyncio.run(_clear())
            stop_own(PATHS)
    finally:
        os.close(users)


async def have_bases(*images: str) -> dict[str, str]:
    """Make bases unless they are there, and return what each is called. Raises NoDocker."""
    daemon = Daemon(PATHS)
    try:
        client = await daemon.client()
        bases = Bases(PATHS.image_bases, Networks(installation_id(PATHS)))
        return {image: await bases.have(client, image, print) for image in images}
    except (DockerUnavailable, DockerRefused) as exc:
        raise NoDocker(exc.detail) from exc
    finally:
        await daemon.close()


async def _clear() -> None:
    """Leave nothing but bases."""
    client = DockerClient(PATHS.docker_socket)
    try:
        for container in await client.containers("capsule.replica"):
            await client.remove_container(container["Id"])
        for network in await client.networks("capsule.installation"):
            await client.remove_network(network["Name"])
        for image in await client.images("capsule.built-by"):
            for reference in image.get("RepoTags") or ():
                if not reference.startswith(PREFIX) and "<none>" not in reference:
                    await client.remove_image(reference)
        await client.prune_images(["capsule.built-by"])
    finally:
        await client.close()
