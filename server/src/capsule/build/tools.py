"""Programs of this machine that builds may use beside Python and Node, and the packages they come from."""

import asyncio
import contextlib
import glob
import os
import re
import shutil
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path

_SYSTEM = ("/usr", "/bin", "/lib")
_SEARCHED = ("/usr/local/go/bin", "/usr/local/bin", "/usr/bin", "/bin", "/usr/local/sbin", "/usr/sbin")
_VERSION = re.compile(r"\d+(?:\.\d+)+")
_WRITTEN = re.compile(r'^(?:JAVA_VERSION="|Implementation-Version: )(\d+[\w.+-]*)', re.MULTILINE)


@dataclass(frozen=True)
class Tool:
    """One program of this machine."""

    name: str
    version: str
    """Such as `17.0.21`."""
    path: str
    """Behind every link; inside walls the links of the system need not be there."""
    visible: tuple[str, ...] = ()
    """Folders beside the system's own that must be shown inside walls."""

    @property
    def folder(self) -> str:
        return str(Path(self.path).parent)


@dataclass(frozen=True)
class KnownTool:
    """A program that providers ask for by name."""

    name: str
    program: str
    ask: tuple[str, ...]
    """Arguments that make it tell its version."""
    package: str
    """Debian's package."""
    enables: str
    configuration: tuple[str, ...] = ()
    """Patterns of its folders outside of the system's own that it cannot do without."""
    version_file: str = ""
    """Pattern of the file below its home that has the version: a Java machine is slow to ask."""


KNOWN_TOOLS = (
    KnownTool("go", "go", ("version",), "golang-go", "builds of Go projects; else Go is fetched for each"),
    KnownTool(
        "java", "javac", ("-version",), "default-jdk-headless", "builds and replicas of Java projects",
        ("/etc/java-*",), "release",
    ),
    KnownTool(
        "maven", "mvn", ("--version",), "maven", "builds of Maven projects without a wrapper",
        ("/etc/maven",), "lib/maven-core-*.jar",
    ),
    KnownTool(
        "gradle", "gradle", ("--version",), "gradle", "builds of Gradle projects without a wrapper",
        version_file="lib/gradle-core-*.jar",
    ),
    KnownTool("php", "php", ("--version",), "php-cli", "replicas of PHP projects", ("/etc/php",)),
    KnownTool("composer", "composer", ("--version",), "composer", "packages of PHP projects"),
    KnownTool("ruby", "ruby", ("--version",), "ruby", "replicas of Ruby projects", ("/var/lib/gems",)),
    KnownTool("bundler", "bundle", ("--version",), "bundler", "packages of Ruby projects"),
    KnownTool("hugo", "hugo", ("version",), "hugo", "builds of Hugo sites"),
)  # fmt: skip


def known_tool(name: str) -> KnownTool:
    return next(tool for tool in KNOWN_TOOLS if tool.name == name)


async def find_tools() -> tuple[Tool, ...]:
    """Return those of the known tools that this machine has."""
    found = await asyncio.gather(*(_find(known) for known in KNOWN_TOOLS))
    return tuple(tool for tool in found if tool is not None)


def locate(known: KnownTool) -> str | None:
    """Return the path of a tool behind every link, None when this machine has none."""
    path = shutil.which(known.program, path=os.pathsep.join(_SEARCHED))
    return os.path.realpath(path) if path else None


async def _find(known: KnownTool) -> Tool | None:
    path = locate(known)
    if path is None:
        return None
    version = _VERSION.search(written_version(known, path))
    if version is None:
        version = _VERSION.search(await output_of(path, *known.ask, with_errors=True) or "")
    if version is None:
        return None
    visible = [folder for pattern in known.configuration for folder in sorted(glob.glob(pattern))]
    return Tool(known.name, version[0], path, tuple(visible))


def written_version(known: KnownTool, path: str) -> str:
    """Return what a tool's files say of its version; empty when it has to be asked."""
    home = Path(path).parent.parent
    file = next(iter(sorted(home.glob(known.version_file))), None) if known.version_file else None
    if file is None:
        return ""
    try:
        if file.suffix == ".jar":
            with zipfile.ZipFile(file) as jar:
                text = jar.read("META-INF/MANIFEST.MF").decode(errors="replace")
        else:
            text = file.read_text(errors="replace")
    except (OSError, KeyError, zipfile.BadZipFile):
        return ""
    match = _WRITTEN.search(text)
    return match[1] if match else ""


def is_system(path: str) -> bool:
    """Say whether every box sees `path` anyway."""
    return any(Path(path).is_relative_to(folder) for folder in _SYSTEM)


def is_own(path: str) -> bool:
    """Say whether a program belongs to the platform's own environment and only works inside of it."""
    return Path(path).is_relative_to(sys.prefix)


async def output_of(*argv: str, with_errors: bool = False) -> str | None:
    """Return what a program prints, None when it fails or takes longer than ten seconds."""
    try:
        process = await asyncio.create_subprocess_exec(
            *argv,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT if with_errors else asyncio.subprocess.DEVNULL,
        )
    except OSError:
        return None
    try:
        output, _ = await asyncio.wait_for(process.communicate(), 10)
    except TimeoutError:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()
        return None
    return output.decode(errors="replace") if process.returncode == 0 else None
