"""Terminals with real processes: output as it comes, ends of every kind, transcripts that go on."""

import asyncio
import contextlib
import hashlib
import json
import os
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from session_backend import FakeBackend, blocks, make_session

import cpsl
from cpsl._transcript import RUN_CHARS, TERMINAL_CHARS, TERMINAL_RUNS, Capture, Transcript


def text_of(run: dict[str, Any], stream: str) -> str:
    return "".join(chunk["text"] for chunk in run["chunks"] if chunk["stream"] == stream)


def is_alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


async def until(check: Any, seconds: float = 10.0) -> None:
    end = time.monotonic() + seconds
    while not check():
        assert time.monotonic() < end, "it did not come to pass"
        await asyncio.sleep(0.02)


class TestResults:
    async def test_output_and_success(self, session: cpsl.Session) -> None:
        result = await session.terminal("t").shell("echo out; echo err >&2")
        assert (result.stdout, result.stderr, result.exit_code) == ("out\n", "err\n", 0)
        assert (result.status, result.ok, bool(result), int(result), str(result)) == (
            "completed",
            True,
            True,
            0,
            "out\n",
        )
        assert (result.command, result.argv) == ("echo out; echo err >&2", None)

    async def test_another_code_does_not_raise(self, session: cpsl.Session) -> None:
        result = await session.terminal("t").shell("exit 3")
        assert (result.status, result.exit_code, bool(result)) == ("failed", 3, False)
        assert str(result) == "exited with code 3"

    async def test_a_program_gets_its_arguments_as_they_are(self, session: cpsl.Session) -> None:
        result = await session.terminal("t").exec("printf", "%s|", "a b", "$HOME", "c;d")
        assert result.stdout == "a b|$HOME|c;d|"
        assert result.argv == ["printf", "%s|", "a b", "$HOME", "c;d"]
        assert result.command == "printf '%s|' 'a b' '$HOME' 'c;d'"

    async def test_a_missing_program_ends_like_in_a_shell(self, session: cpsl.Session) -> None:
        result = await session.terminal("t").exec("no-such-program")
        assert (result.exit_code, result.status) == (127, "failed")
        assert result.stderr == "no-such-program: No such file or directory\n"

    async def test_a_file_that_is_no_program(self, session: cpsl.Session, tmp_path: Path) -> None:
        (tmp_path / "notes").write_text("x")
        result = await session.terminal("t").exec(str(tmp_path / "notes"))
        assert result.exit_code == 126

    async def test_the_environment_is_merged(
        self, session: cpsl.Session, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("A", "process")
        monkeypatch.setenv("B", "process")
        terminal = session.terminal("t", env={"B": "terminal", "C": "terminal"})
        result = await terminal.shell('echo "$A $B $C"', env={"C": "call"})
        assert result.stdout == "process terminal call\n"
        with pytest.raises(TypeError, match="env="):
            await terminal.shell("x", env={"A": 1})  # type: ignore[dict-item]

    async def test_the_directory_of_terminal_and_call(
        self, session: cpsl.Session, backend: FakeBackend, tmp_path: Path
    ) -> None:
        (tmp_path / "sub").mkdir()
        terminal = session.terminal("t", cwd=str(tmp_path))
        assert (await terminal.shell("pwd")).stdout == f"{tmp_path}\n"
        assert (await terminal.shell("pwd", cwd=str(tmp_path / "sub"))).stdout == f"{tmp_path}/sub\n"
        payload = backend.kept[-1]["payload"]
        assert payload["cwd"] == str(tmp_path)
        assert [run["cwd"] for run in payload["runs"]] == [str(tmp_path), f"{tmp_path}/sub"]

    async def test_a_missing_directory_is_told(self, session: cpsl.Session, backend: FakeBackend) -> None:
        with pytest.raises(FileNotFoundError, match="'/no/such': there is no such directory"):
            await session.terminal("t").shell("pwd", cwd="/no/such")
        assert backend.kept[-1]["payload"]["runs"][0]["status"] == "failed"

    async def test_bytes_cut_between_reads_stay_whole(self, session: cpsl.Session) -> None:
        script = (
            "import sys, time; w = sys.stdout.buffer; w.write(b'\\xe2\\x82'); w.flush(); time.sleep(0.2);"
            " w.write(b'\\xac\\xff'); w.flush()"
        )
        result = await session.terminal("t").exec(sys.executable, "-c", script)
        assert result.stdout == "€\N{REPLACEMENT CHARACTER}"

    async def test_nothing_waits_for_input(self, session: cpsl.Session) -> None:
        assert (await session.terminal("t").shell("cat; echo done")).stdout == "done\n"

    async def test_without_a_backend_commands_run_too(self) -> None:
        assert (await make_session().terminal("t").shell("echo hi")).stdout == "hi\n"

    async def test_wrong_arguments(self, session: cpsl.Session, backend: FakeBackend) -> None:
        with pytest.raises(ValueError, match="name of a terminal"):
            session.terminal(" ")
        terminal = session.terminal("t")
        with pytest.raises(ValueError, match="shell"):
            await terminal.shell(" ")
        with pytest.raises(ValueError, match="exec"):
            await terminal.exec("")
        with pytest.raises(ValueError, match="timeout="):
            await terminal.shell("true", timeout=0)
        with pytest.raises(TypeError, match="timeout="):
            await terminal.shell("true", timeout="5")  # type: ignore[arg-type]
        assert backend.kept == []


class TestEnds:
    async def test_a_timeout_ends_children_too(self, session: cpsl.Session, tmp_path: Path) -> None:
        pids = tmp_path / "pids"
        began = time.monotonic()
        result = await session.terminal("t").shell(
            f"sleep 60 & echo $! > {pids}; echo $$ >> {pids}; echo begun; sleep 60", timeout=0.5
        )
        assert time.monotonic() - began < 10
        assert (result.timed_out, result.status, bool(result)) == (True, "timeout", False)
        assert result.stdout == "begun\n"
        for pid in map(int, pids.read_text().split()):
            await until(lambda pid=pid: not is_alive(pid))

    async def test_those_who_ignore_a_polite_request_are_killed(
        self, session: cpsl.Session, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("cpsl._command._TERM_SECONDS", 0.1)
        result = await session.terminal("t").shell("trap '' TERM; sleep 60; sleep 60", timeout=0.3)
        assert (result.exit_code, result.timed_out) == (-9, True)

    async def test_cancelling_ends_the_group(
        self, session: cpsl.Session, backend: FakeBackend, tmp_path: Path
    ) -> None:
        pids = tmp_path / "pids"
        command = f"sleep 60 & echo $! $$ > {pids}.new; mv {pids}.new {pids}; wait"
        task = asyncio.create_task(session.terminal("t").shell(command))
        await until(pids.exists)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        for pid in map(int, pids.read_text().split()):
            await until(lambda pid=pid: not is_alive(pid))
        run = backend.kept[-1]["payload"]["runs"][0]
        assert run["status"] == "failed"
        assert "ended_at" in run

    async def test_what_goes_on_in_the_background_is_left_alone(
        self, session: cpsl.Session, tmp_path: Path
    ) -> None:
        mark = tmp_path / "mark"
        began = time.monotonic()
        # It writes more than a pipe holds, so somebody must go on reading.
        later = f"(sleep 1; head -c 300000 /dev/zero; echo x > {mark}) & echo $!"
        result = await session.terminal("t").shell(later)
        assert time.monotonic() - began < 10
        assert result.ok
        assert result.stdout.strip().isdigit()
        await until(mark.exists)

    async def test_a_flood_leaves_room_for_others(self, session: cpsl.Session, backend: FakeBackend) -> None:
        beats = 0

        async def beat() -> None:
            nonlocal beats
            while True:
                await asyncio.sleep(0.01)
                beats += 1

        other = asyncio.create_task(beat())
        result = await session.terminal("t").shell("head -c 30000000 /dev/zero | tr '\\0' x")
        other.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await other
        assert beats > 5
        assert len(result.stdout) < 5_000_000
        assert "characters left out" in result.stdout
        run = backend.kept[-1]["payload"]["runs"][0]
        assert run["truncated"] is True
        assert len(text_of(run, "stdout")) == RUN_CHARS

    async def test_many_at_once(self, session: cpsl.Session, backend: FakeBackend) -> None:
        terminal = session.terminal("t")
        results = await asyncio.gather(*(terminal.shell(f"echo {n}") for n in range(5)))
        assert [result.stdout for result in results] == [f"{n}\n" for n in range(5)]
        runs = backend.kept[-1]["payload"]["runs"]
        assert [run["id"] for run in runs] == ["run_1", "run_2", "run_3", "run_4", "run_5"]
        assert {run["status"] for run in runs} == {"completed"}


class TestBlock:
    async def test_a_bare_terminal_shows_itself_with_its_first_command(
        self, session: cpsl.Session, backend: FakeBackend
    ) -> None:
        terminal = session.terminal("build", title="Build")
        assert backend.kept == []
        before = int(time.time() * 1000)
        await terminal.shell("echo hi")
        first, last = backend.kept[0], backend.kept[-1]
        digest = hashlib.sha1(b"s1:build").hexdigest()[:16]
        assert first["id"] == last["id"] == terminal.block_id == f"term_{digest}"
        assert first["type"] == "terminal"
        assert first["payload"]["runs"][0]["status"] == "running"
        payload = last["payload"]
        (run,) = payload["runs"]
        (chunk,) = run.pop("chunks")
        assert (payload["name"], payload["title"], payload["cwd"]) == ("build", "Build", os.getcwd())
        assert payload["revision"] > first["payload"]["revision"] >= 1
        assert before <= run.pop("started_at") <= chunk.pop("timestamp") <= run.pop("ended_at")
        assert chunk == {"stream": "stdout", "text": "hi\n", "seq": 1}
        assert run == {
            "id": "run_1",
            "mode": "shell",
            "command": "echo hi",
            "cwd": os.getcwd(),
            "status": "completed",
            "exit_code": 0,
        }
        assert len(blocks(session)) == 1

    async def test_output_is_shown_while_it_comes(self, session: cpsl.Session, backend: FakeBackend) -> None:
        await session.terminal("t").shell("echo one; sleep 0.5; echo two >&2; sleep 0.3; echo three")
        texts = [text_of(block["payload"]["runs"][0], "stdout") for block in backend.passing]
        assert "one\n" in texts
        assert len(backend.kept) == 2
        revisions = [b["payload"]["revision"] for b in (backend.kept[0], *backend.passing, backend.kept[1])]
        assert revisions == sorted(set(revisions))
        chunks = backend.kept[-1]["payload"]["runs"][0]["chunks"]
        assert [(c["stream"], c["text"], c["seq"]) for c in chunks] == [
            ("stdout", "one\n", 1),
            ("stderr", "two\n", 2),
            ("stdout", "three\n", 3),
        ]

    async def test_a_long_one_is_kept_now_and_then(
        self, session: cpsl.Session, backend: FakeBackend, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("cpsl._terminal._KEPT_SECONDS", 0.3)
        await session.terminal("t").shell("for i in 1 2 3 4 5; do echo $i; sleep 0.2; done")
        assert len(backend.kept) > 2
        assert all(b["payload"]["runs"][0]["status"] == "running" for b in backend.kept[:-1])

    async def test_show_and_titles(self, session: cpsl.Session, backend: FakeBackend) -> None:
        terminal = await session.show_terminal(name="t", title="First", cwd="/")
        assert await terminal.show(title="Second") is terminal
        assert [b["payload"]["title"] for b in backend.kept] == ["First", "Second"]
        assert backend.kept[-1]["payload"] == {
            "name": "t",
            "title": "Second",
            "cwd": "/",
            "revision": 2,
            "runs": [],
        }
        assert await session.show_terminal(terminal=terminal, title="Third") is terminal
        assert session.terminal("t").title == "Third"
        fresh = await session.show_terminal()
        assert fresh.name != (await session.show_terminal()).name

    async def test_a_terminal_of_another_session(self, session: cpsl.Session) -> None:
        other = make_session(id="s2").terminal("t")
        with pytest.raises(ValueError, match="another session"):
            await session.show_terminal(terminal=other)

    async def test_where_nothing_can_be_drawn_its_title_is_said_once(self, backend: FakeBackend) -> None:
        session = make_session(backend, channel="telegram")
        await session.terminal("t", title="Build").shell("echo hi")
        await session.terminal("t").shell("echo ho")
        assert backend.replies == ["Build (shown in the web app)"]
        assert (backend.kept, backend.passing) == ([], [])


class TestReopening:
    async def test_a_later_turn_goes_on_with_the_transcript(
        self, session: cpsl.Session, backend: FakeBackend
    ) -> None:
        await session.terminal("t", title="Build").shell("echo one")
        later = make_session(backend, history=session.history)
        await later.terminal("t").shell("echo two")
        payload = backend.kept[-1]["payload"]
        assert payload["title"] == "Build"
        assert [(run["id"], run["command"]) for run in payload["runs"]] == [
            ("run_1", "echo one"),
            ("run_2", "echo two"),
        ]
        revisions = [block["payload"]["revision"] for block in backend.kept]
        assert revisions == sorted(set(revisions))

    async def test_what_ran_when_it_was_left_is_disconnected(self, backend: FakeBackend) -> None:
        first = make_session(backend)
        shown = first.terminal("t")
        run = {"id": "run_7", "mode": "exec", "command": "ls", "argv": ["ls"], "cwd": "/", "started_at": 5}
        run |= {"status": "running", "chunks": [{"stream": "stderr", "text": "x", "timestamp": 6, "seq": 4}]}
        payload = {"name": "t", "title": "T", "cwd": "/", "revision": 9, "runs": [run, {"odd": 1}, 3]}
        text = json.dumps({"id": shown.block_id, "type": "terminal", "payload": payload})
        session = make_session(backend, history=[cpsl.Message(text, "block", "chat")])
        await session.terminal("t").show()
        restored = backend.kept[-1]["payload"]
        assert restored["revision"] == 10
        assert restored["runs"] == [{**run, "status": "disconnected"}]
        await session.terminal("t").shell("true")
        assert backend.kept[-1]["payload"]["runs"][-1]["id"] == "run_8"

    async def test_two_handles_share_one_transcript(
        self, session: cpsl.Session, backend: FakeBackend
    ) -> None:
        await session.terminal("t", cwd="/").shell("echo one")
        await session.terminal("t", cwd="/tmp").shell("echo two")
        assert [run["cwd"] for run in backend.kept[-1]["payload"]["runs"]] == ["/", "/tmp"]

    async def test_a_finished_command_is_not_run_again(self, tmp_path: Path) -> None:
        mark = tmp_path / "mark"
        command = f"echo x >> {mark}; echo out; echo err >&2; exit 2"
        backend = FakeBackend()
        result = await make_session(backend).terminal("t").shell(command)
        again = FakeBackend()
        again.known = [entry for entry in backend.recorded if entry[0] == "command"]
        assert await make_session(again).terminal("t").shell(command) == result
        assert mark.read_text() == "x\n"
        (run,) = again.kept[-1]["payload"]["runs"]
        assert (run["id"], run["status"], run["exit_code"]) == ("run_1", "failed", 2)
        assert (text_of(run, "stdout"), text_of(run, "stderr")) == ("out\n", "err\n")


class TestBounds:
    def test_old_output_makes_room_for_new(self) -> None:
        transcript = Transcript()
        run = transcript.begin("shell", "x", None, "/")
        for _ in range(30):
            transcript.add(run, "stdout", "a" * 9_999 + "\n")
        transcript.add(run, "stdout", "end")
        shown = transcript.to_payload("t", "t", "/")["runs"][0]
        assert len(text_of(shown, "stdout")) == RUN_CHARS
        assert shown["truncated"] is True
        assert text_of(shown, "stdout").endswith("end")

    def test_the_oldest_runs_give_up_output_first(self) -> None:
        transcript = Transcript()
        for _ in range(TERMINAL_RUNS + 10):
            run = transcript.begin("shell", "x", None, "/")
            transcript.add(run, "stdout", "a" * 150_000)
        shown = transcript.to_payload("t", "t", "/")["runs"]
        assert len(shown) == TERMINAL_RUNS
        assert sum(len(text_of(run, "stdout")) for run in shown) == TERMINAL_CHARS
        assert len(text_of(shown[-1], "stdout")) == 150_000
        assert text_of(shown[0], "stdout") == ""

    def test_shown_pieces_are_not_changed_afterwards(self) -> None:
        transcript = Transcript()
        run = transcript.begin("shell", "x", None, "/")
        transcript.add(run, "stdout", "a")
        transcript.add(run, "stdout", "b")
        transcript.to_payload("t", "t", "/")
        transcript.add(run, "stdout", "c")
        chunks = transcript.to_payload("t", "t", "/")["runs"][0]["chunks"]
        assert [(chunk["text"], chunk["seq"]) for chunk in chunks] == [("ab", 1), ("c", 2)]

    def test_a_long_stream_keeps_its_beginning_and_its_end(self) -> None:
        capture = Capture(10)
        for n in range(100):
            capture.add(f"{n:02}")
        text = capture.text()
        assert text.startswith("00010")
        assert text.endswith("79899")
        assert "190 characters left out" in text

    def test_control_characters_fit_one_message(self) -> None:
        capture = Capture()
        capture.add("\0" * (3 * 1024 * 1024))
        text = capture.text()
        assert len(json.dumps(text, ensure_ascii=False).encode()) <= 6 * 1024 * 1024
        assert "characters left out" in text
