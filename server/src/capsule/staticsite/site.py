"""Which file answers a path. Knows the catalogue and the site's own rules, not HTTP."""

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, unquote

from capsule.staticsite.catalogue import HEADERS, REDIRECTS, Catalogue, Entry, is_shown
from capsule.staticsite.headers import HeaderRules, read_headers
from capsule.staticsite.pattern import fill
from capsule.staticsite.redirects import Redirect, Redirects, read_redirects

_NOT_FOUND_PAGE, _EVERY_PAGE = "404.html", "200.html"
_READABLE = "/:@!$&'()*+,;=~"


@dataclass(frozen=True)
class Found:
    """A file to send, or a place to go."""

    path: str | None
    """In the site; None: nothing, or somewhere else."""
    status: int
    location: str = ""


class Site:
    """One site: its files, its `_redirects` and its `_headers`."""

    def __init__(self, root: Path, *, is_single_page: bool = False) -> None:
        self.catalogue = Catalogue.read(root)
        self._redirects = Redirects(read_redirects(self.catalogue.text(REDIRECTS))[0])
        self.headers = HeaderRules(read_headers(self.catalogue.text(HEADERS))[0])
        self._entries = self.catalogue.entries
        # A page of its own for what is not found says that the site does not route by itself.
        is_single_page = is_single_page and _NOT_FOUND_PAGE not in self._entries
        self._fallback = self._file(_EVERY_PAGE) or (self._file("index.html") if is_single_page else None)

    def entry(self, path: str) -> Entry:
        return self._entries[path]

    def find(self, target: str) -> Found:
        """Return what answers the request target `/path?query`.

        `/about` is `about.html` or a folder with an index (then by way of `/about/`, so that relative
        links hold). A file stands above a rule of `_redirects`, unless the rule is forced.
        """
        raw, mark, query = target.partition("?")
        decoded = unquote(raw)
        parts = path_parts(decoded)
        if parts is None:
            return self._not_found()
        path = "/".join(parts)
        if forced := self._by_rule(path, query, is_forced=True):
            return forced
        found = self._by_file(path, mark + query, wants_folder=raw.endswith("/") or not parts)
        return found or self._by_rule(path, query, is_forced=False) or self._missing(path)

    def _by_file(self, path: str, query: str, *, wants_folder: bool) -> Found | None:
        if wants_folder:
            if index := self._file(f"{path}/index.html" if path else "index.html"):
                return Found(index, 200)
            return _moved(f"/{path}", query) if path and self._file(f"{path}.html") else None
        if file := self._file(path) or self._file(f"{path}.html"):
            return Found(file, 200)
        return _moved(f"/{path}/", query) if self._file(f"{path}/index.html") else None

    def _by_rule(self, path: str, query: str, *, is_forced: bool) -> Found | None:
        matched = self._redirects.match(f"/{path}", is_forced=is_forced)
        if matched is None:
            return None
        rule, captured = matched
        if rule.is_rewrite:
            return self._rewritten(rule, captured)
        # A rule such as `/* /:splat` would send the browser round in a circle.
        leads_back = unquote(fill(rule.to, captured)).strip("/") == path
        return None if leads_back else _redirected(rule, captured, query)

    def _rewritten(self, rule: Redirect, captured: dict[str, str]) -> Found:
        parts = path_parts(unquote(fill(rule.to, captured).partition("?")[0]))
        path = "/".join(parts or ())
        file = self._file(path) or self._file(f"{path}.html") or self._file(f"{path}/index.html".lstrip("/"))
        return Found(file, rule.status) if file and parts is not None else self._not_found()

    def _missing(self, path: str) -> Found:
        looks_like_page = "." not in path.rpartition("/")[2]
        return Found(self._fallback, 200) if self._fallback and looks_like_page else self._not_found()

    def _not_found(self) -> Found:
        return Found(self._file(_NOT_FOUND_PAGE), 404)

    def _file(self, path: str) -> str | None:
        return path if path in self._entries else None


def path_parts(path: str) -> list[str] | None:
    """Return the names in a decoded path; None when one of them is hidden, goes up, or is no name at all."""
    parts = [part for part in path.split("/") if part]
    return parts if all(is_shown(part) and "\0" not in part for part in parts) else None


def _redirected(rule: Redirect, captured: dict[str, str], query: str) -> Found:
    to = fill(rule.to, {name: quote(value, safe="/") for name, value in captured.items()})
    if to.startswith("/"):
        # Two slashes would lead to another host, by what the asker put in the place of `*`.
        to = "/" + to.lstrip("/\\")
    if query and "?" not in to:
        address, mark, fragment = to.partition("#")
        to = f"{address}?{query}{mark}{fragment}"
    return Found(None, rule.status, location=quote(to, safe=_READABLE + "?#[]%"))


def _moved(path: str, query: str) -> Found:
    return Found(None, 301, location=quote(path, safe=_READABLE) + query)
