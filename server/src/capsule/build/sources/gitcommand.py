"""Run git as a child that knows nothing of the operating-system user's settings, keys and passwords."""

import asyncio
import contextlib
import os
import signal
import tempfile
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

_PASSED = ("PATH", "LANG", "SSL_CERT_FILE", "SSL_CERT_DIR", "GIT_SSL_CAINFO", "CURL_CA_BUNDLE",
           "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY",
           "http_proxy", "https_proxy", "no_proxy", "all_proxy")  # fmt: skip


@dataclass(frozen=True)
class GitResult:
    code: int
    output: str
    errors: str


def plain_environment() -> dict[str, str]:
    """Return an environment in which git asks nobody, reads no configuration and runs no filter."""
    return {name: os.environ[name] for name in _PASSED if name in os.environ} | {
        "LC_ALL": "C",
        "HOME": "/nonexistent",
        "GIT_CONFIG_GLOBAL": "/dev/null",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_ASKPASS": "",
        "SSH_ASKPASS": "",
        "GIT_ALLOW_PROTOCOL": "http:https:ssh:git:file",
        "GIT_LFS_SKIP_SMUDGE": "1",
    }


def settings_environment(settings: dict[str, str]) -> dict[str, str]:
    """Return the variables that give git these settings, for it and everything it starts."""
    env = {"GIT_CONFIG_COUNT": str(len(settings))}
    for number, (key, value) in enumerate(settings.items()):
        env[f"GIT_CONFIG_KEY_{number}"] = key
        env[f"GIT_CONFIG_VALUE_{number}"] = value
    return env


@contextlib.asynccontextmanager
async def own_home() -> AsyncIterator[tuple[Path, dict[str, str]]]:
    """Yield a folder that is removed at the end, and an environment with it as home."""
    with tempfile.TemporaryDirectory(prefix="capsule-git-") as name:
        home = Path(name)
        config = home / "config"
        # The other side of a local fetch reads only files, so a setting on the command line is not enough.
        config.write_text("[safe]\n\tdirectory = *\n")
        yield home, plain_environment() | {"HOME": name, "GIT_CONFIG_GLOBAL": str(config)}


async def run_git(*arguments: str, env: dict[str, str]) -> GitResult:
    """Run git to its end; on cancellation it is killed with everything it started."""
    process = await asyncio.create_subprocess_exec(
        "git",
        *arguments,
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
    return GitResult(
        process.returncode or 0, output.decode(errors="replace"), errors.decode(errors="replace")
    )


def last_line(text: str) -> str:
    """Return what git says is wrong, without `fatal:`."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    for line in lines:
        if line.startswith(("fatal:", "error:")):
            return line.partition(":")[2].strip()
    return lines[-1] if lines else "unknown reason"
