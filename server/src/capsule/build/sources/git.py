"""Bring one branch of a git repository onto the disk, by way of a bare mirror that keeps what was fetched.

Runs nothing of the repository: no hooks, no filters. Asks nobody for a password and uses no key or
configuration of the operating-system user the platform runs as.
"""

import asyncio
import weakref
from pathlib import Path

from capsule.build.contract import LogSink, SourceUnavailable
from capsule.build.sources.access import GitAccess, git_environment
from capsule.build.sources.address import check_branch, check_url, is_local, local_path, public_url
from capsule.build.sources.commits import Commit, find_commit, write_tree
from capsule.build.sources.explained import explain, is_remote_trouble
from capsule.build.sources.gitcommand import GitResult, run_git
from capsule.build.sources.mirror import FETCH, TooMuch, fetch_within, make_mirror
from capsule.build.sources.pointers import note_pointers
from capsule.build.sources.submodules import Submodules
from capsule.build.trees import remove_tree

_locks: weakref.WeakValueDictionary[Path, asyncio.Lock] = weakref.WeakValueDictionary()
_MOST_BYTES = 2 * 1024**3


async def checkout(
    url: str,
    *,
    branch: str,
    mirror: Path,
    target: Path,
    log: LogSink,
    local: bool = True,
    seconds: float = 300.0,
    access: GitAccess | None = None,
    path: str = "",
    most_bytes: int = _MOST_BYTES,
) -> Commit:
    """Write the newest commit of `branch` (empty: the default branch) into the new folder `target`.

    `mirror` is kept for the next time; two fetches into the same mirror wait for each other. Of a
    repository above `most_bytes` only the folder `path` is fetched, where there is one. Raises
    SourceUnavailable naming address and branch, and then leaves no `target`.
    """
    check_url(url, local=local)
    check_branch(branch)
    access = access or GitAccess()
    shown = public_url(url)
    try:
        async with (
            asyncio.timeout(seconds),
            _locks.setdefault(mirror, asyncio.Lock()),
            git_environment(url, access) as env,
        ):
            fetching = _Fetching(url, branch, mirror.absolute(), env, log, most_bytes)
            found = await fetching.run(target, path)
            note_pointers(target, log)
            submodules = Submodules(url, mirror, env, log, most_bytes)
            await submodules.fetch(mirror, found.id, target, below=path)
    except TimeoutError:
        remove_tree(target)
        raise SourceUnavailable(
            f"The repository {shown} did not answer within {seconds:g} s.",
            hint="Check the address, or try again later.", field="url",
        ) from None  # fmt: skip
    except BaseException:
        remove_tree(target)
        raise
    return found


async def newest_commit(url: str, branch: str, access: GitAccess, *, seconds: float = 30.0) -> str:
    """Return the id of the branch's newest commit, without fetching it. Raises SourceUnavailable."""
    check_url(url)
    check_branch(branch)
    try:
        async with asyncio.timeout(seconds), git_environment(url, access) as env:
            ref = f"refs/heads/{branch}" if branch else "HEAD"
            listed = await run_git("ls-remote", "--", url, ref, env=env)
    except TimeoutError:
        raise SourceUnavailable(f"The host of {public_url(url)} did not answer.", field="url") from None
    if listed.code != 0:
        raise explain(listed.errors, url)
    return listed.output.partition("\t")[0].strip()


class _Fetching:
    def __init__(
        self, url: str, branch: str, mirror: Path, env: dict[str, str], log: LogSink, most_bytes: int
    ) -> None:
        self._url = url
        self._branch = branch
        self._mirror = mirror
        self._env = env
        self._log = log
        self._most_bytes = most_bytes

    async def run(self, target: Path, path: str) -> Commit:
        target.mkdir(parents=True)
        try:
            commit = await self._fetch()
        except TooMuch:
            if not path:
                raise
            self._say(f"The repository is large; only the folder {path} is fetched.")
            commit = await self._fetch("--filter=blob:none")
        else:
            path = "."
        written = await write_tree(self._mirror, commit, target, self._env, path=path)
        if written.code != 0 and path == ".":
            raise explain(written.errors, self._url)
        found = await find_commit(self._mirror, commit, self._env)
        return found or Commit(commit, "")

    async def _fetch(self, *options: str) -> str:
        """Return the commit that was fetched; a mirror that was left damaged is made anew once."""
        if is_local(self._url) and not local_path(self._url).is_dir():
            raise explain(f"fatal: '{self._url}' does not appear to be a git repository", self._url)
        known = self._mirror.exists()
        result = await self._fetch_once(*options)
        is_ours = str(self._mirror) in result.errors or not is_remote_trouble(result.errors)
        if result.code != 0 and known and is_ours:
            self._say("The copy kept of the repository is damaged; fetching it anew.")
            remove_tree(self._mirror)
            result = await self._fetch_once(*options)
        if result.code != 0:
            await self._explain(result.errors)
        argv = (f"--git-dir={self._mirror}", "rev-parse", "--verify", "FETCH_HEAD^{commit}")
        return (await run_git(*argv, env=self._env)).output.strip()

    async def _fetch_once(self, *options: str) -> GitResult:
        await make_mirror(self._mirror, self._env)
        ref = self._branch or "HEAD"
        result = await self._git(*FETCH, *options, "--depth=1", "--", self._url, ref)
        if result.code != 0 and "shallow" in result.errors:
            # Plain file servers ("dumb http") only give whole histories.
            self._say("The host gives no single commits; fetching the whole history.")
            result = await self._git(*FETCH, "--", self._url, ref)
        return result

    async def _git(self, *arguments: str) -> GitResult:
        return await fetch_within(
            *arguments,
            mirror=self._mirror,
            env=self._env,
            most_bytes=self._most_bytes,
            shown=public_url(self._url),
        )

    async def _explain(self, errors: str) -> None:
        shown = public_url(self._url)
        if "find remote ref" not in errors:
            raise explain(errors, self._url)
        listed = await run_git("ls-remote", "--heads", "--", self._url, env=self._env)
        names = [line.partition("refs/heads/")[2] for line in listed.output.splitlines()]
        if not names:
            raise SourceUnavailable(
                f"The repository {shown} has no commits yet.", hint="Push a branch to it.", field="url"
            )
        raise SourceUnavailable(
            f"The repository {shown} has no branch {self._branch!r}.",
            hint=f"Branches there: {', '.join(sorted(names)[:12])}.",
            field="branch",
        )

    def _say(self, text: str) -> None:
        self._log.write(text, stream="platform")
