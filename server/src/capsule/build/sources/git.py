"""Bring one branch of a git repository onto the disk, by way of a bare mirror that keeps what was fetched.

Runs nothing of the repository: no hooks, no filters, no submodules. Asks nobody for a password and uses
no key or configuration of the operating-system user the platform runs as.
"""

import asyncio
import contextlib
import os
import signal
import tempfile
import weakref
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from capsule.build.contract import LogSink, SourceUnavailable
from capsule.build.sources.address import check_branch, check_url, is_local, local_path, public_url
from capsule.build.trees import remove_tree

_PASSED = ("PATH", "LANG", "SSL_CERT_FILE", "SSL_CERT_DIR", "GIT_SSL_CAINFO", "CURL_CA_BUNDLE",
           "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY",
           "http_proxy", "https_proxy", "no_proxy", "all_proxy")  # fmt: skip
_SSH = "ssh -F /dev/null -oBatchMode=yes -oIdentitiesOnly=yes -oIdentityFile=/dev/null -oStrictHostKeyChecking=accept-new -oUserKnownHostsFile=/dev/null -oConnectTimeout=20"  # noqa: E501

_locks: weakref.WeakValueDictionary[Path, asyncio.Lock] = weakref.WeakValueDictionary()


@dataclass(frozen=True)
class Checkout:
    commit: str
    subject: str
    """First line of the commit's message."""


@dataclass(frozen=True)
class _Result:
    code: int
    output: str
    errors: str


async def checkout(
    url: str,
    *,
    branch: str,
    mirror: Path,
    target: Path,
    log: LogSink,
    local: bool = True,
    seconds: float = 300.0,
) -> Checkout:
    """Write the newest commit of `branch` (empty: the default branch) into the new folder `target`.

    `mirror` is kept for the next time; two fetches into the same mirror wait for each other. Raises
    SourceUnavailable naming address and branch, and then leaves no `target`.
    """
    check_url(url, local=local)
    check_branch(branch)
    shown = public_url(url)
    try:
        async with asyncio.timeout(seconds), _locks.setdefault(mirror, asyncio.Lock()), _environment() as env:
            fetching = _Fetching(url, branch, mirror, env, log)
            commit = await fetching.fetch()
            found = await fetching.write(commit, target)
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


class _Fetching:
    def __init__(self, url: str, branch: str, mirror: Path, env: dict[str, str], log: LogSink) -> None:
        self._url = url
        self._branch = branch
        self._mirror = mirror.absolute()
        self._env = env
        self._log = log

    async def fetch(self) -> str:
        """Return the commit that was fetched; a mirror that was left damaged is made anew once."""
        if is_local(self._url) and not local_path(self._url).is_dir():
            raise self._failed(f"fatal: '{self._url}' does not appear to be a git repository")
        known = self._mirror.exists()
        result = await self._fetch_once()
        is_ours = str(self._mirror) in result.errors or not _is_remote_trouble(result.errors)
        if result.code != 0 and known and is_ours:
            self._log.write(
                "The copy kept of the repository is damaged; fetching it anew.", stream="platform"
            )
            remove_tree(self._mirror)
            result = await self._fetch_once()
        if result.code != 0:
            await self._explain(result.errors)
        return (await self._git("rev-parse", "--verify", "FETCH_HEAD^{commit}")).output.strip()

    async def write(self, commit: str, target: Path) -> Checkout:
        target.mkdir(parents=True)
        index = target.with_name(target.name + ".index")
        env = {"GIT_INDEX_FILE": str(index), "GIT_WORK_TREE": str(target)}
        try:
            # The pathspec is looked up from the working directory, so that must be the target.
            result = await self._git(
                "-C", str(target), "-c", "core.bare=false", "checkout", "--force", commit, "--", ".", env=env
            )
        finally:
            index.unlink(missing_ok=True)
        if result.code != 0 and "did not match any file" not in result.errors:
            raise self._failed(result.errors)
        described = await self._git("log", "-1", "--format=%s", commit)
        return Checkout(commit, described.output.strip())

    async def _fetch_once(self) -> _Result:
        if not self._mirror.exists():
            self._mirror.parent.mkdir(parents=True, exist_ok=True)
            created = await _run(["git", "init", "--quiet", "--bare", str(self._mirror)], self._env)
            if created.code != 0:
                raise SourceUnavailable(
                    f"git could not make its mirror: {_last_line(created.errors)}", hint="capsule doctor"
                )
        argv = ["fetch", "--quiet", "--force", "--no-tags", "--no-recurse-submodules", "--no-auto-gc"]
        ref = self._branch or "HEAD"
        result = await self._git(*argv, "--depth=1", "--", self._url, ref)
        if result.code != 0 and "shallow" in result.errors:
            # Plain file servers ("dumb http") only give whole histories.
            self._log.write(
                "The host gives no single commits; fetching the whole history.", stream="platform"
            )
            result = await self._git(*argv, "--", self._url, ref)
        return result

    async def _explain(self, errors: str) -> None:
        shown = public_url(self._url)
        if "find remote ref" not in errors:
            raise self._failed(errors)
        listed = await self._git("ls-remote", "--heads", "--", self._url)
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

    def _failed(self, errors: str) -> SourceUnavailable:
        shown = public_url(self._url)
        lowered = errors.lower()
        if any(sign in lowered for sign in _SIGNS_OF_AUTH):
            return SourceUnavailable(
                f"The repository {shown} asks for a login.",
                hint="Check the address; a private repository needs an access token in it: https://<token>@host/….",
                field="url",
            )
        if any(sign in lowered for sign in _SIGNS_OF_ABSENCE):
            return SourceUnavailable(
                f"There is no repository at {shown}.", hint="Check the address.", field="url"
            )
        if any(sign in lowered for sign in _SIGNS_OF_SILENCE):
            return SourceUnavailable(
                f"The host of {shown} cannot be reached.",
                hint="Check the address and the network.",
                field="url",
            )
        return SourceUnavailable(
            f"git could not fetch {shown}: {_last_line(errors).replace(self._url, shown)}",
            hint="Check address and branch.", field="url",
        )  # fmt: skip

    async def _git(self, *arguments: str, env: Mapping[str, str] | None = None) -> _Result:
        return await _run(["git", f"--git-dir={self._mirror}", *arguments], {**self._env, **(env or {})})


