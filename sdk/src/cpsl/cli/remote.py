"""Connect the git repository of a folder with a capsule: the remote, and who answers for its password."""

from __future__ import annotations

import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

from cpsl._problems import CapsuleError

REMOTE = "capsule"


class NoRepository(CapsuleError):
    """The folder is not in a git repository, or there is no git."""

    code = "no_repository"


class Repository:
    """The repository that the current folder belongs to. Raises NoRepository."""

    def __init__(self) -> None:
        if shutil.which("git") is None:
            raise NoRepository("git is not installed.", hint="apt install git")
        found = self._run("rev-parse", "--show-toplevel")
        if found.returncode != 0:
            raise NoRepository("This folder is not in a git repository.", hint="git init")
        self.root = Path(found.stdout.strip())

    @property
    def branch(self) -> str:
        """The branch that is checked out; `main` when none is."""
        return self._run("symbolic-ref", "--short", "--quiet", "HEAD").stdout.strip() or "main"

    @property
    def folder(self) -> str:
        """The current folder in the repository; empty at its root."""
        return self._run("rev-parse", "--show-prefix").stdout.strip().rstrip("/")

    def connect(self, url: str) -> None:
        """Add the remote, or point it to `url`; its password comes from the login of this program."""
        is_known = self._run("remote", "get-url", REMOTE).returncode == 0
        self._change("remote", "set-url" if is_known else "add", REMOTE, url)
        parts = urlsplit(url)
        key = f"credential.{parts.scheme}://{parts.netloc}.helper"
        # The empty one keeps other helpers out, which would store the token.
        self._change("config", "--local", "--replace-all", key, "")
        self._change("config", "--local", "--add", key, f"!{shlex.join(own_command())} git credential")

    def _change(self, *arguments: str) -> None:
        done = self._run(*arguments)
        if done.returncode != 0:
            raise CapsuleError(f"git {arguments[0]}: {done.stderr.strip()}", code="git_failed")

    def _run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(["git", *arguments], capture_output=True, text=True, check=False)


def own_command() -> list[str]:
    """Return how this program is called from anywhere."""
    beside = Path(sys.executable).with_name("capsule")
    if beside.is_file():
        return [str(beside)]
    return [shutil.which("capsule") or "capsule"]
