"""Plan static sites: built by a script or as they are, then served by the platform's file server."""

from dataclasses import replace

from capsule.build.contract import BuildSettings
from capsule.build.plan import Plan
from capsule.build.project import Project
from capsule.build.providers.contract import Unplannable
from capsule.build.providers.draft import Draft
from capsule.build.providers.node.demands import read_demanding_package
from capsule.build.providers.node.install import BUILD_SCRIPTS, plan_build, plan_node, plan_packages
from capsule.build.providers.node.package import Package
from capsule.build.providers.start import is_auto
from capsule.build.providers.static.frameworks import Framework, find_framework
from capsule.build.providers.static.hugo import is_hugo, plan_hugo
from capsule.build.providers.static.jekyll import is_jekyll, not_built
from capsule.build.providers.static.mkdocs import is_mkdocs, plan_mkdocs
from capsule.build.providers.static.output import PLAIN_FOLDERS, Output, find_output, inside, plain_folder
from capsule.build.toolchain import Toolchain

SITE = "{deps}/site"
_BEFORE = "{deps}/before-the-build"


class StaticProvider:
    name = "static"
    manifests: tuple[str, ...] = ()

    def detect(self, project: Project) -> bool:
        return project.has("index.html") or is_hugo(project) or is_mkdocs(project)

    def plan(self, project: Project, settings: BuildSettings, toolchain: Toolchain) -> Plan:
        draft = Draft(self.name)
        output = _plan_output(draft, project, settings, toolchain)
        draft.choose("output directory", output.folder or "/", output.reason)
        for notice in output.notices:
            draft.notice(notice)
        _plan_publishing(draft, output, toolchain)
        fallback = ("--single-page",) if output.is_single_page else ()
        if output.is_single_page:
            draft.choose(
                "unknown paths", "200.html or 404.html, else index.html", "one page that routes by itself"
            )
        else:
            draft.choose("unknown paths", "200.html or 404.html, else a plain page", "each page is a file")
        draft.choose("start command", "static file server", "a site has no server of its own")
        argv = (toolchain.server_python, "-m", "capsule.staticsite", SITE, *fallback)
        return draft.finish(argv, env={"PYTHONUNBUFFERED": "1", "PYTHONDONTWRITEBYTECODE": "1"})


def _plan_publishing(draft: Draft, output: Output, toolchain: Toolchain) -> None:
    # Written before the first step, so that publishing can tell what the build made from what was there.
    draft.files[_BEFORE] = ""
    for folder in toolchain.server_visible:
        draft.show(folder)
    set_by_user = ("--folder-is-set",) if output.is_set else ()
    draft.step(
        "publish", toolchain.server_python, "-I", "-B", "-m", "capsule.staticsite.publish",
        "{app}", SITE, "--since", _BEFORE, "--folder", output.folder, *set_by_user,
    )  # fmt: skip


def _plan_output(draft: Draft, project: Project, settings: BuildSettings, toolchain: Toolchain) -> Output:
    """Plan the build, if there is one, and return where the site will be."""
    package = read_demanding_package(project, toolchain)
    framework = find_framework(package)
    if framework is not None or package.script(*BUILD_SCRIPTS):
        return _with_node(draft, project, package, framework, settings, toolchain)
    if is_mkdocs(project):
        found = plan_mkdocs(draft, project, settings, toolchain)
        return _set_output(settings, found) or found
    if not is_auto(settings.build_command):
        if project.has("package.json"):
            return _with_node(draft, project, package, framework, settings, toolchain)
        plan_build(draft, settings, package, None)
        return _by_command(project, settings)
    if is_hugo(project):
        found = plan_hugo(draft, project, toolchain)
        return _set_output(settings, found) or found
    if is_jekyll(project) and is_auto(settings.output_directory) and plain_folder(project) != "_site":
        raise not_built()
    return _as_it_is(project, settings)


def _with_node(
    draft: Draft,
    project: Project,
    package: Package,
    framework: Framework | None,
    settings: BuildSettings,
    toolchain: Toolchain,
) -> Output:
    plan_node(draft, package, toolchain)
    manager = plan_packages(draft, project, package)
    scripts = (framework.script, *BUILD_SCRIPTS) if framework and framework.script else BUILD_SCRIPTS
    script = package.script(*scripts)
    if framework is not None and framework.name == "Create React App" and "CI" not in settings.env:
        # With CI=true, as every build has it, each warning of the linter would end this tool's build.
        draft.env["CI"] = "false"
    if not plan_build(draft, settings, package, manager, scripts) and framework is not None:
        draft.choose(
            "build command",
            " ".join(framework.command),
            f"{framework.name}; package.json has no script for it",
        )
        draft.step("build", *framework.command)
    written = "" if is_auto(settings.build_command) else settings.build_command
    line = package.expanded(written or package.scripts.get(script or "", ""))
    try:
        found = find_output(project, package, framework, line)
    except Unplannable:
        if is_auto(settings.output_directory):
            raise
        # Whoever names the folder knows that the build makes a site, by ways that a config does not show.
        found = Output("", False, "")
    return _set_output(settings, found) or found


def _by_command(project: Project, settings: BuildSettings) -> Output:
    folder = plain_folder(project)
    found = Output(
        "dist" if folder is None else folder, False, "index.html in the source, if the build makes no other"
    )
    return _set_output(settings, found) or found


def _as_it_is(project: Project, settings: BuildSettings) -> Output:
    folder = plain_folder(project)
    found = Output(
        folder or "", False, f"index.html in {folder}/" if folder else "index.html in the root folder"
    )
    if output := _set_output(settings, found):
        if output.folder and not project.has_folder(output.folder):
            raise Unplannable(
                f"The output directory {output.folder!r} is not in the project, and no build makes it.",
                hint="Correct the output directory, or set a build command.",
            )
        return output
    if folder is not None:
        return found
    raise Unplannable(
        "There is no index.html: neither in the root folder nor in "
        + ", ".join(f"{f}/" for f in PLAIN_FOLDERS)
        + ".",
        hint="Set the output directory, or add a script `build` to package.json.",
        may_lie_deeper=True,
    )


def _set_output(settings: BuildSettings, found: Output) -> Output | None:
    """Return `found` with the folder that the user set; None when it is left to the platform."""
    if is_auto(settings.output_directory):
        return None
    folder = inside(settings.output_directory)
    if folder is None:
        raise Unplannable(
            f"The output directory {settings.output_directory!r} leaves the project.",
            hint="Give a folder inside it.",
        )
    return replace(found, folder=folder, reason="output directory in the capsule's config", is_set=True)
