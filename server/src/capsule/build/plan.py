"""The plan: serialisable data that says how to turn a source tree into an artifact, and why.

Plain data without behaviour. It can be made, printed and tested without a builder; both builders execute
the same plan. Paths in commands, environments and files are written with the placeholders `{app}` (writable
copy of the project, becomes the artifact's `app/`), `{deps}` (becomes the artifact's read-only `deps/`),
`{cache}` (kept between builds of one capsule), `{uv}` (the uv binary) and `{sdk}` (a wheel of the platform's
own `cpsl`), because each builder puts them elsewhere. Other braces are left as they are.
"""

from dataclasses import dataclass, field

MANIFEST = "{deps}/manifest.json"
"""Where the last step of an app's plan writes the manifest; builders put it into `Artifact.manifest`."""


@dataclass(frozen=True)
class Choice:
    """One decision with its reason, so that the printed plan explains itself."""

    what: str
    """Such as `start command`, `python`, `package manager`."""
    value: str
    reason: str
    """Where it came from: `Procfile web`, `engines.node in package.json`, `default`."""


@dataclass(frozen=True)
class Step:
    name: str
    """Shown as a heading in the build log: `install dependencies`."""
    argv: tuple[str, ...]
    env: dict[str, str] = field(default_factory=dict)
    cwd: str = "{app}"


@dataclass(frozen=True)
class Start:
    argv: tuple[str, ...]
    """May use `{app}`, `{deps}` and `{port}`. A command line written by the user is run as
    `("sh", "-c", line)`."""
    env: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Plan:
    provider: str
    """`python`, `node`, `static` or `app`."""
    choices: tuple[Choice, ...]
    steps: tuple[Step, ...]
    start: Start
    probe_path: str | None = "/"
    """See `edge.contract.Probe.path`; None for what speaks on a socket of its own protocol."""
    notices: tuple[str, ...] = ()
    """What the user should know although the plan works."""
    files: dict[str, str] = field(default_factory=dict)
    """Small files written before the first step: `{deps}/constraints.txt` → text."""
    visible: tuple[str, ...] = ()
    """Host directories that steps and start need at the same path, read-only: an interpreter, a Node
    outside the system's own folders. A replica gets `Mount(path, path, read_only=True)` for each."""
    listens_on_socket: bool = False
    """See `ReplicaSpec.listens_on_socket`."""


@dataclass(frozen=True)
class CannotPlan:
    """A project that cannot be planned is a result, not an exception."""

    reasons: tuple[str, ...]
    hint: str
