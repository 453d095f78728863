"""What package.json says, with the parts that are missing or of the wrong kind left empty."""

import re
from dataclasses import dataclass, field
from typing import Any

from capsule.build.project import Project, Unreadable

_CALL = re.compile(
    r"\b(?:npm|pnpm|yarn|bun)\s+(?:run\s+|run-script\s+)?(?:-[\w=-]*\s+)*([\w:.][\w:.-]*)|\bnode\s+--run\s+([\w:.-]+)"
)
_RUN_FILE = re.compile(
    r"\b(?:node|ts-node|tsx|bun|babel-node|nodemon)\s+(?:-[\w=./-]*\s+)*([\w@./][\w@./-]*\.[cm]?[jt]sx?)\b"
)
# Names of the programs that come from a package with another name.
_PACKAGES = {
    "babel-node": "@babel/node",
    "dotenv": "dotenv-cli",
    "nest": "@nestjs/cli",
    "ng": "@angular/cli",
    "react-router": "@react-router/dev",
    "react-router-serve": "@react-router/serve",
    "remix": "@remix-run/dev",
    "remix-serve": "@remix-run/serve",
    "run-p": "npm-run-all",
    "run-s": "npm-run-all",
    "tsc": "typescript",
    "vue-cli-service": "@vue/cli-service",
    "webpack": "webpack-cli",
}
_NODE_FILES = (".nvmrc", ".node-version")


@dataclass(frozen=True)
class Package:
    name: str
    version: str
    scripts: dict[str, str]
    dependencies: frozenset[str]
    """Names, those for development included."""
    dev_dependencies: frozenset[str]
    main: str
    module: str
    node: str
    """The version of Node that is asked for; empty when nothing is said."""
    node_origin: str
    """Where it is asked for."""
    has_workspaces: bool
    """Other packages lie below it."""
    package_manager: str
    """Such as `pnpm@9.15.0`; empty when it says nothing."""
    listening: frozenset[str] = field(default_factory=frozenset)
    """Files that scripts start with node and that listen for requests."""

    def script(self, *names: str) -> str | None:
        """Return the first of `names` that is a script."""
        return next((name for name in names if self.scripts.get(name)), None)

    def has(self, *names: str) -> bool:
        return any(name in self.dependencies for name in names)

    def expanded(self, line: str) -> str:
        """Return `line` with what the scripts that it calls would run, in turn."""
        found, waiting, lines = set[str](), [line], []
        while waiting:
            text = waiting.pop()
            lines.append(text)
            for match in _CALL.finditer(text):
                name = match[1] or match[2]
                for part in (f"pre{name}", name, f"post{name}"):
                    if part in self.scripts and part not in found:
                        found.add(part)
                        waiting.append(self.scripts[part])
        return " ; ".join(lines)

    def packages_called(self, line: str) -> set[str]:
        """Return the packages whose programs `line` calls, also by way of scripts."""
        words = {word.rpartition("/.bin/")[2] for word in re.findall(r"[@\w./-]+", self.expanded(line))}
        return {_PACKAGES.get(word, word) for word in words} & self.dependencies


def read_package(project: Project) -> Package:
    """Read package.json, and the files that name a version of Node. Raises Unreadable."""
    if project.is_utf_16("package.json"):
        raise Unreadable(
            "package.json", "is UTF-16 text, which npm does not read", "Save package.json as UTF-8."
        )
    content = project.json("package.json")
    dev = frozenset(_table(content, "devDependencies"))
    scripts = {name: line for name, line in _table(content, "scripts").items() if isinstance(line, str)}
    node, origin = _node(project, content)
    started = {path for line in scripts.values() for path in node_files(line)}
    return Package(
        name=_text(content, "name"),
        version=_text(content, "version"),
        scripts=scripts,
        dependencies=frozenset(_table(content, "dependencies")) | dev,
        dev_dependencies=dev,
        main=_text(content, "main"),
        module=_text(content, "module"),
        node=node,
        node_origin=origin,
        has_workspaces=bool(content.get("workspaces")),
        package_manager=_text(content, "packageManager"),
        listening=frozenset(path for path in started if listens(project, path)),
    )


def node_files(line: str) -> list[str]:
    """Return the files that a command line runs with node or one of its like."""
    return _RUN_FILE.findall(line)


def listens(project: Project, path: str) -> bool:
    """Say whether a JavaScript file waits for requests, judging by its text."""
    return bool(re.search(r"\.listen\s*\(|createServer\s*\(|\bserve\s*\(", project.text(path)))


def _node(project: Project, content: dict[str, Any]) -> tuple[str, str]:
    """Return the wanted version of Node and who wants it."""
    for table, origin in (("engines", "engines.node"), ("volta", "volta.node")):
        wanted = _table(content, table).get("node")
        if isinstance(wanted, str) and wanted.strip():
            return wanted.strip(), f"{origin} in package.json"
    for path in _NODE_FILES:
        lines = [line.partition("#")[0].strip() for line in project.text(path).splitlines()]
        if line := next(filter(None, lines), ""):
            return line.removeprefix("v"), path
    return "", ""


def _text(content: dict[str, Any], key: str) -> str:
    value = content.get(key)
    return value if isinstance(value, str) else ""


def _table(content: dict[str, Any], key: str) -> dict[str, Any]:
    value = content.get(key)
    return value if isinstance(value, dict) else {}
