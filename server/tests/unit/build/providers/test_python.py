"""What is planned for Python projects."""

import pytest
from build_planning import FLASK, Planning, argv_of, chosen


class TestPython:
    @pytest.mark.parametrize(
        ("files", "argument"),
        [
            ({"app.py": FLASK}, "app:app"),
            ({"wsgi.py": "from flask import Flask\nserver = Flask('x')"}, "wsgi:server"),
            (
                {"shop/__init__.py": "from flask import Flask\ndef create_app():\n  return Flask('x')"},
                "shop:create_app()",
            ),
            (
                {
                    "wsgi.py": "from shop import create_app\napp = create_app()",
                    "shop/__init__.py": "from flask import Flask\ndef create_app():\n  return Flask('x')",
                },
                "shop:create_app()",
            ),
            ({"main.py": "import fastapi\napi: object = fastapi.FastAPI()"}, "main:api"),
            ({"src/shop/main.py": "from fastapi import FastAPI\napp = FastAPI()"}, "shop.main:app"),
        ],
    )
    def test_web_application_is_found(self, files: dict[str, str], argument: str, planning: Planning) -> None:
        assert argument in argv_of(planning.plan({"requirements.txt": "", **files}))

    @pytest.mark.parametrize(
        ("text", "argv"),
        [
            ("from quart import Quart\napp = Quart('x')", "uvicorn app:app --host"),
            ("from litestar import Litestar\napp = Litestar()", "uvicorn app:app --host"),
            ("from sanic import Sanic\nserver = Sanic('x')", "sanic app:server --host"),
            ("from aiohttp import web\napp = web.Application()", "aiohttp.GunicornWebWorker"),
            ("from aiohttp import web\napp = web.Application()\nweb.run_app(app)", "bin/python app.py"),
            ("import streamlit as st\nst.title('x')", "streamlit run app.py --server.port {port}"),
            ("import gradio as gr\ngr.Interface(f).launch()", "bin/python app.py"),
        ],
    )
    def test_frameworks_start_with_host_and_port(self, text: str, argv: str, planning: Planning) -> None:
        assert argv in " ".join(argv_of(planning.plan({"requirements.txt": "x", "app.py": text})))

    def test_gradio_is_told_its_port(self, planning: Planning) -> None:
        plan = planning.plan({"requirements.txt": "gradio", "app.py": "import gradio\ngradio.launch()"})
        assert plan.start is not None
        assert plan.start.env["GRADIO_SERVER_PORT"] == "{port}"

    def test_unguarded_run_of_flask_is_made_harmless(self, planning: Planning) -> None:
        plan = planning.plan({"app.py": FLASK + "app.run()\n"})
        assert plan.start is not None
        assert plan.start.env["FLASK_RUN_FROM_CLI"] == "true"

    @pytest.mark.parametrize(
        ("requirements", "text"),
        [
            ("discord.py==2.4", "client.run(token)"),
            ("python-telegram-bot", "app.run_polling()"),
            ("aiogram\naiosqlite", "dp.start_polling(bot)"),
            ("slack_bolt", "SocketModeHandler(app, token).start()"),
        ],
    )
    def test_bot_is_a_worker_and_nothing_listens(
        self, requirements: str, text: str, planning: Planning
    ) -> None:
        plan = planning.plan({"requirements.txt": requirements, "bot.py": text, "other.py": ""})
        assert plan.start is None
        assert plan.processes["worker"].argv[-1] == "bot.py"

    @pytest.mark.parametrize(
        ("requirements", "text"),
        [
            ("discord.py\nfastapi", ""),
            ("python-telegram-bot", "app.run_webhook(port=1)"),
            ("slack-bolt", "app.start(port=3000)"),
        ],
    )
    def test_bot_that_is_called_listens(self, requirements: str, text: str, planning: Planning) -> None:
        assert argv_of(planning.plan({"requirements.txt": requirements, "bot.py": text}))[-1] == "bot.py"

    def test_django_without_migrations_in_a_release_is_noticed(self, planning: Planning) -> None:
        files = {"manage.py": "import django", "shop/wsgi.py": "", "requirements.txt": "django\nwhitenoise"}
        assert any("release command" in notice for notice in planning.plan(files).notices)
        files["Procfile"] = "release: python manage.py migrate"
        assert planning.plan(files).notices == ()

    def test_server_in_requirements_is_not_added(self, planning: Planning) -> None:
        plan = planning.plan(
            {"app.py": FLASK, "requirements.txt": "-r base.txt", "base.txt": "Gunicorn==23.0 # x"}
        )
        assert "gunicorn" not in plan.steps[-1].argv

    def test_django_without_wsgi_is_refused(self, planning: Planning) -> None:
        assert "wsgi.py" in planning.refused({"manage.py": "import django", "requirements.txt": "django"})

    def test_pipfile_is_read(self, planning: Planning) -> None:
        text = '[packages]\nflask = "*"\nredis = {version = ">=5", extras = ["hiredis"]}\nmine = {path = "."}'
        plan = planning.plan({"Pipfile": text, "app.py": FLASK})
        assert plan.files["{deps}/requirements.txt"] == "flask\nredis[hiredis]>=5\n"
        assert any("'mine'" in notice for notice in plan.notices)

    def test_lock_of_pipenv_stands_above_its_pipfile(self, planning: Planning) -> None:
        lock = '{"default": {"flask": {"version": "==3.0.3", "markers": "python_version >= \'3.8\'"}}}'
        plan = planning.plan({"Pipfile": "", "Pipfile.lock": lock, "app.py": FLASK})
        assert plan.files["{deps}/requirements.txt"] == "flask==3.0.3 ; python_version >= '3.8'\n"
        assert chosen(plan, "dependencies") == "Pipfile.lock"

    @pytest.mark.parametrize(
        ("line", "plain"),
        [
            ("poetry run gunicorn app:app", "gunicorn app:app"),
            ("uv run --frozen fastapi run --port $PORT", "fastapi run --port $PORT"),
            ("pipenv run python m.py && pipenv run flask run", "python m.py && flask run"),
            ("uv run --with x python m.py", "uv run --with x python m.py"),
        ],
    )
    def test_runner_of_the_environment_is_left_out(self, line: str, plain: str, planning: Planning) -> None:
        files = {"app.py": FLASK, "requirements.txt": "flask", "Procfile": f"web: {line}"}
        assert argv_of(planning.plan(files)) == ("sh", "-c", plain)

    SCRIPT = '[project]\nname = "shop"\n[project.scripts]\nshop = "shop:main"\n[build-system]\nrequires = []'

    @pytest.mark.parametrize("procfile", [{}, {"Procfile": "web: shop"}])
    def test_project_is_installed_when_its_own_script_starts_it(
        self, procfile: dict[str, str], planning: Planning
    ) -> None:
        plan = planning.plan({"pyproject.toml": self.SCRIPT, "shop/__init__.py": "", **procfile})
        assert argv_of(plan)[-1] == "shop"
        assert plan.steps[-1].name == "install the project"

    def test_project_is_not_installed_for_another_start_command(self, planning: Planning) -> None:
        plan = planning.plan({"pyproject.toml": self.SCRIPT, "app.py": FLASK})
        assert "install the project" not in [step.name for step in plan.steps]

    def test_framework_is_added_when_the_project_names_no_packages(self, planning: Planning) -> None:
        assert {"flask", "gunicorn"} <= set(planning.plan({"app.py": FLASK}).steps[-1].argv)

    def test_nothing_to_start_is_refused(self, planning: Planning) -> None:
        assert "how to start" in planning.refused({"requirements.txt": "", "a.py": "", "b.py": ""})

    @pytest.mark.parametrize(
        ("files", "version"),
        [
            ({}, "3.11.9"),
            ({".python-version": "3.12.1\n"}, "3.12.4"),
            ({".python-version": "3.14"}, "3.11.9"),
            ({"runtime.txt": "python-3.13.0"}, "3.13.1"),
            ({"pyproject.toml": '[project]\nrequires-python = ">=3.12,<3.13"'}, "3.12.4"),
            ({"pyproject.toml": '[tool.poetry.dependencies]\npython = "^3.12"'}, "3.13.1"),
        ],
    )
    def test_interpreter_meets_the_project(
        self, files: dict[str, str], version: str, planning: Planning
    ) -> None:
        plan = planning.plan({"main.py": "", **files})
        assert chosen(plan, "python") == version
        assert bool(plan.visible) == (version != "3.11.9")

    def test_missing_interpreter_is_refused(self, planning: Planning) -> None:
        reason = planning.refused({"main.py": "", "pyproject.toml": '[project]\nrequires-python = ">=3.15"'})
        assert "Python >=3.15" in reason

    def test_private_index_is_kept(self, planning: Planning) -> None:
        text = '[project]\nname="x"\ndependencies=[]\n[[tool.uv.index]]\nurl = "https://example.com/simple"'
        assert (
            "https://example.com/simple"
            in planning.plan({"main.py": "", "pyproject.toml": text}).steps[-1].argv
        )

    def test_malformed_pyproject_is_named(self, planning: Planning) -> None:
        assert "pyproject.toml is not valid TOML" in planning.refused({"main.py": "", "pyproject.toml": "[x"})


