"""Which frameworks build a server, and what it is started with; which tools only build a site."""

import re
from dataclasses import dataclass

from capsule.build.providers.node.endless import endless_part
from capsule.build.providers.node.package import Package
from capsule.build.providers.static.frameworks import find_framework


@dataclass(frozen=True)
class ServerFramework:
    title: str
    argv: tuple[str, ...]
    build_env: tuple[tuple[str, str], ...] = ()
    """What its build must find in the environment to make a server."""
    env: tuple[tuple[str, str], ...] = ()
    """For the server, whatever starts it."""


@dataclass(frozen=True)
class SiteTool:
    title: str
    adapter: str = ""
    """The package with which it would build a server; empty when there is none."""
    foreign: str = ""
    """A package that makes it for another host in place of that."""


_NITRO = ("node", ".output/server/index.mjs")
_SVELTEKIT = ("node", "build")
# It takes itself to be asked over HTTPS, and refuses forms from pages where that is not so.
_SVELTEKIT_ENV = (("PROTOCOL_HEADER", "x-forwarded-proto"),)

# Each builds a server; what it is started with in production. The first that the project has counts: what
# stands on Nitro comes before Nitro. Where a package has a better name for the same thing (Nest's
# `start:prod`), see `launch`.
_SERVERS = {
    "next": ServerFramework("Next.js", ("next", "start", "-H", "127.0.0.1", "-p", "{port}")),
    "nuxt": ServerFramework("Nuxt", _NITRO),
    "@sveltejs/adapter-node": ServerFramework("SvelteKit", _SVELTEKIT, env=_SVELTEKIT_ENV),
    # It takes the adapter of the place where it finds itself; by this name it takes the one for Node.
    "@sveltejs/adapter-auto": ServerFramework(
        "SvelteKit", _SVELTEKIT, (("GCP_BUILDPACKS", "1"),), _SVELTEKIT_ENV
    ),
    "@astrojs/node": ServerFramework("Astro", ("node", "dist/server/entry.mjs")),
    "@react-router/serve": ServerFramework("React Router", ("react-router-serve", "./build/server/index.js")),
    "@remix-run/serve": ServerFramework("Remix", ("remix-serve", "./build/server/index.js")),
    "vinxi": ServerFramework("Vinxi", _NITRO),
    "nitro": ServerFramework("Nitro", _NITRO),
    "nitropack": ServerFramework("Nitro", _NITRO),
}
_ADAPTERS = {"SvelteKit": "@sveltejs/adapter-node", "Astro": "@astrojs/node", "Angular": "@angular/ssr"}

_FOREIGN = re.compile(
    r"@sveltejs/adapter-(?:vercel|netlify|cloudflare)|@astrojs/(?:vercel|netlify|cloudflare)"
)
_OF_SERVERS = (
    "@hono/node-server",
    "elysia",
    "restify",
    "socket.io",
    "express",
    "fastify",
    "koa",
    "hono",
    "@hapi/hapi",
    "@nestjs/core",
    "@adonisjs/core",
    "polka",
)


def server_framework(package: Package) -> ServerFramework | None:
    return next((framework for name, framework in _SERVERS.items() if package.has(name)), None)


def site_tool(package: Package) -> SiteTool | None:
    """Return the tool with which a project without a server of its own builds a site."""
    found = find_framework(package)
    if found is None or package.has(*_OF_SERVERS):
        return None
    script = package.script("gcp-build", found.script or "build", "build")
    if script is not None and endless_part(package.scripts[script], package):
        return None
    foreign = next(filter(_FOREIGN.match, sorted(package.dependencies)), "")
    return SiteTool(found.name, _ADAPTERS.get(found.name, ""), foreign)
