"""References to files under an app's mounts, and that they lead nowhere else."""

import os
from pathlib import Path

import pytest

from capsule.apps.files.errors import FileNotFound
from capsule.apps.files.mounts import open_mounted


@pytest.fixture
def mounts(tmp_path: Path) -> dict[str, str]:
    data, inner = tmp_path / "storage" / "data", tmp_path / "storage" / "inner"
    for folder in (data / "reports", inner):
        folder.mkdir(parents=True)
    (data / "reports" / "june.txt").write_text("june")
    (data / "inner").mkdir()
    (data / "inner" / "a.txt").write_text("hidden by the mount")
    (inner / "a.txt").write_text("inner")
    (tmp_path / "secret").write_text("secret")
    (tmp_path / "storage" / "secret").write_text("secret")
    (data / "link").symlink_to(tmp_path / "secret")
    (data / "up").symlink_to("..")
    (data / "inside").symlink_to("reports/june.txt")
    os.mkfifo(data / "pipe")
    return {"/data": str(data), "/data/inner": str(inner), "/gone/": str(tmp_path / "gone")}


def read(mounts: dict[str, str], path: str) -> str:
    file, entry = open_mounted(mounts, path)
    with file:
        text = file.read().decode()
    assert entry.size == len(text)
    return text


def test_opens_what_lies_under_a_mount(mounts: dict[str, str]) -> None:
    assert read(mounts, "/data/reports/june.txt") == "june"
    assert read(mounts, "/data//reports/./june.txt") == "june"
    assert read(mounts, "/data/inner/a.txt") == "inner"


@pytest.mark.parametrize(
    "path",
    [
        "/data",
        "/data/",
        "/data/reports",
        "/data/none",
        "/data/../secret",
        "/data/reports/../../secret",
        "/data/link",
        "/data/up/secret",
        "/data/inside",
        "/data/pipe",
        "/database/reports/june.txt",
        "/etc/passwd",
        "/gone/a",
        "/",
        "/data/\0",
        "/data/" + "x" * 300,
    ],
)
def test_leads_nowhere_else(mounts: dict[str, str], path: str) -> None:
    with pytest.raises(FileNotFound):
        read(mounts, path)
