"""Archives are unpacked within their folder and their limits, or not at all."""

import io
import os
import stat
import tarfile
import zipfile
from pathlib import Path

import pytest

from capsule.build.contract import ArchiveRefused
from capsule.build.sources.archive import ArchiveLimits, unpack


def tar_of(path: Path, *entries: tuple[str, str, bytes]) -> Path:
    kinds = {
        "file": tarfile.REGTYPE,
        "folder": tarfile.DIRTYPE,
        "link": tarfile.SYMTYPE,
        "hard": tarfile.LNKTYPE,
        "device": tarfile.CHRTYPE,
        "pipe": tarfile.FIFOTYPE,
    }
    with tarfile.open(path, "w:gz") as tar:
        for name, kind, content in entries:
            info = tarfile.TarInfo(name)
            info.type = kinds[kind]
            if kind in ("link", "hard"):
                info.linkname = content.decode()
            else:
                info.size = len(content)
            info.mode = 0o755 if name.endswith(".sh") else 0o644
            tar.addfile(info, io.BytesIO(content) if kind == "file" else None)
    return path


def zip_of(path: Path, *entries: tuple[str, bytes, int]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content, mode in entries:
            info = zipfile.ZipInfo(name)
            info.external_attr = mode << 16
            info.compress_type = zipfile.ZIP_DEFLATED
            packed.writestr(info, content)
    return path


async def test_tar_is_unpacked_with_links_and_modes(tmp_path: Path) -> None:
    archive = tar_of(
        tmp_path / "a.tar.gz",
        ("./src", "folder", b""),
        ("./src/app.py", "file", b"print()"),
        ("run.sh", "file", b"#!/bin/sh"),
        ("src/same.py", "hard", b"src/app.py"),
        ("current", "link", b"src"),
    )
    found = await unpack(archive, tmp_path / "out")
    assert (tmp_path / "out/src/app.py").read_text() == "print()"
    assert (tmp_path / "out/current/same.py").read_text() == "print()"
    assert stat.S_IMODE((tmp_path / "out/run.sh").stat().st_mode) == 0o755
    assert found.entries == 5


async def test_zip_is_unpacked(tmp_path: Path) -> None:
    archive = zip_of(tmp_path / "a.zip", ("a/b.txt", b"hello", 0o100644), ("l", b"a", stat.S_IFLNK | 0o777))
    await unpack(archive, tmp_path / "out")
    assert (tmp_path / "out/l/b.txt").read_text() == "hello"


BAD_TARS = {
    "goes up": (("../evil", "file", b"x"),),
    "goes up inside": (("a/../../evil", "file", b"x"),),
    "absolute": (("/tmp/evil", "file", b"x"),),
    "backslashes": (("..\\evil", "file", b"x"),),
    "link to outside": (("l", "link", b"../../etc/passwd"),),
    "absolute link": (("l", "link", b"/etc/passwd"),),
    "written through a link": (("l", "link", b"."), ("l/evil", "file", b"x")),
    "links that leave together": (
        ("a/b", "folder", b""),
        ("x", "link", b"a/b"),
        ("y", "link", b"x/../../.."),
    ),
    "hard link to outside": (("l", "hard", b"../../etc/passwd"),),
    "hard link to nothing": (("l", "hard", b"nothing"),),
    "device": (("null", "device", b""),),
    "pipe": (("pipe", "pipe", b""),),
    "file where a folder is": (("a", "folder", b""), ("a", "file", b"x")),
}


@pytest.mark.parametrize("case", BAD_TARS)
async def test_dangerous_tar_is_refused_and_leaves_nothing(case: str, tmp_path: Path) -> None:
    archive = tar_of(tmp_path / "a.tar.gz", ("fine", "file", b"x"), *BAD_TARS[case])
    with pytest.raises(ArchiveRefused) as caught:
        await unpack(archive, tmp_path / "out")
    assert caught.value.hint
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.tar.gz"]


@pytest.mark.parametrize("name", ["../evil", "/evil", "a/../../evil"])
async def test_dangerous_zip_is_refused_and_leaves_nothing(name: str, tmp_path: Path) -> None:
    archive = zip_of(tmp_path / "a.zip", ("fine", b"x", 0), (name, b"x", 0))
    with pytest.raises(ArchiveRefused):
        await unpack(archive, tmp_path / "out")
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.zip"]


async def test_bomb_is_refused_by_what_it_really_unpacks_to(tmp_path: Path) -> None:
    archive = zip_of(tmp_path / "a.zip", *((f"f{n}", bytes(1024 * 1024), 0) for n in range(20)))
    assert archive.stat().st_size < 100_000
    with pytest.raises(ArchiveRefused, match="more than 10 MiB"):
        await unpack(archive, tmp_path / "out", ArchiveLimits(size_bytes=10 * 1024 * 1024))
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.zip"]


async def test_too_many_entries_are_refused(tmp_path: Path) -> None:
    archive = tar_of(tmp_path / "a.tar.gz", *((f"f{n}", "file", b"") for n in range(12)))
    with pytest.raises(ArchiveRefused, match="more than 10 entries"):
        await unpack(archive, tmp_path / "out", ArchiveLimits(entries=10))


@pytest.mark.parametrize("damage", ["cut", "noise", "empty", "other"])
async def test_damaged_archive_is_refused(damage: str, tmp_path: Path) -> None:
    archive = tar_of(tmp_path / "a.tar.gz", ("f", "file", os.urandom(50_000)))
    data = archive.read_bytes()
    archive.write_bytes(
        {"cut": data[:20_000], "noise": data[:9_000] + bytes(9_000), "empty": b"", "other": b"MZ binary"}[
            damage
        ]
    )
    with pytest.raises(ArchiveRefused):
        await unpack(archive, tmp_path / "out")
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.tar.gz"]
