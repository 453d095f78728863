"""Real builds of the examples: one toolchain, one machine and one package cache for the whole run."""

import asyncio
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from build_log import ListSink

from capsule.build.builders.process.builder import ProcessBuilder
from capsule.build.pipeline import Pipeline
from capsule.build.toolchain import Toolchain, find_toolchain
from capsule.paths import DataPaths
from capsule.sandbox.machine import Machine
from capsule.sandbox.probe import probe


@pytest.fixture
def log() -> ListSink:
    return ListSink()


@pytest.fixture(scope="session")
def paths() -> Iterator[DataPaths]:
    root = Path(tempfile.mkdtemp(prefix="c", dir="/tmp"))
    root.chmod(0o755)
    yield DataPaths(root)
    shutil.rmtree(root)


@pytest.fixture(scope="session")
def machine(paths: DataPaths) -> Machine:
    return probe(paths.root)


@pytest.fixture(scope="session")
def toolchain(paths: DataPaths) -> Toolchain:
    return asyncio.run(find_toolchain(paths.cache))


@pytest.fixture(scope="session")
def builder(paths: DataPaths, toolchain: Toolchain, machine: Machine) -> ProcessBuilder:
    return ProcessBuilder(cache=paths.cache, toolchain=toolchain, machine=machine, server_env=os.environ)


@pytest.fixture(scope="session")
def pipeline(paths: DataPaths, builder: ProcessBuilder, toolchain: Toolchain) -> Pipeline:
    return Pipeline(paths, builder, toolchain)