def test_requirements_in_utf_16_are_written_anew(planning: Planning) -> None:
    root = planning.project({"app.py": FLASK, "requirements.txt": ""})
    (root / "requirements.txt").write_text("flask\r\n", encoding="utf-16")
    plan = planning.plan({})
    names = [step.name for step in plan.steps]
    assert names.index("write requirements.txt as UTF-8") < names.index("install dependencies")
    assert any("PowerShell" in notice for notice in plan.notices)
    assert "flask" not in [choice.what for choice in plan.choices]


def test_requirements_in_a_folder_of_their_own_are_read(planning: Planning) -> None:
    files = {"requirements/base.txt": "flask", "requirements/prod.txt": "-r base.txt\ngunicorn"}
    plan = planning.plan({"app.py": FLASK, **files})
    assert chosen(plan, "dependencies") == "requirements/prod.txt"
    assert "gunicorn" not in [choice.what for choice in plan.choices]


@pytest.mark.parametrize(
    ("name", "part"),
    [("requirement.txt", "exactly `requirements.txt`"), ("environment.yml", "Conda's and are not installed")],
)
def test_list_of_packages_that_is_not_read_is_noticed(name: str, part: str, planning: Planning) -> None:
    plan = planning.plan({"app.py": FLASK, name: "flask"})
    assert any(part in notice for notice in plan.notices)


