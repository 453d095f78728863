"""Repositories that ask who comes: a token over HTTP, a deploy key over SSH; submodules and budgets."""

import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from build_git_hosts import SSHD, HttpHost, http_host, ssh_host
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from capsule.build.contract import SourceUnavailable
from capsule.build.sources.access import GitAccess
from capsule.build.sources.git import checkout, newest_commit
from capsule.build.sources.submodules import absolute

TOKEN = "s3cret-token"
ACCESS = GitAccess(token=TOKEN)


class Log:
    def __init__(self) -> None:
        self.lines: list[str] = []

    def write(self, text: str, *, stream: str = "stdout") -> None:
        self.lines.append(text)


def git(folder: Path, *arguments: str) -> str:
    argv = ["git", "-C", str(folder), "-c", "user.name=A", "-c", "user.email=a@example.com"]
    argv += ["-c", "protocol.file.allow=always", "-c", "init.defaultBranch=main", *arguments]
    return subprocess.run(argv, check=True, capture_output=True, text=True).stdout.strip()


@pytest.fixture
def hosted(tmp_path: Path) -> Callable[..., Path]:
    """Return a function that makes a bare repository of these files below the host's folder."""

    def make(name: str, files: dict[str, str | bytes]) -> Path:
        work = tmp_path / "work" / name
        for path, content in files.items():
            place = work / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(content.encode() if isinstance(content, str) else content)
        git(tmp_path, "init", "-q", str(work))
        git(work, "add", "--all")
        git(work, "commit", "-qm", "First")
        bare = tmp_path / "host" / f"{name}.git"
        git(tmp_path, "clone", "-q", "--bare", str(work), str(bare))
        return bare

    return make


@pytest.fixture
def host(tmp_path: Path) -> Iterator[HttpHost]:
    with http_host(tmp_path / "host", TOKEN) as host:
        yield host


@pytest.fixture
def fetch(tmp_path: Path) -> Callable[..., Any]:
    async def fetch(url: str, access: GitAccess | None = None, **options: Any) -> Path:
        target: Path = options.pop("target", tmp_path / "target")
        await checkout(
            url,
            branch=options.pop("branch", "main"),
            mirror=tmp_path / "mirror",
            target=target,
            log=options.pop("log", Log()),
            access=access,
            **options,
        )
        return target

    return fetch


