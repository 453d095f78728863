"""Decide how a capsule starts: the run command, else the Procfile's `web` line, else a default."""

import re
from dataclasses import dataclass

from capsule.build.contract import BuildSettings
from capsule.build.project import Project
from capsule.build.providers.contract import Unplannable
from capsule.build.providers.draft import Draft

_PROCESS = re.compile(r"^([A-Za-z0-9_-]+)\s*:\s*(.+)$")


@dataclass(frozen=True)
class StartLine:
    """A command line written by the user."""

    line: str
    reason: str


def read_procfile(project: Project) -> dict[str, str]:
    """Return process type → command line; empty without a Procfile.

    Raises Unplannable for a line that is no `type: command`.
    """
    processes: dict[str, str] = {}
    for number, line in enumerate(project.read("Procfile").splitlines(), start=1):
        text = line.strip()
        if not text or text.startswith("#"):
            continue
        match = _PROCESS.match(text)
        if match is None:
            raise Unplannable(
                f"Line {number} of the Procfile is not `process: command`: {text[:80]!r}.",
                hint="Write one line per process, such as `web: gunicorn app:app`.",
            )
        processes[match[1]] = match[2]
    return processes


def written_start(project: Project, settings: BuildSettings, draft: Draft) -> StartLine | None:
    """Return the start command that the user wrote, if any, and record what was chosen.

    Raises Unplannable for a Procfile without `web`, unless a run command stands above it.
    """
    if settings.run_command.strip():
        draft.choose("start command", settings.run_command.strip(), "run command in the capsule's config")
        return StartLine(settings.run_command.strip(), "run command")
    processes = read_procfile(project)
    if "web" in processes:
        draft.choose("start command", processes["web"], "`web` in Procfile")
        others = sorted(set(processes) - {"web"})
        if others:
            draft.notice(
                f"Only `web` of the Procfile is started; for {', '.join(others)} make further capsules from "
                "the same repository with that run command."
            )
        return StartLine(processes["web"], "Procfile")
    if project.has("Procfile"):
        found = ", ".join(sorted(processes)) or "nothing"
        raise Unplannable(
            f"The Procfile has no `web` process (it has {found}).",
            hint="Add a line `web: <command>` that listens on $PORT, or set a run command.",
        )
    if project.has("procfile"):
        draft.notice("The file `procfile` is not read; its name must be `Procfile` with a capital P.")
    return None


def is_auto(text: str) -> bool:
    """Say whether a setting leaves the choice to the platform."""
    return text.strip().lower() in ("", "auto")