DJANGO = {"manage.py": "# django\nx('DJANGO_SETTINGS_MODULE', 'shop.settings')", "shop/wsgi.py": ""}


def test_django_below_the_requirements_is_found(planning: Planning) -> None:
    files = {f"site/{path}": text for path, text in DJANGO.items()}
    plan = planning.plan(
        {**files, "site/shop/settings.py": "STATIC_ROOT = 'x'", "requirements.txt": "django"}
    )
    assert argv_of(plan)[3:6] == ("shop.wsgi:application", "--chdir", "{app}/site")
    assert next(step for step in plan.steps if step.name == "collect static files").cwd == "{app}/site"
    assert any("python site/manage.py migrate" in notice for notice in plan.notices)


class TestDjangoAsItsCommandMakesIt:
    def notices(self, settings: str, planning: Planning, requirements: str = "django") -> str:
        files = {**DJANGO, "shop/settings.py": settings, "requirements.txt": requirements}
        return " ".join(planning.plan(files).notices)

    def test_says_what_keeps_visitors_out(self, planning: Planning) -> None:
        said = self.notices("ALLOWED_HOSTS = []\n", planning)
        assert "ALLOWED_HOSTS" in said
        assert "whitenoise" in said

    def test_is_silent_about_what_is_there(self, planning: Planning) -> None:
        said = self.notices("ALLOWED_HOSTS = ['*']\nSTATIC_ROOT = 'x'\n", planning, "django\nwhitenoise")
        assert "ALLOWED_HOSTS" not in said
        assert "whitenoise" not in said


@pytest.mark.parametrize(
    ("text", "argv"),
    [
        ("import dash\napp = dash.Dash(__name__)\nserver = app.server", "gunicorn app:server"),
        (
            "import chainlit as cl\n@cl.on_message\nasync def main(m): ...",
            "chainlit run app.py --host 127.0.0.1",
        ),
        ("import panel as pn\npn.panel('x').servable()", "panel serve app.py --address 127.0.0.1"),
        ("import dash\napp = dash.Dash(__name__)\napp.run()", "python app.py"),
    ],
)
def test_data_apps_are_told_where_to_listen(text: str, argv: str, planning: Planning) -> None:
    plan = planning.plan({"app.py": text, "requirements.txt": "dash\nchainlit\npanel"})
    assert chosen(plan, "start command").startswith(argv)


@pytest.mark.parametrize(
    ("text", "argv"),
    [
        ("import falcon\napp = falcon.App()", "gunicorn app:app"),
        ("from bottle import Bottle\napp = Bottle()", "gunicorn app:app"),
        ("from other import App\napp = App()", "python app.py"),
    ],
)
def test_smaller_frameworks_are_served(text: str, argv: str, planning: Planning) -> None:
    plan = planning.plan({"app.py": text, "requirements.txt": "falcon\nbottle"})
    assert chosen(plan, "start command").startswith(argv)


def test_tasks_of_celery_alone_are_a_worker(planning: Planning) -> None:
    plan = planning.plan(
        {"tasks.py": "from celery import Celery\napp = Celery('x')", "requirements.txt": "celery"}
    )
    assert plan.start is None
    assert plan.processes["worker"].argv[-4:] == ("tasks", "worker", "--loglevel", "info")


@pytest.mark.parametrize(
    ("text", "port"),
    [
        ("from nicegui import ui\nui.run()", "8080"),
        ("mcp.run(transport='http', port=8000)", "8000"),
        ("app.listen(8888)", "8888"),
        ("make_server('0.0.0.0', 6543, app).serve_forever()", "6543"),
        ("run(port=int(os.environ['PORT']))", ""),
        ("connect(port=5432)", ""),
    ],
)
def test_port_of_its_own_is_noticed(text: str, port: str, planning: Planning) -> None:
    said = " ".join(planning.plan({"main.py": text, "requirements.txt": ""}).notices)
    assert (f"main.py listens on port {port} " in said) == bool(port)
    assert bool(said) == bool(port)
