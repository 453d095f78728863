"""Who is ended when a shared filesystem is over its size."""

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from capsule.engines.contract import Mount
from capsule.engines.process import storage_quota
from capsule.engines.process.storage_quota import StorageWatch, Writer, size_limit

MIB = 1024 * 1024
_WRITE = """
import os, sys
for line in sys.stdin:
    name, size = line.split()
    with open(name, "ab") as file:
        file.write(os.urandom(int(size)))
        file.flush()
        os.fsync(file.fileno())
    print("done", flush=True)
"""


@dataclass
class Process:
    """Something that writes when it is told."""

    id: str
    mount: Mount
    ended: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", _WRITE], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def write(self, path: Path, size: int) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{path} {size}\n")
        self._process.stdin.flush()
        assert self._process.stdout.readline() == "done\n"

    @property
    def writer(self) -> Writer:
        return Writer(
            self.id, lambda: [self._process.pid], lambda pids: 0.0, self.ended.append, (self.mount,)
        )

    def close(self) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()


@pytest.fixture(autouse=True)
def _always_look(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(storage_quota, "PAUSE_FACTOR", 0)


@pytest.fixture
def mount(tmp_path: Path) -> Mount:
    (tmp_path / "data").mkdir()
    (tmp_path / "data.size").write_text("4")
    return Mount(str(tmp_path / "data"), "/data", name="reports", size_file=str(tmp_path / "data.size"))


@pytest.fixture
def one(mount: Mount) -> Iterator[Process]:
    process = Process("one", mount)
    yield process
    process.close()


@pytest.fixture
def two(mount: Mount) -> Iterator[Process]:
    process = Process("two", mount)
    yield process
    process.close()


async def test_who_makes_it_grow_is_ended(one: Process, two: Process, mount: Mount, tmp_path: Path) -> None:
    watch, folder = StorageWatch(), Path(mount.source)

    async def tick() -> list[list[str]]:
        await watch.tick([one.writer, two.writer])
        return [one.ended, two.ended]

    assert await tick() == [[], []]
    one.write(folder / "a", 3 * MIB)
    assert await tick() == [[], []]
    assert not await watch.is_full(mount)
    two.write(folder / "b", 2 * MIB)
    one.write(tmp_path / "elsewhere", MIB // 2)
    reason = "The filesystem 'reports' is over its size of 4 MiB, and this wrote to it."
    assert await tick() == [[], [reason]]
    assert await watch.is_full(mount)
    one.write(tmp_path / "elsewhere", 2 * MIB)  # writes, but not into the filesystem
    assert await tick() == [[], [reason]]
    (folder / "a").unlink()
    assert not await watch.is_full(mount)
    one.write(folder / "c", 2 * MIB)
    assert await tick() == [[], [reason]]


async def test_size_may_change_and_need_not_be_known(one: Process, mount: Mount) -> None:
    watch = StorageWatch()
    await watch.tick([one.writer])
    Path(mount.size_file).write_text("1")
    one.write(Path(mount.source, "a"), 2 * MIB)
    await watch.tick([one.writer])
    assert len(one.ended) == 1
    Path(mount.size_file).unlink()
    assert not await watch.is_full(mount)
    one.write(Path(mount.source, "a"), 2 * MIB)
    await watch.tick([one.writer])
    assert len(one.ended) == 1


async def test_folders_that_hide_what_is_in_them_do_not_help(one: Process, mount: Mount) -> None:
    watch, folder = StorageWatch(), Path(mount.source)
    await watch.tick([one.writer])
    deep = folder
    for _ in range(140):
        deep = deep / "x"
        deep.mkdir()
    one.write(folder / "a", MIB + 4096)
    await watch.tick([one.writer])
    assert len(one.ended) == 1


async def test_what_was_there_before_ends_nobody(one: Process, mount: Mount) -> None:
    Path(mount.source, "old").write_bytes(os.urandom(5 * MIB))
    watch = StorageWatch()
    await watch.tick([one.writer])
    assert one.ended == []
    assert await watch.is_full(mount)


def test_limit_of_a_mount(mount: Mount, tmp_path: Path) -> None:
    assert size_limit(mount) == 4 * MIB
    Path(mount.size_file).write_text("many")
    assert size_limit(mount) is None
    assert size_limit(Mount("/a", "/b")) is None
    assert size_limit(Mount("/a", "/b", read_only=True, size_file=mount.size_file)) is None
