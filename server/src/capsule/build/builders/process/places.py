"""Where the placeholders of a plan lie on the host and inside the walls of one build."""

import re
from dataclasses import dataclass
from pathlib import Path

from capsule.build.plan import Plan
from capsule.build.toolchain import Toolchain
from capsule.errors import InvalidInput
from capsule.sandbox.box import Bind
from capsule.sandbox.machine import Machine, Walls

_PLACEHOLDER = re.compile(r"\{(app|deps|cache|uv|sdk)\}")
_INSIDE = {"app": "/app", "deps": "/deps", "cache": "/cache", "tmp": "/tmp"}


@dataclass(frozen=True)
class Places:
    """Host paths, and the paths by which steps know them."""

    host: dict[str, Path]
    inside: dict[str, str]

    def fill(self, text: str) -> str:
        """Replace the placeholders by the paths that steps see."""
        return _PLACEHOLDER.sub(lambda match: self.inside[match[1]], text)

    def on_host(self, text: str) -> Path:
        """Return the host path of `{app}/…` or `{deps}/…`."""
        match = re.match(r"^\{(app|deps)\}/(.+)$", text)
        if match is None or ".." in match[2].split("/"):
            raise InvalidInput(f"A plan may not write {text!r}.")
        return self.host[match[1]] / match[2]

    def binds(self, plan: Plan) -> tuple[Bind, ...]:
        writable = [Bind(str(self.host[name]), self.inside[name]) for name in ("app", "deps", "cache", "tmp")]
        tools = [Bind(str(self.host[name]), self.inside[name], read_only=True) for name in ("uv", "sdk")]
        shown = [Bind(path, path, read_only=True) for path in plan.visible]
        return (*writable, *tools, *shown)


def lay_out(folder: Path, cache: Path, toolchain: Toolchain, machine: Machine) -> Places:
    """Say where everything is for a build that works in `folder`. Without walls nothing can be renamed."""
    host = {
        "app": folder / "app",
        "deps": folder / "deps",
        "tmp": folder / "tmp",
        "cache": cache,
        "uv": Path(toolchain.uv),
        "sdk": Path(toolchain.sdk),
    }
    if machine.walls is Walls.plain:
        return Places(host, {name: str(path) for name, path in host.items()})
    tools = {"uv": "/capsule/uv", "sdk": f"/capsule/{host['sdk'].name}"}
    return Places(host, {**_INSIDE, **tools})
