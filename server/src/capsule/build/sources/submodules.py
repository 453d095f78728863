"""Fetch the submodules of a checked out tree, with the same access and nothing else."""

import hashlib
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from capsule.build.contract import LogSink, SourceUnavailable
from capsule.build.sources.address import check_url, is_local, public_url
from capsule.build.sources.commits import write_tree
from capsule.build.sources.gitcommand import last_line, run_git
from capsule.build.sources.mirror import FETCH, fetch_within, make_mirror

_DEEPEST = 5


@dataclass(frozen=True)
class _Submodule:
    path: str
    url: str
    commit: str


class Submodules:
    """`url` is the repository's own address, which relative addresses of submodules start from."""

    def __init__(self, url: str, mirror: Path, env: dict[str, str], log: LogSink, most_bytes: int) -> None:
        self._url = url
        self._mirror = mirror
        self._env = env
        self._log = log
        self._most_bytes = most_bytes

    async def fetch(
        self, repository: Path, commit: str, tree: Path, *, below: str = "", depth: int = 0
    ) -> None:
        """Write each submodule into its folder of `tree`; those outside of the folder `below` are left out.

        Raises SourceUnavailable naming path and address of the first that cannot be had.
        """
        if (tree / ".gitmodules").is_symlink() or not (tree / ".gitmodules").is_file():
            return
        for found in await self._listed(repository, commit, tree):
            if below and not PurePosixPath(found.path).is_relative_to(below):
                continue
            if depth >= _DEEPEST:
                raise _unavailable(found, f"there are more than {_DEEPEST} in each other")
            await self._fetch_one(found, tree, depth)

    async def _fetch_one(self, found: _Submodule, tree: Path, depth: int) -> None:
        try:
            check_url(found.url, local=is_local(self._url))
        except SourceUnavailable as exc:
            raise _unavailable(found, "its address is not accepted") from exc
        self._log.write(f"Submodule {found.path}: {public_url(found.url)}", stream="platform")
        name = hashlib.sha256(found.url.encode()).hexdigest()[:20]
        mirror = self._mirror.absolute() / "capsule-submodules" / name
        await make_mirror(mirror, self._env)
        argv = (*FETCH, "--depth=1", "--", found.url, found.commit)
        fetched = await fetch_within(
            *argv,
            mirror=mirror,
            env=self._env,
            most_bytes=self._most_bytes,
            shown=public_url(found.url),
        )
        if fetched.code != 0:
            raise _unavailable(found, last_line(fetched.errors).replace(found.url, public_url(found.url)))
        target = tree / found.path
        if not target.resolve().is_relative_to(tree.resolve()):
            raise _unavailable(found, "its path leaves the repository")
        written = await write_tree(mirror, found.commit, target, self._env)
        if written.code != 0:
            raise _unavailable(found, last_line(written.errors))
        nested = Submodules(found.url, mirror, self._env, self._log, self._most_bytes)
        await nested.fetch(mirror, found.commit, target, depth=depth + 1)

    async def _listed(self, repository: Path, commit: str, tree: Path) -> list[_Submodule]:
        argv = ("config", "--file", str(tree / ".gitmodules"), "--null", "--get-regexp", r"^submodule\.")
        written = await run_git(*argv, env=self._env)
        told: dict[str, dict[str, str]] = {}
        for entry in written.output.split("\0"):
            key, _, value = entry.partition("\n")
            name, _, field = key.removeprefix("submodule.").rpartition(".")
            told.setdefault(name, {})[field] = value
        links = await self._links(repository, commit)
        return [
            _Submodule(about["path"], absolute(about.get("url", ""), self._url), links[about["path"]])
            for about in told.values()
            if about.get("path") in links
        ]

    async def _links(self, repository: Path, commit: str) -> dict[str, str]:
        """Return path → commit of what the tree links to."""
        argv = (f"--git-dir={repository}", "ls-tree", "-r", "-z", "--full-tree", commit)
        listed = await run_git(*argv, env=self._env)
        links = {}
        for entry in listed.output.split("\0"):
            about, _, path = entry.partition("\t")
            mode, _, rest = about.partition(" ")
            if mode == "160000":
                links[path] = rest.split(" ")[1]
        return links


def absolute(url: str, base: str) -> str:
    """Resolve `../other.git` against the repository's address, as git does."""
    if not url.startswith(("./", "../")):
        return url
    base = base.rstrip("/")
    while url.startswith(("./", "../")):
        step, _, url = url.partition("/")
        if step == "..":
            cut = max(base.rfind("/"), base.rfind(":"))
            base = base[:cut] if base[cut] == "/" else base[: cut + 1]
    return f"{base}{url}" if base.endswith(":") else f"{base}/{url}"


def _unavailable(found: _Submodule, reason: str) -> SourceUnavailable:
    return SourceUnavailable(
        f"The submodule {found.path!r} cannot be fetched from {public_url(found.url)}: {reason}.",
        hint="It is fetched with the same access as the repository; allow that there, or leave it out.",
    )
