"""A plan in the making: what providers add choices, steps and notices to."""

from capsule.build.plan import Choice, Image, Plan, Start, Step
from capsule.build.tools import Tool

_SYSTEM_PATH = "/usr/local/bin:/usr/bin:/bin"


class Draft:
    def __init__(self, provider: str) -> None:
        self._provider = provider
        self._choices: list[Choice] = []
        self._steps: list[Step] = []
        self._notices: list[str] = []
        self._visible: list[str] = []
        self._path: list[str] = []
        self.files: dict[str, str] = {}
        self.env: dict[str, str] = {}
        """Goes to every later step and to the start."""
        self.processes: dict[str, tuple[str, ...]] = {}
        """Commands of the process types beside `web`."""
        self.release: tuple[str, ...] | None = None
        """What runs before a release gets requests."""

    def choose(self, what: str, value: str, reason: str) -> None:
        self._choices.append(Choice(what, value, reason))

    def notice(self, text: str) -> None:
        if text not in self._notices:
            self._notices.append(text)

    def show(self, folder: str | None) -> None:
        """Have `folder` visible inside the walls; None says that it is already."""
        if folder is not None and folder not in self._visible:
            self._visible.append(folder)

    def put_on_path(self, folder: str) -> None:
        if folder not in self._path and folder not in _SYSTEM_PATH.split(":"):
            self._path.append(folder)

    def use(self, tool: Tool) -> None:
        """Put a program of this machine on the path, and show what it needs to work."""
        self.put_on_path(tool.folder)
        for folder in tool.visible:
            self.show(folder)

    def step(self, name: str, *argv: str, env: dict[str, str] | None = None, cwd: str = "{app}") -> None:
        self._steps.append(Step(name, argv, {**self._base_env(), **(env or {})}, cwd))

    def line(self, name: str, line: str, env: dict[str, str] | None = None) -> None:
        """Add a command line that the user wrote."""
        self.step(name, "sh", "-c", line, env=env)

    def finish(
        self,
        argv: tuple[str, ...] | None,
        *,
        env: dict[str, str] | None = None,
        probe_path: str | None = "/",
        listens_on_socket: bool = False,
    ) -> Plan:
        every = {**self._base_env(), **(env or {})}
        return Plan(
            provider=self._provider,
            choices=tuple(self._choices),
            steps=tuple(self._steps),
            start=Start(argv, every) if argv is not None else None,
            probe_path=probe_path,
            notices=tuple(self._notices),
            files=dict(self.files),
            visible=tuple(self._visible),
            listens_on_socket=listens_on_socket,
            processes={name: Start(line, every) for name, line in self.processes.items()},
            release=Start(self.release, every) if self.release is not None else None,
        )

    def finish_image(self, argv: tuple[str, ...], image: Image) -> Plan:
        """Return the plan of a container; what its programs find is the image's to say."""
        return Plan(
            provider=self._provider,
            choices=tuple(self._choices),
            steps=(),
            start=Start(argv),
            notices=tuple(self._notices),
            release=Start(self.release) if self.release is not None else None,
            image=image,
        )

    def _base_env(self) -> dict[str, str]:
        return {"PATH": ":".join([*self._path, _SYSTEM_PATH]), **self.env}
