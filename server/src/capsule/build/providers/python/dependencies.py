"""Find out what a Python project depends on, and with which arguments uv installs it."""

import re
from dataclasses import dataclass, field
from typing import Any

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from capsule.build.project import Project
from capsule.build.providers.python import pipenv, poetry

SDK = "cpsl"
_BELOW = tuple(
    f"requirements/{name}.txt" for name in ("production", "prod", "base", "common", "requirements")
)
_ALMOST = {"requirement.txt", "requirements", "requirements.text", "requirements.txt.txt", "requirments.txt"}
_NAME = re.compile(r"^\s*([A-Za-z0-9][A-Za-z0-9._-]*)")


@dataclass(frozen=True)
class Dependencies:
    origin: str
    """Such as `requirements.txt`; empty when the project names none."""
    names: frozenset[str] = frozenset()
    """Canonical names of what it asks for directly."""
    arguments: tuple[str, ...] = ()
    """For `uv pip install`."""
    export_lock: bool = False
    """The requirements are first read out of uv.lock into `{deps}/requirements.txt`."""
    files: dict[str, str] = field(default_factory=dict)
    in_utf_16: tuple[str, ...] = ()
    """Files that are written anew as UTF-8 before uv reads them."""
    notices: tuple[str, ...] = ()

    def has(self, name: str) -> bool:
        return canonicalize_name(name) in self.names


def find_dependencies(project: Project) -> Dependencies:
    """Look at the files in the order uv.lock, poetry, requirements.txt, pyproject.toml, setup.py, Pipfile."""
    pyproject = project.toml("pyproject.toml")
    indexes = _indexes(pyproject)
    if project.has("uv.lock") and "project" in pyproject:
        names = _project_names(pyproject)
        return Dependencies("uv.lock", names, (*indexes, "-r", "{deps}/requirements.txt"), export_lock=True)
    if "dependencies" in _table(pyproject, "tool", "poetry") or project.has("poetry.lock"):
        return _from_poetry(project, pyproject)
    if project.has("requirements.txt"):
        return from_requirements(project, "requirements.txt", indexes)
    if "project" in pyproject:
        return Dependencies(
            "pyproject.toml", _project_names(pyproject), (*indexes, "-r", "{app}/pyproject.toml")
        )
    if project.has("setup.py") or project.has("setup.cfg"):
        return Dependencies("setup.py" if project.has("setup.py") else "setup.cfg", frozenset(), ("{app}",))
    if project.has("Pipfile"):
        return _from_pipenv(project)
    if path := project.first(*_BELOW):
        return from_requirements(project, path, indexes)
    return Dependencies("")


def unread_requirements(project: Project, found: Dependencies) -> str:
    """Return what to say about a list of packages that is not read; empty when there is none."""
    if found.origin:
        return ""
    for name in project.names:
        if name.lower() in _ALMOST and project.has(name):
            return f"The file `{name}` is not read; its name must be exactly `requirements.txt`."
    if path := project.first("environment.yml", "environment.yaml"):
        return f"The packages in {path} are Conda's and are not installed; name them in a requirements.txt."
    return ""


def scripts(project: Project) -> frozenset[str]:
    """Return the names of the commands that the project itself would install."""
    pyproject = project.toml("pyproject.toml")
    if "build-system" not in pyproject:
        return frozenset()
    return frozenset(_table(pyproject, "project", "scripts")) | frozenset(
        _table(pyproject, "tool", "poetry", "scripts")
    )


def from_requirements(project: Project, path: str, indexes: tuple[str, ...] = ()) -> Dependencies:
    """Return what the file `path` of requirements asks for."""
    return Dependencies(
        path,
        _requirements_names(project, path),
        (*indexes, "-r", f"{{app}}/{path}"),
        in_utf_16=(path,) if project.is_utf_16(path) else (),
    )


def _from_pipenv(project: Project) -> Dependencies:
    origin = project.first("Pipfile.lock") or "Pipfile"
    if origin == "Pipfile.lock":
        lines, notices = pipenv.locked(project.json(origin))
    else:
        lines, notices = pipenv.wanted(project.toml(origin))
    return Dependencies(
        origin,
        frozenset(filter(None, map(requirement_name, lines))),
        ("-r", "{deps}/requirements.txt"),
        files={"{deps}/requirements.txt": "".join(f"{line}\n" for line in lines)},
        notices=tuple(notices),
    )


def _from_poetry(project: Project, pyproject: dict[str, Any]) -> Dependencies:
    tool = _table(pyproject, "tool", "poetry")
    lines, notices = poetry.requirements(tool)
    lines += [line for line in _list(pyproject, "project", "dependencies")]
    files = {"{deps}/requirements.txt": "".join(f"{line}\n" for line in lines)}
    arguments = ["-r", "{deps}/requirements.txt"]
    origin = "pyproject.toml (poetry)"
    if project.has("poetry.lock"):
        pins = poetry.constraints(project.toml("poetry.lock"), without=frozenset({SDK}))
        files["{deps}/constraints.txt"] = pins
        arguments += ["-c", "{deps}/constraints.txt"]
        origin = "poetry.lock"
    names = frozenset(filter(None, map(requirement_name, lines)))
    return Dependencies(origin, names, tuple(arguments), files=files, notices=tuple(notices))


def requirement_name(line: str) -> str | None:
    """Return the canonical name in one line of requirements; None for options, paths and comments."""
    text = line.split("#", 1)[0].strip()
    if not text or text.startswith(("-", ".", "/")):
        return None
    try:
        return canonicalize_name(Requirement(text.split(" --", 1)[0].rstrip("\\ ")).name)
    except InvalidRequirement:
        match = _NAME.match(text)
        return canonicalize_name(match[1]) if match and "://" not in text.split("@")[0] else None


def _requirements_names(project: Project, path: str, depth: int = 0) -> frozenset[str]:
    names: set[str] = set()
    for line in project.read(path).splitlines():
        included = re.match(r"^\s*(?:-r|--requirement)[ =]?\s*(\S+)", line)
        if included and depth < 5:
            folder = path.rpartition("/")[0]
            nested = f"{folder}/{included[1]}" if folder else included[1]
            names |= _requirements_names(project, nested, depth + 1)
        elif name := requirement_name(line):
            names.add(name)
    return frozenset(names)


def _project_names(pyproject: dict[str, Any]) -> frozenset[str]:
    lines = _list(pyproject, "project", "dependencies")
    return frozenset(filter(None, map(requirement_name, lines)))


def _indexes(pyproject: dict[str, Any]) -> tuple[str, ...]:
    """Private indexes the project names. Everything else of [tool.uv] is left aside (see `install`)."""
    uv = _table(pyproject, "tool", "uv")
    arguments: list[str] = []
    for index in uv.get("index", []) if isinstance(uv.get("index"), list) else []:
        if isinstance(index, dict) and isinstance(index.get("url"), str) and not index.get("explicit"):
            arguments += ["--default-index" if index.get("default") else "--index", index["url"]]
    if isinstance(uv.get("index-url"), str):
        arguments += ["--default-index", uv["index-url"]]
    for url in _list(pyproject, "tool", "uv", "extra-index-url"):
        arguments += ["--index", url]
    return tuple(arguments)


def _table(value: Any, *keys: str) -> dict[str, Any]:
    for key in keys:
        value = value.get(key, {}) if isinstance(value, dict) else {}
    return value if isinstance(value, dict) else {}


def _list(value: dict[str, Any], *keys: str) -> list[str]:
    found = _table(value, *keys[:-1]).get(keys[-1])
    return [item for item in found if isinstance(item, str)] if isinstance(found, list) else []
