"""Plan Python web applications: Django, Flask, FastAPI, or a plain script that listens on $PORT."""

import re

from capsule.build.contract import BuildSettings
from capsule.build.plan import Plan
from capsule.build.project import Project
from capsule.build.providers.contract import Unplannable
from capsule.build.providers.draft import Draft
from capsule.build.providers.python.dependencies import Dependencies, find_dependencies, scripts
from capsule.build.providers.python.django import Django, find_django
from capsule.build.providers.python.environment import (
    PYTHON,
    needs_pip,
    plan_environment,
    plan_install,
    plan_project_itself,
)
from capsule.build.providers.python.interpreter import choose_interpreter
from capsule.build.providers.python.web import WebApp, find_web_app
from capsule.build.providers.start import is_auto, written_start
from capsule.build.toolchain import Toolchain

_MARKERS = ("requirements.txt", "pyproject.toml", "Pipfile", "setup.py", "setup.cfg", "manage.py", "uv.lock")
_SCRIPTS = ("main.py", "app.py", "server.py", "run.py", "bot.py", "__main__.py")
_RUNNERS = re.compile(
    r"(?:^|(?<=[\s;&|(]))(?:(?:poetry|pipenv|pdm|rye)\s+run|uv\s+run(?:\s+--(?:frozen|locked|no-sync|no-dev))*)"
    r"\s+(?=[^-\s])"
)
_WSGI_OPTIONS = ("--bind", "127.0.0.1:{port}", "--threads", "8")


class PythonProvider:
    name = "python"

    def detect(self, project: Project) -> bool:
        if project.first(*_MARKERS):
            return True
        return bool(project.python_files) and not project.has("package.json")

    def plan(self, project: Project, settings: BuildSettings, toolchain: Toolchain) -> Plan:
        draft = Draft(self.name)
        interpreter = choose_interpreter(project, toolchain, draft)
        dependencies = find_dependencies(project)
        draft.choose(
            "dependencies", dependencies.origin or "none",
            "found in the project" if dependencies.origin else "no requirements.txt or pyproject.toml",
        )  # fmt: skip
        written = written_start(project, settings, draft)
        starting = _Starting(project, dependencies, draft)
        line = _without_runner(written.line, draft) if written else ""
        argv = ("sh", "-c", line) if written else starting.default()
        if written:
            starting.add_server_named_in(line)
        plan_environment(draft, interpreter)
        if project.has_folder("src") and not project.has("src/__init__.py"):
            draft.env["PYTHONPATH"] = "{app}/src"
            draft.choose("PYTHONPATH", "src", "the code lies in src/")
        pip = needs_pip(settings.build_command, line)
        plan_install(draft, dependencies, (*starting.extra, *pip))
        if called := sorted(scripts(project) & set(line.split() or argv)):
            plan_project_itself(draft, called)
        if not is_auto(settings.build_command):
            draft.choose("build command", settings.build_command, "build command in the capsule's config")
            draft.line("build", settings.build_command)
        starting.plan_static_files()
        return draft.finish(argv)


def _without_runner(line: str, draft: Draft) -> str:
    """Leave out `poetry run` and its like: everything is started inside the environment anyway."""
    plain = _RUNNERS.sub("", line)
    if plain != line:
        draft.choose("start command", plain, "the environment is there without the project's tool")
    return plain


class _Starting:
    """Finds the start command and what it needs beyond the project's own dependencies."""

    def __init__(self, project: Project, dependencies: Dependencies, draft: Draft) -> None:
        self._project = project
        self._dependencies = dependencies
        self._draft = draft
        self._django: Django | None = find_django(project)
        self.extra: tuple[str, ...] = ()

    def default(self) -> tuple[str, ...]:
        """Return the start command for a project whose author wrote none.

        Raises Unplannable when nothing in it can be started.
        """
        if self._django:
            argv = (PYTHON, "-m", "gunicorn", f"{self._django.wsgi}:application", *_WSGI_OPTIONS)
            return self._chosen("gunicorn", argv, "Django: manage.py and wsgi.py", "serves Django")
        app = find_web_app(self._project)
        if app:
            return self._web(app)
        script = self._project.first(*_SCRIPTS)
        if script is None and len(self._project.python_files) == 1:
            script = self._project.python_files[0]
        own = sorted(scripts(self._project))
        if script is None and len(own) == 1:
            self._draft.choose("start command", own[0], "the project's only script in pyproject.toml")
            return (own[0],)
        if script is None:
            raise Unplannable(
                "Nothing in the project tells how to start it: no Procfile, no Django, Flask or FastAPI "
                "application, no main.py or app.py.",
                hint="Add a Procfile with `web: …`, or set a run command.",
            )
        self._draft.choose("start command", f"python {script}", f"{script} in the root folder")
        return (PYTHON, script)

    def add_server_named_in(self, line: str) -> None:
        """Add gunicorn or uvicorn when the user's command names it and their requirements do not."""
        for server in ("gunicorn", "uvicorn"):
            if server in line.split() and self._dependencies.origin != "setup.py":
                self._need(server, "named in the start command")

    def plan_static_files(self) -> None:
        if self._django is None:
            return
        self._draft.notice(
            "Database migrations are not run by the build. Run `python manage.py migrate` in the run "
            "command, before the server starts."
        )
        if self._django.collects_static:
            self._draft.choose("static files", "collectstatic", "STATIC_ROOT in the settings")
            self._draft.step("collect static files", PYTHON, "manage.py", "collectstatic", "--noinput")

    def _web(self, app: WebApp) -> tuple[str, ...]:
        title = app.framework.replace("fastapi", "FastAPI").replace("flask", "Flask")
        place = f"{title}: `{app.symbol}` in {app.file}"
        if not self._dependencies.origin:
            self._need(app.framework, f"imported by {app.file}")
        if app.is_asgi:
            factory = ("--factory",) if app.is_factory else ()
            argv = (PYTHON, "-m", "uvicorn", *factory, f"{app.module}:{app.symbol}",
                    "--host", "127.0.0.1", "--port", "{port}")  # fmt: skip
            return self._chosen("uvicorn", argv, place, f"serves {title}")
        call = "()" if app.is_factory else ""
        argv = (PYTHON, "-m", "gunicorn", f"{app.module}:{app.symbol}{call}", *_WSGI_OPTIONS)
        return self._chosen("gunicorn", argv, place, f"serves {title}")

    def _chosen(self, server: str, argv: tuple[str, ...], place: str, why: str) -> tuple[str, ...]:
        self._draft.choose("start command", " ".join(argv[2:]), place)
        self._need(server, why)
        return argv

    def _need(self, server: str, why: str) -> None:
        if not self._dependencies.has(server) and server not in self.extra:
            self.extra = (*self.extra, server)
            origin = self._dependencies.origin
            self._draft.choose(server, "added", f"{why}; not in {origin}" if origin else why)
