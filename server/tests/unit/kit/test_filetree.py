"""A tree of files that nothing leads out of, when its writer or its neighbours misbehave."""

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from capsule.kit.filetree import FileTree


async def test_broken_writer_leaves_nothing_behind(tmp_path: Path) -> None:
    tree = FileTree(tmp_path)

    async def broken() -> AsyncIterator[bytes]:
        yield b"half"
        raise RuntimeError

    with pytest.raises(RuntimeError):
        await tree.write("/file", broken())
    assert os.listdir(tmp_path) == []


async def test_unfinished_upload_is_not_shown(tmp_path: Path) -> None:
    tree = FileTree(tmp_path)

    async def slow() -> AsyncIterator[bytes]:
        yield b"half"
        assert tree.entries("/") == []
        assert len(os.listdir(tmp_path)) == 1
        yield b" and half"

    await tree.write("/file", slow())
    assert [entry.name for entry in tree.entries("/")] == ["file"]
    assert (tmp_path / "file").read_text() == "half and half"


async def test_no_descriptor_stays_open(tmp_path: Path) -> None:
    tree = FileTree(tmp_path)

    async def chunks() -> AsyncIterator[bytes]:
        yield b"x"

    before = len(os.listdir("/proc/self/fd"))
    for number in range(20):
        await tree.write(f"/a/b/{number}", chunks())
        tree.entries("/a/b")
        tree.open(f"/a/b/{number}")[0].close()
    tree.delete("/a")
    assert len(os.listdir("/proc/self/fd")) <= before + 1


def test_name_that_is_no_text_does_not_hide_the_folder(tmp_path: Path) -> None:
    (Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff"))).write_text("x")
    assert [entry.name for entry in FileTree(tmp_path).entries("/")] == ["\N{REPLACEMENT CHARACTER}"]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
async def test_file_belongs_to_whom_its_folder_belongs(tmp_path: Path) -> None:
    os.chown(tmp_path, 12345, 12345)

    async def chunks() -> AsyncIterator[bytes]:
        yield b"x"

    await FileTree(tmp_path).write("/a/b", chunks())
    assert (tmp_path / "a").stat().st_uid == (tmp_path / "a" / "b").stat().st_gid == 12345
