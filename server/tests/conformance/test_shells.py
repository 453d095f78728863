"""Processes inside running replicas: what every engine that can do it must do."""

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from harness import Harness, ProcessHarness, needs_commands, running_harness, until

from capsule.engines import process
from capsule.engines.contract import Exit, ReplicaNotFound
from capsule.engines.open_shells import MOST
from capsule.engines.process.engine import ProcessEngine
from capsule.engines.shells import (
    Patience,
    ShellFailed,
    ShellNotFound,
    Shells,
    ShellSpec,
    ShellStatus,
    TooManyShells,
    shells_of,
)
from capsule.sandbox.machine import Walls

ENTER = str(Path(process.__file__).with_name("enter.py"))


@pytest.fixture(params=["fake", "root", "user", "plain", "docker"])
def engine(request: pytest.FixtureRequest) -> tuple[str, str]:
    """Name of an engine and the image that its replicas are started from, if any."""
    return request.param, request.getfixturevalue("enterable_base") if request.param == "docker" else ""


@pytest_asyncio.fixture
async def harness(engine: tuple[str, str]) -> AsyncIterator[Harness]:
    name, image = engine
    async with running_harness(name, image=image) as made:
        yield made


class Client:
    """Who opened a shell, and reads it."""

    def __init__(self, shells: Shells, spec: ShellSpec) -> None:
        self.shells = shells
        self.spec = spec
        self.position = 0
        self.seen: dict[str, bytes] = {"stdout": b"", "stderr": b""}
        self.ended: ShellStatus | None = None

    async def read(self, wait_seconds: float = 5) -> None:
        output = await self.shells.read(
            self.spec.replica_id, self.spec.id, after=self.position, wait_seconds=wait_seconds
        )
        for piece in output.pieces:
            self.seen[piece.stream] += piece.data
        self.position, self.ended = output.next, output.ended

    async def say(self, text: str, *, is_last: bool = False) -> None:
        await self.shells.write(self.spec.replica_id, self.spec.id, text.encode(), is_last=is_last)

    async def hear(self, wanted: str) -> None:
        async with asyncio.timeout(10):
            while wanted.encode() not in self.seen["stdout"]:
                assert self.ended is None, self.seen
                await self.read()

    async def end(self) -> Exit:
        async with asyncio.timeout(10):
            while self.ended is None:
                await self.read()
        assert self.ended.end is not None
        return self.ended.end

    @property
    def text(self) -> str:
        return self.seen["stdout"].decode(errors="replace").replace("\r\n", "\n")


async def opened(harness: Harness, *argv: str, id: str = "shl_1", **more: Any) -> Client:
    shells = shells_of(harness.engine)
    spec = ShellSpec(id, "rpl_1", argv=argv, **more)
    await shells.open(spec)
    return Client(shells, spec)


async def output(harness: Harness, script: str, *, id: str = "shl_out") -> str:
    client = await opened(harness, "sh", "-c", script, id=id, has_terminal=False)
    await client.end()
    return client.text


@pytest_asyncio.fixture
async def replica(harness: Harness) -> Harness:
    if harness.runs_files:
        await harness.engine.start(harness.spec(harness.runs(), env={"COLOUR": "red"}))
    else:
        script = "echo hello >greeting.txt; echo ready; exec sleep 1000"
        await harness.engine.start(harness.spec(("sh", "-c", script), env={"COLOUR": "red"}))
        await harness.text("ready")
    return harness


class TestEveryEngine:
    async def test_shell_answers_and_ends_with_its_code(self, replica: Harness) -> None:
        client = await opened(replica, owner="usr_1")
        status = await client.shells.inspect("rpl_1", "shl_1")
        assert (status.is_running, status.owner) == (True, "usr_1")
        assert [item.id for item in await client.shells.list("rpl_1")] == ["shl_1"]
        await client.say("exit 3\n")
        assert (await client.end()).code == 3
        assert await client.shells.list("rpl_1") == []
        assert not (await client.shells.inspect("rpl_1", "shl_1")).is_running

    async def test_unknown_ids_are_refused(self, replica: Harness) -> None:
        shells = shells_of(replica.engine)
        with pytest.raises(ReplicaNotFound):
            await shells.open(ShellSpec("shl_1", "rpl_no"))
        await opened(replica)
        for replica_id, shell_id in (("rpl_1", "shl_no"), ("rpl_no", "shl_1")):
            with pytest.raises(ShellNotFound):
                await shells.read(replica_id, shell_id, after=0, wait_seconds=0)
            await shells.close(replica_id, shell_id)
        assert len(await shells.list("rpl_1")) == 1

    async def test_output_is_read_again_from_any_offset(self, replica: Harness) -> None:
        client = await opened(replica)
        await client.say("echo o''ne\n" if replica.runs_commands else "one")
        await client.hear("one")
        again = Client(client.shells, client.spec)
        again.position = 1
        while again.position < client.position:
            await again.read()
        assert again.seen["stdout"].startswith(client.seen["stdout"][1:])

    async def test_closing_and_the_end_of_the_replica_end_it(self, replica: Harness) -> None:
        first, second = await opened(replica), await opened(replica, id="shl_2")
        await first.shells.close("rpl_1", "shl_1")
        assert (await first.end()).signal in ("SIGHUP", "SIGKILL")
        await replica.engine.stop("rpl_1")
        await second.end()
        assert second.ended is not None
        assert second.ended.end_reason == "The replica has ended."


