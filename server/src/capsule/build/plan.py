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
class Image:
    """What a container is started from; only builders that can make images execute a plan with one."""

    dockerfile: str = ""
    """Relative to the project; empty: no build, `reference` is used as it is."""
    context: str = ""
    """Folder of the build context, relative to the project; empty: the project itself."""
    reference: str = ""
    """Image to be fetched when there is no Dockerfile, such as `caddy:2`."""
    port: int = 0
    """Where the container listens, inside a network of its own; 0: what the image exposes, else 3000."""


@dataclass(frozen=True)
class Plan:
    provider: str
    """Name of the provider that wrote it, such as `python`, `static`, `app` or `docker`."""
    choices: tuple[Choice, ...]
    steps: tuple[Step, ...]
    start: Start | None
    """The `web` process, which gets the requests; None: nothing listens (a bot, workers only). With an
    `image`, an empty command leaves it to the image."""
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
    processes: dict[str, Start] = field(default_factory=dict)
    """The other process types of the Procfile (`worker`, `clock`, …); each runs in replicas of its own."""
    release: Start | None = None
    """Runs once to its end before a release gets traffic, such as migrations; its failure stops the
    deployment."""
    image: Image | None = None


@dataclass(frozen=True)
class CannotPlan:
    """A project that cannot be planned is a result, not an exception."""

    reasons: tuple[str, ...]
    hint: str
