"""The composition root: read the settings, pick the drivers, start one of the platform's processes.

    python -m capsule up | down | status | doctor      what people run, through the `capsule` command
    python -m capsule server | node | edge | apps      one process each

The only module that names concrete drivers. Imports are inside the functions because the node agent and the
edge must not carry what only the server needs.
"""

import argparse
import asyncio
import json
import logging
import os
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from capsule.errors import PlatformError
from capsule.paths import DataPaths

if TYPE_CHECKING:
    from capsule.build.contract import Builder
    from capsule.build.toolchain import Toolchain
    from capsule.engines.contract import Engine
    from capsule.installation.pidfile import Running
    from capsule.settings import Settings


def main(argv: list[str] | None = None) -> int:
    """Run one command and return its exit code."""
    arguments = _parser().parse_args(argv)
    command: Callable[[argparse.Namespace], int] = arguments.command
    try:
        return command(arguments)
    except PlatformError as exc:
        print(f"Error: {exc.detail}", file=sys.stderr)
        if exc.hint:
            print(f"Hint:  {exc.hint}", file=sys.stderr)
        return exc.exit_code
    except KeyboardInterrupt:
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="capsule", description="Run the Capsule platform on this machine.")
    commands = parser.add_subparsers(required=True, metavar="command")

    def command(name: str, run: Callable[[argparse.Namespace], int], text: str) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=text, description=text)
        added.set_defaults(command=run)
        added.add_argument("--data", type=Path, help="data folder (CAPSULE_DATA, ~/.capsule)")
        return added

    for name, run, text in (
        ("up", _up, "Start the platform and stay in the foreground; Ctrl-C stops the server only."),
        ("server", _server, "Run only the server process."),
    ):
        added = command(name, run, text)
        added.add_argument(
            "--port",
            type=int,
            help="port of console and capsules (CAPSULE_PORT, that of the last start, 8080)",
        )
        added.add_argument(
            "--host", help="address to listen on (CAPSULE_HOST, that of the last start, localhost)"
        )
        added.add_argument("--no-demo", dest="demo", action="store_false", default=None, help="no demo space")
        if name == "up":
            added.add_argument("-d", "--detach", action="store_true", help="return once everything runs")

    down = command("down", _down, "Stop the server; capsules keep running.")
    down.add_argument("--all", action="store_true", help="stop everything the installation runs")
    for name, run, text in (
        ("status", _status, "Show the platform's processes."),
        ("doctor", _doctor, "Show which optional system parts are there and what each enables."),
    ):
        command(name, run, text).add_argument("--json", action="store_true", help="for programs")

    command("node", _node, "Run only the node agent.")
    edge = command("edge", _edge, "Run only the edge.")
    edge.add_argument("--port", type=int, required=True)
    edge.add_argument("--host", required=True)
    edge.add_argument("--domain", required=True)
    edge.add_argument("--workers", type=int, default=0)
    apps = command("apps", _apps, "Run only the app host.")
    # Not read: what a process was started with tells whether it has to be started again.
    apps.add_argument("--options", help=argparse.SUPPRESS)
    return parser


def _settings(arguments: argparse.Namespace) -> "Settings":
    from pydantic import ValidationError

    from capsule.errors import InvalidInput
    from capsule.installation.address import with_kept_address
    from capsule.settings import Settings

    given = {
        key: value
        for key in ("data", "port", "host", "demo")
        if (value := getattr(arguments, key, None)) is not None
    }
    try:
        settings = Settings(**given)
    except ValidationError as exc:
        first = exc.errors()[0]
        name = str(first["loc"][0])
        field = Settings.model_fields.get(name)
        is_secret = field is not None and "Secret" in str(field.annotation)
        given_as = "" if is_secret else f" {first['input']!r}"
        said = first["msg"].removeprefix("Value error, ")
        raise InvalidInput(
            f"{'.'.join(map(str, first['loc']))}{given_as}: {said[:1].lower()}{said[1:]}.",
            hint=f"--{name} or CAPSULE_{name.upper()}",
        ) from None
    settings = settings.model_copy(update={"data": settings.data.expanduser().resolve()})
    return with_kept_address(DataPaths(settings.data), settings)


def _up(arguments: argparse.Namespace) -> int:
    from capsule.installation.up import Up
    from capsule.server import Server

    settings = _settings(arguments)
    _log_to_file(DataPaths(settings.data).process_log("server"))
    return asyncio.run(
        Up(settings, Server(settings, partial(_builder, settings)), detach=arguments.detach).run()
    )


def _server(arguments: argparse.Namespace) -> int:
    from capsule.server import Server

    settings = _settings(arguments)
    _log_to_stderr()
    asyncio.run(Server(settings, partial(_builder, settings)).run())
    return 0


