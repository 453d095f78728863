"""The bare repository that a capsule's owners push to: make it, look at commits, write their trees.

Runs nothing of what was pushed. Commits that are not accepted yet lie in git's quarantine; `env` says where.
"""

import asyncio
import contextlib
import os
import secrets
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from capsule.build.contract import SourceUnavailable
from capsule.build.sources.commits import Commit, find_commit, write_tree
from capsule.build.sources.gitcommand import (
    GitResult,
    last_line,
    plain_environment,
    run_git,
    settings_environment,
)
from capsule.build.trees import remove_tree

_MIB = 1024 * 1024


@dataclass(frozen=True)
class PushLimits:
    repository_bytes: int = 2048 * _MIB
    """Of one repository on the disk, and of one checked out tree."""
    file_bytes: int = 512 * _MIB


_HOOK = """#!{python} -IS
import json, os, socket, sys
to_server = socket.socket(fileno=int(os.environ["CAPSULE_PUSH"]))
updates = [line.split() for line in sys.stdin]
quarantine = {{name: value for name, value in os.environ.items() if name.startswith("GIT_") and (
    "OBJECT_DIRECTORIES" in name or "OBJECT_DIRECTORY" in name or name == "GIT_QUARANTINE_PATH")}}
to_server.sendall(json.dumps({{"updates": updates, "env": quarantine}}).encode() + b"\\n")
for line in to_server.makefile("rb"):
    if line in (b"accepted\\n", b"refused\\n"):
        sys.exit(0 if line == b"accepted\\n" else 1)
    sys.stderr.buffer.write(line[1:])
    sys.stderr.buffer.flush()
sys.exit(1)
"""
"""Asks the server, by the socket it was started with. The server's end closes when the server is gone, and
then the push is refused and git throws away what came."""


class PushRepository:
    """One capsule's repository. Branches move only when the server says so."""

    def __init__(self, folder: Path, limits: PushLimits | None = None) -> None:
        self.folder = folder
        self.limits = limits or PushLimits()

    @property
    def _git_dir(self) -> str:
        return f"--git-dir={self.folder}"

    async def prepare(self, branch: str) -> None:
        """Make the repository when there is none; `branch` is what a clone gets."""
        if not (self.folder / "HEAD").exists():
            self.folder.parent.mkdir(parents=True, exist_ok=True)
            fresh = self.folder.with_name(f"{self.folder.name}.{secrets.token_hex(4)}")
            made = await run_git(
                "init", "--quiet", "--bare", "--template=", str(fresh), env=plain_environment()
            )
            if made.code != 0:
                raise SourceUnavailable(
                    f"git could not make the repository: {last_line(made.errors)}", hint="capsule doctor"
                )
            try:
                fresh.rename(self.folder)
            except OSError:  # somebody else's first push was quicker
                await asyncio.to_thread(remove_tree, fresh)
        head = f"ref: refs/heads/{branch}\n"
        if (self.folder / "HEAD").read_text() != head:
            fresh = self.folder / f"HEAD.{secrets.token_hex(4)}"
            fresh.write_text(head)
            fresh.replace(self.folder / "HEAD")

    async def size(self) -> int:
        return await asyncio.to_thread(_size, self.folder)

    def environment(self, hooks: Path, *, most_bytes: int) -> dict[str, str]:
        """Return what `git http-backend` is to be started with. `hooks` is `write_hooks`' folder."""
        settings = {
            "core.hooksPath": str(hooks),
            "http.receivepack": "true",
            "receive.fsckObjects": "true",
            "receive.maxInputSize": str(max(most_bytes, 1)),
            "receive.denyDeleteCurrent": "ignore",
            "receive.autogc": "false",
            "receive.advertisePushOptions": "false",
            "transfer.unpackLimit": "200",
            "uploadpack.allowFilter": "true",
            "uploadpack.allowAnySHA1InWant": "false",
            "core.logAllRefUpdates": "false",
            "gc.auto": "0",
            "safe.directory": "*",
        }
        return plain_environment() | settings_environment(settings)

    async def find(self, revision: str, env: Mapping[str, str] | None = None) -> Commit | None:
        """Return the commit that a branch or id names."""
        return await find_commit(self.folder, revision, plain_environment() | dict(env or {}))

    async def check_tree(self, revision: str, env: Mapping[str, str] | None = None) -> None:
        """Raise SourceUnavailable when the tree has files above the limits, which a small pack can hide."""
        listed = await self._git("ls-tree", "-r", "-l", "-z", "--full-tree", revision, env=env)
        if listed.code != 0:
            raise SourceUnavailable(f"git could not list the files: {last_line(listed.errors)}")
        total = 0
        for entry in listed.output.split("\0"):
            about, _, name = entry.partition("\t")
            size = about.rpartition(" ")[2]
            if not size.isdigit():
                continue
            total += int(size)
            if int(size) > self.limits.file_bytes:
                raise SourceUnavailable(
                    f"The file {name!r} has {int(size) / _MIB:.1f} MiB, "
                    f"more than {self.limits.file_bytes / _MIB:.0f}.",
                    hint="Keep large files out of the repository, such as in a storage capsule.",
                )
        if total > self.limits.repository_bytes:
            raise SourceUnavailable(
                f"The files of the commit have {total // _MIB} MiB together, more than "
                f"{self.limits.repository_bytes // _MIB}.",
                hint="Keep large files out of the repository, such as in a storage capsule.",
            )

    async def write(self, commit: str, target: Path, env: Mapping[str, str] | None = None) -> None:
        """Write the commit's tree into the new folder `target`."""
        written = await write_tree(self.folder, commit, target, plain_environment() | dict(env or {}))
        if written.code != 0:
            await asyncio.to_thread(remove_tree, target)
            raise SourceUnavailable(f"git could not write the files: {last_line(written.errors)}")

    async def tidy(self) -> None:
        """Pack what lies loose and drop what no branch reaches."""
        await self._git("-c", "gc.auto=500", "-c", "gc.autoDetach=false", "gc", "--auto", "--quiet",
                        "--prune=2.days.ago")  # fmt: skip

    async def _git(self, *arguments: str, env: Mapping[str, str] | None = None) -> GitResult:
        return await run_git(self._git_dir, *arguments, env=plain_environment() | dict(env or {}))


def write_hooks(folder: Path) -> Path:
    """Write the hook that asks the server, and return its folder."""
    folder.mkdir(parents=True, exist_ok=True)
    hook = folder / "pre-receive"
    text = _HOOK.format(python=sys.executable)
    if not hook.exists() or hook.read_text() != text:
        fresh = folder / "pre-receive.new"
        fresh.write_text(text)
        fresh.chmod(0o755)
        fresh.replace(hook)
    return folder


def sweep_quarantines(repositories: Path) -> None:
    """Remove what pushes brought that were decided by nobody: their server was killed."""
    for quarantine in repositories.glob("*.git/objects/tmp_objdir-incoming-*"):
        remove_tree(quarantine)


def _size(folder: Path) -> int:
    total = 0
    for parent, _, files in os.walk(folder):
        for name in files:
            with contextlib.suppress(OSError):
                total += os.lstat(os.path.join(parent, name)).st_size
    return total
