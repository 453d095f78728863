"""Every template runs as it lies there."""

from pathlib import Path

import pytest
from installation import REPOSITORY, Installation

import cpsl

TEMPLATES = sorted(path.parent for path in (REPOSITORY / "templates").glob("*/app.py"))


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_template_answers(installation: Installation, template: Path) -> None:
    name = f"template-{template.name}"
    installation.run("deploy", "app.py:app", "--name", name, cwd=template)
    token = installation.json("token", "create", name)["token"]
    api = cpsl.Client(token=token, gateway_url=installation.url)
    first = api.chat(name, "hello there")
    assert first.text.split()[-2:] == ["hello", "there"]
    assert "Message 2" in api.chat(name, "again", session_id=first.session_id).text
    installation.run("remove", name, "--yes")
