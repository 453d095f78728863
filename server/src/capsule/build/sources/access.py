"""Give git the access it needs for one repository: a token or a key, never on a command line or in a URL."""

import contextlib
import shlex
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from capsule.build.sources.gitcommand import own_home, settings_environment

_HELPER = '!f() { test "$1" = get && printf "username=%s\\npassword=%s\\n" "$CAPSULE_GIT_USER" "$CAPSULE_GIT_TOKEN"; }; f'  # noqa: E501


@dataclass(frozen=True)
class GitAccess:
    """Empty: whatever is public."""

    token: str = field(default="", repr=False)
    """Sent to the host of the repository's own address only."""
    user: str = "x-access-token"
    private_key: str = field(default="", repr=False)
    """In OpenSSH's format."""
    known_hosts: Path | None = None
    """Keeps the keys of hosts as they were at first; another key later is refused."""

    def hide(self, text: str) -> str:
        """Return the text without the token."""
        return text.replace(self.token, "[hidden]") if self.token else text


@contextlib.asynccontextmanager
async def git_environment(url: str, access: GitAccess) -> AsyncIterator[dict[str, str]]:
    """Yield the environment in which git may fetch `url`."""
    async with own_home() as (home, env):
        key = home / "key"
        if access.private_key:
            key.touch(mode=0o600)
            key.write_text(access.private_key)
        known_hosts = access.known_hosts or home / "known_hosts"
        known_hosts.parent.mkdir(parents=True, exist_ok=True)
        env["GIT_SSH_COMMAND"] = _ssh(key if access.private_key else Path("/dev/null"), known_hosts)
        settings: dict[str, str] = {}
        parts = urlsplit(url)
        if access.token and parts.scheme in ("http", "https"):
            settings[f"credential.{parts.scheme}://{parts.netloc}.helper"] = _HELPER
            env |= {"CAPSULE_GIT_USER": access.user, "CAPSULE_GIT_TOKEN": access.token}
        yield env | settings_environment(settings)


def _ssh(key: Path, known_hosts: Path) -> str:
    options = {
        "BatchMode": "yes",
        "IdentitiesOnly": "yes",
        "IdentityFile": f'"{key}"',
        "IdentityAgent": "none",
        "StrictHostKeyChecking": "accept-new",
        "UserKnownHostsFile": f'"{known_hosts}"',  # ssh would take blanks for the end of the name
        "GlobalKnownHostsFile": "/dev/null",
        "UpdateHostKeys": "no",
        "ConnectTimeout": "20",
    }
    # git hands this to a shell; the folder's name is the installation's, not a user's, and still quoted.
    return shlex.join(["ssh", "-F", "/dev/null", *(f"-o{name}={value}" for name, value in options.items())])
