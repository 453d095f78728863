"""The documentation is true: links lead somewhere, and the commands it shows exist with those options."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from cpsl.cli.main import cli

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]


def pages() -> list[str]:
    return [str(page.relative_to(ROOT)) for page in PAGES]


@pytest.mark.parametrize("name", pages())
def test_links_lead_somewhere(name: str) -> None:
    page = ROOT / name
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text()):
        if "://" in target or target.startswith(("#", "mailto:")):
            continue
        assert (page.parent / target.partition("#")[0]).exists(), f"{name} links to {target}"


def shown_commands() -> Iterator[tuple[str, str]]:
    for page in PAGES:
        if "reference" in page.parts:
            continue
        for block in re.findall(r"```sh\n(.*?)```", page.read_text(), flags=re.S):
            for line in block.splitlines():
                for part in re.split(r"\s{4,}", line.partition("#")[0].strip()):
                    if part.startswith("capsule "):
                        yield str(page.relative_to(ROOT)), part.strip()


@pytest.mark.parametrize(("page", "line"), sorted(set(shown_commands())))
def test_shown_command_parses(page: str, line: str) -> None:
    words = shlex.split(line)[1:]
    command: click.Command = cli
    context = click.Context(cli, info_name="capsule")
    while isinstance(command, click.Group) and words:
        found = command.get_command(context, words[0])
        if found is None:
            break
        command, words = found, words[1:]
        context = click.Context(command, parent=context, info_name=command.name)
    assert command is not cli, f"{page} shows an unknown command: {line}"
    command.make_parser(context).parse_args(args=words) if hasattr(command, "make_parser") else None
