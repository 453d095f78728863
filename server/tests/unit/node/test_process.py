"""The node agent as a real process, asked through its client."""

import asyncio
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from capsule.engines.contract import Phase, ReplicaExists, ReplicaNotFound, ReplicaSpec, Restart
from capsule.errors import Unavailable
from capsule.node.client import NodeClient
from capsule.paths import DataPaths
from capsule.telemetry.segments import tail

_PROGRAM = """
import sys, pathlib
from capsule.engines.process.engine import ProcessEngine
from capsule.node.process import run
from capsule.paths import DataPaths
paths = DataPaths(pathlib.Path(sys.argv[1]))
run(data=paths, engine=ProcessEngine(paths))
"""


class Agent:
    def __init__(self, paths: DataPaths) -> None:
        self.paths = paths
        self.process: subprocess.Popen[bytes] | None = None
        self.command = [sys.executable, "-c", _PROGRAM, str(paths.root)]

    async def start(self) -> None:
        self.process = await asyncio.to_thread(subprocess.Popen, self.command, start_new_session=True)
        client = NodeClient(self.paths.node_socket)
        try:
            for _ in range(500):
                try:
                    await client.health()
                    return
                except Unavailable:
                    assert self.process.poll() is None
                    await asyncio.sleep(0.02)
        finally:
            await client.close()
        raise TimeoutError

    async def end(self, number: signal.Signals) -> int:
        assert self.process is not None
        self.process.send_signal(number)
        return await asyncio.to_thread(self.process.wait, 10)


@pytest.fixture
def paths() -> Iterator[DataPaths]:
    root = Path(tempfile.mkdtemp(prefix="c", dir="/tmp"))
    root.chmod(0o711)
    yield DataPaths(root)
    shutil.rmtree(root)


@pytest_asyncio.fixture
async def agent(paths: DataPaths) -> AsyncIterator[Agent]:
    made = Agent(paths)
    await made.start()
    yield made
    assert made.process is not None
    if made.process.poll() is not None:
        await made.start()
    ending = NodeClient(paths.node_socket)
    await ending.shutdown(stop_replicas=True)
    await ending.close()
    await asyncio.to_thread(made.process.wait, 10)


@pytest_asyncio.fixture
async def client(agent: Agent) -> AsyncIterator[NodeClient]:
    made = NodeClient(agent.paths.node_socket)
    yield made
    await made.close()


@pytest.fixture
def spec(paths: DataPaths) -> ReplicaSpec:
    artifact = paths.artifact("art_1")
    (artifact / "app").mkdir(parents=True)
    script = "i=0; while :; do i=$((i+1)); echo line $i; sleep 0.02; done"
    return ReplicaSpec("rpl_1", "cps_1", "rel_1", 5, ("sh", "-c", script), str(artifact), grace_seconds=1.0)


async def test_a_replica_is_started_asked_and_destroyed_over_the_socket(
    client: NodeClient, spec: ReplicaSpec
) -> None:
    fingerprint = await client.fingerprint()
    assert fingerprint.engine == "process"  # not the agent, which only passes it on
    assert fingerprint.sentence
    started = await client.start(spec)
    assert started.phase is Phase.running
    assert (await client.inspect("rpl_1")).started_at == started.started_at
    assert (await client.set_restart("rpl_1", Restart.always)).id == "rpl_1"
    assert (await client.stats("rpl_1")).id == "rpl_1"
    stopped = await client.stop("rpl_1")
    assert stopped.phase is Phase.exited
    assert await client.wait("rpl_1") == stopped.last_exit
    await client.destroy("rpl_1")
    assert await client.list() == []


async def test_failures_keep_their_class(client: NodeClient, spec: ReplicaSpec) -> None:
    with pytest.raises(ReplicaNotFound):
        await client.inspect("rpl_none")
    await client.start(spec)
    with pytest.raises(ReplicaExists):
        await client.start(spec)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
async def test_replicas_outlive_the_agent_and_are_found_again_without_a_lost_line(
    agent: Agent, client: NodeClient, spec: ReplicaSpec, number: signal.Signals
) -> None:
    started = await client.start(spec)
    await asyncio.sleep(0.3)
    await agent.end(number)
    assert started.pid is not None
    os.kill(started.pid, 0)
    with pytest.raises(Unavailable):
        await client.list()
    await asyncio.sleep(0.3)
    await agent.start()
    (found,) = await client.list()
    assert (found.phase, found.pid, found.address) == (Phase.running, started.pid, started.address)
    await asyncio.sleep(0.3)
    await client.destroy("rpl_1")
    lines = [
        item["text"]
        for item in tail(agent.paths.telemetry("cps_1"), "app", limit=1000)
        if item["stream"] == "stdout"
    ]
    numbers = [int(line.split()[1]) for line in lines]
    assert len(numbers) > 20
    assert numbers == list(range(1, len(numbers) + 1))


async def test_shutdown_with_replicas_leaves_nothing(
    agent: Agent, client: NodeClient, spec: ReplicaSpec
) -> None:
    started = await client.start(spec)
    await client.shutdown(stop_replicas=True)
    assert agent.process is not None
    assert await asyncio.to_thread(agent.process.wait, 10) == 0
    assert not Path(f"/proc/{started.pid}").exists()
    assert list(agent.paths.replicas.iterdir()) == []


async def test_a_caller_that_goes_away_leaves_no_half_made_replica(
    agent: Agent, client: NodeClient, spec: ReplicaSpec
) -> None:
    task = asyncio.create_task(client.start(spec))
    await asyncio.sleep(0.004)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    for _ in range(200):
        if await client.list() == [] and not agent.paths.replica("rpl_1").exists():
            return
        await asyncio.sleep(0.01)
    pytest.fail("a replica is left")


async def test_a_second_agent_on_the_same_folder_is_refused(agent: Agent, client: NodeClient) -> None:
    done = await asyncio.to_thread(
        subprocess.run, agent.command, capture_output=True, text=True, timeout=10, check=False
    )
    assert done.returncode != 0
    assert "Another process is already serving" in done.stderr
    assert agent.process is not None
    assert (await client.health())["pid"] == agent.process.pid


async def test_the_agent_stays_small(agent: Agent, client: NodeClient, spec: ReplicaSpec) -> None:
    await client.start(spec)
    assert agent.process is not None
    rollup = Path(f"/proc/{agent.process.pid}/smaps_rollup").read_text()
    pss = next(int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:"))
    assert pss < 30 * 1024
