"""Real tools on this machine, a list for a log, and a way to write small projects."""

import asyncio
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

# Tests of this folder and those below share this module; nothing else may be called so.
sys.path.insert(0, str(Path(__file__).parent))

from build_log import ListSink
from build_planning import Planning

from capsule.build.builders.process.builder import ProcessBuilder
from capsule.build.toolchain import Interpreter, Toolchain, find_toolchain
from capsule.build.tools import Tool
from capsule.paths import DataPaths
from capsule.sandbox.machine import Machine, Walls
from capsule.sandbox.probe import probe


@pytest.fixture
def log() -> ListSink:
    return ListSink()


@pytest.fixture
def project(tmp_path: Path) -> Callable[..., Path]:
    """Write files into a new project folder and return it."""

    def write(files: dict[str, str]) -> Path:
        root = tmp_path / "project"
        for name, text in files.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return root

    return write


@pytest.fixture(scope="session")
def facts() -> Toolchain:
    """An imagined machine."""
    return Toolchain(
        uv="/platform/bin/uv",
        sdk="/platform/cpsl-0.1.0-py3-none-any.whl",
        sdk_digest="0" * 64,
        pythons=(
            Interpreter("3.11.9", "/usr/bin/python3.11"),
            Interpreter("3.13.1", "/opt/py/3.13/bin/python3.13", "/opt/py/3.13"),
            Interpreter("3.12.4", "/opt/py/3.12/bin/python3.12", "/opt/py/3.12"),
        ),
        tools=(Tool("node", "20.20.2", "/usr/bin/node"),),
        server_python="/platform/bin/python",
        server_visible=("/platform",),
    )


@pytest.fixture
def planning(project: Callable[[dict[str, str]], Path], facts: Toolchain) -> Planning:
    return Planning(project, facts)


@pytest.fixture(scope="session")
def data() -> Iterator[DataPaths]:
    root = Path(tempfile.mkdtemp(prefix="c", dir="/tmp"))
    root.chmod(0o755)
    yield DataPaths(root)
    shutil.rmtree(root)


@pytest.fixture(scope="session")
def toolchain(data: DataPaths) -> Toolchain:
    return asyncio.run(find_toolchain(data.cache))


@pytest.fixture(scope="session", params=["walls", "plain"])
def machine(request: pytest.FixtureRequest, data: DataPaths) -> Machine:
    """With the strongest walls of this machine, and with none."""
    return probe(data.root, at_most=Walls.root if request.param == "walls" else Walls.plain)


@pytest.fixture(scope="session")
def builder(data: DataPaths, toolchain: Toolchain, machine: Machine) -> ProcessBuilder:
    return ProcessBuilder(cache=data.cache, toolchain=toolchain, machine=machine, server_env=os.environ)
