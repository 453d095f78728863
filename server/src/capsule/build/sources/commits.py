"""Commits and their trees, read out of a repository on the disk."""

from dataclasses import dataclass
from pathlib import Path

from capsule.build.sources.gitcommand import GitResult, run_git


@dataclass(frozen=True)
class Commit:
    id: str
    subject: str
    """First line of its message."""


async def find_commit(repository: Path, revision: str, env: dict[str, str]) -> Commit | None:
    """Return the commit that a branch or id names."""
    argv = (f"--git-dir={repository}", "log", "-1", "--format=%H %s", "--end-of-options", revision, "--")
    found = await run_git(*argv, env=env)
    if found.code != 0 or not found.output.strip():
        return None
    commit, _, subject = found.output.strip().partition(" ")
    return Commit(commit, subject)


async def write_tree(
    repository: Path, commit: str, target: Path, env: dict[str, str], *, path: str = "."
) -> GitResult:
    """Write the tree of `commit` into the new folder `target`, without hooks, filters or submodules."""
    target.mkdir(parents=True, exist_ok=True)
    index = target.with_name(target.name + ".index")
    places = {"GIT_INDEX_FILE": str(index), "GIT_WORK_TREE": str(target)}
    try:
        # The pathspec is looked up from the working directory, so that must be the target.
        result = await run_git(
            f"--git-dir={repository}", "-C", str(target), "-c", "core.bare=false",
            "checkout", "--force", commit, "--", path, env=env | places,
        )  # fmt: skip
    finally:
        index.unlink(missing_ok=True)
    is_empty = path == "." and "did not match any file" in result.errors
    return GitResult(0, "", "") if is_empty else result
