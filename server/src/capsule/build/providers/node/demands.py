"""Take the Node that the project's packages demand, where the project itself names none.

Tools such as Angular's and Astro's refuse to run on a Node that is too old for them. What they want to have
is in the lock files of npm and pnpm.
"""

import re
from collections.abc import Iterator
from dataclasses import replace

from capsule.build.project import Project
from capsule.build.providers.node.managers import find_manager
from capsule.build.providers.node.package import Package, read_package
from capsule.build.providers.node.versions import as_range, meets
from capsule.build.toolchain import Toolchain

_PNPM = re.compile(
    r"^  '?/?((?:@[^@/\s]+/)?[^@/\s']+)[@/][^\n]*:\n    resolution:[^\n]*\n    engines: \{([^}\n]*)\}", re.M
)
_LINES = ("20", "22", "24", "26", "28")
_NODE = re.compile(r"\bnode: '?([^,'}]+)")


def read_demanding_package(project: Project, toolchain: Toolchain) -> Package:
    """Read package.json; where it asks for no Node and this machine's would be refused by one of the packages
    that it names, that package's demand takes the place of its own. Raises Unreadable.
    """
    package = read_package(project)
    node = toolchain.tool("node")
    if node is None or package.node or not project.has("package.json"):
        return package
    lock = find_manager(project, package).lock
    for name, wanted in _demands(project, lock):
        if name in package.dependencies and meets(node.version, as_range(wanted)) is False:
            origin = f"engines.node of {name} in {lock}, `{wanted}`"
            return replace(package, node=_supported(wanted), node_origin=origin)
    return package


def _supported(wanted: str) -> str:
    """Return the oldest line with long support that is in the range; without one the range itself.

    The newest Node of all, which an open range such as `>=22` stands for, is new to many packages.
    """
    found = (line for line in _LINES if meets(f"{line}.999.0", as_range(wanted)))
    return next(found, wanted)


def _demands(project: Project, lock: str) -> Iterator[tuple[str, str]]:
    """Yield package and range, for the packages of which the lock file says it."""
    if lock in ("package-lock.json", "npm-shrinkwrap.json"):
        packages = project.json(lock).get("packages")
        for path, entry in packages.items() if isinstance(packages, dict) else ():
            engines = entry.get("engines") if isinstance(entry, dict) else None
            wanted = engines.get("node") if isinstance(engines, dict) else None
            if path.startswith("node_modules/") and isinstance(wanted, str):
                yield path.removeprefix("node_modules/"), wanted
    elif lock == "pnpm-lock.yaml":
        for name, engines in _PNPM.findall(project.read(lock)):
            if wanted := _NODE.search(engines):
                yield name, wanted[1].strip()