# git tells these apart by text only; LC_ALL=C keeps the text the same everywhere.
_SIGNS_OF_AUTH = ("could not read username", "could not read password", "authentication failed",
                  "permission denied", "terminal prompts disabled", "returned error: 403",
                  "host key verification failed")  # fmt: skip
_SIGNS_OF_ABSENCE = ("does not appear to be a git repository", "not found", "no such file or directory",
                     "not a git repository")  # fmt: skip
_SIGNS_OF_SILENCE = ("could not resolve host", "name or service not known", "connection refused",
                     "connection timed out", "failed to connect", "couldn't connect",
                     "temporary failure in name resolution", "unable to look up")  # fmt: skip


def _is_remote_trouble(errors: str) -> bool:
    signs = (*_SIGNS_OF_AUTH, *_SIGNS_OF_ABSENCE, *_SIGNS_OF_SILENCE, "find remote ref")
    return any(sign in errors.lower() for sign in signs)


@contextlib.asynccontextmanager
async def _environment() -> AsyncIterator[dict[str, str]]:
    with tempfile.TemporaryDirectory(prefix="capsule-git-") as home:
        config = Path(home) / "config"
        # The other side of a local fetch reads only files, so a setting on the command line is not enough.
        config.write_text("[safe]\n\tdirectory = *\n")
        env = {name: os.environ[name] for name in _PASSED if name in os.environ}
        yield env | {
            "HOME": home,
            "LC_ALL": "C",
            "GIT_CONFIG_GLOBAL": str(config),
            "GIT_TERMINAL_PROMPT": "0",
            "GIT_ALLOW_PROTOCOL": "http:https:ssh:git:file",
            "GIT_SSH_COMMAND": _SSH,
            "GIT_ASKPASS": "",
            "SSH_ASKPASS": "",
            "GIT_LFS_SKIP_SMUDGE": "1",
        }


async def _run(argv: list[str], env: dict[str, str]) -> _Result:
    process = await asyncio.create_subprocess_exec(
        *argv,
        env=env,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        start_new_session=True,
    )
    try:
        output, errors = await process.communicate()
    except BaseException:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()
        raise
    return _Result(process.returncode or 0, output.decode(errors="replace"), errors.decode(errors="replace"))


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    for line in lines:
        if line.startswith(("fatal:", "error:")):
            return line.partition(":")[2].strip()
    return lines[-1] if lines else "unknown reason"
