import asyncio
import os
from pathlib import Path
from typing import Any

import pytest

from capsule.engines.process import watch
from capsule.engines.process.watch import Watcher, punch_hole


@pytest.mark.parametrize("has_inotify", [True, False])
async def test_writing_and_moving_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, has_inotify: bool
) -> None:
    if not has_inotify:

        class Without:
            def inotify_init1(self, _flags: int) -> int:
                return -1

        monkeypatch.setattr(watch, "_libc", Without())
        monkeypatch.setattr(watch, "_POLL_SECONDS", 0.01)
    watcher = Watcher()
    told: asyncio.Queue[str] = asyncio.Queue()
    key = watcher.add(tmp_path, told.put_nowait)
    (tmp_path / "out").write_text("x")
    assert await asyncio.wait_for(told.get(), 5) in ("out", "")
    (tmp_path / "exit.new").touch()
    (tmp_path / "exit.new").rename(tmp_path / "exit")
    name: Any = None
    while name not in ("exit", ""):
        name = await asyncio.wait_for(told.get(), 5)
    watcher.remove(key)
    watcher.close()


def test_a_hole_frees_space_and_keeps_the_size(tmp_path: Path) -> None:
    path = tmp_path / "out"
    path.write_bytes(b"x" * 1_000_000)
    before = path.stat()
    fd = os.open(path, os.O_RDWR)
    assert punch_hole(fd, 900_000)
    os.close(fd)
    assert path.stat().st_size == before.st_size
    assert path.stat().st_blocks < before.st_blocks / 2
    assert path.read_bytes()[-100:] == b"x" * 100
