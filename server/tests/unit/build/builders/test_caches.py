"""What stays of the package caches, and what goes first."""

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from capsule.build.builders.process.caches import CacheBudget, Caches, cache_names
from capsule.build.plan import Plan, Step

PLAN = Plan(
    "x", (), (Step("x", ("a", "--cache={cache}/uv/x"), {"NPM": "{cache}/npm", "B": "{deps}/y"}),), None
)
Fill = Callable[..., Path]


@pytest.fixture
def fill(tmp_path: Path) -> Fill:
    """Make a tool's cache of so many KiB that was used so many hours ago."""

    def make(owner: str, name: str, *, kib: int, hours: float) -> Path:
        folder = tmp_path / owner / name
        folder.mkdir(parents=True)
        (folder / "packages").write_bytes(b"x" * kib * 1024)
        at = time.time() - hours * 3600
        os.utime(folder, (at, at))
        return folder

    return make


def budget(capsule: int = 1000, total: int = 1000) -> CacheBudget:
    return CacheBudget(capsule * 1024, total * 1024)


def test_names_are_read_out_of_the_plan() -> None:
    assert cache_names(PLAN) == {"uv", "npm"}


def test_longest_unused_of_a_capsule_goes_until_it_fits(tmp_path: Path, fill: Fill) -> None:
    old, middle = fill("7", "npm", kib=60, hours=9), fill("7", "uv", kib=60, hours=5)
    new, other = fill("7", "go", kib=60, hours=1), fill("8", "uv", kib=60, hours=99)
    caches = Caches(tmp_path, budget(capsule=150))
    assert caches.trim_after(7) == ["npm"]
    assert [path.exists() for path in (old, middle, new, other)] == [False, True, True, True]


def test_longest_unused_of_all_goes_beyond_the_total(tmp_path: Path, fill: Fill) -> None:
    mine, other = fill("7", "uv", kib=80, hours=1), fill("8", "uv", kib=80, hours=2)
    assert Caches(tmp_path, budget(total=100)).trim_after(7) == []
    assert (mine.exists(), other.exists()) == (True, False)


def test_capsule_under_build_keeps_everything(tmp_path: Path, fill: Fill) -> None:
    mine, other = fill("7", "uv", kib=80, hours=9), fill("8", "uv", kib=80, hours=2)
    caches = Caches(tmp_path, budget(capsule=10, total=10))
    with caches.using(7, PLAN):
        caches.trim()
        assert (mine.exists(), other.exists()) == (True, False)
    caches.trim()
    assert not mine.exists()


def test_build_counts_as_use_of_what_its_plan_names(tmp_path: Path, fill: Fill) -> None:
    used, unused = fill("7", "uv", kib=80, hours=9), fill("7", "go", kib=80, hours=2)
    caches = Caches(tmp_path, budget(capsule=100))
    with caches.using(7, PLAN) as folder:
        assert folder == tmp_path / "7"
    assert caches.trim_after(7) == ["go"]
    assert (used.exists(), unused.exists()) == (True, False)


def test_only_the_folders_of_capsules_are_ours(tmp_path: Path, fill: Fill) -> None:
    outside = fill("outside", "uv", kib=80, hours=9)
    sdk = fill("sdk", "x", kib=80, hours=9999)
    (tmp_path / "9").symlink_to(tmp_path / "outside")
    (tmp_path / "8").mkdir()
    (tmp_path / "8" / "uv").symlink_to(outside)
    Caches(tmp_path, budget(0, 0)).trim()
    assert (outside / "packages").exists()
    assert sdk.exists()


def test_what_no_build_used_for_two_months_goes(tmp_path: Path, fill: Fill) -> None:
    old, new = fill("7", "uv", kib=1, hours=24 * 61), fill("8", "uv", kib=1, hours=24 * 59)
    Caches(tmp_path, budget()).trim()
    assert (old.exists(), new.exists()) == (False, True)


def test_nothing_to_trim_is_nothing_to_do(tmp_path: Path) -> None:
    Caches(tmp_path / "missing", budget()).trim()