class TestProcess:
    @pytest.fixture(autouse=True)
    def _with_commands(self, harness: Harness) -> None:
        needs_commands(harness)

    async def test_it_is_inside_with_files_environment_and_terminal(self, replica: Harness) -> None:
        client = await opened(replica, columns=91, rows=17)
        await client.say("cat greeting.txt; echo =$COLOUR=$CAPSULE_REPLICA_ID=; stty size; tty; echo $TERM\n")
        await client.hear("xterm-256color\r\n")
        assert "hello" in client.text
        assert "=red=rpl_1=" in client.text
        assert "17 91" in client.text
        assert "/dev/pts/" in client.text
        await client.shells.resize("rpl_1", "shl_1", 120, 40)
        await client.say("stty size\n")
        await client.hear("40 120")

    async def test_interrupt_reaches_the_program_in_front(self, replica: Harness) -> None:
        client = await opened(replica)
        await client.say("echo $((40 + 2)); sleep 100; echo went-on\n")
        await client.hear("42")
        async with asyncio.timeout(10):
            # Keys that come while a shell is between two programs are lost, as everywhere.
            while b"55" not in client.seen["stdout"]:
                assert client.ended is None, (client.ended, client.seen)
                for keys in ("\x03", "echo $((50 + 5))\n"):
                    await client.say(keys)
                    await client.read(wait_seconds=0.3)
        assert "went-on" not in client.text.replace("echo went-on", "")

    async def test_without_terminal_streams_are_apart_and_input_ends(self, replica: Harness) -> None:
        client = await opened(replica, "sh", "-c", "tr a-z A-Z; echo no >&2; exit 7", has_terminal=False)
        await client.say("quiet\n")
        await client.say("please\n", is_last=True)
        assert (await client.end()).code == 7
        assert client.seen == {"stdout": b"QUIET\nPLEASE\n", "stderr": b"no\n"}

    async def test_much_output_arrives_whole_and_the_process_waits_for_its_reader(
        self, replica: Harness
    ) -> None:
        script = "head -c 3000000 /dev/zero | tr '\\0' x; echo done >&2"
        client = await opened(replica, "sh", "-c", script, has_terminal=False)
        await asyncio.sleep(0.3)
        assert (await client.shells.inspect("rpl_1", "shl_1")).is_running
        await client.end()
        assert len(client.seen["stdout"]) == 3_000_000
        assert client.seen["stderr"] == b"done\n"

    async def test_input_that_nobody_takes_is_given_up_when_it_ends(self, replica: Harness) -> None:
        client = await opened(replica, "sleep", "100", has_terminal=False)
        writing = asyncio.create_task(client.say("x" * 1_000_000))
        await asyncio.sleep(0.1)
        assert not writing.done()
        await client.shells.close("rpl_1", "shl_1")
        await asyncio.wait_for(writing, 5)

    async def test_program_that_is_not_there_ends_with_127(self, replica: Harness) -> None:
        client = await opened(replica, "nosuchprogram", has_terminal=False)
        assert (await client.end()).code == 127
        assert b"nosuchprogram: No such file" in client.seen["stderr"]

    async def test_what_it_left_running_does_not_hold_up_its_end(self, replica: Harness) -> None:
        client = await opened(replica, "sh", "-c", "sleep 50 & echo gone", has_terminal=False)
        assert (await client.end()).code == 0
        assert client.text == "gone\n"

    async def test_replica_that_does_not_run_is_refused(self, replica: Harness) -> None:
        await replica.engine.stop("rpl_1")
        with pytest.raises(ShellFailed):
            await opened(replica)

    async def test_only_so_many_at_a_time(self, replica: Harness) -> None:
        for number in range(MOST):
            await opened(replica, "sleep", "100", id=f"shl_{number}", has_terminal=False)
        with pytest.raises(TooManyShells):
            await opened(replica, id="shl_more")

    async def test_replica_lives_on_and_nothing_stays(self, replica: Harness) -> None:
        sleep = f"sleep 3210.{os.getpid()}"
        client = await opened(replica, "sh", "-c", f"exec {sleep}", has_terminal=False)
        await client.shells.close("rpl_1", "shl_1")
        await client.end()
        assert (await replica.status()).pid is not None
        assert not [name for name in _command_lines() if sleep in name or ENTER in name]


