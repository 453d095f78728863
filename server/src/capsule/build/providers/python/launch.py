"""How a Python project starts when its author wrote no command: by framework, by bot library, by script."""

from capsule.build.project import Project
from capsule.build.providers.contract import Unplannable
from capsule.build.providers.python.bots import find_bot
from capsule.build.providers.python.dependencies import Dependencies, scripts
from capsule.build.providers.python.django import Django
from capsule.build.providers.python.environment import PYTHON
from capsule.build.providers.python.web import WebApp, find_web_app
from capsule.build.providers.start import Launch

_SCRIPTS = ("main.py", "app.py", "server.py", "run.py", "bot.py", "worker.py", "__main__.py")
_WSGI_OPTIONS = ("--bind", "127.0.0.1:{port}", "--threads", "8")
_HOST_AND_PORT = ("--host", "127.0.0.1", "--port", "{port}")
_GRADIO = {
    "GRADIO_SERVER_NAME": "127.0.0.1",
    "GRADIO_SERVER_PORT": "{port}",
    "GRADIO_ANALYTICS_ENABLED": "False",
}


def find_launch(project: Project, dependencies: Dependencies, django: Django | None) -> Launch:
    """Return the best way to start the project. Raises Unplannable when nothing in it can be started."""
    if django and not django.wsgi:
        raise Unplannable(
            "manage.py is a Django project's, but no wsgi.py was found beside its settings.",
            hint="Add a Procfile with `web: …`, or set a run command.",
        )
    if django:
        moved = ("--chdir", django.place) if django.folder else ()
        return _served(
            "gunicorn", (f"{django.wsgi}:application", *moved, *_WSGI_OPTIONS),
            f"Django: {django.manage} and wsgi.py", "serves Django",
        )  # fmt: skip
    app = find_web_app(project)
    if app:
        return _web(app, dependencies)
    script = project.first(*_SCRIPTS)
    if script is None and len(project.python_files) == 1:
        script = project.python_files[0]
    own = sorted(scripts(project))
    if script is None and len(own) == 1:
        return Launch((own[0],), "the project's only script in pyproject.toml")
    if script is None:
        raise Unplannable(
            "Nothing in the project tells how to start it: no `web` in a Procfile, no Django, Flask, "
            "FastAPI, Streamlit or Gradio application, no main.py, app.py or bot.py.",
            hint="Add a Procfile with `web: …`, or set a run command.",
            may_lie_deeper=True,
        )
    if tasks := _celery(project, dependencies):
        argv = (PYTHON, "-m", "celery", "-A", tasks, "worker", "--loglevel", "info")
        shown = f"celery -A {tasks} worker"
        return Launch(
            argv, f"Celery: `Celery` in {tasks}.py, and nothing that listens", listens=False, shown=shown
        )
    if bot := find_bot(project, dependencies, script):
        return Launch((PYTHON, script), f"{script} is a bot ({bot})", listens=False, shown=f"python {script}")
    return Launch((PYTHON, script), f"{script} in the root folder", shown=f"python {script}")


def _celery(project: Project, dependencies: Dependencies) -> str:
    """Return the module in the root folder that has Celery's application; empty without one."""
    if not dependencies.has("celery"):
        return ""
    found = (path for path in project.python_files if "Celery(" in project.text(path))
    return next(found, "").removesuffix(".py")


def _web(app: WebApp, dependencies: Dependencies) -> Launch:
    place = f"{app.title}: `{app.symbol}` in {app.file}" if app.symbol else f"{app.title}: {app.file}"
    own = () if dependencies.origin else ((app.framework, f"imported by {app.file}"),)
    name, why = f"{app.module}:{app.symbol}", f"serves {app.title}"
    call = "()" if app.is_factory else ""
    factory = ("--factory",) if app.is_factory else ()
    if app.framework == "streamlit":
        return _module(
            "streamlit", ("run", app.file, "--server.port", "{port}", "--server.address", "127.0.0.1",
            "--server.headless", "true", "--browser.gatherUsageStats", "false"), place, own,
        )  # fmt: skip
    if app.framework == "chainlit":
        return _module("chainlit", ("run", app.file, *_HOST_AND_PORT, "--headless"), place, own)
    if app.framework == "panel":
        # The edge has looked at the host name already.
        anybody = ("--allow-websocket-origin", "*", "--index", app.module)
        where = ("--address", "127.0.0.1", "--port", "{port}")
        return _module("panel", ("serve", app.file, *where, *anybody), place, own)
    if app.framework == "gradio":
        shown = f"python {app.file}"
        return Launch((PYTHON, app.file), place, listens=True, shown=shown, packages=own, env=_GRADIO)
    if app.framework == "sanic":
        return _module("sanic", (name + call, *_HOST_AND_PORT, "--single-process"), place, own)
    if app.framework == "aiohttp":
        if app.runs_when_imported:
            return Launch((PYTHON, app.file), place, listens=True, shown=f"python {app.file}", packages=own)
        worker = ("--worker-class", "aiohttp.GunicornWebWorker")
        return _served("gunicorn", (name, *worker, *_WSGI_OPTIONS[:2]), place, why, own)
    if app.framework in ("dash", "bottle", "falcon") and not app.runs_when_imported:
        return _served("gunicorn", (name, *_WSGI_OPTIONS), place, why, own)
    if app.framework == "flask":
        # Flask then lets a call of `app.run()` be that is not guarded by `__name__`.
        env = {"FLASK_RUN_FROM_CLI": "true"} if app.runs_when_imported else {}
        return _served("gunicorn", (name + call, *_WSGI_OPTIONS), place, why, own, env)
    if app.runs_when_imported:
        return Launch((PYTHON, app.file), place, listens=True, shown=f"python {app.file}", packages=own)
    return _served("uvicorn", (*factory, name, *_HOST_AND_PORT), place, why, own)


def _served(
    server: str,
    arguments: tuple[str, ...],
    place: str,
    why: str,
    own: tuple[tuple[str, str], ...] = (),
    env: dict[str, str] | None = None,
) -> Launch:
    return _module(server, arguments, place, (*own, (server, why)), env)


def _module(
    module: str,
    arguments: tuple[str, ...],
    place: str,
    packages: tuple[tuple[str, str], ...],
    env: dict[str, str] | None = None,
) -> Launch:
    argv = (PYTHON, "-m", module, *arguments)
    shown = " ".join((module, *arguments))
    return Launch(argv, place, listens=True, shown=shown, packages=packages, env=env or {})
