"""What is said when the project lies deeper than the folder that was deployed."""

import pytest
from build_planning import Planning

NOTHING = {"README.md": "x"}


@pytest.mark.parametrize("type", ["backend", "frontend"])
def test_folder_and_setting_are_named(type: str, planning: Planning) -> None:
    files = {"backend/requirements.txt": "", "frontend/package.json": "{}", "frontend/src/index.html": ""}
    said = planning.refused({**NOTHING, **files}, type)
    assert "There are projects in `backend` (python), `frontend` (node)." in said
    assert "capsule deploy --path backend" in planning.hint


def test_two_folders_down_is_looked_into_as_well(planning: Planning) -> None:
    said = planning.refused({**NOTHING, "services/api/go.mod": "", "services/api/web/index.html": ""})
    assert said.endswith("There is a project in `services/api` (go).")


def test_only_some_of_many_are_named(planning: Planning) -> None:
    files = {f"app{number}/Dockerfile": "" for number in range(9)}
    assert "`app3` (docker) and 5 more folders." in planning.refused({**NOTHING, **files})


def test_dependencies_and_hidden_folders_are_no_projects(planning: Planning) -> None:
    files = {"node_modules/a/package.json": "", ".github/package.json": "", "vendor/b/composer.json": ""}
    assert "There is a project" not in planning.refused({**NOTHING, **files})


def test_workspace_names_its_packages(planning: Planning) -> None:
    root = '{"private": true, "workspaces": ["apps/*"]}'
    said = planning.refused({"package.json": root, "apps/web/package.json": "{}"})
    assert "that of a workspace" in said
    assert "`apps/web` (node)" in said
    assert "npm start --workspace" in planning.hint


def test_a_reason_of_another_kind_is_left_alone(planning: Planning) -> None:
    files = {"pyproject.toml": '[project]\nrequires-python = ">=3.99"', "a/requirements.txt": ""}
    assert "There is a project" not in planning.refused(files)


def test_dockerfile_asks_for_its_own_type(planning: Planning) -> None:
    assert "has a Dockerfile" in planning.refused({"Dockerfile": "FROM x", "main.rs": ""})
    assert "--type docker" in planning.hint


def test_other_languages_are_led_to_a_dockerfile(planning: Planning) -> None:
    planning.refused({"Cargo.toml": ""})
    assert "a capsule of type docker" in planning.hint
