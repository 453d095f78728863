"""Find the programs of a Go project: the packages named `main` in the root folder and below cmd/."""

import re
from dataclasses import dataclass

from capsule.build.project import Project

_MAIN = re.compile(r"^package main\b", re.MULTILINE)
_VERSION = re.compile(r"^go\s+(\d+\.\d+(?:\.\d+)?)", re.MULTILINE)
_MODULE = re.compile(r"^module\s+\"?([^\s\"]+)", re.MULTILINE)
_LISTENS = re.compile(r"ListenAndServe|\bnet\.Listen|http\.Serve|\.Run\(|\.Listen\(|\.Start\(")
_MOST_FILES = 200
_USUAL = ("server", "web", "api", "app", "main")


@dataclass(frozen=True)
class GoModule:
    name: str
    """Last part of the module's path; empty without go.mod."""
    version: str
    """The oldest Go that it is written for; empty when it says nothing."""
    programs: dict[str, str]
    """Name of the program → package: `app` → `.`, `worker` → `./cmd/worker`."""

    listening: frozenset[str]
    """The programs that take requests, judging by the text of their files."""

    @property
    def started(self) -> str | None:
        """The program that most likely takes requests; None when that cannot be told."""
        if len(self.programs) == 1:
            return next(iter(self.programs))
        return next((name for name in ("app", *_USUAL, self.name) if name in self.programs), None)


def read_module(project: Project) -> GoModule:
    """Read go.mod and look for programs. Raises Unreadable."""
    text = project.read("go.mod")
    module, version = _MODULE.search(text), _VERSION.search(text)
    files: dict[str, list[str]] = {".": project.glob("*.go")}
    for path in project.glob("cmd/*/*.go"):
        files.setdefault(f"./{path.rpartition('/')[0]}", []).append(path)
    if not any(_texts(project, paths) for paths in files.values()):
        files = {"./cmd": project.glob("cmd/*.go")}
    programs: dict[str, str] = {}
    listening: set[str] = set()
    for package, paths in files.items():
        name = package.rpartition("/")[2] if package.startswith("./cmd/") else "app"
        if text_of_program := _texts(project, paths):
            programs[name] = package
            if _LISTENS.search(text_of_program):
                listening.add(name)
    name = module[1].rstrip("/").rpartition("/")[2] if module else ""
    return GoModule(name, version[1] if version else "", programs, frozenset(listening))


def _texts(project: Project, paths: list[str]) -> str:
    """Return the text of a program's files; empty when they are a library."""
    texts = [project.text(path) for path in paths[:_MOST_FILES] if not path.endswith("_test.go")]
    return "\n".join(texts) if any(_MAIN.search(text) for text in texts) else ""
