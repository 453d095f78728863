"""Fetching from real repositories on disk, and what is said when that fails."""

import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from capsule.build.contract import SourceUnavailable
from capsule.build.sources.address import check_branch, check_url, public_url
from capsule.build.sources.commits import Commit
from capsule.build.sources.git import checkout

IDENTITY = {
    "GIT_AUTHOR_NAME": "A",
    "GIT_AUTHOR_EMAIL": "a@example.com",
    "GIT_COMMITTER_NAME": "A",
    "GIT_COMMITTER_EMAIL": "a@example.com",
    "GIT_CONFIG_GLOBAL": "/dev/null",
}


def git(folder: Path, *arguments: str) -> str:
    env = {**os.environ, **IDENTITY}
    done = subprocess.run(
        ["git", *arguments], cwd=folder, env=env, check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "repository"
    folder.mkdir()
    git(folder, "init", "-q", "-b", "main")
    (folder / "app.py").write_text("one")
    (folder / "run.sh").write_text("#!/bin/sh")
    (folder / "run.sh").chmod(0o755)
    git(folder, "add", ".")
    git(folder, "commit", "-qm", "First\n\nbody")
    return folder


class Fetch:
    def __init__(self, tmp_path: Path, log: Any) -> None:
        self.mirror = tmp_path / "mirror"
        self.target = tmp_path / "builds" / "one" / "source"
        self.log = log

    async def __call__(self, url: str | Path, branch: str = "", **options: Any) -> Commit:
        return await checkout(
            str(url), branch=branch, mirror=self.mirror, target=self.target, log=self.log, **options
        )


@pytest.fixture
def fetch(tmp_path: Path, log: Any) -> Fetch:
    return Fetch(tmp_path, log)


async def test_default_branch_is_checked_out_without_git_folder(fetch: Fetch, repository: Path) -> None:
    found = await fetch(repository)
    assert found == Commit(git(repository, "rev-parse", "HEAD"), "First")
    assert sorted(path.name for path in fetch.target.iterdir()) == ["app.py", "run.sh"]
    assert (fetch.target / "run.sh").stat().st_mode & 0o100


async def test_second_fetch_sees_new_and_rewritten_commits(
    fetch: Fetch, repository: Path, tmp_path: Path
) -> None:
    await fetch(repository, "main")
    (repository / "app.py").write_text("two")
    git(repository, "commit", "-qam", "Second", "--amend")
    fetch.target = tmp_path / "again"
    assert (await fetch(f"file://{repository}", "main")).subject == "Second"
    assert (fetch.target / "app.py").read_text() == "two"


async def test_damaged_mirror_is_made_anew(fetch: Fetch, repository: Path, tmp_path: Path) -> None:
    await fetch(repository)
    (fetch.mirror / "HEAD").write_text("noise")
    fetch.target = tmp_path / "again"
    assert (await fetch(repository)).subject == "First"


async def test_repository_of_another_user_is_fetched(fetch: Fetch, repository: Path) -> None:
    if os.getuid() != 0:
        pytest.skip("needs root to give files away")
    for path in [repository, *repository.rglob("*")]:
        os.chown(path, 4321, 4321, follow_symlinks=False)
    assert (await fetch(repository)).subject == "First"


async def test_missing_branch_is_named_with_those_that_exist(fetch: Fetch, repository: Path) -> None:
    with pytest.raises(SourceUnavailable, match="no branch 'dev'") as caught:
        await fetch(repository, "dev")
    assert caught.value.hint == "Branches there: main."
    assert not fetch.target.exists()


async def test_empty_repository_is_named(fetch: Fetch, tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    git(empty, "init", "-q")
    with pytest.raises(SourceUnavailable, match="no commits"):
        await fetch(empty)


async def test_missing_repository_is_named(fetch: Fetch, tmp_path: Path) -> None:
    with pytest.raises(SourceUnavailable, match=r"no repository at .*/nowhere"):
        await fetch(tmp_path / "nowhere")
    (tmp_path / "folder").mkdir()
    with pytest.raises(SourceUnavailable, match="no repository at"):
        await fetch(tmp_path / "folder")
    assert not fetch.target.exists()


async def test_unreachable_host_is_named_without_the_password(fetch: Fetch) -> None:
    with pytest.raises(
        SourceUnavailable, match=r"host of http://127.0.0.1:1/x.git cannot be reached"
    ) as caught:
        await fetch("http://me:secret@127.0.0.1:1/x.git")
    assert "secret" not in str(caught.value)


async def test_host_that_never_answers_is_given_up(fetch: Fetch) -> None:
    import asyncio

    async def hold(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_server(hold, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    with pytest.raises(SourceUnavailable, match="did not answer within 1 s"):
        await fetch(f"http://127.0.0.1:{port}/x.git", seconds=1.0)
    server.close()
    assert not fetch.target.exists()


@pytest.mark.parametrize(
    "url",
    [
        "",
        "ext::sh -c touch% /tmp/x",
        "ext::x",
        "fd::17",
        "-uevil",
        "--upload-pack=x",
        "ftp://host/x",
        "host/x.git",
        "http://",
        "ssh://-oProxyCommand=x/y",
        "relative/path",
        "http://host/x y",
        "javascript:alert(1)",
        "http://[x",
    ],
)
def test_other_addresses_are_refused(url: str) -> None:
    with pytest.raises(SourceUnavailable):
        check_url(url)


@pytest.mark.parametrize(
    "url",
    [
        "https://host/a/b.git",
        "http://host:3000/a",
        "ssh://git@host:22/a.git",
        "git@host:a/b.git",
        "git://host/a",
        "file:///srv/a",
        "/srv/a",
    ],
)
def test_usual_addresses_are_accepted(url: str) -> None:
    assert check_url(url) == url


def test_local_repositories_can_be_switched_off() -> None:
    with pytest.raises(SourceUnavailable, match="switched off"):
        check_url("/srv/a", local=False)


@pytest.mark.parametrize("branch", ["-x", "a b", "a..b", "a:b", "a~1", "a^", "@{u}", "x.lock", "/a", "a\nb"])
def test_other_branch_names_are_refused(branch: str) -> None:
    with pytest.raises(SourceUnavailable):
        check_branch(branch)


def test_password_is_not_shown() -> None:
    assert public_url("https://token:x@host:8443/a.git") == "https://host:8443/a.git"
