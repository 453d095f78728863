"""How long a wake takes: with a warm zygote, over HTTP, and from a zygote that does not run yet."""

import asyncio
import contextlib
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import AsyncIterator

import httpx2

from benchmarks.report import Measure, show
from benchmarks.runtimes.app import packages
from benchmarks.runtimes.house import CAPSULE_ID, House, launch
from capsule.apps.client import AppHostClient
from capsule.apps.contract import AppState, HostedApp, RuntimeState

_WAKES = 200
_STARTS = 9
_PAUSE_SECONDS = 0.05
"""After each end: the kernel takes down namespaces a little later, which holds up the next to be made."""
_AIM_P50, _AIM_P95, _AIM_START = "< 20 ms", "< 50 ms", "≤ 1.3×"


async def wake() -> None:
    async with House() as house:
        await house.start()
        await _rehearse(house)
        cold, warm = await _through_engine(house)
        rows = _rows("cold user, engine and runtime link", cold, warm)
        async with _app_host(house):
            cold, warm = await _through_http(house)
        show("Wake of a user's runtime", rows + _rows("cold user, HTTP to first event", cold, warm))


async def start() -> None:
    """Take turns: a replica from nothing to the first reply, and a bare interpreter that imports the app."""
    replica, bare = [], []
    async with House() as house:
        for number in range(_STARTS + 1):
            began = time.perf_counter()
            await house.start()
            guest = await house.wake()
            await guest.say()
            taken = time.perf_counter() - began
            guest.leave()
            await house.stop()
            imported = await asyncio.to_thread(_import_app, house)
            if number:  # the first of each fills the file cache
                replica.append(taken)
                bare.append(imported)
    ratio = statistics.median(replica) / statistics.median(bare)
    rows = [
        Measure("python -c 'import app'", _ms(statistics.median(bare))),
        Measure(
            "replica start to first reply",
            _ms(statistics.median(replica)),
            f"{ratio:.2f}× the bare import",
            _AIM_START,
        ),
    ]
    show("Start of an app", rows)


def _import_app(house: House) -> float:
    app = house.data.artifact("a") / "app"
    env = {**os.environ, "PYTHONPATH": str(packages())}
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", "import app"], cwd=app, env=env, check=True)
    return time.perf_counter() - began


async def _rehearse(house: House) -> None:
    for _ in range(5):
        guest = await house.wake()
        await guest.say()
        await house.end(guest)


async def _through_engine(house: House) -> tuple[list[float], list[float]]:
    cold, warm = [], []
    for _ in range(_WAKES):
        began = time.perf_counter()
        guest = await house.wake()
        woken = time.perf_counter() - began
        cold.append(woken + await guest.say())
        warm.append(await guest.say())
        await house.end(guest)
        await asyncio.sleep(_PAUSE_SECONDS)
    return cold, warm


@contextlib.asynccontextmanager
async def _app_host(house: House) -> AsyncIterator[None]:
    """Run the app host beside the node agent and give it the app."""
    process = launch("apps", house.data)
    try:
        for _ in range(400):
            if house.data.apps_socket.exists():
                break
            await asyncio.sleep(0.05)
        client = AppHostClient(house.data.apps_control_socket)
        manifest: dict[str, object] = {"has_message_handler": True}
        app = HostedApp(CAPSULE_ID, "deploy", "echo", "1", AppState.live, house.replica_id, manifest)
        await client.put_app(app, ready_seconds=20)
        await client.close()
        yield
    finally:
        process.terminate()
        process.wait(30)


async def _through_http(house: House) -> tuple[list[float], list[float]]:
    """Each visitor has an open chat; one message meets a warm runtime and, that one stopped, one a cold."""
    cold, warm = [], []
    client = AppHostClient(house.data.apps_control_socket)
    for _ in range(_WAKES):
        async with _chat(house) as chat:
            await chat.say()
            warm.append(await chat.say())
            await _stop_the_warm(client)
            await asyncio.sleep(_PAUSE_SECONDS)
            cold.append(await chat.say())
            await _stop_the_warm(client)
    await client.close()
    return cold, warm


async def _stop_the_warm(client: AppHostClient) -> None:
    report = await client.runtimes(CAPSULE_ID, "deploy")
    for runtime in report.runtimes:
        if runtime.state is RuntimeState.warm:
            await client.stop_runtime(CAPSULE_ID, "deploy", runtime.user_id)


class _Chat:
    def __init__(self, client: httpx2.AsyncClient, session: str, events: AsyncIterator[str]) -> None:
        self._client, self._session, self._events = client, session, events

    async def say(self) -> float:
        """Return the seconds from the message to the first event of its answer."""
        began = time.perf_counter()
        answer = await self._client.post(f"/api/sessions/{self._session}/messages", json={"text": "hello"})
        answer.raise_for_status()
        replied = 0.0
        async with asyncio.timeout(30):
            async for line in self._events:
                if not line.startswith("data:"):
                    continue
                kind = json.loads(line[5:])["type"]
                if kind == "reply":
                    replied = replied or time.perf_counter() - began
                elif kind == "turn_ended":
                    return replied
        raise SystemExit("the app host ended the stream of events")


@contextlib.asynccontextmanager
async def _chat(house: House) -> AsyncIterator[_Chat]:
    transport = httpx2.AsyncHTTPTransport(uds=str(house.data.apps_socket))
    headers = {"X-Capsule-Route": CAPSULE_ID}
    address = "http://echo.localhost"
    async with httpx2.AsyncClient(
        transport=transport, base_url=address, headers=headers, timeout=30
    ) as client:
        session = (await client.post("/api/sessions")).json()["id"]
        async with client.stream("GET", f"/api/sessions/{session}/events") as stream:
            yield _Chat(client, session, stream.aiter_lines())


def _rows(what: str, cold: list[float], warm: list[float]) -> list[Measure]:
    usual = statistics.median(warm)
    more = [taken - usual for taken in cold]
    against = f"on top of {usual * 1000:.1f} ms warm"
    return [
        Measure(f"{what}, p50", _ms(statistics.median(more)), against, _AIM_P50),
        Measure(f"{what}, p95", _ms(percentile_95(more)), against, _AIM_P95),
    ]


def percentile_95(values: list[float]) -> float:
    return statistics.quantiles(values, n=20, method="inclusive")[-1]


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:.1f} ms"
