"""Plan projects of no known language that have a Procfile: scripts and programs that need no build."""

from capsule.build.contract import BuildSettings
from capsule.build.plan import Plan
from capsule.build.project import Project
from capsule.build.providers.contract import Unplannable
from capsule.build.providers.draft import Draft
from capsule.build.providers.start import Launch, choose_start, is_auto, read_commands
from capsule.build.toolchain import Toolchain


class ShellProvider:
    name = "shell"
    manifests: tuple[str, ...] = ()

    def detect(self, project: Project) -> bool:
        return project.has("Procfile")

    def plan(self, project: Project, settings: BuildSettings, toolchain: Toolchain) -> Plan:
        draft = Draft(self.name)
        draft.choose("language", "none", "no known files of one; the Procfile says what runs")
        launch = choose_start(project, read_commands(project, settings, draft), draft, _no_default)
        if not is_auto(settings.build_command):
            draft.choose("build command", settings.build_command, "build command in the capsule's config")
            draft.line("build", settings.build_command)
        return draft.finish(launch.argv)


def _no_default() -> Launch:
    raise Unplannable(
        "The project is of no known language, and its Procfile has no process but `release`.",
        hint="Add a line `web: <command>` to the Procfile, or set a run command.",
    )
