"""What every engine must do for the runtimes of an app, asked of each engine this machine can run."""

import asyncio
import contextlib
import os
import signal
import textwrap
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from harness import Harness, needs_commands, running_harness, until

from capsule.engines.contract import (
    Egress,
    Limits,
    PrivateFilesFull,
    ReplicaNotFound,
    ReplicaSpec,
    Restart,
    RuntimeFailed,
    RuntimeSpec,
    RuntimeStatus,
    RuntimeTerms,
)
from capsule.errors import InvalidInput
from capsule.sandbox.cgroups import own_group
from cpsl.wire import Ack, Hello, Ready, Reply, RunTurn, SessionState, TurnEnded, decode, encode

APP = """
import os, sys
import cpsl
app = cpsl.App("demo", image=cpsl.Image())

@app.message()
async def handle(session, msg):
    await session.reply(str(eval(msg.text)))

def write(name, megabytes):
    with open(os.path.join(os.environ["HOME"], name), "wb") as file:
        for _ in range(megabytes):
            file.write(os.urandom(1024) * 1024)
            file.flush()
    os.sync()
    return "written"

def feed_a_child():
    if (pid := os.fork()) == 0:
        os._exit(len(bytearray(b"x") * (400 * 1024 * 1024)))
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
"""


@pytest_asyncio.fixture(params=["fake", "root", "undivided", "plain"])
async def harness(request: pytest.FixtureRequest) -> AsyncIterator[Harness]:
    async with running_harness(request.param) as made:
        yield made


def app_spec(harness: Harness, source: str = APP, *, id: str = "rpl_1", **more: Any) -> ReplicaSpec:
    (harness.artifact / "app" / "app.py").write_text(textwrap.dedent(source))
    argv = ("{python}", "-m", "cpsl.runtime", "serve", "app.py:app") if harness.runs_commands else ("fake",)
    values: dict[str, Any] = {
        "env": {"CAPSULE_RUNTIME_SOCKET": "{run}/replica.sock"},
        "limits": Limits(cpu=1.0, memory=200),
        "listens_on_socket": True,
        "platform_files": True,
        "runtimes": RuntimeTerms(files_mb=16, files_count=2000, scratch_mb=16),
        "restart": Restart.always,
    }
    return harness.spec(argv, id=id, **{**values, **more})


def runtime(name: str, *, id: str | None = None, replica: str = "rpl_1") -> RuntimeSpec:
    return RuntimeSpec(id or f"rt_{name}", replica, f"cps_1.deploy/{name}", {"WHO": name})


async def ask(status: RuntimeStatus, text: str) -> str:
    """Run one turn and return its reply. Raises ConnectionError when the runtime ends in the middle."""
    reader, writer = await asyncio.open_unix_connection(status.address.removeprefix("unix:"))
    try:
        writer.write(encode(Hello()))
        ready = decode(await reader.readline())
        assert isinstance(ready, Ready), ready
        session: SessionState = {
            "id": "ses_1",
            "user": {"id": "u", "email": None, "org_id": None},
            "channel": "chat",
            "data": {},
            "history": [],
            "is_entered": True,
            "integrations": {},
        }
        writer.write(encode(RunTurn("trn_1", session, {"text": text, "at": 0.0})))
        said = ""
        while line := await reader.readline():
            message = decode(line)
            if isinstance(message, Reply):
                said = message.text
                writer.write(encode(Ack(message.id)))
            elif isinstance(message, TurnEnded):
                return said
        raise ConnectionError("the runtime ended")
    finally:
        writer.close()


