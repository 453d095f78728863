"""What is planned for small projects, and what is said when nothing can be."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import pytest

from capsule.build.contract import BuildSettings
from capsule.build.detect import make_plan
from capsule.build.plan import CannotPlan, Plan
from capsule.build.toolchain import Toolchain

ANGULAR = '{"projects": {"shop": {"architect": {"build": {"builder": "@angular/build:application"}}}}}'
APP_WITH_IMAGE = """
from cpsl import App, Image
BASE = ['a']
image = Image(python_packages=BASE + ['cpsl', 'b>=2'], apt_packages=['ffmpeg'])
image.add_commands(['make x'])
app = App('x', image=image)
"""
FLASK = "from flask import Flask\napp = Flask(__name__)\n"


def argv_of(plan: Plan) -> tuple[str, ...]:
    assert plan.start is not None
    return plan.start.argv


class Planning:
    def __init__(self, project: Callable[[dict[str, str]], Path], facts: Toolchain) -> None:
        self.project = project
        self.facts = facts

    def plan(self, files: dict[str, str], type: str = "backend", **settings: Any) -> Plan:
        found = make_plan(self.project(files), BuildSettings(type=type, **settings), self.facts)
        assert isinstance(found, Plan), found
        return found

    def refused(self, files: dict[str, str], type: str = "backend", **settings: Any) -> str:
        found = make_plan(self.project(files), BuildSettings(type=type, **settings), self.facts)
        assert isinstance(found, CannotPlan), found
        assert found.hint
        return " ".join(found.reasons)


@pytest.fixture
def planning(project: Callable[[dict[str, str]], Path], facts: Toolchain) -> Planning:
    return Planning(project, facts)


def chosen(plan: Plan, what: str) -> str:
    return next(choice.value for choice in plan.choices if choice.what == what)


class TestStart:
    FILES: ClassVar = {
        "app.py": FLASK,
        "requirements.txt": "flask\n",
        "Procfile": "web: gunicorn app:app\nworker: python w.py\n",
    }

    def test_run_command_stands_above_procfile(self, planning: Planning) -> None:
        plan = planning.plan(self.FILES, run_command="python app.py --port $PORT")
        assert argv_of(plan) == ("sh", "-c", "python app.py --port $PORT")

    def test_procfile_stands_above_default(self, planning: Planning) -> None:
        plan = planning.plan(self.FILES)
        assert argv_of(plan) == ("sh", "-c", "gunicorn app:app")
        assert chosen(plan, "gunicorn") == "added"
        assert any("worker" in notice for notice in plan.notices)

    def test_procfile_without_web_is_refused(self, planning: Planning) -> None:
        assert "no `web` process (it has worker)" in planning.refused({**self.FILES, "Procfile": "worker: x"})

    def test_procfile_without_web_does_not_matter_beside_a_run_command(self, planning: Planning) -> None:
        planning.plan({**self.FILES, "Procfile": "worker: x"}, run_command="python app.py")

    def test_procfile_line_without_process_is_refused(self, planning: Planning) -> None:
        assert "Line 1 of the Procfile" in planning.refused({**self.FILES, "Procfile": "just a command"})

    def test_procfile_in_small_letters_is_noticed(self, planning: Planning) -> None:
        plan = planning.plan({"app.py": FLASK, "procfile": "web: x"})
        assert any("capital P" in notice for notice in plan.notices)


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


class TestNode:
    START = '{"scripts": {"start": "node x.js"}}'

    @pytest.mark.parametrize(
        ("files", "manager"),
        [
            ({}, "npm"),
            ({"package-lock.json": "{}"}, "npm"),
            ({"pnpm-lock.yaml": "lockfileVersion: '6.0'"}, "pnpm 8.15.9"),
            ({"pnpm-lock.yaml": "lockfileVersion: '9.0'"}, "pnpm 9.15.9"),
            ({"yarn.lock": "# yarn lockfile v1"}, "yarn 1.22.22"),
            ({"yarn.lock": "__metadata:\n  version: 8"}, "yarn 4.9.2"),
            (
                {"package.json": '{"packageManager": "pnpm@9.1.0+sha512.x", "main": "m.js"}', "m.js": ""},
                "pnpm 9.1.0",
            ),
        ],
    )
    def test_lock_file_chooses_the_manager(
        self, files: dict[str, str], manager: str, planning: Planning
    ) -> None:
        assert chosen(planning.plan({"package.json": self.START, **files}), "package manager") == manager

    def test_main_and_server_js_are_started(self, planning: Planning) -> None:
        assert argv_of(planning.plan({"package.json": '{"main": "m.js"}', "m.js": ""})) == ("node", "m.js")

    def test_nothing_to_start_is_refused(self, planning: Planning) -> None:
        assert "no script `start`" in planning.refused({"package.json": "{}"})

    @pytest.mark.parametrize("text", ["{", "[]", '"x"', "\x00"])
    def test_malformed_package_json_is_named(self, text: str, planning: Planning) -> None:
        assert "package.json is not" in planning.refused({"package.json": text})

    def test_parts_of_the_wrong_kind_are_left_out(self, planning: Planning) -> None:
        text = '{"scripts": [], "dependencies": 3, "engines": "x", "main": {}, "packageManager": []}'
        planning.plan({"package.json": text, "index.js": ""})

    def test_other_node_is_noticed(self, planning: Planning) -> None:
        plan = planning.plan({"package.json": '{"engines": {"node": "^22"}, "main": "m.js"}', "m.js": ""})
        assert any("Node ^22" in notice for notice in plan.notices)

    def test_machine_without_node_is_refused(self, planning: Planning) -> None:
        planning.facts = replace(planning.facts, node=None)
        assert "this machine has none" in planning.refused({"package.json": self.START})

    def test_development_packages_stay_when_the_start_uses_one(self, planning: Planning) -> None:
        text = '{"scripts": {"start": "tsx src/x.ts"}, "devDependencies": {"tsx": "1"}}'
        assert chosen(planning.plan({"package.json": text}), "development packages") == "kept"


class TestStatic:
    @pytest.mark.parametrize(
        ("files", "folder", "single"),
        [
            ({"index.html": ""}, "/", False),
            ({"public/index.html": "", "package.json": "{}"}, "public", False),
            ({"package.json": '{"scripts": {"build": "x"}, "devDependencies": {"vite": "6"}}'}, "dist", True),
            (
                {"package.json": '{"scripts": {"build": "x"}, "dependencies": {"react-scripts": "5"}}'},
                "build",
                True,
            ),
            (
                {"package.json": '{"scripts": {"build": "x"}, "dependencies": {"astro": "5", "vite": "6"}}'},
                "dist",
                False,
            ),
            (
                {
                    "package.json": '{"scripts": {"build": "x"}, "devDependencies": {"vite": "6"}}',
                    "vite.config.ts": "export default { build: { outDir: 'site' } }",
                },
                "site",
                True,
            ),
            (
                {
                    "package.json": '{"scripts": {"build": "x"}}',
                    "angular.json": ANGULAR,
                },
                "dist/shop/browser",
                True,
            ),
        ],
    )
    def test_output_is_found(
        self, files: dict[str, str], folder: str, single: bool, planning: Planning
    ) -> None:
        plan = planning.plan(files, "frontend")
        assert chosen(plan, "output directory") == folder
        assert ("--single-page" in argv_of(plan)) == single

    def test_settings_stand_above_detection(self, planning: Planning) -> None:
        plan = planning.plan(
            {"a/index.html": "", "index.html": ""}, "frontend", output_directory="/a/", build_command="Auto"
        )
        assert chosen(plan, "output directory") == "a"

    def test_rendering_on_a_server_is_refused(self, planning: Planning) -> None:
        text = '{"scripts": {"build": "next build"}, "dependencies": {"next": "15"}}'
        assert "Next.js renders on a server" in planning.refused({"package.json": text}, "frontend")

    @pytest.mark.parametrize("folder", ["missing", "../up"])
    def test_output_directory_outside_is_refused(self, folder: str, planning: Planning) -> None:
        assert folder in planning.refused({"index.html": ""}, "frontend", output_directory=folder)

    def test_nothing_to_serve_is_refused(self, planning: Planning) -> None:
        assert "no index.html" in planning.refused({"readme.txt": ""}, "frontend")


class TestApp:
    FILE = "import cpsl\napp = cpsl.App('x', image=cpsl.Image({}))\n"

    def test_image_is_read_without_running(self, planning: Planning) -> None:
        plan = planning.plan({"app.py": APP_WITH_IMAGE}, "app", entry="app.py:app")
        assert plan.files["{deps}/image.txt"] == "a\nb>=2\n"
        assert ("sh", "-c", "make x") in [step.argv for step in plan.steps]
        assert any("ffmpeg" in notice for notice in plan.notices)
        assert plan.listens_on_socket
        assert plan.probe_path is None

    def test_what_is_no_literal_is_noticed(self, planning: Planning) -> None:
        plan = planning.plan({"app.py": self.FILE.format("python_packages=make()")}, "app")
        assert any("no plain list" in notice for notice in plan.notices)

    def test_missing_requirements_file_is_refused(self, planning: Planning) -> None:
        files = {"app.py": self.FILE.format("python_packages='packages.txt'")}
        assert "packages.txt" in planning.refused(files, "app")

    @pytest.mark.parametrize(
        ("entry", "reason"),
        [
            ("app.py", "must be `file.py:symbol`"),
            ("app.py:", "must be `file.py:symbol`"),
            (":app", "must be `file.py:symbol`"),
            ("nope.py:app", "'nope.py' is not in the project"),
            ("app.py:nope", "defines no 'nope'"),
            ("../app.py:app", "is not in the project"),
            ("broken.py:app", "syntax error in line 2"),
        ],
    )
    def test_wrong_entry_is_refused(self, entry: str, reason: str, planning: Planning) -> None:
        files = {"app.py": self.FILE.format(""), "broken.py": "import x\ndef (:\n"}
        assert reason in planning.refused(files, "app", entry=entry)

    def test_file_that_hides_the_sdk_is_refused(self, planning: Planning) -> None:
        assert "hides the SDK" in planning.refused({"app.py": self.FILE.format(""), "cpsl.py": ""}, "app")


def test_empty_project_is_refused(planning: Planning, tmp_path: Path) -> None:
    (tmp_path / "project").mkdir()
    assert "empty" in planning.refused({})


def test_unknown_project_is_refused_with_what_it_has(planning: Planning) -> None:
    found = make_plan(planning.project({"main.rb": ""}), BuildSettings(type="backend"), planning.facts)
    assert isinstance(found, CannotPlan)
    assert "main.rb" in found.hint


def test_files_outside_the_project_are_not_read(planning: Planning, tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("web: cat secret")
    root = planning.project({"main.py": ""})
    (root / "Procfile").symlink_to(tmp_path / "secret.txt")
    assert argv_of(planning.plan({}))[-1] == "main.py"
