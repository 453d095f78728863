"""A platform with a hostile app, once with the walls of root and once with those of an ordinary user."""

import asyncio
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

# Plain modules are not put on the path by import mode importlib. The app host's harness serves here, too.
sys.path.insert(0, str(Path(__file__).parent.parent / "unit" / "apps"))
sys.path.insert(0, str(Path(__file__).parent))

from apphost import Host
from stage import Actor, Stage, platform


@pytest.fixture(scope="session", params=["root", "user"])
def host(request: pytest.FixtureRequest) -> Iterator[Host]:
    with platform(request.param) as running:
        yield running


@pytest.fixture(scope="session")
def stage(host: Host) -> Stage:
    return asyncio.run(Stage(host).open())


@pytest.fixture
async def attacker(stage: Stage) -> AsyncIterator[Actor]:
    async with stage.actor() as actor:
        yield actor


@pytest.fixture
async def victim(stage: Stage) -> AsyncIterator[Actor]:
    async with stage.actor() as actor:
        yield actor
