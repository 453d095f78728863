"""Plan sites that Hugo builds, where the machine has it."""

import re

from capsule.build.project import Project
from capsule.build.providers.contract import Unplannable
from capsule.build.providers.draft import Draft
from capsule.build.providers.static.output import Output, inside
from capsule.build.toolchain import Toolchain

_CONFIGS = tuple(f"hugo.{end}" for end in ("toml", "yaml", "yml", "json"))
_OLD_CONFIGS = tuple(f"config.{end}" for end in ("toml", "yaml", "yml", "json"))
_FOLDERS = ("content", "archetypes", "layouts", "themes")
_PUBLISH_DIR = re.compile(
    r"""^\s*["']?publishDir["']?\s*[=:]\s*["']?([^"'\s,]+)""", re.IGNORECASE | re.MULTILINE
)


def is_hugo(project: Project) -> bool:
    if project.first(*_CONFIGS):
        return True
    old = project.first(*_OLD_CONFIGS) or project.has_folder("config/_default")
    # Zola has a config.toml and a folder of content as well, but keeps its layouts in `templates`.
    is_other = project.has("index.html") or project.has_folder("templates")
    return bool(old and not is_other and any(map(project.has_folder, _FOLDERS)))


def plan_hugo(draft: Draft, project: Project, toolchain: Toolchain) -> Output:
    """Add the build step. Raises Unplannable when this machine has no Hugo."""
    hugo = toolchain.tool("hugo")
    if hugo is None:
        raise Unplannable(
            "The project is a Hugo site, and this machine has no Hugo.",
            hint="Install the package `hugo` on the machine, or commit the built site and set the output "
            "directory.",
        )
    if project.has("package.json"):
        draft.notice("The packages of package.json are not installed; give it a script `build` to have them.")
    draft.use(hugo)
    draft.choose("build command", "hugo", "Hugo's config")
    draft.step("build", "hugo", "--noBuildLock", env={"HUGO_CACHEDIR": "{cache}/hugo"})
    config = project.first(*_CONFIGS, *_OLD_CONFIGS)
    match = _PUBLISH_DIR.search(project.read(config)) if config else None
    folder = inside(match[1]) if match else None
    return Output(folder, False, f"publishDir in {config}") if folder else Output("public", False, "Hugo")