class TestWake:
    async def test_each_owner_has_a_runtime_of_its_own(self, harness: Harness) -> None:
        await harness.engine.start(app_spec(harness))
        assert (await harness.engine.ready("rpl_1")).is_ready
        ada, bob = [await harness.engine.wake(runtime(name)) for name in ("ada", "bob")]
        assert ada.is_running
        assert ada.address.startswith("unix:")
        assert ada.address != bob.address
        assert {item.id for item in await harness.engine.runtimes("rpl_1")} == {"rt_ada", "rt_bob"}
        if harness.runs_commands:
            assert await ask(ada, "os.environ['WHO']") == "ada"
            assert await ask(bob, "os.environ['WHO']") == "bob"

    async def test_waking_twice_by_the_same_id_is_waking_once(self, harness: Harness) -> None:
        await harness.engine.start(app_spec(harness))
        first, second = await asyncio.gather(*(harness.engine.wake(runtime("ada")) for _ in range(2)))
        assert first.pid == second.pid
        assert len(await harness.engine.runtimes("rpl_1")) == 1

    async def test_a_second_runtime_of_an_owner_ends_the_first(self, harness: Harness) -> None:
        await harness.engine.start(app_spec(harness))
        await harness.engine.wake(runtime("ada", id="rt_1"))
        await harness.engine.wake(runtime("ada", id="rt_2"))
        assert [item.id for item in await harness.engine.runtimes("rpl_1")] == ["rt_2"]
        assert not (await harness.engine.wait_runtime("rpl_1", "rt_1")).is_running

    async def test_only_apps_have_runtimes(self, harness: Harness) -> None:
        await harness.engine.start(harness.spec(harness.runs()))
        with pytest.raises(RuntimeFailed):
            await harness.engine.wake(runtime("ada"))
        with pytest.raises(ReplicaNotFound):
            await harness.engine.wake(runtime("ada", replica="rpl_none"))

    @pytest.mark.parametrize(
        "owner", ["cps_1.deploy/../x", "cps_2.deploy/ada", "/etc", "cps_1.deploy", "../cps_1.deploy/a"]
    )
    async def test_files_of_another_app_are_refused(self, harness: Harness, owner: str) -> None:
        needs_commands(harness)
        await harness.engine.start(app_spec(harness))
        with pytest.raises(InvalidInput):
            await harness.engine.wake(RuntimeSpec("rt_1", "rpl_1", owner))
        assert await harness.engine.runtimes("rpl_1") == []

    async def test_an_app_that_cannot_be_loaded_says_so_to_whoever_waits(self, harness: Harness) -> None:
        needs_commands(harness)
        await harness.engine.start(app_spec(harness, "import nothing_of_that_name", restart=Restart.never))
        with pytest.raises(RuntimeFailed):
            async with asyncio.timeout(20):
                await harness.engine.wake(runtime("ada"))
        await harness.text("No module named 'nothing_of_that_name'", "stderr")

    async def test_many_at_once_are_all_woken(self, harness: Harness) -> None:
        await harness.engine.start(app_spec(harness))
        woken = await asyncio.gather(*(harness.engine.wake(runtime(f"u{n}")) for n in range(30)))
        assert len({item.pid for item in woken}) == (30 if harness.runs_commands else 1)
        if harness.runs_commands:
            assert await asyncio.gather(*(ask(item, "os.environ['WHO']") for item in woken)) == [
                f"u{n}" for n in range(30)
            ]


