"""Calls over a real unix socket: answers, errors, cancellation, a server that goes away."""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from capsule.edge.contract import ProbeFailed
from capsule.errors import Conflict, NotFound, PlatformError, Unavailable
from capsule.kit.rpc import Handler, RpcClient, RpcServer


@pytest.fixture
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="c", dir="/tmp") as name:
        yield Path(name)


class Remote:
    """A server whose methods the test can look into."""

    def __init__(self) -> None:
        self.cancelled = asyncio.Event()
        self.started = asyncio.Event()

    async def double(self, params: dict[str, Any]) -> int:
        return int(params["n"]) * 2

    async def fail(self, params: dict[str, Any]) -> None:
        raise ProbeFailed("rpl_1 did not answer.", hint="look", port=7)

    async def crash(self, params: dict[str, Any]) -> None:
        raise ZeroDivisionError("oops")

    async def hang(self, params: dict[str, Any]) -> None:
        self.started.set()
        try:
            await asyncio.Event().wait()
        finally:
            self.cancelled.set()

    def handlers(self) -> dict[str, Handler]:
        return {"double": self.double, "fail": self.fail, "crash": self.crash, "hang": self.hang}


@pytest.fixture
async def remote(folder: Path) -> AsyncIterator[Remote]:
    remote = Remote()
    server = RpcServer(folder / "s.sock", remote.handlers())
    await server.start()
    yield remote
    await server.close()


@pytest.fixture
async def client(folder: Path, remote: Remote) -> AsyncIterator[RpcClient]:
    client = RpcClient(folder / "s.sock", name="edge")
    yield client
    await client.close()


async def test_many_calls_share_one_connection(client: RpcClient) -> None:
    answers = await asyncio.gather(*(client.call("double", {"n": n}) for n in range(50)))
    assert answers == [n * 2 for n in range(50)]


async def test_error_arrives_as_the_class_it_was_raised_as(client: RpcClient) -> None:
    with pytest.raises(ProbeFailed) as caught:
        await client.call("fail")
    assert (caught.value.detail, caught.value.hint) == ("rpl_1 did not answer.", "look")
    assert caught.value.context == {"port": 7}


async def test_unknown_method_is_not_found(client: RpcClient) -> None:
    with pytest.raises(NotFound):
        await client.call("nope")


async def test_bug_on_the_other_side_is_a_platform_error_and_the_connection_lives(client: RpcClient) -> None:
    with pytest.raises(PlatformError, match="ZeroDivisionError"):
        await client.call("crash")
    assert await client.call("double", {"n": 1}) == 2


async def test_cancelled_call_is_cancelled_on_the_other_side(client: RpcClient, remote: Remote) -> None:
    call = asyncio.create_task(client.call("hang", timeout=None))
    await asyncio.wait_for(remote.started.wait(), 5)
    call.cancel()
    await asyncio.wait_for(remote.cancelled.wait(), 5)


async def test_dropped_connection_cancels_its_calls(client: RpcClient, remote: Remote) -> None:
    call = asyncio.create_task(client.call("hang", timeout=None))
    await asyncio.wait_for(remote.started.wait(), 5)
    await client.close()
    await asyncio.wait_for(remote.cancelled.wait(), 5)
    with pytest.raises(Unavailable):
        await call


async def test_slow_answer_is_unavailable(client: RpcClient) -> None:
    with pytest.raises(Unavailable, match="did not answer 'hang'"):
        await client.call("hang", timeout=0.05)


async def test_no_server_is_unavailable(folder: Path) -> None:
    with pytest.raises(Unavailable, match="edge cannot be reached"):
        await RpcClient(folder / "none.sock", name="edge").call("double", {"n": 1})


async def test_client_connects_again_after_the_server_came_back(folder: Path) -> None:
    client = RpcClient(folder / "s.sock", name="edge")
    for _ in range(2):
        server = RpcServer(folder / "s.sock", Remote().handlers())
        await server.start()
        assert await client.call("double", {"n": 4}) == 8
        await server.close()
        with pytest.raises(Unavailable):
            await client.call("double", {"n": 4})
    await client.close()


async def test_stale_socket_is_replaced_and_a_live_one_is_not(folder: Path) -> None:
    path = folder / "s.sock"
    path.touch()
    first = RpcServer(path, {})
    await first.start()
    with pytest.raises(Conflict):
        await RpcServer(path, {}).start()
    await first.close()


async def test_socket_is_for_the_same_user_only(folder: Path, remote: Remote) -> None:
    assert (folder / "s.sock").stat().st_mode & 0o777 == 0o600


async def test_path_longer_than_the_kernel_takes_works(folder: Path) -> None:
    path = folder / ("d" * 120) / "s.sock"
    server = RpcServer(path, Remote().handlers())
    await server.start()
    client = RpcClient(path, name="edge")
    assert await client.call("double", {"n": 21}) == 42
    await client.close()
    await server.close()
