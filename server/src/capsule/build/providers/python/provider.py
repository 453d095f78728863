"""Plan Python projects: Django, Flask, FastAPI and their like, Streamlit, Gradio, bots, plain scripts."""

import re

from capsule.build.contract import BuildSettings
from capsule.build.plan import Plan
from capsule.build.project import Project
from capsule.build.providers.draft import Draft
from capsule.build.providers.python.dependencies import (
    Dependencies,
    find_dependencies,
    scripts,
    unread_requirements,
)
from capsule.build.providers.python.django import Django, find_django
from capsule.build.providers.python.environment import (
    PYTHON,
    needs_pip,
    plan_environment,
    plan_install,
    plan_project_itself,
)
from capsule.build.providers.python.interpreter import choose_interpreter
from capsule.build.providers.python.launch import find_launch
from capsule.build.providers.python.ports import notice_fixed_port
from capsule.build.providers.start import (
    Commands,
    Launch,
    choose_start,
    is_auto,
    notice_migrations,
    read_commands,
)
from capsule.build.toolchain import Toolchain

_RUNNERS = re.compile(
    r"(?:^|(?<=[\s;&|(]))(?:(?:poetry|pipenv|pdm|rye)\s+run|uv\s+run(?:\s+--(?:frozen|locked|no-sync|no-dev))*)"
    r"\s+(?=[^-\s])"
)
_STATIC_SERVERS = ("whitenoise", "servestatic", "django-storages", "dj-static")
_NAMED_SERVERS = ("gunicorn", "uvicorn", "hypercorn", "waitress", "honcho")


class PythonProvider:
    name = "python"
    manifests: tuple[str, ...] = (
        "requirements.txt", "pyproject.toml", "Pipfile", "setup.py", "setup.cfg", "manage.py", "uv.lock",
    )  # fmt: skip

    def detect(self, project: Project) -> bool:
        return bool(project.python_files)

    def plan(self, project: Project, settings: BuildSettings, toolchain: Toolchain) -> Plan:
        draft = Draft(self.name)
        interpreter = choose_interpreter(project, toolchain, draft)
        dependencies = find_dependencies(project)
        if almost := unread_requirements(project, dependencies):
            draft.notice(almost)
        draft.choose(
            "dependencies", dependencies.origin or "none",
            "found in the project" if dependencies.origin else "no requirements.txt or pyproject.toml",
        )  # fmt: skip
        commands = _without_runners(read_commands(project, settings, draft), draft)
        django = find_django(project)
        launch = choose_start(project, commands, draft, lambda: find_launch(project, dependencies, django))
        notice_fixed_port(draft, project, launch)
        plan_environment(draft, interpreter)
        if project.has_folder("src") and not project.has("src/__init__.py"):
            draft.env["PYTHONPATH"] = "{app}/src"
            draft.choose("PYTHONPATH", "src", "the code lies in src/")
        extra = _needed(draft, dependencies, launch, commands)
        pip = needs_pip(settings.build_command, *commands.lines)
        plan_install(draft, dependencies, (*extra, *pip))
        words = {word for line in commands.lines for word in line.split()} | set(launch.argv or ())
        if called := sorted(scripts(project) & words):
            plan_project_itself(draft, called)
        if not is_auto(settings.build_command):
            draft.choose("build command", settings.build_command, "build command in the capsule's config")
            draft.line("build", settings.build_command)
        if django:
            _plan_django(draft, django, commands, dependencies)
        return draft.finish(launch.argv, env=launch.env)


def _without_runners(commands: Commands, draft: Draft) -> Commands:
    """Leave out `poetry run` and its like: everything is started inside the environment anyway."""
    plain = commands.rewritten(lambda line: _RUNNERS.sub("", line))
    if plain != commands:
        draft.choose(
            "runner", "left out of the commands", "the environment is there without the project's tool"
        )
    return plain


def _needed(draft: Draft, dependencies: Dependencies, launch: Launch, commands: Commands) -> tuple[str, ...]:
    """Return what is installed beside the project's own packages, each said as a choice."""
    named = {word for line in commands.lines for word in line.split()}
    wanted = list(launch.packages)
    if dependencies.origin != "setup.py":
        wanted += [(name, "named in a command") for name in _NAMED_SERVERS if name in named]
    extra: list[str] = []
    for package, why in wanted:
        if dependencies.has(package) or package in extra:
            continue
        extra.append(package)
        origin = dependencies.origin
        draft.choose(package, "added", f"{why}; not in {origin}" if origin else why)
    return tuple(extra)


def _plan_django(draft: Draft, django: Django, commands: Commands, dependencies: Dependencies) -> None:
    notice_migrations(draft, commands, f"python {django.manage} migrate")
    if django.answers_nobody:
        draft.notice(
            "ALLOWED_HOSTS in the settings is empty, so Django refuses every host name but localhost. Put "
            "the capsule's host names into it."
        )
    if not any(map(dependencies.has, _STATIC_SERVERS)):
        draft.notice(
            "Django serves no style sheets and other static files outside of development, nor those of its "
            "admin. Add the package whitenoise with its middleware, and STATIC_ROOT to the settings."
        )
    if django.collects_static:
        draft.choose("static files", "collectstatic", "STATIC_ROOT in the settings")
        draft.step(
            "collect static files", PYTHON, "manage.py", "collectstatic", "--noinput", cwd=django.place
        )
