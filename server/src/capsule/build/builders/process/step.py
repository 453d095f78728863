"""Run one step inside the walls, and leave no process of it behind."""

import asyncio
import contextlib
import os
import signal
from dataclasses import dataclass
from pathlib import Path

from capsule.build.builders.process.output import Output
from capsule.sandbox.box import Box
from capsule.sandbox.cgroups import Group
from capsule.sandbox.command import enclose
from capsule.sandbox.machine import Machine

MARK = "CAPSULE_BUILD"
_LAST_OUTPUT_SECONDS = 2.0


@dataclass(frozen=True)
class Outcome:
    exit_code: int
    out_of_memory: bool


async def run_step(box: Box, machine: Machine, group: Group | None, output: Output) -> Outcome:
    """Run `box` to its end. Whatever it started is gone when this returns or is cancelled."""
    command = enclose(box, machine, group)
    killed_before = group.oom_kills() if group is not None else 0
    process = await asyncio.create_subprocess_exec(
        *command.argv,
        env=command.env,
        cwd=command.cwd,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        start_new_session=True,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    followers = asyncio.gather(
        output.follow(process.stdout, "stdout"), output.follow(process.stderr, "stderr")
    )
    try:
        code = await process.wait()
    finally:
        await _end(process, group, box.env.get(MARK, ""))
        # A process that was killed may have kept the pipe of its parent open until now.
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(followers, _LAST_OUTPUT_SECONDS)
    out_of_memory = group is not None and group.oom_kills() > killed_before
    return Outcome(code if code >= 0 else 128 - code, out_of_memory)


async def _end(process: asyncio.subprocess.Process, group: Group | None, mark: str) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    ending = asyncio.ensure_future(asyncio.to_thread(_end_the_rest, group, mark))
    try:
        await asyncio.shield(ending)
    except asyncio.CancelledError:
        await ending
        raise
    finally:
        await process.wait()


def _end_the_rest(group: Group | None, mark: str) -> None:
    if group is not None:
        group.kill()
    elif mark:
        for pid in _marked(mark):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)


def _marked(mark: str) -> list[int]:
    """Find by their environment the processes that left their session, where no cgroup keeps them together."""
    wanted = f"{MARK}={mark}".encode()
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                if wanted in (folder / "environ").read_bytes().split(b"\0"):
                    found.append(int(folder.name))
            except OSError:
                continue
    return found
