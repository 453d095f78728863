"""Plan Deno projects: the task `start` of deno.json, else a main module. Deno itself comes from npm."""

import json
import re
from typing import Any

from capsule.build.contract import BuildSettings
from capsule.build.plan import Plan
from capsule.build.project import Project, Unreadable
from capsule.build.providers.contract import Unplannable
from capsule.build.providers.draft import Draft
from capsule.build.providers.needs import needed_node
from capsule.build.providers.start import Launch, choose_start, is_auto, read_commands
from capsule.build.toolchain import Toolchain

_VERSION = "2"
_CONFIGS = ("deno.json", "deno.jsonc")
_FILES = tuple(
    f"{name}.{end}" for name in ("main", "server", "mod", "app", "index") for end in ("ts", "tsx", "js")
)
_COMMENTS = re.compile(r'("(?:\\.|[^"\\])*")|//[^\n]*|/\*.*?\*/', re.DOTALL)
_TRAILING = re.compile(r'("(?:\\.|[^"\\])*")|,(?=\s*[}\]])')


class DenoProvider:
    name = "deno"
    manifests: tuple[str, ...] = (*_CONFIGS, "deno.lock")

    def detect(self, project: Project) -> bool:
        return any("Deno." in project.text(path) for path in _FILES)

    def plan(self, project: Project, settings: BuildSettings, toolchain: Toolchain) -> Plan:
        draft = Draft(self.name)
        node = needed_node(toolchain, "Deno is fetched with the npm of Node")
        tasks = _tasks(project)
        commands = read_commands(project, settings, draft)
        launch = choose_start(project, commands, draft, lambda: _default(project, tasks))
        draft.put_on_path("{deps}/tools/node_modules/.bin")
        draft.use(node)
        draft.choose("deno", _VERSION, "default")
        draft.env |= {"DENO_DIR": "{deps}/deno", "DENO_NO_UPDATE_CHECK": "1", "DENO_NO_PROMPT": "1"}
        draft.step(
            "install deno",
            "npm", "install", "--prefix", "{deps}/tools", "--no-audit", "--no-fund", "--loglevel=error",
            f"deno@{_VERSION}", cwd="{deps}",
            env={"npm_config_cache": "{cache}/npm", "npm_config_update_notifier": "false"},
        )  # fmt: skip
        if project.first("package.json", *_CONFIGS):
            draft.step("install dependencies", "deno", "install", "--node-modules-dir=auto")
        if (file := project.first(*_FILES)) is not None:
            draft.step("fetch modules", "deno", "cache", file)
        if not is_auto(settings.build_command):
            draft.choose("build command", settings.build_command, "build command in the capsule's config")
            draft.line("build", settings.build_command)
        elif "build" in tasks:
            draft.choose("build command", "deno task build", "task `build`")
            draft.step("build", "deno", "task", "build")
        # For servers that name no port; the task and its flags may still do.
        return draft.finish(launch.argv, env={"DENO_SERVE_ADDRESS": "tcp:127.0.0.1:{port}"})


def _default(project: Project, tasks: dict[str, Any]) -> Launch:
    if "start" in tasks:
        return Launch(("deno", "task", "start"), "task `start`", listens=True)
    file = project.first(*_FILES)
    if file is None:
        raise Unplannable(
            "Nothing in the project tells how to start it: no `web` in a Procfile, deno.json has no task "
            "`start`, and there is no main.ts, server.ts or mod.ts.",
            hint="Add a task `start` to deno.json or a Procfile with `web: …`, or set a run command.",
        )
    text = project.text(file)
    if re.search(r"export\s+default\s*\{[^}]*\bfetch\b", text):
        argv = ("deno", "serve", "--allow-all", "--host", "127.0.0.1", "--port", "{port}", file)
        return Launch(argv, f"the handler that {file} exports", listens=True)
    listens = True if re.search(r"Deno\.serve|Deno\.listen|\.listen\(", text) else None
    return Launch(("deno", "run", "--allow-all", file), f"{file} in the root folder", listens=listens)


def _tasks(project: Project) -> dict[str, Any]:
    path = project.first(*_CONFIGS)
    if path is None:
        return {}
    text = _COMMENTS.sub(lambda match: match[1] or "", project.read(path))
    try:
        content = json.loads(_TRAILING.sub(lambda match: match[1] or "", text) or "{}")
    except ValueError as exc:
        raise Unreadable(path, f"is not valid JSON ({exc})") from exc
    tasks = content.get("tasks") if isinstance(content, dict) else None
    return tasks if isinstance(tasks, dict) else {}