class TestEnd:
    async def test_a_stopped_runtime_leaves_nothing_and_the_others_go_on(self, harness: Harness) -> None:
        await harness.engine.start(app_spec(harness))
        ada, bob = [await harness.engine.wake(runtime(name)) for name in ("ada", "bob")]
        await harness.engine.stop_runtime("rpl_1", "rt_ada")
        ended = await harness.engine.wait_runtime("rpl_1", "rt_ada")
        assert ended.end is not None
        assert ended.end.code == 0
        assert [item.id for item in await harness.engine.runtimes("rpl_1")] == ["rt_bob"]
        if harness.runs_commands:
            assert ada.pid is not None
            assert not Path(f"/proc/{ada.pid}").exists()
            assert not Path(ada.address.removeprefix("unix:")).exists()
            assert await ask(bob, "1 + 1") == "2"

    async def test_stopping_what_nobody_knows_is_fine(self, harness: Harness) -> None:
        await harness.engine.start(app_spec(harness))
        await harness.engine.stop_runtime("rpl_1", "rt_none")
        await harness.engine.stop_runtime("rpl_none", "rt_none")
        assert not (await harness.engine.wait_runtime("rpl_1", "rt_none")).is_running

    async def test_a_killed_runtime_is_told_with_its_signal(self, harness: Harness) -> None:
        needs_commands(harness)
        await harness.engine.start(app_spec(harness))
        ada = await harness.engine.wake(runtime("ada"))
        assert ada.pid is not None
        os.kill(ada.pid, signal.SIGKILL)
        ended = await harness.engine.wait_runtime("rpl_1", "rt_ada")
        assert ended.end is not None
        assert (ended.end.signal, ended.end.out_of_memory) == ("SIGKILL", False)
        again = await harness.engine.wake(runtime("ada", id="rt_again"))
        assert await ask(again, "2 + 2") == "4"

    async def test_out_of_memory_ends_one_runtime_and_is_told(self, harness: Harness) -> None:
        needs_commands(harness)
        if not harness.engine.capabilities.memory_limit:
            pytest.skip("these walls limit no memory: no control groups can be made here")
        await harness.engine.start(app_spec(harness))
        ada, bob = [await harness.engine.wake(runtime(name)) for name in ("ada", "bob")]
        with pytest.raises(ConnectionError):
            await ask(ada, "len(bytearray(b'x') * (400 * 1024 * 1024))")
        ended = await harness.engine.wait_runtime("rpl_1", "rt_ada")
        assert ended.end is not None
        assert ended.end.out_of_memory
        await harness.text("ran out of memory (200 MiB)", "platform")
        assert await ask(bob, "1 + 1") == "2"

    async def test_a_child_process_out_of_memory_is_told_and_the_runtime_goes_on(
        self, harness: Harness
    ) -> None:
        needs_commands(harness)
        if not harness.engine.capabilities.memory_limit:
            pytest.skip("these walls limit no memory: no control groups can be made here")
        await harness.engine.start(app_spec(harness))
        ada = await harness.engine.wake(runtime("ada"))
        assert await ask(ada, "feed_a_child()") == "-9"
        await harness.text("Runtime rt_ada: a process ran out of memory and was killed", "platform")
        assert await ask(ada, "1 + 1") == "2"
        await harness.engine.stop_runtime("rpl_1", "rt_ada")
        ended = (await harness.engine.wait_runtime("rpl_1", "rt_ada")).end
        assert ended is not None
        assert (ended.code, ended.out_of_memory) == (0, False)

    async def test_the_end_of_the_zygote_ends_its_runtimes_and_new_ones_come_from_the_next(
        self, harness: Harness
    ) -> None:
        needs_commands(harness)
        await harness.engine.start(app_spec(harness))
        ada = await harness.engine.wake(runtime("ada"))
        pid = (await harness.status()).pid
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        assert not (await harness.engine.wait_runtime("rpl_1", "rt_ada")).is_running
        await until(lambda: not Path(f"/proc/{ada.pid}").exists())
        async with asyncio.timeout(20):
            again = await _patiently(harness, runtime("ada", id="rt_again"))
        assert await ask(again, "3 + 3") == "6"

    async def test_destroying_the_replica_leaves_no_runtime(self, harness: Harness) -> None:
        await harness.engine.start(app_spec(harness))
        ada = await harness.engine.wake(runtime("ada"))
        await harness.engine.destroy("rpl_1")
        with pytest.raises(ReplicaNotFound):
            await harness.engine.runtimes("rpl_1")
        if harness.runs_commands:
            assert not Path(f"/proc/{ada.pid}").exists()
            assert list(Path("/sys/fs/cgroup").glob(f"*/{own_group(harness.root)}/rpl_1")) == []


