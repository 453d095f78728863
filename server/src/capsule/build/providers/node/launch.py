"""How a Node project starts when its author wrote no command: by script, by framework, by file."""

import re
from dataclasses import replace

from capsule.build.project import Project
from capsule.build.providers.contract import Unplannable
from capsule.build.providers.draft import Draft
from capsule.build.providers.node.endless import endless_part, is_for_development
from capsule.build.providers.node.frameworks import SiteTool, server_framework, site_tool
from capsule.build.providers.node.managers import Manager
from capsule.build.providers.node.package import Package, listens, node_files
from capsule.build.providers.start import Launch, shell
from capsule.build.providers.static.output import exported_next

_SCRIPTS = (
    "server.js",
    "index.js",
    "app.js",
    "main.js",
    "bot.js",
    "server.mjs",
    "index.mjs",
    "server.cjs",
    "index.cjs",
)
_SERVERS = (
    "@adonisjs/core", "@apollo/server", "@feathersjs/express", "@feathersjs/feathers", "@hapi/hapi",
    "@hono/node-server", "@nestjs/core", "@sveltejs/adapter-node", "apollo-server", "express", "fastify",
    "graphql-yoga", "h3", "hono", "koa", "micro", "next", "nuxt", "polka", "restify", "sails", "serve",
    "socket.io", "strapi", "ws",
)  # fmt: skip
_SOURCES = ("src/index.ts", "src/server.ts", "src/main.ts", "src/app.ts", "index.ts", "server.js", "index.js")
_FIXED_PORT = re.compile(
    r"\.listen\(\s*(\d{2,5})\s*[,)]|\bserve\s*\([^;]{0,300}?\bport\s*:\s*(\d{4,5})\b"
    r"|^(?:const|let|var)\s+port\s*=\s*(\d{4,5})\b",
    re.MULTILINE,
)
_BUN_FILES = ("index.ts", "src/index.ts", "server.ts", "src/server.ts", "main.ts", "src/main.ts", "index.tsx")
_BOTS = {
    "@slack/bolt": "Slack", "discord.js": "discord.js", "eris": "Eris", "grammy": "grammY",
    "node-telegram-bot-api": "node-telegram-bot-api", "oceanic.js": "Oceanic", "telegraf": "Telegraf",
    "whatsapp-web.js": "whatsapp-web.js",
}  # fmt: skip


def find_launch(project: Project, package: Package, manager: Manager | None, draft: Draft) -> Launch:
    """Return the best way to start the project. Raises Unplannable when nothing in it can be started."""
    if package.has("next") and (site := exported_next(project, package.expanded("npm run build"))):
        raise _only_a_site(SiteTool("Next.js"), site.reason.removeprefix("Next.js with "))
    found = (
        _nest(package, manager)
        or _script(package, manager, draft)
        or _framework(package)
        or _angular(package, manager)
    )
    has_main = bool(package.main) and project.has(package.main)
    if found is None and not has_main and (tool := site_tool(package)):
        raise _only_a_site(tool)
    found = (
        found
        or _bun(project, package, manager)
        or _file(project, package)
        or _endless_build(package, manager)
    )
    if found is None:
        raise _nothing(project, package)
    _notice_fixed_port(project, package, found, draft)
    return _judged(project, package, found)


def _nest(package: Package, manager: Manager | None) -> Launch | None:
    if not package.has("@nestjs/core") or manager is None:
        return None
    if package.scripts.get("start:prod"):
        reason = "Nest: script `start:prod` in package.json"
        return replace(_by_script("start:prod", reason, package, manager), listens=True)
    if package.script("gcp-build", "build"):
        return Launch(("node", "dist/main"), "Nest: what its build makes", listens=True)
    return None


def _script(package: Package, manager: Manager | None, draft: Draft) -> Launch | None:
    line = package.scripts.get("start", "").strip()
    if not line or manager is None:
        return None
    framework = _framework(package) or _angular(package, manager)
    if line == "next start" and framework and not package.scripts.get("prestart"):
        # The same without npm around it, and on the address where requests come from.
        return replace(framework, reason="script `start` in package.json (`next start`)")
    part = endless_part(line, package)
    if part and is_for_development(part):
        if framework:
            draft.notice(f"The script `start` runs a server for development (`{part}`), which is not used.")
            return framework
        # Whoever tells such a server its port means it to be the one for visitors.
        if "PORT" not in line and (site := site_tool(package)):
            raise _only_a_site(site, f"the script `start` runs a server for development (`{part}`)")
        draft.notice(f"The script `start` runs a server for development (`{part}`).")
    return _by_script("start", "script `start` in package.json", package, manager)