def _builder(settings: "Settings", paths: DataPaths, toolchain: "Toolchain") -> "Builder":
    from capsule.build.builders.choice import ChosenBuilder
    from capsule.build.builders.docker.builder import DockerBuilder
    from capsule.build.builders.process.builder import ProcessBuilder
    from capsule.build.builders.process.caches import CacheBudget
    from capsule.docker.daemon import Daemon
    from capsule.sandbox.probe import probe

    return ChosenBuilder(
        plain=ProcessBuilder(
            cache=paths.cache,
            toolchain=toolchain,
            machine=probe(paths.root),
            server_env=os.environ,
            budget=CacheBudget(settings.build_cache_mb * 1024**2, settings.build_caches_mb * 1024**2),
        ),
        images=DockerBuilder(Daemon(paths), paths.image_bases),
    )


def _down(arguments: argparse.Namespace) -> int:
    from capsule.installation.down import stop_everything, stop_server
    from capsule.installation.processes import processes

    settings = _settings(arguments)
    paths = DataPaths(settings.data)
    if arguments.all:
        asyncio.run(stop_everything(paths, processes(settings), print))
        print("Nothing of this installation is running.")
        return 0
    stopped = asyncio.run(stop_server(paths))
    print("The server has stopped; capsules keep running." if stopped else "The server was not running.")
    return 0


def _status(arguments: argparse.Namespace) -> int:
    from capsule.installation import status
    from capsule.installation.banner import console_url
    from capsule.installation.processes import live_port, processes

    settings = _settings(arguments)
    settings = settings.model_copy(update={"port": live_port(DataPaths(settings.data)) or settings.port})
    healths = asyncio.run(status.examine(DataPaths(settings.data), processes(settings)))
    if arguments.json:
        print(json.dumps({item.name: item.as_json() for item in healths}, indent=2))
    else:
        print(status.render(healths, url=console_url(settings)))
    return 0 if all(item.health == "healthy" for item in healths) else 1


def _doctor(arguments: argparse.Namespace) -> int:
    from capsule.installation import doctor

    findings = doctor.examine()
    if arguments.json:
        print(json.dumps([finding.as_json() for finding in findings], indent=2))
        return 0
    for finding in findings:
        mark = "✓" if finding.found else "–"
        print(f" {mark} {finding.part:<12} {finding.version or 'missing':<15} {finding.enables}")
        if finding.hint:
            print(f"   {'':<12} {'':<15} → {finding.hint}")
    return 0


def _engines(paths: DataPaths) -> "dict[str, Engine]":
    """Return the engines of a node agent; a replica is started on the first that can."""
    from capsule.engines.docker.engine import DockerEngine
    from capsule.engines.process.engine import ProcessEngine

    return {"process": ProcessEngine(paths), "docker": DockerEngine(paths)}


def _node(arguments: argparse.Namespace) -> int:
    from capsule.engines.choice import ChosenEngine
    from capsule.installation.pidfile import held
    from capsule.node.process import run

    paths = DataPaths(arguments.data)
    _log_to_stderr()
    with held(paths.pid_file("node"), _running()):
        run(data=paths, engine=ChosenEngine(_engines(paths)))
    return 0


def _edge(arguments: argparse.Namespace) -> int:
    from capsule.edge.process import default_workers, run
    from capsule.installation.pidfile import held

    paths = DataPaths(arguments.data)
    _log_to_stderr()
    with held(paths.pid_file("edge"), _running()):
        run(
            data=paths,
            host=arguments.host,
            port=arguments.port,
            domain=arguments.domain,
            workers=arguments.workers or default_workers(),
        )
    return 0


def _apps(arguments: argparse.Namespace) -> int:
    from capsule.apps.process import run
    from capsule.installation.layout import SHELL
    from capsule.installation.options import app_host_options
    from capsule.installation.pidfile import held
    from capsule.node.client import NodeClient

    paths = DataPaths(arguments.data)
    _log_to_stderr()
    with held(paths.pid_file("apps"), _running()):
        run(
            data=paths,
            shell=SHELL,
            engine=NodeClient(paths.node_socket),
            options=app_host_options(_settings(arguments)),
        )
    return 0


def _running() -> "Running":
    from capsule.installation.layout import code_digest
    from capsule.installation.pidfile import Running

    return Running(os.getpid(), sys.argv[2:], code_digest())


def _log_to_stderr() -> None:
    """A detached process has its standard error in its log file."""
    _log(logging.StreamHandler(sys.stderr))


def _log_to_file(path: Path) -> None:
    """In the foreground the terminal is for people; the log goes where it goes in the background."""
    path.parent.mkdir(parents=True, exist_ok=True)
    _log(logging.FileHandler(path))


def _log(handler: logging.Handler) -> None:
    logging.basicConfig(
        handlers=[handler], level=logging.INFO, format="%(asctime)s %(levelname)-7s %(name)s %(message)s"
    )
    logging.getLogger("httpx2").setLevel(logging.WARNING)
