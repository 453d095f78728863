"""What the README and the guides show works as shown."""

import re
from pathlib import Path

from installation import REPOSITORY, Installation

import cpsl


def code_block(page: str, language: str = "python") -> str:
    found = re.search(rf"```{language}\n(.*?)```", (REPOSITORY / page).read_text(), flags=re.S)
    assert found is not None
    return found[1]


def test_first_app_of_the_readme_answers(installation: Installation, tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(code_block("README.md"))
    installation.run("deploy", "app.py:app", cwd=tmp_path)
    token = installation.json("token", "create", "readme")["token"]
    answer = cpsl.Client(token=token, gateway_url=installation.url).chat("hello", "hi")
    assert answer.text == "You said: hi"
    installation.run("remove", "hello", "--yes")


def test_agent_app_of_the_guide_streams_and_counts(installation: Installation, tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(code_block("docs/guides/agent-app.md"))
    installation.run("space", "create", "guide")
    in_space = ("--space", "guide")
    installation.run("secret", "create", "OPENAI_API_KEY=sk-1", *in_space)
    installation.run("fs", "create", "reports", *in_space)
    installation.run("deploy", "app.py:app", *in_space, cwd=tmp_path)
    token = installation.json("token", "create", "guide")["token"]
    answer = cpsl.Client(token=token, gateway_url=installation.url).chat("reporter", "one two")
    assert answer.text.split() == ["one", "two"]
    for name in ("reporter", "reports"):
        installation.run("remove", name, "--yes", *in_space)
