"""The frameworks and bundlers that build sites: how they are known and run, and where they put the site.

A table and what reads it. Where a project's config moves the output, the common ways to write that are
understood; what is missed is found after the build (see `capsule.staticsite.built`).
"""

import posixpath
import re
from collections.abc import Callable
from dataclasses import dataclass

from capsule.build.project import Project
from capsule.build.providers.node.package import Package

_SCRIPT_FLAG = re.compile(
    r"--(?:outDir|out-dir|outdir|dist-dir|dest|destination|output-path|output-dir|output)"
    r"[= ]['\"]?([^\s'\"]+)"
)
_QUOTED = r"""\s*:\s*['"`]([^'"`$]+)['"`]"""


@dataclass(frozen=True)
class Framework:
    package: str
    name: str
    folder: str
    is_single_page: bool
    command: tuple[str, ...]
    """Run when package.json has no script for it."""
    config: str = ""
    """Name of its config without the ending, such as `vite.config`."""
    option: str = "outDir"
    """What the config calls the output directory."""
    script: str = ""
    """The script to be run in place of `build`, if there is one."""


# Order matters: a framework often brings another one of this list with it (Astro brings Vite).
FRAMEWORKS = (
    Framework("nuxt", "Nuxt", ".output/public", False, ("nuxt", "generate"), script="generate"),
    Framework("astro", "Astro", "dist", False, ("astro", "build"), "astro.config"),
    Framework("gatsby", "Gatsby", "public", False, ("gatsby", "build")),
    Framework("@docusaurus/core", "Docusaurus", "build", False, ("docusaurus", "build")),
    Framework("@11ty/eleventy", "Eleventy", "_site", False, ("eleventy",)),
    Framework("vitepress", "VitePress", ".vitepress/dist", False, ("vitepress", "build"),
         script="docs:build"),
    Framework("vuepress", "VuePress", ".vuepress/dist", False, ("vuepress", "build"),
         script="docs:build"),
    Framework("hexo", "Hexo", "public", False, ("hexo", "generate")),
    Framework("@sveltejs/kit", "SvelteKit", "build", False, ("vite", "build"), "svelte.config", "pages"),
    Framework("@react-router/dev", "React Router", "build/client", True, ("react-router", "build")),
    Framework("@remix-run/dev", "Remix", "build/client", True, ("remix", "vite:build")),
    Framework("@angular/core", "Angular", "dist", True, ("ng", "build")),
    Framework("react-scripts", "Create React App", "build", True, ("react-scripts", "build")),
    Framework("@vue/cli-service", "Vue CLI", "dist", True, ("vue-cli-service", "build"), "vue.config",
         "outputDir"),
    Framework("@quasar/app-vite", "Quasar", "dist/spa", True, ("quasar", "build")),
    Framework("@quasar/app-webpack", "Quasar", "dist/spa", True, ("quasar", "build")),
    Framework("preact-cli", "Preact CLI", "build", True, ("preact", "build")),
    Framework("ember-cli", "Ember", "dist", True, ("ember", "build", "--environment=production")),
    Framework("expo", "Expo", "dist", True, ("expo", "export", "--platform", "web")),
    Framework("@stencil/core", "Stencil", "www", True, ("stencil", "build")),
    Framework("@rsbuild/core", "Rsbuild", "dist", True, ("rsbuild", "build")),
    Framework("vite", "Vite", "dist", True, ("vite", "build"), "vite.config"),
    Framework("parcel", "Parcel", "dist", True, ("parcel", "build", "index.html")),
)  # fmt: skip
_ENDS = ("ts", "js", "mjs", "mts", "cjs")


def find_framework(package: Package) -> Framework | None:
    return next((framework for framework in FRAMEWORKS if framework.package in package.dependencies), None)


def config_of(project: Project, name: str) -> str:
    """Return the text of the config `name`, whatever its ending; empty without one."""
    found = project.first(*(f"{name}.{end}" for end in _ENDS))
    return project.read(found) if found else ""


def option_of(text: str, option: str) -> str | None:
    """Return what a config says for `option: "…"`, if it says it plainly."""
    match = re.search(rf"\b{option}{_QUOTED}", text)
    return match[1] if match else None


def moved_by(project: Project, framework: Framework, line: str) -> tuple[str, str] | None:
    """Return the folder that `line`, the build script, or the config names in place of the usual one, and
    where that was read."""
    if flag := _flag_in(line):
        return flag, "the build script"
    if reader := _OWN_WAYS.get(framework.package):
        return reader(project, line)
    if not framework.config:
        return None
    text = config_of(project, framework.config)
    if framework.package == "@sveltejs/kit":
        text = text or config_of(project, "vite.config")  # where its newer versions are told
    folder = option_of(text, framework.option)
    if framework.package == "vite" and (root := option_of(text, "root")):
        folder = posixpath.join(root, folder or framework.folder)
    return (folder, f"{framework.option} in {framework.config}") if folder else None


def _flag_in(line: str) -> str | None:
    for part in re.split(r"&&|\|\||;", line):
        match = _SCRIPT_FLAG.search(part)
        # The compiler's output is no site, and often goes elsewhere.
        if match and not part.strip().startswith("tsc"):
            return match[1]
    return None


def _create_react_app(project: Project, line: str) -> tuple[str, str] | None:
    places = {"the build script": line}
    places |= {name: project.read(name) for name in (".env.production", ".env")}
    for place, text in places.items():
        if match := re.search(r"(?:^|\s)BUILD_PATH=['\"]?([^\s'\"]+)", text):
            return match[1], f"BUILD_PATH in {place}"
    return None


def _documentation(program: str) -> Callable[[Project, str], tuple[str, str] | None]:
    def read(project: Project, line: str) -> tuple[str, str] | None:
        match = re.search(rf"\b{program} build ([\w./-]+)", line)
        return (posixpath.join(match[1], f".{program}/dist"), "the build script") if match else None

    return read


def _eleventy(project: Project, line: str) -> tuple[str, str] | None:
    text = config_of(project, "eleventy.config") or project.read(".eleventy.js")
    folder = option_of(text, "output")
    return (folder, "output in Eleventy's config") if folder else None


_OWN_WAYS = {
    "react-scripts": _create_react_app,
    "vitepress": _documentation("vitepress"),
    "vuepress": _documentation("vuepress"),
    "@11ty/eleventy": _eleventy,
}
