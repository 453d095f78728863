"""What package.json says, with the parts that are missing or of the wrong kind left empty."""

from dataclasses import dataclass
from typing import Any

from capsule.build.project import Project


@dataclass(frozen=True)
class Package:
    scripts: dict[str, str]
    dependencies: frozenset[str]
    """Names, those for development included."""
    dev_dependencies: frozenset[str]
    main: str
    node: str
    """`engines.node`; empty when it says nothing."""
    package_manager: str
    """Such as `pnpm@9.15.0`; empty when it says nothing."""

    def script(self, *names: str) -> str | None:
        """Return the first of `names` that is a script."""
        return next((name for name in names if self.scripts.get(name)), None)


def read_package(project: Project) -> Package:
    """Read package.json. Raises Unreadable when it is no JSON object."""
    content = project.json("package.json")
    dev = frozenset(_table(content, "devDependencies"))
    scripts = {name: line for name, line in _table(content, "scripts").items() if isinstance(line, str)}
    node = _table(content, "engines").get("node")
    main, manager = content.get("main"), content.get("packageManager")
    return Package(
        scripts=scripts,
        dependencies=frozenset(_table(content, "dependencies")) | dev,
        dev_dependencies=dev,
        main=main if isinstance(main, str) else "",
        node=node if isinstance(node, str) else "",
        package_manager=manager if isinstance(manager, str) else "",
    )


def _table(content: dict[str, Any], key: str) -> dict[str, Any]:
    value = content.get(key)
    return value if isinstance(value, dict) else {}
