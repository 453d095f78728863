"""`capsule completion SHELL`: the script that completes this program's words."""

from __future__ import annotations

import click

from cpsl._problems import InvalidInput
from cpsl.cli.command import Command, pass_invocation
from cpsl.cli.invocation import Invocation


@click.command(cls=Command)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
@pass_invocation
def completion(invocation: Invocation, ctx: click.Context, shell: str) -> None:
    """Print the completion script of a shell.

    For bash: `eval "$(capsule completion bash)"` in ~/.bashrc.
    """
    from click.shell_completion import get_completion_class

    made = get_completion_class(shell)
    if made is None:
        raise InvalidInput(f"There is no completion for '{shell}'.")
    root = ctx.find_root()
    invocation.out.raw(made(root.command, {}, "capsule", "_CAPSULE_COMPLETE").source())
