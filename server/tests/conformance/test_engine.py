"""What every engine must do, asked of each engine this machine can run."""

import asyncio
import os
import signal
import socket
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import pytest_asyncio
from harness import Harness, needs_commands, needs_files, running_harness, until

from capsule.engines.contract import (
    Health,
    Limits,
    Mount,
    MountMissing,
    Phase,
    ReplicaExists,
    ReplicaNotFound,
    ReplicaStartFailed,
    Restart,
)
from capsule.kit.clock import now


@pytest.fixture(params=["fake", "root", "user", "plain", "docker"])
def engine(request: pytest.FixtureRequest) -> tuple[str, str]:
    """Name of an engine and the image that its replicas are started from, if any."""
    return request.param, request.getfixturevalue("python_base") if request.param == "docker" else ""


@pytest_asyncio.fixture
async def harness(engine: tuple[str, str]) -> AsyncIterator[Harness]:
    name, image = engine
    async with running_harness(name, image=image) as made:
        yield made


class TestStart:
    async def test_a_started_replica_runs_and_has_an_address(self, harness: Harness) -> None:
        status = await harness.engine.start(harness.spec(harness.runs()))
        assert status.phase is Phase.running
        assert status.address is not None
        assert status.address.startswith(f"tcp:{harness.host}")
        assert status.pid is not None
        assert status.started_at is not None
        assert now() - status.started_at < timedelta(seconds=10)
        assert [item.id for item in await harness.engine.list()] == ["rpl_1"]

    async def test_a_duplicate_id_is_refused_and_the_first_lives_on(self, harness: Harness) -> None:
        await harness.engine.start(harness.spec(harness.runs()))
        with pytest.raises(ReplicaExists):
            await harness.engine.start(harness.spec(harness.runs()))
        assert (await harness.status()).phase is Phase.running

    async def test_a_command_that_cannot_start_leaves_nothing(self, harness: Harness) -> None:
        with pytest.raises(ReplicaStartFailed):
            await harness.engine.start(harness.spec(harness.cannot_start()))
        assert await harness.engine.list() == []
        assert not harness.folder("rpl_1").exists()

    async def test_a_missing_mount_leaves_nothing(self, harness: Harness) -> None:
        mount = Mount(str(harness.root / "nowhere"), "/data")
        with pytest.raises(MountMissing):
            await harness.engine.start(harness.spec(harness.runs(), mounts=(mount,)))
        assert await harness.engine.list() == []

    async def test_a_cancelled_start_leaves_nothing(self, harness: Harness) -> None:
        task = asyncio.create_task(harness.engine.start(harness.spec(harness.runs())))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert await harness.engine.list() == []
        assert not harness.folder("rpl_1").exists()

    async def test_each_replica_gets_a_port_of_its_own(self, harness: Harness) -> None:
        specs = [harness.spec(harness.runs(), id=f"rpl_{number}") for number in range(4)]
        statuses = await asyncio.gather(*(harness.engine.start(spec) for spec in specs))
        assert len({status.address for status in statuses}) == 4

    async def test_a_socket_replica_has_a_socket_address(self, harness: Harness) -> None:
        needs_files(harness)
        status = await harness.engine.start(harness.spec(harness.runs(), listens_on_socket=True))
        assert status.address is not None
        assert status.address.startswith("unix:")
        assert status.address.endswith("/replica.sock")

    async def test_unknown_ids_are_not_found_and_destroying_them_is_fine(self, harness: Harness) -> None:
        for call in (harness.engine.stop, harness.engine.inspect, harness.engine.wait, harness.engine.stats):
            with pytest.raises(ReplicaNotFound):
                await call("rpl_none")
        await harness.engine.destroy("rpl_none")

    async def test_the_fingerprint_is_a_sentence(self, harness: Harness) -> None:
        fingerprint = await harness.engine.fingerprint()
        assert fingerprint.engine == harness.engine.name
        assert fingerprint.health is Health.healthy
        assert fingerprint.sentence.endswith(".")


