"""The package caches of builds: a folder per capsule, in it one per tool, kept within a budget.

What was not used for the longest goes first, and always a tool's whole cache: most tools break over a cache
of which single files are missing, and all of them do without one. A capsule under build keeps everything.
"""

import contextlib
import os
import re
import threading
import time
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from capsule.build.plan import Plan
from capsule.build.trees import remove_tree, tree_size

_NAME = re.compile(r"\{cache\}/([\w.-]+)")
_REMOVED = "removed"
_IDLE_SECONDS = 60 * 24 * 3600.0
"""A cache that no build used for so long belongs to a capsule that is gone or rests."""


@dataclass(frozen=True)
class CacheBudget:
    capsule: int = 2 * 1024**3
    """Bytes for each capsule."""
    total: int = 10 * 1024**3
    """Bytes for all of them together."""


@dataclass(frozen=True)
class _Cache:
    """What one tool keeps for one capsule."""

    owner: str
    name: str
    size: int
    used_at: float


class Caches:
    """Safe for several builds at a time, and for trimming in a thread beside them."""

    def __init__(self, root: Path, budget: CacheBudget) -> None:
        self._root = root
        self._budget = budget
        self._in_use: Counter[str] = Counter()
        self._known: dict[str, list[_Cache]] = {}
        self._lock = threading.Lock()

    @contextlib.contextmanager
    def using(self, identity: int, plan: Plan) -> Iterator[Path]:
        """Yield the capsule's folder, from which nothing is removed until the end."""
        owner = str(identity)
        with self._lock:
            self._in_use[owner] += 1
        folder = self._root / owner
        try:
            yield folder
        finally:
            now = time.time()
            for name in cache_names(plan):
                with contextlib.suppress(OSError):
                    os.utime(folder / name, (now, now), follow_symlinks=False)
            with self._lock:
                self._in_use[owner] -= 1

    def trim_after(self, identity: int) -> list[str]:
        """Bring everything within the budget after a build of this capsule; return what it lost of its own.

        Only its own folder is measured anew, and those that never were. Blocks.
        """
        owner = str(identity)
        return [cache.name for cache in self._trim({owner}) if cache.owner == owner]

    def trim(self) -> None:
        """Measure everything anew, bring it within the budget, and remove what has not been used for long."""
        self._trim(set(self._owners()))
        remove_tree(self._root / _REMOVED)

    def _trim(self, changed: set[str]) -> list[_Cache]:
        with self._lock:
            in_use = {owner for owner, count in self._in_use.items() if count}
        known: dict[str, list[_Cache]] = {}
        for owner in self._owners():
            is_known = owner in self._known and owner not in changed
            # What a build is writing to is neither measured nor removed: its turn comes when it has ended.
            known[owner] = self._known.get(owner, []) if is_known or owner in in_use else self._measure(owner)
        oldest = time.time() - _IDLE_SECONDS
        going = [cache for caches in known.values() for cache in caches if cache.used_at < oldest]
        for caches in known.values():
            going += _beyond([cache for cache in caches if cache not in going], self._budget.capsule)
        staying = [cache for caches in known.values() for cache in caches if cache not in going]
        going += _beyond(staying, self._budget.total, unless=in_use)
        gone = [cache for cache in going if self._remove(cache)]
        self._known = {
            owner: [cache for cache in caches if cache not in gone] for owner, caches in known.items()
        }
        return gone

    def _owners(self) -> list[str]:
        """Return the folders of capsules; what else lies beside them is not ours to remove."""
        if not self._root.is_dir():
            return []
        with os.scandir(self._root) as entries:
            return [e.name for e in entries if e.name.isdigit() and e.is_dir(follow_symlinks=False)]

    def _measure(self, owner: str) -> list[_Cache]:
        found = []
        for entry in (self._root / owner).iterdir():
            with contextlib.suppress(OSError):  # a build that runs may remove what is being looked at
                size = 0 if entry.is_symlink() else tree_size(entry)
                found.append(_Cache(owner, entry.name, size, entry.lstat().st_mtime))
        return found

    def _remove(self, cache: _Cache) -> bool:
        folder = self._root / cache.owner / cache.name
        grave = self._root / _REMOVED / f"{cache.owner}-{cache.name}-{time.monotonic_ns()}"
        grave.parent.mkdir(mode=0o700, exist_ok=True)
        with self._lock:
            # From here on a build that begins finds it gone, not half there.
            if self._in_use[cache.owner]:
                return False
            try:
                folder.rename(grave)
            except OSError:
                return False
        remove_tree(grave)
        return True


def cache_names(plan: Plan) -> set[str]:
    """Return the folders in `{cache}` that a plan's steps use."""
    texts = [text for step in plan.steps for text in (*step.argv, *step.env.values())]
    return {name for text in texts for name in _NAME.findall(text)}


def _beyond(caches: list[_Cache], budget: int, unless: Collection[str] = ()) -> list[_Cache]:
    """Return what has to go, the longest unused first, for the rest to be within the budget."""
    size = sum(cache.size for cache in caches)
    going = []
    for cache in sorted(caches, key=lambda cache: cache.used_at):
        if size <= budget:
            break
        if cache.owner in unless:
            continue
        going.append(cache)
        size -= cache.size
    return going
