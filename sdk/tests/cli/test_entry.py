"""Entries: everything that can be wrong with one is said before anything is sent."""

from pathlib import Path

import pytest

from cpsl.cli.entry import EntryRefused, looks_like_entry, project_root, read_declaration, read_entry

APP = 'import cpsl\n\napp = cpsl.App("report-agent", image=cpsl.Image())\n'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "app.py").write_text(APP)
    return tmp_path


def refusal(text: str, cwd: Path) -> EntryRefused:
    with pytest.raises(EntryRefused) as caught:
        read_entry(text, cwd=cwd)
    return caught.value


def test_good_entry_has_file_symbol_and_the_name_of_the_app(folder: Path) -> None:
    entry = read_entry("app.py:app", cwd=folder)
    assert (str(entry), entry.name, entry.root) == ("app.py:app", "report-agent", folder.resolve())


def test_file_without_symbol_is_refused_with_the_candidates(folder: Path) -> None:
    error = refusal("app.py", folder)
    assert "names a file but not the app" in error.detail
    assert error.hint == "app.py:app"
    assert error.exit_code == 2


def test_unknown_symbol_is_refused_with_the_candidates(folder: Path) -> None:
    error = refusal("app.py:nope", folder)
    assert error.detail == "app.py has no 'nope'."
    assert error.hint == "app.py:app"


def test_several_apps_are_all_offered(folder: Path) -> None:
    (folder / "app.py").write_text(APP + 'other = cpsl.App(name="b", image=cpsl.Image())\n')
    assert refusal("app.py:nope", folder).hint == "One of: app.py:app, app.py:other"


def test_missing_file_is_refused_with_a_near_name(folder: Path) -> None:
    error = refusal("ap.py:app", folder)
    assert "There is no file 'ap.py'" in error.detail
    assert error.hint == "Did you mean 'app.py'?"


def test_syntax_error_names_file_line_and_the_line(folder: Path) -> None:
    (folder / "app.py").write_text("import cpsl\n\ndef broken(:\n    pass\n")
    error = refusal("app.py:app", folder)
    assert error.code == "syntax_error"
    assert "app.py:3" in error.detail
    assert "def broken(:" in error.detail


def test_file_with_zero_bytes_is_refused(folder: Path) -> None:
    (folder / "app.py").write_bytes(b"app = 1\x00")
    assert refusal("app.py:app", folder).code == "syntax_error"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("app = 5", "a text or number"),
        ("def app(): ...", "a function"),
        ("class app: ...", "a class without @app.cls"),
        ("import os as app", "the module os"),
        ("from flask import Flask\napp = Flask(__name__)", "made by flask.Flask(…)"),
        ("import cpsl\napp = cpsl.Image()", "made by cpsl.Image(…)"),
    ],
)
def test_symbol_that_is_no_app_is_refused(folder: Path, line: str, said: str) -> None:
    (folder / "app.py").write_text(line + "\n")
    error = refusal("app.py:app", folder)
    assert error.detail == f"'app' in app.py is {said}, not an app."
    assert "capsule deploy DIRECTORY" in str(error.hint)


@pytest.mark.parametrize(
    "text",
    [
        'from cpsl import App\napp = App("report-agent", image=None)',
        'from cpsl import App as A\napp = A(name="report-agent", image=None)',
        'import cpsl as c\napp: c.App = c.App("report-agent", image=None)',
        'from cpsl import *\napp = App("report-agent", image=None)',
        'import cpsl\nNAME = "report-agent"\napp = cpsl.App(NAME, image=None)',
        'import cpsl\nif True:\n    app = cpsl.App("report-agent", image=None)\nelse:\n    other = 1',
    ],
)
def test_every_way_to_declare_an_app_is_understood(folder: Path, text: str) -> None:
    (folder / "app.py").write_text(text + "\n")
    assert read_entry("app.py:app", cwd=folder).name == "report-agent"


@pytest.mark.parametrize(
    "text",
    ["from made import make\napp = make()", "from parts import app", "from parts import *"],
)
def test_app_made_elsewhere_is_left_to_the_platform(folder: Path, text: str) -> None:
    (folder / "app.py").write_text(text + "\n")
    assert read_entry("app.py:app", cwd=folder).name is None


CLASS_APP = (
    'import cpsl\n\napp = cpsl.App("report-agent")\n\n@app.cls(image=cpsl.Image())\nclass Agent: ...\n'
)


def test_class_is_the_entry_of_an_app_written_as_a_class(folder: Path) -> None:
    (folder / "app.py").write_text(CLASS_APP)
    assert read_entry("app.py:Agent", cwd=folder).name == "report-agent"
    assert refusal("app.py:app", folder).hint == "app.py:Agent"


def test_module_name_instead_of_a_file_is_explained(folder: Path) -> None:
    assert refusal("app:app", folder).hint == "Name the file: app.py:app"


@pytest.mark.parametrize("text", ["app.py:", "app.py:a b", ":app", "notes.txt:app"])
def test_malformed_entries_are_refused(folder: Path, text: str) -> None:
    (folder / "notes.txt").write_text("")
    assert refusal(text, folder).exit_code == 2


def test_root_is_the_nearest_project_and_the_current_directory_without_one(folder: Path) -> None:
    nested = folder / "agents" / "report"
    nested.mkdir(parents=True)
    (nested / "app.py").write_text(APP)
    assert str(read_entry("agents/report/app.py:app", cwd=folder)) == "agents/report/app.py:app"
    (nested / "requirements.txt").write_text("")
    entry = read_entry("agents/report/app.py:app", cwd=folder)
    assert (entry.root, str(entry)) == (nested.resolve(), "app.py:app")


def test_root_of_a_file_elsewhere_is_its_project(folder: Path, tmp_path: Path) -> None:
    here = tmp_path / "here"
    here.mkdir()
    assert project_root(folder / "app.py", here) == folder


def test_declaration_changes_with_the_arguments_of_the_app_only(folder: Path) -> None:
    entry = read_entry("app.py:app", cwd=folder)
    (folder / "app.py").write_text(APP + "\nx = 1\n")
    assert read_declaration(entry) == entry.declaration
    (folder / "app.py").write_text(APP.replace("Image()", 'Image(), secrets=["A"]'))
    assert read_declaration(entry) != entry.declaration
    (folder / "app.py").write_text("def (")
    assert read_declaration(entry) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [("app.py:app", True), ("app.py", True), ("pkg/app:app", True), (".", False), ("my-site", False)],
)
def test_entry_and_directory_are_told_apart(text: str, expected: bool) -> None:
    assert looks_like_entry(text) is expected
