"""Decide how a capsule starts: the run command, else the Procfile's `web` line, else a default."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from capsule.build.contract import BuildSettings
from capsule.build.project import Project
from capsule.build.providers.contract import Unplannable
from capsule.build.providers.draft import Draft

_PROCESS = re.compile(r"^([A-Za-z0-9_-]+)\s*:\s*(.+)$")
_ALMOST = {"procfile", "procfile.txt", "procfile.web"}


@dataclass(frozen=True)
class Commands:
    """The command lines that the user wrote; each is run by a shell."""

    web: str = ""
    processes: dict[str, str] = field(default_factory=dict)
    """The Procfile's process types beside `web` and `release`."""
    release: str = ""

    @property
    def lines(self) -> tuple[str, ...]:
        return tuple(line for line in (self.web, *self.processes.values(), self.release) if line)

    def rewritten(self, change: Callable[[str], str]) -> "Commands":
        """Return the same with every line changed."""
        processes = {name: change(line) for name, line in self.processes.items()}
        return replace(self, web=change(self.web), processes=processes, release=change(self.release))


@dataclass(frozen=True)
class Launch:
    """A way to start the project."""

    argv: tuple[str, ...] | None
    """None: nothing takes requests."""
    reason: str = ""
    """Where it was found: `script start in package.json`."""
    listens: bool | None = None
    """Whether it takes requests on a port; None when that cannot be told."""
    shown: str = ""
    """For people; empty: the command itself."""
    packages: tuple[tuple[str, str], ...] = ()
    """What must be installed beside the project's own packages, each with the reason."""
    env: dict[str, str] = field(default_factory=dict)


def read_procfile(project: Project) -> dict[str, str]:
    """Return process type → command line; empty without a Procfile.

    Raises Unplannable for a line that is no `type: command` and for a type that is there twice.
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
        if match[1] in processes:
            raise Unplannable(
                f"Line {number} of the Procfile has a second process `{match[1]}`.",
                hint="Give each process a name of its own, or join the commands in one line with `&&`.",
            )
        processes[match[1]] = match[2]
    return processes


def read_commands(project: Project, settings: BuildSettings, draft: Draft) -> Commands:
    """Return the command lines that the user wrote, and record what was chosen. Raises Unplannable."""
    processes = read_procfile(project)
    web, release = processes.pop("web", ""), processes.pop("release", "")
    if settings.run_command.strip():
        if web:
            draft.notice("The run command in the capsule's config takes the place of `web` in the Procfile.")
        web = settings.run_command.strip()
        draft.choose("start command", web, "run command in the capsule's config")
    elif web:
        draft.choose("start command", web, "`web` in Procfile")
    if settings.release_command.strip():
        release = settings.release_command.strip()
        draft.choose("release command", release, "release command in the capsule's config")
    elif release:
        draft.choose("release command", release, "`release` in Procfile")
    for name, line in processes.items():
        draft.choose(f"process {name}", line, f"`{name}` in Procfile")
    if almost := unread_procfile(project):
        draft.notice(almost)
    return Commands(web, processes, release)


def choose_start(project: Project, commands: Commands, draft: Draft, find: Callable[[], Launch]) -> Launch:
    """Return how `web` starts, and put the other processes and the release step into the draft.

    `find` looks for a default and is only asked where the user wrote no `web`; it raises Unplannable when
    there is none, and so does this, unless the Procfile has other processes.
    """
    draft.processes = {name: shell(line) for name, line in commands.processes.items()}
    draft.release = shell(commands.release) if commands.release else None
    if commands.web:
        return Launch(shell(commands.web), listens=True)
    try:
        found = find()
    except Unplannable as exc:
        if not commands.processes:
            raise _with_almost(exc, project) from exc
        found = Launch(None)
    if commands.processes and not found.listens:
        names = ", ".join(f"`{name}`" for name in commands.processes)
        draft.choose("start command", "none", f"the Procfile has {names} and no `web`, so nothing listens")
        return replace(found, argv=None)
    assert found.argv is not None
    shown = found.shown or " ".join(found.argv)
    if found.listens is False:
        draft.choose("process worker", shown, found.reason)
        draft.choose("start command", "none", "nothing in the project listens for requests")
        draft.processes["worker"] = found.argv
        return replace(found, argv=None)
    draft.choose("start command", shown, found.reason)
    return found


def unread_procfile(project: Project) -> str:
    """Return what to say about a Procfile with another spelling; empty when there is none."""
    for name in project.names:
        if name.lower() in _ALMOST and not project.has("Procfile") and project.has(name):
            return f"The file `{name}` is not read; its name must be exactly `Procfile`, with a capital P."
    return ""


def notice_migrations(draft: Draft, commands: Commands, command: str) -> None:
    """Say how `command` is run before each release, unless a command of the user runs migrations."""
    if "migrate" not in " ".join(commands.lines):
        draft.notice(
            f"Database migrations are not run by themselves. Set the release command to `{command}`, or add "
            f"a line `release: {command}` to the Procfile: it then runs before each release gets requests."
        )


def shell(line: str) -> tuple[str, ...]:
    return ("sh", "-c", line)


def is_auto(text: str) -> bool:
    """Say whether a setting leaves the choice to the platform."""
    return text.strip().lower() in ("", "auto")


def _with_almost(exc: Unplannable, project: Project) -> Unplannable:
    almost = unread_procfile(project)
    reasons = (*exc.reasons, *((almost,) if almost else ()))
    return Unplannable(*reasons, hint=exc.hint, may_lie_deeper=exc.may_lie_deeper)
