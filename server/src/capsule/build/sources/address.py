"""Which repository addresses are accepted, and how they are shown. Contacts nobody."""

import re
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from capsule.build.contract import SourceUnavailable

_SCHEMES = ("https", "http", "ssh", "git", "file")
_SCP_LIKE = re.compile(r"^[A-Za-z0-9._-]+@[A-Za-z0-9.-]+:[^:]\S*$")
_BRANCH = re.compile(
    r"^(?!.*(\.\.|@\{|//|\.lock$|\.$|/$))[^\s~^:?*\[\\\x00-\x1f\x7f/-][^\s~^:?*\[\\\x00-\x1f\x7f]*$"
)


def check_url(url: str, *, local: bool = True) -> str:
    """Return `url` when git may be given it.

    Accepted: http(s), ssh (also `user@host:path`), git, and with `local` absolute paths and file://.
    Raises SourceUnavailable for everything else; git would take `ext::sh -c …` and options for addresses.
    """
    hint = "Give an address such as https://host/owner/repository.git."
    if not url:
        raise SourceUnavailable("No repository address is given.", hint=hint, field="url")
    if any(ord(char) <= 32 or ord(char) == 127 for char in url) or url.startswith("-") or "::" in url:
        raise SourceUnavailable(f"The repository address {url!r} is not accepted.", hint=hint, field="url")
    if url.startswith("/") or url.startswith("file://"):
        if not local:
            raise SourceUnavailable(
                "Repositories on the server's own disk are switched off.", hint=hint, field="url"
            )
        return url
    if _SCP_LIKE.match(url):
        return url
    try:
        parts = urlsplit(url)
        named = bool(parts.hostname) and not (parts.hostname or "").startswith("-")
    except ValueError:
        named = False
    if not named or parts.scheme not in _SCHEMES:
        raise SourceUnavailable(
            f"The repository address {public_url(url)!r} is not accepted.", hint=hint, field="url"
        )
    return url


def check_branch(branch: str) -> str:
    """Return `branch` when git may be given it; empty means the repository's default branch."""
    if branch and not _BRANCH.match(branch):
        raise SourceUnavailable(
            f"{branch!r} is not a branch name.", hint="Give a name such as `main`.", field="branch"
        )
    return branch


def public_url(url: str) -> str:
    """Return `url` without the user and password in it, fit for logs and messages."""
    try:
        parts = urlsplit(url)
        if parts.scheme in _SCHEMES and "@" in parts.netloc:
            return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
    except ValueError:
        pass
    return url


def is_local(url: str) -> bool:
    return url.startswith("/") or url.startswith("file://")


def local_path(url: str) -> Path:
    return Path(urlsplit(url).path if url.startswith("file://") else url)
