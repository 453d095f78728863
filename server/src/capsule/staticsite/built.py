"""Which folder of a built project is the site, when it is not the one that was expected."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

# What tools keep for themselves, and what testing leaves; an index.html in there is no site.
_NO_SITES = frozenset(
    (".git", ".next", ".nuxt", ".angular", ".svelte-kit", ".cache", ".parcel-cache", ".astro", ".vite",
     "node_modules", "coverage", "test-results", "playwright-report")
)  # fmt: skip
_USUAL = ("dist", "build", "out", "public", "_site", "www", "site", "docs")


class NoSite(Exception):
    """There is nothing to publish; the text says what to do."""


@dataclass(frozen=True)
class Chosen:
    folder: Path
    notice: str = ""
    """What is to be said in the build log about the choice."""


@dataclass(frozen=True)
class BuiltProject:
    """A project after its build. What changed after `since` (ns, of the file's status) is the build's."""

    root: Path
    since: int

    def made(self, path: Path) -> bool:
        return path.lstat().st_ctime_ns > self.since

    def find(self, expected: str, *, is_set: bool) -> Chosen:
        """Return the folder to publish: the one with an index.html that the build made, `expected` first.

        When the user set the folder (`is_set`), only what is inside of it counts. Raises NoSite.
        """
        folder = (self.root / expected).resolve()
        shown = expected or "the project folder"
        if not folder.is_relative_to(self.root):
            raise NoSite(f"The folder {shown} is a link that leaves the project.")
        index = folder / "index.html"
        if index.is_file() and self.made(index):
            return Chosen(folder)
        if made := self._made(folder if is_set else self.root):
            why = f"there is no new one in {shown}" if folder.is_dir() else f"it made no folder {shown}"
            return Chosen(
                made[0], f"Published is {self._shown(made[0])}: the build put an index.html there; {why}."
            )
        if index.is_file():
            return Chosen(folder)
        if not folder.is_dir():
            raise NoSite(f"The build made no folder {shown}.{self._elsewhere()}")
        return Chosen(folder, f"There is no index.html in {shown}.{self._elsewhere()}")

    def _elsewhere(self) -> str:
        found = ", ".join(map(self._shown, self._made(self.root)[:3]))
        if found:
            return f" The build put one into {found}: set that as the output directory."
        return " Set the output directory to where the build puts the index.html."

    def _shown(self, site: Path) -> str:
        return site.relative_to(self.root).as_posix()

    def _made(self, top: Path) -> list[Path]:
        return sorted(self._sites(top), key=self._preference)

    def _sites(self, top: Path) -> Iterator[Path]:
        for folder, folders, names in os.walk(top):
            folders[:] = [name for name in folders if name not in _NO_SITES]
            path = Path(folder)
            if "index.html" in names and path != self.root and self.made(path / "index.html"):
                folders.clear()
                yield path

    def _preference(self, site: Path) -> tuple[int, int, str]:
        parts = site.relative_to(self.root).parts
        return len(parts), _USUAL.index(parts[-1]) if parts[-1] in _USUAL else len(_USUAL), site.as_posix()

    def names_before(self) -> set[str]:
        """Return the names of files that were there before the build: no hash of a content is in them."""
        found = set()
        for folder, folders, names in os.walk(self.root):
            folders[:] = [name for name in folders if name not in _NO_SITES]
            found |= {name for name in names if not self.made(Path(folder, name))}
        return found