class TestFiles:
    async def test_private_files_outlive_their_runtime_and_are_one_users(self, harness: Harness) -> None:
        needs_commands(harness)
        await harness.engine.start(app_spec(harness))
        ada, bob = [await harness.engine.wake(runtime(name)) for name in ("ada", "bob")]
        assert await ask(ada, "write('a.bin', 1)") == "written"
        assert await ask(bob, "os.listdir(os.environ['HOME'])") == "[]"
        await harness.engine.stop_runtime("rpl_1", "rt_ada")
        again = await harness.engine.wake(runtime("ada", id="rt_again"))
        assert await ask(again, "os.listdir(os.environ['HOME'])") == "['a.bin']"
        await harness.engine.destroy("rpl_1")
        await harness.engine.delete_files("cps_1.deploy")
        assert not harness.paths.user_files("cps_1.deploy").exists()

    async def test_too_much_ends_the_runtime_with_the_reason_and_keeps_the_files(
        self, harness: Harness
    ) -> None:
        needs_commands(harness)
        await harness.engine.start(app_spec(harness))
        ada = await harness.engine.wake(runtime("ada"))
        with pytest.raises((ConnectionError, TimeoutError)):
            async with asyncio.timeout(20):
                await ask(ada, "[write('a.bin', 40), __import__('time').sleep(15)]")
        ended = await harness.engine.wait_runtime("rpl_1", "rt_ada")
        assert "limit of 16 MiB" in ended.end_reason
        assert (harness.paths.user_files("cps_1.deploy/ada") / "a.bin").exists()

    async def test_far_too_much_is_not_woken_again_until_the_files_are_deleted(
        self, harness: Harness
    ) -> None:
        needs_commands(harness)
        await harness.engine.start(app_spec(harness))
        ada, bob = [await harness.engine.wake(runtime(name)) for name in ("ada", "bob")]
        assert await ask(bob, "write('a.bin', 1)") == "written"
        with contextlib.suppress(ConnectionError, TimeoutError):
            async with asyncio.timeout(20):
                await ask(ada, "[write('a.bin', 40), __import__('time').sleep(15)]")
        await harness.engine.wait_runtime("rpl_1", "rt_ada")
        full = harness.paths.user_files("cps_1.deploy/ada")
        (full / "b.bin").write_bytes(os.urandom(40 * 1024 * 1024))  # as what is quick enough gets written
        with pytest.raises(PrivateFilesFull, match="far over their limit of 16 MiB"):
            await harness.engine.wake(runtime("ada", id="rt_full"))
        assert [item.id for item in await harness.engine.runtimes("rpl_1")] == ["rt_bob"]
        await harness.engine.delete_files("cps_1.deploy/ada")
        await harness.engine.delete_files("cps_1.deploy/ada")
        ada = await harness.engine.wake(runtime("ada", id="rt_again"))
        assert await ask(ada, "[os.listdir(os.environ['HOME']), write('b.bin', 1)]") == "[[], 'written']"
        assert (harness.paths.user_files("cps_1.deploy/bob") / "a.bin").exists()

    @pytest.mark.parametrize("owner", ["", "..", "cps_1", "cps_1.deploy/../x", "cps_1.deploy/", "a.b/c/d"])
    async def test_only_files_of_owners_are_deleted(self, harness: Harness, owner: str) -> None:
        needs_commands(harness)
        with pytest.raises(InvalidInput, match="is no owner of private files"):
            await harness.engine.delete_files(owner)


