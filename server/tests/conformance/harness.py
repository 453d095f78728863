"""One way to speak to every engine: commands by what they do, and a folder that is gone afterwards."""

import asyncio
import contextlib
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from capsule.engines.contract import Engine, Limits, ReplicaSpec, ReplicaStatus
from capsule.engines.docker.engine import DockerEngine
from capsule.engines.fake.engine import FakeEngine, FakeWorld
from capsule.engines.process.engine import ProcessEngine
from capsule.paths import DataPaths
from capsule.sandbox.machine import Machine, Walls
from capsule.sandbox.probe import probe
from capsule.telemetry.segments import tail


class Harness:
    runs_commands = True
    """Real processes: files, environment and output can be looked at."""
    host = "127.0.0.1"
    """Where replicas are reached."""
    runs_files = True
    """The files of an artifact are what is run; a container brings its own."""

    def __init__(self) -> None:
        self.root = Path(tempfile.mkdtemp(prefix="c", dir="/tmp"))
        self.root.chmod(0o711)
        self.paths = DataPaths(self.root)
        self.artifact = self.root / "artifacts" / "art_1"
        (self.artifact / "app").mkdir(parents=True)
        (self.artifact / "deps").mkdir()
        (self.artifact / "app" / "greeting.txt").write_text("hello")
        (self.artifact / "deps" / "lib.txt").write_text("library")
        self.engine: Engine = self.new_engine()

    def new_engine(self) -> Engine:
        raise NotImplementedError

    def folder(self, id: str) -> Path:
        """Where the engine keeps what it knows of a replica."""
        return self.paths.replica(id)

    def exits(self, code: int, *, after: float = 0) -> tuple[str, ...]:
        return ("sh", "-c", f"sleep {after}; exit {code}")

    def runs(self) -> tuple[str, ...]:
        return ("sleep", "1000")

    def ignores_sigterm(self) -> tuple[str, ...]:
        return ("sh", "-c", "trap '' TERM; echo ready; while :; do sleep 0.05; done")

    def eats_memory(self) -> tuple[str, ...]:
        return ("/usr/bin/python3", "-c", "x = bytearray(400 * 1024 * 1024); print(len(x))")

    def prints(self, text: str) -> tuple[str, ...]:
        return ("sh", "-c", 'printf "%s\\n" "$0"; exec sleep 1000', text)

    def cannot_start(self) -> tuple[str, ...]:
        return ("/nowhere/program",)

    def spec(self, argv: tuple[str, ...], *, id: str = "rpl_1", **more: Any) -> ReplicaSpec:
        values: dict[str, Any] = {
            "capsule_id": "cps_1",
            "release_id": "rel_1",
            "identity": 3,
            "artifact": str(self.artifact),
            "limits": Limits(memory=128),
            "grace_seconds": 2.0,
        }
        return ReplicaSpec(id=id, argv=argv, **{**values, **more})

    def records(self, capsule_id: str = "cps_1") -> list[dict[str, Any]]:
        return tail(self.paths.telemetry(capsule_id), "app", limit=10_000)

    def texts(self, stream: str = "stdout") -> list[str]:
        return [record["text"] for record in self.records() if record["stream"] == stream]

    async def text(self, wanted: str, stream: str = "stdout") -> None:
        """Wait until a line of the log holds the text."""
        await until(lambda: any(wanted in text for text in self.texts(stream)))

    async def output(self, script: str, *, id: str = "rpl_out", **more: Any) -> list[str]:
        """Run a shell script as a replica and return what it printed."""
        before = len(self.texts())
        await self.engine.start(self.spec(("sh", "-c", script), id=id, **more))
        await self.engine.wait(id)
        await self.engine.destroy(id)
        return self.texts()[before:]

    async def status(self, id: str = "rpl_1") -> ReplicaStatus:
        return await self.engine.inspect(id)

    async def close(self) -> None:
        for status in await self.engine.list():
            await self.engine.destroy(status.id)
        await self.engine.close()
        shutil.rmtree(self.root)


class ProcessHarness(Harness):
    def __init__(self, walls: Walls) -> None:
        self.walls = walls
        super().__init__()

    def new_engine(self) -> Engine:
        return ProcessEngine(self.paths, machine=self.machine())

    def machine(self) -> Machine:
        return probe(self.root, at_most=self.walls)


class UndividedHarness(ProcessHarness):
    """Root walls on a machine whose boxes cannot be divided: in a chroot, say."""

    def machine(self) -> Machine:
        return replace(super().machine(), can_divide=False, can_filter_network=False)


class DockerHarness(Harness):
    host = "10."
    runs_files = False

    def __init__(self, image: str) -> None:
        self._image = image
        super().__init__()

    def new_engine(self) -> Engine:
        return DockerEngine(self.paths)

    def folder(self, id: str) -> Path:
        return self.paths.container(id)

    def spec(self, argv: tuple[str, ...], *, id: str = "rpl_1", **more: Any) -> ReplicaSpec:
        return super().spec(argv, id=id, **{"image": self._image, "port": 8000, **more})


class FakeHarness(Harness):
    runs_commands = False

    def __init__(self) -> None:
        self._world = FakeWorld()
        super().__init__()

    def new_engine(self) -> Engine:
        return FakeEngine(world=self._world, telemetry=self.paths.telemetry)

    def exits(self, code: int, *, after: float = 0) -> tuple[str, ...]:
        return ("fake", f"exit_after={after}", f"exit_code={code}")

    def ignores_sigterm(self) -> tuple[str, ...]:
        return ("fake", "ignores_sigterm=1")

    def eats_memory(self) -> tuple[str, ...]:
        return ("fake", "exit_after=0", "out_of_memory=1")

    def prints(self, text: str) -> tuple[str, ...]:
        return ("fake", f"prints={text}")

    def cannot_start(self) -> tuple[str, ...]:
        return ("fake", "start_error=no such program")


async def until(condition: Callable[[], bool], *, seconds: float = 10) -> None:
    for _ in range(int(seconds * 100)):
        if condition():
            return
        await asyncio.sleep(0.01)
    raise TimeoutError


@contextlib.asynccontextmanager
async def running_harness(name: str, *, image: str = "") -> AsyncIterator[Harness]:
    """Skips the test where the machine cannot put up such walls. `image`: for `docker`."""
    made = DockerHarness(image) if name == "docker" else make_harness(name)
    if made is None:
        pytest.skip(f"this machine has no {name} walls")
    await made.engine.recover()
    yield made
    await made.close()


def needs_commands(harness: Harness) -> None:
    if not harness.runs_commands:
        pytest.skip("the fake engine runs no commands")


def needs_files(harness: Harness) -> None:
    if not harness.runs_files:
        pytest.skip("a container has its files from an image, not from an artifact")


def make_harness(name: str) -> Harness | None:
    """Return the harness of this name; None where the machine cannot.

    `fake`, `root`, `user`, `plain`, and `undivided` for root walls without any between runtimes.
    """
    if name == "fake":
        return FakeHarness()
    walls = Walls.root if name == "undivided" else Walls(name)
    if walls is Walls.root and os.geteuid() != 0:
        return None
    harness = UndividedHarness(walls) if name == "undivided" else ProcessHarness(walls)
    engine = harness.engine
    assert isinstance(engine, ProcessEngine)
    if engine.walls is not walls:
        shutil.rmtree(harness.root)
        return None
    return harness
