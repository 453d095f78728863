"""`capsule deploy`: from an entry, a directory or a repository to a live release."""

from __future__ import annotations

from dataclasses import replace

import click

from cpsl._problems import InvalidInput
from cpsl.cli.command import Command, pass_invocation, with_json, with_space
from cpsl.cli.invocation import Invocation

TYPES = ["app", "backend", "frontend", "agent", "docker"]


@click.command(cls=Command)
@click.argument("target", required=False)
@click.option("--git", metavar="URL", help="Deploy a repository instead of local files.")
@click.option("--access-token", metavar="TOKEN", help="Of a private repository; `-` reads it.")
@click.option("--branch", metavar="BRANCH", help="Branch of the repository.  [default: its own default]")
@click.option("--path", metavar="PATH", help="Folder of the project in the repository or directory.")
@click.option("--name", metavar="NAME", help="Name of the capsule.  [default: the app's, or the folder's]")
@click.option("--type", "type_", type=click.Choice(TYPES), help="Kind of capsule.  [default: found out]")
@click.option("--env", "env", multiple=True, metavar="KEY=VALUE", help="Environment variable; repeatable.")
@click.option("--run-command", metavar="LINE", help="Command line that starts it.  [default: found out]")
@click.option("--build-command", metavar="LINE", help="Command line that builds it.  [default: found out]")
@click.option("--output-directory", metavar="DIR", help="Folder that holds the built site.")
@click.option("--image", metavar="IMAGE", help="Deploy a public image instead, such as caddy:2.")
@click.option("--dockerfile", metavar="PATH", help="Dockerfile in the project.  [default: Dockerfile]")
@click.option("--docker-context", metavar="DIR", help="Folder that the Dockerfile copies from.")
@click.option("--port", type=click.IntRange(1, 65535), help="Where the container listens.")
@click.option("--no-wait", is_flag=True, help="Return once the build is queued.")
@with_json
@with_space
@pass_invocation
def deploy(
    invocation: Invocation,
    target: str | None,
    git: str | None,
    access_token: str | None,
    branch: str | None,
    path: str | None,
    name: str | None,
    type_: str | None,
    env: tuple[str, ...],
    run_command: str | None,
    build_command: str | None,
    output_directory: str | None,
    image: str | None,
    dockerfile: str | None,
    docker_context: str | None,
    port: int | None,
    no_wait: bool,
) -> int:
    """Deploy TARGET and return when it is live, or has failed.

    TARGET is the entry of an app (`app.py:app`) or a directory (default: this one); with --git it is a
    repository. Deploying a name again makes a new release of the same capsule.

    What is sent of a directory: everything except version control, virtual environments, caches and
    node_modules, and what .capsuleignore (or, where there is none, .gitignore) names.
    """
    from cpsl.cli.order import deploy_target
    from cpsl.cli.pairs import read_pairs, read_secret
    from cpsl.cli.target import read_target

    given = {
        "run_command": run_command,
        "build_command": build_command,
        "output_directory": output_directory,
        "dockerfile": dockerfile,
        "docker_context": docker_context,
        "port": port,
    }
    wanted = read_target(
        target,
        git=git,
        image=image,
        branch=branch,
        path=path,
        name=name,
        type_=type_,
        config={key: value for key, value in given.items() if value is not None},
    )
    if access_token is not None:
        if git is None:
            raise InvalidInput("--access-token is for a repository.", hint="Add: --git URL")
        wanted = replace(wanted, access_token=read_secret(access_token))
    return deploy_target(invocation, wanted, read_pairs(env, what="variable"), wait=not no_wait)