def _by_script(name: str, reason: str, package: Package, manager: Manager) -> Launch:
    line = package.scripts[name].strip()
    if manager.name == "bun" or manager.is_berry:
        return Launch(manager.run(name), reason)
    if package.script(f"pre{name}", f"post{name}") or "npm_" in line:
        return Launch(("npm", "start") if name == "start" else ("npm", "run", name), reason)
    # The same without npm around it, which takes as much memory as a small app.
    env = {"npm_package_name": package.name, "npm_package_version": package.version}
    return Launch(shell(line), reason, shown=line, env={key: value for key, value in env.items() if value})


def _framework(package: Package) -> Launch | None:
    framework = server_framework(package)
    if framework is None:
        return None
    return Launch(framework.argv, f"{framework.title}: what its build makes", listens=True)


def _angular(package: Package, manager: Manager | None) -> Launch | None:
    script = next((name for name in package.scripts if name.startswith("serve:ssr")), None)
    if script is None or manager is None:
        return None
    reason = f"Angular: script `{script}` in package.json"
    return replace(_by_script(script, reason, package, manager), listens=True)


def _bun(project: Project, package: Package, manager: Manager | None) -> Launch | None:
    if manager is None or manager.name != "bun":
        return None
    stem = package.module.rpartition(".")[0]
    file = project.first(*filter(None, (package.module, stem and f"{stem}.ts")), *_BUN_FILES)
    return Launch(("bun", file), f"{file}, run by Bun") if file else None


def _file(project: Project, package: Package) -> Launch | None:
    if package.main and project.has(package.main):
        return Launch(("node", package.main), "`main` in package.json")
    script = project.first(*_SCRIPTS)
    if script is None and not project.has("package.json"):
        files = project.glob("*.js")
        script = files[0] if len(files) == 1 else None
    return Launch(("node", script), f"{script} in the root folder") if script else None


def _endless_build(package: Package, manager: Manager | None) -> Launch | None:
    for name in ("build", "dev", "serve"):
        part = endless_part(package.scripts.get(name, ""), package)
        if part and manager is not None:
            return Launch(manager.run(name), f"script `{name}` in package.json starts a server (`{part}`)")
    return None


def _notice_fixed_port(project: Project, package: Package, launch: Launch, draft: Draft) -> None:
    """Say so where the source that is started names a port and never asks for the one it is given."""
    lines = [package.expanded(" ".join(launch.argv or ())), *package.scripts.values()]
    for path in dict.fromkeys([*(path for line in lines for path in node_files(line)), *_SOURCES]):
        text = project.text(path)
        if (match := _FIXED_PORT.search(text)) and "PORT" not in text:
            port = match[match.lastindex or 0]
            draft.notice(
                f"{path} listens on port {port} and does not look at the variable PORT, in which each "
                f"replica gets its own. Write it as `process.env.PORT || {port}`."
            )
            return


def _judged(project: Project, package: Package, launch: Launch) -> Launch:
    """Find out whether it listens: by the packages it has, else by the files that it starts."""
    if launch.listens is not None:
        return launch
    line = " ".join(launch.argv or ())
    files = node_files(package.expanded(line))
    if package.has(*_SERVERS) or any(listens(project, path) for path in files):
        return replace(launch, listens=True)
    bot = next((title for name, title in _BOTS.items() if package.has(name)), "")
    texts = [project.text(path) for path in files]
    if bot and not any("webhook" in text.lower() for text in texts):
        if bot == "Slack" and not any("socketMode" in text for text in texts):
            return launch
        return replace(launch, listens=False, reason=f"{launch.reason}; a bot ({bot})")
    return launch


def _only_a_site(site: SiteTool, why: str = "package.json has no script `start`") -> Unplannable:
    if site.foreign:
        return Unplannable(
            f"{site.title} is made for another host here, by the package `{site.foreign}`.",
            hint=f"Take `{site.adapter}` in its place for a server, in package.json and in the config.",
        )
    wanted = f" For a server of its own add the package `{site.adapter}`." if site.adapter else ""
    return Unplannable(
        f"{site.title} builds a site here and no server: {why}.",
        hint=f"Create the capsule with type frontend.{wanted}",
    )


def _nothing(project: Project, package: Package) -> Unplannable:
    if package.has_workspaces or project.has("pnpm-workspace.yaml"):
        return Unplannable(
            "The package.json is that of a workspace, and none of its scripts starts a server.",
            hint="For a package that needs others of the workspace set a run command, such as `npm start "
            "--workspace apps/web`, and a build command if it needs one.",
            may_lie_deeper=True,
        )
    return Unplannable(
        "Nothing in the project tells how to start it: there is no `web` in a Procfile, package.json has no "
        "script `start` and no `main`, and there is no server.js, index.js, app.js or main.js.",
        hint="Add a script `start` to package.json or a Procfile with `web: …`, or set a run command. "
        "A site without a server of its own is a capsule of type frontend.",
        may_lie_deeper=True,
    )
