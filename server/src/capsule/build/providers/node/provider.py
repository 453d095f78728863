"""Plan Node servers: packages by lock file, the build script, then a script or a framework's server."""

from capsule.build.contract import BuildSettings
from capsule.build.plan import Plan
from capsule.build.project import Project
from capsule.build.providers.draft import Draft
from capsule.build.providers.node.demands import read_demanding_package
from capsule.build.providers.node.frameworks import server_framework
from capsule.build.providers.node.install import plan_build, plan_node, plan_packages
from capsule.build.providers.node.launch import find_launch
from capsule.build.providers.node.managers import find_manager, plan_prune
from capsule.build.providers.start import choose_start, read_commands
from capsule.build.toolchain import Toolchain


class NodeProvider:
    name = "node"
    manifests: tuple[str, ...] = ("package.json",)

    def detect(self, project: Project) -> bool:
        return bool(project.glob("*.js")) and not project.has("index.html")

    def plan(self, project: Project, settings: BuildSettings, toolchain: Toolchain) -> Plan:
        draft = Draft(self.name)
        package = read_demanding_package(project, toolchain)
        plan_node(draft, package, toolchain)
        manager = find_manager(project, package) if project.has("package.json") else None
        commands = read_commands(project, settings, draft)
        launch = choose_start(project, commands, draft, lambda: find_launch(project, package, manager, draft))
        if manager is not None:
            plan_packages(draft, project, package)
        framework = server_framework(package)
        draft.env |= dict(framework.build_env) if framework else {}
        plan_build(draft, settings, package, manager)
        if manager is not None:
            started = () if launch.argv is None else launch.argv
            workers = tuple(" ".join(argv) for argv in draft.processes.values())
            plan_prune(draft, manager, package, " ; ".join((*commands.lines, " ".join(started), *workers)))
        env = {"NODE_ENV": "production", "HOST": "127.0.0.1", **dict(framework.env if framework else ())}
        return draft.finish(launch.argv, env={**env, **launch.env})
