"""Make an image of a project with the Docker daemon's own builder; the artifact says what it is called."""

import asyncio
import contextlib
import json
import logging
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from capsule.build.builders.docker.context import DOCKERFILE, pack
from capsule.build.builders.docker.images import Images
from capsule.build.builders.docker.output import follow
from capsule.build.builders.process.output import Output
from capsule.build.builders.progress import Progress
from capsule.build.contract import ABOUT_IMAGE, Artifact, BuildFailed, BuildLimits, LogSink
from capsule.build.dockerfile import Dockerfile, DockerfileProblem, read_dockerfile
from capsule.build.plan import Image, Plan
from capsule.build.trees import remove_tree
from capsule.docker.bases.bases import Bases
from capsule.docker.daemon import Daemon
from capsule.docker.errors import DockerRefused, DockerUnavailable
from capsule.docker.networks import Networks
from capsule.errors import PlatformError

if TYPE_CHECKING:
    from capsule.docker.client import DockerClient

log = logging.getLogger(__name__)

_USUAL_PORT = 3000
_CPU_PERIOD = 100_000
_CPU_SHARES = 128
"""Of 1024: whoever serves users goes first."""
_KILLED = 137
_LEAST_FREE = 1024**3


class DockerBuilder:
    """Implements `build.contract.Builder` for plans with an image. Several builds may run at a time."""

    name = "docker"

    def __init__(self, daemon: Daemon, bases: Path) -> None:
        """`bases` is where root file systems are kept (see `docker.bases`)."""
        self._daemon = daemon
        self._networks = Networks(daemon.installation)
        self._bases = Bases(bases, self._networks)
        self._images = Images(daemon.installation)

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
        assert plan.image is not None
        folder = artifact.with_name(artifact.name + ".partial")
        run = _Run(self, plan.image, source, folder, identity, env, limits, log)
        try:
            async with run.progress.in_time():
                about = await run.make(artifact.name)
            size = int(str(about.pop("size")))
            (folder / ABOUT_IMAGE).write_text(json.dumps(about, indent=2))
            folder.rename(artifact)
        except BuildFailed:
            raise
        except PlatformError as exc:
            raise run.progress.failed(exc.detail, hint=exc.hint) from exc
        finally:
            await asyncio.shield(run.clear())
        return Artifact(path=artifact, size_bytes=size, manifest={"image": about})

    async def keeps(self, artifact: Path) -> bool:
        """Tell whether the image is still there: people clear daemons that they share."""
        try:
            about = json.loads((artifact / ABOUT_IMAGE).read_text())
        except (OSError, ValueError):
            return False
        return await (await self._daemon.client()).image(about["reference"]) is not None

    async def sweep(self, artifacts: Path) -> None:
        with _away_is_fine():
            if client := await self._daemon.running():
                await self._images.end_builds(client)

    async def collect(self, artifacts: Path) -> None:
        with _away_is_fine():
            if client := await self._daemon.running():
                await self._images.collect(client, artifacts)


