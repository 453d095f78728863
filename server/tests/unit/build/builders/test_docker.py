"""Images are built by a real daemon, within limits, and nothing is left of what was broken off."""

import asyncio
import json
import shutil
import tempfile
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
import pytest_asyncio

from capsule.build.builders.docker.builder import DockerBuilder
from capsule.build.contract import Artifact, BuildFailed, BuildLimits, BuildTimedOut
from capsule.build.plan import Image, Plan, Start
from capsule.docker.client import DockerClient
from capsule.docker.daemon import Daemon
from capsule.paths import DataPaths

pytestmark = pytest.mark.slow

Write = Callable[[dict[str, str]], Path]


class Sink:
    def __init__(self) -> None:
        self.lines: list[str] = []
        self._written = asyncio.Event()

    def write(self, text: str, *, stream: str = "stdout") -> None:
        self.lines.append(text)
        self._written.set()

    async def said(self, text: str) -> None:
        while text not in self.lines:
            self._written.clear()
            await self._written.wait()


class House:
    """A builder with a data folder of its own."""

    def __init__(self, client: DockerClient, daemon: Daemon, paths: DataPaths, bases: Path) -> None:
        self.client = client
        self.paths = paths
        self.builder = DockerBuilder(daemon, bases)
        self.label = f"capsule.built-by={daemon.installation}"
        self.log = Sink()
        self.artifacts = paths.artifact("x").parent

    async def build(
        self, project: Path, *, image: Image | None = None, limits: BuildLimits | None = None, **env: str
    ) -> Artifact:
        plan = Plan("docker", (), (), Start(()), image=image or Image(dockerfile="Dockerfile"))
        return await self.builder.build(
            plan,
            source=project,
            artifact=self.paths.artifact(f"art_{len(self.log.lines)}"),
            identity=5,
            env=env,
            limits=limits or BuildLimits(),
            log=self.log,
        )

    async def is_clean(self) -> bool:
        """Tell whether nothing of a build is left."""
        containers = await self.client.containers(self.label)
        return (
            not containers and not await self.client.images(self.label) and not list(self.artifacts.glob("*"))
        )


@pytest_asyncio.fixture
async def house(python_base: str) -> AsyncIterator[House]:
    from docker_daemon import PATHS

    root = Path(tempfile.mkdtemp(prefix="c", dir="/tmp"))
    paths = DataPaths(root)
    daemon = Daemon(paths)
    client = await daemon.client()
    house = House(client, daemon, paths, PATHS.image_bases)
    yield house
    shutil.rmtree(house.artifacts, ignore_errors=True)
    await house.builder.collect(house.artifacts)
    await client.prune_images([house.label])
    await client.remove_network(f"capsule-{daemon.installation}-build")
    await daemon.close()
    shutil.rmtree(root, ignore_errors=True)


async def test_an_image_with_declared_arguments_and_without_ignored_files(
    house: House, project: Write
) -> None:
    root = project(
        {
            "Dockerfile": (
                "FROM python:3.11-slim\nARG COLOUR\nWORKDIR /app\nCOPY . .\n"
                'RUN echo "colour $COLOUR, secret ${SECRET:-none}"; ls -A\n'
                "EXPOSE 8080/tcp 443 53/udp\nUSER 1000\n"
            ),
            ".dockerignore": "*.log\n",
            "a.txt": "a",
            "b.log": "b",
        }
    )
    artifact = await house.build(root, COLOUR="green", SECRET="hidden")
    assert "colour green, secret none" in house.log.lines
    assert {"a.txt", "Dockerfile"} <= set(house.log.lines)
    assert not {"b.log", ".dockerignore", ".capsule.dockerfile"} & set(house.log.lines)
    about = json.loads((artifact.path / "image.json").read_text())
    assert artifact.manifest == {"image": about}
    assert (about["port"], about["user"]) == (443, "1000")
    assert artifact.size_bytes > 1024 * 1024
    assert await house.builder.keeps(artifact.path)

    shutil.rmtree(artifact.path)
    await house.builder.collect(house.artifacts)
    assert await house.client.image(about["reference"]) is None


async def test_packages_are_fetched_inside_a_build(house: House, project: Write) -> None:
    """By name, over TLS, also where the machine has certificate authorities of its own."""
    root = project({"Dockerfile": "FROM python:3.11-slim\nRUN pip install -q idna && pip list\n"})
    await house.build(root)
    assert any(line.startswith("idna ") for line in house.log.lines)


async def test_a_failing_command_is_told_with_its_exit_code(house: House, project: Write) -> None:
    root = project({"Dockerfile": "FROM python:3.11-slim\nRUN echo checksum differs >&2; exit 3\n"})
    with pytest.raises(BuildFailed) as caught:
        await house.build(root)
    assert caught.value.context["exit_code"] == 3
    assert "checksum differs" in caught.value.detail
    assert any("returned a non-zero code: 3" in line for line in house.log.lines)
    assert await house.client.containers(house.label) == []
    assert list(house.artifacts.glob("*")) == []


async def test_a_build_that_takes_too_long_or_is_cancelled_leaves_nothing(
    house: House, project: Write
) -> None:
    root = project({"Dockerfile": "FROM python:3.11-slim\nRUN touch /one\nRUN echo begun; sleep 600\n"})
    with pytest.raises(BuildTimedOut):
        await house.build(root, limits=BuildLimits(seconds=6))
    assert await house.is_clean()
    house.log.lines.clear()
    building = asyncio.create_task(house.build(root))
    await asyncio.wait_for(house.log.said("begun"), 20)
    building.cancel()
    with pytest.raises(asyncio.CancelledError):
        await building
    assert await house.is_clean()


async def test_a_build_that_eats_memory_is_killed(house: House, project: Write) -> None:
    root = project({"Dockerfile": "FROM python:3.11-slim\nRUN python3 -c 'x = bytearray(10**9)'\n"})
    with pytest.raises(BuildFailed) as caught:
        await house.build(root, limits=BuildLimits(memory=100))
    assert "may use 100 MiB of memory" in caught.value.detail


async def test_a_base_that_cannot_be_had_is_explained(house: House, project: Write) -> None:
    with pytest.raises(BuildFailed) as caught:
        await house.build(project({"Dockerfile": "FROM registry.invalid/team/shop:1\n"}))
    assert "registry.invalid cannot be reached" in caught.value.detail
    assert "`python`" in caught.value.detail


async def test_images_of_capsules_are_nobodys_base(house: House, project: Write) -> None:
    artifact = await house.build(project({"Dockerfile": "FROM python:3.11-slim\n"}))
    assert artifact.manifest is not None
    about = json.loads((artifact.path / "image.json").read_text())
    for name in (about["reference"], about["id"], about["id"].removeprefix("sha256:")[:12]):
        with pytest.raises(BuildFailed):
            await house.build(project({"Dockerfile": f"FROM {name}\n"}))


async def test_an_image_alone_is_an_artifact_too(house: House, project: Write, python_base: str) -> None:
    artifact = await house.build(project({}), image=Image(reference=python_base))
    assert artifact.manifest is not None
    assert await house.builder.keeps(artifact.path)
