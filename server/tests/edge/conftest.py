"""Fixtures of the edge's tests; what they hand out is in edge_harness.py."""

import asyncio
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import uvloop

# The harness is a plain module beside the tests; import mode importlib does not put it on the path.
sys.path.insert(0, str(Path(__file__).parent))

from edge_harness import (
    Client,
    EdgeInTest,
    EdgeProcess,
    Eventually,
    MakeRoute,
    MakeUpstream,
    Script,
    ScriptedUpstream,
    say_ok,
)

from capsule.edge.answers import Answers
from capsule.edge.contract import Route, RouteState
from capsule.edge.listen import listen
from capsule.edge.proxy.limits import Limits
from capsule.edge.proxy.proxy import Proxy
from capsule.paths import DataPaths


def pytest_asyncio_loop_factories(
    config: pytest.Config, item: pytest.Item
) -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    """The loop that the workers run on."""
    return {"uvloop": uvloop.new_event_loop}


@pytest.fixture
def eventually() -> Eventually:
    """Wait until a condition holds, asking again and again."""

    async def wait(condition: Callable[[], object], seconds: float = 10.0) -> None:
        deadline = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < deadline
            await asyncio.sleep(0.01)

    return wait


@pytest.fixture
def limits() -> Limits:
    """Overridden by tests of time limits."""
    return Limits()


@pytest.fixture
async def edge(limits: Limits) -> AsyncIterator[EdgeInTest]:
    listeners = listen("127.0.0.1", 0, 1)
    proxy = Proxy(own_hosts=("example.org",), answers=Answers(), limits=limits)
    await proxy.start(listeners.sockets[0])
    edge = EdgeInTest(proxy, listeners.address.port)
    yield edge
    edge.disconnect()
    await proxy.stop(0.2)
    listeners.close()


@pytest.fixture
async def client(edge: EdgeInTest) -> Client:
    return await edge.connect()


@pytest.fixture
async def make_upstream() -> AsyncIterator[MakeUpstream]:
    made: list[ScriptedUpstream] = []

    async def make(upstream_id: str = "rep_1", script: Script = say_ok) -> ScriptedUpstream:
        one = ScriptedUpstream(upstream_id, script)
        await one.start()
        made.append(one)
        return one

    yield make
    for one in made:
        await one.stop()


@pytest.fixture
async def upstream(make_upstream: MakeUpstream) -> ScriptedUpstream:
    return await make_upstream()


@pytest.fixture
def make_route() -> MakeRoute:
    """Return a route for shop.localhost to the given upstreams; keywords change its fields."""
    plain = Route("cps_shop", ("shop.localhost",), "shop", "cps_shop", RouteState.live, (), 5.0)

    def make(*upstreams: ScriptedUpstream, **changes: Any) -> Route:
        return replace(plain, upstreams=tuple(one.upstream for one in upstreams), **changes)

    return make


@pytest.fixture
async def shop(edge: EdgeInTest, upstream: ScriptedUpstream, make_route: MakeRoute) -> ScriptedUpstream:
    """The one upstream of shop.localhost."""
    await edge.put(make_route(upstream))
    return upstream


@pytest.fixture
def data() -> Iterator[DataPaths]:
    with tempfile.TemporaryDirectory(prefix="edg", dir="/tmp") as folder:
        yield DataPaths(Path(folder))


@pytest.fixture
async def process(data: DataPaths) -> AsyncIterator[EdgeProcess]:
    edge = EdgeProcess(data)
    await edge.start()
    yield edge
    await edge.stop()
