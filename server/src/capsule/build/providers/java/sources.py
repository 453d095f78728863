"""Find the class with `main` in plain Java sources."""

import re
from dataclasses import dataclass

from capsule.build.project import Project

_MAIN = re.compile(r"\bstatic\s+(?:final\s+)?void\s+main\s*\(")
_PACKAGE = re.compile(r"^\s*package\s+([\w.]+)\s*;", re.MULTILINE)
_PLACES = ("*.java", "src/*.java", "src/*/*.java", "src/*/*/*.java", "src/*/*/*/*.java", "*/*.java")
_USUAL = ("Main", "App", "Application", "Server")
_MOST = 200


@dataclass(frozen=True)
class MainClass:
    name: str
    """With its package: `shop.Main`."""
    path: str


def java_files(project: Project) -> list[str]:
    """Return the sources where plain projects have them; those with a usual name first, tests left out."""
    found = dict.fromkeys(path for place in _PLACES for path in project.glob(place))
    return sorted((path for path in found if "test" not in path.lower()), key=_rank)[:_MOST]


def find_main(project: Project) -> MainClass | None:
    """Return the class that starts the project; one called Main, App, Application or Server goes first."""
    for path in java_files(project):
        text = project.text(path)
        if _MAIN.search(text):
            package = _PACKAGE.search(text)
            name = path.rpartition("/")[2].removesuffix(".java")
            return MainClass(f"{package[1]}.{name}" if package else name, path)
    return None


def _rank(path: str) -> int:
    name = path.rpartition("/")[2].removesuffix(".java")
    return _USUAL.index(name) if name in _USUAL else len(_USUAL)