class TestToken:
    async def test_opens_the_repository_and_is_on_no_command_line(
        self, hosted: Any, host: HttpHost, fetch: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        hosted("shop", {"a.txt": "one"})
        spied = _spy_on_git(tmp_path, monkeypatch)
        tree = await fetch(f"{host.url}/shop.git", ACCESS)
        assert (tree / "a.txt").read_text() == "one"
        assert "fetch" in spied.read_text()
        assert TOKEN not in spied.read_text()
        kept = [path for path in (tmp_path / "mirror").rglob("*") if path.is_file()]
        assert not any(TOKEN.encode() in path.read_bytes() for path in kept)

    async def test_missing_or_wrong_is_told(self, hosted: Any, host: HttpHost, fetch: Any) -> None:
        hosted("shop", {"a.txt": "one"})
        for access in (None, GitAccess(token="wrong")):
            with pytest.raises(SourceUnavailable, match="asks for a login") as refused:
                await fetch(f"{host.url}/shop.git", access)
            assert "capsule git access" in str(refused.value.hint)

    async def test_newest_commit_is_asked_without_fetching(self, hosted: Any, host: HttpHost) -> None:
        bare = hosted("shop", {"a.txt": "one"})
        assert await newest_commit(f"{host.url}/shop.git", "main", ACCESS) == git(bare, "rev-parse", "main")
        assert await newest_commit(f"{host.url}/shop.git", "gone", ACCESS) == ""


class TestSubmodules:
    async def test_are_fetched_with_the_same_access(
        self, hosted: Any, host: HttpHost, fetch: Any, tmp_path: Path
    ) -> None:
        library = hosted("library", {"lib.txt": "from the library"})
        _with_submodule(hosted, tmp_path, library, "../library.git")
        log = Log()
        tree = await fetch(f"{host.url}/shop.git", ACCESS, log=log)
        assert (tree / "vendor" / "library" / "lib.txt").read_text() == "from the library"
        assert any("Submodule vendor/library" in line for line in log.lines)

    async def test_one_that_cannot_be_fetched_is_named(
        self, hosted: Any, host: HttpHost, fetch: Any, tmp_path: Path
    ) -> None:
        library = hosted("library", {"lib.txt": "x"})
        _with_submodule(hosted, tmp_path, library, f"{host.url}/gone.git")
        with pytest.raises(SourceUnavailable) as failed:
            await fetch(f"{host.url}/shop.git", ACCESS)
        assert "'vendor/library'" in failed.value.detail
        assert f"{host.url}/gone.git" in failed.value.detail
        assert not (tmp_path / "target").exists()

    async def test_one_on_the_servers_disk_is_refused(
        self, hosted: Any, host: HttpHost, fetch: Any, tmp_path: Path
    ) -> None:
        library = hosted("library", {"lib.txt": "x"})
        _with_submodule(hosted, tmp_path, library, str(library))
        with pytest.raises(SourceUnavailable, match="address is not accepted"):
            await fetch(f"{host.url}/shop.git", ACCESS)

    async def test_one_beside_the_project_is_left_out(
        self, hosted: Any, host: HttpHost, fetch: Any, tmp_path: Path
    ) -> None:
        library = hosted("library", {"lib.txt": "x"})
        _with_submodule(hosted, tmp_path, library, f"{host.url}/gone.git")
        tree = await fetch(f"{host.url}/shop.git", ACCESS, path="api")
        assert (tree / "api" / "main.py").exists()

    @pytest.mark.parametrize(
        ("url", "base", "expected"),
        [
            ("../b.git", "https://h/team/a.git", "https://h/team/b.git"),
            ("../../x/b.git", "https://h/team/a.git", "https://h/x/b.git"),
            ("./b.git", "https://h/team/a.git", "https://h/team/a.git/b.git"),
            ("../b.git", "git@h:team/a.git", "git@h:team/b.git"),
            ("../../b.git", "git@h:team/a.git", "git@h:b.git"),
            ("https://o/b.git", "https://h/a.git", "https://o/b.git"),
        ],
    )
    def test_relative_addresses(self, url: str, base: str, expected: str) -> None:
        assert absolute(url, base) == expected


class TestLimits:
    async def test_repository_above_the_budget_leaves_nothing(
        self, hosted: Any, host: HttpHost, fetch: Any, tmp_path: Path
    ) -> None:
        hosted("shop", {"big.bin": os.urandom(3_000_000), "web/index.html": "small"})
        with pytest.raises(SourceUnavailable, match="has more than 1 MiB"):
            await fetch(f"{host.url}/shop.git", ACCESS, most_bytes=1024**2)
        assert not (tmp_path / "mirror").exists()
        assert not (tmp_path / "target").exists()

    async def test_only_the_projects_folder_of_a_large_one_is_fetched(
        self, hosted: Any, host: HttpHost, fetch: Any
    ) -> None:
        hosted("shop", {"big.bin": os.urandom(3_000_000), "web/index.html": "small"})
        tree = await fetch(f"{host.url}/shop.git", ACCESS, most_bytes=1024**2, path="web")
        assert (tree / "web" / "index.html").read_text() == "small"
        assert not (tree / "big.bin").exists()
        again = tree.with_name("again")
        await fetch(f"{host.url}/shop.git", ACCESS, most_bytes=1024**2, path="web", target=again)
        assert (again / "web" / "index.html").read_text() == "small"

    async def test_pointers_of_lfs_are_noted(self, hosted: Any, host: HttpHost, fetch: Any) -> None:
        pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 12345\n"
        files = {".gitattributes": "*.psd filter=lfs diff=lfs merge=lfs -text\n", "art.psd": pointer}
        hosted("shop", files)
        log = Log()
        await fetch(f"{host.url}/shop.git", ACCESS, log=log)
        assert any("1 file is kept in Git LFS" in line and "art.psd" in line for line in log.lines)


@pytest.mark.skipif(SSHD is None, reason="there is no sshd (Debian: openssh-server)")
class TestDeployKey:
    async def test_opens_the_repository_and_the_hosts_key_is_pinned(
        self, hosted: Any, fetch: Any, tmp_path: Path
    ) -> None:
        bare = hosted("shop", {"a.txt": "one"})
        private, public = _key()
        known_hosts = tmp_path / "known hosts"
        access = GitAccess(private_key=private, known_hosts=known_hosts)
        with ssh_host(tmp_path / "first") as host:
            with pytest.raises(SourceUnavailable, match="asks for a login"):
                await fetch(host.url(bare), access)
            host.allow(public)
            assert ((await fetch(host.url(bare), access)) / "a.txt").read_text() == "one"
            assert f"[127.0.0.1]:{host.port} ssh-ed25519" in known_hosts.read_text()
        with ssh_host(tmp_path / "second", port=host.port) as other:
            other.allow(public)
            with pytest.raises(SourceUnavailable, match="another key than before"):
                await fetch(other.url(bare), access, target=tmp_path / "again")
            known_hosts.unlink()
            await newest_commit(other.url(bare), "main", access)


def _with_submodule(hosted: Any, tmp_path: Path, library: Path, url: str) -> None:
    """Make `shop` with a submodule that its `.gitmodules` says is at `url`."""
    bare = hosted("shop", {"api/main.py": "print()"})
    work = tmp_path / "work" / "shop"
    git(work, "submodule", "--quiet", "add", str(library), "vendor/library")
    git(work, "config", "--file", ".gitmodules", "submodule.vendor/library.url", url)
    git(work, "commit", "-qam", "Use the library")
    git(work, "push", "-q", str(bare), "main")


def _spy_on_git(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Write down what git is called with; git itself is the real one."""
    seen = tmp_path / "seen"
    real = subprocess.run(["which", "git"], capture_output=True, text=True, check=True).stdout.strip()
    folder = tmp_path / "bin"
    folder.mkdir()
    spy = folder / "git"
    spy.write_text(f'#!/bin/sh\nprintf "%s " "$@" >> {seen}\nexec {real} "$@"\n')
    spy.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    return seen


def _key() -> tuple[str, str]:
    key = Ed25519PrivateKey.generate()
    openssh = serialization.PrivateFormat.OpenSSH
    private = key.private_bytes(serialization.Encoding.PEM, openssh, serialization.NoEncryption())
    public = key.public_key().public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH)
    return private.decode(), public.decode()
