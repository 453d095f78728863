"""Builds with real processes: what comes out, and that nothing stays behind when they go wrong."""

import asyncio
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from capsule.build.builders.process.builder import ProcessBuilder
from capsule.build.contract import BuildFailed, BuildLimits, BuildTimedOut
from capsule.build.plan import MANIFEST, Plan, Start, Step
from capsule.kit.ids import new_id
from capsule.paths import DataPaths
from capsule.sandbox.machine import Machine, Walls

PATH = {"PATH": "/usr/local/bin:/usr/bin:/bin"}


def plan_of(*lines: str, files: dict[str, str] | None = None) -> Plan:
    steps = tuple(Step(line[:30], ("sh", "-c", line), PATH) for line in lines)
    return Plan("test", (), steps, Start(("true",)), files=files or {})


class Building:
    def __init__(self, builder: ProcessBuilder, data: DataPaths, source: Path, log: Any) -> None:
        self.builder = builder
        self.source = source
        self.log = log
        self.artifact = data.artifact(new_id("art"))

    async def __call__(self, plan: Plan, **limits: Any) -> Any:
        return await self.builder.build(
            plan,
            source=self.source,
            artifact=self.artifact,
            identity=11,
            env={"GREETING": "hello"},
            limits=BuildLimits(**limits),
            log=self.log,
        )

    def left_over(self) -> list[str]:
        return [path.name for path in self.artifact.parent.glob(f"{self.artifact.name}*")]


@pytest.fixture
def building(
    builder: ProcessBuilder, data: DataPaths, project: Callable[[dict[str, str]], Path], log: Any
) -> Building:
    return Building(builder, data, project({"app.txt": "source", "run.sh": "echo ran"}), log)


async def said(line: str, building: Building, task: asyncio.Task[Any]) -> None:
    while line not in building.log.lines:
        assert not task.done(), task.exception()
        await asyncio.sleep(0.02)


def processes_with(word: str) -> list[str]:
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit() and int(folder.name) != os.getpid():
            try:
                line = (folder / "cmdline").read_bytes().decode(errors="replace")
            except OSError:
                continue
            if word in line:
                found.append(line)
    return found


async def test_steps_run_in_order_with_environment_and_files(building: Building, machine: Machine) -> None:
    plan = plan_of(
        "cat app.txt && echo made > {deps}/made",
        'echo "$GREETING" && cat {deps}/made {deps}/note',
        files={"{deps}/note": "at {sdk}\n"},
    )
    artifact = await building(plan)
    assert (artifact.path / "deps" / "made").read_text() == "made\n"
    assert [line for line in building.log.lines if line in ("source", "hello", "made")] == [
        "source",
        "hello",
        "made",
    ]
    assert any(line.startswith("at /") and line.endswith(".whl") for line in building.log.lines)
    assert sorted(path.name for path in artifact.path.iterdir()) == ["app", "deps"]
    assert artifact.size_bytes > 0
    assert (artifact.path / "deps" / "made").stat().st_uid == machine.uid(11)
    assert (building.source / "app.txt").stat().st_uid == os.getuid()


async def test_output_is_logged_while_the_step_runs(building: Building) -> None:
    task = asyncio.create_task(building(plan_of("echo first; sleep 20")))
    await said("first", building, task)
    assert not task.done()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_failing_step_names_itself_and_leaves_nothing(building: Building) -> None:
    with pytest.raises(BuildFailed) as caught:
        await building(plan_of("echo fine", "echo 'error: no such thing' >&2; exit 3", "echo never"))
    assert caught.value.context["exit_code"] == 3
    assert "error: no such thing" in caught.value.detail
    assert "never" not in building.log.lines
    assert building.left_over() == []


async def test_build_that_never_ends_is_stopped(building: Building) -> None:
    started = time.monotonic()
    with pytest.raises(BuildTimedOut, match="longer than 1"):
        await building(plan_of("setsid sleep 7654.1 & sleep 7654.1"), seconds=1.0)
    assert time.monotonic() - started < 6
    assert processes_with("7654.1") == []
    assert building.left_over() == []


async def test_cancelled_build_leaves_no_process_and_no_file(building: Building) -> None:
    task = asyncio.create_task(building(plan_of("(setsid sleep 8765.1 &) ; echo on; sleep 8765.1")))
    await said("on", building, task)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert processes_with("8765.1") == []
    assert building.left_over() == []


async def test_process_left_behind_by_a_step_ends_with_it(building: Building) -> None:
    await building(plan_of("(setsid sleep 9876.1 &) ; echo started"))
    assert processes_with("9876.1") == []


async def test_memory_beyond_the_limit_is_named(building: Building, machine: Machine) -> None:
    if machine.cgroups is None:
        pytest.skip("needs cgroups")
    hungry = "/usr/bin/python3 -c 'x = bytearray(400_000_000)'"
    with pytest.raises(BuildFailed, match="out of memory"):
        await building(plan_of(hungry), memory=64)
    assert building.left_over() == []


async def test_manifest_is_read(building: Building) -> None:
    artifact = await building(plan_of(f'echo \'{{"app_name": "x"}}\' > {MANIFEST}'))
    assert artifact.manifest == {"app_name": "x"}


async def test_manifest_that_is_a_link_is_refused(building: Building) -> None:
    with pytest.raises(BuildFailed, match="manifest"):
        await building(plan_of(f"ln -s /etc/hostname {MANIFEST}"))
    assert building.left_over() == []


async def test_neither_host_nor_other_caches_are_seen(
    building: Building, machine: Machine, data: DataPaths
) -> None:
    if machine.walls is Walls.plain:
        pytest.skip("needs walls")
    await building(plan_of(f"ls / {data.root} 2>/dev/null; id -u; touch /usr/x 2>/dev/null || echo closed"))
    assert "closed" in building.log.lines
    assert "cache" in building.log.lines
    assert "artifacts" not in building.log.lines


async def test_server_secrets_do_not_reach_a_build(
    building: Building, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CAPSULE_ADMIN_PASSWORD", "top-secret-word")
    await building(plan_of("env"))
    assert not any("top-secret-word" in line for line in building.log.lines)
