"""Run one step inside the walls, and leave no process of it behind."""

import asyncio
import contextlib
import os
import signal
from collections.abc import AsyncIterator
from dataclasses import dataclass
from functools import partial
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
    async with _following(output) as (stdout, stderr):
        process = await asyncio.create_subprocess_exec(
            *command.argv,
            env=command.env,
            cwd=command.cwd,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=stdout,
            stderr=stderr,
            start_new_session=True,
        )
        try:
            code = await process.wait()
        finally:
            await _end(process, group, box.env.get(MARK, ""))
    out_of_memory = group is not None and group.oom_kills() > killed_before
    return Outcome(code if code >= 0 else 128 - code, out_of_memory)


@contextlib.asynccontextmanager
async def _following(output: Output) -> AsyncIterator[tuple[int, int]]:
    """Yield two pipes for a process to write to, and at the end what was said into them is in the log.

    Pipes of asyncio's own would not do: with them a process counts as running for as long as something that
    it left behind holds them open.
    """
    loop = asyncio.get_running_loop()
    writers: list[int] = []
    transports: list[asyncio.ReadTransport] = []
    followers: list[asyncio.Task[None]] = []
    try:
        for stream in ("stdout", "stderr"):
            reading, writing = os.pipe()
            writers.append(writing)
            reader = asyncio.StreamReader()
            protocol = asyncio.StreamReaderProtocol(reader)
            transport, _ = await loop.connect_read_pipe(partial(_same, protocol), os.fdopen(reading, "rb", 0))
            transports.append(transport)
            followers.append(asyncio.create_task(output.follow(reader, stream)))
        yield writers[0], writers[1]
    finally:
        for writing in writers:
            os.close(writing)
        if followers:
            await asyncio.wait(followers, timeout=_LAST_OUTPUT_SECONDS)
        for follower in followers:
            follower.cancel()
        for transport in transports:
            transport.close()


def _same(protocol: asyncio.StreamReaderProtocol) -> asyncio.StreamReaderProtocol:
    return protocol


async def _end(process: asyncio.subprocess.Process, group: Group | None, mark: str) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    ending = asyncio.ensure_future(asyncio.to_thread(end_the_rest, group, mark))
    try:
        await asyncio.shield(ending)
    except asyncio.CancelledError:
        await ending
        raise
    finally:
        await process.wait()


def end_the_rest(group: Group | None, mark: str) -> None:
    """End every process in the group, or where there are none, every process that carries the mark."""
    if group is not None:
        group.kill()
    elif mark:
        for pid in _marked(mark):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)


def _marked(mark: str) -> list[int]:
    """Find processes that left their session by their environment, where no cgroup keeps them together."""
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