class TestExit:
    @pytest.mark.parametrize("code", [0, 3])
    async def test_the_exit_code_is_known(self, harness: Harness, code: int) -> None:
        await harness.engine.start(harness.spec(harness.exits(code, after=0.1)))
        ended = await harness.engine.wait("rpl_1")
        assert (ended.code, ended.signal, ended.out_of_memory) == (code, None, False)
        await until_phase(harness, Phase.exited)
        assert (await harness.status()).last_exit == ended
        await harness.text(f"Exited with code {code}.", "platform")

    async def test_a_command_that_ends_at_once_was_started_all_the_same(self, harness: Harness) -> None:
        await harness.engine.start(harness.spec(harness.exits(7)))
        assert (await harness.engine.wait("rpl_1")).code == 7

    async def test_a_signal_is_known(self, harness: Harness) -> None:
        needs_commands(harness)
        status = await harness.engine.start(harness.spec(harness.runs()))
        assert status.pid is not None
        os.kill(status.pid, signal.SIGSEGV)
        ended = await harness.engine.wait("rpl_1")
        assert (ended.code, ended.signal) == (None, "SIGSEGV")

    async def test_running_out_of_memory_is_known(self, harness: Harness) -> None:
        if not harness.engine.capabilities.memory_limit:
            pytest.skip("without control groups nothing limits memory")
        await harness.engine.start(harness.spec(harness.eats_memory(), limits=Limits(memory=64)))
        ended = await harness.engine.wait("rpl_1")
        assert ended.out_of_memory
        await harness.text("Ran out of memory and was killed.", "platform")

    async def test_a_child_out_of_memory_is_told_while_the_replica_lives_on(
        self, harness: Harness, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        needs_commands(harness)
        if not harness.engine.capabilities.memory_limit:
            pytest.skip("without control groups nothing limits memory")
        monkeypatch.setattr("capsule.engines.process.engine._MEMORY_CHECK_SECONDS", 0.05)
        await harness.engine.close()
        harness.engine = harness.new_engine()
        await harness.engine.recover()
        script = '/usr/bin/python3 -c "x = bytearray(400 * 1024 * 1024)"; echo lives; exec sleep 1000'
        await harness.engine.start(harness.spec(("sh", "-c", script), limits=Limits(memory=64)))
        await harness.text("lives")
        await harness.text("A process ran out of memory and was killed.", "platform")
        status = await harness.engine.stop("rpl_1")
        assert status.last_exit is not None
        assert not status.last_exit.out_of_memory


class TestStop:
    async def test_stop_ends_the_command_and_it_stays_stopped(self, harness: Harness) -> None:
        await harness.engine.start(harness.spec(harness.runs(), restart=Restart.always))
        status = await harness.engine.stop("rpl_1")
        assert status.phase is Phase.exited
        assert status.last_exit is not None
        assert status.last_exit.signal == "SIGTERM"
        await asyncio.sleep(0.4)
        assert (await harness.status()).phase is Phase.exited
        assert (await harness.engine.stop("rpl_1")).phase is Phase.exited

    async def test_a_command_that_ignores_sigterm_is_killed_after_its_grace(self, harness: Harness) -> None:
        await harness.engine.start(harness.spec(harness.ignores_sigterm(), grace_seconds=0.4))
        if harness.runs_commands:
            await harness.text("ready")
        before = now()
        status = await harness.engine.stop("rpl_1")
        assert timedelta(seconds=0.4) <= now() - before < timedelta(seconds=3)
        assert status.last_exit is not None
        assert status.last_exit.signal == "SIGKILL"

    async def test_stop_while_waiting_to_restart_ends_the_waiting(self, harness: Harness) -> None:
        await harness.engine.start(harness.spec(harness.exits(1), restart=Restart.always))
        await until_phase(harness, Phase.backing_off)
        assert (await harness.engine.stop("rpl_1")).phase is Phase.exited
        await asyncio.sleep(0.6)
        assert (await harness.status()).phase is Phase.exited

    async def test_sigterm_reaches_what_a_shell_started(self, harness: Harness) -> None:
        needs_commands(harness)
        inner = "trap 'echo bye; exit 0' TERM; echo ready; while :; do sleep 0.05; done"
        await harness.engine.start(harness.spec(("sh", "-c", 'sh -c "$0"; echo after', inner)))
        await harness.text("ready")
        status = await harness.engine.stop("rpl_1")
        assert harness.texts()[-2:] == ["bye", "after"]
        assert status.last_exit is not None
        assert status.last_exit.code == 0

    async def test_sigterm_passes_by_a_script_runner_that_would_not_wait(self, harness: Harness) -> None:
        needs_files(harness)
        needs_commands(harness)
        inner = "trap 'sleep 0.2; echo bye; exit 0' TERM; echo ready; while :; do sleep 0.05; done"
        (harness.artifact / "app" / "npm").write_text(
            "import subprocess, sys; sys.exit(subprocess.run(['sh', '-c', sys.argv[1]]).returncode)"
        )
        await harness.engine.start(harness.spec(("/usr/bin/python3", "{app}/npm", inner)))
        await harness.text("ready")
        status = await harness.engine.stop("rpl_1")
        assert harness.texts()[-1] == "bye"
        assert status.last_exit is not None
        assert status.last_exit.code == 0

    async def test_children_that_were_left_behind_are_gone(self, harness: Harness) -> None:
        needs_commands(harness)
        marker = f"31{os.getpid() % 10_000}"
        script = f"setsid sleep {marker} & (sleep {marker} &) ; echo ready; exec sleep {marker}"
        await harness.engine.start(harness.spec(("sh", "-c", script)))
        await harness.text("ready")
        assert len(processes_with(marker)) >= 3
        await harness.engine.stop("rpl_1")
        assert processes_with(f"sleep\0{marker}") == []


class TestRestart:
    async def test_a_crashed_replica_starts_again_with_its_port(self, harness: Harness) -> None:
        first = await harness.engine.start(harness.spec(harness.exits(1, after=0.05), restart=Restart.always))
        await until_restarts(harness, 2)
        status = await harness.status()
        assert status.address == first.address
        assert status.last_exit is not None
        assert status.last_exit.code == 1

    async def test_waiting_grows_with_each_crash(self, harness: Harness) -> None:
        needs_commands(harness)
        await harness.engine.start(harness.spec(harness.exits(1), restart=Restart.always))
        await harness.text("Restarting in 0.2 s.", "platform")
        await harness.text("Restarting in 0.5 s.", "platform")
        await until_phase(harness, Phase.backing_off)
        assert (await harness.status()).next_start_at is not None

    async def test_never_means_never_until_it_is_changed(self, harness: Harness) -> None:
        await harness.engine.start(harness.spec(harness.exits(1, after=0.05)))
        await harness.engine.wait("rpl_1")
        await until_phase(harness, Phase.exited)
        assert (await harness.status()).restarts == 0
        await harness.engine.set_restart("rpl_1", Restart.always)
        await until_restarts(harness, 1)

    async def test_files_are_fresh_at_each_start(self, harness: Harness) -> None:
        needs_files(harness)
        needs_commands(harness)
        script = "ls | tr '\\n' ' '; echo; echo new >new.txt; echo changed >greeting.txt; exit 1"
        await harness.engine.start(harness.spec(("sh", "-c", script), restart=Restart.always))
        await until(lambda: len(harness.texts()) >= 2)
        await harness.engine.stop("rpl_1")
        assert set(harness.texts()) == {"greeting.txt "}
        assert (harness.artifact / "app" / "greeting.txt").read_text() == "hello"


class TestInside:
    async def test_environment_and_placeholders(self, harness: Harness) -> None:
        needs_files(harness)
        needs_commands(harness)
        script = (
            'echo "$PORT|{port}|$FOO|$BRACES|$CAPSULE_REPLICA_ID|$CAPSULE_MEMORY_MB"; '
            "cat {app}/greeting.txt {deps}/lib.txt"
        )
        env = {"FOO": "bar {port}", "BRACES": '{"a": "{b}"}', "PORT": "1"}
        (line, files) = await harness.output(script, env=env)
        port, same, foo, braces, replica, memory = line.split("|")
        assert port == same
        assert 20_000 <= int(port) < 32_000
        assert foo == f"bar {port}"
        assert braces == '{"a": "{b}"}'
        assert replica == "rpl_out"
        assert int(memory) == harness.spec(("true",)).limits.memory
        assert files == "hellolibrary"

    async def test_nothing_of_the_agents_environment_is_inherited(
        self, harness: Harness, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        needs_commands(harness)
        monkeypatch.setenv("PLATFORM_KEY", "hidden")
        assert "hidden" not in "".join(await harness.output("env"))

    async def test_secrets_do_not_stand_in_any_command_line(self, harness: Harness) -> None:
        needs_commands(harness)
        env = {"TOKEN": "very-secret", "LD_LIBRARY_PATH": "/nowhere"}
        await harness.engine.start(harness.spec(("sleep", "1000"), env=env))
        assert processes_with("very-secret") == []

    async def test_the_loaders_variables_arrive(self, harness: Harness) -> None:
        needs_commands(harness)
        lines = await harness.output('echo "$LD_LIBRARY_PATH"', env={"LD_LIBRARY_PATH": "/app/lib"})
        assert lines == ["/app/lib"]

    async def test_home_and_tmp_are_private_and_writable(self, harness: Harness) -> None:
        needs_files(harness)
        needs_commands(harness)
        script = 'ls -A "$HOME" "$TMPDIR" | grep -v :; echo x >"$HOME/a"; echo y >"$TMPDIR/b"; cat "$HOME/a"'
        assert [line for line in await harness.output(script) if line] == ["x"]
        assert [line for line in await harness.output(script) if line] == ["x"]

    async def test_dev_stdout_and_stderr_can_be_opened(self, harness: Harness) -> None:
        needs_commands(harness)
        await harness.output("echo one >/dev/stdout; echo two >/dev/stderr; echo three >/dev/stderr")
        assert harness.texts() == ["one"]
        assert harness.texts("stderr") == ["two", "three"]

    async def test_what_it_listens_on_is_seen(self, harness: Harness) -> None:
        needs_files(harness)
        needs_commands(harness)
        command = ("/usr/bin/python3", "-m", "http.server", "{port}", "--bind", "127.0.0.1")
        status = await harness.engine.start(harness.spec(command))
        assert status.address is not None
        address = status.address.removeprefix("tcp:")

        for _ in range(500):
            if (await harness.status()).listening:
                break
            await asyncio.sleep(0.01)
        assert (await harness.status()).listening == (address,)
        with socket.create_connection(("127.0.0.1", int(address.split(":")[1])), timeout=5):
            pass

    async def test_the_socket_folder_is_shared_with_the_host(self, harness: Harness) -> None:
        needs_files(harness)
        needs_commands(harness)
        program = (
            "import socket, time; s = socket.socket(socket.AF_UNIX); s.bind('{run}/replica.sock');"
            "s.listen(); print('ready', flush=True); c, _ = s.accept(); c.sendall(b'hi'); time.sleep(100)"
        )
        spec = harness.spec(("/usr/bin/python3", "-c", program), listens_on_socket=True)
        status = await harness.engine.start(spec)
        await harness.text("ready")
        assert status.address is not None
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(5)
            client.connect(status.address.removeprefix("unix:"))
            assert client.recv(10) == b"hi"

    async def test_stats_count_what_runs(self, harness: Harness) -> None:
        needs_commands(harness)
        command = ("/usr/bin/python3", "-c", "x = bytearray(40 << 20); print('ready', flush=True); "
                   "import time; time.sleep(100)")  # fmt: skip
        await harness.engine.start(harness.spec(command))
        await harness.text("ready")
        stats = await harness.engine.stats("rpl_1")
        assert stats.memory_bytes > 40 << 20
        assert stats.processes >= 1
        assert stats.cpu_seconds > 0

    async def test_the_processor_limit_slows_down(self, harness: Harness) -> None:
        needs_commands(harness)
        if not harness.engine.capabilities.cpu_limit:
            pytest.skip("without control groups nothing limits processor time")
        command = ("sh", "-c", "while :; do :; done")
        await harness.engine.start(harness.spec(command, limits=Limits(cpu=0.2)))
        before = (await harness.engine.stats("rpl_1")).cpu_seconds
        await asyncio.sleep(1)
        after = await harness.engine.stats("rpl_1")
        assert after.cpu_seconds - before < 0.4
        assert after.throttled_seconds > 0.1

    async def test_the_process_limit_stops_a_fork_bomb(self, harness: Harness) -> None:
        needs_commands(harness)
        if not harness.engine.capabilities.process_limit:
            pytest.skip("without control groups nothing limits processes")
        script = "for i in 1 2 3 4 5 6 7 8 9; do sleep 5 & done; echo never"
        await harness.engine.start(harness.spec(("sh", "-c", script), limits=Limits(processes=5)))
        assert (await harness.engine.wait("rpl_1")).code != 0


class TestMounts:
    async def test_a_mount_is_at_its_real_path_and_writable(self, harness: Harness) -> None:
        needs_commands(harness)
        if not harness.engine.capabilities.mounts:
            pytest.skip("without walls nothing can be mounted")
        files = harness.root / "storage" / "sto_1"
        files.mkdir(parents=True)
        (files / "old.txt").write_text("old")
        os.chmod(files / "old.txt", 0o600)
        mount = Mount(str(files), "/data/reports")
        script = "cat /data/reports/old.txt; echo; mkdir /data/reports/a; echo new >/data/reports/a/new.txt"
        assert await harness.output(script, mounts=(mount,)) == ["old"]
        assert (files / "a" / "new.txt").read_text() == "new\n"
        assert (files / "a" / "new.txt").stat().st_uid == os.getuid()

    async def test_two_capsules_share_a_mount(self, harness: Harness) -> None:
        needs_commands(harness)
        if not harness.engine.capabilities.mounts:
            pytest.skip("without walls nothing can be mounted")
        files = harness.root / "storage" / "sto_1"
        files.mkdir(parents=True)
        mounts = (Mount(str(files), "/data"),)
        await harness.output("umask 077; echo one >/data/f", mounts=mounts, identity=3)
        assert await harness.output("cat /data/f; rm /data/f", mounts=mounts, identity=4) == ["one"]

    async def test_a_read_only_mount_refuses_writing(self, harness: Harness) -> None:
        needs_commands(harness)
        files = harness.root / "tools"
        files.mkdir()
        files.chmod(0o777)
        if not harness.engine.capabilities.mounts:
            pytest.skip("without walls nothing can be mounted")
        mount = Mount(str(files), str(files), read_only=True)
        lines = await harness.output(f"echo x >{files}/f || echo refused", mounts=(mount,))
        assert lines == ["refused"]

    async def test_an_engine_that_cannot_mount_says_so(self, harness: Harness) -> None:
        needs_commands(harness)
        if harness.engine.capabilities.mounts:
            pytest.skip("this is about engines that cannot mount")
        mount = Mount(str(harness.root), "/data")
        with pytest.raises(MountMissing):
            await harness.engine.start(harness.spec(harness.runs(), mounts=(mount,)))


class TestLogs:
    async def test_records_have_time_replica_stream_and_labels(self, harness: Harness) -> None:
        spec = harness.spec(harness.prints("Grüße"), labels={"environment": "serve"})
        await harness.engine.start(spec)
        await harness.text("Grüße")
        (record,) = [item for item in harness.records() if item["stream"] == "stdout"]
        assert record["replica"] == "rpl_1"
        assert record["environment"] == "serve"
        assert record["at"].endswith("+00:00")
        assert harness.texts("platform") == ["Started."]

    async def test_the_last_words_without_a_newline_are_kept(self, harness: Harness) -> None:
        needs_commands(harness)
        assert await harness.output("echo one; printf two") == ["one", "two"]

    async def test_long_lines_are_cut_and_binary_is_replaced(self, harness: Harness) -> None:
        needs_commands(harness)
        long = "import sys; print('x' * 500_000); print('next'); sys.stdout.buffer.write(b'\\xff\\0\\n')"
        await harness.engine.start(harness.spec(("/usr/bin/python3", "-c", long)))
        await harness.engine.wait("rpl_1")
        cut, following, binary = harness.texts()
        assert len(cut) < 17 * 1024
        assert cut.endswith("(line cut)")
        assert (following, binary) == ("next", "\ufffd\ufffd")

    async def test_a_flood_is_kept_in_order_and_takes_no_space(self, harness: Harness) -> None:
        needs_commands(harness)
        script = (
            "i=0; while [ $i -lt 60000 ]; do echo line $i of a log that is long; i=$((i+1)); done; sleep 9"
        )
        await harness.engine.start(harness.spec(("sh", "-c", script)))
        await until(lambda: "line 59999 of a log that is long" in harness.texts()[-1:], seconds=30)
        lines = [text for text in harness.texts() if text.startswith("line")]
        numbers = [int(text.split()[1]) for text in lines]
        assert numbers == list(range(numbers[0], 60_000))
        kept = sum(path.stat().st_blocks * 512 for path in (harness.paths.replica("rpl_1") / "io").glob("o*"))
        assert kept < 2 * 1024 * 1024


class TestRecover:
    async def test_replicas_live_on_without_their_engine_and_are_found_again(self, harness: Harness) -> None:
        started = await harness.engine.start(harness.spec(harness.prints("first"), restart=Restart.always))
        await harness.text("first")
        await harness.engine.close()
        harness.engine = harness.new_engine()
        (found,) = await harness.engine.recover()
        assert (found.id, found.phase, found.pid) == ("rpl_1", Phase.running, started.pid)
        assert (found.address, found.started_at) == (started.address, started.started_at)
        assert (await harness.engine.stop("rpl_1")).phase is Phase.exited
        assert harness.texts().count("first") == 1

    async def test_what_was_written_meanwhile_is_not_lost(self, harness: Harness) -> None:
        needs_commands(harness)
        script = "i=0; while :; do i=$((i+1)); echo line $i; sleep 0.01; done"
        await harness.engine.start(harness.spec(("sh", "-c", script)))
        await harness.text("line 5")
        await harness.engine.close()
        seen = len(harness.texts())
        await asyncio.sleep(0.3)
        assert len(harness.texts()) == seen
        harness.engine = harness.new_engine()
        await harness.engine.recover()
        await until(lambda: len(harness.texts()) > seen + 30)
        await harness.engine.destroy("rpl_1")
        numbers = [int(text.split()[1]) for text in harness.texts()]
        assert numbers == list(range(1, len(numbers) + 1))

    async def test_an_exit_meanwhile_is_reported_with_its_code(self, harness: Harness) -> None:
        needs_commands(harness)
        await harness.engine.start(harness.spec(("sh", "-c", "sleep 0.2; echo last words; exit 5")))
        await harness.engine.close()
        await asyncio.sleep(0.5)
        harness.engine = harness.new_engine()
        (found,) = await harness.engine.recover()
        assert found.phase is Phase.exited
        assert found.last_exit is not None
        assert found.last_exit.code == 5
        assert harness.texts() == ["last words"]
        assert (await harness.engine.wait("rpl_1")).code == 5

    async def test_what_should_run_but_died_meanwhile_is_started_again(self, harness: Harness) -> None:
        needs_commands(harness)
        first = await harness.engine.start(harness.spec(harness.runs(), restart=Restart.always))
        await harness.engine.close()
        assert first.pid is not None
        os.kill(first.pid, signal.SIGKILL)
        await until(lambda: not Path(f"/proc/{first.pid}").exists())
        harness.engine = harness.new_engine()
        await harness.engine.recover()
        await until_restarts(harness, 1)
        await until_phase(harness, Phase.running)
        again = await harness.status()
        assert again.address == first.address
        assert again.pid != first.pid
        assert again.restarts == 1

    async def test_a_stopped_replica_stays_stopped(self, harness: Harness) -> None:
        await harness.engine.start(harness.spec(harness.runs(), restart=Restart.always))
        await harness.engine.stop("rpl_1")
        await harness.engine.close()
        harness.engine = harness.new_engine()
        (found,) = await harness.engine.recover()
        assert found.phase is Phase.exited
        await asyncio.sleep(0.4)
        assert (await harness.status()).phase is Phase.exited

    async def test_remains_without_a_state_are_removed(self, harness: Harness) -> None:
        needs_commands(harness)
        await harness.engine.close()
        remains = harness.folder("rpl_half")
        remains.mkdir(parents=True)
        (remains / "spec.json").write_text("{")
        harness.engine = harness.new_engine()
        assert await harness.engine.recover() == []
        assert not remains.exists()


class TestDestroy:
    async def test_destroy_leaves_nothing_but_the_log(self, harness: Harness) -> None:
        groups = set(Path("/sys/fs/cgroup").glob("*/*/rpl_1"))  # others of this name may run beside
        await harness.engine.start(harness.spec(harness.runs()))
        await harness.engine.destroy("rpl_1")
        await harness.engine.destroy("rpl_1")
        assert await harness.engine.list() == []
        assert not harness.folder("rpl_1").exists()
        assert processes_with(str(harness.root)) == []
        assert set(Path("/sys/fs/cgroup").glob("*/*/rpl_1")) <= groups
        assert str(harness.root) not in Path("/proc/self/mountinfo").read_text()
        assert harness.texts("platform")[0] == "Started."

    async def test_an_id_can_be_used_again_after_destroy(self, harness: Harness) -> None:
        await harness.engine.start(harness.spec(harness.runs()))
        await harness.engine.destroy("rpl_1")
        await harness.engine.start(harness.spec(harness.runs()))
        assert (await harness.status()).restarts == 0


class TestWalls:
    async def test_other_replicas_and_the_host_cannot_be_read(self, harness: Harness) -> None:
        needs_files(harness)
        if not harness.engine.capabilities.private_files:
            pytest.skip("plain processes have no walls around files")
        secret = {"SECRET": "s3cret"}
        await harness.engine.start(harness.spec(harness.runs(), id="rpl_other", env=secret, identity=9))
        script = f"ls {harness.root} /root /home/* /srv 2>&1 | grep -v 'No such'; ls /var; cat /etc/shadow"
        lines = await harness.output(script)
        assert lines == ["/home/capsule:", "tmp"]

    async def test_other_processes_cannot_be_seen(self, harness: Harness) -> None:
        if not harness.engine.capabilities.private_processes:
            pytest.skip("no walls around processes")
        await harness.engine.start(harness.spec(harness.runs(), id="rpl_other"))
        lines = await harness.output("ls /proc | grep -c '^[0-9]'")
        assert int(lines[0]) <= 5

    async def test_the_system_is_read_only_and_powers_are_gone(self, harness: Harness) -> None:
        needs_files(harness)
        if not harness.engine.capabilities.private_files:
            pytest.skip("plain processes have no walls around files")
        script = (
            "touch /usr/x /etc/x /deps/x 2>/dev/null; ls /usr/x /etc/x /deps/x 2>/dev/null;"
            "grep -E '^(CapEff|CapBnd|NoNewPrivs)' /proc/self/status | tr -s '\\t' ' '"
        )
        lines = await harness.output(script)
        assert lines[0] == "CapEff: 0000000000000000"
        assert lines[2] == "NoNewPrivs: 1"

    async def test_each_capsule_is_a_user_of_its_own(self, harness: Harness) -> None:
        if not harness.engine.capabilities.own_user:
            pytest.skip("all run as one user")
        first = await harness.output("id -u; id -G", identity=3)
        second = await harness.output("id -u; id -G", identity=4)
        assert (first, second) == (["200003", "200003"], ["200004", "200004"])

    async def test_the_platforms_interpreter_is_there_when_asked_for(self, harness: Harness) -> None:
        needs_files(harness)
        if not harness.engine.capabilities.private_files:
            pytest.skip("plain processes have no walls around files")
        argv = (
            "{python}",
            "-c",
            "import cpsl, capsule, sys; print('found', sys.version_info[:2] >= (3, 11))",
        )
        spec = replace(harness.spec(argv), platform_files=True)
        await harness.engine.start(spec)
        await harness.engine.wait("rpl_1")
        assert harness.texts() == ["found True"]


async def until_phase(harness: Harness, phase: Phase) -> None:
    for _ in range(2000):
        if (await harness.status()).phase is phase:
            return
        await asyncio.sleep(0.005)
    raise TimeoutError


async def until_restarts(harness: Harness, count: int) -> None:
    for _ in range(2000):
        if (await harness.status()).restarts >= count:
            return
        await asyncio.sleep(0.005)
    raise TimeoutError


def processes_with(text: str) -> list[str]:
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = path.read_bytes().decode(errors="replace")
        except OSError:
            continue
        if text in line:
            found.append(line)
    return found
