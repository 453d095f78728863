"""Plan static sites: built by a script or as they are, then served by the platform's file server."""

from capsule.build.contract import BuildSettings
from capsule.build.plan import Plan
from capsule.build.project import Project
from capsule.build.providers.contract import Unplannable
from capsule.build.providers.draft import Draft
from capsule.build.providers.node.install import plan_build, plan_node, plan_packages
from capsule.build.providers.node.package import read_package
from capsule.build.providers.start import is_auto
from capsule.build.providers.static.output import Output, find_output
from capsule.build.toolchain import Toolchain

SITE = "{deps}/site"
_PLAIN_FOLDERS = ("public", "dist", "build", "site", "_site", "www", "html", "docs")

# What is served is moved out of the project, so that a replica has no sources and no copy to make.
_PUBLISH = (
    '[ -d "$1" ] || { echo "The build made no folder $4. Set the output directory." >&2; exit 1; }; '
    '[ -f "$1/index.html" ] || echo "There is no index.html in $4." >&2; '
    'mkdir -p "$2" && cp -R "$1/." "$2/" && find "$3" -mindepth 1 -delete'
)


class StaticProvider:
    name = "static"
    manifests: tuple[str, ...] = ()

    def detect(self, project: Project) -> bool:
        return project.has("index.html")

    def plan(self, project: Project, settings: BuildSettings, toolchain: Toolchain) -> Plan:
        draft = Draft(self.name)
        package = read_package(project)
        if package.script("gcp-build", "build") or not is_auto(settings.build_command):
            output = self._built(draft, project, settings, toolchain)
        else:
            output = _as_it_is(project, settings)
        shown = output.folder or "the project folder"
        draft.choose("output directory", output.folder or "/", output.reason)
        source = "{app}/" + output.folder if output.folder else "{app}"
        draft.step("publish", "sh", "-c", _PUBLISH, "publish", source, SITE, "{app}", shown)
        for folder in toolchain.server_visible:
            draft.show(folder)
        fallback = ("--single-page",) if output.is_single_page else ()
        unknown = "index.html" if output.is_single_page else "404.html, or a plain page"
        draft.choose("unknown paths", unknown, output.reason)
        draft.choose("start command", "static file server", "a site has no server of its own")
        argv = (toolchain.server_python, "-m", "capsule.staticsite", SITE, *fallback)
        return draft.finish(argv, env={"PYTHONUNBUFFERED": "1", "PYTHONDONTWRITEBYTECODE": "1"})

    def _built(self, draft: Draft, project: Project, settings: BuildSettings, toolchain: Toolchain) -> Output:
        package = read_package(project)
        manager = None
        if project.has("package.json"):
            plan_node(draft, package, toolchain)
            manager = plan_packages(draft, project, package)
        plan_build(draft, settings, package, manager)
        folder = _set_folder(settings)
        if project.has("package.json"):
            found = find_output(project, package)
            if folder is None:
                return found
            return Output(folder, found.is_single_page, "output directory in the capsule's config")
        if folder is not None:
            return Output(folder, False, "output directory in the capsule's config")
        if project.has("index.html"):
            return Output("", False, "index.html in the root folder")
        raise Unplannable(
            "The build command says what to run, but not where the site will be.",
            hint="Set the output directory.",
        )


def _as_it_is(project: Project, settings: BuildSettings) -> Output:
    folder = _set_folder(settings)
    if folder is not None:
        if folder and not project.has_folder(folder):
            raise Unplannable(
                f"The output directory {folder!r} is not in the project, and no build makes it.",
                hint="Correct the output directory, or set a build command.",
            )
        return Output(folder, False, "output directory in the capsule's config")
    if project.has("index.html"):
        return Output("", False, "index.html in the root folder")
    for candidate in _PLAIN_FOLDERS:
        if project.has(f"{candidate}/index.html"):
            return Output(candidate, False, f"index.html in {candidate}/")
    raise Unplannable(
        "There is no index.html: neither in the root folder nor in "
        + ", ".join(f"{f}/" for f in _PLAIN_FOLDERS)
        + ".",
        hint="Set the output directory, or add a script `build` to package.json.",
    )


def _set_folder(settings: BuildSettings) -> str | None:
    """Return the folder the user set, `` for the project's own; None when it is left to the platform."""
    if is_auto(settings.output_directory):
        return None
    parts = [part for part in settings.output_directory.strip().split("/") if part not in ("", ".")]
    if ".." in parts:
        raise Unplannable(
            f"The output directory {settings.output_directory!r} leaves the project.",
            hint="Give a folder inside it.",
        )
    return "/".join(parts)
