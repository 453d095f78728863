"""Address of the page at a git host that shows what changed between two builds' commits. Asks nobody."""

from collections.abc import Iterable, Mapping
from urllib.parse import quote, urlsplit

from capsule.models import Build

PUBLIC_HOSTS = {
    "github.com": "github",
    "gitlab.com": "gitlab",
    "bitbucket.org": "bitbucket",
    "codeberg.org": "gitea",
    "gitea.com": "gitea",
}

_FORMS = {
    "github": "{page}/compare/{old}...{new}",
    "gitlab": "{page}/-/compare/{old}...{new}",
    "gitea": "{page}/compare/{old}...{new}",
    "bitbucket": "{page}/branches/compare/{new}%0D{old}",
}


class Comparisons:
    """Links between the builds of one capsule; `hosts` tells the kind of each host that is known."""

    def __init__(self, succeeded: Iterable[Build], hosts: Mapping[str, str]) -> None:
        self._succeeded = list(succeeded)
        """The newest first."""
        self._hosts = {**PUBLIC_HOSTS, **hosts}

    def url(self, build: Build) -> str | None:
        """Return what changed since the succeeded build before this one; None where it cannot be shown."""
        commit, repository = build.source.get("commit"), build.source.get("url")
        if not commit or not isinstance(repository, str):
            return None
        before = next((other for other in self._succeeded if _precedes(other, build)), None)
        if before is None or before.source["commit"] == commit:
            return None
        return compare_url(repository, str(before.source["commit"]), str(commit), self._hosts)


def compare_url(repository: str, old: str, new: str, hosts: Mapping[str, str]) -> str | None:
    """Return the page that compares two commits of `https://git.example/team/shop.git`, or None."""
    page, host = _page(repository)
    form = _FORMS.get(hosts.get(host, ""))
    return form.format(page=page, old=quote(old, safe=""), new=quote(new, safe="")) if form else None


def _precedes(other: Build, build: Build) -> bool:
    return (
        (other.created_at, other.id) < (build.created_at, build.id)
        and other.source.get("url") == build.source.get("url")
        and bool(other.source.get("commit"))
    )


def _page(repository: str) -> tuple[str, str]:
    """Return the repository's page and its host (with a port that is not https's); both empty for a path."""
    if "://" not in repository and ":" in repository:
        host, _, path = repository.partition(":")
        repository = f"ssh://{host}/{path}"
    parts = urlsplit(repository)
    if parts.scheme not in ("http", "https", "ssh") or not parts.hostname:
        return "", ""
    is_web = parts.scheme != "ssh"
    host = parts.netloc.rpartition("@")[2].lower() if is_web else parts.hostname
    path = parts.path.rstrip("/").removesuffix(".git")
    return f"{parts.scheme if is_web else 'https'}://{host}{path}", host
