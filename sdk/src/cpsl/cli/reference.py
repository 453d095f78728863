"""Turn the commands into the reference page of the command line, as Markdown, from their help texts."""

from __future__ import annotations

from collections.abc import Iterator

import click

from cpsl.cli.main import SECTIONS, cli

EXIT_CODES = (
    (0, "Done."),
    (1, "Failed: the build, the app, or something that does not exist."),
    (2, "The command line or its input is wrong; nothing was changed."),
    (75, "Try again: the server does not answer, or is busy."),
    (77, "Not allowed: log in first, or ask for the right."),
    (130, "Interrupted with Ctrl-C."),
)


def render() -> str:
    """Return `docs/reference/cli.md`."""
    root = click.Context(cli, info_name="capsule")
    parts = [
        "# The `capsule` command line",
        "<!-- Generated from the commands themselves; do not edit. -->",
        _prose(cli),
        "## Options of every command that talks to a platform",
        _options(cli, root),
        "## Exit codes",
        "| Code | Meaning |\n| --- | --- |\n"
        + "\n".join(f"| {code} | {text} |" for code, text in EXIT_CODES),
        "Failures go to standard error as `Error:`, `Hint:` and an identity (code, request id). With "
        "`--json`, standard output holds the data and nothing else.",
    ]
    for heading, names in SECTIONS.items():
        parts.append(f"## {heading}")
        for name in names:
            command = cli.get_command(root, name)
            assert command is not None
            parts.extend(_command(command, click.Context(command, info_name=name, parent=root)))
    return "\n\n".join(part for part in parts if part) + "\n"


def _command(command: click.Command, context: click.Context) -> Iterator[str]:
    yield f"### `{context.command_path}`"
    if isinstance(command, click.Group):
        yield _prose(command)
        for name in command.list_commands(context):
            found = command.get_command(context, name)
            assert found is not None
            for part in _command(found, click.Context(found, info_name=name, parent=context)):
                yield "#" + part if part.startswith("### ") else part
        return
    pieces = " ".join(command.collect_usage_pieces(context))
    yield f"```\n{context.command_path} {pieces}\n```"
    yield _prose(command)
    yield _options(command, context)


def _prose(command: click.Command) -> str:
    text = (command.help or "").strip()
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in text.split("\n\n"))


def _options(command: click.Command, context: click.Context) -> str:
    rows = []
    for parameter in command.get_params(context):
        record = parameter.get_help_record(context)
        if record is None or not isinstance(parameter, click.Option):
            continue
        names, text = record
        rows.append(f"| `{names}` | {' '.join(text.split()).replace('|', chr(92) + '|')} |")
    return "| Option | Meaning |\n| --- | --- |\n" + "\n".join(rows) if rows else ""
