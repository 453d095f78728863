"""Where the tools that build sites put them, and whether the site is one page that routes by itself."""

import re
from dataclasses import dataclass
from typing import Any

from capsule.build.project import Project
from capsule.build.providers.contract import Unplannable
from capsule.build.providers.node.package import Package

_VITE_OUT = re.compile(r"""outDir\s*:\s*['"`]([^'"`]+)['"`]""")
_NEXT_EXPORT = re.compile(r"""output\s*:\s*['"`]export['"`]""")
_VITE_CONFIGS = tuple(f"vite.config.{end}" for end in ("ts", "js", "mjs", "mts", "cjs"))
_NEXT_CONFIGS = tuple(f"next.config.{end}" for end in ("js", "mjs", "ts", "cjs"))


@dataclass(frozen=True)
class Output:
    folder: str
    is_single_page: bool
    reason: str


# Order matters: a framework often brings another tool of this list with it (SvelteKit and Astro bring Vite).
_KNOWN = (
    Output(".output/public", False, "Nuxt"),
    Output("dist", False, "Astro"),
    Output("public", False, "Gatsby"),
    Output("build", False, "Docusaurus"),
    Output("_site", False, "Eleventy"),
    Output("build", True, "SvelteKit"),
    Output("build", True, "Create React App"),
    Output("dist", True, "Vue CLI"),
    Output("dist", True, "Parcel"),
)
_PACKAGES = {
    "nuxt": "Nuxt", "astro": "Astro", "gatsby": "Gatsby", "@docusaurus/core": "Docusaurus",
    "@11ty/eleventy": "Eleventy", "@sveltejs/kit": "SvelteKit", "react-scripts": "Create React App",
    "@vue/cli-service": "Vue CLI", "parcel": "Parcel",
}  # fmt: skip


def find_output(project: Project, package: Package) -> Output:
    """Return where the build will put the site.

    Raises Unplannable for Next.js with server rendering, which is no static site.
    """
    if "next" in package.dependencies:
        return _next(project)
    if project.has("angular.json"):
        return _angular(project.json("angular.json"))
    names = {_PACKAGES[name] for name in package.dependencies if name in _PACKAGES}
    for known in _KNOWN:
        if known.reason in names:
            return known
    if "vite" in package.dependencies:
        config = project.first(*_VITE_CONFIGS)
        match = _VITE_OUT.search(project.read(config)) if config else None
        return Output(match[1], True, f"outDir in {config}") if match else Output("dist", True, "Vite")
    if "svelte" in package.dependencies:
        return Output("public", True, "Svelte")
    return Output("dist", True, "usual for a build script")


def _next(project: Project) -> Output:
    config = project.first(*_NEXT_CONFIGS)
    if config and _NEXT_EXPORT.search(project.read(config)):
        return Output("out", False, f"Next.js with `output: export` in {config}")
    raise Unplannable(
        "Next.js renders on a server here, so this is no static site.",
        hint="Create the capsule with type backend, or set `output: 'export'` in next.config.js.",
    )


def _angular(workspace: dict[str, Any]) -> Output:
    projects = workspace.get("projects")
    projects = projects if isinstance(projects, dict) else {}
    name = workspace.get("defaultProject") or next(iter(projects), "app")
    try:
        build = projects[name]["architect"]["build"]
        builder, path = str(build.get("builder", "")), build.get("options", {}).get("outputPath")
    except (KeyError, TypeError, AttributeError):
        builder, path = "", None
    if isinstance(path, dict):
        base, browser = str(path.get("base", f"dist/{name}")), str(path.get("browser", "browser"))
        return Output(f"{base}/{browser}".rstrip("/"), True, "outputPath in angular.json")
    folder = path if isinstance(path, str) else f"dist/{name}"
    # The newer builder puts what browsers get into a folder of its own.
    nested = builder.endswith(":application")
    return Output(f"{folder}/browser" if nested else folder, True, "outputPath in angular.json")
