"""The part that servers and built sites share: Node itself, the package manager, and the build script."""

import re

from capsule.build.contract import BuildSettings
from capsule.build.project import Project
from capsule.build.providers.draft import Draft
from capsule.build.providers.needs import needed_node
from capsule.build.providers.node.endless import endless_part
from capsule.build.providers.node.managers import Manager, find_manager, plan_install
from capsule.build.providers.node.package import Package
from capsule.build.providers.node.versions import as_range, meets
from capsule.build.providers.start import is_auto, shell
from capsule.build.toolchain import Toolchain

BUILD_SCRIPTS = ("gcp-build", "build")
_OWN_NODE = "{deps}/node"

# Kept in the capsule's cache under the wanted range, so that the next build fetches nothing. An old Node runs
# no new npm, so the one of its time comes with it.
_FETCH_NODE = """
new="$2.new"
add() { npm install --prefix "$new" --no-audit --no-fund --loglevel=error "$@"; }
if [ ! -x "$2/node_modules/.bin/node" ]; then
  rm -rf "$2" "$new" && mkdir -p "$new" && add "$1" || exit 1
  case "$("$new/node_modules/.bin/node" --version)" in
    v1[0-7].*) npm=8 ;; v1[89].*|v2[01].*) npm=10 ;; *) npm=11 ;;
  esac
  add --ignore-scripts "npm@$npm" && mv "$new" "$2" || exit 1
fi
rm -rf "$3" && cp -a "$2" "$3" && "$3/node_modules/.bin/node" --version
"""


def plan_node(draft: Draft, package: Package, toolchain: Toolchain) -> None:
    """Put the Node that the project wants on the path: this machine's, else one that is fetched for it.

    Raises Unplannable when this machine has none.
    """
    node = needed_node(toolchain, "The project needs Node")
    draft.put_on_path("{app}/node_modules/.bin")
    wanted = as_range(package.node)
    answer = meets(node.version, wanted)
    if answer is False:
        draft.choose(
            "node", wanted, f"{package.node_origin} ({package.node}); this machine has {node.version}"
        )
        draft.put_on_path(f"{_OWN_NODE}/node_modules/.bin")
    draft.use(node)
    if answer is False:
        slot = re.sub(r"[^\w.]+", "-", wanted).strip("-")
        draft.step(
            "install node", "sh", "-c", _FETCH_NODE, "fetch", f"node@{wanted}",
            "{cache}/node-" + slot, _OWN_NODE, cwd="{deps}",
            env={"npm_config_cache": "{cache}/npm", "npm_config_update_notifier": "false"},
        )  # fmt: skip
        return
    reason = f"{package.node_origin} ({package.node})" if package.node else "the Node on this machine"
    draft.choose("node", node.version, reason)
    if answer is None:
        draft.notice(
            f"{package.node_origin} asks for {package.node!r}, which is no version; Node {node.version} is "
            "used."
        )


def plan_packages(draft: Draft, project: Project, package: Package) -> Manager:
    manager = find_manager(project, package)
    if manager.notice:
        draft.notice(manager.notice)
    version = f"{manager.name} {manager.version}".strip()
    draft.choose("package manager", version, manager.reason)
    if project.has_folder("node_modules"):
        draft.notice("The folder node_modules of the source is left aside and installed anew.")
        draft.step("remove node_modules", "rm", "-rf", "{app}/node_modules")
    plan_install(draft, project, manager)
    return manager


def plan_build(
    draft: Draft,
    settings: BuildSettings,
    package: Package,
    manager: Manager | None,
    scripts: tuple[str, ...] = BUILD_SCRIPTS,
) -> bool:
    """Add the build step, if there is anything to build that ends, and say whether there is.

    The first of `scripts` that package.json has is run, unless the user set a build command.
    """
    if not is_auto(settings.build_command):
        line, reason = settings.build_command.strip(), "build command in the capsule's config"
        argv = shell(line)
    else:
        script = package.script(*scripts)
        if script is None or manager is None:
            return False
        line, reason = " ".join(manager.run(script)), f"script `{script}` in package.json"
        argv = manager.run(script)
    if part := endless_part(line, package):
        draft.choose("build command", "none", f"{reason} would not end")
        draft.notice(
            f"The {reason} starts a server or waits for changes (`{part}`), so it is not run while building. "
            "A build has to end; start the server in the script `start` or a run command."
        )
        return False
    draft.choose("build command", line, reason)
    draft.step("build", *argv)
    return True
