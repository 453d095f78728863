"""Tell build commands that end from those that start a server or wait for changes, before they are run."""

import re

from capsule.build.providers.node.package import Package, node_files

_SERVER_FILE = re.compile(r"(?:^|/)(?:server|dev-server|devserver|serve)\.[cm]?[jt]s$")
_PREFIX = re.compile(
    r"^(?:\w+=\S*\s+|cross-env\s+|npx\s+(?:-{1,2}\w+\s+)*|exec\s+|dotenv\s+(?:-\S+\s+)*--\s+)+"
)
_WATCH = re.compile(r"\s--watch(?:=(?!false)\S+)?\s")
_SHORT_WATCH = re.compile(r"\s-w\s")
_WATCHERS = {"tsc", "rollup", "webpack", "babel", "swc", "sass", "tailwindcss"}
"""For others `-w` may mean something else, such as npm's workspace."""
_ALWAYS = {
    "nodemon", "ts-node-dev", "tsnd", "webpack-dev-server", "http-server", "live-server", "lite-server",
    "json-server", "pm2-runtime", "remix-serve", "react-router-serve", "start-storybook", "serve",
}  # fmt: skip
# Program → the subcommands with which it serves or watches; "" is the program without any.
_SUBCOMMANDS = {
    "vite": {"", "dev", "serve", "preview"},
    "next": {"", "dev", "start"},
    "nuxt": {"dev", "start", "preview"},
    "nuxi": {"dev", "start", "preview"},
    "astro": {"dev", "preview"},
    "remix": {"dev", "vite:dev"},
    "react-router": {"dev"},
    "gatsby": {"develop", "serve"},
    "eleventy": {"serve"},
    "docusaurus": {"start", "serve"},
    "vitepress": {"", "dev", "preview", "serve"},
    "vuepress": {"dev"},
    "hexo": {"server", "s"},
    "quasar": {"dev", "serve"},
    "ember": {"serve", "server", "s"},
    "expo": {"start"},
    "rsbuild": {"dev", "preview"},
    "nitro": {"dev", "preview"},
    "nitropack": {"dev", "preview"},
    "ng": {"serve", "s"},
    "vue-cli-service": {"serve"},
    "react-scripts": {"start"},
    "webpack": {"serve", "watch"},
    "parcel": {"", "serve", "watch"},
    "tsx": {"watch"},
    "nest": {"start"},
    "storybook": {"dev"},
    "wrangler": {"dev"},
    "svelte-kit": {"dev", "preview"},
    "vinxi": {"dev", "start"},
}
_FOR_PRODUCTION = {
    ("next", "start"),
    ("nuxt", "start"),
    ("nuxi", "start"),
    ("vinxi", "start"),
    ("nest", "start"),
}


def endless_part(line: str, package: Package) -> str:
    """Return the command in `line`, or in a script that it calls, that would not end; empty when all do."""
    for part in re.split(r"&&|\|\||[;&|\n]", package.expanded(line)):
        text = _PREFIX.sub("", part.strip())
        if text and _is_endless(text, package):
            return text
    return ""


def is_for_development(part: str) -> bool:
    """Say whether a command that does not end is a framework's server for whoever develops with it."""
    program, subcommand, _ = _parts(part)
    return subcommand in _SUBCOMMANDS.get(program, ()) and (program, subcommand) not in _FOR_PRODUCTION


def _parts(text: str) -> tuple[str, str, list[str]]:
    """Return the program, its subcommand and all its words."""
    program, _, rest = text.partition(" ")
    program, words = program.rpartition("/")[2], rest.split()
    subcommand = words[0] if words and not words[0].startswith("-") else ""
    if program == "parcel" and subcommand.endswith(".html"):
        subcommand = ""
    elif program == "eleventy" and "--serve" in words:
        subcommand = "serve"
    return program, subcommand, words


def _is_endless(text: str, package: Package) -> bool:
    program, subcommand, words = _parts(text)
    rest = text.partition(" ")[2]
    if program in _ALWAYS or _WATCH.search(f" {rest} "):
        return True
    if program in _WATCHERS and _SHORT_WATCH.search(f" {rest} "):
        return True
    if program == "esbuild" and any(word.startswith("--serve") for word in words):
        return True
    if subcommand in _SUBCOMMANDS.get(program, ()):
        return not {"--help", "--version"} & set(words)
    return any(_SERVER_FILE.search(path) or path in package.listening for path in node_files(text))