class TestRights:
    """A shell may do no more than the replica's own command."""

    @pytest.fixture(autouse=True)
    def _with_commands(self, harness: Harness) -> None:
        needs_commands(harness)

    async def test_rights_limits_namespaces_and_descriptors_are_the_commands(self, harness: Harness) -> None:
        script = (
            "grep -E '^(Uid|Gid|Groups|Cap|NoNewPrivs|Seccomp)' /proc/self/status; cat /proc/self/limits;"
            "for n in user mnt pid ipc uts cgroup net; do readlink /proc/self/ns/$n; done;"
            "sed 's/.*://' /proc/self/cgroup; umask; pwd; ls /proc/self/fd;"
            "env | sort | grep -v -e ^_= -e ^SHLVL"
        )
        await harness.engine.start(harness.spec(("sh", "-c", f"{script}; echo END; exec sleep 1000")))
        await harness.text("END")
        own = harness.texts()[:-1]
        shell = (await output(harness, script)).splitlines()
        if isinstance(harness, ProcessHarness) and harness.walls.value == "plain":
            # Ordinary processes of the machine: there are no walls that a shell could stand before.
            strict = ("CapBnd", "NoNewPrivs")
            own = [line for line in own if not line.startswith(strict)]
            shell = [line for line in shell if not line.startswith(strict)]
        assert shell == own

    async def test_it_sees_neither_the_platform_nor_who_let_it_in(self, replica: Harness) -> None:
        if isinstance(replica, ProcessHarness) and replica.walls.value == "plain":
            pytest.skip("no walls")
        said = await output(
            replica, f"ls {replica.root}; cat /proc/[0-9]*/cmdline | tr '\\0' ' '; echo; kill -9 -1"
        )
        assert "enter.py" not in said
        assert "pytest" not in said
        assert "art_1" not in said
        assert Path(f"/proc/{os.getpid()}").exists()

    async def test_memory_counts_as_the_replicas(self, replica: Harness) -> None:
        if not replica.engine.capabilities.memory_limit:
            pytest.skip("no memory limits here")
        client = await opened(
            replica, "/usr/bin/python3", "-c", "x = bytearray(400 * 1024 * 1024)", has_terminal=False
        )
        assert (await client.end()).signal == "SIGKILL"


class TestPatience:
    """When a shell is ended by itself; asked of the walls that this machine has."""

    async def _play(self, patience: Patience) -> tuple[Harness, Client]:
        class Impatient(ProcessHarness):
            def new_engine(self) -> ProcessEngine:
                return ProcessEngine(self.paths, machine=self.machine(), patience=patience)

        harness = Impatient(Walls.plain)
        await harness.engine.recover()
        await harness.engine.start(harness.spec(harness.runs()))
        return harness, await opened(harness, "sleep", "1000", has_terminal=False)

    async def test_nothing_happening_ends_it(self) -> None:
        harness, client = await self._play(Patience(idle=0.3, unread=60))
        try:
            await client.end()
            assert client.ended is not None
            assert client.ended.end_reason == "Nothing happened in it for 0.3 s."
        finally:
            await harness.close()

    async def test_nobody_reading_ends_it_and_a_waiting_reader_does_not(self) -> None:
        harness, client = await self._play(Patience(idle=60, unread=0.3))
        try:
            await client.read(wait_seconds=0.6)
            assert (await client.shells.inspect("rpl_1", "shl_1")).is_running
            await until(lambda: not client.shells._shells["shl_1"].status.is_running)  # type: ignore[attr-defined]
            await client.end()
            assert client.ended is not None
            assert client.ended.end_reason == "Nobody was reading it any more."
        finally:
            await harness.close()

    async def test_end_is_forgotten_after_a_while(self) -> None:
        harness, client = await self._play(Patience(kept=0.3))
        try:
            await client.shells.close("rpl_1", "shl_1")
            await until(lambda: not client.shells._shells)  # type: ignore[attr-defined]
            with pytest.raises(ShellNotFound):
                await client.shells.inspect("rpl_1", "shl_1")
        finally:
            await harness.close()


def _command_lines() -> list[str]:
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                found.append((folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace"))
            except OSError:
                continue
    return found