class _Run:
    """One build under way."""

    def __init__(
        self,
        builder: DockerBuilder,
        image: Image,
        source: Path,
        folder: Path,
        identity: int,
        env: Mapping[str, str],
        limits: BuildLimits,
        log: LogSink,
    ) -> None:
        self._builder = builder
        self._image = image
        self._source = source
        self._folder = folder
        self._identity = identity
        self._env = env
        self._limits = limits
        self._log = log
        self._client: DockerClient | None = None
        self._layers_stay = False
        """Because the image is done, or the next attempt goes on from them."""
        self.progress = Progress(log, limits, step="docker")

    async def make(self, artifact_id: str) -> dict[str, object]:
        """Return what is known of the image: `reference`, `id`, `port`, `user` and `size` (bytes)."""
        await asyncio.to_thread(remove_tree, self._folder)
        self._folder.mkdir(parents=True)
        self._client = client = await self._builder._daemon.client()
        await self._check_room(client)
        reference = self._builder._images.reference(self._identity, artifact_id)
        self.progress.begin("base image")
        dockerfile = self._dockerfile()
        bases = {
            image: await self._builder._bases.have(client, image, self.progress.say)
            for image in dockerfile.images
        }
        self.progress.begin("build image")
        await self._build(client, dockerfile, bases, reference, artifact_id)
        found = await client.image(reference)
        if found is None:
            raise self.progress.failed(f"The image {reference} is not there after its build.")
        self._layers_stay = True
        config = found.get("Config") or {}
        return {
            "reference": reference,
            "id": found["Id"],
            "port": _port(config.get("ExposedPorts") or {}),
            "user": config.get("User") or "",
            "size": found.get("Size", 0),
        }

    async def clear(self) -> None:
        """Remove the folder unless it became the artifact, and what a build that was broken off left."""
        await asyncio.to_thread(remove_tree, self._folder)
        if self._client is not None and not self._layers_stay:
            await self._builder._images.end_builds(self._client, self._identity)

    async def _build(
        self,
        client: "DockerClient",
        dockerfile: Dockerfile,
        bases: Mapping[str, str],
        reference: str,
        artifact_id: str,
    ) -> None:
        text = dockerfile.written(bases, self._builder._images.labels(self._identity))
        archive = self._folder / "context.tar"
        context = self._source / self._image.context
        if self._image.dockerfile:
            await asyncio.to_thread(pack, context, self._image.dockerfile, text, archive)
        else:
            await asyncio.to_thread(pack, self._folder, "", text, archive)
        memory = self._limits.memory * 1024 * 1024
        params = {
            "t": reference,
            "dockerfile": DOCKERFILE,
            "rm": True,
            "forcerm": True,
            "buildargs": {name: self._env[name] for name in dockerfile.arguments if name in self._env},
            "labels": {self._builder._images.ARTIFACT: artifact_id},
            "memory": memory,
            "memswap": memory,
            "cpuperiod": _CPU_PERIOD,
            "cpuquota": int(self._limits.cpu * _CPU_PERIOD),
            "cpushares": _CPU_SHARES,
            "networkmode": await self._builder._networks.for_builds(client),
        }
        output = Output(self._log)
        try:
            with archive.open("rb") as file:
                await follow(client.build(file, params), output)
        except DockerRefused as exc:
            self._layers_stay = True
            raise self._failure(exc, output) from exc
        finally:
            archive.unlink(missing_ok=True)

    def _failure(self, exc: DockerRefused, output: Output) -> BuildFailed:
        code = int(str(exc.context.get("exit_code") or 0))
        said = exc.detail.replace("/bin/sh -c ", "")
        self._log.write(said, stream="stderr")
        if code == _KILLED:
            detail = f"A command of the build was killed; it may use {self._limits.memory} MiB of memory."
            return self.progress.out_of_memory(detail, code)
        if code:
            return self.progress.ended("The build", code, output.last_words(), else_words=said)
        return self.progress.unbuilt(f"The image could not be built: {said}")

    def _dockerfile(self) -> Dockerfile:
        if not self._image.dockerfile:
            return read_dockerfile(f"FROM {self._image.reference}\n", {})
        path = self._source / self._image.dockerfile
        if not path.resolve().is_relative_to(self._source.resolve()):
            raise self.progress.failed("The Dockerfile leaves the project.")
        try:
            return read_dockerfile(path.read_text(encoding="utf-8-sig"), self._env)
        except DockerfileProblem as exc:
            raise self.progress.failed(exc.text, hint=exc.hint or None) from exc

    async def _check_room(self, client: "DockerClient") -> None:
        """Raises BuildFailed where the disk is nearly full, after removing what nobody needs."""
        folder = Path(str((await client.info()).get("DockerRootDir", "/")))
        if not folder.is_dir() or shutil.disk_usage(folder).free >= _LEAST_FREE:
            return
        await self._builder._images.collect(client, self._folder.parent, at_once=True)
        free = shutil.disk_usage(folder).free
        if free < _LEAST_FREE:
            raise self.progress.failed(
                f"The disk of the images has {free // 1024**2} MiB free, and a build needs 1 GiB.",
                hint="Remove capsules or images that nobody needs, or give the machine a larger disk.",
            )


@contextlib.contextmanager
def _away_is_fine() -> Iterator[None]:
    """Tidying up waits for the next time when the daemon cannot be spoken to."""
    try:
        yield
    except (DockerUnavailable, DockerRefused) as exc:
        log.warning("images were not tidied up: %s", exc.detail)


def _port(exposed: Mapping[str, object]) -> int:
    """Return where an image most likely listens: HTTP's own port if it is exposed, else the lowest."""
    ports = sorted(int(name.partition("/")[0]) for name in exposed if not name.endswith("/udp"))
    return 80 if 80 in ports else ports[0] if ports else _USUAL_PORT
