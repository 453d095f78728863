"""Where a site will be after its build, and whether it is one page that routes by itself."""

import posixpath
import re
from dataclasses import dataclass, field
from typing import Any

from capsule.build.project import Project
from capsule.build.providers.contract import Unplannable
from capsule.build.providers.node.package import Package
from capsule.build.providers.static.frameworks import Framework, config_of, moved_by, option_of

_SERVER_HINT = "Create the capsule with type backend"
_PAGE_FRAMEWORKS = frozenset(("react", "vue", "preact", "svelte", "solid-js", "lit", "@angular/core"))
PLAIN_FOLDERS = ("public", "dist", "build", "site", "_site", "www", "html", "docs")


@dataclass(frozen=True)
class Output:
    folder: str
    """Relative to the project; empty for the project itself."""
    is_single_page: bool
    reason: str
    is_set: bool = False
    """By the user, so that no other folder is taken instead."""
    notices: tuple[str, ...] = field(default=())


def find_output(project: Project, package: Package, framework: Framework | None, line: str) -> Output:
    """Return where the build command `line` will put the site.

    Raises Unplannable for what is rendered on a server, which is no static site.
    """
    if "next" in package.dependencies:
        return _next(project, line)
    if project.has("angular.json"):
        return _angular(project.json("angular.json"))
    if framework is None:
        return _unknown(project, package)
    _refuse_servers(project, package, framework)
    is_single_page = framework.is_single_page
    if framework.name == "SvelteKit":
        configs = [config_of(project, name) for name in ("svelte.config", "vite.config")]
        is_single_page = any(option_of(text, "fallback") == "index.html" for text in configs)
    notices = _wrong_base(project, framework)
    moved = moved_by(project, framework, line)
    folder = inside(moved[0]) if moved else None
    if moved and folder is not None:
        return Output(folder, is_single_page, moved[1], notices=notices)
    return Output(framework.folder, is_single_page, framework.name, notices=notices)


def inside(folder: str) -> str | None:
    """Return `folder` in its shortest form; None when it leaves the project."""
    found = posixpath.normpath("/" + folder.strip()).lstrip("/")
    left = posixpath.normpath(folder.strip().lstrip("/") or ".")
    return None if left == ".." or left.startswith("../") else found


def plain_folder(project: Project) -> str | None:
    """Return the folder of the source that has an index.html, `` for the project itself."""
    return next((f for f in ("", *PLAIN_FOLDERS) if project.has(f"{f}/index.html")), None)


def _unknown(project: Project, package: Package) -> Output:
    folder = plain_folder(project)
    routes = folder is None or bool(package.dependencies & _PAGE_FRAMEWORKS)
    if folder is None:
        return Output("dist", routes, "usual for a build script")
    return Output(folder, routes, "index.html in the source, if the build makes no other")


def exported_next(project: Project, line: str) -> Output | None:
    """Return where Next.js writes a site, and None when it makes a server; `line` is the build script."""
    config = config_of(project, "next.config")
    if option_of(config, "output") == "export":
        folder = inside(option_of(config, "distDir") or "out")
        return Output(folder or "out", False, "Next.js with `output: export` in next.config")
    if exported := re.search(r"\bnext export(?:.*?(?:-o|--outdir)[= ](\S+))?", line):
        return Output(
            inside(exported[1] or "out") or "out", False, "Next.js with `next export` in the build script"
        )
    return None


def _next(project: Project, line: str) -> Output:
    if found := exported_next(project, line):
        return found
    raise Unplannable(
        "Next.js renders on a server here, so this is no static site.",
        hint=f"{_SERVER_HINT}, or set `output: 'export'` in next.config.js.",
    )


def _refuse_servers(project: Project, package: Package, framework: Framework) -> None:
    if framework.name == "SvelteKit" and "@sveltejs/adapter-static" not in package.dependencies:
        raise Unplannable(
            "SvelteKit without @sveltejs/adapter-static renders on a server, so this is no static site.",
            hint=f"{_SERVER_HINT} and @sveltejs/adapter-node, or use @sveltejs/adapter-static.",
        )
    if framework.name == "Astro" and option_of(config_of(project, "astro.config"), "output") == "server":
        raise Unplannable(
            "Astro with `output: 'server'` renders on a server, so this is no static site.",
            hint=f"{_SERVER_HINT}, or leave `output` out of the config.",
        )
    if framework.name in ("React Router", "Remix"):
        configs = [config_of(project, name) for name in ("react-router.config", "vite.config")]
        if not any(re.search(r"\bssr\s*:\s*false", text) for text in configs):
            raise Unplannable(
                f"{framework.name} renders on a server here, so this is no static site.",
                hint=f"{_SERVER_HINT}, or set `ssr: false` in its config.",
            )


def _wrong_base(project: Project, framework: Framework) -> tuple[str, ...]:
    """Notice a site made for a folder of another host, a page project's address for one."""
    base: str | None = None
    if framework.name == "Vite":
        base, place = option_of(config_of(project, "vite.config"), "base"), "`base` in vite.config"
    elif framework.name == "Create React App":
        homepage = project.json("package.json").get("homepage")
        address = re.match(r"^https?://[^/]+(/.*)$", homepage) if isinstance(homepage, str) else None
        base, place = address[1] if address else None, "`homepage` in package.json"
    if not base or not base.startswith("/") or not base.strip("/"):
        return ()
    return (f"The site is made for {base} ({place}), but it is served from /; its files may not be found.",)


def _angular(workspace: dict[str, Any]) -> Output:
    projects = workspace.get("projects")
    projects = projects if isinstance(projects, dict) else {}
    name = workspace.get("defaultProject") or next(iter(projects), "app")
    try:
        project = projects[name]
        build = (project.get("architect") or project.get("targets"))["build"]
        builder, path = str(build.get("builder", "")), build.get("options", {}).get("outputPath")
    except (KeyError, TypeError, AttributeError):
        builder, path = "", None
    if isinstance(path, dict):
        base, browser = str(path.get("base", f"dist/{name}")), str(path.get("browser", "browser"))
        return Output(f"{base}/{browser}".rstrip("/"), True, "outputPath in angular.json")
    folder = path if isinstance(path, str) else f"dist/{name}"
    reason = "outputPath in angular.json" if isinstance(path, str) else "Angular"
    # The newer builder puts what browsers get into a folder of its own.
    nested = builder.endswith(":application")
    return Output(f"{folder}/browser" if nested else folder, True, reason)
