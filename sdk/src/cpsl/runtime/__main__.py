"""`python -m cpsl.runtime serve ENTRY` and `python -m cpsl.runtime manifest ENTRY --output PATH`."""

from __future__ import annotations

import argparse
import asyncio
import atexit
import contextlib
import json
import logging
import os
import sys
from pathlib import Path

from .loader import Definition, LoadError, load
from .server import BootFailed, RuntimeServer

SOCKET = "CAPSULE_RUNTIME_SOCKET"
DRAIN = "CAPSULE_DRAIN_SECONDS"


def main(argv: list[str] | None = None) -> int:
    """Run one command and return its exit code; failures are one line on stderr."""
    parser = argparse.ArgumentParser(prog="python -m cpsl.runtime", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    serve = commands.add_parser("serve", help="run an app for the app host")
    serve.add_argument("entry", help="such as app.py:app")
    manifest = commands.add_parser("manifest", help="write what an app declares as JSON")
    manifest.add_argument("entry", help="such as app.py:app")
    manifest.add_argument("--output", required=True, type=Path)
    options = parser.parse_args(argv)
    output = options.output.resolve() if options.command == "manifest" else None
    try:
        definition = load(options.entry)
        if output is not None:
            _write_manifest(definition, output)
            return 0
        return _serve(definition)
    except LoadError as exc:
        return _fail(str(exc))


def _write_manifest(definition: Definition, output: Path) -> None:
    try:
        text = json.dumps(definition.manifest(), indent=2, sort_keys=True)
    except (TypeError, ValueError, RuntimeError, OSError) as exc:
        raise LoadError(f"The app's declarations cannot be used: {exc}") from exc
    fresh = output.with_name(output.name + ".new")
    fresh.write_text(text + "\n", encoding="utf-8")
    fresh.replace(output)


def _serve(definition: Definition) -> int:
    socket = os.environ.get(SOCKET)
    if not socket:
        return _fail(f"{SOCKET} must name the unix socket to listen on.")
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    logging.getLogger("asyncio").setLevel(logging.WARNING)
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    for mount in definition.app._resources.filesystems:
        if not Path(mount).is_dir():
            name = definition.app._resources.filesystems[mount].name
            logging.warning("filesystem %r is not mounted at %s (capsule fs create %s)", name, mount, name)
    drain = float(os.environ.get(DRAIN) or 4.0)
    server = RuntimeServer(definition.app, Path(socket), drain_seconds=drain)
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    try:
        loop.run_until_complete(server.run())
    except BootFailed as exc:
        return _exit(_fail(str(exc)))
    except SystemExit as exc:
        return _exit(_fail(f"The app called sys.exit({exc.code!r})."))
    return _exit(0)


def _exit(code: int) -> int:
    """End the process now: a handler that ignores being cancelled, or a thread, must not keep it alive."""
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):
            stream.flush()
    os._exit(code)


def _fail(reason: str) -> int:
    sys.stderr.write(f"Error: {reason}\n")
    return 1


if __name__ == "__main__":
    sys.exit(main())
