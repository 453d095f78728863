"""Build the assets of a project in another language, whose package.json has a build script."""

from capsule.build.contract import BuildSettings
from capsule.build.project import Project
from capsule.build.providers.draft import Draft
from capsule.build.providers.node.demands import read_demanding_package
from capsule.build.providers.node.install import plan_build, plan_node, plan_packages
from capsule.build.providers.start import is_auto
from capsule.build.toolchain import Toolchain


def plan_assets(draft: Draft, project: Project, settings: BuildSettings, toolchain: Toolchain) -> None:
    """Install and build them with Node, and leave nothing of its packages in the artifact.

    A build command of the user takes the place of all of it.
    """
    if not is_auto(settings.build_command):
        draft.choose("build command", settings.build_command, "build command in the capsule's config")
        draft.line("build", settings.build_command)
        return
    package = read_demanding_package(project, toolchain)
    if package.script("gcp-build", "build") is None:
        return
    plan_node(draft, package, toolchain)
    manager = plan_packages(draft, project, package)
    plan_build(draft, settings, package, manager)
    draft.step("remove the packages of the assets", "rm", "-rf", "{app}/node_modules", "{deps}/node")
