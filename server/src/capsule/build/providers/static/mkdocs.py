"""Plan sites that MkDocs builds, in an environment of Python that the site does not keep."""

import re

from capsule.build.contract import BuildSettings
from capsule.build.project import Project
from capsule.build.providers.draft import Draft
from capsule.build.providers.node.install import plan_build
from capsule.build.providers.node.package import read_package
from capsule.build.providers.python.dependencies import Dependencies, find_dependencies, from_requirements
from capsule.build.providers.python.environment import PYTHON, VENV, plan_environment, plan_install
from capsule.build.providers.python.interpreter import choose_interpreter
from capsule.build.providers.start import is_auto
from capsule.build.providers.static.output import Output, inside
from capsule.build.toolchain import Toolchain

_CONFIGS = ("mkdocs.yml", "mkdocs.yaml")
_SITE_DIR = re.compile(r"""^site_dir:\s*["']?([^"'\s#]+)""", re.MULTILINE)
_MATERIAL = re.compile(
    r"""^theme:\s*(?:["']?material\b|\n(?:\s+.*\n)*?\s+name:\s*["']?material\b)""", re.MULTILINE
)


def is_mkdocs(project: Project) -> bool:
    return project.first(*_CONFIGS) is not None


def plan_mkdocs(draft: Draft, project: Project, settings: BuildSettings, toolchain: Toolchain) -> Output:
    """Add the environment and the build; a build command of the user takes the place of MkDocs's own."""
    config = project.first(*_CONFIGS) or _CONFIGS[0]
    text = project.read(config)
    interpreter = choose_interpreter(project, toolchain, draft)
    dependencies = _dependencies(project)
    draft.choose("dependencies", dependencies.origin or "none", "found in the project")
    wanted = ("mkdocs", *(("mkdocs-material",) if _MATERIAL.search(text) else ()))
    extra = tuple(name for name in wanted if not dependencies.has(name))
    for name in extra:
        draft.choose(name, "added", f"builds the site of {config}")
    plan_environment(draft, interpreter)
    plan_install(draft, dependencies, extra, compile_bytecode=False)
    if is_auto(settings.build_command):
        draft.choose("build command", "mkdocs build", config)
        draft.step("build", PYTHON, "-m", "mkdocs", "build")
    else:
        plan_build(draft, settings, read_package(project), None)
    draft.step("remove the environment", "rm", "-rf", VENV)
    match = _SITE_DIR.search(text)
    folder = inside(match[1]) if match else None
    return Output(folder, False, f"site_dir in {config}") if folder else Output("site", False, "MkDocs")


def _dependencies(project: Project) -> Dependencies:
    below = "docs/requirements.txt"
    return from_requirements(project, below) if project.has(below) else find_dependencies(project)
