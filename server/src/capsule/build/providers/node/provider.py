"""Plan Node servers: packages by lock file, the build script, then `npm start`."""

from capsule.build.contract import BuildSettings
from capsule.build.plan import Plan
from capsule.build.project import Project
from capsule.build.providers.contract import Unplannable
from capsule.build.providers.draft import Draft
from capsule.build.providers.node.install import plan_build, plan_node, plan_packages
from capsule.build.providers.node.managers import plan_prune
from capsule.build.providers.node.package import Package, read_package
from capsule.build.providers.start import written_start
from capsule.build.toolchain import Toolchain

_SCRIPTS = (
    "server.js",
    "index.js",
    "app.js",
    "main.js",
    "server.mjs",
    "index.mjs",
    "server.cjs",
    "index.cjs",
)


class NodeProvider:
    name = "node"

    def detect(self, project: Project) -> bool:
        return project.has("package.json") or (bool(project.glob("*.js")) and not project.has("index.html"))

    def plan(self, project: Project, settings: BuildSettings, toolchain: Toolchain) -> Plan:
        draft = Draft(self.name)
        package = read_package(project)
        plan_node(draft, package, toolchain)
        written = written_start(project, settings, draft)
        argv = ("sh", "-c", written.line) if written else _default_start(project, package, draft)
        if project.has("package.json"):
            manager = plan_packages(draft, project, package)
            plan_build(draft, settings, package, manager)
            line = written.line if written else package.scripts.get("start", "")
            plan_prune(draft, manager, package, line)
        else:
            plan_build(draft, settings, package, None)
        return draft.finish(argv, env={"NODE_ENV": "production"})


def _default_start(project: Project, package: Package, draft: Draft) -> tuple[str, ...]:
    if package.scripts.get("start"):
        draft.choose("start command", "npm start", "script `start` in package.json")
        return ("npm", "start")
    if package.main and project.has(package.main):
        draft.choose("start command", f"node {package.main}", "`main` in package.json")
        return ("node", package.main)
    script = project.first(*_SCRIPTS)
    if script is None and not project.has("package.json"):
        files = project.glob("*.js")
        script = files[0] if len(files) == 1 else None
    if script is None:
        raise Unplannable(
            "Nothing in the project tells how to start it: package.json has no script `start` and no `main`, "
            "and there is no server.js or index.js.",
            hint="Add a script `start` to package.json or a Procfile with `web: …`, or set a run command. "
            "A site without a server of its own is a capsule of type frontend.",
        )
    draft.choose("start command", f"node {script}", f"{script} in the root folder")
    return ("node", script)
