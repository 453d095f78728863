"""Bare repositories that keep what was fetched, within a budget on the disk."""

import asyncio
from pathlib import Path

from capsule.build.contract import SourceUnavailable
from capsule.build.sources.gitcommand import GitResult, last_line, run_git
from capsule.build.trees import remove_tree, tree_size

FETCH = ("fetch", "--quiet", "--force", "--no-tags", "--no-recurse-submodules", "--no-auto-gc")

_LOOK_SECONDS = 0.5


class TooMuch(SourceUnavailable):
    """The repository is larger than the installation takes."""

    code, title = "source_too_large", "Repository too large"


async def fetch_within(
    *arguments: str, mirror: Path, env: dict[str, str], most_bytes: int, shown: str
) -> GitResult:
    """Run a fetch into `mirror`. Raises TooMuch as soon as the mirror has more bytes, and removes it."""
    fetching = asyncio.ensure_future(run_git(f"--git-dir={mirror}", *arguments, env=env))
    try:
        while True:
            done, _ = await asyncio.wait({fetching}, timeout=_LOOK_SECONDS)
            if await asyncio.to_thread(_size, mirror) > most_bytes:
                raise TooMuch(
                    f"The repository {shown} has more than {most_bytes // 1024**2} MiB.",
                    hint="Keep large files out of it, or name the folder: then only that is fetched.",
                    field="url",
                )
            if done:
                return fetching.result()
    except BaseException:
        fetching.cancel()
        await asyncio.wait({fetching})
        await asyncio.to_thread(remove_tree, mirror)
        raise


async def make_mirror(mirror: Path, env: dict[str, str]) -> None:
    """Make an empty bare repository, unless there is one."""
    if mirror.exists():
        return
    mirror.parent.mkdir(parents=True, exist_ok=True)
    created = await run_git("init", "--quiet", "--bare", str(mirror), env=env)
    if created.code != 0:
        raise SourceUnavailable(
            f"git could not make its mirror: {last_line(created.errors)}", hint="capsule doctor"
        )


def _size(mirror: Path) -> int:
    try:
        return tree_size(mirror)
    except FileNotFoundError:  # git moves its files about while it fetches
        return 0
