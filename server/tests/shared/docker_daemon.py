"""One Docker daemon for all tests, whose images outlive the run; where there is none, the reason."""

import asyncio
import contextlib
import fcntl
import io
import os
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from capsule.docker.attached import Attached
from capsule.docker.bases.bases import PREFIX, Bases
from capsule.docker.client import DockerClient
from capsule.docker.daemon import Daemon, installation_id
from capsule.docker.errors import DockerUnavailable
from capsule.docker.networks import Networks
from capsule.docker.own import start_own, stop_own, why_not
from capsule.errors import PlatformError
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
    if (theirs := asyncio.run(_reachable())) not in (None, PATHS.docker_socket):
        yield theirs
        return
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


async def _reachable() -> Path | None:
    daemon = Daemon(PATHS)
    try:
        client = await daemon.running()
        return client.socket if client is not None else None
    finally:
        await daemon.close()


def needs_bases(*images: str) -> dict[str, str]:
    """Return what each base is called, made now if need be. Skips the test where they cannot be had."""
    try:
        return asyncio.run(_have_bases(*images))
    except PlatformError as exc:
        pytest.skip(f"no bases of images can be had here: {exc.detail}")


async def _have_bases(*images: str) -> dict[str, str]:
    daemon = Daemon(PATHS)
    try:
        client = await daemon.client()
        bases = Bases(PATHS.image_bases, Networks(installation_id(PATHS)))
        return {image: await bases.have(client, image, print) for image in images}
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


def can_be_entered(image: str) -> bool:
    """Tell whether the daemon can start a second process in a container; in a chroot it cannot."""
    return asyncio.run(_can_be_entered(image))


async def _can_be_entered(image: str) -> bool:
    daemon = Daemon(PATHS)
    try:
        client = await daemon.client()
        config = {"Image": image, "Cmd": ["sleep", "60"], "Labels": {"capsule.replica": "entered"}}
        container = await client.create_container(f"capsule-entered-{os.getpid()}", config)
        try:
            await client.start_container(container)
            entering = await client.create_exec(container, {"Cmd": ["true"], "AttachStdout": True})
            stream = await Attached.start(client.socket, entering, has_terminal=False)
            while await stream.read() is not None:
                pass
            stream.close()
            ended = await client.exec(entering)
            return ended is not None and ended["ExitCode"] == 0
        finally:
            await client.remove_container(container)
    finally:
        await daemon.close()


def make_image(reference: str, dockerfile: str) -> str:
    """Build an image without a context."""
    asyncio.run(_make_image(reference, dockerfile))
    return reference


async def _make_image(reference: str, dockerfile: str) -> None:
    context = io.BytesIO()
    with tarfile.open(fileobj=context, mode="w") as tar:
        entry = tarfile.TarInfo("Dockerfile")
        entry.size = len(dockerfile.encode())
        tar.addfile(entry, io.BytesIO(dockerfile.encode()))
    context.seek(0)
    daemon = Daemon(PATHS)
    try:
        client = await daemon.client()
        async for _message in client.build(context, {"t": reference}):
            pass
    finally:
        await daemon.close()