class TestNetwork:
    async def test_an_app_reaches_what_is_listed_also_at_import_and_nothing_else_of_the_machine(
        self, harness: Harness
    ) -> None:
        needs_commands(harness)
        if not harness.engine.capabilities.filtered_network:
            pytest.skip("these walls have no network gate: boxes cannot be divided here")
        listed, other = [await asyncio.start_server(_greet, "127.0.0.1", 0) for _ in range(2)]
        ports = [server.sockets[0].getsockname()[1] for server in (listed, other)]
        source = f"""
            import socket
            with socket.create_connection(("127.0.0.1", {ports[0]})) as early:
                greeting = early.recv(5)
            {APP.replace(chr(10), chr(10) + " " * 12)}

            def reach(host, port):
                try:
                    with socket.create_connection((host, port), 3) as found:
                        return found.recv(5)
                except OSError as exc:
                    return type(exc).__name__
        """
        egress = Egress(allow=(f"127.0.0.1:{ports[0]}",))
        async with listed, other:
            await harness.engine.start(app_spec(harness, source, runtimes=RuntimeTerms(egress=egress)))
            assert (await harness.engine.ready("rpl_1")).is_forked
            ada = await harness.engine.wake(runtime("ada"))
            assert await ask(ada, "greeting") == "b'hello'"
            assert await ask(ada, f"reach('127.0.0.1', {ports[0]})") == "b'hello'"
            assert await ask(ada, f"reach('127.0.0.1', {ports[1]})") == "ConnectionRefusedError"
            assert await ask(ada, "reach('10.0.0.1', 80)") == "PermissionError"
            assert await ask(ada, "reach('localhost', 9)") == "ConnectionRefusedError"
        await harness.text("10.0.0.1:80", "platform")

    async def test_the_way_out_stays_open_when_the_agent_is_replaced(self, harness: Harness) -> None:
        needs_commands(harness)
        if not harness.engine.capabilities.filtered_network:
            pytest.skip("these walls have no network gate: boxes cannot be divided here")
        server = await asyncio.start_server(_greet, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        egress = Egress(allow=(f"127.0.0.1:{port}",))
        reach = f"__import__('socket').create_connection(('127.0.0.1', {port})).recv(5)"
        async with server:
            await harness.engine.start(app_spec(harness, runtimes=RuntimeTerms(egress=egress)))
            ada = await harness.engine.wake(runtime("ada"))
            assert await ask(ada, reach) == "b'hello'"
            await harness.engine.close()
            waiting = asyncio.create_task(ask(ada, reach))
            await asyncio.sleep(0.2)
            assert not waiting.done()
            harness.engine = harness.new_engine()
            await harness.engine.recover()
            assert await waiting == "b'hello'"


class TestLoadsWhenAsked:
    """Replicas that are started before the files they shall run are there."""

    async def test_the_app_is_loaded_from_the_files_of_when_it_is_asked_for(self, harness: Harness) -> None:
        needs_commands(harness)
        pages = harness.artifact / "app" / "pages"
        pages.mkdir()
        (pages / "old.txt").write_text("old")
        await harness.engine.start(
            app_spec(harness, "import cpsl\nprint('too early')", loads_when_asked=True)
        )
        app_spec(harness)
        (pages / "old.txt").unlink()
        (pages / "new.txt").write_text("new")
        assert (await harness.engine.ready("rpl_1")).is_ready
        ada = await harness.engine.wake(runtime("ada"))
        assert await ask(ada, "os.listdir('pages'), open('pages/new.txt').read()") == "(['new.txt'], 'new')"
        assert harness.texts() == []

    async def test_a_new_agent_does_not_load_it_either(self, harness: Harness) -> None:
        needs_commands(harness)
        await harness.engine.start(
            app_spec(harness, "import cpsl\nprint('too early')", loads_when_asked=True)
        )
        await harness.engine.close()
        harness.engine = harness.new_engine()
        await harness.engine.recover()
        app_spec(harness)
        ada = await harness.engine.wake(runtime("ada"))
        assert await ask(ada, "1 + 1") == "2"
        await harness.engine.close()
        harness.engine = harness.new_engine()
        await harness.engine.recover()
        assert [item.id for item in await harness.engine.runtimes("rpl_1")] == ["rt_ada"]
        assert (await harness.engine.wake(runtime("bob"))).is_running
        assert harness.texts() == []

    async def test_one_that_ended_before_says_so(self, harness: Harness) -> None:
        needs_commands(harness)
        spec = app_spec(harness, loads_when_asked=True, restart=Restart.never)
        status = await harness.engine.start(spec)
        assert status.pid is not None
        os.kill(status.pid, signal.SIGKILL)
        await harness.engine.wait("rpl_1")
        with pytest.raises(RuntimeFailed, match="ended before it was loaded"):
            await harness.engine.ready("rpl_1")


class TestRecovery:
    async def test_a_new_agent_finds_the_runtimes_of_the_one_before(self, harness: Harness) -> None:
        await harness.engine.start(app_spec(harness))
        ada = await harness.engine.wake(runtime("ada"))
        await harness.engine.wake(runtime("bob"))
        await harness.engine.close()
        harness.engine = harness.new_engine()
        await harness.engine.recover()
        assert (await harness.engine.ready("rpl_1")).is_ready
        assert {item.id for item in await harness.engine.runtimes("rpl_1")} == {"rt_ada", "rt_bob"}
        assert (await harness.engine.wake(runtime("ada"))).pid == ada.pid
        await harness.engine.stop_runtime("rpl_1", "rt_bob")
        await harness.engine.wake(runtime("cleo"))
        assert {item.id for item in await harness.engine.runtimes("rpl_1")} == {"rt_ada", "rt_cleo"}
        if harness.runs_commands:
            assert await ask(ada, "os.environ['WHO']") == "ada"

    async def test_what_ended_meanwhile_is_not_minded_any_more(self, harness: Harness) -> None:
        needs_commands(harness)
        await harness.engine.start(app_spec(harness))
        ada = await harness.engine.wake(runtime("ada"))
        await harness.engine.close()
        assert ada.pid is not None
        os.kill(ada.pid, signal.SIGKILL)
        await until(lambda: not Path(f"/proc/{ada.pid}").exists())
        harness.engine = harness.new_engine()
        await harness.engine.recover()
        await harness.engine.ready("rpl_1")
        assert await harness.engine.runtimes("rpl_1") == []
        assert (await harness.engine.wake(runtime("ada", id="rt_again"))).is_running


async def _greet(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"hello")
    await writer.drain()
    writer.close()


async def _patiently(harness: Harness, spec: RuntimeSpec) -> RuntimeStatus:
    while True:
        try:
            return await harness.engine.wake(spec)
        except RuntimeFailed:
            await asyncio.sleep(0.05)
