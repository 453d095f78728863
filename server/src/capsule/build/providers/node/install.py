"""The part that servers and built sites share: Node itself, the package manager, and the build script."""

from capsule.build.contract import BuildSettings
from capsule.build.project import Project
from capsule.build.providers.contract import Unplannable
from capsule.build.providers.draft import Draft
from capsule.build.providers.node.managers import Manager, find_manager, plan_install
from capsule.build.providers.node.package import Package
from capsule.build.providers.node.versions import meets
from capsule.build.providers.start import is_auto
from capsule.build.toolchain import Toolchain


def plan_node(draft: Draft, package: Package, toolchain: Toolchain) -> None:
    """Put Node on the path and say whether it is the one the project wants.

    Raises Unplannable when this machine has none.
    """
    node = toolchain.node
    if node is None:
        raise Unplannable(
            "The project needs Node, and this machine has none.",
            hint="Install the package `nodejs` (and `npm`) on the machine; see `capsule doctor`.",
        )
    draft.put_on_path("{app}/node_modules/.bin")
    draft.put_on_path(node.bin)
    for folder in node.visible:
        draft.show(folder)
    if not package.node:
        draft.choose("node", node.version, "the Node on this machine")
        return
    answer = meets(node.version, package.node)
    draft.choose(
        "node",
        node.version,
        f"engines.node in package.json ({package.node})" if answer else "the only one here",
    )
    if answer is False:
        draft.notice(
            f"package.json asks for Node {package.node}; this machine has {node.version}, which is used."
        )
    elif answer is None:
        draft.notice(f"engines.node {package.node!r} is no version range; Node {node.version} is used.")


def plan_packages(draft: Draft, project: Project, package: Package) -> Manager:
    manager = find_manager(project, package)
    version = f"{manager.name} {manager.version}".strip()
    draft.choose("package manager", version, manager.reason)
    if project.first("bun.lock", "bun.lockb") and not manager.lock:
        draft.notice("The lock file of bun is not read; npm chooses the versions.")
    if project.has_folder("node_modules"):
        draft.notice("The folder node_modules of the source is left aside and installed anew.")
        draft.step("remove node_modules", "rm", "-rf", "{app}/node_modules")
    plan_install(draft, manager)
    return manager


def plan_build(draft: Draft, settings: BuildSettings, package: Package, manager: Manager | None) -> bool:
    """Add the build step, if there is anything to build, and say whether there is."""
    if not is_auto(settings.build_command):
        draft.choose("build command", settings.build_command, "build command in the capsule's config")
        draft.line("build", settings.build_command)
        return True
    script = package.script("gcp-build", "build")
    if script is None or manager is None:
        return False
    argv = manager.run(script)
    draft.choose("build command", " ".join(argv), f"script `{script}` in package.json")
    draft.step("build", *argv)
    return True
