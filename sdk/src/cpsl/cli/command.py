"""What every command of the line is made of: lazy groups, near misses, and the options that they share.

Options given to the program and to the command are one and the same (`capsule --server X list` and
`capsule list --server X`), so they are stored in the `Invocation` instead of being passed to functions.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any, TypeVar

import click

from cpsl.cli.invocation import Invocation, closest

F = TypeVar("F", bound=Callable[..., Any])
CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 100}

pass_invocation = click.make_pass_decorator(Invocation)


class Command(click.Command):
    """A command whose usage is understood from its help alone."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["context_settings"] = {**CONTEXT, **(kwargs.get("context_settings") or {})}
        super().__init__(*args, **kwargs)


class Group(click.Group):
    """A group that proposes near misses and may have a command for calls that name none of its own."""

    command_class = Command

    def __init__(self, *args: Any, default: str | None = None, **kwargs: Any) -> None:
        kwargs["context_settings"] = {**CONTEXT, **(kwargs.get("context_settings") or {})}
        super().__init__(*args, **kwargs)
        self.default = default

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if (
            self.default is not None
            and args
            and args[0] not in self.list_commands(ctx)
            and not set(args) & set(ctx.help_option_names)
        ):
            args = [self.default, *args]
        return super().parse_args(ctx, args)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0]
        if self.get_command(ctx, name) is None and not name.startswith("-"):
            near = closest(name, self.list_commands(ctx))
            proposal = f" Did you mean '{near}'?" if near else ""
            ctx.fail(f"There is no command '{name}'.{proposal}")
        return super().resolve_command(ctx, args)


class LazyGroup(Group):
    """The program itself: each command's module is imported when it is called, or listed in a help page."""

    def __init__(self, *args: Any, sections: dict[str, dict[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.sections = sections
        """Heading of the help page → command name → `module:attribute`."""
        self._places = {name: place for commands in sections.values() for name, place in commands.items()}

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self._places)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self._places:
            return None
        module, attribute = self._places[cmd_name].split(":")
        command = getattr(importlib.import_module(module), attribute)
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        for heading, names in self.sections.items():
            commands = [(name, self.get_command(ctx, name)) for name in names]
            with formatter.section(heading):
                formatter.write_dl(
                    [(name, command.get_short_help_str(80)) for name, command in commands if command]
                )


def _remember(ctx: click.Context, param: click.Parameter, value: object) -> None:
    if value and param.name:
        setattr(ctx.ensure_object(Invocation), param.name, value)


def _shared(*names: str, **kwargs: Any) -> Callable[[F], F]:
    return click.option(*names, expose_value=False, callback=_remember, **kwargs)


def with_verbose(function: F) -> F:
    """Add `--verbose`."""
    return _shared("-v", "--verbose", is_flag=True, help="Show details, and where an error came from.")(
        function
    )


def with_server(function: F) -> F:
    """Add the options that say which installation is meant, and `--verbose`."""
    function = with_verbose(function)
    function = _shared("--token", metavar="TOKEN", help="API token to call with.  [env: CAPSULE_TOKEN]")(
        function
    )
    return _shared(
        "--server",
        metavar="URL",
        help="Address of the installation.  [env: CAPSULE_URL; default: last login]",
    )(function)


def with_space(function: F) -> F:
    """Add `--space` to what `with_server` adds."""
    return _shared(
        "-s", "--space", metavar="SPACE", help="Space to work in.  [env: CAPSULE_SPACE; default: current one]"
    )(with_server(function))


def with_json(function: F) -> F:
    """Add `--json`."""
    return _shared("--json", "as_json", is_flag=True, help="Print JSON for programs.")(function)
